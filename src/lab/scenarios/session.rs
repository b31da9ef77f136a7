//! Which sessions of a signed-in mailbox go wrong, and how?

use super::{AUTODISCOVER, MAIL};
use crate::lab::activesync::Session;
use crate::lab::dns::Data;
use crate::lab::exchange::Exchange;
use crate::lab::scenario::{Door, EXCHANGE, MAILBOX, PASSWORD, Product, SECOND, Scenario, fault, healthy};

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
            "password-expires-soon",
            "auth.password-expires",
            Session::Expires(3),
            "The password ends in three days",
            "Das Passwort läuft in drei Tagen ab",
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
            "activesync.commands-blocked",
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
            "commands-blocked",
            "activesync.commands-blocked",
            Session::Blocked(403),
            "A firewall lets OPTIONS through, but no command",
            "Eine Firewall lässt OPTIONS durch, aber keinen Befehl",
        ),
        of(
            "plain-query-blocked",
            "activesync.query-blocked",
            Session::PlainBlocked,
            "A firewall does not like the user's name in the address",
            "Eine Firewall stört sich am Benutzernamen in der Adresse",
        ),
        of(
            "sign-in-lost",
            "activesync.sign-in-lost",
            Session::Http(401),
            "The back end does not take the sign-in that the front end took",
            "Das Back-End nimmt die Anmeldung nicht an, die das Front-End annahm",
        ),
        of(
            "blocked-in-session",
            "auth.account-blocked",
            Session::Http(456),
            "The account is blocked, which only the mailbox server says",
            "Das Konto ist gesperrt, was erst der Postfachserver sagt",
        ),
        of(
            "expired-in-session",
            "auth.password-expired",
            Session::Http(457),
            "The password has expired, which only the mailbox server says",
            "Das Passwort ist abgelaufen, was erst der Postfachserver sagt",
        ),
        of(
            "rights-missing",
            "activesync.folder-sync-failed",
            Session::Explained(112),
            "HTTP 500, and the document says that Active Directory refuses",
            "HTTP 500, und das Dokument sagt, dass Active Directory ablehnt",
        ),
        of(
            "older-mailbox-server",
            "activesync.wrong-mailbox-server",
            Session::Status(128),
            "The mailbox lies on an older server than this one may serve",
            "Das Postfach liegt auf einem älteren Server, als dieser bedienen darf",
        ),
        of(
            "sync-state-corrupt",
            "activesync.sync-state",
            Session::Status(134),
            "What the server remembers of the device is damaged",
            "Was der Server sich zum Gerät gemerkt hat, ist beschädigt",
        ),
        of(
            "idle-cut",
            "activesync.idle-cut",
            Session::Impatient,
            "A proxy cuts connections on which nothing happens",
            "Ein Proxy kappt Verbindungen, auf denen nichts geschieht",
        )
        .idle_test(),
        of(
            "moved-within",
            "activesync.wrong-mailbox-server",
            Session::Elsewhere("https://mail2.corp.example/Microsoft-Server-ActiveSync"),
            "Another server of the company serves the mailbox, and is named",
            "Ein anderer Server der Firma ist für das Postfach zuständig und wird genannt",
        )
        .record("mail2.corp.example", Data::Address(SECOND))
        .door(
            SECOND,
            443,
            Door::https(&["mail2.corp.example"], Product::Exchange(Exchange::new(MAILBOX, PASSWORD))),
        ),
        of(
            "provision-empty",
            "activesync.policy-refused",
            Session::NoWord,
            "The policy holds what the server cannot tell this device",
            "Die Richtlinie enthält, was der Server diesem Gerät nicht sagen kann",
        ),
        of(
            "policy-too-strict",
            "activesync.policy-refused",
            Session::Status(139),
            "The policy demands what this device cannot fulfil",
            "Die Richtlinie verlangt, was dieses Gerät nicht erfüllen kann",
        ),
        of(
            "managed-devices-refused",
            "activesync.policy-refused",
            Session::Status(145),
            "Devices that somebody else manages are not allowed",
            "Geräte, die jemand anderes verwaltet, sind nicht erlaubt",
        ),
        of(
            "forbidden-in-session",
            "activesync.user-disabled",
            Session::Http(403),
            "Exchange forbids the mailbox's user what it allows others",
            "Exchange verbietet dieser Person, was es anderen erlaubt",
        ),
        of(
            "access-denied",
            "activesync.user-disabled",
            Session::Status(130),
            "Exchange denies the access to this mailbox",
            "Exchange verweigert den Zugriff auf dieses Postfach",
        ),
        of(
            "user-not-found",
            "activesync.no-mailbox",
            Session::Status(125),
            "The directory does not know who has signed in",
            "Das Verzeichnis kennt nicht, wer sich angemeldet hat",
        ),
        of(
            "moved-to-nowhere",
            "activesync.wrong-mailbox-server",
            Session::Http(451),
            "Another server serves the mailbox, and is not named",
            "Ein anderer Server ist für das Postfach zuständig und wird nicht genannt",
        ),
        of(
            "store-unmounted",
            "activesync.store-offline",
            Session::Http(503),
            "Exchange answers every command with HTTP 503",
            "Exchange beantwortet jeden Befehl mit HTTP 503",
        ),
        of(
            "gateway-waits-in-vain",
            "activesync.unavailable",
            Session::Gateway,
            "A proxy gets no answer to commands in its time",
            "Ein Proxy bekommt in seiner Frist keine Antwort auf Befehle",
        ),
        of(
            "newer-mailbox-server",
            "activesync.wrong-mailbox-server",
            Session::Status(127),
            "The mailbox is on a newer server than the one that answers",
            "Das Postfach liegt auf einem neueren Server als dem, der antwortet",
        ),
        of(
            "device-without-policies",
            "activesync.policy-refused",
            Session::Status(141),
            "The policy keeps out devices that know no policies",
            "Die Richtlinie sperrt Geräte aus, die keine Richtlinien kennen",
        ),
        of(
            "policy-loop",
            "activesync.policy-refused",
            Session::Status(144),
            "However often the policy is confirmed, it is wanted again",
            "Sooft die Richtlinie auch bestätigt wird, sie wird erneut verlangt",
        ),
        of(
            "sync-state-lost",
            "activesync.sync-state",
            Session::Status(132),
            "Exchange does not find what it should remember of the device",
            "Exchange findet nicht, was es sich zum Gerät gemerkt haben sollte",
        ),
        of(
            "send-quota-used-up",
            "activesync.quota",
            Session::Status(115),
            "The mailbox has used up its quota for sending",
            "Das Postfach hat sein Sendekontingent ausgeschöpft",
        ),
        of(
            "server-storage-full",
            "activesync.quota",
            Session::Http(507),
            "The server has no room left for the mailbox",
            "Der Server hat keinen Platz mehr für das Postfach",
        ),
        of(
            "device-type-refused",
            "activesync.status",
            Session::Status(109),
            "The device's type does not arrive whole",
            "Der Gerätetyp kommt nicht unversehrt an",
        ),
        of(
            "command-refused",
            "activesync.status",
            Session::Status(137),
            "The server lists a command and then refuses it",
            "Der Server nennt einen Befehl und lehnt ihn dann ab",
        ),
        of(
            "server-says-error",
            "activesync.folder-sync-failed",
            Session::Status(110),
            "Exchange reports an error of its own",
            "Exchange meldet einen eigenen Fehler",
        ),
        of(
            "version-refused",
            "activesync.status",
            Session::Status(138),
            "The server lists a version and then refuses it",
            "Der Server nennt eine Version und lehnt sie dann ab",
        ),
        of(
            "device-id-refused",
            "activesync.status",
            Session::Status(108),
            "The device's id does not reach the server",
            "Die Kennung des Geräts kommt nicht beim Server an",
        ),
        of(
            "server-wants-a-pause",
            "activesync.status",
            Session::Status(111),
            "The server fails and asks to come back later",
            "Der Server scheitert und bittet, später wiederzukommen",
        ),
        healthy(
            "healthy-policy-by-449",
            "The policy is asked for by HTTP 449",
            "Die Richtlinie wird mit HTTP 449 verlangt",
        )
        .password(PASSWORD)
        .exchange(|exchange| exchange.session = Session::PolicyBy449),
        healthy("healthy-without-policy", "No device policy", "Keine Geräterichtlinie")
            .password(PASSWORD)
            .exchange(|exchange| exchange.session = Session::NoPolicy),
        healthy(
            "healthy-single-message",
            "A new mailbox with a single message",
            "Ein neues Postfach mit einer einzigen Nachricht",
        )
        .password(PASSWORD)
        .exchange(|exchange| exchange.session = Session::SingleMessage),
        healthy(
            "healthy-device-information",
            "The server wants to know what device it is (status 165)",
            "Der Server will wissen, was für ein Gerät das ist (Status 165)",
        )
        .password(PASSWORD)
        .exchange(|exchange| exchange.session = Session::Unnamed),
        healthy(
            "healthy-short-pings",
            "The server allows shorter waiting than was asked for",
            "Der Server erlaubt kürzeres Warten als verlangt",
        )
        .password(PASSWORD)
        .exchange(|exchange| exchange.session = Session::PingsUpTo(50))
        .idle_test(),
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
            "Ein Front-Server lehnt falsche Passwörter mit 403 ab; dieses stimmt",
        )
        .password(PASSWORD)
        .front(403),
        healthy(
            "healthy-echo",
            "A front sends back what signs the user in; the report holds none of it",
            "Ein Front-Server schickt zurück, womit sich der Benutzer anmeldet; der Bericht enthält nichts davon",
        )
        .password(PASSWORD)
        .door(
            EXCHANGE,
            443,
            Door::https(&[MAIL, AUTODISCOVER], Product::Echo(Exchange::new(MAILBOX, PASSWORD))),
        ),
        fault(
            "sign-in-answered-403",
            "auth.answer-unclear",
            "A front says 403 to a wrong password",
            "Ein Front-Server antwortet auf ein falsches Passwort mit 403",
        )
        .password(WRONG)
        .front(403),
        fault(
            "sign-in-answered-500",
            "auth.answer-unclear",
            "A front says 500 to a wrong password",
            "Ein Front-Server antwortet auf ein falsches Passwort mit 500",
        )
        .password(WRONG)
        .front(500),
        fault(
            "sign-in-answered-503",
            "auth.answer-unclear",
            "A front says 503 to a wrong password",
            "Ein Front-Server antwortet auf ein falsches Passwort mit 503",
        )
        .password(WRONG)
        .front(503),
    ]
}
