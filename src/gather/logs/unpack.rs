//! Is a file packed with gzip or written in UTF-16, and what does it hold then?

use super::bounded::Ended;
use super::said;
use crate::evidence::logs::reasons::{NESTED, OTHER_ARCHIVE};
use flate2::read::MultiGzDecoder;
use std::io::{self, BufReader, Cursor, Read};

/// A file's text, in UTF-8 or what it is in.
pub struct Opened<'a> {
    /// Its beginning.
    pub head: Vec<u8>,
    /// What follows.
    pub rest: Box<dyn Read + 'a>,
}

/// Whether a file with this beginning has to be unpacked or rewritten.
pub fn is_packed(head: &[u8]) -> bool {
    is_gzip(head) || utf16(head).is_some() || head.starts_with(BOM)
}

/// Whether a file with this beginning is packed with gzip.
pub fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(b"\x1f\x8b")
}

/// How much of a file its kind is told by.
pub const BEGINNING: u64 = 64 << 10;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Looks at the beginning and takes off what is around the text. An error is noted: what came before it counts.
pub fn opened<'a>(mut input: Box<dyn Read + 'a>, ended: &Ended) -> Opened<'a> {
    let beginning = |input: &mut dyn Read| {
        let mut head = Vec::new();
        if let Err(error) = input.take(BEGINNING).read_to_end(&mut head) {
            ended.note(&said(&error));
        }
        head
    };
    // an archive in an archive, and text in it in UTF-16: no more than that
    for _ in 0..3 {
        let head = beginning(&mut input);
        let is_utf16 = utf16(&head);
        if !is_gzip(&head) && is_utf16.is_none() {
            let mut text = head.strip_prefix(BOM).unwrap_or(&head).to_vec();
            if text.contains(&b'\r') && !text.contains(&b'\n') {
                to_newlines(&mut text);
                input = Box::new(Newlines(input));
            }
            return Opened { head: text, rest: input };
        }
        let whole = Cursor::new(head).chain(input);
        input = match is_utf16 {
            Some(big_endian) => {
                Box::new(Utf16 { input: whole, big_endian, half: None, high: None, out: Vec::new(), at: 0 })
            }
            None => Box::new(MultiGzDecoder::new(BufReader::with_capacity(64 << 10, whole))),
        };
    }
    Opened { head: beginning(&mut input), rest: input }
}

/// Beginnings of archives: zip, gzip; 7z, rar, xz, bzip2, zstd.
const READ: &[&[u8]] = &[b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"];
const NOT_READ: &[&[u8]] = &[b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"];

/// Why a file that is no text cannot be read, where it is an archive.
pub fn why_binary(head: &[u8]) -> Option<&'static str> {
    let begins = |known: &[&[u8]]| known.iter().any(|known| head.starts_with(known));
    if begins(READ) { Some(NESTED) } else { begins(NOT_READ).then_some(OTHER_ARCHIVE) }
}

/// A text whose lines end with a carriage return alone.
struct Newlines<R>(R);

impl<R: Read> Read for Newlines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        to_newlines(buffer.get_mut(..read).unwrap_or_default());
        Ok(read)
    }
}

fn to_newlines(text: &mut [u8]) {
    for byte in text.iter_mut().filter(|byte| **byte == b'\r') {
        *byte = b'\n';
    }
}

/// Whether it is UTF-16, and big-endian; also without a mark where every other byte is 0.
fn utf16(head: &[u8]) -> Option<bool> {
    match head {
        [0xff, 0xfe, ..] => Some(false),
        [0xfe, 0xff, ..] => Some(true),
        [a, 0, b, 0, c, 0, ..] if [a, b, c].iter().all(|byte| byte.is_ascii() && **byte > 0) => Some(false),
        [0, a, 0, b, 0, c, ..] if [a, b, c].iter().all(|byte| byte.is_ascii() && **byte > 0) => Some(true),
        _ => None,
    }
}

