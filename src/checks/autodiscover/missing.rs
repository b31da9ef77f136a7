//! Where every road of Autodiscover ends in vain: whose place is it, and what has to be done there?

use crate::evidence::{HttpSeen, Probe, Response, Stop, View};
use crate::finding::{Finding, Owner};
use crate::protocol::autodiscover::{Attempt, Reason, Step, Walk};
use crate::protocol::endpoint::{self, Endpoint};
use crate::protocol::{eas, front};
use crate::{findings, remedies};
use serde_json::{Value, json};

findings! {
    NOT_FOUND = "autodiscover.not-found", Fail, Exchange {
        title { en: "No Autodiscover address of {domain} leads to a server", de: "Keine Autodiscover-Adresse von {domain} führt zu einem Server" }
        meaning {
            en: "Every documented address was tried, and none answered as Autodiscover does. {who} Apps and the sync service cannot find the mailbox by themselves.",
            de: "Alle dokumentierten Adressen wurden probiert, keine antwortete wie Autodiscover. {who} Apps und Sync-Dienst finden das Postfach nicht von selbst.",
        }
        remedy { en: "Publish Autodiscover of the Exchange server at autodiscover.{domain}", de: "Veröffentlichen Sie das Autodiscover des Exchange-Servers unter autodiscover.{domain}" }
        steps [
            { en: "See why each attempt failed:", de: "Sehen Sie nach, warum jeder Versuch scheiterte:", Shell "exdiag autodiscover {mailbox} -v" },
            { en: "Make sure that the virtual directory exists, and create it on the server where it does not:", de: "Prüfen Sie, ob das virtuelle Verzeichnis existiert, und legen Sie es auf dem Server an, wo es fehlt:", Powershell "Get-AutodiscoverVirtualDirectory | Format-List Server,Name,*Authentication\nNew-AutodiscoverVirtualDirectory -WebSiteName 'Default Web Site'" },
            { en: "Make sure that firewall and proxy let the path /autodiscover through.", de: "Prüfen Sie, ob Firewall und Proxy den Pfad /autodiscover durchlassen." },
            { en: "Where somebody else answers at autodiscover.{domain}, such as a web host with a certificate of its own, correct the record in the zone:", de: "Antwortet unter autodiscover.{domain} jemand anders, etwa ein Webhoster mit eigenem Zertifikat, berichtigen Sie den Eintrag in der Zone:", Zone "autodiscover.{domain}. 3600 IN CNAME {mail}." },
        ]
        cases [RESTORE_DIRECTORY, PASS_PATH_ON, POINT_TO_EXCHANGE]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/autodiscover"]
    }
}

