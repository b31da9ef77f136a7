//! Is a file still the one that was found, or has somebody rotated it meanwhile?

use crate::evidence::logs::reasons::{MOVED, REPLACED, REWRITTEN};
use std::fs::{File, Metadata};
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

/// So many bytes of the beginning are compared: a log that is begun anew has another date in them.
const BEGINNING: usize = 4096;

/// So many bytes of the end tell two logs apart.
const END: u64 = 64 << 10;

/// A file of fewer bytes may well say the same as another.
pub const SHORT: u64 = 512;

/// What a file was when it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    identity: Identity,
    beginning: u64,
    /// How long that is.
    length: usize,
}

/// Which file it is, by what the system says. Numbers are given anew once a file is gone, so that the time at
/// which it came into being belongs to it, where the system tells that.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    number: (u64, u64),
    created: Option<SystemTime>,
}

impl Identity {
    fn of(data: &Metadata) -> Self {
        Self { number: number(data), created: data.created().ok() }
    }
}

#[cfg(unix)]
fn number(data: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (data.dev(), data.ino())
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// What happened to a file since it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// What was read is not what was found: something is lost.
    Lost(&'static str),
    /// What was found was read, and its name leads elsewhere now.
    Harmless(&'static str),
}

impl Found {
    /// Of a file that begins so.
    pub fn new(data: &Metadata, head: &[u8]) -> Self {
        let head = head.get(..BEGINNING).unwrap_or(head);
        Self { identity: Identity::of(data), beginning: hashed(head), length: head.len() }
    }

    /// What has changed, by the file that was read and by what its name leads to now.
    pub fn change(&self, mut read: &File, path: &Path) -> io::Result<Option<Change>> {
        let identity = Identity::of(&read.metadata()?);
        read.seek(SeekFrom::Start(0))?;
        let mut head = Vec::new();
        read.take(self.length as u64).read_to_end(&mut head)?;
        // a copy that goes on like the one before is as good: some tools renew it by another file
        if hashed(&head) != self.beginning {
            return Ok(Some(Change::Lost(if identity == self.identity { REWRITTEN } else { REPLACED })));
        }
        let named = std::fs::metadata(path).map(|data| Identity::of(&data));
        let moved = named.is_ok_and(|named| named != identity);
        Ok(moved.then_some(Change::Harmless(MOVED)))
    }
}

/// What a file holds, by its length, its beginning and its end: a copy of a log has all three, and no other log the
/// end of this one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content(u64, u64, u64);

impl Content {
    /// Of a file that begins so; nothing of one that is short, such as a header alone.
    pub fn of(mut file: &File, length: u64, head: &[u8]) -> io::Result<Option<Self>> {
        if length < SHORT {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
        let mut tail = Vec::new();
        file.take(END).read_to_end(&mut tail)?;
        Ok(Some(Self(length, hashed(head), hashed(&tail))))
    }
}

/// A number that equal bytes have in common.
pub fn hashed(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &Path, text: &str) -> (Found, File) {
        std::fs::write(path, text).unwrap();
        let file = File::open(path).unwrap();
        (Found::new(&file.metadata().unwrap(), text.as_bytes()), file)
    }

    #[test]
    fn a_log_that_only_grows_is_the_same_and_one_that_is_moved_away_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("u_ex.log");
        let (known, file) = found(&path, "#Date: 1\nline\n");
        assert_eq!(known.change(&file, &path).unwrap(), None);
        std::fs::write(&path, "#Date: 1\nline\nline\n").unwrap();
        assert_eq!(known.change(&file, &path).unwrap(), None);
        std::fs::rename(&path, folder.path().join("u_ex.1.log")).unwrap();
        assert_eq!(known.change(&file, &path).unwrap(), None, "nothing stands in its place");
        std::fs::write(&path, "#Date: 2\n").unwrap();
        assert_eq!(known.change(&file, &path).unwrap(), Some(Change::Harmless(MOVED)));
        let other = File::open(&path).unwrap();
        assert_eq!(known.change(&other, &path).unwrap(), Some(Change::Lost(REPLACED)));
        // a copy that was renewed by another file with the same lines and more
        std::fs::write(&path, "#Date: 1\nline\nline\n").unwrap();
        assert_eq!(known.change(&File::open(&path).unwrap(), &path).unwrap(), None);
    }

    #[test]
    fn a_log_that_is_cut_and_grown_again_to_the_same_length_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("u_ex.log");
        let (known, file) = found(&path, "#Date: 1\nline\n");
        let same_file = std::fs::OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
        std::io::Write::write_all(&mut &same_file, b"#Date: 2\nline\n").unwrap();
        assert_eq!(known.change(&file, &path).unwrap(), Some(Change::Lost(REWRITTEN)));
    }
}
