//! Which roots do the public trust stores hold, since when no longer, and what does Firefox preload?
//!
//! The data is part of the program: `.tools/stores/make-stores.py` writes it, its first lines say
//! where each store is from, of which day it is and under which licence. It is read where it lies;
//! nothing is copied but what is asked for. A root is matched by name and key, never by its
//! certificate: many exist as several certificates.

use crate::evidence::Anchor;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;

/// The embedded data; its shape stands in the script that writes it.
static DATA: &[u8] = include_bytes!("stores.bin");

/// How many bytes of a fingerprint are kept of a preloaded intermediate.
const PREFIX: usize = 8;

/// A public trust store. The order is that of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Store {
    /// Windows.
    Microsoft,
    /// iOS and macOS.
    Apple,
    /// Android (AOSP).
    Android,
    /// Firefox and Thunderbird.
    Mozilla,
    /// Mozilla's roots as Python and many Linux services ship them: without cut-off days.
    Certifi,
    /// Chrome on all systems.
    Chrome,
    /// Debian 12 and 13, Ubuntu and their containers.
    Debian,
    /// OpenJDK.
    Java,
}

impl Store {
    /// Every store, in the order of the data.
    pub const ALL: [Self; 8] = [
        Self::Microsoft,
        Self::Apple,
        Self::Android,
        Self::Mozilla,
        Self::Certifi,
        Self::Chrome,
        Self::Debian,
        Self::Java,
    ];

    /// A word for scripts.
    pub fn id(self) -> &'static str {
        match self {
            Self::Microsoft => "microsoft",
            Self::Apple => "apple",
            Self::Android => "android",
            Self::Mozilla => "mozilla",
            Self::Certifi => "certifi",
            Self::Chrome => "chrome",
            Self::Debian => "debian",
            Self::Java => "java",
        }
    }

    /// What a reader calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Microsoft => "Microsoft",
            Self::Apple => "Apple",
            Self::Android => "Android",
            Self::Mozilla => "Mozilla",
            Self::Certifi => "certifi",
            Self::Chrome => "Chrome",
            Self::Debian => "Debian",
            Self::Java => "Java",
        }
    }

    fn bit(self) -> u16 {
        1 << self.index()
    }

    fn index(self) -> u8 {
        match self {
            Self::Microsoft => 0,
            Self::Apple => 1,
            Self::Android => 2,
            Self::Mozilla => 3,
            Self::Certifi => 4,
            Self::Chrome => 5,
            Self::Debian => 6,
            Self::Java => 7,
        }
    }
}

/// Where the data of a store is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// The day of the data, ISO 8601.
    pub date: &'static str,
    /// The release of the store or of the package.
    pub version: &'static str,
    /// Where it is from.
    pub origin: &'static str,
    /// Under which licence it is published.
    pub licence: &'static str,
}

/// When a store stopped to hold a root, as far as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// The last day on which it is known to have held it.
    pub last: Date,
    /// The first day on which it is known not to; the same where the day itself is known.
    pub first: Date,
}

/// Whether a store trusts a root for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// It does.
    Trusted,
    /// It holds the root, but only for certificates issued up to this day, and this one is later.
    DistrustedAfter(Date),
    /// It does not hold the root; when it was removed or disabled, where that is known.
    NotThere(Option<Gone>),
}

/// Where the judging functions look roots up: the public stores, or a table that a test makes.
pub trait Roots {
    /// The anchors of that name (a Name, DER) in that store, cut-off days left aside.
    fn anchors(&self, store: Store, subject: &[u8]) -> Vec<Anchor>;
    /// Whether the store trusts that root (a Name and a SubjectPublicKeyInfo, DER) for a certificate
    /// issued at `leaf_not_before`.
    fn holds(&self, store: Store, subject: &[u8], spki: &[u8], leaf_not_before: Option<Timestamp>) -> Holding;
}

/// The public stores as they are in the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Public;

impl Roots for Public {
    fn anchors(&self, store: Store, subject: &[u8]) -> Vec<Anchor> {
        anchors_of(store, subject)
    }

    fn holds(&self, store: Store, subject: &[u8], spki: &[u8], leaf_not_before: Option<Timestamp>) -> Holding {
        holds(store, subject, spki, leaf_not_before)
    }
}

/// The anchors of that name (a Name, DER with its outer SEQUENCE) in a store, cut-off days left aside.
pub fn anchors_of(store: Store, subject: &[u8]) -> Vec<Anchor> {
    let here = all().filter(|root| root.stores & store.bit() != 0 && root.subject == subject);
    here.map(|root| Anchor {
        store: store.id().to_owned(),
        subject: STANDARD.encode(root.subject),
        spki: STANDARD.encode(root.spki),
        name_constraints: (!root.constraints.is_empty()).then(|| STANDARD.encode(root.constraints)),
        certificate: None,
    })
    .collect()
}

