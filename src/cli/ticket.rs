//! What belongs to a ticket, and how does it become one archive (`--output ticket.zip`)?
//!
//! The report for programs, for the browser and for the terminal, the repaired chain where there is one, a
//! list of them with their sums, and the same sums for `sha256sum -c`. The order, the names and the times
//! follow from the reports: the same reports make the same archive.

use super::exit::{Trouble, say};
use super::output::repaired_chain;
use super::system;
use crate::evidence::redact::Level;
use crate::finding::{Lang, Sentence, harmless};
use crate::gather::logs::is_litter;
use crate::order;
use crate::protocol::der::hex;
use crate::report::{Report, TextStyle, Verbosity, write_html, write_json, write_text};
use crate::text;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Cursor, Read as _, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const REPORT: &str = "report.json";
const SUMS: &str = "SHA256SUMS";
const MANIFEST: &str = "manifest.json";

/// How many members an archive may have that is read.
const MEMBERS: usize = 10_000;
/// How large all reports in it may be together.
pub const LARGEST: u64 = 256 * 1024 * 1024;

/// Whether a file's ending asks for an archive.
pub fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

/// The list of what an archive holds.
#[derive(Serialize)]
struct Manifest {
    schema_version: &'static str,
    tool: Tool,
    /// When the last of the runs began.
    time: String,
    /// What was taken out of all of it.
    redacted: Option<Level>,
    files: Vec<Member>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Member {
    name: String,
    size: usize,
    sha256: String,
}

/// Writes the archive.
pub fn write(reports: &[Report], style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (number, report) in (1..).zip(reports) {
        let folder = if reports.len() > 1 { folder(number, reports.len(), report) } else { String::new() };
        files.extend(of_report(report, style)?.into_iter().map(|(name, bytes)| (format!("{folder}{name}"), bytes)));
    }
    let sum = |bytes: &[u8]| hex(digest(&SHA256, bytes).as_ref());
    let started_at = reports.last().map(|report| report.started_at.clone()).unwrap_or_default();
    let manifest = Manifest {
        schema_version: "1.0",
        tool: Tool { name: "exdiag", version: crate::report::VERSION },
        time: started_at.clone(),
        redacted: reports.first().and_then(|report| report.redacted.as_ref()).map(|redacted| redacted.level),
        files: files
            .iter()
            .map(|(name, bytes)| Member { name: name.clone(), size: bytes.len(), sha256: sum(bytes) })
            .collect(),
    };
    files.push((MANIFEST.to_owned(), format!("{}\n", serde_json::to_string_pretty(&manifest)?).into_bytes()));
    let mut sums = String::new();
    for (name, bytes) in &files {
        let _ = writeln!(sums, "{}  {name}", sum(bytes));
    }
    files.push((SUMS.to_owned(), sums.into_bytes()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(moment(&started_at))
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in &files {
        archive.start_file(name.as_str(), options)?;
        archive.write_all(bytes)?;
    }
    out.write_all(&archive.finish()?.into_inner())
}

fn of_report(report: &Report, style: TextStyle) -> io::Result<Vec<(&'static str, Vec<u8>)>> {
    let (mut json, mut html, mut text) = (Vec::new(), Vec::new(), Vec::new());
    write_json(report, &mut json)?;
    write_html(std::slice::from_ref(report), style.lang, &mut html)?;
    // a file is read by more than this terminal, and keeps all that is known
    colored::control::set_override(false);
    write_text(report, TextStyle { verbosity: style.verbosity.max(Verbosity::Normal), ..style }, &mut text)?;
    let mut files = vec![(REPORT, json), ("report.html", html), ("report.txt", text)];
    files.extend(repaired_chain(report).map(|pem| ("chain.pem", pem.as_bytes().to_vec())));
    Ok(files)
}

/// The folder of one of several reports: numbered, so that each is its own and none has a name that means
/// something to a system.
fn folder(number: usize, of: usize, report: &Report) -> String {
    let width = of.to_string().len();
    let label = report.target.mailbox.as_deref().unwrap_or(&report.target.domain);
    let is_safe = |letter: char| letter.is_ascii_alphanumeric() || "@._-".contains(letter);
    let label: String = label.chars().take(100).map(|letter| if is_safe(letter) { letter } else { '_' }).collect();
    format!("{number:0width$}-{}/", label.trim_end_matches('.'))
}

/// The time of the members; an archive knows none before 1980.
fn moment(started_at: &str) -> DateTime {
    let civil = started_at.parse::<Timestamp>().map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).datetime());
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    civil
        .ok()
        .and_then(|at| {
            let year = u16::try_from(at.year()).ok()?;
            DateTime::from_date_and_time(
                year,
                part(at.month()),
                part(at.day()),
                part(at.hour()),
                part(at.minute()),
                part(at.second()),
            )
            .ok()
        })
        .unwrap_or_default()
}

/// Whether these bytes are an archive.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The reports in an archive, one after the other, as a file of several reports has them, where they are as they
/// were written; says so where the archive does not tell. Never unpacks more than `LARGEST`, whatever the archive
/// says of itself.
pub fn reports(bytes: &[u8], path: &Path, lang: Lang) -> Result<Vec<u8>, Trouble> {
    let (reports, has_sums) = read(bytes, LARGEST).map_err(|refusal| refusal.told(path))?;
    if !has_sums {
        let hint = text!(
            "exdiag: the archive {path} holds neither {sums} nor {manifest}: whether its reports are as they were written cannot be told",
            "exdiag: Das Archiv {path} enthält weder {sums} noch {manifest}: Ob seine Berichte so sind, wie sie geschrieben wurden, lässt sich nicht sagen",
        );
        say(&Sentence::new(hint).with("path", named(path)).with("sums", SUMS).with("manifest", MANIFEST).say(lang));
    }
    Ok(reports)
}

/// Why an archive is not read.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Broken(String),
    NoReport,
    TooLarge,
    /// A member is another one than its sum says.
    Changed(String),
    /// A sum is there, its member is not.
    Missing(String),
    /// A member is there, its sum is not.
    Unlisted(String),
    /// A list is none.
    List(String),
}

