//! Which sign-ins go wrong: by the token, by the name, by what Entra ID says?

use super::{AUTODISCOVER, GRANT, SRV};
use crate::lab::cloud::{Cloud, TENANT};
use crate::lab::dns::Data;
use crate::lab::exchange::{Exchange, Offers, Tokens};
use crate::lab::nylas::{GrantState, Nylas};
use crate::lab::scenario::{Door, HOSTER, MAILBOX, PASSWORD, Product, Scenario, fault, healthy};
use serde_json::{Value, json};

/// In the year 2100: no lab lasts longer.
const FAR: i64 = 4_102_444_800;

/// The claims of a good token for this resource.
fn claims(audience: &str) -> Value {
    json!({
        "aud": audience, "iss": format!("https://sts.windows.net/{TENANT}/"), "tid": TENANT, "ver": "1.0",
        "nbf": 1_700_000_000, "exp": FAR, "appid": "2b1d1f2e-0000-4000-8000-000000000001",
        "upn": MAILBOX, "scp": "EAS.AccessAsUser.All EWS.AccessAsUser.All",
    })
}

/// The same with one claim otherwise.
fn with(audience: &str, name: &str, value: Value) -> Value {
    let mut claims = claims(audience);
    if let Some(members) = claims.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    claims
}

/// The claims of a token that Entra ID gives to an application by itself.
fn of_app() -> Value {
    let mut claims = with(ONLINE, "roles", json!(["full_access_as_app"]));
    if let Some(members) = claims.as_object_mut() {
        members.retain(|name, _| !["upn", "scp"].contains(&name.as_str()));
        members.insert("idtyp".to_owned(), json!("app"));
    }
    claims
}

const OWN: &str = "https://mail.corp.example/";
const ONLINE: &str = "https://outlook.office.com";

/// It begins like a host of the company's, and is one of somebody else's.
const LOOK_ALIKE: &str = "mail.corp.example.hoster.test";

impl Scenario {
    /// With OAuth offered, and this done with tokens.
    fn modern(self, tokens: Tokens) -> Self {
        self.exchange(move |exchange| (exchange.offers, exchange.tokens) = (Offers::Modern, tokens))
    }

    /// With a sync service that quotes what Entra ID said.
    fn quoted(self, message: &'static str) -> Self {
        self.nylas(Nylas { state: GrantState::Quotes(message), ..GRANT })
    }
}