/// Whether a store trusts a root (a Name and a SubjectPublicKeyInfo, DER) for a certificate that was
/// issued at that moment.
pub fn holds(store: Store, subject: &[u8], spki: &[u8], leaf_not_before: Option<Timestamp>) -> Holding {
    let Some(root) = all().find(|root| root.subject == subject && root.spki == spki) else {
        return Holding::NotThere(None);
    };
    let note = root.notes().find(|note| note.store == store.index());
    if root.stores & store.bit() == 0 {
        return Holding::NotThere(note.map(|note| Gone { last: note.first, first: note.second }));
    }
    match note {
        Some(Note { kind: CUT_OFF, first: day, .. }) if leaf_not_before.is_some_and(|at| is_after(at, day)) => {
            Holding::DistrustedAfter(day)
        }
        _ => Holding::Trusted,
    }
}

/// Whether any public store holds that root.
pub fn is_public(subject: &[u8], spki: &[u8]) -> bool {
    all().any(|root| root.subject == subject && root.spki == spki && root.stores != 0)
}

/// Of which day the data of a store is, and where from.
pub fn dated(store: Store) -> Dated {
    described(usize::from(store.index()) + 1)
}

/// Of which day the list of the intermediates is that Firefox preloads, and where from.
pub fn preloads_dated() -> Dated {
    described(Store::ALL.len() + 1)
}

/// Whether Firefox has the certificate with this SHA-256 preloaded, so that a server that does not
/// send it looks healthy there (Thunderbird, which shares the code, may have it too).
pub fn firefox_preloads(sha256: &[u8]) -> bool {
    let Some(wanted) = sha256.get(..PREFIX).filter(|_| sha256.len() == 32) else { return false };
    preloads().is_some_and(|list| list.binary_search_by(|known| known.as_slice().cmp(wanted)).is_ok())
}

fn is_after(at: Timestamp, day: Date) -> bool {
    at.to_zoned(jiff::tz::TimeZone::UTC).date() > day
}

/// Only certificates issued up to that day are trusted.
const CUT_OFF: u8 = 1;

/// A root of the data.
struct Root<'a> {
    subject: &'a [u8],
    spki: &'a [u8],
    constraints: &'a [u8],
    stores: u16,
    notes: &'a [u8],
}

/// What a store has to say about a root besides that it holds it.
struct Note {
    store: u8,
    kind: u8,
    first: Date,
    second: Date,
}

impl Root<'_> {
    fn notes(&self) -> impl Iterator<Item = Note> {
        self.notes.chunks_exact(6).filter_map(|note| match *note {
            [store, kind, a, b, c, d] => Some(Note {
                store,
                kind,
                first: day(u16::from_be_bytes([a, b])),
                second: day(u16::from_be_bytes([c, d])),
            }),
            _ => None,
        })
    }
}

/// The day so many days after 1970-01-01.
fn day(number: u16) -> Date {
    let epoch = Date::constant(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(i32::from(number))).unwrap_or(epoch)
}

/// The lines of text at the beginning of the data, and what follows them.
fn halves() -> (&'static str, &'static [u8]) {
    let end = DATA.windows(2).position(|pair| pair == b"\n\n").unwrap_or(DATA.len());
    let (text, rest) = DATA.split_at(end);
    (std::str::from_utf8(text).unwrap_or_default(), rest.get(2..).unwrap_or_default())
}

fn described(line: usize) -> Dated {
    let mut fields = halves().0.lines().nth(line).unwrap_or_default().split('\t').skip(2);
    let mut next = || fields.next().unwrap_or_default();
    Dated { date: next(), version: next(), origin: next(), licence: next() }
}

/// The roots one after the other; the data is the program's own, and where it ends early so do they.
fn all() -> impl Iterator<Item = Root<'static>> {
    let mut rest = halves().1;
    let count = number(&mut rest).unwrap_or(0);
    (0..count).map_while(move |_| root(&mut rest))
}

fn preloads() -> Option<&'static [[u8; PREFIX]]> {
    let mut rest = halves().1;
    for _ in 0..number(&mut rest)? {
        root(&mut rest)?;
    }
    let count = usize::from(number(&mut rest)?);
    rest.as_chunks::<PREFIX>().0.get(..count)
}