impl Refusal {
    fn told(&self, path: &Path) -> Trouble {
        match self {
            Self::Broken(error) => Trouble::new(text!(
                "could not read the archive {path} ({error}); name one that exdiag has written with --output",
                "Das Archiv {path} lässt sich nicht lesen ({error}); nennen Sie eines, das exdiag mit --output geschrieben hat",
            ))
            .with_said("error", system::quoted(error)),
            Self::NoReport => Trouble::new(text!(
                "there is no report.json in the archive {path}; name one that exdiag has written with --output",
                "Im Archiv {path} ist kein report.json; nennen Sie eines, das exdiag mit --output geschrieben hat",
            )),
            Self::Changed(member) => Trouble::new(text!(
                "{member} in the archive {path} is not as it was written: its SHA-256 is not the one that the archive lists; have the archive sent again",
                "{member} im Archiv {path} ist nicht so, wie die Datei geschrieben wurde: Ihre SHA-256-Summe ist nicht die, die das Archiv nennt; lassen Sie sich das Archiv erneut senden",
            ))
            .with("member", harmless(member)),
            Self::Missing(member) => Trouble::new(text!(
                "{member} is missing in the archive {path}, though the archive lists it; have the archive sent again",
                "{member} fehlt im Archiv {path}, obwohl das Archiv die Datei aufführt; lassen Sie sich das Archiv erneut senden",
            ))
            .with("member", harmless(member)),
            Self::Unlisted(member) => Trouble::new(text!(
                "{member} was put into the archive {path} later: its list does not name it; have the archive sent again",
                "{member} kam später in das Archiv {path}: Dessen Liste nennt die Datei nicht; lassen Sie sich das Archiv erneut senden",
            ))
            .with("member", harmless(member)),
            Self::List(list) => Trouble::new(text!(
                "the list {list} in the archive {path} is damaged: it has to name at least one file, and of each its SHA-256 of 64 hexadecimal digits; have the archive sent again",
                "Die Liste {list} im Archiv {path} ist beschädigt: Sie muss mindestens eine Datei nennen, jede mit ihrer SHA-256-Summe aus 64 Hexadezimalziffern; lassen Sie sich das Archiv erneut senden",
            ))
            .with("list", harmless(list)),
            Self::TooLarge => Trouble::new(text!(
                "the archive {path} was not unpacked: it has more than {members} members, or members of more than {size} MiB; unpack it yourself if you trust it, and name its report.json",
                "Das Archiv {path} wurde nicht entpackt: Es hat mehr als {members} Dateien oder Dateien von mehr als {size} MiB; entpacken Sie es selbst, wenn Sie ihm trauen, und nennen Sie sein report.json",
            ))
            .with("members", MEMBERS)
            .with("size", LARGEST / (1024 * 1024)),
        }
        .with_said("path", named(path))
    }
}

