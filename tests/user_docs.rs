//! Do the pages for support desks and admins say what the program does, alike in both languages?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use clap::error::ErrorKind;
use exdiag::finding::{Lang, Owner};
use exdiag::{checks, cli, lab};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A page is read at one sitting.
const LONGEST: usize = 250;
const STATUSES: &[&str] = &["pass", "warn", "fail", "inconclusive", "skip"];
const OWNERS: &[Owner] =
    &[Owner::Dns, Owner::Web, Owner::Exchange, Owner::Network, Owner::Entra, Owner::Sync, Owner::User, Owner::Caller];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

const fn folder(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::De => "de",
    }
}

/// A page, taken apart.
#[derive(Default)]
struct Page {
    name: String,
    text: String,
    /// Level and text, in order.
    headings: Vec<(usize, String)>,
    /// What its code blocks are written in, and what is in them.
    blocks: Vec<(String, String)>,
    /// Code within a line.
    spans: Vec<String>,
    /// Text and target.
    links: Vec<(String, String)>,
}

impl Page {
    fn read(path: &Path) -> Self {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut page = Self { name, text: fs::read_to_string(path).unwrap(), ..Self::default() };
        let text = page.text.clone();
        let mut block: Option<(String, String)> = None;
        let mut heading: Option<(usize, String)> = None;
        let mut link: Option<(String, String)> = None;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                    block = Some((kind.to_string(), String::new()));
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                Event::Start(Tag::Heading { level, .. }) => heading = Some((level as usize, String::new())),
                Event::End(TagEnd::Heading(_)) => page.headings.extend(heading.take()),
                Event::Start(Tag::Link { dest_url, .. }) => link = Some((String::new(), dest_url.to_string())),
                Event::End(TagEnd::Link) => page.links.extend(link.take()),
                Event::Text(said) => {
                    let open = [
                        block.as_mut().map(|(_, text)| text),
                        link.as_mut().map(|(text, _)| text),
                        heading.as_mut().map(|(_, text)| text),
                    ];
                    for text in open.into_iter().flatten() {
                        text.push_str(&said);
                    }
                }
                Event::Code(said) => {
                    if let Some((_, text)) = heading.as_mut() {
                        text.push_str(&said);
                    }
                    page.spans.push(said.to_string());
                }
                _ => {}
            }
        }
        page
    }

    /// Every call of the program, without its name.
    fn calls(&self) -> Vec<Vec<String>> {
        let root = cli::command();
        // a line that the program has printed may speak of exdiag
        let is_call = |line: &str| {
            let mut words = line.split_whitespace();
            line.starts_with("$ ")
                || words.next() == Some("exdiag")
                    && words.next().is_some_and(|name| root.find_subcommand(name).is_some())
        };
        let lines = self.blocks.iter().flat_map(|(kind, text)| {
            let whole = text.replace("\\\n", " ");
            let lines = whole.lines().filter(|line| kind != "console" || is_call(line));
            lines.map(str::to_owned).collect::<Vec<_>>()
        });
        lines.chain(self.spans.iter().cloned()).flat_map(|line| calls(&line)).collect()
    }

    /// The part under the heading of this text, down to the next heading.
    fn part(&self, heading: &str) -> &str {
        let (_, rest) = self.text.split_once(&format!("# {heading}\n")).unwrap_or_default();
        rest.split_once("\n#").map_or(rest, |(part, _)| part)
    }
}

/// The pages of a language, by name.
fn pages(lang: Lang) -> BTreeMap<String, Page> {
    let files = fs::read_dir(docs().join(folder(lang))).unwrap().map(|entry| entry.unwrap().path());
    // the command line is written by the program, see tests/docs.rs
    files
        .filter(|path| !path.ends_with("cli.md"))
        .map(|path| Page::read(&path))
        .map(|page| (page.name.clone(), page))
        .collect()
}

fn all() -> Vec<(Lang, Page)> {
    [Lang::En, Lang::De].into_iter().flat_map(|lang| pages(lang).into_values().map(move |page| (lang, page))).collect()
}

