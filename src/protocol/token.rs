//! What does an access token claim, and can it work where it would be sent?
//!
//! RFC 7519 and 7515: three parts of base64url between dots, the second the claims as JSON. Nothing is
//! verified: that is the server's task. What is read only keeps a token from being sent in vain.

use super::{cloud, trusted};
use crate::evidence::token::{Token, TokenForm};
use crate::evidence::{Mailbox, Subject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The application id of Exchange, which stands in tokens of version 1.0 and 2.0 alike.
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
/// The name of Exchange Online that belongs to no host of mail.
const OFFICE: &str = "outlook.office.com";
/// So far clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_mins(5);
/// No claim that matters is longer.
const LONGEST: usize = 256;

/// What a token gives a right to.
const ACTIVESYNC: &str = "EAS.AccessAsUser.All";
const EWS: &[&str] = &["EWS.AccessAsUser.All", "full_access_as_app"];
/// Whatever the user may do, which tokens for an own server hold.
const ANYTHING: &str = "user_impersonation";

/// Reads the claims; never fails.
pub fn read(token: &str) -> Token {
    Token { length: u32::try_from(token.len()).ok(), ..claims(token).unwrap_or_default() }
}

fn claims(token: &str) -> Option<Token> {
    let parts: Vec<&str> = token.split('.').collect();
    // five parts are encrypted (RFC 7516)
    let [_, payload, _] = parts.as_slice() else { return None };
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let Ok(Value::Object(claims)) = serde_json::from_slice(&bytes) else { return None };
    let text = |name: &str| {
        let text = claims.get(name)?.as_str()?.trim();
        (!text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)).then(|| text.to_owned())
    };
    let list = |name: &str| -> Vec<String> {
        let items: Vec<&str> = match claims.get(name) {
            Some(Value::String(text)) => text.split_ascii_whitespace().collect(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        items.into_iter().filter(|item| item.len() <= LONGEST).take(64).map(str::to_owned).collect()
    };
    let time = |name: &str| {
        let seconds = claims.get(name)?;
        // RFC 7519, 2: a NumericDate may have a fraction
        let seconds = seconds.as_i64().or_else(|| seconds.to_string().split('.').next()?.parse().ok())?;
        Timestamp::from_second(seconds).ok()
    };
    Some(Token {
        form: TokenForm::Jwt,
        audience: text("aud").or_else(|| list("aud").into_iter().next()),
        scopes: list("scp"),
        roles: list("roles"),
        tenant: text("tid"),
        user: text("upn").or_else(|| text("preferred_username")).or_else(|| text("unique_name")),
        app: text("appid").or_else(|| text("azp")),
        kind: text("idtyp"),
        issuer: text("iss"),
        version: text("ver"),
        length: None,
        not_before: time("nbf"),
        expires: time("exp"),
    })
}

/// The longest token that fits into a header of the length that Windows takes unless it is told otherwise
/// (HTTP.sys, `MaxFieldLength`: 16384, with the name and `Bearer`).
pub const FITS_WINDOWS: u32 = 16_362;

/// Whether a token does not hold yet, by a clock that may differ a little.
pub fn is_early(token: &Token, now: Timestamp) -> bool {
    token.not_before.is_some_and(|start| start.duration_since(now) > LEEWAY)
}

/// Why a token cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Its time is over.
    Expired,
    /// It is meant for somebody else.
    Audience,
}

/// Why this token cannot work at this host, as far as its claims say; of one that cannot be read nobody
/// knows.
pub fn unfit(token: &Token, subject: &Subject, host: &str, now: Timestamp) -> Option<Unfit> {
    if token.expires.is_some_and(|end| now.duration_since(end) > LEEWAY) {
        return Some(Unfit::Expired);
    }
    let audience = token.audience.as_deref()?;
    (!is_for(audience, subject, host)).then_some(Unfit::Audience)
}

/// Whether a server at this host may take a token with this audience. Exchange compares the host; what is
/// meant for Exchange as such, the server has to judge.
fn is_for(audience: &str, subject: &Subject, host: &str) -> bool {
    let id = audience.split(['/', '@']).next().unwrap_or_default();
    if id.eq_ignore_ascii_case(EXCHANGE) {
        return true;
    }
    let named = url::Url::parse(audience).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let named = named.and_then(|url| url.host_str().map(str::to_owned));
    let Some(named) = named else { return false };
    if named == OFFICE || cloud::of_host(&named).is_some() {
        return true;
    }
    let domain = subject.mailbox.as_ref().map(|mailbox: &Mailbox| mailbox.domain.as_str());
    !trusted::is_microsoft(host)
        && (named == host
            || domain.is_some_and(|domain| trusted::is_under(&named, domain))
            || trusted::registered_domain(&named).is_some_and(|own| trusted::registered_domain(host) == Some(own)))
}

/// What a token's rights reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// ActiveSync, perhaps EWS too; or nobody knows.
    ActiveSync,
    /// EWS alone.
    EwsAlone,
    /// Neither.
    Nothing,
}

