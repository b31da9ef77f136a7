//! How does a program without a browser let its user sign in (RFC 8628), and what does the server answer?
//!
//! Pure: the answers of the device authorization endpoint and of the token endpoint, and the pace at which
//! the second is asked.

use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// RFC 8628, 3.4
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628, 3.2: where the server names none.
const INTERVAL: u64 = 5;
/// RFC 8628, 3.5
const SLOWER_BY: Duration = Duration::from_secs(5);
/// Microsoft's own, where the server names none.
const LIFETIME: u64 = 900;

/// A sign-in that waits for the user. Its device code prints as nothing: who has it gets the token.
#[derive(Clone, PartialEq, Eq)]
pub struct Started {
    /// What the token endpoint is asked with.
    pub device_code: String,
    /// What the user enters.
    pub user_code: String,
    /// Where.
    pub address: String,
    /// How long the code is good.
    pub lifetime: Duration,
    /// How long to wait between two questions.
    pub interval: Duration,
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started")
            .field("user_code", &self.user_code)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What a server says that does not do what it is asked (RFC 6749, 5.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Such as `invalid_grant`; empty where it said nothing of the kind.
    pub error: String,
    /// In its own words.
    pub description: String,
}

/// What the token endpoint answers. A token prints as nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum Polled {
    /// The user has signed in: the access token.
    Token(String),
    /// Not yet.
    Pending,
    /// Not yet, and it was asked too often.
    SlowDown,
    /// The code's time is over.
    Expired,
    /// The user said no.
    Declined(Refusal),
    /// Anything else.
    Refused(Refusal),
}

impl fmt::Debug for Polled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token"),
            Self::Pending => f.write_str("Pending"),
            Self::SlowDown => f.write_str("SlowDown"),
            Self::Expired => f.write_str("Expired"),
            Self::Declined(refusal) => f.debug_tuple("Declined").field(refusal).finish(),
            Self::Refused(refusal) => f.debug_tuple("Refused").field(refusal).finish(),
        }
    }
}

/// RFC 8628, 3.2; the address is one of the web, https unless it is this machine's own.
pub fn started(body: &[u8]) -> Result<Started, Refusal> {
    let Some(answer) = object(body) else { return Err(Refusal::default()) };
    let text = |name: &str| text(&answer, name);
    let seconds = |name: &str| {
        let value = answer.get(name)?;
        // some servers write numbers as texts
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let address = text("verification_uri").or_else(|| text("verification_url")).filter(|address| is_web(address));
    match (text("device_code"), text("user_code"), address) {
        (Some(device_code), Some(user_code), Some(address)) => Ok(Started {
            device_code,
            user_code,
            address,
            lifetime: Duration::from_secs(seconds("expires_in").unwrap_or(LIFETIME)),
            interval: Duration::from_secs(seconds("interval").unwrap_or(INTERVAL)),
        }),
        _ => Err(refusal(&answer)),
    }
}

/// RFC 8628, 3.5, and the names that Entra ID has for the same.
pub fn polled(body: &[u8]) -> Polled {
    let Some(answer) = object(body) else { return Polled::Refused(Refusal::default()) };
    // what no header could carry is none
    let token = text(&answer, "access_token").filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()));
    if let Some(token) = token {
        return Polled::Token(token);
    }
    let refusal = refusal(&answer);
    match refusal.error.as_str() {
        "authorization_pending" => Polled::Pending,
        "slow_down" => Polled::SlowDown,
        "expired_token" | "code_expired" => Polled::Expired,
        "access_denied" | "authorization_declined" => Polled::Declined(refusal),
        _ => Polled::Refused(refusal),
    }
}

fn object(body: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(answer)) => Some(answer),
        _ => None,
    }
}

fn text(answer: &Map<String, Value>, name: &str) -> Option<String> {
    answer.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn refusal(answer: &Map<String, Value>) -> Refusal {
    let of = |name: &str| text(answer, name).unwrap_or_default();
    Refusal { error: of("error"), description: of("error_description") }
}

fn is_web(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| url.scheme() == "https" || (url.scheme() == "http" && is_here(&url)))
}