/// A piece of a command line, as a shell takes it apart.
enum Token {
    Word {
        text: String,
        is_quoted: bool,
    },
    /// `|`, `;`, `&`
    Next,
    /// `<`, `>`
    Redirection,
}

fn tokens(line: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut word: Option<(String, bool)> = None;
    let mut quote = None;
    let whole = |(text, is_quoted)| Token::Word { text, is_quoted };
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default().1 = true;
            }
            (None, '|' | ';' | '&') => out.extend(word.take().map(whole).into_iter().chain([Token::Next])),
            (None, '<' | '>') => out.extend(word.take().map(whole).into_iter().chain([Token::Redirection])),
            (None, _) if letter.is_whitespace() => out.extend(word.take().map(whole)),
            _ => word.get_or_insert_default().0.push(letter),
        }
    }
    out.extend(word.map(whole));
    out
}

/// The calls of exdiag in a line of a shell, a crontab or a configuration; of a redirection nothing is kept.
fn calls(line: &str) -> Vec<Vec<String>> {
    if line.trim_start().starts_with('#') {
        return Vec::new();
    }
    let call = |command: &[Token]| {
        let words = command.iter().map_while(|token| match token {
            Token::Word { text, is_quoted } => Some((text, *is_quoted)),
            Token::Next | Token::Redirection => None,
        });
        let mut words =
            words.skip_while(|(text, is_quoted)| *is_quoted || !is_exdiag(text)).map(|(text, _)| text.clone());
        words.next().map(|_| words.collect())
    };
    tokens(line).split(|token| matches!(token, Token::Next)).filter_map(call).collect()
}

fn is_exdiag(word: &str) -> bool {
    word == "exdiag" || word.ends_with("/exdiag")
}

/// What clap has against a call; nothing against a mere mention such as `exdiag check`.
fn objection(call: &[String]) -> Option<String> {
    let [name, rest @ ..] = call else { return None };
    if rest.is_empty() && cli::command().find_subcommand(name).is_some() {
        return None;
    }
    let words = std::iter::once("exdiag").chain(call.iter().map(String::as_str));
    let error = cli::command().try_get_matches_from(words).err()?;
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    (!is_help).then(|| error.to_string())
}

/// Every long option that some command has.
fn options() -> BTreeSet<String> {
    let mut root = cli::command();
    root.build();
    let of = |command: &clap::Command| -> Vec<String> {
        command.get_arguments().filter_map(|argument| argument.get_long()).map(|name| format!("--{name}")).collect()
    };
    root.get_subcommands().flat_map(of).collect()
}

/// The words of a text that are long options, such as `--only`.
fn options_in(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| c.is_whitespace() || "\"'`,=()|".contains(c));
    words.filter(|word| word.len() > 2 && word.starts_with("--")).collect()
}

/// GitHub's anchor of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// A text with every run of digits made one sign: dates, times and counts differ from run to run.
fn shape(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            _ => out.push(letter),
        }
    }
    out
}

#[test]
fn both_languages_have_the_same_pages_and_headings() {
    let (english, german) = (pages(Lang::En), pages(Lang::De));
    assert_eq!(english.keys().collect::<Vec<_>>(), german.keys().collect::<Vec<_>>());
    let levels = |page: &Page| page.headings.iter().map(|(level, _)| *level).collect::<Vec<_>>();
    for (name, page) in &english {
        let other = &german[name];
        assert_eq!(levels(page), levels(other), "{name}: headings");
        let kinds = |page: &Page| page.blocks.iter().map(|(kind, _)| kind.clone()).collect::<Vec<_>>();
        assert_eq!(kinds(page), kinds(other), "{name}: code blocks");
    }
}

#[test]
fn both_languages_name_the_same_commands_and_findings() {
    let (english, german) = (pages(Lang::En), pages(Lang::De));
    for (name, page) in &english {
        let said = |page: &Page| {
            let mut calls: Vec<String> =
                page.calls().iter().map(|call| call.join(" ").replace("--lang de", "--lang en")).collect();
            calls.sort();
            calls
        };
        assert_eq!(said(page), said(&german[name]), "{name}");
        let findings = |page: &Page| {
            let mut names: Vec<_> = page.links.iter().map(|(_, target)| target.replace("/de/", "/en/")).collect();
            names.retain(|target| target.contains("/findings/"));
            names.sort();
            names
        };
        assert_eq!(findings(page), findings(&german[name]), "{name}");
    }
}

