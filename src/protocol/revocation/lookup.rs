//! What can be learned about whether the certificates of a chain were taken back?
//!
//! Looks at the stapled response, and asks whoever the certificates name: the OCSP responder first,
//! and where that says nothing the lists.

use super::{Authority, Judged, Standing, Why, by_crl_of, by_ocsp, crl, ocsp_request};
use crate::evidence::{
    CrlSeen, HeldBack, Missing, NoAnswer, OcspSeen, Probe, Seen, Stop, TlsOutcome, TlsSeen, View, view,
};
use crate::protocol::chain::ChainAnalysis;
use crate::protocol::ct;
use crate::protocol::x509::{Certificate, Signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::fmt::Write as _;

/// So many certificates of a path are looked up; honest ones have two or three.
const MOST: usize = 6;
/// So many lists of files are read for a certificate.
const MOST_FILES: usize = 64;
/// How old something may be that does not say itself when the next one is due, in seconds: an OCSP
/// response 10 days, a list of an authority's 12 months (Baseline Requirements 4.9.10, 4.9.7).
const OLDEST: (i64, i64) = (10 * 86_400, 366 * 86_400);
/// So many addresses of a certificate are asked.
const MOST_ADDRESSES: usize = 3;

/// In place of an address: the list of that number, of those that were given as files and may speak
/// for the issuer.
pub const FILE: &str = "file:";

/// Where a verdict comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The OCSP response that the server sends with its certificates (RFC 6066, 8).
    Staple,
    /// An OCSP responder.
    Ocsp,
    /// A revocation list.
    Crl,
}

/// What is known of one certificate.
#[derive(Debug)]
pub enum Status<'a> {
    /// Somebody who may has said it.
    Known(Source, Box<Judged>, Option<Probe>),
    /// It names nobody to ask.
    NoPointer,
    /// It names only what is inside its own network.
    Internal,
    /// Nobody gave an answer that counts.
    Failed(Vec<Attempt>),
    /// Its issuer is not known, so nobody could be believed.
    NoIssuer,
    /// It is out of date, so nobody says anything about it any more.
    OutOfDate,
    /// exdiag could not ask.
    Unanswered(&'a NoAnswer),
    /// The user does not want it to be asked.
    NotWanted,
    /// The run is one over files, and none of them says anything that counts: why not, where there was one.
    NotJudged(Option<String>),
}

/// An address that was asked in vain.
#[derive(Debug)]
pub struct Attempt {
    /// As it can be told and put into a command.
    pub url: String,
    /// The question, where one was put.
    pub probe: Option<Probe>,
    /// A word for scripts.
    pub id: &'static str,
    /// What a reader is told, the same in every language.
    pub problem: String,
    /// Whether the address is one that outsiders are not meant to reach.
    pub internal: bool,
}

/// An issuer as the lookup needs it.
#[derive(Debug)]
struct Issuer {
    name: Vec<u8>,
    spki: Vec<u8>,
    signs_lists: bool,
}

impl Issuer {
    fn authority(&self) -> Authority<'_> {
        Authority { name: &self.name, spki: &self.spki, signs_lists: self.signs_lists }
    }
}

/// How a chain is looked up.
#[derive(Debug, Clone, Copy)]
struct Context {
    /// Whether it ends at a root that is not the user's own.
    public: bool,
    /// Whether its server has private addresses only.
    private: bool,
    /// Whether anybody is asked.
    ask: bool,
    /// Whether it was read from a file.
    file: bool,
}

/// What is known of the certificates of a chain.
#[derive(Debug)]
pub struct Lookup<'a> {
    /// The certificates, the leaf first.
    pub path: Vec<Certificate>,
    /// What is known of each of them.
    pub statuses: Vec<Status<'a>>,
    /// Whether the chain ends at a root that is not the user's own.
    pub public: bool,
    /// Whether it was read from a file: no server was there to staple anything.
    pub file: bool,
    /// The stapled response, DER.
    pub staple: Option<Vec<u8>>,
    /// What it says.
    stapled: Option<Judged>,
}

/// What is wrong with a stapled response.
#[derive(Debug)]
pub enum StapleFault<'a> {
    /// The certificate demands one (RFC 7633), and none came.
    Missing,
    /// It does not hold.
    Invalid {
        /// Why.
        why: &'a Why,
        /// With what in it.
        judged: &'a Judged,
    },
}

