//! What do the lines of an IIS log (W3C) say, block by block?
//!
//! Most lines are no ActiveSync requests: they are counted and never taken apart. What a block needs
//! at most is looked for by searches over all of it, which are as fast as memory is.

use super::answer::{self, Status, number};
use super::columns::{Clock, Columns, Split};
use super::device::Request;
use super::ews::{Asked, Clients};
use super::lines::{LONGEST, below_stem, contains_stem, is_moved, is_probe, see, starts_with_ignoring_case, trimmed};
use super::listed::List;
use super::origin::{Ids, Origin};
use super::query::{self, Scratch};
use super::reader::With;
use super::streak::Stamp;
use super::table::Table;
use memchr::memmem::Finder;
use std::collections::{BTreeMap, BTreeSet};

/// What every ActiveSync request has in its path, `ActiveSync` or `activesync`.
const NEEDLE: &[u8] = b"ctive";

/// What every request to EWS has in its path, `Exchange.asmx` or `exchange.asmx`.
const EWS_NEEDLE: &[u8] = b"xchange.asmx";
const EWS_STEM: &[u8] = b"/ews/exchange.asmx";

/// Why a line was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// It has another number of columns than its header.
    Columns,
    /// The file ends in the middle of it.
    Cut,
    /// It holds NUL bytes: the server fell over before it was written.
    Nul,
    /// Date or time cannot be read.
    Time,
    /// The status cannot be read.
    Status,
    /// No header says what its columns are.
    NoHeader,
    /// It is longer than any request.
    TooLong,
    /// Exchange asked itself whether it is well.
    Probe,
    /// An entry of a mailbox log that stands in another file, too.
    Twice,
    /// An entry of a mailbox log without an answer: it was still under way, or its end is missing.
    Unanswered,
    /// A date of a list that may be either of two days: the device counts, the date does not.
    Date,
    /// A device of a list without its id.
    NoId,
    /// Its device is one of more than are told apart: it counts for the server alone.
    Full,
}

impl Skip {
    /// In one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Cut => "cut",
            Self::Nul => "nul",
            Self::Time => "time",
            Self::Status => "status",
            Self::NoHeader => "no-header",
            Self::TooLong => "too-long",
            Self::Probe => "health-probe",
            Self::Twice => "twice",
            Self::Unanswered => "unanswered",
            Self::Date => "date",
            Self::NoId => "no-id",
            Self::Full => "too-many-devices",
        }
    }
}

/// What one part of a file has brought.
#[derive(Debug, Default)]
pub struct Part {
    /// The devices.
    pub table: Table,
    /// All lines.
    pub lines: u64,
    /// Those that were counted.
    pub used: u64,
    /// Those that were not, and why.
    pub skipped: BTreeMap<Skip, u64>,
    /// Requests of clients, requests that a front end passed on, and of the former those with an answer.
    pub sites: [u64; 3],
    /// The first and the last time, in seconds since 1970.
    pub span: Option<(i64, i64)>,
    /// Hours since 1970 with lines.
    pub hours: BTreeSet<i64>,
    /// Headers that were read.
    pub headers: u64,
    /// Who asks EWS.
    pub ews: Clients,
    /// Ids of requests.
    pub ids: Ids,
    /// The columns at the end of the part.
    pub columns: Option<Columns>,
    /// What a list of devices holds, or why it cannot be read.
    pub list: Option<Result<List, &'static str>>,
}

/// Reads one part of one file.
#[derive(Debug)]
pub struct Scanner {
    file: u32,
    part: Part,
    /// The date of a log without a date column.
    date: [u8; 10],
    clock: Clock,
    finder: Finder<'static>,
    /// Looks for requests to EWS, where these are wanted.
    ews: Option<Finder<'static>>,
    scratch: Scratch,
    split: Split,
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    /// The line in `rest` is longer than any request: the rest of it is left out.
    overlong: bool,
}

impl Scanner {
    /// For a part of the file of that number; `columns`: those in force where it begins.
    pub fn new(file: u32, columns: Option<Columns>) -> Self {
        Self {
            file,
            part: Part { columns, ..Part::default() },
            date: [0; 10],
            clock: Clock::default(),
            finder: Finder::new(NEEDLE),
            ews: None,
            scratch: Scratch::default(),
            split: Split::default(),
            rest: Vec::new(),
            overlong: false,
        }
    }

    /// The same, with what all files are read with.
    #[must_use]
    pub fn with(mut self, with: &With) -> Self {
        self.ews = with.ews.then(|| Finder::new(EWS_NEEDLE));
        self.part.table.chosen = with.chosen.clone();
        self
    }