/// UTF-16 as UTF-8; what is none becomes U+FFFD.
struct Utf16<R> {
    input: R,
    big_endian: bool,
    half: Option<u8>,
    high: Option<u16>,
    out: Vec<u8>,
    at: usize,
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.out.len() {
            let mut bytes = vec![0; 32 << 10];
            let read = self.input.read(&mut bytes)?;
            if read == 0 {
                return Ok(0);
            }
            let big_endian = self.big_endian;
            let half = self.half.take();
            let mut units: Vec<u16> = self.high.take().into_iter().collect();
            let mut bytes = half.into_iter().chain(bytes.into_iter().take(read));
            while let Some(first) = bytes.next() {
                let Some(second) = bytes.next() else {
                    self.half = Some(first);
                    break;
                };
                units.push(if big_endian {
                    u16::from_be_bytes([first, second])
                } else {
                    u16::from_le_bytes([first, second])
                });
            }
            // the first half of a pair waits for its second one
            if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
                self.high = units.pop();
            }
            let text: String = char::decode_utf16(units)
                .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
                .filter(|letter| *letter != '\u{feff}')
                .collect();
            (self.out, self.at) = (text.into_bytes(), 0);
        }
        let ready = self.out.get(self.at..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(ready) {
            *to = *from;
        }
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn text(bytes: Vec<u8>) -> String {
        let mut opened = opened(Box::new(Cursor::new(bytes)), &Ended::default());
        opened.rest.read_to_end(&mut opened.head).unwrap();
        String::from_utf8(opened.head).unwrap()
    }

    #[test]
    fn gzip_in_several_members_and_utf16_are_unpacked() {
        let said = "#Fields: date größer 東京 \u{1f600}\r\n".repeat(5000);
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(said.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(text(little.clone()), said);
        assert_eq!(text(said.encode_utf16().flat_map(u16::to_be_bytes).collect()), said);
        let mut packed = Vec::new();
        for half in [&little[..1001], &little[1001..]] {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(half).unwrap();
            packed.extend(encoder.finish().unwrap());
        }
        assert_eq!(text(packed), said);
        assert_eq!(text([BOM, b"abc"].concat()), "abc");
    }

    /// Gives three bytes at a time.
    struct Three<R>(R);

    impl<R: Read> Read for Three<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(3);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn letters_of_utf16_that_come_in_halves_and_pairs_that_come_apart_are_put_together() {
        let said = "größer 東京 \u{1f600}\u{1f601}\r\n".repeat(5000);
        let units: Vec<u8> = [0xff, 0xfe].into_iter().chain(said.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let ended = Ended::default();
        let mut opened = opened(Box::new(Three(Cursor::new(units))), &ended);
        opened.rest.read_to_end(&mut opened.head).unwrap();
        assert!(String::from_utf8(opened.head).unwrap() == said);
    }

    #[test]
    fn half_a_letter_at_the_end_of_utf16_is_left_out_and_half_a_pair_is_replaced_or_waits() {
        let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let odd: Vec<u8> = [0xff, 0xfe].into_iter().chain(units("abc")).chain([b'd']).collect();
        assert_eq!(text(odd), "abc");
        let lone: Vec<u8> = [0xff, 0xfe].into_iter().chain(units("ab")).chain([0x3d, 0xd8, b'c', 0]).collect();
        assert_eq!(text(lone), "ab\u{fffd}c");
    }

    #[test]
    fn lines_that_end_with_a_carriage_return_alone_are_lines() {
        let long = "#Fields: date\r1\r2\r".repeat(9000);
        assert_eq!(text(long.clone().into_bytes()), long.replace('\r', "\n"));
        assert_eq!(text(b"a\r\nb\r\n".to_vec()), "a\r\nb\r\n");
    }

    #[test]
    fn an_archive_that_is_not_looked_into_says_why() {
        assert_eq!(why_binary(b"PK\x03\x04abc"), Some(NESTED));
        assert_eq!(why_binary(b"\xfd7zXZ\0\0"), Some(OTHER_ARCHIVE));
        assert_eq!(why_binary(b"\xff\xd8\xff"), None);
    }
}
