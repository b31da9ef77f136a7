//! What does an OCSP responder say about a certificate, and may it? RFC 6960.

use super::parts::{Extension, Frame, dotted, extensions, same_name, time};
use super::{Authority, Judged, Reason, Standing, Why, in_time};
use crate::protocol::der::{
    BIT_STRING, ENUMERATED, GENERALIZED_TIME, INTEGER, NULL, OCTET_STRING, OID, Reader, SEQUENCE, number, octets,
    sequence, write,
};
use crate::protocol::x509::{Certificate, Signature, verify_signature};
use jiff::Timestamp;
use ring::digest;
use std::time::Duration;

/// id-kp-OCSPSigning
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
/// id-pkix-ocsp-basic, the content of the object identifier
const BASIC: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
/// id-pkix-ocsp-nonce: who asks without one needs none.
const NONCE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];
/// The list of signed certificate timestamps in a single response (RFC 6962, 3.3).
pub(crate) const TIMESTAMPS: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x05];
const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
/// How many certificates of an answer are looked at; one is enough.
const MOST_CERTIFICATES: usize = 8;

/// Whoever answers, by name or by the SHA-1 of the key.
#[derive(Debug)]
enum Responder<'a> {
    Name(&'a [u8]),
    Key(&'a [u8]),
}

/// A BasicOCSPResponse (4.2.1).
#[derive(Debug)]
struct Basic<'a> {
    tbs: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    certificates: Vec<&'a [u8]>,
    responder: Responder<'a>,
    produced_at: Timestamp,
    singles: Vec<Single<'a>>,
    extensions: Vec<Extension<'a>>,
}

/// A SingleResponse (4.2.1).
#[derive(Debug)]
struct Single<'a> {
    hash: &'a [u8],
    name_hash: &'a [u8],
    key_hash: &'a [u8],
    serial: &'a [u8],
    status: Status,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    extensions: Vec<Extension<'a>>,
}

#[derive(Debug, Clone, Copy)]
enum Status {
    Good,
    Revoked(Option<Reason>, Timestamp),
    Unheard,
}

/// What an OCSP response (DER) says about a certificate that `issuer` has issued, at this moment.
/// `max_age`: how old it may be at most, beside what it says itself.
pub fn by_ocsp<'a>(
    response: &[u8],
    certificate: &Certificate,
    issuer: impl Into<Authority<'a>>,
    at: Timestamp,
    max_age: Option<Duration>,
) -> Judged {
    let basic = match open(response) {
        Ok(basic) => basic,
        Err(why) => return Judged::unknown(why),
    };
    let issuer = issuer.into();
    let mut judged = Judged::unknown(Why::OtherCertificate);
    let signer = match signer(&basic, issuer, at) {
        Ok(signer) => signer,
        Err(why) => return Judged::unknown(why),
    };
    judged.signer = signer;
    let unknown = |judged: Judged, why: Why| Judged { standing: Standing::Unknown { why }, ..judged };
    if let Some(oid) = unheard_critical(&basic.extensions, &[NONCE]) {
        return unknown(judged, Why::CriticalExtension(oid));
    }
    // an answer made before or after the certificate's time is about something else of that number
    if certificate.validity.is_some_and(|validity| !validity.contains(basic.produced_at)) {
        return unknown(judged, Why::OutOfTime);
    }
    let Some(frame) = Frame::read(&certificate.der) else { return unknown(judged, Why::OtherCertificate) };
    let mut worst: Option<(u8, Judged)> = None;
    for single in basic.singles.iter().filter(|single| single.is_about(certificate, frame.serial, issuer)) {
        let (rank, standing) = match single.judge(at, max_age) {
            Standing::Unknown { why: why @ Why::Unheard } => (2, Standing::Unknown { why }),
            Standing::Unknown { why } => (0, Standing::Unknown { why }),
            Standing::Good => (1, Standing::Good),
            revoked @ Standing::Revoked { .. } => (3, revoked),
        };
        // the strictest of what counts
        if worst.as_ref().is_none_or(|(other, _)| rank > *other) {
            let this = Judged {
                standing,
                this_update: Some(single.this_update),
                next_update: single.next_update,
                ..judged.clone()
            };
            worst = Some((rank, this));
        }
    }
    worst.map_or(judged, |(_, judged)| judged)
}

/// The timestamps of Certificate Transparency that a response carries, as its extension holds them.
pub(crate) fn timestamps(response: &[u8]) -> Vec<Vec<u8>> {
    let Ok(basic) = open(response) else { return Vec::new() };
    let all = basic.singles.iter().flat_map(|single| &single.extensions);
    all.filter(|extension| extension.oid == TIMESTAMPS).map(|extension| extension.value.to_vec()).collect()
}

