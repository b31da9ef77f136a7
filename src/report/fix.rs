//! Which files hold what is to be done, ready for those who must act?
//!
//! Scripts, pieces of configuration, DNS records and the whole certificate chain, from the remedies of the causes. What
//! still lacks a name stands there as a comment, with what it lacks: no line runs with a wrong one. Whole scripts
//! refuse to run, for steps can exclude each other.

mod script;
mod zone;

use super::fold::fold;
use super::lead::{WHO, label, when};
use super::message::{owners, role};
use super::ready::{Known, Lack, statements};
use super::{CauseReport, CommandReport, Report};
use crate::evidence::View;
use crate::finding::{Lang, Owner, Sentence, Severity, Shell, harmless};
use crate::order;
use crate::protocol::chain;
use crate::text;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The width of prose in the files.
const WIDTH: usize = 78;

/// A file, to be written whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixFile {
    /// Its name within the folder: letters, digits, dots and hyphens.
    pub name: String,
    /// All that it holds.
    pub text: String,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Lines for `PowerShell`.
    Powershell(Owner),
    /// Lines for a shell, for the owner or, where none is named, for a proxy.
    Shell(Option<Owner>),
    /// Pieces of a proxy's or firewall's configuration.
    Config,
    /// Records of a zone.
    Zone,
}

/// A piece of a file: a command, where it stands, and what its parts lack.
struct Piece<'a> {
    kind: Kind,
    cause: &'a CauseReport,
    step: &'a str,
    /// Its parts; each with what it lacks.
    parts: Vec<(String, BTreeSet<Lack>)>,
}

/// All files for a report, `README.txt` first; none where there is nothing that a file could hold.
pub fn fix(report: &Report, lang: Lang) -> Vec<FixFile> {
    let chains = chains(report);
    let known = Known::of(report);
    let pieces: Vec<Piece<'_>> = report.causes.iter().flat_map(|cause| pieces(cause, &chains, &known)).collect();
    let mut kinds: Vec<Kind> = Vec::new();
    for piece in &pieces {
        if !kinds.contains(&piece.kind) {
            kinds.push(piece.kind);
        }
    }
    let mut files: Vec<(FixFile, String)> = Vec::new();
    for (host, pem) in &chains {
        let about = text!(
            "The whole certificate chain of {host}: its certificate and the intermediates, in the order in which a server sends them, without a private key. For: whoever runs the server or proxy where the TLS connection ends.",
            "Die ganze Zertifikatkette von {host}: das Serverzertifikat und die Zwischenzertifikate in der Reihenfolge, in der ein Server sie sendet, ohne privaten Schlüssel. Für: wer den Server oder Proxy betreibt, auf dem die TLS-Verbindung endet.",
        );
        let about = Sentence::new(about).with("host", host.as_str()).say(lang);
        files.push((FixFile { name: chain_file(host), text: pem.clone() }, about));
    }
    for kind in kinds {
        let of_it: Vec<&Piece<'_>> = pieces.iter().filter(|piece| piece.kind == kind).collect();
        let text = match kind {
            Kind::Zone => zone::zone(&of_it, &report.target.domain, lang),
            kind => script::script(kind, &of_it, lang),
        };
        files.push((FixFile { name: kind.file(), text }, kind.about(lang)));
    }
    if files.is_empty() {
        return Vec::new();
    }
    let readme = readme(report, &files, &pieces, lang);
    let mut out = vec![FixFile { name: "README.txt".to_owned(), text: readme }];
    out.extend(files.into_iter().map(|(file, _)| file));
    out
}

/// Why there are no files, in one sentence.
pub fn nothing_to_fix(report: &Report, lang: Lang) -> String {
    let said = if report.causes.is_empty() {
        text!(
            "there is nothing to fix for {label}, so no file was written",
            "bei {label} gibt es nichts zu beheben; es wurde keine Datei geschrieben",
        )
    } else {
        text!(
            "what is to be done for {label} is nothing that a file could hold (see the steps in the report); no file was written",
            "was bei {label} zu tun ist, passt in keine Datei (siehe die Schritte im Bericht); es wurde keine Datei geschrieben",
        )
    };
    Sentence::new(said).with("label", label(report)).say(lang)
}