/// How an archive is called, behind that word.
fn named(path: &Path) -> serde_json::Value {
    if path == Path::new("-") {
        text!("from standard input", "aus der Standardeingabe").into()
    } else {
        path.display().to_string().into()
    }
}

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;
/// Members and their sums.
type Sums = BTreeMap<String, String>;

/// The reports, and whether the archive holds sums of its members; where it does, all of them are right.
fn read(bytes: &[u8], largest: u64) -> Result<(Vec<u8>, bool), Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| Refusal::Broken(error.to_string()))?;
    if archive.len() > MEMBERS {
        return Err(Refusal::TooLarge);
    }
    // a name that cannot be read is one all the same
    let read = |(name, raw): (zip::result::ZipResult<Cow<'_, str>>, &[u8])| {
        let name = name.map_or_else(|_| String::from_utf8_lossy(raw).into_owned(), Cow::into_owned);
        // as Compress-Archive of Windows PowerShell 5.1 writes folders
        name.replace('\\', "/")
    };
    let members: Vec<String> = archive.file_names().zip(archive.file_names_raw()).map(read).collect();
    let is_report = |name: &&String| {
        (*name == REPORT || name.strip_suffix(REPORT).is_some_and(|folder| folder.ends_with('/'))) && !is_litter(name)
    };
    let mut names: Vec<&String> = members.iter().filter(is_report).collect();
    order::rising(&mut names);
    if names.is_empty() {
        return Err(Refusal::NoReport);
    }
    let listed = sums(&mut archive, (&members, &names), largest)?;
    if let Some(listed) = &listed {
        right(&mut archive, &members, listed, largest)?;
    }
    let mut all = Vec::new();
    for name in names {
        let room = largest.saturating_sub(all.len() as u64);
        all.append(&mut member(&mut archive, &members, name, room)?);
        all.push(b'\n');
    }
    Ok((all, listed.is_some()))
}