/// The question about a certificate (4.1.1), by the SHA-1 of its issuer, which every responder knows.
pub fn ocsp_request<'a>(certificate: &Certificate, issuer: impl Into<Authority<'a>>) -> Vec<u8> {
    let sha1 = |bytes: &[u8]| digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec();
    let algorithm = sequence(&[write(OID, SHA1), write(NULL, &[])].concat());
    let id = [
        algorithm,
        write(OCTET_STRING, &sha1(&certificate.issuer.der)),
        write(OCTET_STRING, &sha1(issuer.into().key().unwrap_or_default())),
        write(INTEGER, Frame::read(&certificate.der).map(|frame| frame.serial).unwrap_or_default()),
    ]
    .concat();
    // OCSPRequest, TBSRequest, requestList, Request, CertID
    (0..5).fold(id, |inner, _| sequence(&inner))
}

/// Opens an OCSPResponse (4.2.1).
fn open(response: &[u8]) -> Result<Basic<'_>, Why> {
    let malformed = || Why::Malformed("the response");
    let mut outer = Reader(Reader::only(response, SEQUENCE).ok_or_else(malformed)?.content);
    let status = match outer.take(ENUMERATED).ok_or_else(malformed)?.content {
        [status] => *status,
        _ => return Err(malformed()),
    };
    if status != 0 {
        return Err(Why::Refused(status));
    }
    let bytes = outer.take(0xa0).ok_or_else(malformed)?;
    outer.end().ok_or_else(malformed)?;
    let mut bytes = Reader(Reader::only(bytes.content, SEQUENCE).ok_or_else(malformed)?.content);
    let kind = bytes.take(OID).ok_or_else(malformed)?;
    let inner = bytes.take(OCTET_STRING).ok_or_else(malformed)?;
    bytes.end().ok_or_else(malformed)?;
    if kind.content != BASIC {
        return Err(Why::OtherType);
    }
    basic(inner.content).ok_or(Why::Malformed("the response data"))
}

fn basic(der: &[u8]) -> Option<Basic<'_>> {
    let mut parts = Reader(Reader::only(der, SEQUENCE)?.content);
    let tbs = parts.take(SEQUENCE)?;
    let algorithm = parts.take(SEQUENCE)?.content;
    let signature = octets(parts.take(BIT_STRING)?.content)?;
    let mut certificates = Vec::new();
    if let Some(list) = parts.take(0xa0) {
        let mut list = Reader(Reader::only(list.content, SEQUENCE)?.content);
        while !list.is_empty() {
            certificates.push(list.take(SEQUENCE)?.whole);
        }
    }
    parts.end()?;

    let mut data = Reader(tbs.content);
    if let Some(version) = data.take(0xa0) {
        // v1 is the only one there is
        (version.content == [INTEGER, 1, 0]).then_some(())?;
    }
    let id = data.any()?;
    let responder = match id.tag {
        0xa1 => Responder::Name(Reader::only(id.content, SEQUENCE)?.whole),
        0xa2 => Responder::Key(Reader::only(id.content, OCTET_STRING)?.content),
        _ => return None,
    };
    let produced_at = time(data.take(GENERALIZED_TIME)?)?;
    let mut list = Reader(data.take(SEQUENCE)?.content);
    let mut singles = Vec::new();
    while !list.is_empty() {
        singles.push(single(list.take(SEQUENCE)?.content)?);
    }
    let mut found = Vec::new();
    if let Some(list) = data.take(0xa1) {
        found = extensions(Reader::only(list.content, SEQUENCE)?.content)?;
    }
    data.end()?;
    Some(Basic {
        tbs: tbs.whole,
        algorithm,
        signature,
        certificates,
        responder,
        produced_at,
        singles,
        extensions: found,
    })
}

