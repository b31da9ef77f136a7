//! Which account, device and command does an ActiveSync query name, plain or in base64?

use super::lines::after;
use crate::protocol::eas::packed;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt::Write as _;

/// Some clients leave the padding out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The longest query in base64 that is decoded, in letters.
const LONGEST: usize = 1024;

/// A command (MS-ASHTTP 2.2.1.1.1.2.1); OPTIONS requests have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Command(pub u8);

impl Command {
    /// `Sync`
    pub const SYNC: Self = Self(0);
    /// `FolderSync`
    pub const FOLDER_SYNC: Self = Self(9);
    /// `MoveItems`
    pub const MOVE_ITEMS: Self = Self(13);
    /// `Ping`
    pub const PING: Self = Self(18);
    /// `Provision`
    pub const PROVISION: Self = Self(20);
    /// An OPTIONS request, or one that names no command.
    pub const OPTIONS: Self = Self(254);
    /// A command that is not known.
    pub const OTHER: Self = Self(255);

    /// By its name, whatever the case.
    pub fn named(name: &[u8]) -> Self {
        let unknown = || if name.eq_ignore_ascii_case(b"Options") { Self::OPTIONS } else { Self::OTHER };
        packed::code(name).map_or_else(unknown, Self)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        if self == Self::OPTIONS { "Options" } else { packed::name(self.0).unwrap_or("other") }
    }
}

/// What a query says. The parts are as they stand in the line: still percent-encoded where the query is plain.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// The account, where the query names one.
    pub user: &'a [u8],
    /// The device's id.
    pub device_id: &'a [u8],
    /// The device's type.
    pub device_type: &'a [u8],
    /// The command; `None` where there is none.
    pub command: Option<Command>,
    /// The protocol version as one number (141), of a query in base64.
    pub version: Option<u16>,
    /// What ActiveSync itself wrote behind `Log=`.
    pub log: Option<&'a [u8]>,
    /// The id under which the front end passes the request on.
    pub request_id: &'a [u8],
}

impl Query<'_> {
    /// What a request with this method asked.
    pub fn asked(&self, method: &[u8]) -> Command {
        let command = self.command.filter(|_| !method.eq_ignore_ascii_case(b"OPTIONS"));
        command.unwrap_or(Command::OPTIONS)
    }
}

/// Where the bytes of a query in base64 are kept while it is looked at.
#[derive(Debug)]
pub struct Scratch {
    bytes: Vec<u8>,
    text: Vec<u8>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { bytes: vec![0; LONGEST], text: Vec::new() }
    }
}

/// Reads a query; what it does not know it leaves out.
pub fn read<'a>(query: &'a [u8], scratch: &'a mut Scratch) -> Query<'a> {
    let mut out = Query::default();
    let mut from = 0;
    for end in memchr::memchr_iter(b'&', query).chain([query.len()]) {
        plain(query.get(from..end).unwrap_or_default(), &mut out);
        from = end + 1;
    }
    if out.device_id.is_empty() && out.user.is_empty() && out.command.is_none() {
        let first = query.split(|byte| *byte == b'&').next().unwrap_or_default();
        let (log, request_id, is_plain) = (out.log, out.request_id, looks_plain(first));
        if !is_plain && let Some(found) = base64(first, scratch) {
            return Query { log, request_id, ..found };
        }
    }
    out
}

fn plain<'a>(item: &'a [u8], out: &mut Query<'a>) {
    // told apart by length first: there are many items that matter to nobody here
    let ends_at = |length: usize| item.get(length) == Some(&b'=');
    if ends_at(3) {
        if let Some(value) = after(item, b"Cmd=") {
            out.command = Some(Command::named(value));
        } else if let Some(value) = after(item, b"Log=") {
            out.log = Some(value);
        }
    } else if ends_at(4) {
        out.user = after(item, b"User=").unwrap_or(out.user);
    } else if ends_at(8) {
        out.device_id = after(item, b"DeviceId=").unwrap_or(out.device_id);
    } else if ends_at(9) {
        if let Some(value) = after(item, b"cafeReqId=") {
            out.request_id = value.strip_suffix(b";").unwrap_or(value);
        }
    } else if ends_at(10) {
        out.device_type = after(item, b"DeviceType=").unwrap_or(out.device_type);
    }
}

/// Whether it is `key=value`; an equals sign at the end may be padding.
fn looks_plain(item: &[u8]) -> bool {
    let trimmed = item.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    item.iter().take(trimmed).any(|byte| *byte == b'=')
}

