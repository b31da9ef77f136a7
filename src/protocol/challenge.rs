//! Which ways to sign in does an answer offer?
//!
//! RFC 9110, 11.6.1: a header may hold several challenges separated by commas, and the
//! parameters of one are separated by commas too; the header itself may be repeated. Exchange
//! Online puts all its challenges in one line, Exchange on-premises sends a line for each.

use crate::evidence::{Credential, Response};

/// One way to sign in, as offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as it was written; compare with [`Challenge::is`].
    pub scheme: String,
    /// What stands behind the scheme where it is no list of parameters (NTLM's second message).
    pub token68: Option<String>,
    /// The parameters in order, names lower case, values unquoted.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Whether it is of this scheme; schemes are case-insensitive.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The first parameter of that name (lower case).
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is a Bearer challenge that says where to sign in: without that it is of no use.
    pub fn is_complete_bearer(&self) -> bool {
        self.is("Bearer") && self.parameter("authorization_uri").is_some_and(|uri| !uri.is_empty())
    }

    /// The scheme by its registered spelling.
    pub fn name(&self) -> String {
        ["Basic", "Bearer", "Digest", "Negotiate", "NTLM"]
            .into_iter()
            .find(|known| self.is(known))
            .map_or_else(|| self.scheme.clone(), str::to_owned)
    }
}

/// The challenges of a 401; of any other answer none, whatever its headers say.
pub fn offered(response: &Response) -> Vec<Challenge> {
    if response.status == 401 { parse(response.headers_named("www-authenticate")) } else { Vec::new() }
}

/// What Exchange says in `x-ms-diagnostics` of a token that it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    /// Such as 2000003.
    pub number: u32,
    /// In Exchange's own words; empty where there are none.
    pub reason: String,
    /// Such as `invalid_resource`; empty where there is none.
    pub category: String,
}

/// Reads `x-ms-diagnostics: <number>;reason="...";error_category="..."`.
pub fn diagnostics(response: &Response) -> Option<Diagnostics> {
    let line = response.header("x-ms-diagnostics")?;
    let (number, rest) = line.split_once(';').unwrap_or((line, ""));
    let field = |name: &str| {
        let (_, value) = rest.split_once(&format!("{name}=\""))?;
        value.split('"').next().map(str::to_owned)
    };
    Some(Diagnostics {
        number: number.trim().parse().ok()?,
        reason: field("reason").unwrap_or_default(),
        category: field("error_category").unwrap_or_default(),
    })
}

/// Whether one of the challenges can be answered with this kind of credential.
pub fn fits(challenges: &[Challenge], credential: Credential) -> bool {
    challenges.iter().any(|challenge| match credential {
        Credential::Password => challenge.is("Basic"),
        Credential::Token => challenge.is("Bearer"),
    })
}

/// Reads the values of all `WWW-Authenticate` lines. Never fails: what is malformed is passed over.
pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<Challenge> {
    let mut found = Vec::new();
    for line in lines {
        let mut rest = Cursor { text: line };
        while let Some(element) = rest.element() {
            match element {
                Element::Scheme(challenge) => found.push(challenge),
                Element::Parameter(name, value) => {
                    if let Some(challenge) = found.last_mut() {
                        challenge.parameters.push((name, value));
                    }
                }
            }
        }
    }
    found
}

/// What can stand between two commas.
enum Element {
    /// A new challenge; its first parameter, if any, is read along with it.
    Scheme(Challenge),
    /// A further parameter of the challenge before.
    Parameter(String, String),
}

/// What is still to be read.
struct Cursor<'a> {
    text: &'a str,
}

impl<'a> Cursor<'a> {
    fn element(&mut self) -> Option<Element> {
        loop {
            self.text = self.text.trim_start_matches([' ', '\t', ',']);
            if self.text.is_empty() {
                return None;
            }
            let token = self.take(is_tchar);
            if token.is_empty() {
                self.skip_to_comma();
                continue;
            }
            let blank = self.skip_blank();
            // "name = value" is allowed with blanks (RFC 9110, 5.6.3), so the sign decides
            if self.text.starts_with('=') {
                return Some(Element::Parameter(token.to_ascii_lowercase(), self.value()));
            }
            let mut challenge = Challenge { scheme: token.to_owned(), token68: None, parameters: Vec::new() };
            if blank {
                self.behind_scheme(&mut challenge);
            }
            return Some(Element::Scheme(challenge));
        }
    }