fn single(content: &[u8]) -> Option<Single<'_>> {
    let mut parts = Reader(content);
    let mut id = Reader(parts.take(SEQUENCE)?.content);
    let mut algorithm = Reader(id.take(SEQUENCE)?.content);
    let hash = algorithm.take(OID)?.content;
    algorithm.take(NULL);
    algorithm.end()?;
    let name_hash = id.take(OCTET_STRING)?.content;
    let key_hash = id.take(OCTET_STRING)?.content;
    let serial = id.take(INTEGER)?.content;
    id.end()?;
    let status = parts.any()?;
    let status = match status.tag {
        0x80 if status.content.is_empty() => Status::Good,
        0x82 if status.content.is_empty() => Status::Unheard,
        0xa1 => {
            let mut info = Reader(status.content);
            let at = time(info.take(GENERALIZED_TIME)?)?;
            let reason = match info.take(0xa0) {
                Some(reason) => match Reader::only(reason.content, ENUMERATED)?.content {
                    [number] => Some(Reason::of(*number)?),
                    _ => return None,
                },
                None => None,
            };
            info.end()?;
            Status::Revoked(reason, at)
        }
        _ => return None,
    };
    let this_update = time(parts.take(GENERALIZED_TIME)?)?;
    let next_update = match parts.take(0xa0) {
        Some(next) => Some(time(Reader::only(next.content, GENERALIZED_TIME)?)?),
        None => None,
    };
    let mut found = Vec::new();
    if let Some(list) = parts.take(0xa1) {
        found = extensions(Reader::only(list.content, SEQUENCE)?.content)?;
    }
    parts.end()?;
    Some(Single { hash, name_hash, key_hash, serial, status, this_update, next_update, extensions: found })
}

impl Single<'_> {
    /// Whether it is about that certificate: issuer's name, issuer's key and number (4.1.1).
    fn is_about(&self, certificate: &Certificate, serial: &[u8], issuer: Authority<'_>) -> bool {
        let algorithm = match self.hash {
            SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            SHA256 => &digest::SHA256,
            SHA384 => &digest::SHA384,
            SHA512 => &digest::SHA512,
            _ => return false,
        };
        let fits = |bytes: &[u8], hash: &[u8]| digest::digest(algorithm, bytes).as_ref() == hash;
        number(self.serial) == number(serial)
            && fits(&certificate.issuer.der, self.name_hash)
            && issuer.key().is_some_and(|key| fits(key, self.key_hash))
    }

    fn judge(&self, at: Timestamp, max_age: Option<Duration>) -> Standing {
        if let Some(oid) = unheard_critical(&self.extensions, &[TIMESTAMPS]) {
            return Standing::Unknown { why: Why::CriticalExtension(oid) };
        }
        if let Err(why) = in_time(self.this_update, self.next_update, at, max_age) {
            return Standing::Unknown { why };
        }
        match self.status {
            Status::Good => Standing::Good,
            Status::Revoked(reason, at) => Standing::Revoked { reason, at },
            Status::Unheard => Standing::Unknown { why: Why::Unheard },
        }
    }
}

fn unheard_critical(extensions: &[Extension<'_>], known: &[&[u8]]) -> Option<String> {
    let unheard = extensions.iter().find(|extension| extension.critical && !known.contains(&extension.oid));
    unheard.map(|extension| dotted(extension.oid))
}

/// Who has signed the answer, and whether they may (4.2.2.2): the issuer itself, or one to whom it
/// has given a certificate for that; the name of the latter.
fn signer(basic: &Basic<'_>, issuer: Authority<'_>, at: Timestamp) -> Result<Option<String>, Why> {
    let signed_by = |spki: &[u8]| verify_signature(spki, basic.algorithm, basic.tbs, basic.signature);
    let names = |authority: Authority<'_>| match basic.responder {
        Responder::Name(name) => same_name(name, authority.name),
        Responder::Key(hash) => {
            authority.key().is_some_and(|key| digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, key).as_ref() == hash)
        }
    };
    let mut why = Why::NotAuthorized;
    if names(issuer) {
        match signed_by(issuer.spki) {
            Signature::Good => return Ok(None),
            Signature::Bad => why = Why::BadSignature,
            Signature::Unknown => why = Why::UnknownAlgorithm,
        }
    }
    for der in basic.certificates.iter().take(MOST_CERTIFICATES) {
        let delegate = Certificate::read(der);
        let may = delegate.purposes.as_ref().is_some_and(|all| all.iter().any(|oid| oid == OCSP_SIGNING))
            && delegate.flaw.is_none()
            && delegate.validity.is_some_and(|validity| validity.contains(at))
            && same_name(&delegate.issuer.der, issuer.name);
        if !names(Authority::from(&delegate)) || !may || delegate.signed_by(issuer.spki) != Signature::Good {
            continue;
        }
        match signed_by(&delegate.spki) {
            Signature::Good => return Ok(Some(delegate.short_name())),
            Signature::Bad => why = Why::BadSignature,
            Signature::Unknown => why = Why::UnknownAlgorithm,
        }
    }
    Err(why)
}
