//! What does ActiveSync say of itself, and how is it asked without a session?
//!
//! MS-ASHTTP: OPTIONS without credentials is answered with 401 and the ways to sign in, with
//! credentials by 200 and the lists of versions and commands. GET is no method of the protocol
//! and misleads (403, 500 or a web page from healthy servers), so only its challenges count.

pub mod packed;

use super::challenge::{self, Challenge};
use super::endpoint::Endpoint;
use super::{token, trusted};
use crate::evidence::{Credential, HttpProbe, HttpSeen, Look, Method, Response, SignIn, Stop, View};
use crate::order;

/// Commands without which no client can sync mail. Provision is not among them: SOGo answers it
/// without listing it.
const NEEDED: &[&str] = &["Sync", "FolderSync", "Ping", "SendMail"];

/// Further commands that a mail client uses.
const USED: &[&str] = &[
    "SmartForward",
    "SmartReply",
    "MoveItems",
    "GetItemEstimate",
    "MeetingResponse",
    "Search",
    "Settings",
    "ItemOperations",
];

/// Every command of the protocol, in all its versions (MS-ASCMD 2.2.1; the older ones of MS-ASHTTP 2.2.1.1.1.1.2).
pub const COMMANDS: &[&str] = &[
    "Sync",
    "SendMail",
    "SmartForward",
    "SmartReply",
    "GetAttachment",
    "GetHierarchy",
    "CreateCollection",
    "DeleteCollection",
    "MoveCollection",
    "FolderSync",
    "FolderCreate",
    "FolderDelete",
    "FolderUpdate",
    "MoveItems",
    "GetItemEstimate",
    "MeetingResponse",
    "Search",
    "Settings",
    "Ping",
    "ItemOperations",
    "Provision",
    "ResolveRecipients",
    "ValidateCert",
    "Find",
    "Notify",
    "Autodiscover",
];

/// What an answer to OPTIONS says of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// `MS-Server-ActiveSync`
    pub server: Option<String>,
    /// `MS-ASProtocolVersions`, lowest first; empty where the header is missing.
    pub versions: Vec<Version>,
    /// `MS-ASProtocolCommands`; empty where the header is missing.
    pub commands: Vec<String>,
}