    /// A token68, or the first parameter, or nothing.
    fn behind_scheme(&mut self, challenge: &mut Challenge) {
        let whole = self.text;
        let run = self.take(is_token68);
        let run = run.len() + self.take(|c| c == '=').len();
        self.skip_blank();
        if run > 0 && (self.text.is_empty() || self.text.starts_with(',')) {
            challenge.token68 = whole.get(..run).map(str::to_owned);
            return;
        }
        self.text = whole;
        let name = self.take(is_tchar);
        self.skip_blank();
        if self.text.starts_with('=') && !name.is_empty() {
            let value = self.value();
            challenge.parameters.push((name.to_ascii_lowercase(), value));
        } else {
            self.text = whole;
            self.skip_to_comma();
        }
    }

    /// The value behind the `=` that comes next: a token or a quoted string.
    fn value(&mut self) -> String {
        self.text = self.text.strip_prefix('=').unwrap_or(self.text);
        self.skip_blank();
        let Some(quoted) = self.text.strip_prefix('"') else {
            // more generous than a token: some servers leave out the quotes around an address
            return self.take(|c| c != ',' && c != ' ' && c != '\t').to_owned();
        };
        let mut out = String::new();
        let mut chars = quoted.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => out.extend(chars.next()),
                other => out.push(other),
            }
        }
        self.text = chars.as_str();
        out
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.text.find(|c| !belongs(c)).unwrap_or(self.text.len());
        let (taken, rest) = self.text.split_at(end);
        self.text = rest;
        taken
    }

    fn skip_blank(&mut self) -> bool {
        !self.take(|c| c == ' ' || c == '\t').is_empty()
    }

    fn skip_to_comma(&mut self) {
        self.take(|c| c != ',');
    }
}

/// RFC 9110, 5.6.2
fn is_tchar(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// RFC 9110, 11.2, without the padding
fn is_token68(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~+/".contains(c)
}

/// What an answer says of the credentials that came with the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// They are right: only whoever is signed in is told this.
    Accepted,
    /// They are not.
    Refused,
    /// On to another address, and nothing of them.
    Redirected,
    /// Neither: a page, a 403 or a 5xx may come from somebody who has not looked at them, and some
    /// fronts say just that to a wrong password.
    Unclear,
}

