//! What is right, missing or superfluous in the certificates that a server sends, and what repairs it?
//!
//! [`analyse`] is pure: certificates, anchors and a moment in, facts out. Who signed whom is found
//! by checking signatures; whether the chain is accepted is webpki's word. [`look_at_host`] asks for
//! what that needs: a handshake with every address, the anchors behind every issuer, the issuers
//! that Authority Information Access names.

use super::x509::{Certificate, Name, Signature, content};
use super::{autodiscover, endpoint, handshake, hosts};
use crate::evidence::{AiaSeen, Anchor, HeldBack, NoAnswer, Phase, Probe, Seen, Stop, TlsOutcome, TlsSeen, View, view};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage};

use rustls::pki_types::{CertificateDer, Der, TrustAnchor, UnixTime};

/// How many issuers are fetched one after another at most.
const HOPS: usize = 4;
/// How many certificates of a chain are looked at; no honest server sends as many.
const MOST: usize = 64;
/// How many steps the search for a path may take.
const STEPS: usize = 2_000;
/// Up to how many certificates every combination is tried.
const FEW: usize = 12;
/// How many signatures are checked at most.
const CHECKS: usize = 200;

/// What a chain shows.
#[derive(Debug, Clone)]
pub struct ChainAnalysis {
    /// The certificates as sent, the leaf first; what was fetched is in [`Repair`].
    pub certificates: Vec<Certificate>,
    /// The best path through what was sent, as indices, the leaf first. Ends before the anchor.
    pub path: Vec<usize>,
    /// Where that path ends.
    pub end: End,
    /// Indices that can be reached from the leaf over signatures, the leaf included.
    pub reachable: BTreeSet<usize>,
    /// Indices of certificates that were sent before.
    pub duplicates: Vec<usize>,
    /// Indices of self-signed certificates behind the leaf.
    pub roots: Vec<usize>,
    /// Indices that nothing in the chain leads to; neither duplicates nor roots.
    pub strays: Vec<usize>,
    /// Indices that stand before the certificate that they certify.
    pub misplaced: Vec<usize>,
    /// Indices of certificates with the name of the missing issuer, but another key.
    pub mismatched: Vec<usize>,
    /// Whether a client that fetches nothing accepts the chain as sent (the name aside).
    pub verdict: Result<(), webpki::Error>,
    /// The same at a moment at which the leaf is valid.
    pub verdict_while_valid: Result<(), webpki::Error>,
    /// What was tried to repair it; none where nothing is missing.
    pub repair: Option<Repair>,
    /// Whether the trust stores gave an answer for every issuer.
    pub stores_known: bool,
}

/// Where a path ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// At a trust anchor.
    Anchor {
        /// The anchor's name.
        name: Name,
        /// The stores that hold it.
        stores: Vec<String>,
    },
    /// At the leaf, which is signed with its own key.
    SelfSigned,
    /// At a root that no store holds.
    UnknownRoot {
        /// The root's name.
        name: Name,
        /// Its index, where it was sent.
        index: Option<usize>,
    },
    /// At a certificate whose issuer was not sent.
    Missing {
        /// The index of that certificate.
        index: usize,
        /// Its issuer.
        issuer: Name,
    },
}

/// What was found when the issuer's certificate was asked for where the child says it lies.
#[derive(Debug, Clone)]
pub struct Repair {
    /// The address that was asked first.
    pub url: Option<String>,
    /// What was fetched and fits, the lowest first.
    pub fetched: Vec<Certificate>,
    /// The repaired path: leaf and intermediates, without the root.
    pub path: Vec<Certificate>,
    /// Whether the repaired chain verifies (at a moment at which the leaf is valid).
    pub verified: bool,
    /// The root that it ends at, where no store holds it.
    pub unknown_root: Option<Name>,
    /// Why nothing, or not enough, was found.
    pub problem: Option<RepairProblem>,
}

