//! What does a text in base64 hold?
//!
//! The second message of NTLM names the server and its domain; other tokens hold JSON, an address or a
//! query of ActiveSync.

use super::letters::is_word;
use crate::protocol::ntlm::{self, Names};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const PADDED: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BARE: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT.with_encode_padding(false));
const OF_URLS: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT.with_encode_padding(false));

/// From so many characters on a token can name somebody.
const SHORTEST: usize = 12;

/// How the second message of NTLM begins (MS-NLMP 2.2.1.2).
const CHALLENGE: &str = "TlRMTVNTUAAC";

/// What stands for a token that names somebody and cannot be written anew.
pub const CUT: &str = "Y3V0";

/// The runs of letters of base64 in a text, padding included.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let belongs = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '-' | '_' | '=');
    text.split(move |letter| !belongs(letter)).flat_map(unpadded).filter(|token| token.len() >= SHORTEST)
}

/// A run taken apart behind each padding, so that `realm=` is none of it.
fn unpadded(run: &str) -> impl Iterator<Item = &str> {
    let mut rest = run;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches('=');
        let end = rest.find('=').map_or(rest.len(), |at| {
            let padding = rest.get(at..).unwrap_or_default();
            let length = padding.len() - padding.trim_start_matches('=').len();
            let is_last = length == padding.len() && length <= 2;
            if is_last { at + length } else { at }
        });
        let (token, behind) = rest.split_at_checked(end).filter(|(token, _)| !token.is_empty())?;
        rest = behind;
        Some(token)
    })
}

fn engine(token: &str) -> &'static GeneralPurpose {
    const ENGINES: [&GeneralPurpose; 3] = [&PADDED, &BARE, &OF_URLS];
    let [padded, bare, of_urls] = ENGINES;
    match token {
        _ if token.contains(['-', '_']) => of_urls,
        _ if token.ends_with('=') => padded,
        _ => bare,
    }
}

fn decoded(token: &str) -> Option<Vec<u8>> {
    engine(token).decode(token.trim_end_matches('=')).ok()
}

/// The names in a challenge of NTLM; `None` where it is none.
pub fn windows_names(token: &str) -> Option<Names> {
    ntlm::read(&decoded(token.strip_prefix(CHALLENGE).map(|_| token)?)?)
}

/// What a token holds, where that is a text.
pub fn inner_text(token: &str) -> Option<String> {
    let text = String::from_utf8(decoded(token)?).ok()?;
    let is_text = text.len() > 5 && text.chars().all(|letter| !letter.is_control() || letter.is_whitespace());
    is_text.then_some(text)
}

/// The same text, written as the token is.
pub fn written_as(token: &str, text: &str) -> String {
    engine(token).encode(text)
}

/// The words in a token that holds no text: those of ASCII and of UTF-16, in lower case.
pub fn inner_words(token: &str) -> Vec<String> {
    let Some(bytes) = decoded(token) else { return Vec::new() };
    let narrow: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let words = |bytes: &[u8]| -> Vec<String> {
        let text: String = bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\n' }).collect();
        text.split(|letter| !is_word(letter)).filter(|word| word.len() > 4).map(str::to_lowercase).collect()
    };
    let mut all = words(&bytes);
    all.extend(words(&narrow));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_behind_its_parameter_and_written_as_it_was() {
        let found: Vec<&str> = tokens("Basic realm=YW5uYUBjb3JwLmV4YW1wbGU=, x").collect();
        assert_eq!(found, ["YW5uYUBjb3JwLmV4YW1wbGU="]);
        assert_eq!(inner_text(found[0]).as_deref(), Some("anna@corp.example"));
        assert_eq!(written_as(found[0], "anna@corp.example"), found[0]);
        let jwt = "eyJ1cG4iOiJhbm5hQGNvcnAuZXhhbXBsZSJ9";
        assert_eq!(inner_text(jwt).as_deref(), Some("{\"upn\":\"anna@corp.example\"}"));
    }
}
