//! Which sessions of a signed-in mailbox go wrong, and how?

use super::{AUTODISCOVER, MAIL};
use crate::lab::activesync::Session;
use crate::lab::exchange::Exchange;
use crate::lab::scenario::{Door, EXCHANGE, MAILBOX, PASSWORD, Product, Scenario, fault, healthy};

const WRONG: &str = "Sommer:Sonne-2025";

impl Scenario {
    /// With a front before Exchange that says this status to every sign-in that Exchange refuses.
    fn front(self, status: u16) -> Self {
        let exchange = Exchange::new(MAILBOX, PASSWORD);
        self.door(EXCHANGE, 443, Door::https(&[MAIL, AUTODISCOVER], Product::Front(exchange, status)))
    }
}

/// The scenarios of the check `activesync-session`; the healthy session is that of `healthy-signed-in`.
pub fn all() -> Vec<Scenario> {
    let of = |name, expected, session: Session, en, de| {
        fault(name, expected, en, de).password(PASSWORD).exchange(move |exchange| exchange.session = session)
    };
    vec![
        of(
            "device-blocked",
            "activesync.device-blocked",
            Session::Status(129),
            "Exchange lets only known devices in",
            "Exchange lässt nur bekannte Geräte zu",
        ),
        of(
            "device-quarantined",
            "activesync.device-quarantined",
            Session::Quarantine,
            "New devices go into quarantine",
            "Neue Geräte kommen in Quarantäne",
        ),
        of(
            "too-many-devices",
            "activesync.too-many-devices",
            Session::Status(177),
            "The mailbox has as many devices as it may have",
            "Das Postfach hat so viele Geräte, wie erlaubt sind",
        ),
        of(
            "policy-refused",
            "activesync.policy-refused",
            Session::Policy(4),
            "The device policy cannot be agreed on",
            "Die Geräterichtlinie kommt nicht zustande",
        ),
        of(
            "wipe-requested",
            "activesync.wipe-requested",
            Session::Wipe,
            "A remote wipe is ordered for the device",
            "Für das Gerät ist eine Fernlöschung angeordnet",
        ),
        of(
            "activesync-disabled",
            "activesync.user-disabled",
            Session::Status(126),
            "ActiveSync is switched off for the mailbox",
            "ActiveSync ist für das Postfach ausgeschaltet",
        ),
        of(
            "account-disabled",
            "activesync.account-disabled",
            Session::Status(131),
            "The account is disabled",
            "Das Konto ist deaktiviert",
        ),
        of(
            "no-mailbox",
            "activesync.no-mailbox",
            Session::Status(123),
            "The account has no mailbox",
            "Das Konto hat kein Postfach",
        ),
        of(
            "store-offline",
            "activesync.store-offline",
            Session::Status(114),
            "The mailbox database is not mounted",
            "Die Postfachdatenbank ist nicht bereitgestellt",
        ),
        of("mailbox-full", "activesync.quota", Session::Status(113), "The mailbox is full", "Das Postfach ist voll"),
        of(
            "folder-sync-fails",
            "activesync.folder-sync-failed",
            Session::Http(500),
            "Exchange may not write the device into Active Directory",
            "Exchange darf das Gerät nicht ins Active Directory schreiben",
        ),
        of(
            "page-instead-of-document",
            "activesync.folder-sync-failed",
            Session::Page,
            "A page comes in place of the folders",
            "Statt der Ordner kommt eine Webseite",
        ),
        of(
            "server-moves-mailbox",
            "activesync.status",
            Session::Status(133),
            "The mailbox is being moved",
            "Das Postfach wird gerade verschoben",
        ),
        of(
            "throttled",
            "activesync.throttled",
            Session::Throttled("RecentCommands"),
            "The device asks too often",
            "Das Gerät fragt zu oft",
        ),
        healthy(
            "healthy-front-with-its-own-refusal",
            "A front refuses wrong passwords with 403; this one is right",
            "Ein Front-Server lehnt falsche Kennwörter mit 403 ab; dieses stimmt",
        )
        .password(PASSWORD)
        .front(403),
        fault(
            "sign-in-answered-403",
            "auth.answer-unclear",
            "A front says 403 to a wrong password",
            "Ein Front-Server antwortet auf ein falsches Kennwort mit 403",
        )
        .password(WRONG)
        .front(403),
        fault(
            "sign-in-answered-500",
            "auth.answer-unclear",
            "A front says 500 to a wrong password",
            "Ein Front-Server antwortet auf ein falsches Kennwort mit 500",
        )
        .password(WRONG)
        .front(500),
        fault(
            "sign-in-answered-503",
            "auth.answer-unclear",
            "A front says 503 to a wrong password",
            "Ein Front-Server antwortet auf ein falsches Kennwort mit 503",
        )
        .password(WRONG)
        .front(503),
    ]
}
