//! How often, how long, and in which spells?

use super::streak::{Code, Stamp};
use crate::order;

/// Days that are kept apart.
const DAYS: usize = 400;

/// Spells that are kept, the last ones.
const SPELLS: usize = 16;

/// Counts by day, and the busiest minute.
#[derive(Debug, Clone, Default)]
pub struct Busy {
    days: Vec<(i64, u64)>,
    minute: (i64, u64),
    most: u64,
}

impl Busy {
    /// Counts a request at that second.
    pub fn add(&mut self, time: i64) {
        count_day(&mut self.days, time.div_euclid(86_400), 1);
        let minute = time.div_euclid(60);
        self.minute = if self.minute.0 == minute { (minute, self.minute.1 + 1) } else { (minute, 1) };
        self.most = self.most.max(self.minute.1);
    }

    /// The requests of the busiest day and of the busiest minute.
    pub fn most(&self) -> (u64, u64) {
        (self.days.iter().map(|(_, count)| *count).max().unwrap_or(0), self.most)
    }

    /// Takes up another part.
    pub fn merge(&mut self, other: Self) {
        for (day, count) in other.days {
            count_day(&mut self.days, day, count);
        }
        self.most = self.most.max(other.most);
        if other.minute.0 > self.minute.0 {
            self.minute = other.minute;
        }
    }
}

fn count_day(days: &mut Vec<(i64, u64)>, day: i64, count: u64) {
    if let Some((_, sum)) = days.iter_mut().rev().find(|(known, _)| *known == day) {
        *sum += count;
    } else if days.len() < DAYS {
        days.push((day, count));
    }
}

/// Durations in steps of a quarter octave.
#[derive(Debug, Clone, Default)]
pub struct Durations {
    steps: Vec<u32>,
    max: u64,
}

impl Durations {
    /// Counts one, in milliseconds.
    pub fn add(&mut self, ms: u64) {
        let step = step_of(ms);
        if self.steps.len() <= step {
            self.steps.resize(step + 1, 0);
        }
        if let Some(count) = self.steps.get_mut(step) {
            *count = count.saturating_add(1);
        }
        self.max = self.max.max(ms);
    }

    /// Takes up another part.
    pub fn merge(&mut self, other: &Self) {
        if self.steps.len() < other.steps.len() {
            self.steps.resize(other.steps.len(), 0);
        }
        for (mine, theirs) in self.steps.iter_mut().zip(&other.steps) {
            *mine = mine.saturating_add(*theirs);
        }
        self.max = self.max.max(other.max);
    }

    /// The median, the 95th of 100 and the longest, in milliseconds; `None` where there is none.
    pub fn told(&self) -> Option<(u64, u64, u64)> {
        let all: u64 = self.steps.iter().map(|count| u64::from(*count)).sum();
        let at = |percent: u64| {
            let mut left = (all * percent).div_ceil(100);
            let step = self.steps.iter().position(|count| {
                left = left.saturating_sub(u64::from(*count));
                left == 0
            });
            step.map_or(self.max, |step| end_of(step).min(self.max))
        };
        (all > 0).then(|| (at(50), at(95), self.max))
    }
}

/// 0 to 3 have a step of their own; above, the two bits behind the first one make four steps an octave.
fn step_of(ms: u64) -> usize {
    let bits = 64 - ms.leading_zeros();
    let step = match bits {
        0..=2 => ms,
        bits => u64::from(bits - 2) * 4 + ((ms >> (bits - 3)) & 3),
    };
    usize::try_from(step).unwrap_or(usize::MAX)
}

/// The largest duration of a step.
fn end_of(step: usize) -> u64 {
    let step = step as u64;
    if step < 4 { step } else { ((step % 4 + 5) << (step / 4 - 1)) - 1 }
}

/// Folders whose keys are followed, the last ones.
const FOLDERS: usize = 16;

/// A client that comes again with the same key so soon, in seconds, has not taken the answer.
const SOON_S: i64 = 60;

/// Sync keys: a client that begins anew, and one that does not get on.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// By day and folder.
    anew: Vec<((i64, u64), u64)>,
    last: Vec<Followed>,
    most: u64,
}

#[derive(Debug, Clone, Copy)]
struct Followed {
    folder: u64,
    key: u64,
    at: i64,
    repeated: u64,
}

