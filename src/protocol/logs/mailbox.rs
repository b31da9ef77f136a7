//! What do the entries of an ActiveSync mailbox log say?
//!
//! `Get-MobileDeviceStatistics -GetMailboxLog` gives text: entries between borders of dashes, in each
//! sections `Name : ` with what follows. The XML in it is not well formed (`<Body=496 bytes/>`), and what
//! looks like a section may stand in a body: only known names and `..._Exception` begin one. Only who has
//! signed in gets entries.

use super::answer::{Answer, Status, number};
use super::device::Request;
use super::lines::{Look, below_stem, is_probe, plussed, see};
use super::origin::Origin;
use super::query::{self, Scratch};
use super::scan::{Part, Skip};
use super::streak::Stamp;
use super::tally::fnv;
use crate::protocol::export::date::{self, Order, Read};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Entries of all files that were read; one may stand in several exports.
#[derive(Debug, Clone, Default)]
pub struct Known(Arc<Mutex<HashSet<u64>>>);

/// How many are remembered.
const REMEMBERED: usize = 1_000_000;

impl Known {
    /// Whether it is a new one.
    fn is_new(&self, entry: u64) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            return !known.contains(&entry);
        }
        known.insert(entry)
    }
}

/// The sections that are known.
const SECTIONS: &[&[u8]] = &[
    b"RequestTime",
    b"ServerName",
    b"AssemblyVersion",
    b"Identifier",
    b"LogicalRequest",
    b"RequestHeader",
    b"RequestBody",
    b"WasPending",
    b"AccessState",
    b"AccessStateReason",
    b"DeviceAccessControlRule",
    b"IRM_FailureCode",
    b"ResponseHeader",
    b"ResponseBody",
    b"ResponseTime",
    b"AdditionalData",
];

/// The most that is kept of one section's line.
const LONGEST: usize = 4096;

/// What is known of the present entry.
#[derive(Debug, Default)]
struct Entry {
    /// The line that it begins in; 0: there is none.
    line: u64,
    begun: Option<i64>,
    ended: Option<i64>,
    id: Vec<u8>,
    method: Vec<u8>,
    target: Vec<u8>,
    agent: Vec<u8>,
    version: Option<u16>,
    http: Option<u16>,
    status: Option<u16>,
    access: Vec<u8>,
    reason: Vec<u8>,
    exception: Vec<u8>,
    asked: bool,
}

/// Reads one mailbox log.
#[derive(Debug)]
pub struct MailboxLog {
    file: u32,
    part: Part,
    scratch: Scratch,
    known: Known,
    section: Vec<u8>,
    /// Whether the section's first line is still to come.
    first: bool,
    entry: Entry,
}

impl MailboxLog {
    /// For the file of that number; `known`: the entries of all files.
    pub fn new(file: u32, known: Known) -> Self {
        Self {
            file,
            part: Part::default(),
            scratch: Scratch::default(),
            known,
            section: Vec::new(),
            first: false,
            entry: Entry::default(),
        }
    }

    fn content(&mut self, line: &[u8]) {
        let line = line.get(..LONGEST).unwrap_or(line);
        let text = line.trim_ascii();
        let first = std::mem::take(&mut self.first);
        if text.is_empty() {
            // an empty line may stand before the text
            self.first = first;
            return;
        }
        match self.section.as_slice() {
            b"RequestTime" if first => self.entry.begun = moment(text),
            b"ResponseTime" if first => self.entry.ended = moment(text),
            b"Identifier" if first => self.entry.id = text.to_vec(),
            b"AccessState" if first => self.entry.access = text.to_vec(),
            b"AccessStateReason" if first => self.entry.reason = text.to_vec(),
            b"RequestHeader" if first => {
                let mut words = text.split(|byte| *byte == b' ');
                self.entry.method = words.next().unwrap_or_default().to_vec();
                self.entry.target = words.next().unwrap_or_default().to_vec();
                self.entry.asked = true;
            }
            b"RequestHeader" => {
                if let Some(agent) = header(text, b"User-Agent:") {
                    self.entry.agent = plussed(agent).collect();
                } else if let Some(version) = header(text, b"MS-ASProtocolVersion:") {
                    let digits: Vec<u8> = version.iter().copied().filter(u8::is_ascii_digit).collect();
                    self.entry.version = number(&digits);
                }
            }
            b"ResponseHeader" if first => {
                self.entry.http = text.split(|byte| *byte == b' ').nth(1).and_then(number);
            }
            b"ResponseBody" if self.entry.status.is_none() => {
                self.entry.status = tagged(text, b"<Status>").and_then(number);
            }
            section if first && section.ends_with(b"_Exception") && self.entry.exception.is_empty() => {
                self.entry.exception = exception(text);
            }
            _ => {}
        }
    }

