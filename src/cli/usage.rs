//! What is said to a command line that asks for help, or that is not understood?

use super::args::{Lang, Wanted, command};
use super::exit::{Trouble, USAGE, Voice};
use super::german::{german, in_german};
use crate::finding::{self, Sentence};
use crate::order;
use crate::text;
use clap::ValueEnum as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;
use std::process::ExitCode;

/// Help and version go to standard output; a usage error to standard error, in the voice that `--format` asks for.
pub fn answer(error: clap::Error) -> ExitCode {
    let lang = lang();
    let again = (lang == Lang::De).then(|| german(command()).try_get_matches_from(std::env::args_os()).err());
    let error = again.flatten().unwrap_or(error);
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            print(&error, lang);
            return ExitCode::SUCCESS;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => print(&error, lang),
        _ => {}
    }
    match sentence(&error, lang.into()) {
        Some(said) => Trouble::verbatim(said).tell(lang, Voice::typed()),
        None if Voice::typed() == Voice::Plain => {
            let _ = error.print();
            ExitCode::from(USAGE)
        }
        None => {
            let said = error.render().to_string();
            Trouble::verbatim(said.split_whitespace().collect::<Vec<_>>().join(" ")).tell(lang, Voice::typed())
        }
    }
}

/// Prints a help as clap does, coloured on a terminal.
fn print(error: &clap::Error, lang: Lang) {
    if lang == Lang::En {
        let _ = error.print();
        return;
    }
    let said = in_german(&error.render().ansi().to_string());
    let asked: &[&str] = if error.use_stderr() { &["exdiag"] } else { &["exdiag", "--help"] };
    let shows = clap::Command::new("exdiag").arg_required_else_help(true).override_help(said);
    if let Err(said) = shows.try_get_matches_from(asked) {
        let _ = said.print();
    }
}

/// The language of a command line that was not understood: what stands behind `--lang`, or the environment's.
fn lang() -> Lang {
    let given = given("--lang");
    given.iter().find_map(|lang| Lang::from_str(lang, false).ok()).unwrap_or_else(Lang::of_environment)
}

/// The values that stand behind an option, wherever it stands on the command line.
pub fn given(option: &str) -> Vec<String> {
    let args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let own = args.iter().filter_map(|arg| arg.strip_prefix(option)?.strip_prefix('='));
    let next = args.iter().zip(args.iter().skip(1)).filter(|(arg, _)| *arg == option).map(|(_, value)| value.as_str());
    own.chain(next).map(str::to_owned).collect()
}