/// Why an issuer could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepairProblem {
    /// The certificate names no address that can be asked over http.
    NoAddress {
        /// Whether it names others (ldap, file): a mark of a company's own authority.
        others: bool,
    },
    /// exdiag did not ask.
    HeldBack(HeldBack),
    /// Nobody could ask.
    NoAnswer,
    /// The address gave no certificate: why, as a lower-case fragment.
    Failed(String),
    /// The address gave certificates of others.
    NotTheIssuer,
}

impl RepairProblem {
    /// A word for scripts.
    pub fn id(&self) -> &'static str {
        match self {
            Self::NoAddress { .. } => "no-address",
            Self::HeldBack(_) => "held-back",
            Self::NoAnswer => "no-answer",
            Self::Failed(_) => "failed",
            Self::NotTheIssuer => "not-the-issuer",
        }
    }
}

impl ChainAnalysis {
    /// The server's own certificate.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.certificates.first()
    }

    /// The path: leaf and intermediates, without the root; repaired where that was possible.
    /// None where it does not lead to an end.
    pub fn full_path(&self) -> Option<Vec<Certificate>> {
        if let Some(repair) = &self.repair {
            return (repair.verified || repair.unknown_root.is_some()).then(|| repair.path.clone());
        }
        match self.end {
            End::Missing { .. } => None,
            _ => Some(self.along(&self.path)),
        }
    }

    /// The certificates of these indices, a self-signed one behind the leaf left out.
    fn along(&self, path: &[usize]) -> Vec<Certificate> {
        let sent = path.iter().filter_map(|i| Some((*i, self.certificates.get(*i)?)));
        sent.filter(|(i, c)| *i == 0 || !c.is_self_signed()).map(|(_, c)| c.clone()).collect()
    }

    /// The certificates on the path that are sent, with their indices; the leaf first.
    pub fn on_path(&self) -> impl Iterator<Item = (usize, &Certificate)> {
        self.path.iter().filter_map(|i| Some((*i, self.certificates.get(*i)?)))
    }

    /// Intermediates on the path whose time is over, or has not come.
    pub fn out_of_date(&self, at: Timestamp) -> impl Iterator<Item = (usize, &Certificate)> {
        self.on_path().filter(move |(i, c)| *i > 0 && c.validity.is_some_and(|v| !v.contains(at)))
    }
}

/// Leaf and intermediates as PEM, in the order a server sends them.
pub fn pem(path: &[Certificate]) -> String {
    path.iter().map(Certificate::pem).collect()
}

/// Who signed whom, among sent and fetched certificates.
struct Graph<'a> {
    pool: Vec<&'a Certificate>,
    /// For each certificate, those that signed it.
    parents: Vec<Vec<usize>>,
    /// For each certificate, the anchors that signed it.
    anchors: Vec<Vec<&'a Anchor>>,
    at: Timestamp,
}

/// A path and how good it is; larger is better.
type Scored = ((bool, bool, isize), Vec<usize>);

impl<'a> Graph<'a> {
    fn new(pool: Vec<&'a Certificate>, anchors: &'a [Anchor], at: Timestamp) -> Self {
        let mut checks = 0;
        let mut parents = Vec::new();
        let mut anchored = Vec::new();
        for (i, child) in pool.iter().enumerate() {
            let mut issuers = Vec::new();
            for (j, parent) in pool.iter().enumerate() {
                let named = j > 0 && j != i && child.issuer.der == parent.subject.der && !child.issuer.der.is_empty();
                if named && parent.fingerprint != child.fingerprint && checks < CHECKS {
                    checks += 1;
                    let first = pool.iter().position(|other| other.fingerprint == parent.fingerprint) == Some(j);
                    if first && child.issued_by(parent) != Signature::Bad {
                        issuers.push(j);
                    }
                }
            }
            parents.push(issuers);
            let mut found = Vec::new();
            for anchor in anchors {
                let named = STANDARD.decode(&anchor.subject).is_ok_and(|name| name == child.issuer.der);
                if named && checks < CHECKS {
                    checks += 1;
                    if STANDARD.decode(&anchor.spki).is_ok_and(|spki| child.signed_by(&spki) != Signature::Bad) {
                        found.push(anchor);
                    }
                }
            }
            anchored.push(found);
        }
        Self { pool, parents, anchors: anchored, at }
    }

