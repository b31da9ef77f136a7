//! Is every format of a report whole, in both languages, and harmless whatever a server says?
//!
//! The snapshots of `fixtures/reports` are of the evidence that stands beside them;
//! `EXDIAG_BLESS=1 cargo test --test formats` rewrites them.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use exdiag::finding::{Lang, Severity, Status, steers};
use exdiag::report::{
    FailOn, Report, TextStyle, Verbosity, Wording, plugin_code, read, write_html, write_json, write_json_line,
    write_junit, write_markdown, write_nagios, write_prometheus, write_text,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

const CASES: [&str; 3] = ["intermediate-missing", "healthy", "everything-silent"];
/// Ending and writer of each format.
type Writer = fn(&[Report], TextStyle, &mut dyn Write) -> std::io::Result<()>;
const FORMATS: &[(&str, Writer)] = &[
    ("txt", |reports, style, out| reports.iter().try_for_each(|report| write_text(report, style, out))),
    ("md", |reports, style, out| reports.iter().try_for_each(|report| write_markdown(report, style, out))),
    ("html", |reports, style, out| write_html(reports, style.lang, out)),
    ("xml", |reports, style, out| write_junit(reports, style.lang, out)),
    ("nagios", |reports, style, out| write_nagios(reports, style.lang, out)),
    ("prom", |reports, style, out| write_prometheus(reports, style.lang, out)),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports")
}

fn report_of(case: &str, lang: Lang) -> Report {
    let evidence = read(&fs::read(folder().join(format!("{case}.json"))).unwrap()).unwrap().remove(0);
    let mut report = exdiag::replay(evidence).report(Wording { lang, fail_on: FailOn::Fail });
    "0.0.0".clone_into(&mut report.tool.version);
    report
}

fn written(format: &str, reports: &[Report], lang: Lang, verbosity: Verbosity) -> String {
    colored::control::set_override(false);
    let mut out = Vec::new();
    let (_, write) = FORMATS.iter().find(|(ending, _)| *ending == format).unwrap();
    write(reports, TextStyle { lang, verbosity }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn normal(format: &str, reports: &[Report]) -> String {
    written(format, reports, Lang::En, Verbosity::Normal)
}

#[test]
fn every_format_reads_as_it_did_in_both_languages() {
    let bless = std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1");
    let (mut wrong, mut known) = (Vec::new(), BTreeSet::new());
    for case in CASES {
        known.insert(format!("{case}.json"));
        for (lang, word) in [(Lang::En, "en"), (Lang::De, "de")] {
            let report = report_of(case, lang);
            for (ending, _) in FORMATS {
                let name = format!("{case}.{word}.{ending}");
                let text = written(ending, std::slice::from_ref(&report), lang, Verbosity::Normal);
                let path = folder().join(&name);
                if bless {
                    fs::write(&path, &text).unwrap();
                } else if fs::read_to_string(&path).unwrap_or_default() != text {
                    wrong.push(name.clone());
                }
                known.insert(name);
            }
        }
    }
    for word in ["en", "de"] {
        let name = format!("logs.{word}.html");
        let text = of_logs(&[("corp", "CORP%5Canna"), ("agent", "python-EAS-Client+1.0")], word);
        if bless {
            fs::write(folder().join(&name), &text).unwrap();
        } else if fs::read_to_string(folder().join(&name)).unwrap_or_default() != text {
            wrong.push(name.clone());
        }
        known.insert(name);
    }
    let there = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    wrong.extend(there.filter(|name| !known.contains(name)));
    assert!(wrong.is_empty(), "not as written in fixtures/reports: {wrong:?}");
}

#[test]
fn a_german_report_has_no_english_words_of_its_own() {
    for case in CASES {
        for (ending, _) in FORMATS {
            let text = written(ending, &[report_of(case, Lang::De)], Lang::De, Verbosity::Normal);
            for word in ["Who must act", "passed,", "Checks\n", "refuses", "accepts", "whoever", "Whether", "How many"]
            {
                assert!(!text.contains(word), "{case}.{ending}: {word}");
            }
        }
    }
}

#[test]
fn contract_2_nagios_has_the_codes_of_a_plugin() {
    let broken = report_of("intermediate-missing", Lang::En);
    let healthy = report_of("healthy", Lang::En);
    let with = |status| Report { status, ..healthy.clone() };
    assert_eq!(plugin_code(std::slice::from_ref(&healthy)), 0);
    assert_eq!(plugin_code(&[with(Status::Warn)]), 1);
    assert_eq!(plugin_code(std::slice::from_ref(&broken)), 2);
    assert_eq!(plugin_code(&[with(Status::Inconclusive)]), 3);
    assert_eq!(plugin_code(&[with(Status::Skip)]), 3);
    assert_eq!(plugin_code(&[]), 3);
    // of several the worst; that nothing is known is worse than a warning
    assert_eq!(plugin_code(&[healthy.clone(), broken.clone(), with(Status::Inconclusive)]), 2);
    assert_eq!(plugin_code(&[with(Status::Warn), with(Status::Inconclusive)]), 3);
    let mut interrupted = healthy.clone();
    interrupted.evidence.cut_short = Some(exdiag::evidence::NoAnswer::Cancelled);
    assert_eq!(plugin_code(&[interrupted]), 3);
    let several = normal("nagios", &[healthy, broken]);
    plugin_output(&several);
    assert!(several.starts_with("EXDIAG CRITICAL - 1 of 2 mailboxes, anna@corp.example: "), "{several}");
}

/// The grammar of the plugin API and of performance data (Monitoring Plugins Development Guidelines):
/// `'label'=value[UOM];[warn];[crit];[min];[max]`.
fn plugin_output(text: &str) {
    let mut lines = text.lines();
    let (said, data) = lines.next().unwrap().split_once('|').unwrap();
    let state = said.strip_prefix("EXDIAG ").unwrap();
    assert!(["OK - ", "WARNING - ", "CRITICAL - ", "UNKNOWN - "].iter().any(|word| state.starts_with(word)), "{said}");
    assert!(said.chars().count() < 300, "{said}");
    let mut rest = data.trim();
    let mut labels = BTreeSet::new();
    while !rest.is_empty() {
        let (label, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once("'=").unwrap(),
            None => rest.split_once('=').unwrap(),
        };
        assert!(!label.is_empty() && !label.contains(['=', '\'']) && labels.insert(label.to_owned()), "{label}");
        let (values, next) = after.split_once(' ').unwrap_or((after, ""));
        let fields: Vec<&str> = values.split(';').collect();
        assert!(fields.len() <= 5, "{values}");
        let number = |text: &str| text.parse::<f64>().is_ok();
        assert!(number(fields[0].trim_end_matches('s')), "{values}");
        for range in fields.iter().skip(1).filter(|range| !range.is_empty()) {
            let bounds: Vec<&str> = range.trim_start_matches('@').split(':').collect();
            let fine = |bound: &&str| bound.is_empty() || *bound == "~" || number(bound);
            assert!(bounds.len() <= 2 && bounds.iter().all(fine), "{range}");
        }
        rest = next.trim_start();
    }
    assert!(lines.all(|line| !line.contains('|')), "{text}");
}

/// The text format 0.0.4: comments, samples, every series once and all of a metric together.
fn metrics(text: &str) {
    assert!(text.ends_with('\n'));
    let (mut seen, mut done, mut now) = (BTreeSet::new(), BTreeSet::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            rest.split_once(' ').unwrap().0.clone_into(&mut now);
            assert!(done.insert(now.clone()), "{now} twice");
            continue;
        }
        if line.starts_with("# TYPE ") {
            assert_eq!(line, format!("# TYPE {now} gauge"));
            continue;
        }
        let (name, rest) = line.split_once('{').unwrap();
        assert_eq!(name, now);
        let mut letters = rest.char_indices();
        let (mut within, mut end) = (false, None);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' if within => assert!(matches!(letters.next(), Some((_, '\\' | '"' | 'n'))), "{line}"),
                '"' => within = !within,
                '}' if !within => {
                    end = Some(at);
                    break;
                }
                letter if within => assert!(!steers(letter)),
                letter => {
                    assert!(letter == ',' || letter == '=' || letter == '_' || letter.is_ascii_lowercase(), "{line}");
                }
            }
        }
        let (labels, value) = rest.split_at(end.unwrap());
        assert!(value.strip_prefix("} ").unwrap().parse::<f64>().is_ok(), "{line}");
        assert!(seen.insert(format!("{name}{labels}")), "{line} twice");
    }
}

