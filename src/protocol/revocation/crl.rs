//! What does a certificate revocation list say about a certificate? RFC 5280, 5 and 6.3.

use super::parts::{Extension, Frame, dotted, extensions, same_name, time};
use super::{Authority, Judged, Reason, Standing, Why, in_time};
use crate::protocol::der::{
    BIT_STRING, BOOLEAN, ENUMERATED, INTEGER, OID, Reader, SEQUENCE, SET, boolean, hex, number, octets, sequence, write,
};
use crate::protocol::x509::{Certificate, Signature, verify_signature};
use jiff::Timestamp;
use std::time::Duration;

/// id-ce-cRLNumber (5.2.3)
const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 0x14];
/// id-ce-deltaCRLIndicator (5.2.4)
const DELTA: &[u8] = &[0x55, 0x1d, 0x1b];
/// id-ce-issuingDistributionPoint (5.2.5)
const ISSUING_POINT: &[u8] = &[0x55, 0x1d, 0x1c];
/// id-ce-authorityKeyIdentifier (5.2.1)
const AUTHORITY_KEY: &[u8] = &[0x55, 0x1d, 0x23];
/// id-ce-cRLReasons (5.3.1)
const REASON: &[u8] = &[0x55, 0x1d, 0x15];
/// id-ce-invalidityDate (5.3.2)
const INVALID_SINCE: &[u8] = &[0x55, 0x1d, 0x18];
/// id-ce-certificateIssuer (5.3.3)
const ENTRY_ISSUER: &[u8] = &[0x55, 0x1d, 0x1d];
/// id-ce-cRLDistributionPoints (4.2.1.13)
const DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 0x1f];
/// id-ce-basicConstraints (4.2.1.9)
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];

/// A CertificateList (5.1), its entries apart.
#[derive(Debug)]
struct List<'a> {
    tbs: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    is_v2: bool,
    /// What stands before the entries, and behind them.
    around: (&'a [u8], &'a [u8]),
    issuer: &'a [u8],
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// The content of revokedCertificates.
    revoked: &'a [u8],
    extensions: Vec<Extension<'a>>,
}

/// What the entries say.
#[derive(Debug, Default)]
struct Entries<'a> {
    count: usize,
    /// That certificate's entry: whole, date, reason.
    found: Option<(&'a [u8], Timestamp, Option<Reason>)>,
    /// An entry names another issuer.
    indirect: bool,
    /// The OID of a critical extension that nobody here knows.
    unheard: Option<String>,
}

/// The issuingDistributionPoint (5.2.5).
#[derive(Debug, Default)]
struct Scope<'a> {
    point: Option<Point<'a>>,
    user_only: bool,
    ca_only: bool,
    some_reasons: bool,
    indirect: bool,
    attribute_only: bool,
}

/// A DistributionPointName (4.2.1.13): the names, each as it is written.
#[derive(Debug, PartialEq, Eq)]
enum Point<'a> {
    Full(Vec<&'a [u8]>),
    Relative(&'a [u8]),
}

/// A DistributionPoint of a certificate (4.2.1.13).
#[derive(Debug)]
struct Distribution<'a> {
    point: Option<Point<'a>>,
    some_reasons: bool,
    of_another: bool,
}

/// What a CRL (DER) says about a certificate that `issuer` has issued, at this moment. `max_age`:
/// how old it may be at most, beside what it says itself.
pub fn by_crl<'a>(
    crl: &[u8],
    certificate: &Certificate,
    issuer: impl Into<Authority<'a>>,
    at: Timestamp,
    max_age: Option<Duration>,
) -> Judged {
    by_crl_of(crl, certificate, &[issuer.into()], at, max_age)
}