impl Lookup<'_> {
    /// Whether an authority has taken one of the certificates back.
    pub fn is_revoked(&self) -> bool {
        self.statuses.iter().any(is_revoked)
    }

    /// What is wrong with the stapled response, or that there is none where there must be.
    pub fn fault_of_staple(&self) -> Option<StapleFault<'_>> {
        if self.staple.is_none() {
            return self.path.first()?.must_staple.then_some(StapleFault::Missing);
        }
        let judged = self.stapled.as_ref()?;
        match &judged.standing {
            Standing::Unknown { why } => Some(StapleFault::Invalid { why, judged }),
            _ => None,
        }
    }

    /// In how many logs a public certificate stands, and should.
    pub fn logs(&self) -> Option<ct::Count> {
        let leaf = self.path.first().filter(|_| self.public)?;
        ct::count(leaf, self.staple.as_deref())
    }
}

/// Looks at everything that tells whether a certificate of the chain was taken back. `private`: the
/// server has private addresses only; `ask`: authorities are asked too.
pub fn look<'a>(
    view: &View<'a>,
    seen: &TlsSeen,
    chain: &ChainAnalysis,
    private: bool,
    ask: bool,
) -> Result<Lookup<'a>, Stop> {
    let path = chain.full_path().unwrap_or_else(|| {
        let sent = chain.on_path().filter(|(i, c)| *i == 0 || !c.is_self_signed());
        sent.map(|(_, c)| c.clone()).collect()
    });
    let path: Vec<Certificate> = path.into_iter().take(MOST).collect();
    let known = view::all(path.iter().map(|certificate| issuers(view, chain, certificate)))?;
    let public = known.last().is_some_and(|(_, public)| *public);
    let file = matches!(seen.outcome, TlsOutcome::File);
    let staple = seen.ocsp.as_ref().and_then(|text| STANDARD.decode(text).ok());
    let stapled = match (path.first(), known.first().and_then(|(issuers, _)| issuers.first()), &staple) {
        (Some(leaf), Some(issuer), Some(staple)) => {
            let judged = by_ocsp(staple, leaf, issuer.authority(), view.now(), None);
            Some(not_too_old(judged, Source::Staple, view.now()))
        }
        _ => None,
    };
    let context = Context { public, private, ask, file };
    let looks = path.iter().zip(&known).enumerate().map(|(i, (certificate, (issuers, _)))| match (&stapled, i) {
        (Some(judged), 0) if !matches!(judged.standing, Standing::Unknown { .. }) => {
            let of_staple = Status::Known(Source::Staple, Box::new(judged.clone()), None);
            if !file {
                return Ok(of_staple);
            }
            // a list that lies beside it and takes the certificate back has the last word
            let of_list = look_up(view, certificate, issuers, context)?;
            Ok(if is_revoked(&of_list) { of_list } else { of_staple })
        }
        _ => look_up(view, certificate, issuers, context),
    });
    let statuses = view::all(looks)?;
    Ok(Lookup { path, statuses, public, file, staple, stapled })
}

fn is_revoked(status: &Status<'_>) -> bool {
    matches!(status, Status::Known(_, judged, _) if matches!(judged.standing, Standing::Revoked { .. }))
}

/// Who issued a certificate, as far as it is known: certificates that were sent or fetched, and
/// anchors. And whether one of the anchors is of a store of the system or the browsers.
fn issuers(view: &View<'_>, chain: &ChainAnalysis, certificate: &Certificate) -> Result<(Vec<Issuer>, bool), Stop> {
    let of = |issuer: &Certificate| Issuer {
        name: issuer.subject.der.clone(),
        spki: issuer.spki.clone(),
        signs_lists: Authority::from(issuer).signs_lists,
    };
    let fetched = chain.repair.iter().flat_map(|repair| &repair.fetched);
    let pool: Vec<&Certificate> =
        chain.certificates.iter().chain(fetched).filter(|c| c.subject.der == certificate.issuer.der).collect();
    let signed = |c: &&&Certificate| certificate.issued_by(c) == Signature::Good;
    let mut found: Vec<Issuer> = pool.iter().filter(signed).map(|c| of(c)).collect();
    let mut public = false;
    if let Seen::Anchors { found: anchors } = &view.look(&Probe::Anchors { subject: certificate.issuer.base64() })?.seen
    {
        for anchor in anchors {
            let spki = STANDARD.decode(&anchor.spki).unwrap_or_default();
            if certificate.signed_by(&spki) != Signature::Good {
                continue;
            }
            public |= anchor.store != "cacert";
            let whole = anchor.certificate.as_ref().and_then(|text| STANDARD.decode(text).ok());
            let signs_lists = whole.is_none_or(|der| Authority::from(&Certificate::read(&der)).signs_lists);
            found.push(Issuer { name: certificate.issuer.der.clone(), spki, signs_lists });
        }
    }
    // the same authority after a change of its key, certified by the key before (RFC 5280, 6.3.3 (f))
    let renewed: Vec<Issuer> = pool
        .iter()
        .filter(|c| found.iter().all(|known| known.spki != c.spki))
        .filter(|c| c.is_self_issued() && found.iter().any(|known| c.signed_by(&known.spki) == Signature::Good))
        .map(|c| of(c))
        .collect();
    found.extend(renewed);
    let mut distinct: Vec<Issuer> = Vec::new();
    for issuer in found {
        if distinct.iter().all(|known| known.spki != issuer.spki) {
            distinct.push(issuer);
        }
    }
    Ok((distinct, public))
}

