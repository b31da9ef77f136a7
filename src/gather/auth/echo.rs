//! Does a text hold a secret, in whatever form a server may have sent it back?
//!
//! Two promises meet here. No secret stands in a report (contract, section 4), so a text in which one
//! is recognised is dropped whole: what is cut out of the middle changes the meaning of the rest. And
//! no password makes a healthy server look broken, so what cannot be recognised is not looked for:
//! a short password counts only where it is all of the text, and one that is a public word anyway (a
//! word of the protocol, the domain, the address) only in its encoded forms, for that it stands there
//! tells nobody anything.

use crate::protocol::der::hex;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

/// From so many characters on a secret is recognised inside other text.
const RECOGNISABLE: usize = 6;

/// Words that servers send whatever the password is.
const PUBLIC: &[&str] = &[
    "mobilesync autodiscover activesync microsoft-server-activesync autodiscover.xml autodiscover.json exchange",
    "outlook webmail remote mobile server settings action response mobilesync account protocol message",
    "mailboxguidwithdomainnotfound useraccountdisabled wwwauthenticate www-authenticate authorization",
    "basic realm bearer negotiate kerberos microsoft-iis/10.0 microsoft-httpapi/2.0 microsoft apache nginx",
    "smtp imap pop3 https://autodiscover invalid request unauthorized forbidden service unavailable",
];

/// Whether the text holds the secret: plain, trimmed, percent-encoded (RFC 3986, 2.1), escaped as in
/// HTML or with backslashes, in base64 (RFC 4648, 4 and 5; alone or behind the user's name as Basic has
/// it, at any alignment) or in hex. Upper and lower case count as the same. `public` are further words
/// that stand in answers anyway.
pub fn holds(text: &str, secret: &str, user: Option<&str>, public: &[String]) -> bool {
    let texts = readings(text);
    let is_public = |form: &str| {
        PUBLIC.iter().any(|words| words.contains(form)) || public.iter().any(|word| word.to_lowercase().contains(form))
    };
    let found = |form: &str, from: usize| {
        !form.is_empty()
            && texts
                .iter()
                .any(|text| if form.chars().count() >= from { text.contains(form) } else { text.trim() == form })
    };
    let plain = [secret.to_lowercase(), secret.trim().to_lowercase(), secret.replace('\\', "").to_lowercase()];
    let is_short = |form: &str| form.chars().count() < RECOGNISABLE;
    if plain.iter().any(|form| (is_short(form) || !is_public(form)) && found(form, RECOGNISABLE)) {
        return true;
    }
    let mut encoded: Vec<String> = Vec::new();
    for form in [secret, secret.trim()] {
        encoded.extend(base64_forms(form));
        encoded.push(hex(form.as_bytes()));
        if let Some(user) = user {
            encoded.extend(base64_forms(&format!("{user}:{form}")));
        }
    }
    encoded.iter().any(|form| found(&form.to_lowercase(), RECOGNISABLE))
}

/// What stands inside the base64 of any text that holds these bytes, by how many bytes stand before.
fn base64_forms(text: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3_usize {
        let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(text.bytes()).collect();
        // the first characters hold bits of what stands before, the last of what stands behind
        let (from, until) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        let whole = BASE64.encode(&bytes);
        let inner: String = whole.chars().take(until).skip(from).collect();
        forms.push(inner.replace('+', "-").replace('/', "_"));
        forms.push(inner);
        if before == 0 {
            forms.push(whole);
        }
    }
    forms
}

/// The text as it stands and as its usual escapes mean it, lower case; padding does not count.
fn readings(text: &str) -> Vec<String> {
    let percent = unescaped_percent(text);
    let form = unescaped_percent(&text.replace('+', " "));
    let html = unescaped_html(text);
    let both = unescaped_html(&percent);
    let bare = text.replace('\\', "");
    let padded = text.trim().trim_end_matches('=').to_owned();
    let mut all: Vec<String> =
        [text.to_owned(), percent, form, html, both, bare, padded].iter().map(|text| text.to_lowercase()).collect();
    all.dedup();
    all
}

fn unescaped_percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = match behind {
            [high, low, ..] if *first == b'%' => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(high).zip(digit(low)).map(|(high, low)| high * 16 + low)
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = match (code, behind) {
            (Some(_), [_, _, behind @ ..]) => behind,
            _ => behind,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn unescaped_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let entity = behind.split_once(';').filter(|(name, _)| name.len() <= 8);
        let meant = entity.and_then(|(name, _)| match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)
            }
        });
        if let (Some(meant), Some((_, behind))) = (meant, entity) {
            out.push(meant);
            rest = behind;
        } else {
            out.push('&');
            rest = behind;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_in(text: &str, secret: &str) -> bool {
        holds(text, secret, Some("anna@corp.example"), &["mail.corp.example".to_owned()])
    }

    /// What a server may make of a secret.
    fn forms(secret: &str) -> Vec<String> {
        use base64::engine::general_purpose::{STANDARD, URL_SAFE};
        let hex = hex(secret.as_bytes()).to_uppercase();
        let each = |text: &dyn Fn(char) -> String| secret.chars().map(text).collect::<Vec<_>>().concat();
        let percent = each(&|c| c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat());
        let numbers = each(&|c| format!("&#{};", u32::from(c)));
        vec![
            secret.to_owned(),
            secret.trim().to_owned(),
            secret.to_ascii_uppercase(),
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
            percent,
            quick_xml::escape::escape(secret).into_owned(),
            numbers,
            hex,
            STANDARD.encode(secret),
            URL_SAFE.encode(secret),
            STANDARD.encode(format!("x{secret}y")),
            STANDARD.encode(format!("xy{secret}z")),
            STANDARD.encode(format!("anna@corp.example:{secret}")),
            STANDARD.encode(format!("Basic anna@corp.example:{secret}")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn contract_4_a_recognisable_secret_is_found_in_every_form(
            secret in "[ -~äß€]{0,3}[a-zA-Z0-9+/<&%\"]{7,12}[0-9#!]{2}[ -~]{0,3}",
            before in "[a-z =\"]{0,9}",
            behind in "[ ;\"a-z]{0,9}",
        ) {
            for form in forms(&secret) {
                let text = format!("{before}{form} {behind}");
                prop_assert!(is_in(&text, &secret), "{secret:?} in {text:?}");
            }
        }

        #[test]
        fn no_text_breaks_the_search(text in "\\PC{0,60}[%&;#x]{0,9}", secret in "\\PC{0,12}") {
            is_in(&text, &secret);
        }
    }

    #[test]
    fn contract_4_a_short_secret_is_found_where_it_is_all_of_the_text_or_in_what_basic_sends() {
        for secret in ["1", "mail", "Sync"] {
            assert!(is_in(&format!(" {secret} "), secret));
            assert!(is_in(&BASE64.encode(secret), secret));
            assert!(is_in(&format!("got {}", BASE64.encode(format!("anna@corp.example:{secret}"))), secret));
            assert!(!is_in("Basic realm=\"mail.corp.example\" 14.1,16.1 Sync,FolderSync", secret));
        }
    }

    #[test]
    fn a_public_word_is_no_secret_to_be_found() {
        for secret in ["MobileSync", "corp.example", "mail.corp.example"] {
            assert!(!is_in("<Type>MobileSync</Type><Url>https://mail.corp.example/</Url>", secret));
            assert!(is_in(&format!("x{}", BASE64.encode(secret)), secret) || is_in(&BASE64.encode(secret), secret));
        }
    }
}