    fn reachable(&self) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open = vec![0];
        while let Some(i) = open.pop() {
            if i < self.pool.len() && seen.insert(i) {
                open.extend(self.parents.get(i).into_iter().flatten());
            }
        }
        seen
    }

    /// The best path from the leaf: one that ends at an anchor before one that does not, one whose
    /// certificates are all valid before others, then the shortest to an anchor, or the longest to none.
    fn best(&self) -> Vec<usize> {
        let mut best: Option<Scored> = None;
        let mut steps = 0;
        self.walk(&mut vec![0], &mut best, &mut steps);
        best.map_or_else(|| vec![0], |(_, path)| path)
    }

    fn walk(&self, path: &mut Vec<usize>, best: &mut Option<Scored>, steps: &mut usize) {
        *steps += 1;
        let Some(last) = path.last().copied().filter(|_| *steps < STEPS) else { return };
        let anchored = self.anchors.get(last).is_some_and(|found| !found.is_empty());
        let mut ended = true;
        if !anchored {
            for parent in self.parents.get(last).into_iter().flatten() {
                // a cross-signed pair of authorities is a circle; the same key once is enough
                if path.iter().any(|i| self.same_authority(*i, *parent)) {
                    continue;
                }
                ended = false;
                path.push(*parent);
                self.walk(path, best, steps);
                path.pop();
            }
        }
        if ended {
            let sound = path.iter().skip(1).all(|i| self.is_sound(*i));
            let length = isize::try_from(path.len()).unwrap_or(0);
            let score = (anchored, sound, if anchored { -length } else { length });
            if best.as_ref().is_none_or(|(other, _)| score > *other) {
                *best = Some((score, path.clone()));
            }
        }
    }

    fn same_authority(&self, a: usize, b: usize) -> bool {
        match (self.pool.get(a), self.pool.get(b)) {
            (Some(a), Some(b)) => a.subject.der == b.subject.der && a.spki == b.spki,
            _ => false,
        }
    }

    fn is_sound(&self, i: usize) -> bool {
        self.pool.get(i).is_some_and(|c| {
            c.validity.is_some_and(|v| v.contains(self.at))
                && c.may_sign_certificates()
                && c.is_for_servers()
                && !c.has_weak_signature()
                && !c.key.is_weak()
        })
    }

    /// Whether a client accepts what was sent, and by which path. A search over many certificates
    /// that all sign each other takes webpki seconds, so the best path is tried first, and all that
    /// fits only where it is little.
    fn verdict(&self, path: &[usize], anchors: &[Anchor], at: Timestamp) -> Result<Vec<usize>, webpki::Error> {
        if !matches!(self.end(path), End::Anchor { .. }) {
            return Err(webpki::Error::UnknownIssuer);
        }
        let try_these = |indices: &[usize]| {
            let these: Vec<&Certificate> = indices.iter().filter_map(|i| self.pool.get(*i).copied()).collect();
            let used = verify(&these, anchors, at)?;
            Ok(used.iter().filter_map(|i| indices.get(*i).copied()).collect())
        };
        let verdict = try_these(path);
        let all: Vec<usize> = self.reachable().into_iter().collect();
        if verdict.is_err() && all.len() > path.len() && all.len() <= FEW {
            return try_these(&all);
        }
        verdict
    }

    /// Where that path ends.
    fn end(&self, path: &[usize]) -> End {
        let last = path.last().copied().unwrap_or(0);
        let Some(certificate) = self.pool.get(last) else {
            return End::Missing { index: 0, issuer: Name::default() };
        };
        let anchors = self.anchors.get(last).map_or(&[][..], Vec::as_slice);
        if !anchors.is_empty() {
            let stores: BTreeSet<String> = anchors.iter().map(|anchor| anchor.store.clone()).collect();
            End::Anchor { name: certificate.issuer.clone(), stores: stores.into_iter().collect() }
        } else if certificate.is_self_signed() {
            if last == 0 {
                End::SelfSigned
            } else {
                End::UnknownRoot { name: certificate.subject.clone(), index: Some(last) }
            }
        } else {
            End::Missing { index: last, issuer: certificate.issuer.clone() }
        }
    }
}

