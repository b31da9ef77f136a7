//! How does any text become harmless between tags?

use crate::finding::steers;

/// Text between tags or in a quoted attribute of HTML and XML. Line ends stay; what steers a terminal,
/// turns the direction of reading or has no place in XML 1.0 becomes U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            letter if steers(letter) || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(escape("a\u{1b}[2J\u{202e}\u{0}\u{ffff}\nb"), "a\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}\nb");
    }
}