/// A query in base64, also one without its padding or with it percent-encoded.
fn base64<'a>(item: &[u8], scratch: &'a mut Scratch) -> Option<Query<'a>> {
    if item.len() < 8 || item.len() > LONGEST {
        return None;
    }
    let Scratch { bytes, text } = scratch;
    let item = if item.contains(&b'%') {
        text.clear();
        percent_decoded(item, text);
        text.as_slice()
    } else {
        item
    };
    let length = LENIENT.decode_slice(item, bytes).ok()?;
    // a word of letters is base64, too
    let query = packed::unpacked(bytes.get(..length)?).filter(|query| (20..=200).contains(&query.version))?;
    Some(Query {
        user: query.user.unwrap_or_default(),
        device_id: query.device_id,
        device_type: query.device_type,
        command: Some(Command(query.command)),
        version: Some(query.version.into()),
        log: None,
        request_id: b"",
    })
}

/// Decodes `%xx` and leaves a broken escape as it is: servers log those, too.
pub fn percent_decoded(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let pair = digit(0).zip(digit(1)).filter(|_| *byte == b'%');
        let decoded = pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        out.push(decoded.unwrap_or(*byte));
        rest = if decoded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
}

/// A part of a query as text.
pub fn text(part: &[u8]) -> String {
    let mut out = Vec::with_capacity(part.len());
    percent_decoded(part, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// A device id as text: sixteen raw bytes of a query in base64 are printed in hexadecimal.
pub fn device_id(part: &[u8]) -> String {
    let raw = part.len() == 16 && !part.iter().all(u8::is_ascii_graphic);
    if !raw {
        return text(part);
    }
    part.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02X}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::SessionAsk;
    use crate::protocol::session;

    fn with<T>(query: &[u8], look: impl Fn(Query<'_>) -> T) -> T {
        look(read(query, &mut Scratch::default()))
    }

    #[test]
    fn a_plain_query_is_read_in_any_order_and_case() {
        with(b"user=CORP%5Canna&DEVICEID=abc1&devicetype=iPhone&cmd=sync&Log=V141_S1_&CorrelationID=<empty>;", |q| {
            assert_eq!(
                (text(q.user).as_str(), q.device_id, q.device_type),
                ("CORP\\anna", &b"abc1"[..], &b"iPhone"[..])
            );
            assert_eq!((q.command, q.log), (Some(Command::SYNC), Some(&b"V141_S1_"[..])));
        });
        with(b"&Log=Ver1:140", |q| assert_eq!((q.log, q.command), (Some(&b"Ver1:140"[..]), None)));
        assert_eq!(text(b"User%domain.com%5"), "User%domain.com%5");
    }

    #[test]
    fn ms_ashttp_2_2_1_1_1_1_a_query_in_base64_is_read() {
        let query = session::base64_query("16.1", "1307199584", &SessionAsk::FolderSync).unwrap();
        let logged = format!("{query}&CorrelationID=<empty>;&cafeReqId=1;");
        with(logged.as_bytes(), |q| {
            assert_eq!((q.version, q.command), (Some(161), Some(Command::FOLDER_SYNC)));
            assert_eq!(q.device_id, session::DEVICE_ID.as_bytes());
            assert_eq!(q.device_type, session::DEVICE_TYPE.as_bytes());
        });
        let escaped = format!("{}&Log=V161_", query.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"));
        with(escaped.as_bytes(), |q| assert_eq!((q.version, q.log.is_some()), (Some(161), true)));
    }

    #[test]
    fn what_is_no_query_names_nothing_and_breaks_nothing() {
        for junk in
            [&b""[..], b"-", b"&&&", b"====", b"AAAA", b"jAAJBAp2", b"%%%", b"abcdefghijklmnop", b"/wAAAP8A/////w=="]
        {
            with(junk, |q| assert_eq!((q.user, q.device_id), (&b""[..], &b""[..]), "{junk:?}"));
        }
        let mut seed = 7_u64;
        for _ in 0..20_000 {
            let mut bytes = Vec::new();
            for _ in 0..seed % 60 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let letters = b"ABCDEFjz0189+/=%&Log:_-\0\xff";
                bytes.push(letters[(seed >> 33) as usize % letters.len()]);
            }
            seed = seed.wrapping_add(1);
            with(&bytes, |q| _ = (text(q.user), device_id(q.device_id)));
        }
    }

    #[test]
    fn raw_device_ids_are_printed_in_hexadecimal() {
        assert_eq!(
            device_id(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]),
            "000102030405060708090A0B0C0D0EFF"
        );
        assert_eq!(device_id(b"ABCDEFGHIJKLMNOP"), "ABCDEFGHIJKLMNOP");
    }
}
