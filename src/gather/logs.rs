//! How are the files of logs found, opened and read, as fast as the machine can?
//!
//! A large file is read in parts by several threads. Each part is read as if the columns at the file's
//! beginning were still in force; where the part before it shows that they are not, it is read again.

mod bounded;
mod held;
mod same;
mod unpack;
mod walk;

use crate::evidence::logs::{LogKind, reasons};
use crate::order;
use crate::protocol::logs::{
    Chosen, Collected, Columns, Part, Reader, Scanner, Wanted, With, columns_of, kind, why_unknown,
};
use bounded::{Bounded, Ended};
use held::Held;
use same::{Change, Content, Found};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use unpack::{BEGINNING, Opened, opened};
pub use walk::is_litter;
use walk::{is_named_pipe, of_archive, said, walk};

/// What is read at once: it fits into the processor's own memory, where several searches over it cost little.
const BLOCK: usize = 128 << 10;

/// A file is read in four parts of at least and at most this size: enough for several threads, and not so
/// many that putting them together takes long.
const PART: (u64, u64) = (32 << 20, 1 << 30);

/// Why there is nothing to read.
#[derive(Debug)]
pub struct Unreadable {
    /// What was named.
    pub path: PathBuf,
    /// What the system said; `None` where it is a folder without any file.
    pub error: Option<io::Error>,
}

/// A file to be read.
#[derive(Debug, Clone)]
enum Place {
    Stdin,
    File(PathBuf),
    /// A member of an archive.
    Member(PathBuf, usize),
}

/// A piece of work.
#[derive(Debug, Clone)]
struct Unit {
    file: u32,
    place: Place,
    /// How long the file was when it was found; `None` where that is not known.
    size: Option<u64>,
    /// What it was then.
    found: Option<Found>,
    /// Which bytes of a plain file, and the columns that its beginning names.
    part: Option<(u64, u64, Option<Columns>)>,
}

/// What a unit has brought.
struct Read1 {
    kind: LogKind,
    part: Part,
    error: Option<String>,
    note: Option<&'static str>,
}

/// Everything that is to be read, found but not yet read.
#[derive(Debug, Default)]
pub struct Plan {
    units: Vec<Unit>,
    collected: Collected,
    /// What the files hold that were found so far.
    contents: BTreeMap<Content, u32>,
    /// The same once it is unpacked.
    held: Held,
    /// How many bytes there are, as far as that is known.
    pub bytes: u64,
    /// Whether requests to EWS count, too.
    pub ews: bool,
    /// Who is asked about.
    chosen: Chosen,
}

/// Finds what is to be read: files, all files of folders, members of archives; `-` is standard input. What is named
/// twice is read once.
pub fn plan(paths: &[PathBuf]) -> Result<Plan, Unreadable> {
    let mut plan = Plan::default();
    let mut known = BTreeSet::new();
    for path in paths {
        let fails = |error| Unreadable { path: path.clone(), error: Some(error) };
        if path == Path::new("-") {
            plan.unit("-".to_owned(), Place::Stdin);
            continue;
        }
        let (mut files, mut failed) = (Vec::new(), Vec::new());
        let data = std::fs::metadata(path).map_err(fails)?;
        if data.is_dir() {
            walk(path, &mut files, &mut failed).map_err(fails)?;
            files.retain(|file| !is_litter(&file.strip_prefix(path).unwrap_or(file).to_string_lossy()));
            order::rising(&mut files);
            if files.is_empty() && failed.is_empty() {
                return Err(Unreadable { path: path.clone(), error: None });
            }
        } else if is_named_pipe(path, &data) {
            return Err(Unreadable { path: path.clone(), error: Some(io::ErrorKind::WouldBlock.into()) });
        } else {
            files.push(path.clone());
        }
        for file in files {
            if file.canonicalize().is_ok_and(|whole| !known.insert(whole)) {
                continue;
            }
            match plan.one(&file) {
                Ok(()) => {}
                // one of many: rotated away since the folder was listed, or not for us to read
                Err(error) if data.is_dir() => failed.push((file, error)),
                Err(error) => return Err(Unreadable { path: file, error: Some(error) }),
            }
        }
        for (file, error) in failed {
            plan.unusable(file.display().to_string(), LogKind::Unknown, said(&error));
        }
    }
    plan.once();
    Ok(plan)
}

