//! What does an Exchange Server answer?
//!
//! Front-end behaviour as seen from outside: ActiveSync (MS-ASHTTP), Autodiscover as plain XML
//! (MS-ASCMD) and as JSON, and the doors of the other protocols.

mod others;

use super::activesync::Session;
use super::ews::Ews;
use super::http::{Answer, Request, header_too_long, iis, iis_error};
use std::sync::atomic::{AtomicU64, Ordering};

/// Which Exchange it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// Subscription Edition.
    Se,
    /// 2019.
    E2019,
    /// 2016.
    E2016,
    /// 2013: no Autodiscover v2, ActiveSync up to 14.1.
    E2013,
}

/// Which ways to sign in the directories of ActiveSync and Autodiscover offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    /// Exchange's default: Basic for ActiveSync; Negotiate, NTLM and Basic for Autodiscover.
    Default,
    /// Hybrid modern authentication: Bearer beside it.
    Modern,
    /// Bearer alone for ActiveSync: modern authentication, and Basic is blocked.
    Bearer,
    /// Bearer alone, without the address to sign in at.
    IncompleteBearer,
    /// Nothing for ActiveSync: all its ways are switched off.
    Nothing,
    /// Negotiate and NTLM alone.
    Windows,
}

/// What becomes of an access token, where OAuth is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// Every one opens the mailbox.
    Accepted,
    /// None does, and this stands in `x-ms-diagnostics`.
    Refused(&'static str),
    /// The header that it comes in is refused by Windows.
    TooLong,
}

/// What happens when the mailbox's user signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// The right password opens the mailbox.
    Good,
    /// 456
    Blocked,
    /// 457
    PasswordExpired,
    /// 451: ActiveSync of this mailbox is served at this address.
    Elsewhere(&'static str),
}

