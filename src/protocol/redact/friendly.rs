//! Where does a text say how the owner of a device calls it?
//!
//! `<FriendlyName>` of ActiveSync (MS-ASCMD 2.2.3.76), `DeviceFriendlyName` of Exchange's lists of devices, in XML, JSON
//! that has no end, CLIXML and as a line of Format-List. What stands there is hidden whole, whatever it is.

use super::vocabulary::is_plain;
use std::ops::Range;

/// So many letters has a name at most.
const LONGEST: usize = 250;

/// The places of these names, in bytes.
pub fn names(text: &str) -> Vec<Range<usize>> {
    let one = |(at, key): (usize, &str)| {
        let before = text.get(..at.checked_sub(1)?)?;
        let rest = text.get(at + key.len()..)?;
        let (name, rest) = rest.strip_prefix('_').unwrap_or(rest).split_at_checked("name".len())?;
        let (rest, length) = value(before, rest).filter(|_| name.eq_ignore_ascii_case("name"))?;
        let from = text.len() - rest.len();
        // certificates have one too, such as `Microsoft Exchange`
        let is_device = before.ends_with("evice") || before.ends_with(['<', ':']);
        let is_own = is_device || !is_plain(rest.get(..length)?);
        is_own.then_some(from..from + length)
    };
    // its first letter is large or small
    text.match_indices("riendly").filter_map(one).collect()
}

/// The rest of a text from the value on, and how long that is.
fn value<'t>(before: &str, rest: &'t str) -> Option<(&'t str, usize)> {
    let before = before.trim_end_matches(|letter: char| letter.is_alphanumeric() || matches!(letter, ':' | '_'));
    let ends: &[char] = &['\r', '\n', ',', ';', '&', '<', '>', '}', '|', '"'];
    let (rest, ends) = if before.ends_with('/') {
        return None;
    } else if before.ends_with('<') {
        let end = rest.find(['<', '>'])?;
        (rest.get(end..)?.strip_prefix('>')?, &['<'][..])
    } else {
        let rest = rest.trim_start_matches(['\\', '"', '\'', ' ', '\t']);
        let behind = rest.strip_prefix([':', '=', '>'])?.trim_start_matches([' ', '\t', '\\']);
        match behind.chars().next()? {
            _ if rest.starts_with('>') => (behind, &['<'][..]),
            '"' => (behind.get(1..)?, &['"', '\\', '\n'][..]),
            '\'' => (behind.get(1..)?, &['\'', '\\', '\n'][..]),
            _ => (behind, ends),
        }
    };
    let rest = rest.trim_start_matches([' ', '\t']);
    let near = rest.char_indices().nth(LONGEST).map_or(rest, |(at, _)| rest.get(..at).unwrap_or_default());
    let length = near.get(..near.find(ends).unwrap_or(near.len()))?.trim_end().len();
    let is_name = length > 0 && rest.get(..length) != Some("null") && !rest.starts_with(['\r', '\n']);
    is_name.then_some((rest, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_ascmd_the_name_of_a_device_is_found_however_it_is_written() {
        for text in [
            "<FriendlyName>Zenzis Phone</FriendlyName>",
            "<settings:FriendlyName xmlns=\"x\"> Zenzis Phone </settings:FriendlyName>",
            "{\"DeviceFriendlyName\":\"Zenzis Phone\",\"x",
            "{\\\"friendly_name\\\": \\\"Zenzis Phone\\\",",
            "DeviceFriendlyName      : Zenzis Phone\r\nDeviceOS : x",
            "friendlyName=Zenzis Phone&x=1",
            "<Device FriendlyName='Zenzis Phone' x='y'/>",
            "<S N=\"DeviceFriendlyName\">Zenzis Phone</S>",
        ] {
            let found: Vec<&str> = names(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, ["Zenzis Phone"], "{text}");
        }
        for text in ["<FriendlyName>iPhone</FriendlyName>", "DeviceFriendlyName : iPhone"] {
            assert_eq!(names(text).len(), 1, "{text}");
        }
        for text in [
            "<FriendlyName/>\n<x>y</x>",
            "<FriendlyName></FriendlyName> and more<",
            "FriendlyName : \r\nDeviceOS : x",
            "a friendly name, user-friendly: yes",
            "{\"FriendlyName\":null}",
            "FriendlyName : Microsoft Exchange",
        ] {
            assert_eq!(names(text), Vec::<Range<usize>>::new(), "{text}");
        }
    }
}
