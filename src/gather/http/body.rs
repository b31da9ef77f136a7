//! How is the body of an answer read, and what of it becomes text?

use super::failure;
use crate::evidence::{FailKind, Failure, Phase};
use flate2::{Decompress, FlushDecompress, Status};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use std::borrow::Cow;
use tokio::time;

/// So much of a body is read, and so much comes out of one that is compressed; an Autodiscover answer
/// has some 10 KiB.
const LARGEST_BODY: usize = 1024 * 1024;
/// So much of its text becomes evidence.
const LARGEST_TEXT: usize = 64 * 1024;

/// A body, as far as it came.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) bytes: Vec<u8>,
    pub(super) truncated: bool,
    /// Why it did not come to its end.
    pub(super) cut: Option<Failure>,
}

pub(super) async fn read(body: &mut Incoming, headers: &HeaderMap, until: time::Instant) -> Read {
    // RFC 9112, 6.3: without these, the end of the connection is the end of the body
    let ends_with_connection =
        !headers.contains_key(header::CONTENT_LENGTH) && !headers.contains_key(header::TRANSFER_ENCODING);
    let mut bytes = Vec::new();
    let cut = loop {
        let frame = match time::timeout_at(until, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return Read { bytes, truncated: false, cut: None },
            Ok(Some(Err(error))) => {
                let failure = failure(Phase::Body, &error);
                // many servers leave out the close_notify of TLS
                if ends_with_connection && failure.kind == FailKind::Closed {
                    return Read { bytes, truncated: false, cut: None };
                }
                break Some(failure);
            }
            Err(_) => break Some(Failure::new(Phase::Body, FailKind::Timeout)),
        };
        if let Some(data) = frame.data_ref() {
            let room = LARGEST_BODY - bytes.len();
            bytes.extend(data.iter().take(room));
            if data.len() > room {
                break None;
            }
        }
    };
    Read { bytes, truncated: true, cut }
}

/// The text of a body, and whether it is only its beginning.
fn text(bytes: &[u8]) -> (String, bool) {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok());
        String::from_utf16_lossy(&pairs.map(unit).collect::<Vec<_>>())
    };
    let mut text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    if text.contains('\0') {
        return (String::new(), false);
    }
    let shortened = text.len() > LARGEST_TEXT;
    if shortened {
        let mut end = LARGEST_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    (text, shortened)
}

/// What a body in this encoding (`Content-Encoding`) is, its text, and whether that is only its beginning.
/// Nothing was asked for but the body itself; some servers compress it all the same. Empty where the
/// encoding is not known or the body is not in it.
pub(super) fn decoded<'a>(bytes: &'a [u8], encoding: &[u8]) -> (Cow<'a, [u8]>, String, bool) {
    let inflated = match encoding.trim_ascii().to_ascii_lowercase().as_slice() {
        b"" | b"identity" => {
            let (text, shortened) = text(bytes);
            return (Cow::Borrowed(bytes), text, shortened);
        }
        b"gzip" | b"x-gzip" => deflated_in(bytes).and_then(|bytes| inflated(bytes, false)),
        // RFC 9110, 8.4.1.2: in the zlib format, but some send it bare
        b"deflate" => inflated(bytes, true).or_else(|| inflated(bytes, false)),
        _ => None,
    };
    let Some((bytes, cut)) = inflated else { return (Cow::Borrowed(&[]), String::new(), false) };
    let (text, shortened) = text(&bytes);
    (Cow::Owned(bytes), text, shortened || cut)
}

/// At most [`LARGEST_BODY`] bytes, and whether there was more.
fn inflated(bytes: &[u8], zlib: bool) -> Option<(Vec<u8>, bool)> {
    let mut out = Vec::with_capacity(LARGEST_BODY);
    match Decompress::new(zlib).decompress_vec(bytes, &mut out, FlushDecompress::Finish).ok()? {
        Status::StreamEnd => Some((out, false)),
        Status::Ok | Status::BufError if out.len() >= LARGEST_BODY => Some((out, true)),
        Status::Ok | Status::BufError => None,
    }
}

/// What stands behind the header of a gzip file (RFC 1952, 2.3).
fn deflated_in(bytes: &[u8]) -> Option<&[u8]> {
    let [0x1f, 0x8b, 8, flags, _, _, _, _, _, _, rest @ ..] = bytes else { return None };
    let mut rest = rest;
    if flags & 4 != 0 {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    // a name and a comment, each with a zero at its end
    for flag in [8, 16] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & 2 != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, Compression, FlushCompress};

    #[test]
    fn a_cut_text_ends_between_letters() {
        let long = "ä".repeat(LARGEST_TEXT);
        let (text, shortened) = text(format!("x{long}").as_bytes());
        assert_eq!((text.len(), shortened), (LARGEST_TEXT - 1, true));
    }

    fn packed(text: &[u8], zlib: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 100);
        Compress::new(Compression::best(), zlib).compress_vec(text, &mut out, FlushCompress::Finish).unwrap();
        out
    }

    fn gzip(flags: u8, extra: &[u8], text: &[u8]) -> Vec<u8> {
        let head = [0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
        [&head[..], extra, &packed(text, false), &[0; 8]].concat()
    }

    #[test]
    fn rfc9110_8_4_1_a_body_that_comes_compressed_is_read_all_the_same() {
        let all = [
            (gzip(0, b"", b"<a/>"), "gzip"),
            (gzip(0x1e, b"\x02\0xxname\0comment\0cc", b"<a/>"), "X-GZIP "),
            (packed(b"<a/>", true), "deflate"),
            (packed(b"<a/>", false), "deflate"),
            (b"<a/>".to_vec(), "identity"),
        ];
        for (bytes, encoding) in all {
            let whole = (Cow::Borrowed(&b"<a/>"[..]), "<a/>".to_owned(), false);
            assert_eq!(decoded(&bytes, encoding.as_bytes()), whole, "{encoding}");
        }
        for (bytes, encoding) in [(&b"<a/>"[..], "br"), (b"<a/>", "gzip"), (b"", "gzip"), (b"\x1f\x8b\x08\x1f", "gzip")]
        {
            let nothing = (Cow::Borrowed(&b""[..]), String::new(), false);
            assert_eq!(decoded(bytes, encoding.as_bytes()), nothing, "{encoding}");
        }
    }

    #[test]
    fn a_compressed_body_that_breaks_off_is_none() {
        let whole = packed("<Autodiscover>".repeat(100).as_bytes(), true);
        assert!(inflated(&whole, true).is_some());
        assert_eq!(inflated(&whole[..whole.len() - 5], true), None);
    }

    #[test]
    fn a_bomb_is_inflated_no_further_than_any_body_is_read() {
        let bomb = packed(&vec![b' '; 50 * LARGEST_BODY], false);
        let (bytes, cut) = inflated(&bomb, false).unwrap();
        assert!(cut && bytes.len() <= LARGEST_BODY, "{}", bytes.len());
        let bomb = gzip(0, b"", &vec![b' '; 2 * LARGEST_BODY]);
        let (_, text, shortened) = decoded(&bomb, b"gzip");
        assert_eq!((text.len(), shortened), (LARGEST_TEXT, true));
    }
}