/// Judges certificates as sent, the leaf first, by these anchors at this moment. Fetches nothing, so
/// a root that was not sent looks like any other issuer that was not sent.
pub fn analyse(certificates: Vec<Certificate>, anchors: &[Anchor], at: Timestamp) -> ChainAnalysis {
    let graph = Graph::new(certificates.iter().collect(), anchors, at);
    let reachable = graph.reachable();
    let mut path = graph.best();
    let verdict = graph.verdict(&path, anchors, at);
    let while_valid = while_valid(certificates.first(), at);
    let verdict_while_valid =
        if while_valid == at { verdict.clone() } else { graph.verdict(&path, anchors, while_valid) };
    if let Ok(taken) = &verdict_while_valid {
        path.clone_from(taken);
    }
    let end = graph.end(&path);
    let first = |c: &Certificate| certificates.iter().position(|other| other.fingerprint == c.fingerprint);

    let (mut duplicates, mut roots, mut strays, mut misplaced) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (i, certificate) in certificates.iter().enumerate().skip(1) {
        if first(certificate) != Some(i) {
            duplicates.push(i);
            continue;
        }
        if certificate.is_self_signed() {
            roots.push(i);
        } else if !reachable.contains(&i) {
            strays.push(i);
        }
        // RFC 5246, 7.4.2: each certificate certifies the one before it
        let mut children = reachable.iter().filter(|j| graph.parents.get(**j).is_some_and(|p| p.contains(&i)));
        if reachable.contains(&i) && children.all(|j| *j > i) {
            misplaced.push(i);
        }
    }
    let mismatched = match &end {
        End::Missing { issuer, .. } => {
            let named = certificates.iter().enumerate().skip(1).filter(|(_, c)| c.subject.der == issuer.der);
            named.map(|(i, _)| i).filter(|i| !reachable.contains(i)).collect()
        }
        _ => Vec::new(),
    };
    ChainAnalysis {
        path,
        end,
        reachable,
        duplicates,
        roots,
        strays,
        misplaced,
        mismatched,
        verdict: verdict.map(|_| ()),
        verdict_while_valid: verdict_while_valid.map(|_| ()),
        repair: None,
        stores_known: true,
        certificates,
    }
}

/// The moment inside the leaf's validity that is nearest.
fn while_valid(leaf: Option<&Certificate>, at: Timestamp) -> Timestamp {
    match leaf.and_then(|leaf| leaf.validity) {
        Some(v) if v.not_before <= v.not_after => at.clamp(v.not_before, v.not_after),
        _ => at,
    }
}

/// Whether a client that holds these anchors accepts the chain, the name aside: the indices of the
/// path it takes, the leaf first.
pub fn verify(certificates: &[&Certificate], anchors: &[Anchor], at: Timestamp) -> Result<Vec<usize>, webpki::Error> {
    let chain: Vec<CertificateDer<'_>> = certificates.iter().map(|c| CertificateDer::from(c.der.as_slice())).collect();
    let Some((leaf, intermediates)) = chain.split_first() else { return Err(webpki::Error::BadDer) };
    let decode = |text: &str| STANDARD.decode(text).unwrap_or_default();
    let inner = |text: &str| Der::from(content(&decode(text)).to_vec());
    let anchors: Vec<TrustAnchor<'_>> = anchors
        .iter()
        .map(|anchor| TrustAnchor {
            subject: inner(&anchor.subject),
            subject_public_key_info: inner(&anchor.spki),
            // stores spell them with or without the outer SEQUENCE
            name_constraints: anchor.name_constraints.as_deref().map(|text| {
                let der = decode(text);
                Der::from(if der.first() == Some(&0x30) { content(&der).to_vec() } else { der })
            }),
        })
        .collect();
    let seconds = u64::try_from(at.as_second()).unwrap_or(0);
    let leaf = EndEntityCert::try_from(leaf)?;
    let path = leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        intermediates,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        KeyUsage::server_auth(),
        None,
        None,
    )?;
    let index = |used: &webpki::Cert<'_>| chain.iter().position(|sent| sent.as_ref() == used.der().as_ref());
    Ok(std::iter::once(0).chain(path.intermediate_certificates().filter_map(index)).collect())
}

