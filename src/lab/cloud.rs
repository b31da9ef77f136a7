//! What does Microsoft's cloud answer about the lab's domain?

use super::activesync::Session;
use super::exchange::{COMMANDS, error, mobilesync_settings};
use super::http::{Answer, Request};
use super::scenario::MAILBOX;
use crate::protocol::token::{self, Holder};
use serde_json::json;

/// The hosts of the worldwide cloud that the lab plays.
pub const HOSTS: &[&str] =
    &["outlook.office365.com", "autodiscover-s.outlook.com", "autodiscover.outlook.com", "login.microsoftonline.com"];

/// Those of the US government's.
pub const GOVERNMENT: &[&str] =
    &["outlook.office365.us", "autodiscover-s.office365.us", "autodiscover.office365.us", "login.microsoftonline.us"];

/// The id of the usual tenant.
pub const TENANT: &str = "7c1f0d2e-5b0a-4a53-9f5e-2d6a1c3b4e5f";

/// What it says of the domain and of the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cloud {
    /// How the domain's users sign in.
    pub realm: Realm,
    /// Where whoever asks for the mailbox is sent, in place of the cloud itself.
    pub sends_to: Option<&'static str>,
    /// Its Exchange Online, where the mailbox is.
    pub exchange: &'static str,
    /// The tenant's id.
    pub tenant: &'static str,
    /// Whether an access token opens the mailbox.
    pub takes_tokens: bool,
}

/// How the users of a domain sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Realm {
    /// At Microsoft.
    Managed,
    /// At this address.
    Federated(&'static str),
    /// The domain is in no tenant.
    Unknown,
}

impl Cloud {
    /// A managed domain whose mailbox is in the cloud.
    pub const MANAGED: Self = Self {
        realm: Realm::Managed,
        sends_to: None,
        exchange: "outlook.office365.com",
        tenant: TENANT,
        takes_tokens: false,
    };

    /// The answer to a request.
    pub fn answer(&self, request: &Request) -> Answer {
        if request.host.starts_with("login.") {
            return self.sign_in(request);
        }
        if request.is_at("/autodiscover/autodiscover.json") {
            return self.autodiscover_v2(request);
        }
        let is_activesync = request.is_at("/Microsoft-Server-ActiveSync");
        if let Some(bearer) = request.bearer().filter(|_| self.takes_tokens) {
            // no permission for ActiveSync is an application's own, and plain XML knows no address for one
            let is_app = token::holder(&token::read(bearer)) == Some(Holder::App);
            match (is_activesync, request.is_at("/autodiscover")) {
                (false, true) if is_app => {
                    let error = error(500, "The email address can't be found.");
                    return online(200).body("text/xml; charset=utf-8", error);
                }
                (true, _) if is_app => {}
                (true, _) | (false, true) => return self.signed_in(request, is_activesync),
                (false, false) => {}
            }
        }
        if request.is_at("/autodiscover") || is_activesync {
            return online(401).header(
                "WWW-Authenticate",
                "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", \
                 trusted_issuers=\"00000001-0000-0000-c000-000000000000@*\", \
                 token_types=\"app_asserted_user_v1 service_asserted_app_v1\", \
                 authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\",Basic Realm=\"\"",
            );
        }
        online(302).header("Location", "https://outlook.office365.com/owa/")
    }

    fn signed_in(&self, request: &Request, is_activesync: bool) -> Answer {
        if !is_activesync {
            let url = format!("https://{}/Microsoft-Server-ActiveSync", self.exchange);
            return online(200).body("text/xml; charset=utf-8", mobilesync_settings(MAILBOX, &url));
        }
        match request.method.as_str() {
            "OPTIONS" => online(200)
                .header("MS-Server-ActiveSync", "15.20")
                .header("MS-ASProtocolVersions", "16.1")
                .header("MS-ASProtocolCommands", COMMANDS),
            _ => Session::Good.answer(request),
        }
    }

    fn sign_in(&self, request: &Request) -> Answer {
        let json = |status, value: serde_json::Value| {
            Answer::new(status).body("application/json; charset=utf-8", value.to_string())
        };
        if request.is_at("/getuserrealm.srf") {
            let login = url::form_urlencoded::parse(request.query.as_bytes()).find(|(name, _)| name == "login");
            let login = login.map(|(_, login)| login.into_owned()).unwrap_or_default();
            let domain = login.rsplit('@').next().unwrap_or_default().to_owned();
            let mut said = json!({"State": 4, "UserState": 1, "Login": login, "NameSpaceType": "Unknown"});
            let more = match self.realm {
                Realm::Unknown => json!({}),
                Realm::Managed => json!({
                    "NameSpaceType": "Managed", "DomainName": domain, "FederationBrandName": "Corp",
                    "CloudInstanceName": "microsoftonline.com",
                    "CloudInstanceIssuerUri": "urn:federation:MicrosoftOnline",
                }),
                Realm::Federated(url) => json!({
                    "State": 3, "NameSpaceType": "Federated", "DomainName": domain, "FederationGlobalVersion": -1,
                    "AuthURL": format!("{url}?username=exdiag%40{domain}&wa=wsignin1.0"),
                    "FederationBrandName": "Corp", "CloudInstanceName": "microsoftonline.com",
                    "CloudInstanceIssuerUri": "urn:federation:MicrosoftOnline",
                }),
            };
            if let (Some(said), Some(more)) = (said.as_object_mut(), more.as_object()) {
                said.extend(more.clone());
            }
            return json(200, said);
        }
        if self.realm == Realm::Unknown {
            return json(
                400,
                json!({"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."}),
            );
        }
        json(
            200,
            json!({
                "issuer": format!("https://login.microsoftonline.com/{}/v2.0", self.tenant),
                "token_endpoint": format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", self.tenant),
                "tenant_region_scope": "EU", "cloud_instance_name": "microsoftonline.com",
            }),
        )
    }

    fn autodiscover_v2(&self, request: &Request) -> Answer {
        match self.sends_to {
            Some(host) => online(302)
                .header("Location", format!("https://{host}/autodiscover/autodiscover.json?{}", request.query)),
            None => online(200).body(
                "application/json; charset=utf-8",
                json!({"Protocol": "ActiveSync", "Url": format!("https://{}/Microsoft-Server-ActiveSync", self.exchange)})
                    .to_string(),
            ),
        }
    }
}

fn online(status: u16) -> Answer {
    Answer::new(status)
        .header("X-FEProxyInfo", "FR0P281CA0001.DEUP281.PROD.OUTLOOK.COM")
        .header("X-FEServer", "FR0P281CA0001")
        .header("request-id", "6f0d5b1e-93a4-4c1b-8a77-0000000000ff")
}