impl Plan {
    /// A file that is read from its beginning to its end and once only.
    fn unit(&mut self, name: String, place: Place) -> u32 {
        let file = self.collected.file(name, LogKind::Unknown);
        self.units.push(Unit { file, place, size: None, found: None, part: None });
        file
    }

    /// Leaves out what is packed beside the plain file.
    fn once(&mut self) {
        let spare = self.held.spare();
        for (copy, of) in &spare {
            self.collected.copy(*copy, *of);
        }
        let (left, units) =
            std::mem::take(&mut self.units).into_iter().partition(|unit| spare.contains_key(&unit.file));
        self.units = units;
        let left: Vec<Unit> = left;
        self.bytes -= left.iter().filter_map(|unit| unit.size).sum::<u64>().min(self.bytes);
    }

    fn unusable(&mut self, name: String, kind: LogKind, why: String) {
        let file = self.collected.file(name, kind);
        self.collected.broken(file, why);
    }

    fn one(&mut self, path: &Path) -> io::Result<()> {
        let name = path.display().to_string();
        let place = Place::File(path.to_owned());
        if !std::fs::metadata(path)?.is_file() {
            self.unit(name, place);
            return Ok(());
        }
        let mut file = File::open(path)?;
        let data = file.metadata()?;
        let size = data.len();
        // what the kernel makes up has none
        let known = Some(size).filter(|size| *size > 0);
        let mut head = Vec::new();
        (&mut file).take(BEGINNING).read_to_end(&mut head)?;
        let content = Content::of(&file, size, &head)?;
        if let Some(of) = content.as_ref().and_then(|content| self.contents.get(content)) {
            let copy = self.collected.file(name, LogKind::Unknown);
            self.collected.copy(copy, *of);
            return Ok(());
        }
        let is_zip = head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06");
        // of an archive, its members are files
        let number = if is_zip { u32::MAX } else { self.collected.file(name.clone(), LogKind::Unknown) };
        self.contents.extend(content.map(|content| (content, number)));
        self.bytes += size;
        let found = known.map(|_| Found::new(&data, &head));
        if is_zip {
            match zip::ZipArchive::new(file) {
                Ok(mut archive) => self.members(path, &name, &mut archive),
                Err(error) => self.unusable(name, LogKind::Binary, said(&of_archive(error))),
            }
            return Ok(());
        }
        if unpack::is_gzip(&head) {
            // one that cannot be unpacked says so when it is read
            let _ = self.held.gzip(number, &file, &head);
        } else if let Some(size) = known {
            self.held.plain(number, path, size, &head);
        }
        let plain = !unpack::is_packed(&head) && kind(&head) == LogKind::Iis;
        let length = (size / 4).clamp(PART.0, PART.1);
        if !plain || size < 2 * length {
            self.units.push(Unit { file: number, place, size: known, found, part: None });
            return Ok(());
        }
        // what the first header says holds until another one is met
        let mut first = Scanner::new(number, None);
        first.feed(&head);
        let columns = first.finish().columns.or_else(|| columns_of(&head));
        let mut from = 0;
        while from < size {
            let to = if size - from < length * 3 / 2 { size } else { from + length };
            let part = Some((from, to, columns.clone()));
            self.units.push(Unit { file: number, place: place.clone(), size: known, found: found.clone(), part });
            from = to;
        }
        Ok(())
    }