/// Whether an address is one of this machine.
pub fn is_here(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

/// When the token endpoint is asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    interval: Duration,
    left: Duration,
}

impl Pace {
    /// The pace that the server asks for, at least this long between two questions.
    pub fn new(started: &Started, least: Duration) -> Self {
        Self { interval: started.interval.max(least), left: started.lifetime }
    }

    /// How long to wait now; `None` once the code's time is over. An interval of nothing counts as a second
    /// of the code's time, so that there is an end.
    pub fn wait(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(self.interval.max(Duration::from_secs(1)))?;
        Some(self.interval)
    }

    /// It was asked too often (RFC 8628, 3.5).
    pub fn slow_down(&mut self) {
        self.interval += SLOWER_BY;
    }

    /// Nobody answered: the next question waits twice as long (RFC 8628, 3.5).
    pub fn back_off(&mut self) {
        self.interval *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn begun(more: &str) -> Result<Started, Refusal> {
        let text = format!(
            r#"{{"device_code":"dev-c","user_code":"A1B2","verification_uri":"https://login.example/dev"{more}}}"#
        );
        started(text.as_bytes())
    }

    #[test]
    fn rfc8628_3_2_interval_and_lifetime_have_their_defaults() {
        let bare = begun("").unwrap();
        assert_eq!((bare.interval.as_secs(), bare.lifetime.as_secs()), (5, 900));
        let named = begun(r#","interval":"7","expires_in":60"#).unwrap();
        assert_eq!((named.interval.as_secs(), named.lifetime.as_secs()), (7, 60));
        assert!(!format!("{named:?}").contains("dev-c"));
        let refused = started(br#"{"error":"invalid_client","error_description":"AADSTS700016: no app"}"#).unwrap_err();
        assert_eq!((refused.error.as_str(), refused.description.as_str()), ("invalid_client", "AADSTS700016: no app"));
        for broken in [
            &b"<html>"[..],
            b"[]",
            br#"{"device_code":"x","user_code":"y","verification_uri":"http://login.example/"}"#,
        ] {
            assert!(started(broken).is_err(), "{}", String::from_utf8_lossy(broken));
        }
    }

    #[test]
    fn rfc8628_3_5_every_answer_has_its_meaning() {
        let of = |error: &str| polled(format!(r#"{{"error":"{error}"}}"#).as_bytes());
        assert_eq!((of("authorization_pending"), of("slow_down")), (Polled::Pending, Polled::SlowDown));
        assert_eq!((of("expired_token"), of("code_expired")), (Polled::Expired, Polled::Expired));
        assert!(
            matches!(of("authorization_declined"), Polled::Declined(_))
                && matches!(of("access_denied"), Polled::Declined(_))
        );
        assert!(matches!(of("bad_verification_code"), Polled::Refused(_)) && matches!(polled(b""), Polled::Refused(_)));
        let token = polled(br#"{"token_type":"Bearer","access_token":"ey.J","error":"slow_down"}"#);
        assert_eq!((&token, format!("{token:?}").as_str()), (&Polled::Token("ey.J".to_owned()), "Token"));
        assert!(matches!(polled(br#"{"access_token":"ey.J\r\nHost: x"}"#), Polled::Refused(_)));
    }

    #[test]
    fn rfc8628_3_5_the_pace_slows_down_and_ends_with_the_code() {
        let waits = |pace: &mut Pace| pace.wait().map(|wait| wait.as_secs());
        let mut pace = Pace::new(&begun(r#","interval":5,"expires_in":40"#).unwrap(), Duration::from_secs(1));
        assert_eq!(waits(&mut pace), Some(5));
        pace.slow_down();
        assert_eq!(waits(&mut pace), Some(10));
        pace.back_off();
        assert_eq!((waits(&mut pace), waits(&mut pace)), (Some(20), None), "35 of 40 seconds are over");
        let mut hasty = Pace::new(&begun(r#","interval":0,"expires_in":2"#).unwrap(), Duration::ZERO);
        assert_eq!((waits(&mut hasty), waits(&mut hasty), waits(&mut hasty)), (Some(0), Some(0), None));
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_fail(body in "\\PC{0,60}") {
            let _ = started(body.as_bytes());
            polled(body.as_bytes());
        }
    }
}
