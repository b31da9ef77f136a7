//! How does EWS treat a mailbox whose ActiveSync works?

use crate::lab::ews::Ews;
use crate::lab::scenario::{PASSWORD, Scenario, fault, healthy};

/// The scenarios of EWS, signed in.
pub fn all() -> Vec<Scenario> {
    let of = |name, expected, ews: Ews, en, de| {
        fault(name, expected, en, de).password(PASSWORD).exchange(move |exchange| exchange.ews = ews)
    };
    vec![
        healthy("healthy-ews", "EWS opens the Inbox", "EWS öffnet den Posteingang")
            .password(PASSWORD)
            .exchange(|exchange| exchange.ews = Ews::Good),
        of(
            "ews-disabled",
            "server.ews-disabled",
            Ews::Disabled,
            "EWS is switched off for the mailbox",
            "EWS ist für das Postfach ausgeschaltet",
        ),
        of(
            "ews-application-list",
            "server.ews-application-blocked",
            Ews::Listed,
            "Only listed applications may use EWS",
            "Nur gelistete Anwendungen dürfen EWS verwenden",
        ),
        of(
            "ews-sign-in-refused",
            "server.ews-sign-in-refused",
            Ews::Refused,
            "EWS refuses the sign-in that ActiveSync takes",
            "EWS lehnt die Anmeldung ab, die ActiveSync annimmt",
        ),
        of("ews-busy", "server.ews-busy", Ews::Busy, "EWS throttles the user", "EWS drosselt den Benutzer"),
        of(
            "ews-too-many-connections",
            "server.ews-busy",
            Ews::Code("ErrorExceededConnectionCount"),
            "Too many connections to EWS are open",
            "Es sind zu viele Verbindungen zu EWS offen",
        ),
        of(
            "ews-store-offline",
            "server.ews-store-offline",
            Ews::Code("ErrorMailboxStoreUnavailable"),
            "EWS does not reach the mailbox database",
            "EWS erreicht die Postfachdatenbank nicht",
        ),
        of(
            "ews-no-mailbox",
            "server.ews-no-mailbox",
            Ews::Code("ErrorNonExistentMailbox"),
            "EWS finds no mailbox for the account",
            "EWS findet kein Postfach zum Konto",
        ),
        of(
            "ews-account-disabled",
            "server.ews-account-refused",
            Ews::Code("ErrorAccountDisabled"),
            "EWS says that the account is disabled",
            "EWS sagt, dass das Konto deaktiviert ist",
        ),
        of(
            "ews-mailbox-moving",
            "server.ews-error",
            Ews::Code("ErrorMailboxMoveInProgress"),
            "The mailbox is being moved",
            "Das Postfach wird gerade verschoben",
        ),
    ]
}
