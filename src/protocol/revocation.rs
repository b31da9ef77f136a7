//! Has an authority taken a certificate back, as far as its OCSP answers and revocation lists say?
//!
//! Pure: [`by_ocsp`] (RFC 6960) and [`by_crl`] (RFC 5280, 5 and 6.3) read what an authority has
//! signed, [`ocsp_request`] asks. Both are read strictly and whole; what says nothing about the
//! certificate, or not by whom it may, is [`Standing::Unknown`] with the reason as data.

pub mod crl;
pub mod lookup;
pub mod ocsp;
mod parts;

pub use crl::{by_crl, by_crl_of};
pub use ocsp::{by_ocsp, ocsp_request};

use super::der::{BIT_STRING, Reader, SEQUENCE, octets};
use super::x509::{Certificate, Name};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// cRLSign, RFC 5280, 4.2.1.3.
const CRL_SIGN: u16 = 1 << 6;
/// How far the authority's clock may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// What an authority says about a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It stands by it.
    Good,
    /// It has taken it back.
    Revoked {
        /// Why, where it says so.
        reason: Option<Reason>,
        /// Since when.
        at: Timestamp,
    },
    /// Nothing that counts.
    Unknown {
        /// Why not.
        why: Why,
    },
}

/// A reason for taking a certificate back: CRLReason (RFC 5280, 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason(u8);

impl Reason {
    const REMOVE_FROM_CRL: Self = Self(8);

    /// The reason of that number; none where there is no such.
    pub fn of(number: u8) -> Option<Self> {
        (number <= 10 && number != 7).then_some(Self(number))
    }

    /// Its name in the specification.
    pub fn name(self) -> &'static str {
        match self.0 {
            1 => "keyCompromise",
            2 => "cACompromise",
            3 => "affiliationChanged",
            4 => "superseded",
            5 => "cessationOfOperation",
            6 => "certificateHold",
            8 => "removeFromCRL",
            9 => "privilegeWithdrawn",
            10 => "aACompromise",
            _ => "unspecified",
        }
    }
}

/// Why an answer or list says nothing about the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It breaks the rules of its format: which part.
    Malformed(&'static str),
    /// The OCSP responder gave an error instead (OCSPResponseStatus).
    Refused(u8),
    /// It is an OCSP answer of a kind that nobody defined.
    OtherType,
    /// It is about other certificates.
    OtherCertificate,
    /// It is another authority's.
    OtherIssuer,
    /// Whoever signed it may not speak for the authority.
    NotAuthorized,
    /// The signature is wrong.
    BadSignature,
    /// Nobody here can check that signature.
    UnknownAlgorithm,
    /// It is of the future.
    NotYet,
    /// Its time is over: nextUpdate has passed.
    Stale,
    /// It is older than is accepted, or nothing says how old it may be.
    TooOld,
    /// It was made before or after the certificate's time.
    OutOfTime,
    /// It holds a critical extension that nobody here knows: its OID.
    CriticalExtension(String),
    /// The responder does not know the certificate.
    Unheard,
    /// The authority's key may not sign lists.
    MayNotSign,
    /// The list is for other certificates: by which mark.
    OutOfScope(&'static str),
    /// The list is of several authorities.
    Indirect,
    /// The list holds only changes.
    Delta,
    /// The list holds only some reasons.
    SomeReasons,
}

impl Why {
    /// A word for scripts.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Refused(_) => "refused",
            Self::OtherType => "other-type",
            Self::OtherCertificate => "other-certificate",
            Self::OtherIssuer => "other-issuer",
            Self::NotAuthorized => "not-authorized",
            Self::BadSignature => "bad-signature",
            Self::UnknownAlgorithm => "unknown-algorithm",
            Self::NotYet => "not-yet",
            Self::Stale => "stale",
            Self::TooOld => "too-old",
            Self::OutOfTime => "out-of-time",
            Self::CriticalExtension(_) => "critical-extension",
            Self::Unheard => "unheard",
            Self::MayNotSign => "may-not-sign",
            Self::OutOfScope(_) => "out-of-scope",
            Self::Indirect => "indirect",
            Self::Delta => "delta",
            Self::SomeReasons => "some-reasons",
        }
    }
}

/// A verdict with its particulars, as far as they could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What it says about the certificate.
    pub standing: Standing,
    /// From when on that is so.
    pub this_update: Option<Timestamp>,
    /// When the next one is due.
    pub next_update: Option<Timestamp>,
    /// The name of whoever signed it, where that is not the issuer itself.
    pub signer: Option<String>,
    /// The list's number, hexadecimal.
    pub number: Option<String>,
    /// How many certificates the list takes back.
    pub entries: Option<usize>,
}

impl Judged {
    fn unknown(why: Why) -> Self {
        Self {
            standing: Standing::Unknown { why },
            this_update: None,
            next_update: None,
            signer: None,
            number: None,
            entries: None,
        }
    }
}

/// An authority, as far as it matters to what it signs: a certificate's, or a trust anchor's.
#[derive(Debug, Clone, Copy)]
pub struct Authority<'a> {
    /// Its Name, DER with its outer SEQUENCE.
    pub name: &'a [u8],
    /// Its SubjectPublicKeyInfo, DER with its outer SEQUENCE.
    pub spki: &'a [u8],
    /// Whether its key may sign lists.
    pub signs_lists: bool,
}

impl<'a> From<&'a Certificate> for Authority<'a> {
    fn from(certificate: &'a Certificate) -> Self {
        Self {
            name: &certificate.subject.der,
            spki: &certificate.spki,
            // without a key usage every use is allowed (RFC 5280, 6.3.3 (f))
            signs_lists: certificate.key_usage.is_none_or(|bits| bits & CRL_SIGN != 0),
        }
    }
}

impl<'a> Authority<'a> {
    /// A trust anchor: a name and a key.
    pub fn anchor(name: &'a Name, spki: &'a [u8]) -> Self {
        Self { name: &name.der, spki, signs_lists: true }
    }

    /// The bits of its public key, as RFC 6960, 4.1.1 hashes them.
    pub fn key(self) -> Option<&'a [u8]> {
        let mut parts = Reader(Reader::only(self.spki, SEQUENCE)?.content);
        parts.take(SEQUENCE)?;
        octets(parts.take(BIT_STRING)?.content)
    }
}

/// Whether something said for that time holds at this moment.
fn in_time(
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    at: Timestamp,
    max_age: Option<Duration>,
) -> Result<(), Why> {
    let seconds = |duration: SignedDuration| duration.as_secs();
    if this_update.as_second() > at.as_second() + seconds(AHEAD) {
        return Err(Why::NotYet);
    }
    if next_update.is_some_and(|next| next <= at) {
        return Err(Why::Stale);
    }
    let oldest = max_age.and_then(|age| i64::try_from(age.as_secs()).ok()).map(|age| at.as_second() - age);
    match oldest {
        Some(oldest) if this_update.as_second() < oldest => Err(Why::TooOld),
        _ => Ok(()),
    }
}