/// What is wrong, and what to do next; `None` where clap has to say it.
fn sentence(error: &clap::Error, lang: finding::Lang) -> Option<String> {
    let told = |kind| error.get(kind).map(ToString::to_string).filter(|text| !text.is_empty());
    let quoted = |kind| told(kind).map(|text| format!("{text:?}"));
    // that an argument may stand more than once is of no use here
    let arg = told(ContextKind::InvalidArg).map(|arg| arg.replace(">...", ">"));
    let value = quoted(ContextKind::InvalidValue);
    let (values, others) = (told(ContextKind::ValidValue), told(ContextKind::PriorArg));
    let count = told(ContextKind::MinValues).or_else(|| told(ContextKind::ExpectedNumValues));
    let name = told(ContextKind::InvalidSubcommand);
    let wanted = error.source().map(|source| match source.downcast_ref::<Wanted>() {
        Some(wanted) => wanted.0.of(lang).to_owned(),
        None => source.to_string(),
    });
    let root = command();
    let first = std::env::args_os().nth(1).and_then(|name| name.into_string().ok());
    let first = first.filter(|name| root.find_subcommand(name).is_some());
    let called = first.map_or_else(|| "exdiag".to_owned(), |name| format!("exdiag {name}"));
    let option = arg.as_deref().and_then(|arg| arg.strip_prefix("--"));
    let has = |sub: &&clap::Command| option.is_some() && sub.get_arguments().any(|arg| arg.get_long() == option);
    let places: Vec<&str> = root.get_subcommands().filter(has).map(clap::Command::get_name).collect();
    let near = |kind, typed| nearest(error.get(kind), error.get(typed)).map(|near| either(&near, lang));
    let suggested = match &name {
        Some(name) if name.contains('@') => Some(format!("exdiag check {name}")),
        Some(_) => near(ContextKind::SuggestedSubcommand, ContextKind::InvalidSubcommand),
        None => near(ContextKind::SuggestedArg, ContextKind::InvalidArg)
            .or_else(|| near(ContextKind::SuggestedValue, ContextKind::InvalidValue)),
    };
    let text = match error.kind() {
        ErrorKind::UnknownArgument if !arg.as_deref().unwrap_or_default().starts_with('-') => {
            text!("{arg} is one argument too many for {called}", "{arg} ist ein Argument zu viel für {called}",)
        }
        ErrorKind::UnknownArgument if suggested.is_none() && !places.is_empty() => text!(
            "{called} has no option {arg}; it goes with: {places}",
            "{called} hat keine Option {arg}; es gibt sie bei: {places}",
        ),
        ErrorKind::UnknownArgument => text!("{called} has no option {arg}", "{called} hat keine Option {arg}"),
        ErrorKind::InvalidValue if value.is_none() && values.is_none() => {
            text!("{arg} needs a value", "{arg} braucht einen Wert")
        }
        ErrorKind::InvalidValue if value.is_none() => {
            text!("{arg} needs a value, one of: {values}", "{arg} braucht einen Wert, einen von: {values}")
        }
        ErrorKind::InvalidValue => text!(
            "{value} is no value of {arg}; there are: {values}",
            "{value} ist kein Wert von {arg}; möglich sind: {values}",
        ),
        ErrorKind::ValueValidation => {
            text!("{value} is no value of {arg}; {wanted}", "{value} ist kein Wert von {arg}; {wanted}")
        }
        ErrorKind::InvalidSubcommand => text!("{name} is no command", "{name} ist kein Befehl"),
        // clap knows that --wait is missing, not for whose sake
        ErrorKind::MissingRequiredArgument if option.is_some_and(|option| option.starts_with("wait ")) => text!(
            "--until says what {called} waits for; say for how long too, such as --wait 10m",
            "--until sagt, worauf {called} wartet; geben Sie auch an, wie lange, etwa --wait 10m",
        ),
        ErrorKind::MissingRequiredArgument => text!("{called} needs {arg}", "{called} braucht {arg}"),
        ErrorKind::ArgumentConflict if arg == others => {
            text!("{arg} may stand only once", "{arg} darf nur einmal stehen")
        }
        ErrorKind::ArgumentConflict => text!(
            "{arg} does not go with {others}; leave one of them out",
            "{arg} geht nicht zusammen mit {others}; lassen Sie eines davon weg",
        ),
        ErrorKind::TooManyValues => text!("{arg} takes no value", "{arg} nimmt keinen Wert"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            text!("{arg} needs {count} values", "{arg} braucht {count} Werte")
        }
        ErrorKind::NoEquals => text!(
            "the value of {arg} has to stand behind an equals sign",
            "Der Wert von {arg} muss hinter einem Gleichheitszeichen stehen",
        ),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => text!(
            "name a command, such as: exdiag check anna@corp.example",
            "Nennen Sie einen Befehl, etwa: exdiag check anna@corp.example",
        ),
        ErrorKind::InvalidUtf8 => text!(
            "an argument is not UTF-8; only names of files and folders may be that",
            "Ein Argument ist kein UTF-8; das dürfen nur Namen von Dateien und Ordnern sein",
        ),
        _ => return None,
    };
    let gaps = [
        ("arg", arg),
        ("value", value),
        ("values", values),
        ("others", others),
        ("count", count),
        ("name", name.map(|name| format!("{name:?}"))),
        ("wanted", wanted),
        ("places", Some(places.join(", "))),
        ("called", Some(called.clone())),
    ];
    let what =
        gaps.into_iter().fold(Sentence::new(text), |said, (gap, value)| said.with(gap, value.unwrap_or_default()));
    let meant = suggested.map(|suggested| {
        Sentence::new(text!(" Did you mean {suggested}?", " Meinten Sie {suggested}?")).with("suggested", suggested)
    });
    let meant = meant.map(|meant| meant.say(lang)).unwrap_or_default();
    let help = Sentence::new(text!("Help: {called} --help", "Hilfe: {called} --help")).with("called", called);
    Some(format!("{}.{meant} {}", what.say(lang), help.say(lang)))
}

/// What clap takes for meant, the nearest to what was typed first.
fn nearest(suggested: Option<&ContextValue>, typed: Option<&ContextValue>) -> Option<Vec<String>> {
    let mut all = match suggested? {
        ContextValue::String(one) => vec![one.clone()],
        ContextValue::Strings(all) => all.clone(),
        _ => return None,
    };
    let typed = typed.map(ToString::to_string).unwrap_or_default();
    order::by(&mut all, |a, b| strsim::jaro_winkler(&typed, b).total_cmp(&strsim::jaro_winkler(&typed, a)));
    (!all.is_empty()).then_some(all)
}

/// `a, b or c`
fn either(all: &[String], lang: finding::Lang) -> String {
    match all {
        [others @ .., last] if !others.is_empty() => {
            format!("{} {} {last}", others.join(", "), text!("or", "oder").of(lang))
        }
        all => all.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, Command};

    /// What is said of a line that a command with this argument does not take.
    fn said(arg: Arg, line: &[&str], lang: finding::Lang) -> String {
        let error = Command::new("exdiag").arg(arg).try_get_matches_from(line).unwrap_err();
        sentence(&error, lang).unwrap()
    }

    #[test]
    fn the_number_of_values_is_told() {
        for count in [Arg::new("two").long("two").num_args(2), Arg::new("two").long("two").num_args(2..)] {
            let de = said(count.value_name("N"), &["exdiag", "--two", "1"], finding::Lang::De);
            assert!(de.starts_with("--two <N> <N>") && de.contains(" braucht 2 Werte. Hilfe: "), "{de}");
        }
    }

    #[test]
    fn a_missing_equals_sign_is_told() {
        let arg = Arg::new("to").long("to").value_name("N").require_equals(true);
        let (en, de) = (finding::Lang::En, finding::Lang::De);
        let line = ["exdiag", "--to", "1"];
        let expected = "the value of --to=<N> has to stand behind an equals sign. Help: ";
        assert!(said(arg.clone(), &line, en).starts_with(expected), "{}", said(arg.clone(), &line, en));
        assert!(said(arg, &line, de).contains("muss hinter einem Gleichheitszeichen stehen. Hilfe: "));
    }
}