    /// The entry is over.
    fn close(&mut self) -> Result<(), Skip> {
        let entry = std::mem::take(&mut self.entry);
        self.section.clear();
        if entry.line == 0 || !entry.asked {
            return Ok(());
        }
        let Some(time) = entry.ended.or(entry.begun) else { return Err(Skip::Time) };
        let Some(http) = entry.http else { return Err(Skip::Unanswered) };
        let (path, query) = match memchr::memchr(b'?', &entry.target) {
            Some(at) => entry.target.split_at(at),
            None => (entry.target.as_slice(), &[][..]),
        };
        if below_stem(path).is_none() {
            return Ok(());
        }
        let asked = query::read(query.strip_prefix(b"?").unwrap_or(query), &mut self.scratch);
        if is_probe(path, &entry.agent, [asked.user, b""]) {
            return Err(Skip::Probe);
        }
        let identity = [entry.id.as_slice(), b"\0", &entry.target, b"\0", &time.to_le_bytes()].concat();
        if !entry.id.is_empty() && !self.known.is_new(fnv(&identity)) {
            return Err(Skip::Twice);
        }
        // the letters of the reason, as in the logs of IIS
        let access = match entry.reason.first() {
            Some(reason) if !entry.access.is_empty() => [&entry.access[..], &[reason.to_ascii_uppercase()]].concat(),
            _ => entry.access.clone(),
        };
        let answer = Answer {
            status: entry.status,
            // an exception on the way does not say that the answer is a failure
            error: Some(entry.exception.as_slice()).filter(|_| http != 200 || entry.status.is_some_and(|s| s > 1)),
            access: (!access.is_empty()).then_some(access.as_slice()),
            version: entry.version,
            ..Answer::default()
        };
        let request = Request {
            at: Stamp { time, file: self.file, line: entry.line },
            origin: Origin::MailboxLog,
            server: b"",
            command: asked.asked(&entry.method),
            status: Status { http, sub: 0, win32: 0 },
            answer: Some(answer),
            signed_in: true,
            took: entry.begun.zip(entry.ended).and_then(|(from, to)| u64::try_from((to - from) * 1000).ok()),
            agent: &entry.agent,
            version: entry.version,
        };
        self.part.table.add(&asked, b"", &request);
        self.part.used += 1;
        see(&mut self.part, time);
        Ok(())
    }
}

impl Look for MailboxLog {
    fn part(&mut self) -> &mut Part {
        &mut self.part
    }

    fn line(&mut self, line: &[u8], number: u64) -> Result<(), Skip> {
        if line.starts_with(b"-----------------") {
            return self.close();
        }
        if let Some(name) = section(line) {
            // without borders, a second request is another entry
            let closed = if name == b"RequestTime" && self.entry.line > 0 { self.close() } else { Ok(()) };
            if self.entry.line == 0 {
                self.entry.line = number;
            }
            (self.section, self.first) = (name.to_vec(), true);
            return closed;
        }
        self.content(line);
        Ok(())
    }

    fn over(&mut self) -> Result<(), Skip> {
        self.close()
    }
}

/// The name, where a section begins: `RequestTime : `.
pub fn section(line: &[u8]) -> Option<&[u8]> {
    let name = line.trim_ascii_end().strip_suffix(b":")?.trim_ascii_end();
    let is_name = name.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    (is_name && (SECTIONS.contains(&name) || name.ends_with(b"_Exception"))).then_some(name)
}

fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = line.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then(|| rest.trim_ascii())
}

/// What stands behind the first tag of that name.
fn tagged<'a>(line: &'a [u8], tag: &[u8]) -> Option<&'a [u8]> {
    line.get(memchr::memmem::find(line, tag)? + tag.len()..)
}

/// The last part of an exception's name: `Microsoft.Exchange.AirSync.AirSyncPermanentException: ...`
fn exception(text: &[u8]) -> Vec<u8> {
    let name = text.split(|byte| matches!(byte, b':' | b' ')).next().unwrap_or_default();
    name.rsplit(|byte| *byte == b'.').next().unwrap_or_default().iter().copied().take(80).collect()
}

/// `03/19/2013 14:25:36`, UTC, with or without AM and PM.
fn moment(text: &[u8]) -> Option<i64> {
    match date::read(std::str::from_utf8(text).ok()?, Some(Order::Month)) {
        Read::Moment(moment) => Some(moment.at.as_second()),
        Read::Unclear | Read::No => None,
    }
}