/// What Autodiscover says to the user who has signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settings {
    /// The address of ActiveSync.
    ActiveSync,
    /// An error: code and message.
    Error(u16, &'static str),
    /// Restart with this address.
    Redirect(&'static str),
    /// The same as the first, but by SOAP this error.
    BySoapAlone(&'static str),
}

/// One Exchange organisation.
#[derive(Debug, Clone, Copy)]
pub struct Exchange {
    /// Which Exchange it is.
    pub edition: Edition,
    /// Its build, where it is not the last one that everybody could have.
    pub build: Option<&'static str>,
    /// The build of the server with the mailbox, packed as Autodiscover tells Outlook (MS-OXDSCLI, `ServerVersion`).
    pub mailbox_server: &'static str,
    /// Which ways to sign in it offers.
    pub offers: Offers,
    /// What becomes of tokens.
    pub tokens: Tokens,
    /// What happens at a sign-in.
    pub account: Account,
    /// How the sessions of the mailbox go.
    pub session: Session,
    /// How EWS treats the mailbox.
    pub ews: Ews,
    /// What Autodiscover says after it.
    pub settings: Settings,
    /// `ExternalUrl` of ActiveSync.
    pub external_url: &'static str,
    /// `ExternalUrl` of EWS; empty where it is not set.
    pub external_ews: &'static str,
    /// `InternalUrl` of EWS.
    pub internal_ews: &'static str,
    /// Whether Outlook Anywhere is published: else Outlook is told only what is for the inside.
    pub outlook_anywhere: bool,
    /// `MS-ASProtocolVersions`
    pub versions: &'static str,
    /// `MS-ASProtocolCommands`
    pub commands: &'static str,
    /// The user.
    pub user: &'static str,
    /// The user's password.
    pub password: &'static str,
}

/// What a current server lists.
pub const COMMANDS: &str = "Sync,SendMail,SmartForward,SmartReply,GetAttachment,GetHierarchy,CreateCollection,\
    DeleteCollection,MoveCollection,FolderSync,FolderCreate,FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,\
    MeetingResponse,Search,Settings,Ping,ItemOperations,Provision,ResolveRecipients,ValidateCert,Find";

const ACTIVESYNC: &str = "/Microsoft-Server-ActiveSync";
/// Exchange's own application id, and the issuers it trusts.
const BEARER: &str = "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", \
    trusted_issuers=\"00000001-0000-0000-c000-000000000000@7c1f0d2e-5b0a-4a53-9f5e-2d6a1c3b4e5f\", \
    token_types=\"app_asserted_user_v1 service_asserted_app_v1\"";
const AUTHORIZATION_URI: &str = "https://login.windows.net/common/oauth2/authorize";

impl Exchange {
    /// A healthy one, patched in August 2026.
    pub const fn new(user: &'static str, password: &'static str) -> Self {
        Self {
            edition: Edition::Se,
            build: None,
            // 15.2.2562
            mailbox_server: "73C28A02",
            offers: Offers::Default,
            tokens: Tokens::Accepted,
            account: Account::Good,
            session: Session::Good,
            ews: Ews::Windows,
            settings: Settings::ActiveSync,
            external_url: "https://mail.corp.example/Microsoft-Server-ActiveSync",
            external_ews: "https://mail.corp.example/EWS/Exchange.asmx",
            internal_ews: "https://ex01.corp.local/EWS/Exchange.asmx",
            outlook_anywhere: true,
            versions: "2.0,2.1,2.5,12.0,12.1,14.0,14.1,16.0,16.1",
            commands: COMMANDS,
            user,
            password,
        }
    }

    /// The answer to a request.
    pub fn answer(&self, request: &Request) -> Answer {
        let answer = if request.path.to_ascii_lowercase().ends_with("/healthcheck.htm") {
            health()
        } else if request.is_at(ACTIVESYNC) {
            self.activesync(request)
        } else if request.is_at("/autodiscover/autodiscover.json") {
            self.autodiscover_v2(request)
        } else if request.is_at("/autodiscover") {
            self.autodiscover(request)
        } else if request.is_at("/EWS") && self.ews != Ews::Windows {
            self.ews(request)
        } else if request.is_at("/EWS") || request.is_at("/mapi") || request.is_at("/OAB") || request.is_at("/rpc") {
            iis(401).header("WWW-Authenticate", "Negotiate").header("WWW-Authenticate", others::ntlm_challenge(request))
        } else if request.is_at("/owa/auth/logon.aspx") {
            self.logon_page()
        } else if request.is_at("/owa") || request.is_at("/ecp") {
            let form = logon_form(request);
            // of 2013, no other directory tells its version
            if self.edition == Edition::E2013 { form.header("X-OWA-Version", self.build()) } else { form }
        } else if request.path == "/" {
            iis(302).header("Location", format!("https://{}/owa/", request.host))
        } else {
            iis_error(404, "File or directory not found.")
        };
        self.marked(answer)
    }

    /// What only Exchange sends.
    pub fn marked(&self, answer: Answer) -> Answer {
        // what a device in front answers has none of it
        if answer.headers.iter().any(|(name, value)| *name == "Server" && !value.starts_with("Microsoft-")) {
            return answer;
        }
        let answer = answer.header("request-id", request_id()).header("X-FEServer", "EX01");
        match self.edition {
            Edition::Se | Edition::E2019 | Edition::E2016 => answer.header("X-OWA-Version", self.build()),
            // sent by no more than /owa in those days
            Edition::E2013 => answer,
        }
    }

    fn activesync(&self, request: &Request) -> Answer {
        match self.admitted(request) {
            Err(refusal) => *refusal,
            Ok(()) => match (request.method.as_str(), self.account) {
                (_, Account::Elsewhere(url)) => iis(451).header("X-MS-Location", url),
                ("OPTIONS", _) => iis(200)
                    .header("Cache-Control", "private")
                    .header("Allow", "OPTIONS,POST")
                    .header("Public", "OPTIONS,POST")
                    .header("MS-Server-ActiveSync", self.family())
                    .header("MS-ASProtocolVersions", self.versions)
                    .header("MS-ASProtocolCommands", self.commands),
                // MS-ASHTTP: a POST without a command is no request
                ("POST", _) if request.query.is_empty() => iis(400),
                ("POST", _) => self.session.answer(request),
                _ => iis(501),
            },
        }
    }

    fn ews(&self, request: &Request) -> Answer {
        match self.admitted(request) {
            Err(refusal) => *refusal,
            Ok(()) if self.ews == Ews::Refused => self.challenge(request),
            Ok(()) => self.ews.answer(request, self.build()),
        }
    }

    fn family(&self) -> &'static str {
        match self.edition {
            Edition::Se | Edition::E2019 => "15.2",
            Edition::E2016 => "15.1",
            Edition::E2013 => "15.0",
        }
    }

    fn build(&self) -> &'static str {
        self.build.unwrap_or(match self.edition {
            Edition::Se => "15.2.2562.46",
            Edition::E2019 => "15.2.1748.39",
            Edition::E2016 => "15.1.2507.61",
            Edition::E2013 => "15.0.1497.48",
        })
    }

    /// Its files lie in a folder that is called after the cumulative update.
    fn logon_page(&self) -> Answer {
        let update = self.build().rsplit_once('.').map_or("", |(update, _)| update);
        iis(200).page(
            "Outlook",
            &format!(
                "<link rel=\"stylesheet\" href=\"/owa/auth/{update}/themes/resources/logon.css\">\r\n\
                 <form action=\"/owa/auth.owa\" method=\"POST\"><input name=\"password\" type=\"password\"></form>"
            ),
        )
    }

    fn autodiscover(&self, request: &Request) -> Answer {
        if let Err(refusal) = self.admitted(request) {
            return refusal.header("X-SOAP-Enabled", "True").header("X-WSSecurity-Enabled", "True");
        }
        if request.is_at("/autodiscover/autodiscover.svc") {
            let error = if let Settings::BySoapAlone(code) = self.settings { Some(code) } else { None };
            return iis(200).body("text/xml; charset=utf-8", others::soap_settings(self, error));
        }
        if !request.is_at("/autodiscover/autodiscover.xml") {
            return iis_error(404, "File or directory not found.");
        }
        let asks = |schema: &str| request.body.contains(&format!("/autodiscover/{schema}/requestschema/2006"));
        let body = match self.settings {
            // a browser's GET has no request in it: the healthy answer is 600
            _ if request.method != "POST" || !(asks("mobilesync") || asks("outlook")) => error(600, "Invalid Request"),
            // the provider that fails is ActiveSync's
            Settings::Error(600 | 601, _) if asks("outlook") => others::outlook_settings(self),
            Settings::Error(code, message) => error(code, message),
            Settings::Redirect(address) => others::redirect_address(address),
            _ if asks("outlook") => others::outlook_settings(self),
            Settings::ActiveSync | Settings::BySoapAlone(_) => mobilesync_settings(self.user, self.external_url),
        };
        iis(200).header("Cache-Control", "private").body("text/xml; charset=utf-8", body)
    }

    /// Anonymous; it tells the `ExternalUrl` of the protocol asked for.
    fn autodiscover_v2(&self, request: &Request) -> Answer {
        if self.edition == Edition::E2013 {
            return iis_error(404, "File or directory not found.");
        }
        let protocol = url::form_urlencoded::parse(request.query.as_bytes())
            .find(|(name, _)| name.eq_ignore_ascii_case("Protocol"))
            .map(|(_, value)| value.into_owned());
        let json = match protocol {
            Some(protocol) if protocol.eq_ignore_ascii_case("ActiveSync") => {
                serde_json::json!({"Protocol": protocol, "Url": self.external_url})
            }
            Some(protocol) if protocol.eq_ignore_ascii_case("EWS") => {
                serde_json::json!({"Protocol": protocol, "Url": self.external_ews})
            }
            Some(protocol) if protocol.eq_ignore_ascii_case("AutodiscoverV1") => {
                let url = format!("https://{}/autodiscover/autodiscover.xml", request.host);
                serde_json::json!({"Protocol": protocol, "Url": url})
            }
            other => {
                let message = format!("The given protocol value '{}' is invalid.", other.unwrap_or_default());
                let json = serde_json::json!({"ErrorCode": "InvalidProtocol", "ErrorMessage": message});
                return iis(400).body("application/json; charset=utf-8", json.to_string());
            }
        };
        iis(200).header("Cache-Control", "private").body("application/json; charset=utf-8", json.to_string())
    }

    /// Whether the request is signed in; else the answer that it gets.
    fn admitted(&self, request: &Request) -> Result<(), Box<Answer>> {
        if self.tokens == Tokens::TooLong && request.bearer().is_some() {
            return Err(Box::new(header_too_long()));
        }
        if self.offers == Offers::Modern && self.tokens == Tokens::Accepted && request.bearer().is_some() {
            return Ok(());
        }
        let offers_basic = matches!(self.offers, Offers::Default | Offers::Modern);
        let Some((user, password)) = request.basic().filter(|_| offers_basic) else {
            return Err(Box::new(self.challenge(request)));
        };
        if !user.eq_ignore_ascii_case(self.user) || password != self.password {
            return Err(Box::new(self.challenge(request)));
        }
        let at = "https://mail.corp.example/owa/auth/expiredpassword.aspx";
        match self.account {
            Account::Good | Account::Elsewhere(_) => Ok(()),
            Account::Blocked => Err(Box::new(iis(456).header("X-MS-Credential-Service-Url", at))),
            Account::PasswordExpired => Err(Box::new(iis(457).header("X-MS-Credential-Service-Url", at))),
        }
    }

    fn challenge(&self, request: &Request) -> Answer {
        let is_activesync = request.is_at(ACTIVESYNC);
        let bearer_asked = request.sign_in().is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"));
        let basic = format!("Basic realm=\"{}\"", request.host);
        let mut answer = iis(401);
        let mut offer = |value: String| answer.headers.push(("WWW-Authenticate", value));
        let invalid = if bearer_asked { ", error=\"invalid_token\"" } else { "" };
        match self.offers {
            Offers::Modern | Offers::Bearer => {
                offer(format!("{BEARER}, authorization_uri=\"{AUTHORIZATION_URI}\"{invalid}"));
            }
            Offers::IncompleteBearer => offer(format!("{BEARER}{invalid}")),
            // Exchange shows Bearer to whoever comes with a token, and says at once that it is not set up
            Offers::Default if bearer_asked && self.edition != Edition::E2013 => offer(format!("{BEARER}{invalid}")),
            Offers::Default | Offers::Windows | Offers::Nothing => {}
        }
        if self.offers == Offers::Windows || (self.offers != Offers::IncompleteBearer && !is_activesync) {
            offer("Negotiate".to_owned());
            offer(others::ntlm_challenge(request));
        }
        if matches!(self.offers, Offers::Default | Offers::Modern) {
            offer(basic);
        }
        if bearer_asked && self.edition != Edition::E2013 && self.offers != Offers::Modern {
            let domain = self.user.rsplit('@').next().unwrap_or_default();
            answer = answer.header(
                "x-ms-diagnostics",
                format!(
                    "4000000;reason=\"Flighting is not enabled for domain '{domain}'.\";error_category=\"oauth_not_available\""
                ),
            );
        }
        if let (Some(_), Tokens::Refused(why)) = (request.bearer(), self.tokens) {
            answer = answer.header("x-ms-diagnostics", why);
        }
        answer.page("401 - Unauthorized", "<h2>401 - Unauthorized: Access is denied due to invalid credentials.</h2>")
    }
}

