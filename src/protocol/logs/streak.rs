//! Which failures came after the last success, whatever the order in which the files are read?

use super::answer::Status;
use crate::order;
use std::collections::BTreeMap;

/// Runs that are kept; older ones are joined.
const KEPT: usize = 64;

/// A line and its time, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// When the request ended.
    pub time: i64,
    /// The file's number.
    pub file: u32,
    /// The line's number, from 1.
    pub line: u64,
}

impl Stamp {
    /// Whether it comes after another: in one file, also by the line.
    pub fn is_after(self, other: Self) -> bool {
        self.time > other.time || (self.time == other.time && self.file == other.file && self.line > other.line)
    }
}

/// What a failure is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// HTTP's part.
    pub status: Status,
    /// The status of ActiveSync; 0 where there is none.
    pub answer: u16,
    /// The access state is the reason.
    pub barred: bool,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)?;
        match (self.answer, self.barred) {
            (0 | 1, true) => f.write_str(" access state"),
            (0, false) if self.status.http == 200 => f.write_str(" error"),
            (0, false) => Ok(()),
            (answer, _) => write!(f, " status {answer}"),
        }
    }
}

/// Failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    first: Stamp,
    last: Stamp,
    code: Code,
    count: u64,
    /// Which success it follows.
    epoch: u32,
}

impl Run {
    fn take(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count += other.count;
        self.epoch = other.epoch;
    }
}

/// The failures of one device. What a success resets is decided at the end: another file may hold it.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    runs: Vec<Run>,
    epoch: u32,
}

/// The failures after a moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Streak {
    /// The first.
    pub since: Option<Stamp>,
    /// How many.
    pub count: u64,
    /// By code.
    pub codes: BTreeMap<String, u64>,
}

impl Failures {
    /// A request failed.
    pub fn add(&mut self, at: Stamp, code: Code) {
        if self.runs.len() >= KEPT {
            self.join();
        }
        self.runs.push(Run { first: at, last: at, code, count: 1, epoch: self.epoch });
    }

    /// A request worked: what comes now belongs to another run.
    pub fn worked(&mut self) {
        if self.runs.last().map_or(0, |run| run.epoch) == self.epoch {
            self.epoch = self.epoch.wrapping_add(1);
        }
    }

    /// Takes up those of another part of the logs. Where it follows, its first failures go on with the
    /// last ones here; where both are of the same time, nobody knows.
    pub fn merge(&mut self, mut other: Self) {
        let ends = |list: &Self| Some((list.runs.first()?.first, list.runs.last()?.last));
        let offset = match (ends(self), ends(&other)) {
            (Some((first, _)), Some((_, last))) if last < first => {
                std::mem::swap(self, &mut other);
                self.epoch
            }
            (Some((_, last)), Some((first, _))) if first <= last => self.epoch.wrapping_add(1),
            _ => self.epoch,
        };
        self.runs.extend(other.runs.into_iter().map(|run| Run { epoch: run.epoch.wrapping_add(offset), ..run }));
        self.epoch = other.epoch.wrapping_add(offset);
        order::by_key(&mut self.runs, |run| run.first);
        while self.runs.len() > KEPT {
            self.join();
        }
    }

    /// Moves the lines of one part of a file to where it begins.
    pub fn shift(&mut self, lines: u64) {
        for run in &mut self.runs {
            run.first.line += lines;
            run.last.line += lines;
        }
    }

    /// Joins neighbours without a success between them, the oldest first; where that is not enough, the
    /// older half two by two: exact unless the last success of all lies between two so old.
    fn join(&mut self) {
        let mut joined: Vec<Run> = Vec::with_capacity(KEPT);
        let mut room = self.runs.len().saturating_sub(KEPT / 2);
        for run in self.runs.drain(..) {
            match joined.last_mut() {
                Some(last) if room > 0 && last.epoch == run.epoch && last.code == run.code => {
                    last.take(&run);
                    room -= 1;
                }
                _ => joined.push(run),
            }
        }
        if joined.len() >= KEPT {
            let young = joined.split_off(joined.len() / 2);
            for pair in joined.chunks(2) {
                let [first, others @ ..] = pair else { continue };
                let mut first = *first;
                for run in others {
                    first.take(run);
                }
                self.runs.push(first);
            }
            joined = young;
        }
        self.runs.append(&mut joined);
    }

    /// What came after a moment, or all; of several lists together, each with its own moment.
    pub fn after(lists: &[(&Self, Option<Stamp>)]) -> Streak {
        let mut out = Streak::default();
        for (run, reset) in lists.iter().flat_map(|(list, reset)| list.runs.iter().map(move |run| (run, *reset))) {
            if reset.is_some_and(|reset| !run.last.is_after(reset)) {
                continue;
            }
            let first = match reset {
                Some(reset) if !run.first.is_after(reset) => run.last,
                _ => run.first,
            };
            out.since = Some(out.since.map_or(first, |since| since.min(first)));
            out.count += run.count;
            *out.codes.entry(run.code.to_string()).or_default() += run.count;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: Code = Code { status: Status { http: 401, sub: 1, win32: 1326 }, answer: 0, barred: false };

    fn at(time: i64) -> Stamp {
        Stamp { time, file: 0, line: u64::try_from(time).unwrap() }
    }

    #[test]
    fn only_failures_after_the_last_success_count() {
        let mut failures = Failures::default();
        for time in [1, 2, 5, 6, 7] {
            failures.add(at(time), CODE);
        }
        let streak = Failures::after(&[(&failures, Some(at(3)))]);
        assert_eq!((streak.since, streak.count), (Some(at(5)), 3));
        assert_eq!(Failures::after(&[(&failures, None)]).count, 5);
        assert_eq!(Failures::after(&[(&failures, Some(at(7)))]), Streak::default());
    }

    #[test]
    fn the_count_is_exact_however_long_it_lasts_and_in_whatever_order_the_parts_come() {
        let (mut early, mut late) = (Failures::default(), Failures::default());
        for time in 0..5000 {
            if time % 50 == 0 && time < 3000 {
                early.worked();
                late.worked();
            } else if time < 2500 {
                early.add(at(time), CODE);
            } else {
                late.add(at(time), CODE);
            }
        }
        late.merge(early);
        let streak = Failures::after(&[(&late, Some(at(2950)))]);
        assert_eq!((streak.since, streak.count), (Some(at(2951)), 2049));
    }

    #[test]
    fn a_hundred_parts_in_any_order_lose_none() {
        for backwards in [false, true] {
            let mut all = Failures::default();
            let parts = (0..100_i64).map(|part| if backwards { 99 - part } else { part });
            for part in parts {
                let mut failures = Failures::default();
                for time in 0..100 {
                    match part {
                        20 if time == 50 => failures.worked(),
                        _ => failures.add(at(part * 100 + time), CODE),
                    }
                }
                all.merge(failures);
            }
            let streak = Failures::after(&[(&all, Some(at(2050)))]);
            assert_eq!((streak.since, streak.count), (Some(at(2051)), 7949), "{backwards}");
        }
    }

    #[test]
    fn in_one_second_the_order_of_the_lines_decides_and_between_files_the_success() {
        let mut failures = Failures::default();
        failures.add(Stamp { time: 9, file: 1, line: 5 }, CODE);
        let count = |file, line| Failures::after(&[(&failures, Some(Stamp { time: 9, file, line }))]).count;
        assert_eq!((count(1, 4), count(1, 6), count(0, 4)), (1, 0, 0));
    }
}
