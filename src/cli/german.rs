//! How is the command line described in German?
//!
//! The doc comments of `args` are the source; `german.txt` has each of their paragraphs in German.

use crate::packed::GERMAN;
use clap::builder::{PossibleValuesParser, Resettable, Str, StyledStr};
use clap::{Arg, Command};

/// What clap writes into every help by itself.
const OF_CLAP: [(&str, &str); 11] = [
    ("Usage:", "Aufruf:"),
    ("Commands:", "Befehle:"),
    ("Arguments:", "Argumente:"),
    ("Options:", "Optionen:"),
    ("[OPTIONS]", "[OPTIONEN]"),
    ("<COMMAND>", "<BEFEHL>"),
    ("[COMMAND]", "[BEFEHL]"),
    ("Possible values:", "Mögliche Werte:"),
    // a line may end between the two words
    ("[possible", "[mögliche"),
    ("values:", "Werte:"),
    ("[default:", "[Vorgabe:"),
];

/// The definition of the command line in German. It is for its help and its errors only: what it parses where
/// there are possible values is a text.
pub fn german(mut english: Command) -> Command {
    // clap's own options and its command `help` are there once it is built
    english.build();
    translated(english)
}

/// A help that clap has written, with clap's own words in German.
pub fn in_german(help: &str) -> String {
    OF_CLAP.iter().fold(help.to_owned(), |help, (english, german)| help.replace(english, german))
}

/// A manual page that `clap_mangen` has written, with its own words in German.
pub fn page_in_german(page: &str) -> String {
    let headings = [
        (".SH NAME", ".SH BEZEICHNUNG"),
        (".SH SYNOPSIS", ".SH ÜBERSICHT"),
        (".SH DESCRIPTION", ".SH BESCHREIBUNG"),
        (".SH OPTIONS", ".SH OPTIONEN"),
        (".SH SUBCOMMANDS", ".SH BEFEHLE"),
        (".SH EXTRA", ".SH WEITERES"),
    ];
    let words = [
        ("\\fIPossible values:\\fR", "\\fIMögliche Werte:\\fR"),
        ("[possible values: ", "[mögliche Werte: "),
        ("[default: ", "[Vorgabe: "),
        ("<\\fIsubcommands\\fR>", "<\\fIBEFEHL\\fR>"),
        ("[\\fIsubcommands\\fR]", "[\\fIBEFEHL\\fR]"),
    ];
    let line = |line: &str| match headings.iter().find(|(english, _)| *english == line) {
        Some((_, german)) => (*german).to_owned(),
        None => words.iter().fold(line.to_owned(), |line, (english, german)| line.replace(english, german)),
    };
    page.lines().map(|one| line(one) + "\n").collect()
}

fn translated(command: Command) -> Command {
    let (about, long_about) = (text(command.get_about()), text(command.get_long_about()));
    let (after, long_after) = (text(command.get_after_help()), text(command.get_after_long_help()));
    let command = command.about(about).long_about(long_about).after_help(after).after_long_help(long_after);
    command.mut_args(argument).mut_subcommands(translated)
}

fn argument(arg: Arg) -> Arg {
    let (help, long_help) = (text(arg.get_help()), text(arg.get_long_help()));
    let heading = arg.get_help_heading().and_then(row);
    let names: Vec<Str> = arg.get_value_names().unwrap_or_default().to_vec();
    let values = arg.get_possible_values();
    let mut arg = arg.help(help).long_help(long_help);
    if let Some(heading) = heading {
        arg = arg.help_heading(heading);
    }
    if arg.get_action().takes_values() {
        arg = arg.value_names(names.into_iter().map(|name| row(&name).map_or(name, Str::from)));
    }
    if values.is_empty() {
        return arg;
    }
    arg.value_parser(PossibleValuesParser::new(values.into_iter().map(|value| {
        let help = text(value.get_help());
        value.help(help)
    })))
}

/// A text in German, line by line; a line that is the same in both languages stays as it is.
fn text(english: Option<&StyledStr>) -> Resettable<StyledStr> {
    let Some(english) = english else { return Resettable::Reset };
    let english = english.to_string();
    let lines = english.lines().map(|line| {
        let bare = line.trim_start();
        let indent = line.strip_suffix(bare).unwrap_or_default();
        format!("{indent}{}", row(bare).unwrap_or(bare))
    });
    Resettable::Value(lines.collect::<Vec<_>>().join("\n").into())
}

fn row(english: &str) -> Option<&'static str> {
    let mut lines = GERMAN.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::from_fn(|| Some((lines.next()?, lines.next()?))).find(|(of, _)| *of == english).map(|(_, german)| german)
}