/// The names of a document's tags in their order, attributes with them, as another parser reads it.
fn tags(xml: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut out = Vec::new();
    let mut noted = |start: &quick_xml::events::BytesStart<'_>| {
        let mut tag = start.name().as_ref().to_owned();
        for attribute in start.attributes() {
            let attribute = attribute.unwrap();
            tag.push(' ');
            tag.push_str(attribute.key.as_ref());
        }
        out.push(tag);
    };
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) => noted(&start),
            Event::Eof => break,
            Event::Text(_) | Event::End(_) | Event::Decl(_) | Event::GeneralRef(_) => {}
            other => panic!("{other:?}"),
        }
    }
    let valid = |letter: char| matches!(letter, '\n' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(valid), "XML 1.0, 2.2");
    out
}

/// A page as XML, which it is behind its first line.
fn page(reports: &[Report]) -> String {
    page_of(&normal("html", reports))
}

fn page_of(html: &str) -> String {
    html.strip_prefix("<!DOCTYPE html>\n").unwrap().to_owned()
}

#[test]
fn a_page_loads_nothing_and_runs_nothing() {
    let long = HOSTILE.join(" ");
    for case in CASES {
        for lang in [Lang::En, Lang::De] {
            for report in [report_of(case, lang), hostile(report_of(case, lang), &long)] {
                let html = written("html", &[report], lang, Verbosity::Normal);
                assert!(html.contains("default-src &#39;none&#39;"));
                let used: BTreeSet<String> = tags(&page_of(&html)).into_iter().collect();
                for tag in &used {
                    let mut words = tag.split(' ');
                    let name = words.next().unwrap();
                    let loads = ["script", "img", "link", "iframe", "object", "embed", "base", "form", "image", "use"];
                    assert!(!loads.contains(&name), "{tag}");
                    for attribute in words {
                        let runs =
                            attribute.starts_with("on") || ["src", "style", "srcset", "action"].contains(&attribute);
                        assert!(!runs && (attribute != "href" || name == "a"), "{tag}");
                    }
                }
                assert!(!html.contains("url(") && !html.contains("@import"));
                for (at, _) in html.match_indices("href=\"") {
                    assert!(html[at..].starts_with("href=\"https://"), "{}", &html[at..at + 60]);
                }
            }
        }
    }
}