/// Looks at the anchors of that name; none where nobody could say.
fn anchors_of<'a>(view: &View<'a>, name: &Name) -> Result<Option<&'a [Anchor]>, Stop> {
    Ok(match &view.look(&Probe::Anchors { subject: name.base64() })?.seen {
        Seen::Anchors { found } => Some(found.as_slice()),
        _ => None,
    })
}

/// What was asked of the stores so far.
#[derive(Default)]
struct Stores {
    anchors: Vec<Anchor>,
    asked: BTreeSet<Name>,
    known: bool,
}

impl Stores {
    fn ask<'c>(&mut self, view: &View<'_>, certificates: impl Iterator<Item = &'c Certificate>) -> Result<(), Stop> {
        let names: BTreeSet<Name> = certificates.map(|c| c.issuer.clone()).filter(|n| !n.der.is_empty()).collect();
        let new: Vec<Name> = names.difference(&self.asked).cloned().collect();
        for found in view::all(new.iter().map(|name| anchors_of(view, name)))? {
            match found {
                Some(found) => self.anchors.extend(found.iter().cloned()),
                None => self.known = false,
            }
        }
        self.asked.extend(new);
        Ok(())
    }
}

/// Judges a chain as sent (DER in base64, the leaf first), with what the stores hold and what the
/// missing issuer's address gives.
pub fn look_at_chain(view: &View<'_>, chain: &[String]) -> Result<ChainAnalysis, Stop> {
    let at = view.now();
    let read = |text: &String| Certificate::read(&STANDARD.decode(text).unwrap_or_default());
    let certificates: Vec<Certificate> = chain.iter().take(MOST).map(read).collect();
    let mut stores = Stores { known: true, ..Stores::default() };
    stores.ask(view, certificates.iter())?;
    let mut analysis = analyse(certificates, &stores.anchors, at);
    let child = match &analysis.end {
        End::Missing { index, .. } => Some(*index),
        // an intermediate whose time is over may have been renewed under the same key
        _ if analysis.verdict_while_valid.is_err() => {
            let spoilt = analysis.out_of_date(at).next().map(|(i, _)| i);
            analysis.path.iter().zip(analysis.path.iter().skip(1)).find(|(_, p)| Some(**p) == spoilt).map(|(c, _)| *c)
        }
        _ => None,
    };
    if let Some(child) = child {
        let repair = repair(view, &analysis, child, &mut stores)?;
        settle(&mut analysis, repair);
    }
    analysis.stores_known = stores.known;
    Ok(analysis)
}

/// Fetches issuer after issuer, beginning with that of `child`, and judges what comes out.
fn repair(view: &View<'_>, analysis: &ChainAnalysis, child: usize, stores: &mut Stores) -> Result<Repair, Stop> {
    let at = view.now();
    let sent = &analysis.certificates;
    let mut fetched: Vec<Certificate> = Vec::new();
    let mut problem = None;
    let mut url = None;
    let mut child = sent.get(child).cloned();
    for _ in 0..HOPS {
        let Some(asking) = child.take() else { break };
        url = url.or_else(|| web_addresses(&asking).first().map(|u| (*u).to_owned()));
        match fetch_issuer(view, &asking)? {
            Ok(found) => {
                stores.ask(view, found.iter())?;
                for certificate in found {
                    if sent.iter().chain(&fetched).all(|other| other.fingerprint != certificate.fingerprint) {
                        fetched.push(certificate);
                    }
                }
            }
            Err(why) => problem = Some(why),
        }
        let graph = Graph::new(sent.iter().chain(&fetched).collect(), &stores.anchors, at);
        let path = graph.best();
        if let End::Missing { index, .. } = graph.end(&path)
            && problem.is_none()
        {
            child = graph.pool.get(index).map(|c| (*c).clone()).filter(|c| c.fingerprint != asking.fingerprint);
        }
    }
    let pool: Vec<Certificate> = sent.iter().chain(&fetched).cloned().collect();
    let graph = Graph::new(pool.iter().collect(), &stores.anchors, at);
    let mut path = graph.best();
    let unknown_root = match graph.end(&path) {
        End::UnknownRoot { name, .. } => Some(name),
        _ => None,
    };
    let verdict = graph.verdict(&path, &stores.anchors, while_valid(pool.first(), at));
    let verified = verdict.is_ok();
    if let Ok(taken) = verdict {
        path = taken;
    }
    let path = path
        .iter()
        .filter_map(|i| Some((*i, *graph.pool.get(*i)?)))
        .filter(|(i, c)| *i == 0 || !c.is_self_signed())
        .map(|(_, c)| c.clone())
        .collect();
    Ok(Repair { url, fetched, path, verified, unknown_root, problem })
}