fn root(rest: &mut &'static [u8]) -> Option<Root<'static>> {
    let (subject, spki, constraints) = (field(rest)?, field(rest)?, field(rest)?);
    let stores = number(rest)?;
    let (&[count], after) = rest.split_first_chunk()?;
    let (notes, after) = after.split_at_checked(usize::from(count) * 6)?;
    *rest = after;
    Some(Root { subject, spki, constraints, stores, notes })
}

/// Bytes with their length in front.
fn field(rest: &mut &'static [u8]) -> Option<&'static [u8]> {
    let length = usize::from(number(rest)?);
    let (field, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(field)
}

fn number(rest: &mut &'static [u8]) -> Option<u16> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u16::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::x509::Name;

    fn named(short: &str) -> Root<'static> {
        all().find(|root| Name::read(root.subject).is_some_and(|name| name.short == short)).unwrap()
    }

    fn held(short: &str) -> Vec<&'static str> {
        let root = named(short);
        let here =
            Store::ALL.into_iter().filter(|store| holds(*store, root.subject, root.spki, None) == Holding::Trusted);
        here.map(Store::id).collect()
    }

    #[test]
    fn the_data_is_whole_and_says_where_it_is_from() {
        assert!(all().count() > 250, "{}", all().count());
        assert!(DATA.len() < 350_000, "{}", DATA.len());
        for (line, store) in halves().0.lines().skip(1).zip(Store::ALL) {
            assert_eq!(line.split('\t').nth(1), Some(store.id()));
            let told = dated(store);
            assert!(told.date.parse::<Date>().is_ok() && !told.version.is_empty(), "{told:?}");
            assert!(!told.origin.is_empty() && !told.licence.is_empty(), "{told:?}");
            let count = all().filter(|root| root.stores & store.bit() != 0).count();
            assert!((90..400).contains(&count), "{}: {count}", store.id());
        }
        assert!(preloads_dated().origin.contains("firefox"));
        let list = preloads().unwrap();
        assert!(list.len() > 1_000 && list.is_sorted());
        let mut keys: Vec<_> = all().map(|root| (root.subject, root.spki)).collect();
        assert!(keys.is_sorted());
        keys.dedup();
        assert_eq!(keys.len(), all().count(), "a root is there once");
    }

    #[test]
    fn a_root_with_several_certificates_is_one_root() {
        // Google's R1 exists as several self-signed certificates with one key
        assert_eq!(held("GTS Root R1").len(), Store::ALL.len());
        assert_eq!(held("ISRG Root X1").len(), Store::ALL.len());
    }

    #[test]
    fn the_trap_of_2026_root_yr_is_in_no_store() {
        assert!(all().all(|root| Name::read(root.subject).is_none_or(|name| name.short != "Root YR")));
    }

    #[test]
    fn mrsp_7_4_a_root_that_mozilla_removed_has_the_day() {
        let root = named("DigiCert Global Root CA");
        let day = Date::constant(2026, 4, 15);
        let removed = Holding::NotThere(Some(Gone { last: day, first: day }));
        for store in [Store::Mozilla, Store::Certifi] {
            assert_eq!(holds(store, root.subject, root.spki, None), removed);
        }
        assert_eq!(holds(Store::Chrome, root.subject, root.spki, None), Holding::NotThere(None));
        assert_eq!(held("DigiCert Global Root CA"), ["microsoft", "apple", "android", "debian", "java"]);
    }

    #[test]
    fn a_cut_off_day_counts_from_the_day_after_it() {
        let (root, day) = all()
            .find_map(|root| {
                let note = root.notes().find(|note| note.kind == CUT_OFF && note.store == 0)?;
                Some((root, note.first))
            })
            .unwrap();
        let at = |text: String| Some(text.parse::<Timestamp>().unwrap());
        let ask = |at| holds(Store::Microsoft, root.subject, root.spki, at);
        assert_eq!(ask(at(format!("{day}T23:59:59Z"))), Holding::Trusted);
        assert_eq!(ask(at(format!("{}T00:00:00Z", day.tomorrow().unwrap()))), Holding::DistrustedAfter(day));
        assert_eq!(ask(None), Holding::Trusted);
        assert!(
            all().any(|root| root.notes().any(|note| note.kind == CUT_OFF && note.store == Store::Mozilla.index()))
        );
    }

    #[test]
    fn a_kind_of_key_that_nobody_knows_loses_no_store() {
        // Microsoft's pilot roots with ML-DSA-87 (2.16.840.1.101.3.4.3.19)
        let oid = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13];
        let pilots = all().filter(|root| root.spki.windows(oid.len()).any(|part| part == oid));
        assert!(pilots.count() > 0);
    }

    #[test]
    fn only_a_whole_fingerprint_is_looked_up() {
        let known = preloads().unwrap()[7];
        let mut whole = [0; 32];
        whole[..PREFIX].copy_from_slice(&known);
        assert!(firefox_preloads(&whole));
        assert!(!firefox_preloads(&known) && !firefox_preloads(&[]) && !firefox_preloads(&[0xff; 32]));
    }

    #[test]
    fn anchors_carry_the_name_of_their_store() {
        let root = named("ISRG Root X1");
        let [anchor] = &anchors_of(Store::Java, root.subject)[..] else { panic!() };
        assert_eq!((anchor.store.as_str(), &anchor.spki), ("java", &STANDARD.encode(root.spki)));
        assert!(anchors_of(Store::Java, b"").is_empty());
        assert!(is_public(root.subject, root.spki) && !is_public(root.subject, b""));
    }
}
