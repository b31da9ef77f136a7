//! Where does a line of a terminal break, so that texts can be read and commands copied?

use crate::finding::Shell;
use colored::{ColoredString, Colorize};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width that no line of prose exceeds.
pub(super) const WIDTH: usize = 80;

/// A symbol and a text beside it.
pub(super) fn marked(out: &mut Vec<String>, symbol: &ColoredString, text: &str) {
    let at = out.len();
    indented_after(out, 2, "  ", text);
    if let Some(line) = out.get_mut(at) {
        *line = format!("{symbol} {line}");
    }
}

/// A text whose first line begins so and whose others begin otherwise.
pub(super) fn indented(out: &mut Vec<String>, first: &str, other: &str, text: &str) {
    let at = out.len();
    indented_after(out, first.width(), other, text);
    if let Some(line) = out.get_mut(at) {
        *line = format!("{first}{line}");
    }
}

/// A text whose first line leaves room for so many columns.
pub(super) fn indented_after(out: &mut Vec<String>, room: usize, other: &str, text: &str) {
    let width = WIDTH.saturating_sub(room.max(other.width()));
    for (i, line) in fold(text, width).into_iter().enumerate() {
        out.push(if i == 0 { line } else { format!("{other}{line}") });
    }
}

/// One text at the left and one at the right edge, on two lines where one is too short.
pub(super) fn both_ends(out: &mut Vec<String>, indent: &str, left: &str, right: &str) {
    let used = indent.width() + left.width() + right.width();
    if used + 2 <= WIDTH {
        out.push(format!("{indent}{left}{}{}", " ".repeat(WIDTH - used), right.dimmed()));
    } else {
        indented(out, indent, indent, left);
        for line in fold(right, WIDTH.saturating_sub(indent.width())) {
            out.push(format!("{}{}", " ".repeat(WIDTH.saturating_sub(line.width())), line.dimmed()));
        }
    }
}

/// Breaks a text into lines of at most so many columns, between words where that is possible. An
/// address stays whole: the terminal's own break copies better.
pub fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            // of other words, one that is longer than a line is broken
            if line.width() + letter.width().unwrap_or(0) > width
                && !word.trim_start_matches('<').starts_with("https://")
            {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Breaks the lines of a Markdown text, between words. On a terminal commands and headings are broken too, so that
/// they can be read; elsewhere they stay whole: there a program may read on.
pub fn fold_markdown(text: &str, is_terminal: bool) -> String {
    let mut out = Vec::new();
    let mut block = None;
    for line in text.lines() {
        let bare = line.trim_start();
        let indent = line.strip_suffix(bare).unwrap_or_default();
        if let Some(name) = bare.strip_prefix("```") {
            block = block.is_none().then(|| shell_of(name));
            out.push(line.to_owned());
        } else if let Some(shell) = block {
            let width = if is_terminal { WIDTH.saturating_sub(indent.width()) } else { usize::MAX };
            out.extend(fold_command(bare, width, shell).iter().map(|part| format!("{indent}{part}")));
        } else if bare.starts_with('#') && !is_terminal {
            out.push(line.to_owned());
        } else {
            // what goes on stands below the text of its item
            let (mark, item) = bare.split_at(mark(bare));
            let first = format!("{indent}{mark}");
            indented(&mut out, &first, &" ".repeat(first.width()), item);
        }
    }
    let lines = out.iter().flat_map(|line| [line.trim_end(), "\n"]);
    lines.collect()
}

/// How long the mark of an item is, with the blank behind it.
fn mark(line: &str) -> usize {
    let Some((mark, _)) = line.split_once(' ') else { return 0 };
    let is_number = mark.strip_suffix('.').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    if mark == "-" || is_number { mark.len() + 1 } else { 0 }
}

/// By which name a block of Markdown says the shell of its commands.
pub(super) const fn fence(shell: Shell) -> &'static str {
    match shell {
        Shell::Powershell => "powershell",
        Shell::Shell => "sh",
        Shell::Zone => "dns",
        Shell::Config => "text",
    }
}

fn shell_of(name: &str) -> Shell {
    let known = [Shell::Powershell, Shell::Shell, Shell::Zone];
    known.into_iter().find(|shell| fence(*shell) == name).unwrap_or(Shell::Config)
}

/// Breaks a line of items, which are two blanks apart, between the items.
pub(super) fn fold_table(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in text.split("  ") {
        match lines.last_mut() {
            Some(line) if line.width() + 2 + item.width() <= width => {
                line.push_str("  ");
                line.push_str(item);
            }
            _ => lines.extend(fold(item, width)),
        }
    }
    lines
}