/// Asks whoever the certificate names: the OCSP responder, and where that says nothing the list.
fn look_up<'a>(
    view: &View<'a>,
    certificate: &Certificate,
    issuers: &[Issuer],
    context: Context,
) -> Result<Status<'a>, Stop> {
    let now = view.now();
    if certificate.validity.is_some_and(|validity| !validity.contains(now)) {
        return Ok(Status::OutOfDate);
    }
    let Some(issuer) = issuers.first() else { return Ok(Status::NoIssuer) };
    let authorities: Vec<Authority<'_>> = issuers.iter().map(Issuer::authority).collect();
    if context.file {
        return if context.ask {
            by_files(view, certificate, issuer, &authorities)
        } else {
            Ok(Status::NotJudged(None))
        };
    }
    if certificate.ocsp_urls.is_empty() && certificate.crl_urls.is_empty() {
        return Ok(Status::NoPointer);
    }
    if !context.ask || !view.subject().revocation {
        return Ok(Status::NotWanted);
    }
    let request = STANDARD.encode(ocsp_request(certificate, issuer.authority()));
    let ocsp = certificate.ocsp_urls.iter().take(MOST_ADDRESSES).map(|url| (Source::Ocsp, url));
    let crl = certificate.crl_urls.iter().take(MOST_ADDRESSES).map(|url| (Source::Crl, url));
    let all: Vec<(Source, &String)> = ocsp.chain(crl).collect();
    let mut attempts = Vec::new();
    // the first that is named usually answers; where it does not, all others are asked at once
    for group in [all.get(..1), all.get(1..)].into_iter().flatten() {
        let probes: Vec<Option<Probe>> = group
            .iter()
            .map(|(source, url)| {
                is_web(url).then(|| match source {
                    Source::Crl => Probe::Crl {
                        url: (*url).clone(),
                        serial: crl::serial(certificate),
                        issuer_key: STANDARD.encode(&issuer.spki),
                        private: context.private,
                    },
                    _ => Probe::Ocsp { url: (*url).clone(), request: request.clone(), private: context.private },
                })
            })
            .collect();
        let records = view::all(probes.iter().map(|probe| probe.as_ref().map(|probe| view.look(probe)).transpose()))?;
        for (((source, url), probe), record) in group.iter().zip(probes).zip(records) {
            let (Some(probe), Some(record)) = (probe, record) else {
                let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
                attempts.push(Attempt::internal(url, "scheme", scheme));
                continue;
            };
            let judged = match &record.seen {
                Seen::Ocsp(OcspSeen { response: Some(response), .. }) => {
                    let response = STANDARD.decode(response).unwrap_or_default();
                    by_ocsp(&response, certificate, issuer.authority(), now, None)
                }
                Seen::Crl(seen @ CrlSeen { crl: Some(list), .. }) => {
                    by_list(seen, list, certificate, &authorities, now)
                }
                Seen::Ocsp(OcspSeen { missing, status, failure, .. })
                | Seen::Crl(CrlSeen { missing, status, failure, .. }) => {
                    attempts.push(Attempt::missed(url, probe, *missing, *status, failure.as_deref()));
                    continue;
                }
                Seen::NoAnswer(NoAnswer::HeldBack { rule: HeldBack::PrivateAddress }) => {
                    let attempt = Attempt::internal(url, "private-address", "private");
                    attempts.push(Attempt { probe: Some(probe), ..attempt });
                    continue;
                }
                Seen::NoAnswer(why) => return Ok(Status::Unanswered(why)),
                _ => continue,
            };
            let judged = not_too_old(judged, *source, now);
            match &judged.standing {
                Standing::Unknown { why } => attempts.push(Attempt::judged(url, probe, why, &judged)),
                _ => return Ok(Status::Known(*source, Box::new(judged), Some(probe))),
            }
        }
    }
    // a company's own authority need not answer outsiders
    let internal = !context.public && attempts.iter().all(|attempt| attempt.internal);
    Ok(if internal { Status::Internal } else { Status::Failed(attempts) })
}

