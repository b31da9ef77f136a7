//! Which answer to the sign-in says neither that the credentials are right nor that they are wrong?

use crate::evidence::{HttpProbe, HttpSeen, Probe, Response, SignIn, Stop, View};
use crate::finding::{Finding, Owner};
use crate::findings;
use crate::protocol::autodiscover::{self, Attempt};
use crate::protocol::challenge::{self, Word};
use crate::protocol::front;

findings! {
    ANSWER_UNCLEAR = "auth.answer-unclear", Fail, Network {
        title { en: "{host} answers the sign-in of {user} with HTTP {status}: neither a yes nor a no", de: "{host} antwortet auf die Anmeldung von {user} mit HTTP {status}: weder ja noch nein" }
        meaning {
            en: "Whoever refuses credentials says 401. HTTP {status} can mean that they are right and something else is broken or forbidden; some proxies and firewalls say it to wrong ones too. So they were sent this once and no more, for every failed attempt counts towards the lock-out of the account, and what else a sign-in would tell is held back.",
            de: "Wer Anmeldedaten ablehnt, antwortet mit 401. HTTP {status} kann heißen, dass sie stimmen und etwas anderes defekt oder verboten ist; manche Proxys und Firewalls sagen es aber auch zu falschen. Darum wurden sie nur dieses eine Mal gesendet, denn jeder Fehlversuch zählt für die Kontosperre; was eine Anmeldung sonst noch zeigen würde, wurde zurückgehalten.",
        }
        remedy { en: "Find out who gives this answer and why, then run exdiag again", de: "Stellen Sie fest, wer so antwortet und warum, und starten Sie exdiag dann erneut" }
        steps [
            { en: "See whether the domain counted a failed sign-in (then the credentials are wrong), and whether the account is locked:", de: "Sehen Sie nach, ob die Domäne einen Fehlversuch gezählt hat (dann sind die Anmeldedaten falsch) und ob das Konto gesperrt ist:", Powershell "Get-ADUser -Filter \"mail -eq '{mailbox}'\" -Properties LockedOut,BadPwdCount,LastBadPasswordAttempt | Format-List Name,LockedOut,BadPwdCount,LastBadPasswordAttempt" },
            { en: "On the Exchange server, see whether the request arrived at all, and with which status (sc-status, sc-substatus); if it did not, the answer is that of the proxy or firewall in front:", de: "Sehen Sie auf dem Exchange-Server nach, ob die Anfrage überhaupt ankam und mit welchem Status (sc-status, sc-substatus); kam sie nicht an, antwortet Proxy oder Firewall davor:", Powershell "Get-Content (Get-ChildItem C:\\inetpub\\logs\\LogFiles\\W3SVC1\\*.log | Sort-Object LastWriteTime | Select-Object -Last 1).FullName -Tail 2000 | Select-String '{path}' | Select-Object -Last 20" },
            { en: "Once that is settled, sign in again:", de: "Ist das geklärt, melden Sie sich erneut an:", Shell "exdiag check {mailbox} --only auth-status,activesync,activesync-session --ask-password" },
        ]
        links ["https://learn.microsoft.com/troubleshoot/developer/webapps/iis/health-diagnostic-performance/http-status-code"]
    }
}

/// A finding about an answer of this kind.
pub fn finding(probe: &HttpProbe, response: &Response, user: &str) -> Finding {
    let url = url::Url::parse(&probe.url).ok();
    let path = url.as_ref().map_or("", url::Url::path);
    let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
    let owner = if front::recognise(response).product.is_exchange() { Owner::Exchange } else { Owner::Network };
    Finding::new(&ANSWER_UNCLEAR)
        .owner(owner)
        .host(host)
        .url(&probe.url)
        .with("path", path.rsplit('/').next().unwrap_or_default())
        .with("user", user)
        .with("status", response.status)
        .seen_in(&Probe::Http(probe.clone()))
}

/// The first answer of Autodiscover to a sign-in that refused it, else the first that neither accepted it nor
/// led on.
pub fn at_autodiscover<'a>(view: &View<'a>) -> Result<Option<(Attempt, &'a Response)>, Stop> {
    let Some(walk) = autodiscover::walk(view)? else { return Ok(None) };
    let mut unclear = None;
    for attempt in walk.attempts.into_iter().filter(|attempt| attempt.probe.sign_in == SignIn::Given) {
        let Some(response) = view.http(&attempt.probe)?.ok().and_then(HttpSeen::response) else { continue };
        match challenge::word(response.status, |name| response.header(name)) {
            Word::Refused => return Ok(Some((attempt, response))),
            Word::Unclear => _ = unclear.get_or_insert((attempt, response)),
            Word::Accepted | Word::Redirected => {}
        }
    }
    Ok(unclear)
}