/// What `exdiag logs` writes of a small log, in which some names are others.
fn of_logs(names: &[(&str, &str)], lang: &str) -> String {
    let mut log = String::from(
        "#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\r\n",
    );
    let stem = "/Microsoft-Server-ActiveSync/default.eas";
    for minute in 0..40 {
        let answer = if minute < 30 { "200 0 0" } else { "401 1 1326" };
        for (device, agent) in [("ApplDN01", "agent"), ("Dn2", "Outlook-iOS-Android/1.0")] {
            let query = format!("User=corp&DeviceId={device}&DeviceType=kind&Cmd=Sync");
            let (hour, minute) = (5 + minute / 8, minute % 8 * 7);
            let _ =
                writeln!(log, "2026-11-21 {hour:02}:{minute:02}:01 POST {stem} {query} login {agent} {answer} 90\r");
        }
    }
    log += "2026-11-21 20:00:00 GET /owa/ - - x 200 0 0 1\r\n2026-11-21 20:00:09 POST /Microsoft-Ser";
    for (name, value) in names {
        log = log
            .replace(&format!("={name}&"), &format!("={value}&"))
            .replace(&format!(" {name} "), &format!(" {value} "));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("u_ex261121.log"), log).unwrap();
    let args = ["logs", "u_ex261121.log", "--format", "html", "--lang", lang];
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_exdiag")).args(args).current_dir(&folder).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stdout).unwrap().replace(&format!("exdiag {}", env!("CARGO_PKG_VERSION")), "exdiag 0.0.0")
}