impl Kind {
    fn of(command: &CommandReport, owner: Owner, beside_config: bool) -> Option<Self> {
        match command.shell {
            Shell::Powershell => Some(Self::Powershell(owner)),
            Shell::Zone => Some(Self::Zone),
            // other settings are addresses to open and names to tell
            Shell::Config => {
                let runs_servers = matches!(owner, Owner::Exchange | Owner::Web | Owner::Network);
                (runs_servers && !command.text.starts_with("https://")).then_some(Self::Config)
            }
            Shell::Shell if command.text.lines().all(looks) => None,
            Shell::Shell => Some(Self::Shell((!beside_config).then_some(owner))),
        }
    }

    fn file(self) -> String {
        match self {
            Self::Powershell(owner) => format!("{}.ps1", owner.id()),
            Self::Shell(None) => "proxy.sh".to_owned(),
            Self::Shell(Some(owner)) => format!("{}.sh", owner.id()),
            Self::Config => "proxy.conf".to_owned(),
            Self::Zone => "dns.zone".to_owned(),
        }
    }

    fn about(self, lang: Lang) -> String {
        let said = match self {
            Self::Powershell(owner) => Sentence::new(text!(
                "Lines for PowerShell (the Exchange Management Shell for cmdlets of Exchange). For: {role}.",
                "Zeilen für PowerShell (die Exchange-Verwaltungsshell bei Exchange-Cmdlets). Für: {role}.",
            ))
            .with("role", role(owner).of(lang)),
            Self::Shell(None) => text!(
                "Lines for the shell of a reverse proxy, where one ends the TLS connection. For: whoever runs it.",
                "Zeilen für die Shell eines Reverse-Proxys, wenn dort die TLS-Verbindung endet. Für: wer ihn betreibt.",
            )
            .into(),
            Self::Shell(Some(owner)) => {
                Sentence::new(text!("Lines for a shell. For: {role}.", "Zeilen für eine Shell. Für: {role}."))
                    .with("role", role(owner).of(lang))
            }
            Self::Config => text!(
                "Pieces for the configuration of proxy, web server or firewall, to be put where they belong. For: whoever runs it.",
                "Teile für die Konfiguration von Proxy, Webserver oder Firewall, zum Einsetzen an ihrer Stelle. Für: wer sie betreibt.",
            )
            .into(),
            Self::Zone => text!(
                "DNS records in the form of a zone file (RFC 1035). For: whoever runs the DNS of the domain.",
                "DNS-Einträge in der Form einer Zonendatei (RFC 1035). Für: wer das DNS der Domain verwaltet.",
            )
            .into(),
        };
        said.say(lang)
    }
}

/// Whether a line of a shell only looks at something.
fn looks(line: &str) -> bool {
    const LOOKERS: [&str; 9] = ["exdiag", "openssl", "curl", "nslookup", "dig", "date", "ping", "tcpdump", "time"];
    let mut words = line.split_whitespace().skip_while(|word| word.contains('='));
    words.next().is_none_or(|program| LOOKERS.contains(&program)) && !line.contains("$NYLAS_")
}