/// What the lists say that were given as files: a certificate that one takes back is revoked, whatever
/// the others say.
fn by_files<'a>(
    view: &View<'a>,
    certificate: &Certificate,
    issuer: &Issuer,
    authorities: &[Authority<'_>],
) -> Result<Status<'a>, Stop> {
    let (mut good, mut why_not) = (None, None);
    for number in 0..MOST_FILES {
        let probe = Probe::Crl {
            url: format!("{FILE}{number}"),
            serial: crl::serial(certificate),
            issuer_key: STANDARD.encode(&issuer.spki),
            private: false,
        };
        let Seen::Crl(seen @ CrlSeen { crl: Some(list), .. }) = &view.look(&probe)?.seen else { break };
        let judged = not_too_old(by_list(seen, list, certificate, authorities, view.now()), Source::Crl, view.now());
        match &judged.standing {
            Standing::Revoked { .. } => return Ok(Status::Known(Source::Crl, Box::new(judged), Some(probe))),
            Standing::Good => good = good.or(Some(Status::Known(Source::Crl, Box::new(judged), Some(probe)))),
            Standing::Unknown { why } => why_not = why_not.or_else(|| Some(in_words(why, &judged))),
        }
    }
    Ok(good.unwrap_or(Status::NotJudged(why_not)))
}

/// What a list says, whole or as much as was kept of it.
fn by_list(seen: &CrlSeen, list: &str, certificate: &Certificate, issuers: &[Authority<'_>], now: Timestamp) -> Judged {
    let list = STANDARD.decode(list).unwrap_or_default();
    match &seen.cut {
        None => by_crl_of(&list, certificate, issuers, now, None),
        Some(cut) => {
            let signature = match cut.signed {
                Some(true) => Signature::Good,
                Some(false) => Signature::Bad,
                None => Signature::Unknown,
            };
            crl::by_reduced_crl(&list, signature, certificate, issuers, now)
        }
    }
}

/// The same verdict, unless it is a good one of long ago that names no end.
fn not_too_old(judged: Judged, source: Source, now: Timestamp) -> Judged {
    let (answer, list) = OLDEST;
    let oldest = now.as_second() - if source == Source::Crl { list } else { answer };
    match (&judged.standing, judged.this_update, judged.next_update) {
        (Standing::Good, Some(this), None) if this.as_second() < oldest => {
            Judged { standing: Standing::Unknown { why: Why::TooOld }, ..judged }
        }
        _ => judged,
    }
}

/// Whether an address is one that exdiag asks (RFC 5280, 4.2.1.13 knows ldap too).
fn is_web(url: &str) -> bool {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

impl Attempt {
    fn internal(url: &str, id: &'static str, problem: &str) -> Self {
        Self { url: plain(url), probe: None, id, problem: problem.to_owned(), internal: true }
    }

    fn missed(url: &str, probe: Probe, kind: Option<Missing>, status: Option<u16>, failure: Option<&str>) -> Self {
        let id = match kind {
            Some(Missing::NoAddress) => "no-address",
            Some(Missing::Scheme) => "scheme",
            Some(Missing::OtherAnswer) => "other-answer",
            Some(Missing::Unreachable) | None => "unreachable",
        };
        let problem = match (kind, status) {
            (Some(Missing::OtherAnswer), Some(status)) if status != 200 => format!("HTTP {status}"),
            _ => failure.map_or_else(|| id.to_owned(), |failure| format!("could not {failure}")),
        };
        let internal = matches!(kind, Some(Missing::NoAddress | Missing::Scheme));
        Self { url: plain(url), probe: Some(probe), id, problem, internal }
    }

    fn judged(url: &str, probe: Probe, why: &Why, judged: &Judged) -> Self {
        Self { url: plain(url), probe: Some(probe), id: why.id(), problem: in_words(why, judged), internal: false }
    }
}

/// Why an answer does not count, in the words of the specifications.
pub fn in_words(why: &Why, judged: &Judged) -> String {
    match (why, judged.this_update, judged.next_update) {
        (Why::Stale, _, Some(next)) => format!("nextUpdate {}", day(next)),
        (Why::NotYet, Some(this), _) => format!("thisUpdate {}", day(this)),
        (Why::Refused(status), ..) => format!("OCSP status {status}"),
        (Why::Malformed(what), ..) => format!("malformed: {what}"),
        (Why::OutOfScope(mark), ..) => format!("out of scope: {mark}"),
        (Why::CriticalExtension(oid), ..) => format!("critical extension {oid}"),
        _ => why.id().replace('-', " "),
    }
}

/// An address as it can be told and put into a command: it comes from a stranger.
fn plain(url: &str) -> String {
    let mut out = String::new();
    for byte in url.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?=%&+,@[]".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The day, in UTC.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