/// Breaks a long command where its shell allows it, so that it can still be copied.
pub(super) fn fold_command(line: &str, width: usize, shell: Shell) -> Vec<String> {
    let end = match shell {
        Shell::Shell => " \\",
        Shell::Powershell => " `",
        Shell::Zone | Shell::Config => return vec![line.to_owned()],
    };
    let room = width.saturating_sub(end.len());
    if line.width() <= width {
        return vec![line.to_owned()];
    }
    let mut words = words_of_command(line);
    // after a comma PowerShell reads on by itself
    let lists = shell == Shell::Powershell;
    if lists {
        let apart = |word: &String| {
            if word.contains(['\'', '"', '{', '(']) {
                vec![word.clone()]
            } else {
                word.split_inclusive(',').map(str::to_owned).collect()
            }
        };
        words = words.iter().flat_map(apart).collect();
    }
    // where a word does not fit anyway, the terminal's own break copies better
    if words.iter().any(|word| word.width() + 4 > room) {
        return vec![line.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    let mut at = String::new();
    for word in words {
        let listed = lists && at.ends_with(',');
        if !at.trim().is_empty() && at.width() + 1 + word.width() > room {
            lines.push(if listed { at } else { format!("{at}{end}") });
            at = String::from("    ");
        } else if !at.is_empty() && !listed {
            at.push(' ');
        }
        at.push_str(&word);
    }
    lines.push(at);
    lines
}

/// The words of a command; what stands in quotes or braces stays together.
fn words_of_command(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut depth = 0_usize;
    for letter in line.trim_end().chars() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            ('{', None) => depth += 1,
            ('}', None) => depth = depth.saturating_sub(1),
            // leading blanks are part of the first word
            (' ', None) if depth == 0 && !word.trim().is_empty() => {
                words.push(std::mem::take(&mut word));
                continue;
            }
            _ => {}
        }
        word.push(letter);
    }
    words.push(word);
    words
}

/// Cuts a text to so many columns.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for letter in text.chars() {
        if out.width() + letter.width().unwrap_or(0) + 1 > width {
            break;
        }
        out.push(letter);
    }
    format!("{}…", out.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_by_columns_not_by_letters() {
        assert_eq!(fold("für Größe", 5), ["für", "Größe"]);
        assert_eq!(fold("東京 東京", 5), ["東京", "東京"]);
        assert_eq!(fold("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(fold("", 3), [""]);
        assert_eq!(fold("see https://a.example/b", 9), ["see", "https://a.example/b"]);
        assert_eq!(fold_table("a ✓  b ✗  c d e f", 8), ["a ✓  b ✗", "c d e f"]);
        assert_eq!(cut("東京東京", 5), "東京…");
        assert_eq!(cut("abc", 3), "abc");
    }

    #[test]
    fn markdown_is_folded_between_words_and_says_the_same() {
        let words = "word ".repeat(30);
        let command = format!("Get-Mailbox {}", "-Name x ".repeat(20).trim_end());
        let link = format!("<https://a.example/{}>", "x".repeat(90));
        let text =
            format!("# {words}\n\n{words}\n\n1. {words}\n\n   ```powershell\n   {command}\n   ```\n\n- {link}\n");
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let piped = fold_markdown(&text, false);
        assert_eq!(plain(&piped), plain(&text));
        assert!(piped.contains(&format!("\n   {command}\n   ```\n\n- {link}\n")), "{piped}");
        assert!(piped.starts_with(&format!("# {}\n\nword", words.trim_end())), "{piped}");
        assert!(piped.contains("\n1. word") && piped.contains("\n   word"), "{piped}");
        let is_wide = |line: &&str| line.width() > WIDTH;
        assert_eq!(piped.lines().filter(is_wide).count(), 3, "{piped}");
        let shown = fold_markdown(&text, true);
        assert!(shown.contains("-Name x `\n       -Name x"), "{shown}");
        assert_eq!(shown.lines().filter(is_wide).count(), 1, "an address stays whole: {shown}");
    }

    #[test]
    fn a_folded_command_can_still_be_copied() {
        let command = "Get-Mailbox -Filter {a -eq 1} -Name 'x y z' -Last";
        assert_eq!(
            fold_command(command, 30, Shell::Powershell),
            ["Get-Mailbox -Filter `", "    {a -eq 1} -Name 'x y z' `", "    -Last"]
        );
        assert_eq!(
            fold_command("Get-Mailbox 'a,b' | fl DeviceId,DeviceType,DeviceState", 30, Shell::Powershell),
            ["Get-Mailbox 'a,b' | fl `", "    DeviceId,DeviceType,", "    DeviceState"]
        );
        assert_eq!(fold_command("short one", 30, Shell::Shell), ["short one"]);
        assert_eq!(fold_command("a b c", 2, Shell::Zone), ["a b c"]);
    }
}