/// The same where the authority has changed its key: `issuers` are all its certificates that are
/// trusted (6.3.3 (f)).
pub fn by_crl_of(
    crl: &[u8],
    certificate: &Certificate,
    issuers: &[Authority<'_>],
    at: Timestamp,
    max_age: Option<Duration>,
) -> Judged {
    judge(crl, certificate, issuers, None, at, max_age)
}

/// The same of what [`reduced`] has left of a CRL, with what was known of its signature.
pub fn by_reduced_crl(
    crl: &[u8],
    signature: Signature,
    certificate: &Certificate,
    issuers: &[Authority<'_>],
    at: Timestamp,
) -> Judged {
    judge(crl, certificate, issuers, Some(signature), at, None)
}

/// A CRL without the entries of all other certificates, and how many there were: as much as a
/// verdict needs, the signature apart. `serial` is hexadecimal.
pub fn reduced(crl: &[u8], serial: &str) -> Option<(Vec<u8>, usize)> {
    let list = open(crl).ok()?;
    let entries = list.entries(|asked| hex(number(asked)) == serial).ok()?;
    let kept = entries.found.map(|(whole, ..)| sequence(whole)).unwrap_or_default();
    let (before, behind) = list.around;
    let bits = [&[0], list.signature].concat();
    let parts = [sequence(&[before, &kept, behind].concat()), sequence(list.algorithm), write(BIT_STRING, &bits)];
    Some((sequence(&parts.concat()), entries.count))
}

/// The number of a certificate as [`reduced`] takes it.
pub fn serial(certificate: &Certificate) -> String {
    Frame::read(&certificate.der).map(|frame| hex(number(frame.serial))).unwrap_or_default()
}

/// Whether a CRL is signed with that key (SubjectPublicKeyInfo, DER).
pub fn signature(crl: &[u8], spki: &[u8]) -> Signature {
    open(crl).map_or(Signature::Unknown, |list| list.signed_by(spki))
}

/// Whether these bytes are a CRL, well-formed to its last entry.
pub fn is_crl(bytes: &[u8]) -> bool {
    open(bytes).and_then(|list| list.entries(|_| false)).is_ok()
}

fn judge(
    crl: &[u8],
    certificate: &Certificate,
    issuers: &[Authority<'_>],
    signature: Option<Signature>,
    at: Timestamp,
    max_age: Option<Duration>,
) -> Judged {
    let list = match open(crl) {
        Ok(list) => list,
        Err(why) => return Judged::unknown(why),
    };
    let Some(frame) = Frame::read(&certificate.der) else { return Judged::unknown(Why::OtherCertificate) };
    let asked = number(frame.serial);
    let entries = match list.entries(|serial| number(serial) == asked) {
        Ok(entries) => entries,
        Err(why) => return Judged::unknown(why),
    };
    let of = |oid: &[u8]| list.extensions.iter().find(|extension| extension.oid == oid);
    let crl_number = of(CRL_NUMBER).and_then(|e| Reader::only(e.value, INTEGER)).map(|e| hex(number(e.content)));
    let standing = list
        .standing(&entries, certificate, &frame, issuers, signature, at, max_age)
        .unwrap_or_else(|why| Standing::Unknown { why });
    Judged {
        standing,
        this_update: Some(list.this_update),
        next_update: list.next_update,
        signer: None,
        number: crl_number,
        entries: Some(entries.count),
    }
}

/// Reads all but the entries.
fn open(crl: &[u8]) -> Result<List<'_>, Why> {
    list(crl).ok_or(Why::Malformed("the list"))
}

fn list(crl: &[u8]) -> Option<List<'_>> {
    let mut outer = Reader(Reader::only(crl, SEQUENCE)?.content);
    let tbs = outer.take(SEQUENCE)?;
    let algorithm = outer.take(SEQUENCE)?.content;
    let signature = octets(outer.take(BIT_STRING)?.content)?;
    outer.end()?;
    let mut parts = Reader(tbs.content);
    let is_v2 = match parts.take(INTEGER) {
        Some(version) => (version.content == [1]).then_some(true)?,
        None => false,
    };
    // 5.1.1.2: the same as outside
    (parts.take(SEQUENCE)?.content == algorithm).then_some(())?;
    let issuer = parts.take(SEQUENCE)?.whole;
    names_something(issuer)?;
    let this_update = time(parts.any()?)?;
    let mut ahead = parts;
    let next_update = match ahead.any().and_then(time) {
        Some(next) => {
            parts = ahead;
            Some(next)
        }
        None => None,
    };
    let before = tbs.content.get(..tbs.content.len() - parts.0.len())?;
    let revoked = match parts.take(SEQUENCE) {
        // 5.1.2.6: an empty list is left out
        Some(revoked) => Some(revoked.content).filter(|content| !content.is_empty())?,
        None => &[],
    };
    let behind = parts.0;
    let mut found = Vec::new();
    if let Some(list) = parts.take(0xa0) {
        is_v2.then_some(())?;
        found = extensions(Reader::only(list.content, SEQUENCE)?.content)?;
    }
    parts.end()?;
    Some(List {
        tbs: tbs.whole,
        algorithm,
        signature,
        is_v2,
        around: (before, behind),
        issuer,
        this_update,
        next_update,
        revoked,
        extensions: found,
    })
}

/// A Name of well-formed parts (4.1.2.4).
fn names_something(name: &[u8]) -> Option<()> {
    let mut rdns = Reader(Reader::only(name, SEQUENCE)?.content);
    while !rdns.is_empty() {
        let mut parts = Reader(rdns.take(SET)?.content);
        while !parts.is_empty() {
            let mut pair = Reader(parts.take(SEQUENCE)?.content);
            pair.take(OID)?;
            pair.any()?;
            pair.end()?;
        }
    }
    Some(())
}

impl<'a> List<'a> {
    fn signed_by(&self, spki: &[u8]) -> Signature {
        verify_signature(spki, self.algorithm, self.tbs, self.signature)
    }

    /// Reads every entry (5.3), and keeps the one whose number is asked for.
    fn entries(&self, asked: impl Fn(&[u8]) -> bool) -> Result<Entries<'a>, Why> {
        let mut out = Entries::default();
        let mut list = Reader(self.revoked);
        while !list.is_empty() {
            self.entry(&mut list, &asked, &mut out).ok_or(Why::Malformed("an entry of the list"))?;
        }
        Ok(out)
    }

    fn entry(&self, list: &mut Reader<'a>, asked: impl Fn(&[u8]) -> bool, out: &mut Entries<'a>) -> Option<()> {
        let entry = list.take(SEQUENCE)?;
        let mut parts = Reader(entry.content);
        let serial = parts.take(INTEGER)?.content;
        let at = time(parts.any()?)?;
        let mut reason = None;
        if let Some(list) = parts.take(SEQUENCE) {
            self.is_v2.then_some(())?;
            for extension in extensions(list.content)? {
                match extension.oid {
                    REASON => match Reader::only(extension.value, ENUMERATED)?.content {
                        [number] => reason = Some(Reason::of(*number)?),
                        _ => return None,
                    },
                    ENTRY_ISSUER => out.indirect = true,
                    INVALID_SINCE => {}
                    other if extension.critical => out.unheard = Some(dotted(other)),
                    _ => {}
                }
            }
        }
        parts.end()?;
        out.count += 1;
        // 5.3.1: only a list of changes takes something off another list
        if asked(serial) && reason != Some(Reason::REMOVE_FROM_CRL) {
            out.found = Some((entry.whole, at, reason));
        }
        Some(())
    }

    /// Steps (a) to (j) of 6.3.3, for one complete list.
    #[expect(clippy::too_many_arguments, reason = "the inputs that 6.3.1 names")]
    fn standing(
        &self,
        entries: &Entries<'_>,
        certificate: &Certificate,
        frame: &Frame<'_>,
        issuers: &[Authority<'_>],
        signature: Option<Signature>,
        at: Timestamp,
        max_age: Option<Duration>,
    ) -> Result<Standing, Why> {
        if !same_name(self.issuer, &certificate.issuer.der) {
            return Err(Why::OtherIssuer);
        }
        // 5.2 and 5.3: who does not know a critical extension must not use the list at all
        let mut scope = Scope::default();
        for extension in &self.extensions {
            match extension.oid {
                ISSUING_POINT => scope = issuing_point(extension.value).ok_or(Why::Malformed("the list's scope"))?,
                DELTA => return Err(Why::Delta),
                CRL_NUMBER | AUTHORITY_KEY => {}
                other if extension.critical => return Err(Why::CriticalExtension(dotted(other))),
                _ => {}
            }
        }
        if let Some(oid) = &entries.unheard {
            return Err(Why::CriticalExtension(oid.clone()));
        }
        if scope.indirect || entries.indirect {
            return Err(Why::Indirect);
        }
        let some_reasons = in_scope(&scope, frame)?;

        let named: Vec<&Authority<'_>> = issuers.iter().filter(|i| same_name(self.issuer, i.name)).collect();
        let signers: Vec<&&Authority<'_>> = named.iter().filter(|issuer| issuer.signs_lists).collect();
        if named.is_empty() {
            return Err(Why::OtherIssuer);
        }
        if signers.is_empty() {
            return Err(Why::MayNotSign);
        }
        let checked = signers.iter().map(|issuer| signature.unwrap_or_else(|| self.signed_by(issuer.spki)));
        let checked: Vec<Signature> = checked.collect();
        if !checked.contains(&Signature::Good) {
            let unknown = checked.contains(&Signature::Unknown);
            return Err(if unknown { Why::UnknownAlgorithm } else { Why::BadSignature });
        }
        in_time(self.this_update, self.next_update, at, max_age)?;
        match entries.found {
            Some((_, at, reason)) => Ok(Standing::Revoked { reason, at }),
            None if some_reasons => Err(Why::SomeReasons),
            None => Ok(Standing::Good),
        }
    }
}

/// Whether the list is for that certificate (6.3.3 (b)); and whether only for some reasons.
fn in_scope(scope: &Scope<'_>, certificate: &Frame<'_>) -> Result<bool, Why> {
    // 5.2.5: neither kind of list holds certificates of versions 1 and 2
    if (scope.user_only || scope.ca_only) && !certificate.is_v3 {
        return Err(Why::OutOfScope("version"));
    }
    let is_ca = certificate.extension(BASIC_CONSTRAINTS).is_some_and(says_ca);
    if scope.user_only && is_ca {
        return Err(Why::OutOfScope("onlyContainsUserCerts"));
    }
    if scope.ca_only && !is_ca {
        return Err(Why::OutOfScope("onlyContainsCACerts"));
    }
    if scope.attribute_only {
        return Err(Why::OutOfScope("onlyContainsAttributeCerts"));
    }
    let points = match certificate.extension(DISTRIBUTION_POINTS) {
        Some(value) => distribution_points(value).ok_or(Why::Malformed("the certificate's distribution points"))?,
        None => Vec::new(),
    };
    if !points.is_empty() && points.iter().all(|point| point.of_another) {
        return Err(Why::Indirect);
    }
    let mut fitting = points.iter().filter(|point| !point.of_another);
    let fits = |point: &Distribution<'_>| match (&scope.point, &point.point) {
        (Some(Point::Full(list)), Some(Point::Full(own))) => own.iter().any(|name| list.contains(name)),
        (Some(list), Some(own)) => list == own,
        (Some(_), None) => false,
        (None, _) => true,
    };
    if scope.point.is_some() && !fitting.clone().any(fits) {
        return Err(Why::OutOfScope("distributionPoint"));
    }
    let only_some = !points.is_empty() && fitting.all(|point| !fits(point) || point.some_reasons);
    Ok(scope.some_reasons || only_some)
}