impl Keys {
    /// Counts the key of a request for a folder.
    pub fn add(&mut self, folder: Option<&[u8]>, key: Option<&[u8]>, first_sync: bool, time: i64) {
        let Some(key) = key else { return };
        let folder = folder.map_or(0, hash);
        let known = self.last.iter().position(|known| known.folder == folder);
        // a folder's own part may stand before the number: {guid}7
        if key == b"0" || first_sync {
            self.count((time.div_euclid(86_400), folder), 1);
            if let Some(at) = known {
                self.last.swap_remove(at);
            }
            return;
        }
        let key = hash(key);
        match known.and_then(|at| self.last.get_mut(at)) {
            // an answer without a change keeps the key: whoever asks now and then repeats it rightly
            Some(known) if known.key == key && time.abs_diff(known.at) <= SOON_S.unsigned_abs() => {
                known.repeated += 1;
                known.at = time;
                self.most = self.most.max(known.repeated);
            }
            Some(known) => (known.key, known.at, known.repeated) = (key, time, 1),
            None => {
                if self.last.len() >= FOLDERS {
                    self.last.remove(0);
                }
                self.last.push(Followed { folder, key, at: time, repeated: 1 });
            }
        }
    }

    fn count(&mut self, of: (i64, u64), count: u64) {
        if let Some((_, sum)) = self.anew.iter_mut().rev().find(|(known, _)| *known == of) {
            *sum += count;
        } else if self.anew.len() < DAYS {
            self.anew.push((of, count));
        }
    }

    /// The most new beginnings of one folder in one day, and the most requests in a row with one key.
    pub fn most(&self) -> (u64, u64) {
        (self.anew.iter().map(|(_, count)| *count).max().unwrap_or(0), self.most)
    }

    /// Takes up another part.
    pub fn merge(&mut self, other: Self) {
        for (of, count) in other.anew {
            self.count(of, count);
        }
        self.most = self.most.max(other.most);
    }
}

/// Texts told apart (FNV-1a).
pub fn fnv(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Of ids, whose beginnings differ.
fn hash(id: &[u8]) -> u64 {
    fnv(id.get(..64).unwrap_or(id))
}

/// Requests in a row with one outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// Seconds of the first.
    pub from: i64,
    /// Seconds of the last.
    pub to: i64,
    /// The failure; `None`: it worked.
    pub code: Option<Code>,
    /// How many.
    pub count: u64,
}

/// The last spells, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Spells(Vec<Spell>);

impl Spells {
    /// Counts a request.
    pub fn add(&mut self, at: Stamp, code: Option<Code>) {
        match self.0.last_mut() {
            Some(last) if last.code == code => {
                last.to = last.to.max(at.time);
                last.from = last.from.min(at.time);
                last.count += 1;
            }
            _ => {
                if self.0.len() >= SPELLS {
                    self.0.remove(0);
                }
                self.0.push(Spell { from: at.time, to: at.time, code, count: 1 });
            }
        }
    }

    /// Takes up another part.
    pub fn merge(&mut self, other: Self) {
        let mut all = std::mem::take(&mut self.0);
        all.extend(other.0);
        order::by_key(&mut all, |spell| spell.from);
        for spell in all {
            match self.0.last_mut() {
                Some(last) if last.code == spell.code => {
                    last.to = last.to.max(spell.to);
                    last.count += spell.count;
                }
                _ => self.0.push(spell),
            }
        }
        let surplus = self.0.len().saturating_sub(SPELLS);
        self.0.drain(..surplus);
    }

    /// All of them.
    pub fn told(&self) -> &[Spell] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_to_a_quarter_octave() {
        let mut durations = Durations::default();
        for ms in 1..=1000 {
            durations.add(ms);
        }
        let (p50, p95, max) = durations.told().unwrap();
        assert!((500..=600).contains(&p50) && (950..=1000).contains(&p95), "{p50} {p95}");
        assert_eq!(max, 1000);
        for ms in 0..100_000 {
            let end = end_of(step_of(ms));
            assert!(end >= ms && end <= ms + ms / 4 + 1, "{ms} {end}");
        }
        assert_eq!(Durations::default().told(), None);
    }

    #[test]
    fn a_client_that_begins_anew_or_repeats_itself_is_counted_by_folder() {
        let mut keys = Keys::default();
        for (key, time) in [("0", 1), ("{a}7", 2), ("{a}7", 3), ("{a}7", 4), ("0", 5), ("0", 90_000)] {
            keys.add(Some(b"5"), Some(key.as_bytes()), false, time);
        }
        assert_eq!(keys.most(), (2, 3));
        // a new device begins with each of its folders; whoever asks now and then may repeat a key
        let mut keys = Keys::default();
        for folder in 0..12_u8 {
            keys.add(Some(&[folder]), Some(b"0"), false, 1);
            keys.add(Some(&[0]), Some(b"7"), false, 1000 * i64::from(folder));
        }
        assert_eq!(keys.most(), (1, 0));
    }

    #[test]
    fn the_busiest_minute_and_day_count() {
        let mut busy = Busy::default();
        for time in [0, 1, 2, 60, 61, 86_400] {
            busy.add(time);
        }
        assert_eq!(busy.most(), (5, 3));
    }
}
