//! How is a file read that somebody writes to, cuts or takes away meanwhile?

use crate::evidence::logs::SHRANK;
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
                self.ended.note(&error.to_string());
                self.left = Some(0);
                Ok(0)
            }
        }
    }
}