#[test]
fn what_stands_in_a_line_of_a_log_is_harmless_on_its_page() {
    let plain = of_logs(&[("corp", "a"), ("agent", "x"), ("kind", "y"), ("login", "-")], "en");
    assert!(plain.contains("<h1>") && plain.contains("default-src &#39;none&#39;"));
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img/src=x/onerror=alert(1)>",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "'onmouseover='alert(1)",
        "]]><!--</table></main>",
        "&lt;&#0;&nbsp;",
        "\u{1b}[2J\u{7}\u{9b}31m",
        "%1B%5B2J%E2%80%AEgpj.exe",
        "\u{202e}gpj.exe\u{2066}",
        "%00%FF%FE\u{ffff}",
        "javascript:alert(1)",
    ];
    for text in hostile {
        // in a query an ampersand begins the next item
        let (query, whole) = (text.replace('&', "%26"), text);
        let names = [("corp", query.as_str()), ("agent", whole), ("kind", query.as_str()), ("login", "-")];
        let page = of_logs(&names, "en");
        assert_eq!(tags(&page_of(&page)), tags(&page_of(&plain)), "{text}");
        assert!(!page.contains(|letter| letter != '\n' && steers(letter)), "{text}");
    }
}

#[test]
fn several_mailboxes_are_one_page() {
    let several = [report_of("healthy", Lang::En), report_of("intermediate-missing", Lang::En)];
    assert_eq!(tags(&page(&several)).iter().filter(|tag| tag.starts_with("article")).count(), 2);
}

/// The shape of a document: its elements, without the texts.
fn shape(markdown: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut out = Vec::new();
    for event in parser {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("HTML within: {html}"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("https://"), "{dest_url}");
                out.push("link".to_owned());
            }
            Event::Start(Tag::Image { .. }) => panic!("a picture within"),
            Event::Start(tag) => out.push(format!("{tag:?}").split(['(', ' ']).next().unwrap().to_owned()),
            _ => {}
        }
    }
    out
}

/// Puts a hostile text wherever a server, a name or a log could have put one.
fn hostile(mut report: Report, text: &str) -> Report {
    report.target.mailbox = Some(text.to_owned());
    text.clone_into(&mut report.target.domain);
    for check in &mut report.checks {
        if !check.findings.is_empty() || check.status == Status::Inconclusive {
            check.reason = check.reason.as_ref().map(|_| text.to_owned());
            check.summary = check.summary.as_ref().map(|_| text.to_owned());
        }
        for finding in &mut check.findings {
            text.clone_into(&mut finding.title);
            text.clone_into(&mut finding.detail);
            finding.subject.host = Some(text.to_owned());
            finding.subject.url = Some(text.to_owned());
            for (name, value) in &mut finding.data {
                plant(name, value, text);
            }
            finding.remediation.iter_mut().for_each(|remedy| spoil(remedy, text));
        }
    }
    for cause in &mut report.causes {
        text.clone_into(&mut cause.title);
        text.clone_into(&mut cause.summary);
        cause.subject.host = Some(text.to_owned());
        cause.remediation.iter_mut().for_each(|remedy| spoil(remedy, text));
    }
    for client in &mut report.clients {
        for id in &mut client.because {
            text.clone_into(id);
        }
        if let Some(road) = &mut client.autodiscover {
            road.host = Some(text.to_owned());
        }
    }
    report
}

fn spoil(remedy: &mut exdiag::report::Remediation, text: &str) {
    text.clone_into(&mut remedy.summary);
    for step in &mut remedy.steps {
        text.clone_into(step);
    }
    for command in &mut remedy.commands {
        text.clone_into(&mut command.text);
    }
}

/// What says which kind of thing it is stays: no server gives it.
fn plant(name: &str, value: &mut serde_json::Value, text: &str) {
    use serde_json::Value;
    match value {
        Value::String(_) if !["verdict", "step", "method", "repaired_chain"].contains(&name) => {
            *value = Value::from(text);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plant(name, item, text)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| plant(name, value, text)),
        _ => {}
    }
}

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "]]><!--",
    "</testsuites></failure>",
    "&lt;&#0;&nbsp;",
    "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m",
    "\u{202e}gpj.exe\u{2066}\u{200f}",
    "\u{0}\u{8}\u{b}\u{fffe}\u{ffff}",
    "a | b=1;2;3 | 'c'=4",
    "line\nEXDIAG OK - all is well\nexdiag_status{} 1\n# HELP x y",
    "back\\slash \\\" \" \\",
    "](https://evil.example) ![x](https://evil.example/x.png) [a]: https://evil.example",
    "https://evil.example/ www.evil.example @everyone <https://evil.example>",
    "| a | b |\n| - | - |",
    "```\n# heading\n~~~",
    "``` `` ` *bold* _it_ ~~no~~ # - + 1. 2) > $x$",
    "1. list",
    "- list",
    "# heading",
    "> quote",
    "    code",
    "===",
    "",
    "javascript:alert(1)",
];