/// What the steps of a cause bring to files.
fn pieces<'a>(cause: &'a CauseReport, chains: &BTreeMap<String, String>, known: &Known) -> Vec<Piece<'a>> {
    let Some(remedy) = &cause.remediation else { return Vec::new() };
    let host = cause.subject.host.as_deref();
    let mut out = Vec::new();
    for command in &remedy.commands {
        let beside = remedy.commands.iter().any(|other| other.step == command.step && other.shell == Shell::Config);
        let Some(kind) = Kind::of(command, remedy.owner, beside) else { continue };
        let mut text = known.named(command, host);
        let mut unmade = None;
        if let Some(saved) = host.map(|host| format!("{host}-chain.pem")).filter(|saved| text.contains(saved.as_str()))
        {
            match host.filter(|host| chains.contains_key(*host)) {
                Some(host) => text = text.replace(&saved, &chain_file(host)),
                None => unmade = Some(saved),
            }
        }
        let parts = statements(command.shell, &text).into_iter().map(|part| {
            let mut lacks = known.lacks(&part, host);
            lacks.extend(unmade.iter().filter(|file| part.contains(file.as_str())).map(|file| Lack::chain(file)));
            (part, lacks)
        });
        let step = command.step.checked_sub(1).and_then(|at| remedy.steps.get(at)).map_or("", String::as_str);
        out.push(Piece { kind, cause, step, parts: parts.collect() });
    }
    out
}

/// The chains that servers should send, as PEM, by host: those that findings brought, and that of the first server
/// where a remedy names its file.
fn chains(report: &Report) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    for finding in findings.filter(|finding| finding.severity > Severity::Info) {
        if let Some(pem) = finding.data.get("repaired_chain").and_then(Value::as_str) {
            let host = finding.subject.host.as_deref().unwrap_or(&report.target.domain);
            out.entry(host.to_owned()).or_insert_with(|| pem.to_owned());
        }
    }
    if let Ok(Some((host, pem))) = chain::repaired_chain(&View::new(&report.evidence)) {
        let file = format!("{host}-chain.pem");
        let remedies = report.causes.iter().filter_map(|cause| cause.remediation.as_ref());
        let mut commands = remedies.flat_map(|remedy| &remedy.commands);
        if commands.any(|command| command.shell != Shell::Shell && command.text.contains(&file)) {
            out.entry(host).or_insert(pem);
        }
    }
    out
}

/// The files with chains, by host.
pub(super) fn chain_files(report: &Report) -> Vec<(String, String)> {
    let chains = chains(report);
    chains.into_keys().map(|host| (host.clone(), chain_file(&host))).collect()
}

/// The name of the file with a host's chain, whatever the host is called.
fn chain_file(host: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    let name: String = host.chars().take(200).map(plain).collect();
    format!("fullchain-{}.pem", name.trim_matches(['.', '-']))
}

/// Whether a `README.txt` is one of these, so that it may be replaced.
pub fn is_from_fix(readme: &str) -> bool {
    readme
        .lines()
        .take(5)
        .any(|line| line.starts_with("Written by exdiag") || line.starts_with("Geschrieben von exdiag"))
}