/// Whether basicConstraints say that it is an authority's.
fn says_ca(value: &[u8]) -> bool {
    let flag = Reader::only(value, SEQUENCE).and_then(|e| Reader(e.content).take(BOOLEAN));
    flag.and_then(|flag| boolean(flag.content)).unwrap_or(false)
}

/// Reads an issuingDistributionPoint.
fn issuing_point(value: &[u8]) -> Option<Scope<'_>> {
    let mut parts = Reader(Reader::only(value, SEQUENCE)?.content);
    // 5.2.5: an empty one is none
    (!parts.is_empty()).then_some(())?;
    let mut scope = Scope::default();
    if let Some(point) = parts.take(0xa0) {
        scope.point = Some(point_name(point.content)?);
    }
    let mut flag = |tag: u8| match parts.take(tag) {
        Some(flag) => boolean(flag.content),
        None => Some(false),
    };
    scope.user_only = flag(0x81)?;
    scope.ca_only = flag(0x82)?;
    scope.some_reasons = parts.take(0x83).is_some();
    let mut flag = |tag: u8| match parts.take(tag) {
        Some(flag) => boolean(flag.content),
        None => Some(false),
    };
    scope.indirect = flag(0x84)?;
    scope.attribute_only = flag(0x85)?;
    parts.end()?;
    let kinds = [scope.user_only, scope.ca_only, scope.attribute_only];
    (kinds.iter().filter(|kind| **kind).count() <= 1).then_some(scope)
}

fn point_name(content: &[u8]) -> Option<Point<'_>> {
    let mut parts = Reader(content);
    let choice = parts.any()?;
    parts.end()?;
    match choice.tag {
        0xa0 => {
            let mut names = Reader(choice.content);
            let mut all = Vec::new();
            while !names.is_empty() {
                all.push(names.any()?.whole);
            }
            (!all.is_empty()).then_some(Point::Full(all))
        }
        0xa1 => Some(Point::Relative(choice.content)),
        _ => None,
    }
}

/// Reads the cRLDistributionPoints of a certificate.
fn distribution_points(value: &[u8]) -> Option<Vec<Distribution<'_>>> {
    let mut list = Reader(Reader::only(value, SEQUENCE)?.content);
    let mut all = Vec::new();
    while !list.is_empty() {
        let mut parts = Reader(list.take(SEQUENCE)?.content);
        let point = match parts.take(0xa0) {
            Some(point) => Some(point_name(point.content)?),
            None => None,
        };
        let some_reasons = parts.take(0x81).is_some();
        let of_another = parts.take(0xa2).is_some();
        parts.end()?;
        all.push(Distribution { point, some_reasons, of_another });
    }
    Some(all)
}
