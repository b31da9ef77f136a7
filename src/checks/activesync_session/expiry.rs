//! How long does the password still last, as the server tells whoever has signed in?

use super::At;
use crate::evidence::{HttpSeen, Probe};
use crate::finding::{Finding, Severity};
use crate::findings;
use crate::protocol::session::{self, Session, Step};
use serde_json::{Value, json};

/// So many days before its end a password has to be changed soon: whoever is away for a week comes back to
/// one that has expired.
const SOON: u16 = 7;

findings! {
    PASSWORD_EXPIRES = "auth.password-expires", Warn, User {
        title { en: "The password of {user} expires {when}", de: "Das Passwort von {user} läuft {when} ab" }
        meaning {
            en: "The server says so itself (X-MS-Credentials-Expire: {days}). From then on nothing that has this password stored can sign in, the sync service included.",
            de: "Das sagt der Server selbst (X-MS-Credentials-Expire: {days}). Danach kann sich nichts mehr anmelden, was dieses Passwort gespeichert hat, auch der Sync-Dienst nicht.",
        }
        remedy { en: "Change the password in time, then enter the new one wherever it is stored", de: "Ändern Sie das Passwort rechtzeitig und tragen Sie das neue überall ein, wo es gespeichert ist" }
        steps [
            { en: "Change it in Outlook on the web or on a domain computer:", de: "Ändern Sie es in Outlook im Web oder an einem Domänenrechner:", Config "https://{host}/owa" },
            { en: "Then enter the new one in the app that syncs the mailbox, and look again:", de: "Tragen Sie dann das neue in der App ein, die das Postfach synchronisiert, und prüfen Sie erneut:", Shell "exdiag check {mailbox} --only auth-status,activesync-session --ask-password" },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/4fcb4ae0-55d8-47fd-9cf1-0cb703a6f56f"]
    }
}

/// What the answers of a session say of it; `None` where they do not, as where a password never expires.
pub(super) fn told(at: &At<'_, '_>, session: &Session<'_>) -> Option<Finding> {
    let (step, days) = session.steps.iter().find_map(|step| Some((step, days(step)?)))?;
    let finding = at
        .device(&PASSWORD_EXPIRES)
        .with("user", session::user(at.view).unwrap_or_default())
        .with("days", days)
        .with("when", when(days))
        .seen_in(&Probe::Http(step.probe.clone()));
    Some(if days > SOON { finding.severity(Severity::Info) } else { finding })
}

/// MS-ASHTTP 2.2.2.1.2.11: the days that remain; less than one is 0.
fn days(step: &Step<'_>) -> Option<u16> {
    let response = step.seen.and_then(HttpSeen::response)?;
    response.header("x-ms-credentials-expire")?.trim().parse().ok()
}

fn when(days: u16) -> Value {
    match days {
        0 => json!({"en": "within 24 hours", "de": "binnen 24 Stunden"}),
        1 => json!({"en": "in 1 day", "de": "in 1 Tag"}),
        _ => json!({"en": format!("in {days} days"), "de": format!("in {days} Tagen")}),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{endpoint, evidence};
    use super::*;
    use crate::evidence::http::Timing;
    use crate::evidence::{Body, HttpOutcome, HttpProbe, Method, Response, SessionAsk, View};
    use crate::protocol::session::{Ended, Reply};

    fn severity(value: &str) -> Option<Severity> {
        let response = Response {
            status: 200,
            headers: vec![("x-ms-credentials-expire".to_owned(), value.to_owned())],
            body: Body { text: String::new(), length: 0, truncated: false },
        };
        let seen = HttpSeen {
            address: None,
            tried: Vec::new(),
            verified: Some(true),
            client_certificate_requested: false,
            credential_sent: None,
            outcome: HttpOutcome::Response(response),
            timing: Timing::default(),
        };
        let step = Step {
            probe: HttpProbe::new(Method::Post, "https://mail.corp.example/"),
            ask: SessionAsk::FolderSync,
            seen: Some(&seen),
            ended: Ended::Well(Reply::default()),
        };
        let session = Session { steps: vec![step], ..Session::default() };
        let (evidence, endpoint) = (evidence(), endpoint());
        let at = At { view: &View::new(&evidence), endpoint: &endpoint };
        told(&at, &session).map(|finding| finding.severity)
    }

    #[test]
    fn ms_ashttp_a_password_that_ends_within_a_week_is_a_warning_and_a_later_one_a_remark() {
        for days in ["0", "1", " 7 "] {
            assert_eq!(severity(days), Some(Severity::Warn), "{days}");
        }
        assert_eq!(severity("8"), Some(Severity::Info));
        for none in ["", "-1", "soon", "99999"] {
            assert_eq!(severity(none), None, "{none}");
        }
    }
}