/// Every format with these values is as harmless as it was with others.
fn is_harmless(text: &str) -> Result<(), TestCaseError> {
    for case in ["intermediate-missing", "everything-silent"] {
        let good = hostile(report_of(case, Lang::En), "x");
        let bad = [hostile(report_of(case, Lang::En), text)];
        let good = [good];
        prop_assert_eq!(tags(&normal("xml", &bad)), tags(&normal("xml", &good)));
        if !text.trim().is_empty() {
            // an address with https has one station more on its way
            let drawn = |tag: &String| ["line", "circle", "text"].contains(&tag.split(' ').next().unwrap());
            let told = |reports| tags(&page(reports)).into_iter().filter(|tag| !drawn(tag)).collect::<Vec<_>>();
            prop_assert!(told(&bad) == told(&good), "the page has other elements: {}", text);
            prop_assert_eq!(shape(&normal("md", &bad)), shape(&normal("md", &good)), "{}", normal("md", &bad));
        }
        plugin_output(&normal("nagios", &bad));
        metrics(&normal("prom", &bad));
        for (ending, _) in FORMATS.iter().filter(|(ending, _)| *ending != "txt") {
            let text = normal(ending, &bad);
            prop_assert!(!text.contains(|letter| letter != '\n' && steers(letter)), "{} {}", ending, text);
        }
    }
    Ok(())
}

#[test]
fn what_a_server_says_is_harmless_in_every_format() {
    let long = format!("{}.example", "h".repeat(10_000));
    for text in HOSTILE.iter().copied().chain([long.as_str()]) {
        is_harmless(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]
    #[test]
    fn any_text_is_harmless_in_every_format(text in "([<>&\"'`|\\\\\\]\\[()#*_~@:/.;{}=-]|\\PC|\\n|[\\x00-\\x1f]|[a-z0-9 ]){1,40}") {
        is_harmless(&text)?;
    }
}

#[test]
fn junit_counts_what_it_holds_and_says_what_to_do() {
    for case in CASES {
        let report = report_of(case, Lang::En);
        let xml = normal("xml", std::slice::from_ref(&report));
        let count = |tag: &str| tags(&xml).iter().filter(|name| name.split(' ').next() == Some(tag)).count();
        let ended = |status| report.checks.iter().filter(|check| check.status == status).count();
        assert_eq!(count("testcase"), 12, "{case}");
        assert_eq!(count("failure"), ended(Status::Fail), "{case}");
        assert_eq!(count("error"), ended(Status::Inconclusive), "{case}");
        assert_eq!(count("skipped"), ended(Status::Skip), "{case}");
        let fails = report.checks.iter().flat_map(|check| &check.findings).filter(|f| f.severity == Severity::Fail);
        for finding in fails {
            assert!(xml.contains(&format!("[{}]", finding.code)), "{case}: {}", finding.code);
        }
    }
    let several = [report_of("healthy", Lang::En), report_of("intermediate-missing", Lang::En)];
    assert_eq!(tags(&normal("xml", &several)).iter().filter(|tag| tag.starts_with("testsuite ")).count(), 2);
}

#[test]
fn several_mailboxes_as_json_are_one_report_a_line() {
    let mut out = Vec::new();
    for case in CASES {
        write_json_line(&report_of(case, Lang::En), &mut out).unwrap();
    }
    assert_eq!(std::str::from_utf8(&out).unwrap().lines().count(), CASES.len());
    assert_eq!(read(&out).unwrap().len(), CASES.len());
    let mut json = Vec::new();
    write_json(&report_of("healthy", Lang::En), &mut json).unwrap();
    assert_eq!(read(&json).unwrap().len(), 1);
}

#[test]
fn contract_2_a_plugin_that_cannot_begin_is_unknown_and_says_why_on_its_one_line() {
    for args in [&["check", "anna", "--format", "nagios"][..], &["check", "--format=nagios"]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_exdiag")).args(args).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.starts_with("EXDIAG UNKNOWN - ") && said.lines().count() == 1 && !said.contains('|'), "{said}");
    }
}
