//! Does the sync service look for the mailbox where it is?

use super::of_grant;
use super::refused::both;
use crate::finding::{Finding, Severity};
use crate::protocol::nylas::Grant;
use crate::{findings, remedies};

findings! {
    CONNECTOR_WRONG = "sync.connector-wrong", Warn, Sync {
        title { en: "The sync service uses its connector \"{provider}\" for {mailbox}", de: "Der Sync-Dienst verwendet für {mailbox} den Konnektor „{provider}“" }
        meaning {
            en: "{place} So the mailbox does not seem to be where that connector looks for it.",
            de: "{place} Das Postfach liegt also anscheinend nicht dort, wo dieser Konnektor es sucht.",
        }
        remedy { en: "Connect the mailbox again as Exchange (connector ews)", de: "Verbinden Sie das Postfach neu als Exchange (Konnektor ews)" }
        steps [
            { en: "In the app, remove the connection and choose Exchange; give the server if it asks.", de: "Entfernen Sie die Verbindung in der App und wählen Sie Exchange; geben Sie den Server an, falls danach gefragt wird." },
            { en: "See where the mailbox is, if you are not sure:", de: "Sehen Sie nach, wo das Postfach liegt, falls Sie nicht sicher sind:", Powershell "Get-Recipient '{mailbox}' | Format-List RecipientType*,ExternalEmailAddress" },
        ]
        cases [TO_THE_CLOUD]
        links ["https://developer.nylas.com/docs/provider-guides/exchange-on-prem/"]
    }
}

remedies! {
    TO_THE_CLOUD {
        en: "Connect the mailbox again as Microsoft 365 (connector microsoft)",
        de: "Verbinden Sie das Postfach neu als Microsoft 365 (Konnektor microsoft)",
        steps [
            { en: "In the app, remove the connection, choose Microsoft 365 and sign in in the browser; a password does not work in Exchange Online, and EWS is being switched off there.", de: "Entfernen Sie die Verbindung in der App, wählen Sie Microsoft 365 und melden Sie sich im Browser an; ein Passwort funktioniert in Exchange Online nicht, und EWS wird dort abgeschaltet." },
            { en: "See where the mailbox is, if you are not sure:", de: "Sehen Sie nach, wo das Postfach liegt, falls Sie nicht sicher sind:", Powershell "Get-Recipient '{mailbox}' | Format-List RecipientType*,ExternalEmailAddress" },
        ]
    }
}

/// Connectors for Exchange Server; `eas` still stands in the API's list.
const ON_PREMISES: &[&str] = &["ews", "eas"];

/// Connectors of other clouds: where one of them reads messages, the mailbox is there.
const CLOUDS: &[&str] = &["microsoft", "google", "icloud", "yahoo"];

/// Where the mailbox is, by what the server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// On an Exchange Server.
    OnPremises,
    /// In Exchange Online.
    Online,
    /// Nobody knows.
    Unknown,
}

/// Compares connector and mailbox. `works`: whether the grant does; `reads`: how many messages the service could
/// just read, where it could.
pub fn judge(grant: &Grant, home: Home, works: bool, reads: Option<usize>) -> Option<Finding> {
    let provider = grant.provider.as_str();
    let severity = if works { Severity::Warn } else { Severity::Fail };
    let found =
        |place| of_grant(&CONNECTOR_WRONG, grant).severity(severity).with("provider", provider).with("place", place);
    match home {
        Home::OnPremises if !provider.is_empty() && !ON_PREMISES.contains(&provider) => {
            let finding = found(both(
                "Autodiscover leads to an Exchange Server, and that connector does not look for mailboxes there. For Exchange Server in the company it is \"ews\".",
                "Autodiscover führt zu einem Exchange Server, und dort sucht dieser Konnektor kein Postfach. Für Exchange Server im Unternehmen heißt er „ews“.",
            ));
            // in a hybrid organisation Autodiscover may lead there for mailboxes that have moved
            let proved = CLOUDS.contains(&provider) && reads.is_some_and(|messages| messages > 0);
            Some(if proved { finding.severity(Severity::Info) } else { finding })
        }
        Home::Online if ON_PREMISES.contains(&provider) => Some(
            found(both(
                "The mailbox is in Exchange Online, and that connector is for an Exchange Server in the company. For Microsoft's cloud it is \"microsoft\".",
                "Das Postfach liegt in Exchange Online, und dieser Konnektor ist für einen Exchange Server im Unternehmen. Für Microsofts Cloud heißt er „microsoft“.",
            ))
            .remedy(&TO_THE_CLOUD),
        ),
        _ => None,
    }
}

/// The connector itself found no mailbox where it looked.
pub fn not_there(finding: Finding, grant: &Grant) -> Finding {
    finding.with("provider", grant.provider.as_str()).with(
        "place",
        both(
            "It found no mailbox that Microsoft's cloud would open (MailboxNotEnabledForRESTAPI): the mailbox is on an Exchange Server in the company, or has no licence. For Exchange Server the connector is \"ews\".",
            "Er hat kein Postfach gefunden, das Microsofts Cloud öffnet (MailboxNotEnabledForRESTAPI): Das Postfach liegt auf einem Exchange Server im Unternehmen oder hat keine Lizenz. Für Exchange Server heißt der Konnektor „ews“.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(provider: &str, home: Home, reads: Option<usize>) -> Option<Severity> {
        let grant = Grant { provider: provider.to_owned(), ..Grant::default() };
        judge(&grant, home, true, reads).map(|finding| finding.severity)
    }

    #[test]
    fn a_connector_is_wrong_where_the_mailbox_is_elsewhere() {
        assert_eq!(of("ews", Home::OnPremises, None), None);
        assert_eq!(of("eas", Home::OnPremises, None), None);
        assert_eq!(of("imap", Home::OnPremises, Some(1)), Some(Severity::Warn));
        assert_eq!(of("microsoft", Home::OnPremises, None), Some(Severity::Warn));
        assert_eq!(of("microsoft", Home::OnPremises, Some(0)), Some(Severity::Warn));
        assert_eq!(of("microsoft", Home::OnPremises, Some(1)), Some(Severity::Info));
        assert_eq!(of("microsoft", Home::Online, None), None);
        assert_eq!(of("ews", Home::Online, Some(1)), Some(Severity::Warn));
        let ews = Grant { provider: "ews".to_owned(), ..Grant::default() };
        let broken = judge(&ews, Home::Online, false, None).map(|finding| finding.severity);
        assert_eq!(broken, Some(Severity::Fail));
        assert_eq!(of("", Home::OnPremises, None), None);
        assert_eq!(of("ews", Home::Unknown, None), None);
    }
}