/// One member, where it is no larger than there is room for.
fn member(archive: &mut Archive<'_>, members: &[String], name: &str, room: u64) -> Result<Vec<u8>, Refusal> {
    let broken = |error: &dyn std::fmt::Display| Refusal::Broken(error.to_string());
    let number = members.iter().position(|member| member == name).unwrap_or(members.len());
    let member = archive.by_index(number).map_err(|error| broken(&error))?;
    let mut bytes = Vec::new();
    member.take(room.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
    if bytes.len() as u64 > room { Err(Refusal::TooLarge) } else { Ok(bytes) }
}

/// What the archive lists of its members.
struct Listed {
    /// The lists themselves, of which nothing has the sum.
    lists: BTreeSet<String>,
    sums: Sums,
}

/// The sum of each member that the archive lists: in `SHA256SUMS`, or else in its manifest; `None` where it has
/// neither. What an unpacked folder is packed again into has them in that folder, and the names count from there.
fn sums(
    archive: &mut Archive<'_>,
    (members, reports): (&[String], &[&String]),
    largest: u64,
) -> Result<Option<Listed>, Refusal> {
    let known: BTreeSet<&str> = order::set(members.iter().map(String::as_str));
    let above = |report: &&String| -> Vec<String> {
        let ends = report.match_indices('/').filter_map(|(at, _)| report.get(..=at));
        ends.map(str::to_owned).chain([String::new()]).collect()
    };
    let folders: BTreeSet<String> = order::set(reports.iter().flat_map(above));
    let mut listed = Listed { lists: BTreeSet::new(), sums: Sums::new() };
    let mut bases: Vec<String> = Vec::new();
    for folder in folders {
        // a list below another one is a member like any other: it makes nothing known that the upper one does not name
        if bases.iter().any(|base| folder.starts_with(base.as_str())) {
            continue;
        }
        let lists = [SUMS, MANIFEST].map(|list| (list, format!("{folder}{list}")));
        let Some((list, name)) = lists.into_iter().find(|(_, name)| known.contains(name.as_str())) else { continue };
        let bytes = member(archive, members, &name, largest)?;
        let read = if list == SUMS { lines_of_sums(&String::from_utf8_lossy(&bytes)) } else { of_manifest(&bytes) };
        let Some(sums) = read.filter(|sums| !sums.is_empty()) else { return Err(Refusal::List(name)) };
        listed.sums.extend(sums.into_iter().map(|(name, sum)| (format!("{folder}{name}"), sum)));
        listed.lists.insert(name);
        bases.push(folder);
    }
    Ok((!bases.is_empty()).then_some(listed))
}

/// The lines of `sha256sum`, in which a star marks what was summed as binary; `None` where one is none.
fn lines_of_sums(text: &str) -> Option<Sums> {
    let one = |line: &str| {
        let (sum, name) = line.split_once(' ')?;
        named_sum(name.trim_start().trim_start_matches('*'), sum)
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(one).collect()
}

fn of_manifest(bytes: &[u8]) -> Option<Sums> {
    let manifest: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let text = |file: &serde_json::Value, name| Some(file.get(name)?.as_str()?.to_owned());
    let one = |file: &serde_json::Value| named_sum(&text(file, "name")?, &text(file, "sha256")?);
    manifest.get("files")?.as_array()?.iter().map(one).collect()
}

/// A member and its sum, where it is one.
fn named_sum(name: &str, sum: &str) -> Option<(String, String)> {
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_sum && !name.is_empty()).then(|| (name.to_owned(), sum.to_ascii_lowercase()))
}

/// Whether every sum is its member's, and every member but the lists has one.
fn right(archive: &mut Archive<'_>, members: &[String], listed: &Listed, largest: u64) -> Result<(), Refusal> {
    let Listed { lists, sums } = listed;
    let is_unlisted = |name: &&String| {
        !name.ends_with('/') && !lists.contains(*name) && !sums.contains_key(*name) && !is_litter(name)
    };
    if let Some(unlisted) = members.iter().find(is_unlisted) {
        return Err(Refusal::Unlisted(unlisted.clone()));
    }
    let known: BTreeSet<&str> = order::set(members.iter().map(String::as_str));
    // a report is also there as HTML and as text
    let mut room = largest.saturating_mul(4);
    for (name, sum) in sums {
        if !known.contains(name.as_str()) {
            return Err(Refusal::Missing(name.clone()));
        }
        let bytes = member(archive, members, name, room.min(largest))?;
        room = room.saturating_sub(bytes.len() as u64);
        if hex(digest(&SHA256, &bytes).as_ref()) != *sum {
            return Err(Refusal::Changed(name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn an_archive_that_grows_without_end_is_refused() {
        let zeros = vec![b' '; 4 << 20];
        let bomb = archive(&[("report.json", &zeros)]);
        assert!(bomb.len() < 1 << 16, "{}", bomb.len());
        assert_eq!(read(&bomb, 1 << 20), Err(Refusal::TooLarge));
        let many = archive(&[("1-a@b/report.json", &zeros[..600_000]), ("2-c@d/report.json", &zeros[..600_000])]);
        assert_eq!(read(&many, 1 << 20), Err(Refusal::TooLarge));
    }

    #[test]
    fn reports_are_read_in_the_order_of_their_folders_and_nothing_else_is() {
        let mixed = archive(&[("2-b/report.json", b"2"), ("other/notreport.json", b"9"), ("1-a/report.json", b"1")]);
        assert_eq!(read(&mixed, 99), Ok((b"1\n2\n".to_vec(), false)));
        assert_eq!(read(&archive(&[("x.json", b"1")]), 99), Err(Refusal::NoReport));
        assert!(matches!(read(b"PK\x03\x04 and no more", 99), Err(Refusal::Broken(_))));
    }
}
