//! Is it the form of the sign-in name that the server does not like?
//!
//! A server refuses a wrong name and a wrong password alike. Exchange knows an account by `DOMAIN\name` and
//! by its UPN, the user by the mail address. What the domain is called, a Windows server tells whoever
//! says hello to it; only a second run, which the user starts, tries it.

use crate::evidence::{HttpProbe, HttpSeen, Method, Probe, SignIn, Stop, Subject, View};
use crate::finding::Finding;
use crate::findings;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::ntlm::{self, Names};
use crate::protocol::services::{self, Service};
use crate::protocol::{autodiscover, challenge, trusted};
use serde_json::json;

findings! {
    NAME_FORM = "auth.name-form", Info, Caller {
        title { en: "The account may have to sign in as {name}", de: "Vielleicht muss sich das Konto als {name} anmelden" }
        meaning {
            en: "{host} belongs to the Windows domain {windows_domain} ({dns_domain}). Where no default domain is set for Basic, or the UPN differs from the mail address, the right password is refused under the mail address.",
            de: "{host} gehört zur Windows-Domäne {windows_domain} ({dns_domain}). Ist für Basic keine Standarddomäne gesetzt oder weicht der UPN von der Mailadresse ab, wird das richtige Passwort unter der Mailadresse abgelehnt.",
        }
        remedy { en: "Try the other form, in a run of its own", de: "Versuchen Sie die andere Form, in einem eigenen Lauf" }
        steps [
            { en: "One run is one try; stop after two, so that the account is not locked:", de: "Ein Lauf ist ein Versuch; hören Sie nach zweien auf, damit das Konto nicht gesperrt wird:", Shell "exdiag check {mailbox} --user '{name}' --ask-password" },
            { en: "See the account's real names first, if you can:", de: "Sehen Sie vorher die wirklichen Namen des Kontos nach, wenn Sie können:", Powershell "Get-User '{mailbox}' | Format-List UserPrincipalName,SamAccountName" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
}

/// After a refused password: in which form the name could be right, if the server tells.
pub fn hint(view: &View<'_>, endpoint: Option<&Endpoint>) -> Result<Option<Finding>, Stop> {
    let subject = view.subject();
    let given = subject.user.as_deref().unwrap_or_else(|| subject.label());
    if given.contains('\\') {
        return Ok(None);
    }
    let Some(url) = place(view, endpoint)? else { return Ok(None) };
    let probe = HttpProbe::new(Method::Get, url).sign_in(SignIn::NtlmHello);
    let Some(response) = view.http(&probe)?.ok().and_then(HttpSeen::response) else { return Ok(None) };
    let Some(names) = ntlm::names(response) else { return Ok(None) };
    Ok(forms(subject, given, &names).map(|forms| {
        let probe = Probe::Http(probe);
        Finding::new(&NAME_FORM)
            .host(probe.host().unwrap_or_default())
            .with("name", forms.first().map(String::as_str).unwrap_or_default())
            .with("forms", json!(forms))
            .with("windows_domain", names.domain.as_deref().unwrap_or("-"))
            .with("dns_domain", names.dns_domain.as_deref().unwrap_or("-"))
            .seen_in(&probe)
    }))
}

/// The refusal with the forms to try filled in, as far as they are known.
pub fn in_place(finding: Finding, hint: Option<&Finding>) -> Finding {
    let of = |name: &str| hint.and_then(|hint| hint.data.get(name)).cloned();
    finding
        .with("name", of("name").unwrap_or_else(|| json!("DOMAIN\\name")))
        .with("forms", of("forms").unwrap_or_else(|| json!(["DOMAIN\\name", "UPN"])))
}

/// The forms to try, the likeliest first; `None` where the server names no domain.
fn forms(subject: &Subject, given: &str, names: &Names) -> Option<Vec<String>> {
    let local = given.split('@').next().unwrap_or_default();
    let domain = names.domain.as_ref().filter(|name| !local.is_empty() && Some(*name) != names.computer.as_ref())?;
    let mut forms = vec![format!("{domain}\\{local}")];
    let upn = names.dns_domain.as_ref().map(|dns| format!("{local}@{dns}"));
    let is_new = |upn: &String| !upn.eq_ignore_ascii_case(given) && !upn.eq_ignore_ascii_case(subject.label());
    forms.extend(upn.filter(is_new));
    Some(forms)
}

/// Where NTLM is offered, as far as it is known already; else EWS, which offers it by default.
fn place(view: &View<'_>, endpoint: Option<&Endpoint>) -> Result<Option<String>, Stop> {
    for attempt in autodiscover::walk(view)?.iter().flat_map(|walk| &walk.attempts) {
        if attempt.probe.sign_in != SignIn::None || !trusted::may_receive(view.subject(), &attempt.host) {
            continue;
        }
        let Ok(seen) = view.http(&attempt.probe)? else { continue };
        let offered = seen.response().map(challenge::offered).unwrap_or_default();
        if seen.verified == Some(true) && offered.iter().any(|one| one.is("NTLM")) {
            return Ok(Some(attempt.probe.url.clone()));
        }
    }
    let own = endpoint.filter(|endpoint| !trusted::is_microsoft(&endpoint.host));
    Ok(own.and_then(|endpoint| services::question(Service::Ews, endpoint)).map(|probe| probe.url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_are_made_of_the_local_part_and_the_servers_domain() {
        let subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        let name = |text: &str| Some(text.to_owned());
        let names = Names { domain: name("CORP"), dns_domain: name("corp.local"), computer: name("EX01") };
        let of = |given: &str, names: &Names| forms(&subject, given, names);
        assert_eq!(of("anna@corp.example", &names), Some(vec!["CORP\\anna".to_owned(), "anna@corp.local".to_owned()]));
        let same = Names { dns_domain: name("corp.example"), ..names.clone() };
        assert_eq!(of("anna@corp.example", &same), Some(vec!["CORP\\anna".to_owned()]));
        let workgroup = Names { domain: name("EX01"), ..names };
        assert_eq!(of("anna", &workgroup), None, "a server without a domain names itself");
        assert_eq!(of("anna", &Names::default()), None);
    }
}
