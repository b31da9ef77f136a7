//! How is the program described to other programs?

use super::args::{Lang, SchemaOf, command};
use super::exit::Trouble;
use super::german::{german, in_german, page_in_german};
use super::output::print;
use crate::{finding, packed, text};
use std::fmt::Write as _;

/// `exdiag schema`: the text that `report::schema` made, which takes a fraction of the room that its code does.
pub fn schema(what: SchemaOf) -> Result<u8, Trouble> {
    let schema = match what {
        SchemaOf::Report => &*packed::REPORT_SCHEMA,
        SchemaOf::Diff => &*packed::DIFF_SCHEMA,
    };
    print(schema.as_bytes())?;
    Ok(0)
}

/// `exdiag completions`
pub fn completions(shell: clap_complete::Shell, lang: Lang) -> Result<u8, Trouble> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command_in(lang), "exdiag", &mut out);
    print(&out)?;
    Ok(0)
}

/// `exdiag man`
pub fn man(name: Option<&str>, lang: Lang) -> Result<u8, Trouble> {
    let mut root = command_in(lang);
    root.build();
    let page = match name {
        None => root,
        Some(name) => root.find_subcommand(name).cloned().ok_or_else(|| {
            Trouble::new(text!(
                "{name} is not a command; `exdiag --help` names them all",
                "{name} ist kein Befehl; `exdiag --help` nennt alle",
            ))
            .with("name", format!("{name:?}"))
        })?,
    };
    let mut out = Vec::new();
    // writing to memory succeeds
    let title = name.map_or_else(|| "exdiag".to_owned(), |name| format!("exdiag-{name}"));
    let _ = clap_mangen::Man::new(page).title(title).render(&mut out);
    if lang == Lang::De {
        out = page_in_german(&String::from_utf8_lossy(&out)).into_bytes();
    }
    print(&out)?;
    Ok(0)
}

/// The definition of the command line in one language.
fn command_in(lang: Lang) -> clap::Command {
    if lang == Lang::De { german(command()) } else { command() }
}

/// The help of every command, as Markdown: `docs/cli.md` and `docs/de/cli.md`.
pub fn documentation(lang: finding::Lang) -> String {
    let (title, what) = match lang {
        finding::Lang::En => ("The command line of exdiag", "What `--help` prints, command by command."),
        finding::Lang::De => ("Die Befehlszeile von exdiag", "Was `--help` ausgibt, Befehl für Befehl."),
    };
    let mut out = format!("# {title}\n\n{what}\n");
    let is_german = lang == finding::Lang::De;
    let mut root = command().term_width(96);
    root = if is_german { german(root) } else { root };
    root.build();
    let mut section = |name: &str, command: &mut clap::Command| {
        let help = command.render_long_help().to_string();
        let help = if is_german { in_german(&help) } else { help };
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        let _ = write!(out, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
    };
    section("exdiag", &mut root.clone());
    for sub in root.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
        section(&format!("exdiag {}", sub.get_name()), sub);
    }
    out
}