pub(super) fn all() -> Vec<Scenario> {
    vec![
        healthy(
            "healthy-token",
            "Hybrid modern authentication, and the access token is taken",
            "Hybride moderne Authentifizierung, und das Zugriffstoken wird angenommen",
        )
        .modern(Tokens::Accepted)
        .token(&claims(OWN)),
        healthy(
            "healthy-exchange-online-token",
            "The mailbox is in Exchange Online, and the access token is taken",
            "Das Postfach liegt in Exchange Online, und das Zugriffstoken wird angenommen",
        )
        .all_in_the_cloud(Cloud { takes_tokens: true, ..Cloud::MANAGED })
        .token(&claims(ONLINE)),
        fault(
            "token-expired",
            "auth.token-expired",
            "The access token expired long ago, and is not sent at all",
            "Das Zugriffstoken ist längst abgelaufen und wird gar nicht erst gesendet",
        )
        .modern(Tokens::Accepted)
        .token(&with(OWN, "exp", json!(1_700_003_600))),
        fault(
            "token-not-yet-valid",
            "auth.token-not-yet-valid",
            "The access token holds from next century on, and the server refuses it",
            "Das Zugriffstoken gilt erst ab dem nächsten Jahrhundert, und der Server lehnt es ab",
        )
        .modern(Tokens::Refused(""))
        .token(&with(OWN, "nbf", json!(FAR))),
        fault(
            "token-too-long",
            "auth.token-too-long",
            "The access token is longer than Windows lets a header be, and gets HTTP 400",
            "Das Zugriffstoken ist länger, als Windows einen Header sein lässt, und bekommt HTTP 400",
        )
        .modern(Tokens::TooLong)
        .token(&with(OWN, "groups", json!(vec!["6f1d1f2e-0000-4000-8000-000000000000"; 400]))),
        fault(
            "basic-not-offered",
            "auth.basic-not-offered",
            "The server takes only tokens, and the user gives a password",
            "Der Server nimmt nur Token an, und es wird ein Passwort angegeben",
        )
        .exchange(|exchange| exchange.offers = Offers::Bearer)
        .password(PASSWORD),
        fault(
            "basic-retired",
            "auth.basic-retired",
            "The mailbox is in Exchange Online, and the user gives a password",
            "Das Postfach liegt in Exchange Online, und es wird ein Passwort angegeben",
        )
        .all_in_the_cloud(Cloud::MANAGED)
        .password(PASSWORD),
        fault(
            "token-for-graph",
            "auth.token-audience",
            "The access token is for Microsoft Graph, and is not sent at all",
            "Das Zugriffstoken ist für Microsoft Graph und wird gar nicht erst gesendet",
        )
        .modern(Tokens::Accepted)
        .token(&claims("https://graph.microsoft.com")),
        fault(
            "token-audience",
            "auth.token-audience",
            "The server sees http behind a balancer that ends TLS, and refuses the token for https",
            "Der Server sieht http hinter einem Load Balancer, der TLS beendet, und lehnt das Token für https ab",
        )
        .modern(Tokens::Refused(
            "2000003;reason=\"The hostname component of the audience claim value is invalid. Expected \
             'http://mail.corp.example'. Actual 'https://mail.corp.example'.\";error_category=\"invalid_resource\"",
        ))
        .token(&claims(OWN)),
        fault(
            "token-rejected",
            "auth.token-rejected",
            "The server does not know the issuer of the access token",
            "Der Server kennt den Aussteller des Zugriffstokens nicht",
        )
        .modern(Tokens::Refused("2000001;reason=\"The token has an invalid signature.\";error_category=\"invalid_signature\""))
        .token(&claims(OWN)),
        fault(
            "token-scope",
            "auth.token-scope",
            "The access token gives no right to mail",
            "Das Zugriffstoken berechtigt nicht zu Mail",
        )
        .modern(Tokens::Refused(""))
        .token(&with(OWN, "scp", json!("User.Read Calendars.Read"))),
        fault(
            "app-only-token",
            "autodiscover.app-only-token",
            "The access token is an application's own, with which Autodiscover finds no mailbox",
            "Das Zugriffstoken gehört einer Anwendung selbst, und Autodiscover findet damit kein Postfach",
        )
        .all_in_the_cloud(Cloud { takes_tokens: true, ..Cloud::MANAGED })
        .token(&of_app()),
        fault(
            "token-other-account",
            "auth.token-other-account",
            "The access token is somebody else's",
            "Das Zugriffstoken gehört jemand anderem",
        )
        .modern(Tokens::Refused(""))
        .token(&with(OWN, "upn", json!("boss@corp.example"))),
        fault(
            "name-form",
            "auth.rejected",
            "The password is right, but the account signs in as CORP\\anna",
            "Das Passwort stimmt, aber das Konto meldet sich als CORP\\anna an",
        )
        .password(PASSWORD)
        .exchange(|exchange| exchange.user = "CORP\\anna"),
        healthy(
            "healthy-name-form",
            "The account signs in as CORP\\anna, and the user says so",
            "Das Konto meldet sich als CORP\\anna an, und das wird auch angegeben",
        )
        .password(PASSWORD)
        .exchange(|exchange| exchange.user = "CORP\\anna")
        .option("--user", "CORP\\anna"),
        fault(
            "srv-look-alike",
            "autodiscover.redirect-foreign-domain",
            "The SRV record leads to a host that only looks like the company's own",
            "Der SRV-Eintrag führt zu einem Host, der nur so aussieht wie einer des Unternehmens",
        )
        .password(PASSWORD)
        .without(AUTODISCOVER)
        .record(SRV, Data::Service(443, LOOK_ALIKE))
        .record(LOOK_ALIKE, Data::Address(HOSTER))
        .door(HOSTER, 443, Door::https(&[LOOK_ALIKE], Product::Exchange(Exchange::new(MAILBOX, PASSWORD)))),
        fault(
            "issuer-not-trusted",
            "auth.issuer-not-trusted",
            "The server trusts another tenant than the domain's",
            "Der Server vertraut einem anderen Mandanten als dem der Domain",
        )
        .hybrid(Cloud { sends_to: Some("mail.corp.example"), tenant: "0a1b2c3d-0000-4000-8000-00000000000f", ..Cloud::MANAGED }),
        fault(
            "mfa-required",
            "auth.mfa-required",
            "Entra ID demands a second factor of the sync service",
            "Entra ID verlangt vom Sync-Dienst einen zweiten Faktor",
        )
        .quoted("invalid_grant: AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication."),
        fault(
            "consent-required",
            "auth.consent-required",
            "Nobody has consented to the sync service's app",
            "Der App des Sync-Dienstes hat niemand zugestimmt",
        )
        .quoted("invalid_grant: AADSTS65001: The user or administrator has not consented to use the application."),
        fault(
            "conditional-access",
            "auth.entra-error",
            "Conditional Access blocks the sync service",
            "Der bedingte Zugriff sperrt den Sync-Dienst",
        )
        .quoted("interaction_required: AADSTS53003: Access has been blocked by Conditional Access policies."),
        fault(
            "refresh-token-expired",
            "auth.token-expired",
            "The sync service's refresh token is over",
            "Das Refresh-Token des Sync-Dienstes ist abgelaufen",
        )
        .quoted("invalid_grant: AADSTS700082: The refresh token has expired due to inactivity."),
    ]
}