fn readme(report: &Report, files: &[(FixFile, String)], pieces: &[Piece<'_>], lang: Lang) -> String {
    let title = Sentence::new(text!("What is to be done for {label}", "Was bei {label} zu tun ist"))
        .with("label", label(report))
        .say(lang);
    let mut out = vec![title.clone(), "=".repeat(title.chars().count().min(WIDTH)), String::new()];
    let intro = Sentence::new(text!(
        "Written by exdiag, by what it saw on {when} UTC. exdiag has run nothing of this and changed nothing. Read every line before you use it: some steps exclude each other, and the comment above each says when it applies. A line that still lacks a name is commented out, and the comment says what belongs there. The scripts do not run as a whole for that reason.",
        "Geschrieben von exdiag, nach dem Stand vom {when} UTC. exdiag hat nichts davon ausgeführt und nichts geändert. Lesen Sie jede Zeile, bevor Sie sie verwenden: Manche Schritte schließen sich gegenseitig aus, und der Kommentar darüber sagt, wann einer gilt. Eine Zeile, der noch ein Name fehlt, ist auskommentiert; der Kommentar sagt, was dort einzusetzen ist. Deshalb laufen die Skripte nicht als Ganzes.",
    ))
    .with("when", when(report))
    .say(lang);
    prose(&mut out, "", "", &intro);
    out.extend([
        String::new(),
        text!("The files, in this order", "Die Dateien, in dieser Reihenfolge").of(lang).to_owned(),
    ]);
    for (number, (file, about)) in (1..).zip(files) {
        out.extend([String::new(), format!("{number}. {}", file.name)]);
        prose(&mut out, "   ", "   ", about);
    }
    out.extend([String::new(), text!("What each is for", "Wofür sie sind").of(lang).to_owned()]);
    for cause in &report.causes {
        let Some(remedy) = &cause.remediation else { continue };
        out.push(String::new());
        prose(&mut out, "- ", "  ", &format!("{} [{}]", cause.title, cause.code));
        prose(&mut out, "  ", "  ", &format!("{}: {}", WHO.of(lang), remedy.owner.title().of(lang)));
        let of_it = pieces.iter().filter(|piece| std::ptr::eq(piece.cause, cause)).map(|piece| piece.kind.file());
        let chain = cause
            .subject
            .host
            .as_deref()
            .map(chain_file)
            .filter(|name| cause.code.starts_with("tls.") && files.iter().any(|(file, _)| file.name == *name));
        let names: BTreeSet<String> = order::set(of_it.chain(chain));
        let names: Vec<String> = names.into_iter().collect();
        let said = if names.is_empty() {
            Sentence::new(text!(
                "No file: the steps are in the report and in exdiag explain {code}.",
                "Keine Datei: Die Schritte stehen im Bericht und in exdiag explain {code}."
            ))
            .with("code", cause.code.as_str())
        } else {
            Sentence::new(text!("Files: {names}", "Dateien: {names}")).with("names", names.join(", "))
        };
        prose(&mut out, "  ", "  ", &said.say(lang));
    }
    out.push(String::new());
    let everyone: Vec<&str> = owners(report).into_iter().map(Owner::id).collect();
    let end = Sentence::new(text!(
        "Other files in this folder are not of this run. A letter to each of those who must act: exdiag replay report.json --message-for all ({owners}).",
        "Andere Dateien in diesem Ordner stammen nicht aus diesem Lauf. Ein Anschreiben an jeden, der handeln muss: exdiag replay report.json --message-for all ({owners}).",
    ))
    .with("owners", everyone.join(", "));
    prose(&mut out, "", "", &end.say(lang));
    let lines = out.iter().flat_map(|line| [line.trim_end(), "\n"]);
    lines.collect()
}

/// Prose of anybody, in lines that begin so: nothing in it ends a comment.
fn prose(out: &mut Vec<String>, first: &str, other: &str, text: &str) {
    for (i, line) in fold(&harmless(text), WIDTH.saturating_sub(other.len())).into_iter().enumerate() {
        out.push(format!("{}{line}", if i == 0 { first } else { other }));
    }
}

/// The comment above a piece: which finding, and why.
fn heading(out: &mut Vec<String>, mark: &str, piece: &Piece<'_>, before: Option<&Piece<'_>>) {
    out.push(String::new());
    if !before.is_some_and(|before| std::ptr::eq(before.cause, piece.cause)) {
        prose(out, mark, mark, &format!("[{}] {}", piece.cause.code, piece.cause.title));
    }
    if !before.is_some_and(|before| std::ptr::eq(before.cause, piece.cause) && before.step == piece.step) {
        prose(out, mark, mark, piece.step);
    }
}

/// What a part lacks, as a comment.
fn lacking(out: &mut Vec<String>, mark: &str, lacks: &BTreeSet<Lack>, lang: Lang) {
    for lack in lacks {
        let said = text!(
            "For {mark} put in {what}, then take the {sign} away:",
            "Für {mark} setzen Sie {what} ein, dann entfernen Sie das {sign}:",
        );
        let said = Sentence::new(said).with("mark", lack.mark.as_str()).with("what", lack.what(lang));
        prose(out, mark, mark, &said.with("sign", mark.get(..1)).say(lang));
    }
}
