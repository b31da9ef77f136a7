//! How is a log of another kind than IIS's taken apart into lines, and what do all kinds have in common?

use super::scan::{Part, Skip};
use super::table::Chosen;

/// The longest line that is kept; IIS takes none of more than 64 KiB.
pub const LONGEST: usize = 1 << 20;

/// What reads a log of one kind, line by line.
pub trait Look {
    /// What it has brought so far.
    fn part(&mut self) -> &mut Part;

    /// Takes a line without its end, and its number; `Err` where it should have been used and could not.
    fn line(&mut self, line: &[u8], number: u64) -> Result<(), Skip>;

    /// The file is over.
    fn over(&mut self) -> Result<(), Skip> {
        Ok(())
    }
}

/// Takes bytes apart into lines, wherever they are cut.
#[derive(Debug, Default)]
pub struct ByLine<T> {
    look: T,
    rest: Vec<u8>,
    overlong: bool,
}

impl<T: Look> ByLine<T> {
    /// For one file, of which those who are asked about are told in any case.
    pub fn new(mut look: T, chosen: &Chosen) -> Self {
        look.part().table.chosen = chosen.clone();
        Self { look, rest: Vec::new(), overlong: false }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            let line = bytes.get(from..end).unwrap_or_default();
            from = end + 1;
            if self.rest.is_empty() && !self.overlong {
                self.whole(line);
            } else {
                self.hold(line);
                let held = std::mem::take(&mut self.rest);
                if std::mem::take(&mut self.overlong) {
                    self.look.part().lines += 1;
                    self.skip(Skip::TooLong);
                } else {
                    self.whole(&held);
                }
                self.rest = held;
                self.rest.clear();
            }
        }
        self.hold(bytes.get(from..).unwrap_or_default());
    }

    fn hold(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.rest.len());
        self.rest.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.overlong |= bytes.len() > room;
    }

    fn whole(&mut self, line: &[u8]) {
        if let Err(why) = self.seen(line) {
            self.skip(why);
        }
    }

    fn seen(&mut self, line: &[u8]) -> Result<(), Skip> {
        let part = self.look.part();
        part.lines += 1;
        let number = part.lines;
        if memchr::memchr(0, line).is_some() {
            return Err(Skip::Nul);
        }
        self.look.line(trimmed(line), number)
    }

    fn skip(&mut self, why: Skip) {
        *self.look.part().skipped.entry(why).or_default() += 1;
    }

    /// The end of the file. A last line without an end that has too few columns is cut.
    pub fn finish(mut self) -> Part {
        let line = std::mem::take(&mut self.rest);
        if self.overlong {
            self.look.part().lines += 1;
            self.skip(if line.contains(&0) { Skip::Nul } else { Skip::TooLong });
        } else if !line.is_empty() {
            match self.seen(&line) {
                Err(Skip::Columns) => self.skip(Skip::Cut),
                Err(why) => self.skip(why),
                Ok(()) => {}
            }
        }
        if let Err(why) = self.look.over() {
            self.skip(why);
        }
        std::mem::take(self.look.part())
    }
}

/// Notes that the logs cover a moment.
pub fn see(part: &mut Part, time: i64) {
    part.hours.insert(time.div_euclid(3600));
    part.span = Some(part.span.map_or((time, time), |(from, to)| (from.min(time), to.max(time))));
}

/// Without the end of the line.
pub fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

const STEM: &[u8; 28] = b"/Microsoft-Server-ActiveSync";

/// What stands behind the virtual directory of ActiveSync; `None` where it is another one.
pub fn below_stem(stem: &[u8]) -> Option<&[u8]> {
    after(stem, STEM)
}

/// What follows a beginning, whatever its case. Written as usual, it is known by a comparison of a few words.
pub fn after<'a, const N: usize>(text: &'a [u8], start: &[u8; N]) -> Option<&'a [u8]> {
    let (head, tail) = text.split_first_chunk::<N>()?;
    (head == start || head.eq_ignore_ascii_case(start)).then_some(tail)
}

/// Whether a line speaks of ActiveSync.
pub fn contains_stem(line: &[u8]) -> bool {
    line.windows(STEM.len()).any(|window| window.eq_ignore_ascii_case(STEM))
}

/// Whether a path of ActiveSync begins in a line, behind a blank or a comma: in a line where none is found in its
/// place, damage has moved it.
pub fn is_moved(line: &[u8]) -> bool {
    line.windows(STEM.len() + 1)
        .any(|window| matches!(window.split_first(), Some((b' ' | b',', path)) if path.eq_ignore_ascii_case(STEM)))
}

/// Whether it begins so.
pub fn starts_with_ignoring_case(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn ends_with_ignoring_case(text: &[u8], end: &[u8]) -> bool {
    text.len().checked_sub(end.len()).and_then(|at| text.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// A user agent as IIS writes it, blanks as `+`.
pub fn plussed(agent: &[u8]) -> impl Iterator<Item = u8> + '_ {
    agent.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte })
}

/// Whether Exchange asked itself whether it is well.
pub fn is_probe(stem: &[u8], agent: &[u8], users: [&[u8]; 2]) -> bool {
    ends_with_ignoring_case(stem, b".check") || agent.starts_with(b"AMProbe") || users.into_iter().any(is_health)
}

/// The mailboxes by which Exchange watches itself, with or without a domain.
fn is_health(user: &[u8]) -> bool {
    const NAME: &[u8] = b"healthmailbox";
    let domain =
        memchr::memchr2(b'\\', b'%', user).map_or(0, |at| if user.get(at) == Some(&b'%') { at + 3 } else { at + 1 });
    starts_with_ignoring_case(user, NAME)
        || user.get(domain..).is_some_and(|rest| starts_with_ignoring_case(rest, NAME))
}