/// The issuer's addresses that can be asked: http and https (RFC 5280, 4.2.2.1).
fn web_addresses(certificate: &Certificate) -> Vec<&str> {
    let is_web = |url: &&str| {
        url::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.host_str().is_some())
    };
    certificate.issuer_urls.iter().map(String::as_str).filter(is_web).take(HOPS).collect()
}

/// Fetches the certificates that issued this one.
fn fetch_issuer(view: &View<'_>, child: &Certificate) -> Result<Result<Vec<Certificate>, RepairProblem>, Stop> {
    let urls = web_addresses(child);
    if urls.is_empty() {
        return Ok(Err(RepairProblem::NoAddress { others: !child.issuer_urls.is_empty() }));
    }
    if !view.subject().aia {
        return Ok(Err(RepairProblem::HeldBack(HeldBack::NoAia)));
    }
    let records = view::all(urls.iter().map(|url| view.look(&Probe::Aia { url: (*url).to_owned() })))?;
    let mut found = Vec::new();
    let mut problem = RepairProblem::NoAnswer;
    for record in records {
        match &record.seen {
            Seen::Aia(AiaSeen { certificates, failure, status, .. }) => {
                problem = match (failure, status, certificates.is_empty()) {
                    (_, _, false) => RepairProblem::NotTheIssuer,
                    (Some(failure), ..) => RepairProblem::Failed(failure.clone()),
                    (None, Some(status), _) => RepairProblem::Failed(format!("be fetched: HTTP {status}")),
                    (None, None, _) => RepairProblem::Failed("be read as a certificate".to_owned()),
                };
                let read =
                    certificates.iter().map(|text| Certificate::read(&STANDARD.decode(text).unwrap_or_default()));
                found.extend(read.filter(|c| child.issued_by(c) != Signature::Bad));
            }
            Seen::NoAnswer(NoAnswer::HeldBack { rule }) => problem = RepairProblem::HeldBack(*rule),
            _ => {}
        }
    }
    Ok(if found.is_empty() { Err(problem) } else { Ok(found) })
}

/// Enters the repair, and tells a missing intermediate from a root that need not be sent.
///
/// Where the issuer could not be had, the marks of a company's own authority decide: a leaf comes
/// with its intermediate and only the root is not sent; or the address is not one of the public web.
fn settle(analysis: &mut ChainAnalysis, repair: Repair) {
    if let End::Missing { index, issuer } = &analysis.end {
        let only_the_root = match (&repair.problem, &repair.unknown_root) {
            // nothing but the self-signed root itself came
            (_, Some(_)) => repair.fetched.iter().all(Certificate::is_self_signed),
            (
                Some(RepairProblem::NoAddress { others: true } | RepairProblem::HeldBack(HeldBack::PrivateAddress)),
                None,
            ) => repair.fetched.is_empty(),
            (Some(_), None) => {
                let with_intermediate = *index > 0 && analysis.strays.is_empty() && analysis.mismatched.is_empty();
                repair.fetched.is_empty() && with_intermediate && analysis.roots.is_empty()
            }
            (None, None) => false,
        };
        if only_the_root {
            let name = repair.unknown_root.clone().unwrap_or_else(|| issuer.clone());
            analysis.end = End::UnknownRoot { name, index: None };
            return;
        }
    }
    analysis.repair = Some(repair);
}