#[test]
fn no_page_is_too_long_and_the_contents_name_all() {
    for lang in [Lang::En, Lang::De] {
        let pages = pages(lang);
        for (name, page) in &pages {
            assert!(page.text.lines().count() <= LONGEST, "{}/{name} is too long", folder(lang));
            let is_named = name == "index.md" || pages["index.md"].links.iter().any(|(_, target)| target == name);
            assert!(is_named, "{}/index.md does not name {name}", folder(lang));
        }
        let readme = fs::read_to_string(docs().join("../README.md")).unwrap();
        assert!(readme.contains(&format!("(docs/{}/index.md)", folder(lang))), "README.md");
    }
}

#[test]
fn every_command_line_is_one_that_the_program_takes() {
    let mut seen = 0;
    for (lang, page) in all() {
        for call in page.calls() {
            seen += 1;
            let at = format!("docs/{}/{}: exdiag {}", folder(lang), page.name, call.join(" "));
            assert_eq!(objection(&call), None, "{at}");
            for pair in call.windows(2) {
                if let [option, ids] = pair
                    && matches!(option.as_str(), "--only" | "--skip")
                {
                    assert!(ids.split(',').all(|id| checks::find(id).is_some()), "{at}");
                }
            }
            match call.as_slice() {
                [command, name, ..] if command == "demo" && !name.starts_with('-') => {
                    assert!(name == "NAME" || lab::find(name).is_some(), "{at}");
                }
                [command, code] if command == "explain" && code.contains('.') => {
                    assert!(checks::catalogue().iter().any(|known| known.id == code.as_str()), "{at}");
                }
                _ => {}
            }
        }
    }
    assert!(seen > 100, "only {seen} command lines were found");
}

#[test]
fn every_option_that_is_named_exists() {
    let known = options();
    for (lang, page) in all() {
        let blocks = page.blocks.iter().map(|(_, text)| text).filter(|text| text.contains("exdiag"));
        for text in blocks.chain(&page.spans) {
            for option in options_in(text).into_iter().filter(|option| !option.contains('.')) {
                assert!(known.contains(option), "docs/{}/{}: {option}", folder(lang), page.name);
            }
        }
    }
}

#[test]
fn every_finding_that_is_named_exists() {
    let codes: BTreeSet<&str> = checks::catalogue().iter().map(|code| code.id).collect();
    let areas: BTreeSet<&str> = codes.iter().filter_map(|code| code.split_once('.')).map(|(area, _)| area).collect();
    for (lang, page) in all() {
        let linked = page.links.iter().filter(|(_, target)| target.contains("/findings/")).map(|(text, _)| text);
        for text in page.spans.iter().chain(linked) {
            let is_code = text.split_once('.').is_some_and(|(area, rest)| {
                let is_file = ["json", "xml", "prom", "html", "md"].contains(&rest);
                areas.contains(area) && !is_file && rest.chars().all(|c| c.is_ascii_lowercase() || c == '-')
            });
            assert!(!is_code || codes.contains(text.as_str()), "docs/{}/{}: {text}", folder(lang), page.name);
        }
    }
}

#[test]
fn every_link_leads_somewhere_in_its_own_language() {
    for lang in [Lang::En, Lang::De] {
        let pages = pages(lang);
        let home = docs().join(folder(lang));
        for page in pages.values() {
            for (text, target) in page.links.iter().filter(|(_, target)| !target.starts_with("https://")) {
                let at = format!("docs/{}/{}: {target}", folder(lang), page.name);
                let (file, place) = target.split_once('#').unwrap_or((target, ""));
                assert!(home.join(file).is_file(), "{at}");
                if let Some((_, finding)) = file.split_once("/findings/") {
                    let (of, name) = finding.split_once('/').unwrap();
                    assert_eq!(of, folder(lang), "{at}");
                    let code = name.trim_end_matches(".md");
                    assert!(!code.contains('.') || code == text, "{at}: {text}");
                }
                if !place.is_empty() {
                    let headings = &pages[file].headings;
                    assert!(headings.iter().any(|(_, heading)| anchor(heading) == place), "{at}");
                }
            }
        }
    }
}