    /// Takes the next bytes, wherever they are cut.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        if !self.rest.is_empty() || self.overlong {
            let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
            let (head, tail) = bytes.split_at(end);
            self.hold(head);
            if !head.ends_with(b"\n") {
                return;
            }
            let line = std::mem::take(&mut self.rest);
            if self.overlong {
                self.overlong = false;
                self.part.lines += 1;
                let nul = line.contains(&0);
                self.skip(if nul { Skip::Nul } else { Skip::TooLong });
            } else {
                self.block(&line);
            }
            self.rest = line;
            self.rest.clear();
            bytes = tail;
        }
        let whole = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        let (block, rest) = bytes.split_at(whole);
        self.block(block);
        self.hold(rest);
    }

    /// Keeps the beginning of a line.
    fn hold(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.rest.len());
        self.rest.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.overlong |= bytes.len() > room;
    }

    /// The end of the part. A last line without an end that has too few columns is cut.
    pub fn finish(mut self) -> Part {
        let line = std::mem::take(&mut self.rest);
        if self.overlong {
            self.part.lines += 1;
            self.skip(if line.contains(&0) { Skip::Nul } else { Skip::TooLong });
        } else if !line.is_empty() {
            let skipped: u64 = self.part.skipped.values().sum();
            let columns = self.part.columns.as_ref().map(|columns| columns.count);
            let complete = columns.is_none_or(|count| self.split.take(trimmed(&line), count).is_some());
            if complete || line.starts_with(b"#") || line.contains(&0) {
                self.block(&line);
            } else {
                self.part.lines += 1;
                self.skip(Skip::Cut);
            }
            debug_assert!(self.part.skipped.values().sum::<u64>() <= skipped + 1, "one line");
        }
        self.part
    }

    fn skip(&mut self, why: Skip) {
        *self.part.skipped.entry(why).or_default() += 1;
    }

    /// Whole lines.
    fn block(&mut self, block: &[u8]) {
        if block.is_empty() {
            return;
        }
        let base = self.part.lines;
        // where the line begins that has not ended yet, and how many have ended before it
        let (mut start, mut lines) = (0, 0_u64);
        let mut ends = memchr::memchr_iter(b'\n', block);
        let finder = self.finder.clone();
        let ews = self.ews.clone();
        let mut also = ews.as_ref().and_then(|ews| ews.find(block));
        let mut special = memchr::memchr2(b'#', 0, block);
        let mut found = finder.find(block);
        while let Some(at) = special.into_iter().chain(found).chain(also).min() {
            let is_special = special == Some(at);
            if is_special
                && block.get(at) == Some(&b'#')
                && at.checked_sub(1).is_some_and(|before| block.get(before) != Some(&b'\n'))
            {
                // a sharp inside a line is nothing special
                special = block.get(at + 1..).and_then(|rest| memchr::memchr2(b'#', 0, rest)).map(|next| at + 1 + next);
                continue;
            }
            let end = loop {
                match ends.next() {
                    Some(end) if end < at => {
                        lines += 1;
                        start = end + 1;
                    }
                    Some(end) => break end + 1,
                    None => break block.len(),
                }
            };
            let line = block.get(start..end).unwrap_or_default();
            if is_special && line.first() == Some(&b'#') {
                self.directive(line);
            } else if special.is_some_and(|at| at < end) && line.contains(&0) {
                self.skip(Skip::Nul);
            } else {
                self.line(trimmed(line), base + lines + 1);
            }
            (start, lines) = (end, lines + u64::from(line.ends_with(b"\n")));
            let rest = block.get(end..).unwrap_or_default();
            if special.is_some_and(|at| at < end) {
                special = memchr::memchr2(b'#', 0, rest).map(|next| end + next);
            }
            if found.is_some_and(|at| at < end) {
                found = finder.find(rest).map(|next| end + next);
            }
            if also.is_some_and(|at| at < end) {
                also = ews.as_ref().and_then(|ews| ews.find(rest)).map(|next| end + next);
            }
        }
        lines += ends.count() as u64;
        // a last line without an end is one, too
        self.part.lines = base + lines + u64::from(!block.ends_with(b"\n"));
        self.hours(block);
    }

    fn directive(&mut self, line: &[u8]) {
        let line = trimmed(line);
        let after = |name: &[u8]| {
            let (head, tail) = line.split_at_checked(name.len())?;
            head.eq_ignore_ascii_case(name).then_some(tail)
        };
        if let Some(fields) = after(b"#Fields:") {
            self.part.headers += 1;
            self.part.columns = Columns::read(fields);
        } else if let Some(date) = after(b"#Date:").map(<[u8]>::trim_ascii_start).and_then(|date| date.get(..10)) {
            self.date.copy_from_slice(date);
        }
    }

    /// A line that may be an ActiveSync request.
    fn line(&mut self, line: &[u8], number_of_line: u64) {
        let Self { part, date, clock, scratch, split, file, .. } = self;
        let Some(columns) = &part.columns else {
            if contains_stem(line) {
                self.skip(Skip::NoHeader);
            }
            return;
        };
        let Some(cells) = split.take(line, columns.count) else {
            if contains_stem(line) {
                self.skip(Skip::Columns);
            }
            return;
        };
        let (at, maybe) = (|column| cells.at(column), |column| cells.maybe(column));
        let stem = at(columns.stem);
        let agent = maybe(columns.agent);
        let user = maybe(columns.user);
        let Some(below) = below_stem(stem) else {
            if is_moved(line) {
                *part.skipped.entry(Skip::Columns).or_default() += 1;
            } else if self.ews.is_some()
                && starts_with_ignoring_case(stem, EWS_STEM)
                && !is_probe(stem, agent, [user, b""])
            {
                let day = columns.date.map_or(&date[..], at);
                let Some(time) = clock.read(day, at(columns.time)) else { return };
                let Some(http) = number(at(columns.status)) else { return };
                let (sub, win32) = (number(maybe(columns.sub)), number(maybe(columns.win32)));
                part.ews.add(&Asked {
                    at: Stamp { time, file: *file, line: number_of_line },
                    back: maybe(columns.port) == b"444",
                    status: Status { http, sub: sub.unwrap_or(0), win32: win32.unwrap_or(0) },
                    user,
                    agent,
                });
                part.used += 1;
            }
            return;
        };
        let asked = query::read(maybe(columns.query), scratch);
        if is_probe(stem, agent, [user, asked.user]) {
            *part.skipped.entry(Skip::Probe).or_default() += 1;
            return;
        }
        let day = columns.date.map_or(&date[..], at);
        let Some(time) = clock.read(day, at(columns.time)) else {
            *part.skipped.entry(Skip::Time).or_default() += 1;
            return;
        };
        let Some(http) = number::<u16>(at(columns.status)).filter(|status| *status > 0) else {
            *part.skipped.entry(Skip::Status).or_default() += 1;
            return;
        };
        let status = Status {
            http,
            sub: number(maybe(columns.sub)).unwrap_or(0),
            win32: number(maybe(columns.win32)).unwrap_or(0),
        };
        let back = starts_with_ignoring_case(below, b"/proxy") || maybe(columns.port) == b"444";
        let answer = asked.log.map(answer::read);
        let command = asked.asked(maybe(columns.method));
        let request = Request {
            at: Stamp { time, file: *file, line: number_of_line },
            origin: if back { Origin::Back } else { Origin::Front },
            server: b"",
            command,
            status,
            signed_in: !matches!(user, b"-" | b""),
            took: columns.took.map(at).and_then(number),
            agent,
            version: asked.version,
            answer,
        };
        if !back && !asked.request_id.is_empty() {
            part.ids.front.add(asked.request_id);
        }
        part.table.add(&asked, user, &request);
        part.used += 1;
        let [front, passed_on, answered] = &mut part.sites;
        match (back, request.answer.is_some()) {
            (true, _) => *passed_on += 1,
            (false, true) => *answered += 1,
            (false, false) => *front += 1,
        }
        see(part, time);
    }

    /// Notes the hours that a block covers, by its first and last line; by all of its lines where
    /// these are more than an hour apart, as there may be a hole between.
    fn hours(&mut self, block: &[u8]) {
        let first = block.split(|byte| *byte == b'\n').take(8).find_map(|line| self.time_of(line));
        let last = block.rsplit(|byte| *byte == b'\n').take(8).find_map(|line| self.time_of(line));
        let (Some(first), Some(last)) = (first, last) else { return };
        for time in [first, last] {
            see(&mut self.part, time);
        }
        if last.div_euclid(3600) - first.div_euclid(3600) > 1 {
            for line in block.split(|byte| *byte == b'\n') {
                if let Some(time) = self.time_of(line) {
                    see(&mut self.part, time);
                }
            }
        }
    }

    /// The time of any line, ActiveSync or not.
    fn time_of(&mut self, line: &[u8]) -> Option<i64> {
        let columns = self.part.columns.as_ref()?;
        let column = |wanted: usize| line.split(|byte| *byte == b' ').nth(wanted);
        let date = columns.date.map_or(Some(&self.date[..]), column)?;
        self.clock.read(date, column(columns.time)?)
    }
}
