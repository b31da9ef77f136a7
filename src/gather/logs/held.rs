//! Does another file hold the same, packed or not?

use super::same::hashed;
use super::unpack::BEGINNING;
use flate2::Crc;
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// What holds fewer bytes may well say the same as another.
const SHORT: u32 = 512;

/// The CRC-32 of what a file holds.
#[derive(Debug)]
enum Sum {
    /// As the archive says.
    Said(u32),
    /// Of a plain file, for which all of it has to be read.
    OfFile(PathBuf),
}

impl Sum {
    fn get(&self) -> Option<u32> {
        let path = match self {
            Self::Said(sum) => return Some(*sum),
            Self::OfFile(path) => path,
        };
        let mut file = File::open(path).ok()?;
        let (mut crc, mut buffer) = (Crc::new(), vec![0; 1 << 20]);
        loop {
            match file.read(&mut buffer).ok()? {
                0 => return Some(crc.sum()),
                read => crc.update(buffer.get(..read)?),
            }
        }
    }
}

/// What a file holds, once it is unpacked.
#[derive(Debug)]
pub struct Unpacked {
    /// The number of the file.
    file: u32,
    /// Modulo 2^32, as gzip tells it.
    length: u32,
    /// Of its beginning, where that is known.
    beginning: Option<u64>,
    sum: Sum,
}

impl Unpacked {
    /// Of a plain file that begins so.
    pub fn plain(file: u32, path: &Path, size: u64, head: &[u8]) -> Self {
        Self { file, length: low(size), beginning: Some(hashed(head)), sum: Sum::OfFile(path.to_owned()) }
    }

    /// Of a file in gzip's format that begins so (RFC 1952, 2.3.1: CRC32 and ISIZE stand at its end).
    pub fn gzip(number: u32, mut file: &File, head: &[u8]) -> Option<Self> {
        let mut end = [0; 8];
        file.seek(SeekFrom::End(-8)).ok()?;
        file.read_exact(&mut end).ok()?;
        let (sum, length) = (u32::from_le_bytes(*end.first_chunk()?), u32::from_le_bytes(*end.last_chunk()?));
        // they are those of the last member of several, which does not begin like the whole
        let mut beginning = Vec::new();
        MultiGzDecoder::new(head).take(BEGINNING).read_to_end(&mut beginning).ok()?;
        Some(Self { file: number, length, beginning: Some(hashed(&beginning)), sum: Sum::Said(sum) })
    }

    /// Of a member of a ZIP archive; nothing of one whose sum is not told, as where a password hides it (AE-2).
    pub fn member(file: u32, size: u64, sum: u32) -> Option<Self> {
        (sum != 0).then(|| Self { file, length: low(size), beginning: None, sum: Sum::Said(sum) })
    }

    fn is_plain(&self) -> bool {
        matches!(self.sum, Sum::OfFile(_))
    }

    fn is(&self, other: &Self) -> bool {
        let begin_alike = self.beginning.is_none() || other.beginning.is_none() || self.beginning == other.beginning;
        let one_is_packed = !(self.is_plain() && other.is_plain());
        begin_alike && one_is_packed && self.sum.get().is_some_and(|sum| other.sum.get() == Some(sum))
    }
}

fn low(size: u64) -> u32 {
    u32::try_from(size & u64::from(u32::MAX)).unwrap_or_default()
}

/// What the files hold that were found so far, by its length.
#[derive(Debug, Default)]
pub struct Held(BTreeMap<u32, Vec<Unpacked>>);

impl Held {
    /// Of this file and one before it that holds the same, where one of them is packed, the number of that which need
    /// not be read: a packed one, as it may be damaged.
    pub fn spare(&mut self, content: Unpacked) -> Option<u32> {
        let alike = self.0.entry(content.length).or_default();
        let twin = alike.iter_mut().find(|other| content.length >= SHORT && other.is(&content));
        match twin {
            Some(packed) if content.is_plain() => Some(std::mem::replace(packed, content).file),
            Some(_) => Some(content.file),
            None => {
                alike.push(content);
                None
            }
        }
    }
}