fn health() -> Answer {
    iis(200).body("text/html", "200 OK<br/>EX01.corp.example")
}

fn logon_form(request: &Request) -> Answer {
    let back = format!("https%3a%2f%2f{}%2fowa%2f", request.host);
    iis(302).header("Location", format!("https://{}/owa/auth/logon.aspx?url={back}&reason=0", request.host))
}

/// MS-ASCMD, Autodiscover: the answer with the address of ActiveSync.
pub fn mobilesync_settings(email: &str, url: &str) -> String {
    let (email, url) = (quick_xml::escape::escape(email), quick_xml::escape::escape(url));
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <Autodiscover xmlns:autodiscover=\"http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006\">\
         <autodiscover:Response><autodiscover:Culture>en:us</autodiscover:Culture>\
         <autodiscover:User><autodiscover:DisplayName>Anna Muster</autodiscover:DisplayName>\
         <autodiscover:EMailAddress>{email}</autodiscover:EMailAddress></autodiscover:User>\
         <autodiscover:Action><autodiscover:Settings><autodiscover:Server>\
         <autodiscover:Type>MobileSync</autodiscover:Type><autodiscover:Url>{url}</autodiscover:Url>\
         <autodiscover:Name>{url}</autodiscover:Name>\
         </autodiscover:Server></autodiscover:Settings></autodiscover:Action></autodiscover:Response></Autodiscover>"
    )
}

/// MS-OXDSCLI: what Autodiscover says in place of settings.
pub fn error(code: u16, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\
         <Response><Error Time=\"08:14:03.5117361\" Id=\"2411703398\"><ErrorCode>{code}</ErrorCode>\
         <Message>{message}</Message><DebugData /></Error></Response></Autodiscover>"
    )
}

/// A different one for each answer.
fn request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("6f0d5b1e-93a4-4c1b-8a77-{number:012x}")
}