#[test]
fn every_check_has_a_heading_in_its_step_and_every_status_a_line() {
    for lang in [Lang::En, Lang::De] {
        let pages = pages(lang);
        let page = &pages["sequence.md"];
        let mut step = String::new();
        let mut told = BTreeMap::new();
        for (level, heading) in &page.headings {
            match level {
                2 => step.clone_from(heading),
                3 => assert!(told.insert(heading.clone(), step.clone()).is_none(), "{heading} twice"),
                _ => {}
            }
        }
        for check in checks::ALL {
            let step = told.remove(check.id).unwrap_or_default();
            assert!(step.ends_with(check.group.title().of(lang)), "{}: {} in {step:?}", folder(lang), check.id);
            let part = page.part(&format!("`{}`", check.id));
            for status in STATUSES {
                assert!(part.contains(&format!("\n| {status} | ")), "{}: {} of {}", folder(lang), status, check.id);
            }
            let finding = format!("](../findings/{}/", folder(lang));
            assert!(part.contains(&finding), "{}: {} names no cause", folder(lang), check.id);
        }
        assert!(told.is_empty(), "no check: {told:?}");
    }
}

#[test]
fn whoever_must_act_is_called_as_in_a_report() {
    for lang in [Lang::En, Lang::De] {
        let page = &pages(lang)["report.md"];
        for owner in OWNERS {
            let name = serde_json::to_value(owner).unwrap();
            let row = format!("\n| `{}` | {} | ", name.as_str().unwrap(), owner.title().of(lang));
            assert!(page.text.contains(&row), "{}: {row}", folder(lang));
        }
    }
}

#[test]
fn every_metric_that_is_named_is_written() {
    let written = docs().join("../fixtures/reports/intermediate-missing.en.prom");
    let written = fs::read_to_string(written).unwrap();
    let written: BTreeSet<&str> = written.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
    for (lang, page) in all() {
        let rules = page.blocks.iter().filter(|(kind, _)| kind == "yaml").map(|(_, text)| text);
        for text in rules.chain(&page.spans) {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for metric in words.filter(|word| word.starts_with("exdiag_")) {
                assert!(written.contains(metric), "docs/{}/{}: {metric}", folder(lang), page.name);
            }
        }
    }
}

#[test]
fn every_output_that_is_shown_is_what_the_program_prints() {
    let mut shown = 0;
    for (lang, page) in all() {
        for (_, text) in page.blocks.iter().filter(|(kind, _)| kind == "console") {
            let (command, output) = text.strip_prefix("$ ").and_then(|text| text.split_once('\n')).unwrap();
            let words: Vec<&str> = command.split_whitespace().collect();
            let [program, "demo", args @ ..] = words.as_slice() else {
                unreachable!("{command}: only demos are alike everywhere")
            };
            assert!(*program == "exdiag" && args.ends_with(&["--lang", folder(lang)]), "{command}");
            let mut run = Command::new(env!("CARGO_BIN_EXE_exdiag"));
            for name in
                ["NO_COLOR", "CLICOLOR_FORCE", "EXDIAG_PASSWORD", "EXDIAG_TOKEN", "NYLAS_API_KEY", "HTTPS_PROXY"]
            {
                run.env_remove(name);
            }
            let printed = run.arg("demo").args(args).output().unwrap();
            let printed = shape(&String::from_utf8(printed.stdout).unwrap());
            let mut rest = printed.lines();
            for line in output.lines().filter(|line| *line != "...") {
                shown += 1;
                let wanted = shape(line);
                assert!(rest.any(|line| line == wanted), "docs/{}/{}: {command}: {line}", folder(lang), page.name);
            }
        }
    }
    assert!(shown > 100, "only {shown} lines are shown");
}