/// Reads it from the status and the headers (by their names in lower case).
pub fn word<'a>(status: u16, header: impl Fn(&'static str) -> Option<&'a str>) -> Word {
    // RFC 9110, 8.3.1: its case says nothing
    let is_html = |kind: &str| kind.trim_start().get(..9).is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
    let is_page = header("content-type").is_some_and(is_html);
    match status {
        401 => Word::Refused,
        300..=399 => Word::Redirected,
        // 449 and 451 are ActiveSync's to a device and to a mailbox that it knows
        449 | 451 => Word::Accepted,
        200..=299 if !is_page => Word::Accepted,
        // MS-ASHTTP 2.2.1.1.2: a user or a device is throttled, not an address
        _ if header("x-ms-asthrottle").is_some() => Word::Accepted,
        // who has no mailbox is known only once the account is
        404 if header("x-caserrorcode") == Some("MailboxGuidWithDomainNotFound") => Word::Accepted,
        _ => Word::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(lines: &[&str]) -> Vec<String> {
        parse(lines.iter().copied()).iter().map(Challenge::name).collect()
    }

    #[test]
    fn rfc9110_11_6_1_several_challenges_in_one_line() {
        let line = r#"Newauth realm="apps", type=1, title="Login to \"apps\", please", Basic realm="simple""#;
        let all = parse([line]);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].parameter("title"), Some("Login to \"apps\", please"));
        assert_eq!(all[0].parameter("type"), Some("1"));
        assert_eq!((all[1].name().as_str(), all[1].parameter("realm")), ("Basic", Some("simple")));
    }

    #[test]
    fn exchange_online_joins_bearer_and_an_empty_basic() {
        let line = r#"Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="invalid_token",Basic Realm="""#;
        let all = parse([line]);
        assert_eq!(names(&[line]), ["Bearer", "Basic"]);
        assert!(all[0].is_complete_bearer());
        assert_eq!(all[0].parameters.len(), 5);
        assert_eq!(all[1].parameter("realm"), Some(""));
    }

    #[test]
    fn exchange_on_premises_repeats_the_header() {
        assert_eq!(
            names(&["Negotiate", "NTLM", "basic realm=\"mail.corp.example\"", "Bearer"]),
            ["Negotiate", "NTLM", "Basic", "Bearer"]
        );
        assert_eq!(names(&["Negotiate,NTLM"]), ["Negotiate", "NTLM"]);
        assert!(!parse(["Bearer client_id=\"x\""])[0].is_complete_bearer());
    }

    #[test]
    fn rfc9110_11_2_token68_with_padding_is_no_parameter() {
        let all = parse(["NTLM TlRMTVNTUAACAAAA==, Basic realm = \"x\" , charset=UTF-8"]);
        assert_eq!(all[0].token68.as_deref(), Some("TlRMTVNTUAACAAAA=="));
        assert_eq!(all[1].parameter("realm"), Some("x"));
        assert_eq!(all[1].parameter("charset"), Some("UTF-8"));
    }

    #[test]
    fn exchange_names_the_fault_of_a_token() {
        let of = |value: &str| {
            let headers = vec![("x-ms-diagnostics".to_owned(), value.to_owned())];
            let body = crate::evidence::Body { text: String::new(), length: 0, truncated: false };
            diagnostics(&Response { status: 401, headers, body })
        };
        let wrong =
            of("2000003;reason=\"The audience is wrong; see 'aud'.\";error_category=\"invalid_resource\"").unwrap();
        assert_eq!((wrong.number, wrong.category.as_str()), (2_000_003, "invalid_resource"));
        assert_eq!(wrong.reason, "The audience is wrong; see 'aud'.");
        assert_eq!(of("4000000").map(|d| d.reason), Some(String::new()));
        assert_eq!(of("no number"), None);
    }

    #[test]
    fn what_is_malformed_is_passed_over() {
        assert_eq!(names(&["", ",,", "\"quoted\", Basic realm=\"never closed, NTLM"]), ["Basic"]);
        assert_eq!(names(&["=x, Basic"]), ["Basic"]);
        assert_eq!(names(&["Basic realm"]), ["Basic"]);
        assert_eq!(names(&["Digest realm=ä, NTLM"]), ["Digest", "NTLM"]);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_fail(line in "[ -~äß]{0,80}") {
            let all = parse([line.as_str()]);
            prop_assert!(all.iter().all(|challenge| !challenge.scheme.is_empty()));
        }
    }

    #[test]
    fn only_what_a_signed_in_user_alone_is_told_says_that_the_credentials_are_right() {
        let of = |status, name: &str, value: &'static str| word(status, |asked| (asked == name).then_some(value));
        for status in [200, 207, 449, 451] {
            assert_eq!(of(status, "", ""), Word::Accepted, "{status}");
        }
        assert_eq!(of(200, "content-type", "text/xml"), Word::Accepted);
        for page in ["text/html; charset=utf-8", "Text/HTML"] {
            assert_eq!(of(200, "content-type", page), Word::Unclear, "a form to sign in");
        }
        for status in [400, 403, 404, 456, 457, 500, 502, 503] {
            assert_eq!(of(status, "x-feserver", "EX01"), Word::Unclear, "{status}");
        }
        assert_eq!(of(503, "x-ms-asthrottle", "OutOfBudgets"), Word::Accepted);
        assert_eq!(of(404, "x-caserrorcode", "MailboxGuidWithDomainNotFound"), Word::Accepted);
        assert_eq!((of(401, "", ""), of(302, "", "")), (Word::Refused, Word::Redirected));
    }
}
