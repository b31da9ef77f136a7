//! What does the sync service show, and whose fault is it then?

use super::GRANT;
use crate::lab::activesync::Session;
use crate::lab::cloud::Cloud;
use crate::lab::nylas::{ACCOUNT, GrantState, Nylas};
use crate::lab::scenario::{PASSWORD, Scenario, fault, healthy};

/// A grant whose messages are refused so.
const fn fails(status: u16, kind: &'static str, message: &'static str) -> Nylas {
    Nylas { state: GrantState::Fails(status, kind, message), ..GRANT }
}

/// An API that refuses every question so.
const fn refuses(status: u16, kind: &'static str, message: &'static str) -> Nylas {
    Nylas { state: GrantState::Refuses(status, kind, message), ..GRANT }
}

/// The old API, with the account in this state.
const fn account(state: &'static str) -> Nylas {
    Nylas { state: GrantState::Account(state), ..GRANT }
}

const OLD: &[&str] = &["--nylas-account", ACCOUNT];

pub(super) fn all() -> Vec<Scenario> {
    let mut all = vec![
        healthy(
            "healthy-sync-by-address",
            "The sync service's grant is found by the address",
            "Die Berechtigung beim Sync-Dienst wird über die Adresse gefunden",
        )
        .nylas_by(&[], GRANT),
        healthy(
            "healthy-sync-migrated",
            "The grant is found by the account that it was in the old API",
            "Die Berechtigung wird über das Konto gefunden, das sie in der alten API war",
        )
        .nylas_by(OLD, GRANT),
        healthy(
            "healthy-sync-old-api",
            "The old API says that the account runs",
            "Die alte API sagt, dass das Konto läuft",
        )
        .nylas_by(OLD, account("running")),
        healthy(
            "healthy-sync-exchange-online",
            "The mailbox is in Exchange Online, and the sync service reaches it through Microsoft's cloud",
            "Das Postfach liegt in Exchange Online, und der Sync-Dienst erreicht es über Microsofts Cloud",
        )
        .all_in_the_cloud(Cloud::MANAGED)
        .nylas(Nylas { provider: "microsoft", ..GRANT }),
        healthy(
            "healthy-sync-hybrid",
            "Autodiscover is the company's own, the mailbox has moved to the cloud and is synced there",
            "Autodiscover ist das eigene, das Postfach ist in die Cloud umgezogen und wird dort synchronisiert",
        )
        .nylas(Nylas { provider: "microsoft", ..GRANT }),
        fault(
            "grant-unknown-by-address",
            "sync.grant-unknown",
            "The sync service knows no grant of this address",
            "Der Sync-Dienst kennt keine Berechtigung dieser Adresse",
        )
        .nylas_by(&[], Nylas { state: GrantState::Unknown, ..GRANT }),
        fault(
            "grant-replaced",
            "sync.grant-unknown",
            "The grant is gone, the address has another one",
            "Die Berechtigung gibt es nicht mehr, die Adresse hat eine andere",
        )
        .nylas(Nylas {
            state: GrantState::Unknown,
            others: &[("5c1f6c1e-1111-4000-8000-000000000002", "valid")],
            ..GRANT
        }),
        fault(
            "grants-twice",
            "sync.duplicate-grants",
            "The address has a second grant that is no longer valid",
            "Die Adresse hat eine zweite Berechtigung, die nicht mehr gilt",
        )
        .nylas(Nylas { others: &[("5c1f6c1e-1111-4000-8000-000000000002", "invalid")], ..GRANT }),
        fault(
            "grant-invalid-password-right",
            "sync.grant-invalid",
            "The grant is no longer valid, the password that is given works",
            "Die Berechtigung gilt nicht mehr, das angegebene Passwort stimmt",
        )
        .password(PASSWORD)
        .nylas(Nylas { state: GrantState::Invalid, ..GRANT }),
        fault(
            "grant-invalid-password-wrong",
            "auth.rejected",
            "The grant is no longer valid, and Exchange refuses the password too",
            "Die Berechtigung gilt nicht mehr, und auch Exchange lehnt das Passwort ab",
        )
        .password("Sommer:Sonne-2025")
        .nylas(Nylas { state: GrantState::Invalid, ..GRANT }),
        fault(
            "grant-valid-device-quarantined",
            "activesync.device-quarantined",
            "The grant is valid and brings nothing new: Exchange puts new devices into quarantine",
            "Die Berechtigung gilt und bringt nichts Neues: Exchange stellt neue Geräte unter Quarantäne",
        )
        .password(PASSWORD)
        .exchange(|exchange| exchange.session = Session::Quarantine)
        .nylas(Nylas { newest_message: 40, ..GRANT }),
        fault(
            "grant-without-mail",
            "sync.scopes-missing",
            "The grant does not include messages",
            "Die Berechtigung umfasst keine Nachrichten",
        )
        .nylas(fails(403, "insufficient_scopes", "Missing the scope ews.messages")),
        fault(
            "service-shut-out",
            "sync.service-cannot-reach",
            "The server answers everybody but the sync service",
            "Der Server antwortet allen, nur nicht dem Sync-Dienst",
        )
        .nylas(fails(504, "provider_error", "The provider did not respond in time")),
        fault(
            "connector-of-the-cloud",
            "sync.connector-wrong",
            "The sync service looks in Microsoft's cloud for a mailbox on the company's server",
            "Der Sync-Dienst sucht ein Postfach des eigenen Servers in Microsofts Cloud",
        )
        .nylas(Nylas {
            provider: "microsoft",
            ..fails(
                404,
                "not_found_error",
                "MailboxNotEnabledForRESTAPI: The mailbox is either inactive or on-premise.",
            )
        }),
        fault(
            "connector-finds-nothing",
            "sync.connector-wrong",
            "The sync service sees an empty mailbox in Microsoft's cloud, the right one is on the company's server",
            "Der Sync-Dienst sieht in Microsofts Cloud ein leeres Postfach, das richtige liegt auf dem eigenen Server",
        )
        .nylas(Nylas { provider: "microsoft", state: GrantState::Empty, ..GRANT }),
        fault(
            "connector-of-a-server",
            "sync.connector-wrong",
            "The mailbox is in Exchange Online, the sync service tries EWS with a password",
            "Das Postfach liegt in Exchange Online, der Sync-Dienst versucht EWS mit Passwort",
        )
        .all_in_the_cloud(Cloud::MANAGED)
        .nylas(Nylas { state: GrantState::Invalid, ..GRANT }),
        fault(
            "account-stopped",
            "sync.account-stopped",
            "The old API says that the account was stopped",
            "Die alte API sagt, dass das Konto angehalten wurde",
        )
        .nylas_by(OLD, account("stopped")),
        fault(
            "account-invalid",
            "sync.account-invalid",
            "The old API says that the credentials are invalid",
            "Die alte API sagt, dass die Anmeldedaten nicht gelten",
        )
        .nylas_by(OLD, account("invalid-credentials")),
        fault(
            "account-partial",
            "sync.account-unsteady",
            "The old API says that the account leaves folders out",
            "Die alte API sagt, dass das Konto Ordner auslässt",
        )
        .nylas_by(OLD, account("partial")),
    ];
    all.extend(
        [
            (
                "service-key-wrong",
                401,
                "unauthorized",
                "The service does not take the key",
                "Der Dienst nimmt den Schlüssel nicht an",
            ),
            (
                "service-key-may-not",
                403,
                "unauthorized",
                "The key may not read grants",
                "Der Schlüssel darf keine Berechtigungen lesen",
            ),
            (
                "service-rate-limit",
                429,
                "nylas_rate_limit_exceeded",
                "The service wants a pause",
                "Der Dienst verlangt eine Pause",
            ),
            ("service-down", 503, "api.unavailable", "The service has trouble", "Der Dienst hat eine Störung"),
        ]
        .map(|(name, status, kind, en, de)| fault(name, "sync.api-refused", en, de).nylas(refuses(status, kind, en))),
    );
    all
}