/// What the token gives a right to; one that names no right at all says nothing.
pub fn reach(token: &Token) -> Reach {
    let rights: Vec<&str> = token.scopes.iter().chain(&token.roles).map(String::as_str).collect();
    let has = |known: &str| rights.iter().any(|right| right.eq_ignore_ascii_case(known));
    if rights.is_empty() || has(ACTIVESYNC) || has(ANYTHING) {
        Reach::ActiveSync
    } else if EWS.iter().any(|right| has(right)) {
        Reach::EwsAlone
    } else {
        Reach::Nothing
    }
}

/// To whom a token was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A person, who has delegated rights.
    Person,
    /// An application by itself (RFC 6749, 4.4: client credentials).
    App,
}

/// To whom a token was given, as far as it says so: in `idtyp`, else by the kind of its rights. Delegated ones are never
/// an application's own, roles may be a person's too.
pub fn holder(token: &Token) -> Option<Holder> {
    match token.kind.as_deref() {
        Some("app") => Some(Holder::App),
        Some("user") => Some(Holder::Person),
        _ if !token.scopes.is_empty() || token.user.is_some() => Some(Holder::Person),
        _ if !token.roles.is_empty() => Some(Holder::App),
        _ => None,
    }
}

/// What a file, a variable or a pasted text holds where a token should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A token.
    Token(String),
    /// The answer of a token endpoint that holds no token but an error, in its own words.
    Error(String),
    /// An answer or a token of another kind than an access token.
    Other,
    /// Nothing that could be one.
    Nothing,
}

/// Finds the access token in what the user gave: alone, behind `Bearer`, in quotes, or in the whole JSON
/// answer of the token endpoint (RFC 6749, 5.1).
pub fn find(text: &str) -> Given {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') {
        let Ok(Value::Object(answer)) = serde_json::from_str(text) else { return Given::Nothing };
        let member = |name: &str| answer.get(name).and_then(Value::as_str).map(str::trim);
        let token = member("access_token").or_else(|| member("accessToken")).or_else(|| member("AccessToken"));
        return match (token, member("error_description").or_else(|| member("error"))) {
            (Some(token), _) => is_token(token).map_or(Given::Nothing, Given::Token),
            (None, Some(error)) => Given::Error(error.to_owned()),
            (None, None) => Given::Other,
        };
    }
    let whole = unwrapped(text);
    let mut line = whole.as_deref().unwrap_or_else(|| text.lines().next().unwrap_or_default()).trim();
    for word in ["authorization:", "bearer"] {
        if line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)) {
            line = line.get(word.len()..).unwrap_or_default().trim_start();
        }
    }
    is_token(line.trim_matches(['"', '\''])).map_or(Given::Nothing, Given::Token)
}

/// A token that a window or a mail has broken into several lines, as one; `None` where it was not.
fn unwrapped(text: &str) -> Option<String> {
    let joined: String = text.lines().map(str::trim).collect();
    claims(joined.rsplit(' ').next().unwrap_or_default()).map(|_| joined)
}