/// A server as its addresses show it.
#[derive(Debug)]
pub struct HostTls<'a> {
    /// Its name, or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Every address by itself, in the order of [`hosts::addresses`].
    pub addresses: Vec<AddressTls<'a>>,
}

/// What one address shows.
#[derive(Debug)]
pub struct AddressTls<'a> {
    /// The address.
    pub address: IpAddr,
    /// What was seen, or why nobody could look.
    pub seen: Result<&'a TlsSeen, &'a NoAnswer>,
    /// The chain it sends, where it sends one.
    pub chain: Option<ChainAnalysis>,
}

impl AddressTls<'_> {
    /// The probe that looked.
    pub fn probe(&self, host: &HostTls<'_>) -> Probe {
        Probe::tls(self.address, host.port, &host.host)
    }

    /// How the handshake ended, where anything came back.
    pub fn outcome(&self) -> Option<&TlsOutcome> {
        self.seen.ok().map(|seen| &seen.outcome)
    }
}

/// The servers whose certificates matter: the ActiveSync endpoint's, and that of the winning
/// Autodiscover host where it could not be verified. (Where it could, nothing is left to say.)
pub fn hosts_to_look_at(view: &View<'_>) -> Result<Vec<(String, u16)>, Stop> {
    let endpoint = endpoint::endpoint(view);
    let walk = if view.subject().server.is_some() { Ok(None) } else { autodiscover::walk(view) };
    let mut hosts: Vec<(String, u16)> = endpoint?.map(|endpoint| (endpoint.host, endpoint.port)).into_iter().collect();
    let walk = walk?;
    let unverified = walk.as_ref().and_then(|walk| walk.winner()).filter(|won| won.verified == Some(false));
    if let Some(won) = unverified
        && !hosts.iter().any(|(host, _)| *host == won.host)
    {
        let port = url::Url::parse(&won.probe.url).ok().and_then(|url| url.port_or_known_default());
        hosts.push((won.host.clone(), port.unwrap_or(443)));
    }
    Ok(hosts)
}

/// Shakes hands with every address of a host and judges what each sends.
pub fn look_at_host<'a>(view: &View<'a>, host: &str, port: u16) -> Result<HostTls<'a>, Stop> {
    let addresses = hosts::addresses(view, host)?;
    let looks = addresses.into_iter().map(|address| {
        let seen = view.tls(address, port, host)?;
        let chain = match seen {
            Ok(seen) if !seen.chain.is_empty() => Some(look_at_chain(view, &seen.chain)?),
            // up to TLS 1.2 a server shows its chain before the handshake can fail for want of a common suite
            Ok(TlsSeen { outcome: TlsOutcome::Failed(failure), .. }) if failure.phase >= Phase::Handshake => {
                match handshake::chain_in_clear(view, host, port, address)? {
                    [] => None,
                    chain => Some(look_at_chain(view, chain)?),
                }
            }
            _ => None,
        };
        Ok(AddressTls { address, seen, chain })
    });
    Ok(HostTls { host: host.to_owned(), port, addresses: view::all(looks)? })
}

/// The servers to look at, each with every address.
pub fn look_at_all<'a>(view: &View<'a>) -> Result<Vec<HostTls<'a>>, Stop> {
    view::all(hosts_to_look_at(view)?.iter().map(|(host, port)| look_at_host(view, host, *port)))
}

/// The chain that the first server should send, as PEM: leaf and intermediates, without the root;
/// with its host. None where it could not be built.
pub fn repaired_chain(view: &View<'_>) -> Result<Option<(String, String)>, Stop> {
    let hosts = look_at_all(view)?;
    let built = |host: &HostTls<'_>| {
        let path = host.addresses.iter().find_map(|address| address.chain.as_ref()?.full_path())?;
        Some((host.host.clone(), pem(&path)))
    };
    Ok(hosts.iter().find_map(built))
}
