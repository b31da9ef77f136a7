//! Which packed file holds the same as a plain one that is read?

use super::same::{SHORT, hashed};
use super::unpack::BEGINNING;
use flate2::Crc;
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// What an archive says of what it holds.
#[derive(Debug)]
struct Packed {
    /// The number of the file.
    file: u32,
    /// Of its beginning, where that is known.
    beginning: Option<u64>,
    /// CRC-32.
    sum: u32,
}

/// A plain file.
#[derive(Debug)]
struct Plain {
    file: u32,
    path: PathBuf,
    beginning: u64,
}

/// The files that were found, by their length modulo 2^32, as gzip tells it.
#[derive(Debug, Default)]
pub struct Held {
    packed: BTreeMap<u32, Vec<Packed>>,
    plain: BTreeMap<u32, Vec<Plain>>,
}

impl Held {
    /// A plain file that begins so.
    pub fn plain(&mut self, file: u32, path: &Path, size: u64, head: &[u8]) {
        let plain = Plain { file, path: path.to_owned(), beginning: hashed(head) };
        self.plain.entry(low(size)).or_default().push(plain);
    }

    /// A file in gzip's format that begins so (RFC 1952, 2.3.1: CRC32 and ISIZE stand at its end).
    pub fn gzip(&mut self, number: u32, mut file: &File, head: &[u8]) -> Option<()> {
        let mut end = [0; 8];
        file.seek(SeekFrom::End(-8)).ok()?;
        file.read_exact(&mut end).ok()?;
        let (sum, length) = (u32::from_le_bytes(*end.first_chunk()?), u32::from_le_bytes(*end.last_chunk()?));
        // they are those of the last member of several, which does not begin like the whole
        let mut beginning = Vec::new();
        MultiGzDecoder::new(head).take(BEGINNING).read_to_end(&mut beginning).ok()?;
        let packed = Packed { file: number, beginning: Some(hashed(&beginning)), sum };
        self.packed.entry(length).or_default().push(packed);
        Some(())
    }

    /// A member of a ZIP archive. Where a password hides its sum (AE-2), that is 0.
    pub fn member(&mut self, file: u32, size: u64, sum: u32) {
        if sum != 0 {
            self.packed.entry(low(size)).or_default().push(Packed { file, beginning: None, sum });
        }
    }

    /// The numbers of the packed files that need not be read, each with that of the plain file that holds the same. A
    /// packed one may be damaged or locked, so the plain one is read; of packed ones alone, all are.
    pub fn spare(&self) -> BTreeMap<u32, u32> {
        let mut out = BTreeMap::new();
        for (length, packed) in self.packed.iter().filter(|(length, _)| u64::from(**length) >= SHORT) {
            for plain in self.plain.get(length).into_iter().flatten() {
                let is_alike = |packed: &&Packed| packed.beginning.is_none_or(|begins| begins == plain.beginning);
                let alike: Vec<&Packed> = packed.iter().filter(is_alike).collect();
                // for that, all of it has to be read
                let sum = if alike.is_empty() { None } else { sum_of(&plain.path) };
                let same = alike.into_iter().filter(|packed| Some(packed.sum) == sum);
                out.extend(same.map(|packed| (packed.file, plain.file)));
            }
        }
        out
    }
}

fn low(size: u64) -> u32 {
    u32::try_from(size & u64::from(u32::MAX)).unwrap_or_default()
}

/// The CRC-32 of a file; `None` where it cannot be read.
fn sum_of(path: &Path) -> Option<u32> {
    let mut file = File::open(path).ok()?;
    let (mut crc, mut buffer) = (Crc::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(crc.sum()),
            read => crc.update(buffer.get(..read)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_locked_or_gone_is_no_twin() {
        let folder = tempfile::tempdir().unwrap();
        let spare = |length: usize, sum: Option<u32>, gone: bool| {
            let (path, content) = (folder.path().join("a.log"), vec![b'x'; length]);
            std::fs::write(&path, &content).unwrap();
            let mut crc = Crc::new();
            crc.update(&content);
            let mut held = Held::default();
            held.plain(1, &path, length as u64, &content);
            held.member(2, length as u64, sum.unwrap_or(crc.sum()));
            held.member(3, length as u64, crc.sum() ^ 1);
            if gone {
                std::fs::remove_file(&path).unwrap();
            }
            held.spare()
        };
        assert_eq!(spare(600, None, false), BTreeMap::from([(2, 1)]));
        assert_eq!(spare(400, None, false), BTreeMap::new(), "short");
        assert_eq!(spare(600, Some(0), false), BTreeMap::new(), "locked");
        assert_eq!(spare(600, None, true), BTreeMap::new(), "gone");
    }
}