/// A token as a header can carry it (RFC 6750, 2.1, and what servers send beyond it).
fn is_token(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn jwt(claims: &Value) -> String {
        let part = |text: String| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2lnbmF0dXJl", part(r#"{"alg":"RS256"}"#.to_owned()), part(claims.to_string()))
    }

    fn subject() -> Subject {
        Subject::mailbox("anna@corp.example".parse().unwrap())
    }

    #[test]
    fn rfc7519_the_claims_of_both_versions_are_read() {
        let one = read(&jwt(&json!({
            "aud": "https://outlook.office365.com", "iss": "https://sts.windows.net/t/", "tid": "t", "ver": "1.0",
            "scp": "EAS.AccessAsUser.All EWS.AccessAsUser.All", "upn": "anna@corp.example", "appid": "a",
            "nbf": 1_700_000_000, "exp": 1_700_003_600.5, "secret": "x"
        })));
        assert_eq!(one.form, TokenForm::Jwt);
        assert_eq!(
            (one.scopes.len(), one.user.as_deref(), one.app.as_deref()),
            (2, Some("anna@corp.example"), Some("a"))
        );
        assert_eq!(one.expires.unwrap().as_second(), 1_700_003_600);
        let two =
            read(&jwt(&json!({"aud": ["x"], "azp": "b", "roles": ["full_access_as_app"], "preferred_username": "p"})));
        assert_eq!(
            (two.audience.as_deref(), two.app.as_deref(), two.user.as_deref()),
            (Some("x"), Some("b"), Some("p"))
        );
        assert_eq!(reach(&two), Reach::EwsAlone);
    }

    #[test]
    fn a_token_is_an_applications_by_idtyp_or_by_roles_without_a_person() {
        let of = |claims: Value| holder(&read(&jwt(&claims)));
        let (person, app) = (Some(Holder::Person), Some(Holder::App));
        assert_eq!(of(json!({"idtyp": "app"})), app);
        assert_eq!(of(json!({"idtyp": "user", "roles": ["x"]})), person);
        assert_eq!(of(json!({"roles": ["full_access_as_app"]})), app);
        assert_eq!(of(json!({"idtyp": "device", "roles": ["x"]})), app);
        assert_eq!(of(json!({"roles": ["x"], "scp": "EAS.AccessAsUser.All"})), person);
        assert_eq!(of(json!({"roles": ["x"], "upn": "anna@corp.example"})), person);
        assert_eq!(of(json!({"aud": "x"})), None, "it does not say");
        assert_eq!(holder(&read("EwBwA8l6BAAU")), None, "nobody can read it");
    }

    #[test]
    fn what_is_no_jwt_is_opaque() {
        for token in ["EwBwA8l6BAAU", "a.b.c.d.e", "a.b.c", "", "..", &jwt(&json!([1]))] {
            let length = u32::try_from(token.len()).ok();
            assert_eq!(read(token), Token { length, ..Token::default() }, "{token}");
        }
    }

    #[test]
    fn a_token_that_is_over_or_for_others_cannot_work() {
        let now: Timestamp = "2026-11-22T20:00:00Z".parse().unwrap();
        let of = |audience: &str, host: &str| {
            let token = Token { audience: Some(audience.to_owned()), form: TokenForm::Jwt, ..Token::default() };
            unfit(&token, &subject(), host, now)
        };
        let (online, own) = ("outlook.office365.com", "mail.corp.example");
        for (audience, host) in [
            ("https://outlook.office365.com", online),
            ("https://outlook.office.com/", online),
            ("00000002-0000-0ff1-ce00-000000000000", online),
            ("00000002-0000-0ff1-ce00-000000000000/outlook.office365.com@tenant", online),
            ("https://outlook.office365.us", "outlook.office365.us"),
            ("https://mail.corp.example/", own),
            ("https://autodiscover.corp.example/", own),
            ("https://mail.hoster.example", "webmail.hoster.example"),
        ] {
            assert_eq!(of(audience, host), None, "{audience} at {host}");
        }
        for (audience, host) in [
            ("https://graph.microsoft.com", online),
            ("00000003-0000-0000-c000-000000000000", online),
            ("https://mail.corp.example/", online),
            ("https://mail.other.example", own),
            ("api://corp.example/app", own),
            ("7c1f0d2e-5b0a-4a53-9f5e-2d6a1c3b4e5f", own),
        ] {
            assert_eq!(of(audience, host), Some(Unfit::Audience), "{audience} at {host}");
        }
        let until = |end: &str| Token { expires: Some(end.parse().unwrap()), ..Token::default() };
        assert_eq!(unfit(&until("2026-11-22T19:54:00Z"), &subject(), own, now), Some(Unfit::Expired));
        assert_eq!(unfit(&until("2026-11-22T19:58:00Z"), &subject(), own, now), None, "clocks differ");
    }

    #[test]
    fn a_token_is_found_in_whatever_form_it_was_saved() {
        let given = |text: &str| find(text);
        let token = Given::Token("ey.J.x".to_owned());
        for text in [
            "ey.J.x",
            "\u{feff}ey.J.x\r\n",
            "Bearer ey.J.x",
            "Authorization: bearer ey.J.x\nHost: x",
            "\"ey.J.x\"",
            r#"{"token_type":"Bearer","access_token":"ey.J.x","refresh_token":"r"}"#,
            "{\n  \"accessToken\": \"ey.J.x\"\n}",
        ] {
            assert_eq!(given(text), token, "{text}");
        }
        assert_eq!(
            given(r#"{"error":"invalid_grant","error_description":"AADSTS50076: no"}"#),
            Given::Error("AADSTS50076: no".to_owned())
        );
        assert_eq!(given(r#"{"id_token":"x"}"#), Given::Other);
        let long = jwt(&json!({"aud": "https://outlook.office.com", "upn": "anna@corp.example"}));
        let (first, rest) = long.split_at(40);
        let (second, third) = rest.split_at(40);
        for wrapped in [format!("{first}\r\n{second}\r\n{third}\r\n"), format!("Bearer {first}\n  {second}\n{third}")] {
            assert_eq!(given(&wrapped), Given::Token(long.clone()), "{wrapped}");
        }
        let signature = long.len() - 4;
        let in_the_signature = format!("{}\n{}", &long[..signature], &long[signature..]);
        assert_eq!(given(&in_the_signature), Given::Token(long.clone()));
        // two tokens are not one
        assert_eq!(given(&format!("{long}\n{long}")), Given::Token(long.clone()));
        assert_eq!(given("EwBwA8l6\nEwBwA8l7"), Given::Token("EwBwA8l6".to_owned()));
        for nothing in ["", "two words", "{broken", "Bearer", "ä", r#"{"access_token":"a b"}"#] {
            assert!(matches!(given(nothing), Given::Nothing) || nothing == "Bearer", "{nothing}");
        }
        assert_eq!(given("Bearer"), Given::Nothing);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(text in "\\PC{0,80}") {
            read(&text);
            find(&text);
        }
    }
}