/// A protocol version, such as 14.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16, pub u16);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Reads the headers of MS-ASHTTP 2.2.1.1.2 from an answer, whatever its status.
pub fn offer(response: &Response) -> Offer {
    let list = |name: &str| -> Vec<String> {
        response
            .headers_named(name)
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let mut versions: Vec<Version> = list("ms-asprotocolversions").iter().filter_map(|v| version(v)).collect();
    order::rising(&mut versions);
    versions.dedup();
    Offer {
        server: response.header("ms-server-activesync").map(str::to_owned),
        versions,
        commands: list("ms-asprotocolcommands"),
    }
}

fn version(text: &str) -> Option<Version> {
    let (major, minor) = text.split_once('.')?;
    Some(Version(major.parse().ok()?, minor.parse().ok()?))
}

impl Offer {
    /// Whether it holds anything that only ActiveSync says.
    pub fn is_activesync(&self) -> bool {
        self.server.is_some() || !self.versions.is_empty() || !self.commands.is_empty()
    }

    /// The versions worth telling: those that clients of today speak, else the highest.
    pub fn notable(&self) -> Vec<String> {
        let of_today: Vec<String> =
            self.versions.iter().filter(|v| **v >= Version(14, 1)).map(ToString::to_string).collect();
        if of_today.is_empty() { self.versions.last().map(ToString::to_string).into_iter().collect() } else { of_today }
    }

    /// Commands not listed, and whether one is among them without which nothing syncs.
    pub fn missing(&self) -> (Vec<&'static str>, bool) {
        let lacks = |name: &&&str| !self.commands.iter().any(|c| c.eq_ignore_ascii_case(name));
        let needed: Vec<&str> = NEEDED.iter().filter(lacks).copied().collect();
        let used = USED.iter().filter(lacks).copied();
        let is_fatal = !needed.is_empty();
        (needed.into_iter().chain(used).collect(), is_fatal)
    }
}

/// OPTIONS without credentials.
pub fn options(endpoint: &Endpoint) -> HttpProbe {
    HttpProbe::new(Method::Options, &endpoint.url)
}

/// POST without credentials and without a command: what a client's requests meet, where OPTIONS
/// alone is answered by something in front.
pub fn post(endpoint: &Endpoint) -> HttpProbe {
    HttpProbe::new(Method::Post, &endpoint.url)
}

/// GET with an empty token: makes Exchange show its OAuth settings.
pub fn empty_bearer(endpoint: &Endpoint) -> HttpProbe {
    HttpProbe::new(Method::Get, &endpoint.url).sign_in(SignIn::EmptyBearer)
}

/// Whether an answer to OPTIONS is neither a 401 with challenges nor an ActiveSync 200, so that a
/// POST has to tell whether only OPTIONS is treated so.
pub fn is_odd(response: &Response) -> bool {
    match response.status {
        401 => response.header("www-authenticate").is_none(),
        200 => !offer(response).is_activesync(),
        403 | 405 | 501 => true,
        _ => false,
    }
}

/// The ways to sign in that the endpoint offers, each scheme once, the more telling challenge
/// where two answers hold one. `None` where no answer was a 401.
pub fn challenges(view: &View<'_>, endpoint: &Endpoint) -> Result<Option<Vec<Challenge>>, Stop> {
    let (options, bearer) = (view.http(&options(endpoint)), view.http(&empty_bearer(endpoint)));
    let (options, bearer) = (answered(options)?, answered(bearer)?);
    let post = match options {
        Some(response) if is_odd(response) => answered(view.http(&post(endpoint)))?,
        _ => None,
    };
    let answers: Vec<&Response> = [options, post, bearer].into_iter().flatten().filter(|r| r.status == 401).collect();
    if answers.is_empty() {
        return Ok(None);
    }
    let is_offer = |answer: &Response, challenge: &Challenge| {
        !challenge.is("Bearer") || challenge.is_complete_bearer() || !is_without_oauth(answer)
    };
    let mut all: Vec<Challenge> = Vec::new();
    for challenge in answers.iter().flat_map(|r| challenge::offered(r).into_iter().filter(|c| is_offer(r, c))) {
        match all.iter_mut().find(|known| known.is(&challenge.scheme)) {
            Some(known) if challenge.is_complete_bearer() && !known.is_complete_bearer() => *known = challenge,
            Some(_) => {}
            None => all.push(challenge),
        }
    }
    Ok(Some(all))
}

/// Whether Exchange says "Flighting is not enabled": it then names Bearer only because it was asked
/// with an empty token, and OAuth is not set up for the domain. Alone that is no fault.
fn is_without_oauth(response: &Response) -> bool {
    challenge::diagnostics(response).is_some_and(|said| said.number == 4_000_000)
}

/// OPTIONS with the user's credentials; `None` where there are none or where sending them could
/// prove nothing: the server offers no way that fits them, it is Exchange Online, which refuses
/// every password, or the token itself says that it cannot work there.
pub fn signed_in(view: &View<'_>, endpoint: &Endpoint) -> Result<Option<HttpProbe>, Stop> {
    let Some(credential) = view.subject().credential else { return Ok(None) };
    if credential == Credential::Password && trusted::is_microsoft(&endpoint.host) {
        return Ok(None);
    }
    if token_unfit(view, endpoint).is_some() {
        return Ok(None);
    }
    let offered = challenges(view, endpoint)?;
    let fits = offered.is_some_and(|all| challenge::fits(&all, credential));
    Ok(fits.then(|| options(endpoint).sign_in(SignIn::Given)))
}

/// Why the token that the user gave cannot work at this endpoint, as far as it says so itself.
pub fn token_unfit(view: &View<'_>, endpoint: &Endpoint) -> Option<token::Unfit> {
    let token = view.subject().token.as_ref()?;
    token::unfit(token, view.subject(), &endpoint.host, view.asked_at())
}

/// The answer of a look, where there is one.
fn answered(look: Look<'_, HttpSeen>) -> Result<Option<&Response>, Stop> {
    Ok(look?.ok().and_then(HttpSeen::response))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Body;

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        Response {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Body { text: String::new(), length: 0, truncated: false },
        }
    }

    #[test]
    fn ms_ashttp_options_lists_are_read_as_numbers_not_as_text() {
        let offer = offer(&response(
            200,
            &[
                ("ms-server-activesync", "15.2"),
                ("ms-asprotocolversions", "2.0,2.5, 12.1,16.1,16.0,14.1,14.0"),
                ("ms-asprotocolcommands", "Sync,FolderSync,Ping,SendMail"),
            ],
        ));
        assert_eq!(offer.versions.last(), Some(&Version(16, 1)));
        assert_eq!(offer.notable(), ["14.1", "16.0", "16.1"]);
        let (missing, fatal) = offer.missing();
        assert!(!fatal && missing.contains(&"Settings") && !missing.contains(&"Provision"));
    }

    #[test]
    fn an_old_server_is_told_by_its_highest_version() {
        let offer = offer(&response(200, &[("ms-asprotocolversions", "2.5,12.0")]));
        assert_eq!(offer.notable(), ["12.0"]);
        assert!(offer.missing().1);
    }

    #[test]
    fn options_answered_by_a_web_server_is_odd_a_plain_401_is_not() {
        assert!(!is_odd(&response(401, &[("www-authenticate", "Basic")])));
        assert!(!is_odd(&response(200, &[("ms-server-activesync", "14.1")])));
        assert!(is_odd(&response(200, &[("allow", "GET, HEAD, OPTIONS")])));
        assert!(is_odd(&response(401, &[])));
        assert!(is_odd(&response(405, &[])));
        assert!(!is_odd(&response(302, &[("location", "/owa")])));
    }
}