remedies! {
    RESTORE_DIRECTORY {
        en: "Restore the directory of Autodiscover on the Exchange server",
        de: "Stellen Sie das Verzeichnis von Autodiscover auf dem Exchange-Server wieder her",
        steps [
            { en: "On the Exchange server, see whether the directory exists:", de: "Sehen Sie auf dem Exchange-Server nach, ob das Verzeichnis existiert:", Powershell "Get-AutodiscoverVirtualDirectory -Server $env:COMPUTERNAME | Format-List Name,Path,*Authentication" },
            { en: "If it exists, remove it first; then create it, and restart Autodiscover:", de: "Existiert es, entfernen Sie es zuerst; legen Sie es dann an und starten Sie Autodiscover neu:", Powershell "Get-AutodiscoverVirtualDirectory -Server $env:COMPUTERNAME | Remove-AutodiscoverVirtualDirectory\nNew-AutodiscoverVirtualDirectory -WebSiteName 'Default Web Site'\nRestart-WebAppPool MSExchangeAutodiscoverAppPool" },
            { en: "Look again; in order is 401 with WWW-Authenticate:", de: "Prüfen Sie erneut; in Ordnung ist 401 mit WWW-Authenticate:", Shell "curl -i {url}" },
        ]
    }
    POINT_TO_EXCHANGE {
        en: "Point autodiscover.{domain} to the Exchange server",
        de: "Lassen Sie autodiscover.{domain} auf den Exchange-Server zeigen",
        steps [
            { en: "Correct the record in the zone (where the server has another public name than {mail}, write that):", de: "Berichtigen Sie den Eintrag in der Zone (heißt der Server öffentlich anders als {mail}, setzen Sie diesen Namen ein):", Zone "autodiscover.{domain}. 3600 IN CNAME {mail}." },
            { en: "Where the record cannot be changed, let the web server lead on to Exchange on port 80, where no certificate is needed, for example in nginx:", de: "Lässt sich der Eintrag nicht ändern, lassen Sie den Webserver auf Port 80, wo es kein Zertifikat braucht, zu Exchange weiterleiten, zum Beispiel in nginx:", Config "location ~* ^/autodiscover/ { return 302 https://{mail}$request_uri; }" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --only dns,autodiscover" },
        ]
    }
    PASS_PATH_ON {
        en: "Let the web server or proxy in front pass /autodiscover on to Exchange",
        de: "Lassen Sie den Webserver oder Proxy davor /autodiscover an Exchange weiterreichen",
        steps [
            { en: "Publish the path beside that of ActiveSync, in any spelling of its letters, for example in nginx (put the inner name of the Exchange server in place of EXCHANGE):", de: "Veröffentlichen Sie den Pfad neben dem von ActiveSync, in jeder Groß- und Kleinschreibung, zum Beispiel in nginx (setzen Sie den inneren Namen des Exchange-Servers statt EXCHANGE ein):", Config "location ~* ^/autodiscover/ { proxy_pass https://EXCHANGE; }" },
            { en: "Compare: in order is 401 with WWW-Authenticate:", de: "Vergleichen Sie: In Ordnung ist 401 mit WWW-Authenticate:", Shell "curl -i {url}" },
        ]
    }
}

/// Every road has ended in vain. Where one has led to an answer, the finding is about whoever gave it;
/// where none has, whatever stands in the way explains it.
pub fn not_found(view: &View<'_>, walk: &Walk, attempts: Option<&Value>) -> Result<Finding, Stop> {
    let mut finding = Finding::new(&NOT_FOUND).with("attempts", attempts.cloned().unwrap_or_default());
    if let Some(host) = walk.attempts.first().map(|a| a.host.as_str()) {
        finding = finding.with("tried_first", host);
    }
    let mail = exchange(view)?;
    let mail_host = mail.as_ref().map(|(endpoint, _)| endpoint.host.clone());
    let finding = finding.with("mail", mail_host.unwrap_or_else(|| format!("mail.{}", view.subject().domain())));
    let is_own = |attempt: &&Attempt| !matches!(attempt.step, Step::RootDomain | Step::Cloud);
    let mut answered = Vec::new();
    for attempt in walk.attempts.iter().filter(is_own) {
        if let Some(response) = view.http(&attempt.probe)?.ok().and_then(HttpSeen::response) {
            answered.push((attempt, response));
        }
    }
    // what answers over https counts, port 80 is only there to lead on
    let is_https = |(attempt, _): &&(&Attempt, &Response)| attempt.probe.url.starts_with("https://");
    let Some((attempt, response)) = answered.iter().find(is_https).or(answered.first()).copied() else {
        return Ok(unanswered(walk, finding));
    };
    let finding = finding.host(&attempt.host).url(&attempt.probe.url).seen_in(&Probe::Http(attempt.probe.clone()));
    let front = front::recognise(response);
    let (host, status) = (attempt.host.as_str(), response.status);
    let server = front.in_front.or(response.header("server"));
    if front.product.is_exchange() {
        return Ok(finding.remedy(&RESTORE_DIRECTORY).with("who", json!({
            "en": format!("Exchange itself answers at {host}, with HTTP {status}: its directory for Autodiscover is missing or damaged."),
            "de": format!("Unter {host} antwortet Exchange selbst, mit HTTP {status}: Sein Verzeichnis für Autodiscover fehlt oder ist beschädigt."),
        })));
    }
    let is_same_place = mail.is_some_and(|(_, seen)| seen.address.is_some() && seen.address == attempt.address);
    let finding = finding.with("server", server);
    let named = server.map(|server| format!(" ({server})")).unwrap_or_default();
    Ok(if is_same_place {
        finding.owner(Owner::Network).remedy(&PASS_PATH_ON).with("who", json!({
            "en": format!("At {host} a web server or proxy{named} answers with HTTP {status}. It stands in front of Exchange, for ActiveSync is served at the same address, but does not pass /autodiscover on."),
            "de": format!("Unter {host} antwortet ein Webserver oder Proxy{named} mit HTTP {status}. Er steht vor Exchange, denn an derselben Adresse gibt es ActiveSync, reicht aber /autodiscover nicht weiter."),
        }))
    } else {
        finding.owner(Owner::Dns).remedy(&POINT_TO_EXCHANGE).with("who", json!({
            "en": format!("At {host} a web server{named} that is not Exchange answers with HTTP {status}: the name leads to the wrong server."),
            "de": format!("Unter {host} antwortet ein Webserver{named}, der kein Exchange ist, mit HTTP {status}: Der Name führt zum falschen Server."),
        }))
    })
}

/// Nobody has answered: there is no name, or something keeps everybody away.
fn unanswered(walk: &Walk, finding: Finding) -> Finding {
    let has_name = walk
        .attempts
        .iter()
        .any(|attempt| !matches!(attempt.step, Step::RootDomain | Step::Cloud) && attempt.reason != Reason::NoSuchName);
    if !has_name {
        return finding.owner(Owner::Dns).remedy(&POINT_TO_EXCHANGE).with(
            "who",
            json!({
                "en": "Of the names that could lead there, none has an address.",
                "de": "Von den Namen, die dorthin führen könnten, hat keiner eine Adresse.",
            }),
        );
    }
    let finding = if walk.is_cut_off() { finding.owner(Owner::Network) } else { finding };
    finding.with(
        "who",
        json!({
            "en": "No server has answered at any of the domain's own names for it.",
            "de": "Unter keinem der dafür vorgesehenen Namen der Domain hat ein Server geantwortet.",
        }),
    )
}

/// Where Exchange answers for ActiveSync, if it does anywhere.
fn exchange<'a>(view: &View<'a>) -> Result<Option<(Endpoint, &'a HttpSeen)>, Stop> {
    let Some(endpoint) = endpoint::endpoint(view)? else { return Ok(None) };
    let seen = view.http(&eas::options(&endpoint))?.ok();
    let is_exchange =
        |seen: &&HttpSeen| seen.response().is_some_and(|response| front::recognise(response).product.is_exchange());
    Ok(seen.filter(is_exchange).map(|seen| (endpoint, seen)))
}
