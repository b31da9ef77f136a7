//! How is a file read that somebody writes to, cuts or takes away meanwhile?

use super::said;
use crate::evidence::logs::reasons::SHRANK;
use std::cell::RefCell;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a file ended sooner than it should have; the first reason counts.
#[derive(Debug, Default)]
pub struct Ended(RefCell<Option<String>>);

impl Ended {
    /// Notes a reason.
    pub fn note(&self, why: &str) {
        self.0.borrow_mut().get_or_insert_with(|| why.to_owned());
    }

    /// The reason; `None` where all was read.
    pub fn take(&self) -> Option<String> {
        self.0.take()
    }
}

/// A file up to the size that it had when it was found: what comes behind is for the next run. An error is an end,
/// so that what came before it counts, and so is one that comes too soon; both are noted.
#[derive(Debug)]
pub struct Bounded<'a, R> {
    input: R,
    left: Option<u64>,
    ended: &'a Ended,
    done: &'a AtomicU64,
}

impl<'a, R: Read> Bounded<'a, R> {
    /// `left`: how many bytes there should be; `None` where nobody knows. `done` counts them.
    pub fn new(input: R, left: Option<u64>, ended: &'a Ended, done: &'a AtomicU64) -> Self {
        Self { input, left, ended, done }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len();
        let room = self.left.map_or(wanted, |left| usize::try_from(left).unwrap_or(wanted).min(wanted));
        let Some(buffer) = buffer.get_mut(..room).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        match self.input.read(buffer) {
            Ok(read) => {
                if read == 0 && self.left.is_some() {
                    self.ended.note(SHRANK);
                    self.left = Some(0);
                }
                let count = read as u64;
                self.left = self.left.map(|left| left.saturating_sub(count));
                self.done.fetch_add(count, Ordering::Relaxed);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.ended.note(&said(&error));
                self.left = Some(0);
                Ok(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives at most three bytes at a time, and fails behind the last one where there is an error.
    struct Drops<'a>(&'a [u8], Option<io::ErrorKind>);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty()
                && let Some(error) = self.1.take()
            {
                return Err(error.into());
            }
            let count = self.0.len().min(buffer.len()).min(3);
            self.0.read(&mut buffer[..count])
        }
    }

    fn all(input: Drops<'_>, left: Option<u64>) -> (Vec<u8>, Option<String>, u64) {
        let (ended, done) = (Ended::default(), AtomicU64::new(0));
        let mut out = Vec::new();
        Bounded::new(input, left, &ended, &done).read_to_end(&mut out).unwrap();
        (out, ended.take(), done.load(Ordering::Relaxed))
    }

    #[test]
    fn no_byte_behind_the_known_size_is_read_however_the_input_comes() {
        assert_eq!(all(Drops(b"0123456789", None), Some(7)), (b"0123456".to_vec(), None, 7));
        assert_eq!(all(Drops(b"0123456789", None), Some(10)), (b"0123456789".to_vec(), None, 10));
        assert_eq!(all(Drops(b"0123456789", None), None), (b"0123456789".to_vec(), None, 10));
        assert_eq!(all(Drops(b"0123456789", None), Some(0)).0, b"");
    }

    #[test]
    fn an_end_that_comes_too_soon_is_noted_and_one_that_nobody_knew_is_none() {
        assert_eq!(all(Drops(b"0123", None), Some(7)), (b"0123".to_vec(), Some(SHRANK.to_owned()), 4));
        assert_eq!(all(Drops(b"0123", None), None).1, None);
    }

    #[test]
    fn an_error_is_an_end_that_is_noted_and_the_first_reason_counts() {
        let (read, why, _) = all(Drops(b"0123", Some(io::ErrorKind::PermissionDenied)), Some(7));
        assert_eq!((read.as_slice(), why.as_deref()), (&b"0123"[..], Some(crate::evidence::logs::reasons::DENIED)));
        // one that was only interrupted goes on
        assert_eq!(all(Drops(b"0123", Some(io::ErrorKind::Interrupted)), None).1, None);
        let ended = Ended::default();
        ended.note("first");
        ended.note("second");
        assert_eq!(ended.take().as_deref(), Some("first"));
    }
}