    fn members(&mut self, path: &Path, name: &str, archive: &mut zip::ZipArchive<File>) {
        let mut is_empty = true;
        for member in 0..archive.len() {
            let inner = archive.name_for_index(member).and_then(Result::ok).unwrap_or_default();
            if inner.ends_with('/') || is_litter(&inner) {
                continue;
            }
            is_empty = false;
            let file = self.unit(format!("{name}:{inner}"), Place::Member(path.to_owned(), member));
            // what cannot be opened says so when it is read
            if let Ok(raw) = archive.by_index_raw(member) {
                self.held.member(file, raw.size(), raw.crc32());
            }
        }
        if is_empty {
            self.unusable(name.to_owned(), LogKind::Binary, reasons::NO_MEMBER.to_owned());
        }
    }

    /// Those who are asked about are told of however many devices there are.
    pub fn choose(&mut self, wanted: &Wanted) {
        self.chosen = self.collected.choose(wanted);
    }

    /// Reads everything with so many threads. `done` counts bytes while it is under way.
    pub fn read(mut self, threads: usize, done: &AtomicU64) -> Collected {
        let (next, is_large) = (AtomicUsize::new(0), AtomicBool::new(false));
        let units = std::mem::take(&mut self.units);
        let with = With { ews: self.ews, chosen: self.chosen, ..With::default() };
        let (send, receive) = mpsc::channel();
        let collected = &mut self.collected;
        std::thread::scope(|scope| {
            for thread in 0..threads.min(units.len()) {
                let (next, units, with, send, is_large) = (&next, &units, &with, send.clone(), &is_large);
                scope.spawn(move || {
                    // one goes on where there is no room for several
                    while thread == 0 || !is_large.load(Ordering::Relaxed) {
                        let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                        let read = run(unit, with, done);
                        is_large.fetch_or(read.part.table.is_large(), Ordering::Relaxed);
                        if send.send((unit.clone(), read)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(send);
            // parts of one file are taken in their order: lines are numbered through
            let mut waiting: BTreeMap<(u32, u64), (Unit, Read1)> = BTreeMap::new();
            let mut ends: BTreeMap<u32, (u64, Option<Columns>)> = BTreeMap::new();
            for (unit, read) in receive {
                let file = unit.file;
                let from = unit.part.as_ref().map_or(0, |(from, ..)| *from);
                waiting.insert((file, from), (unit, read));
                loop {
                    let at = ends.get(&file).map_or(0, |(at, _)| *at);
                    let Some((unit, read)) = waiting.remove(&(file, at)) else { break };
                    let Some((from, to, assumed)) = &unit.part else {
                        take(collected, file, read);
                        break;
                    };
                    let before = ends.remove(&file).map(|(_, columns)| columns);
                    let read = match before {
                        Some(columns) if columns != *assumed => {
                            let again = Unit { part: Some((*from, *to, columns)), ..unit.clone() };
                            run(&again, &with, &AtomicU64::new(0))
                        }
                        _ => read,
                    };
                    ends.insert(file, (*to, read.part.columns.clone()));
                    take(collected, file, read);
                }
            }
        });
        self.collected
    }
}

fn take(collected: &mut Collected, file: u32, read: Read1) {
    collected.kind(file, read.kind);
    collected.add(file, read.part);
    if let Some(error) = read.error {
        collected.broken(file, error);
    }
    if let Some(note) = read.note {
        collected.note(file, note);
    }
}

fn run(unit: &Unit, with: &With, done: &AtomicU64) -> Read1 {
    let result = match (&unit.place, &unit.part) {
        (Place::File(path), Some((from, to, columns))) => part(unit, path, with, (*from, *to), columns.clone(), done),
        (Place::File(path), None) => {
            File::open(path).map(|file| checked(stream(unit, &file, with, done), unit, &file, path))
        }
        (Place::Stdin, _) => Ok(stream(unit, io::stdin(), with, done)),
        (Place::Member(path, member), _) => File::open(path).and_then(|file| {
            let mut archive = zip::ZipArchive::new(file).map_err(of_archive)?;
            let member = archive.by_index(*member).map_err(of_archive)?;
            Ok(stream(unit, member, with, done))
        }),
    };
    result.unwrap_or_else(|error| Read1 {
        kind: LogKind::Unknown,
        part: Part::default(),
        error: Some(said(&error)),
        note: None,
    })
}

/// What was read, and whether it was the file that was found.
fn checked(mut read: Read1, unit: &Unit, file: &File, path: &Path) -> Read1 {
    let Some(found) = &unit.found else { return read };
    match found.change(file, path) {
        Ok(Some(Change::Lost(why))) => _ = read.error.get_or_insert_with(|| why.to_owned()),
        Ok(Some(Change::Harmless(what))) => read.note = Some(what),
        // what could be read to its end is not lost by what is asked of it afterwards
        Ok(None) | Err(_) => {}
    }
    read
}

/// A part of a plain IIS log: the lines that begin in it.
fn part(
    unit: &Unit,
    path: &Path,
    with: &With,
    (from, to): (u64, u64),
    columns: Option<Columns>,
    done: &AtomicU64,
) -> io::Result<Read1> {
    let whole = File::open(path)?;
    let mut file = &whole;
    let mut scanner = Scanner::new(unit.file, columns).with(with);
    let mut at = from.saturating_sub(1);
    file.seek(SeekFrom::Start(at))?;
    let ended = Ended::default();
    let mut input = Bounded::new(file, unit.size.map(|size| size.saturating_sub(at)), &ended, done);
    let mut begun = from == 0;
    let mut buffer = vec![0; BLOCK];
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(failed) if failed.kind() == io::ErrorKind::Interrupted => continue,
            Err(failed) => return Err(failed),
        };
        let mut bytes = buffer.get(..read).unwrap_or_default();
        let mut offset = at;
        at += read as u64;
        if !begun {
            // the line that the byte before the part belongs to is the other part's
            let Some(end) = memchr::memchr(b'\n', bytes) else {
                if at >= to {
                    break;
                }
                continue;
            };
            begun = true;
            offset += end as u64 + 1;
            bytes = bytes.get(end + 1..).unwrap_or_default();
            if offset >= to {
                break;
            }
        }
        if at >= to {
            // the last line ends at or after the part's last byte
            let last = usize::try_from((to - 1).saturating_sub(offset)).unwrap_or(0);
            let tail = bytes.get(last..).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', tail) {
                scanner.feed(bytes.get(..=last + end).unwrap_or(bytes));
                break;
            }
        }
        scanner.feed(bytes);
    }
    let read = Read1 { kind: LogKind::Iis, part: scanner.finish(), error: ended.take(), note: None };
    Ok(checked(read, unit, &whole, path))
}

/// A file from its beginning to its end, unpacked where it is packed.
fn stream(unit: &Unit, input: impl Read, with: &With, done: &AtomicU64) -> Read1 {
    let ended = Ended::default();
    let Opened { head, mut rest } = opened(Box::new(Bounded::new(input, unit.size, &ended, done)), &ended);
    // what lies in an archive unpacked looks like a log
    let archive = unpack::why_binary(&head);
    let kind = if archive.is_some() { LogKind::Binary } else { kind(&head) };
    // nobody reads a disk image, or what never ends, to its end in vain
    if kind == LogKind::Binary {
        let error = ended.take().or_else(|| archive.map(str::to_owned));
        return Read1 { kind, part: Part::default(), error, note: None };
    }
    let mut reader = Reader::new(kind, unit.file, &head, with);
    reader.feed(&head);
    let mut buffer = vec![0; BLOCK];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => reader.feed(buffer.get(..read).unwrap_or_default()),
            Err(failed) if failed.kind() == io::ErrorKind::Interrupted => {}
            // what came before it counts
            Err(failed) => {
                ended.note(&said(&failed));
                break;
            }
        }
    }
    if kind == LogKind::Unknown
        && let Some(why) = why_unknown(&head)
    {
        ended.note(why);
    }
    Read1 { kind, part: reader.finish(), error: ended.take(), note: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::logs::LogsSeen;
    use crate::evidence::logs::reasons::{REPLACED, REWRITTEN, SHRANK};
    use crate::protocol::logs::Wanted;
    use std::fmt::Write as _;
    use std::io::Write as _;

    const HEAD: &str =
        "#Fields: date time cs-uri-stem cs-uri-query cs-username sc-status sc-substatus sc-win32-status\r\n";

    fn line(i: u32) -> String {
        let (minute, second) = (i / 60 % 60, i % 60);
        let query = "User=anna&DeviceId=d1&Cmd=Sync";
        format!("2026-11-21 01:{minute:02}:{second:02} /Microsoft-Server-ActiveSync {query} anna 200 0 0\r\n")
    }

    /// Ten lines and a half one, in a file that is planned and then changed; read whole or in parts.
    fn changed(in_parts: bool, change: impl Fn(&Path)) -> LogsSeen {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("u_ex.log");
        let half = line(10);
        let text: String =
            [HEAD.to_owned()].into_iter().chain((0..10).map(line)).chain([half[..60].to_owned()]).collect();
        std::fs::write(&path, &text).unwrap();
        let mut plan = plan(std::slice::from_ref(&path)).unwrap();
        let length = text.len() as u64;
        if in_parts {
            let columns = Columns::read(HEAD.as_bytes().strip_prefix(b"#Fields:").unwrap());
            let ends = [(0, length / 2), (length / 2, length)];
            let unit = plan.units.remove(0);
            assert_eq!(unit.size, Some(length));
            plan.units = ends.map(|(from, to)| Unit { part: Some((from, to, columns.clone())), ..unit.clone() }).into();
        }
        change(&path);
        plan.read(2, &AtomicU64::new(0)).told(&Wanted::default())
    }

    fn hits(seen: &LogsSeen) -> u64 {
        seen.devices.iter().map(|device| device.hits).sum()
    }

    #[test]
    fn a_growing_file_is_read_to_where_it_ended_and_its_half_line_is_said() {
        for in_parts in [false, true] {
            let seen = changed(in_parts, |path| {
                let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
                file.write_all(&line(10).as_bytes()[60..]).unwrap();
                file.write_all(line(11).as_bytes()).unwrap();
            });
            let file = &seen.files[0];
            assert_eq!((hits(&seen), file.lines, file.used, &file.broken), (10, 12, 10, &None), "{in_parts}");
            let skipped: Vec<(&str, u64)> = file.skipped.iter().map(|s| (s.reason.as_str(), s.count)).collect();
            assert_eq!(skipped, [("cut", 1)], "{in_parts}");
        }
    }

    #[test]
    fn a_file_that_shrinks_or_is_taken_away_is_said_and_what_was_there_counts() {
        for in_parts in [false, true] {
            let cut = changed(in_parts, |path| {
                let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
                file.set_len((HEAD.len() + 3 * line(0).len()) as u64).unwrap();
            });
            assert_eq!((hits(&cut), cut.files[0].broken.as_deref()), (3, Some(SHRANK)), "{in_parts}");
            let emptied = changed(in_parts, |path| std::fs::write(path, "").unwrap());
            assert_eq!((hits(&emptied), emptied.files[0].broken.as_deref()), (0, Some(SHRANK)), "{in_parts}");
            let gone = changed(in_parts, |path| std::fs::remove_file(path).unwrap());
            assert!(hits(&gone) == 0 && gone.files[0].broken.is_some(), "{in_parts}");
        }
    }

    #[test]
    fn a_file_that_is_rotated_between_finding_and_reading_is_said_even_where_its_length_is_the_same() {
        for in_parts in [false, true] {
            let other = |path: &Path| std::fs::read_to_string(path).unwrap().replace("2026-11-21", "2026-11-22");
            let replaced = changed(in_parts, |path| {
                let beside = path.with_extension("new");
                std::fs::write(&beside, other(path)).unwrap();
                std::fs::rename(beside, path).unwrap();
            });
            assert_eq!(replaced.files[0].broken.as_deref(), Some(REPLACED), "{in_parts}");
            let rewritten = changed(in_parts, |path| std::fs::write(path, other(path)).unwrap());
            assert_eq!(rewritten.files[0].broken.as_deref(), Some(REWRITTEN), "{in_parts}");
            assert!(hits(&rewritten) > 0, "{in_parts}");
        }
    }

    /// Fails behind its bytes.
    struct Failing<'a>(&'a [u8]);

    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(io::Error::other("the disk is gone")) } else { self.0.read(buffer) }
        }
    }

    #[test]
    fn what_came_before_an_error_of_the_disk_or_of_the_archive_counts() {
        let text: String = [HEAD.to_owned()].into_iter().chain((0..5000).map(line)).collect();
        let unit = Unit { file: 0, place: Place::Stdin, size: None, found: None, part: None };
        let with = With::default();
        for lines in [3, 3000] {
            let length = HEAD.len() + lines * line(0).len() + 50;
            let read = stream(&unit, Failing(&text.as_bytes()[..length]), &with, &AtomicU64::new(0));
            assert_eq!((read.part.used, read.error.as_deref()), (lines as u64, Some("the disk is gone")));
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        let packed = encoder.finish().unwrap();
        for length in [packed.len() - 9, packed.len() / 2] {
            let read = stream(&unit, &packed[..length], &with, &AtomicU64::new(0));
            assert!(read.part.used > 0 && read.error.is_some(), "{length} of {}: {:?}", packed.len(), read.error);
        }
    }

    #[test]
    fn a_file_in_parts_says_the_same_as_in_one_piece_even_where_its_columns_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("u_ex.log");
        let mut text = String::from(
            "#Fields: date time cs-uri-stem cs-uri-query cs-username sc-status sc-substatus sc-win32-status\r\n",
        );
        for i in 0..4000 {
            if i == 1500 {
                text.push_str("#Fields: date time cs-username cs-uri-stem cs-uri-query sc-status\r\n");
            }
            let (minute, second, user) = (i % 1500 / 60 + i / 3000 * 30, i % 60, i % 7);
            let query = format!("User=u{user}&DeviceId=d{user}&Cmd=Sync");
            let stem = if i % 3 == 0 { "/Microsoft-Server-ActiveSync/default.eas" } else { "/owa/" };
            let _ = if i < 1500 {
                write!(text, "2026-11-21 01:{minute:02}:{second:02} {stem} {query} u{user} 200 0 0\r\n")
            } else {
                write!(text, "2026-11-21 02:{minute:02}:{second:02} u{user} {stem} {query} 401\r\n")
            };
        }
        std::fs::write(&path, &text).unwrap();
        let whole = plan(std::slice::from_ref(&path)).unwrap().read(1, &AtomicU64::new(0)).told(&Wanted::default());
        for size in [701, 1000, 50_021, 200_000] {
            let mut plan = plan(std::slice::from_ref(&path)).unwrap();
            let columns =
                Columns::read(b"date time cs-uri-stem cs-uri-query cs-username sc-status sc-substatus sc-win32-status");
            let length = text.len() as u64;
            plan.units = (0..length.div_ceil(size))
                .map(|i| Unit {
                    file: 0,
                    place: Place::File(path.clone()),
                    size: Some(length),
                    found: None,
                    part: Some((i * size, ((i + 1) * size).min(length), columns.clone())),
                })
                .collect();
            let mut parts = plan.read(3, &AtomicU64::new(0)).told(&Wanted::default());
            // more parts, more estimates: only what is counted by the clock's minute may differ at a border
            for (part, one) in parts.devices.iter_mut().zip(&whole.devices) {
                part.peak.minute = one.peak.minute;
            }
            assert!(parts == whole, "{size}: {parts:#?}\n{whole:#?}");
        }
        assert_eq!(whole.files[0].lines, 4002);
        assert_eq!(whole.devices.iter().map(|device| device.hits).sum::<u64>(), 1334);
    }
}
