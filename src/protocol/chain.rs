//! What is right, missing or superfluous in the certificates that a server sends, and what repairs it?
//!
//! [`analyse`] is pure: certificates, anchors and a moment in, facts out; which path is taken and what
//! is wrong with it is [`path`]'s word. [`look_at_host`] asks for what that needs: a handshake with
//! every address, the anchors behind every issuer, the issuers that Authority Information Access names.

mod host;

pub use host::{AddressTls, HostTls, hosts_to_look_at, look_at_all, look_at_host, repaired_chain};

use super::path::{self, Builder, Fault, FaultKind, Path, Weight};
use super::stores;
use super::x509::{Certificate, Name, Signature};
use crate::evidence::{AiaSeen, Anchor, HeldBack, Missing, NoAnswer, Probe, Seen, Stop, View, view};
use crate::order;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

pub use super::path::End;

/// How many issuers are fetched one after another at most.
const HOPS: usize = 4;
/// How many certificates of a chain are looked at; no honest server sends as many.
const MOST: usize = 512;
/// How many bytes of them; OpenSSL takes 100 KiB.
pub const BYTES: usize = 1 << 20;
/// How many issuers the stores are asked for.
const NAMES: usize = 64;
/// How many fetched certificates are looked at.
const FETCHED: usize = 32;
/// Of how many certificates those above a leaf that stands elsewhere are sought.
const MOST_SORTED: usize = 20;

/// What a chain shows.
#[derive(Debug, Clone)]
pub struct ChainAnalysis {
    /// The certificates as sent, the leaf first; what was fetched is in [`Repair`].
    pub certificates: Vec<Certificate>,
    /// The best path through what was sent, as indices, the leaf first. Ends before the anchor.
    pub path: Vec<usize>,
    /// Where that path ends.
    pub end: End,
    /// What is wrong with that path. Where the leaf's own time is over, the others are judged at the
    /// moment inside its time that is nearest.
    pub faults: Vec<Fault>,
    /// Other paths that were tried, with their faults; a few.
    pub others: Vec<Path>,
    /// Whether clients that fetch nothing accept the chain as sent (the name aside).
    pub accepted: bool,
    /// The stores that alone are enough for that.
    pub trusted_by: Vec<String>,
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
    /// What was tried to repair it; none where nothing is missing.
    pub repair: Option<Repair>,
    /// Whether the trust stores gave an answer for every issuer.
    pub stores_known: bool,
    /// Whether the search gave up before it had tried every path.
    pub exhausted: bool,
}

/// What was found when the issuer's certificate was asked for where the child says it lies.
#[derive(Debug, Clone, Default)]
pub struct Repair {
    /// The address that was asked first.
    pub url: Option<String>,
    /// Whether that may be a private address.
    pub private: bool,
    /// What was fetched: issuers, the lowest first, and what came in the same bundle.
    pub fetched: Vec<Certificate>,
    /// The repaired path: leaf and intermediates, without the root.
    pub path: Vec<Certificate>,
    /// Whether the repaired chain verifies (at a moment at which the leaf is valid).
    pub verified: bool,
    /// The stores that alone are enough for that.
    pub trusted_by: Vec<String>,
    /// What is still wrong with it; indices beyond those sent count on through `fetched`.
    pub faults: Vec<Fault>,
    /// The root that it ends at, where no store holds it.
    pub unknown_root: Option<Name>,
    /// Why nothing, or not enough, was found.
    pub problem: Option<RepairProblem>,
    /// The address that this is about.
    pub problem_at: Option<String>,
}

impl Repair {
    /// The first question.
    pub fn probe(&self) -> Option<Probe> {
        Some(Probe::Aia { url: self.url.clone()?, private: self.private })
    }
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
    /// The address could not be reached from here: why, as a lower-case fragment. Others may reach it.
    Unreachable(String),
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
            Self::Unreachable(_) => "unreachable",
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

    /// Whether the leaf's own time is over, or has not come.
    pub fn leaf_is_out_of_date(&self) -> bool {
        self.faults.iter().any(|fault| fault.index == Some(0) && fault.kind.is_date())
    }

    /// Whether clients accept the chain as sent, or with the issuers that its certificates name.
    pub fn accepted_after_repair(&self) -> bool {
        self.accepted || (!self.leaf_is_out_of_date() && self.repair.as_ref().is_some_and(|repair| repair.verified))
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
        sent.filter(|(i, _)| *i == 0 || !self.roots.contains(i)).map(|(_, c)| c.clone()).collect()
    }

    /// The index of the host's own certificate, where it stands behind that of an authority.
    pub fn leaf_elsewhere(&self, host: &str) -> Option<usize> {
        let first = self.leaf().filter(|first| first.is_ca && !first.is_for(host));
        first.and_then(|_| self.certificates.iter().position(|c| !c.is_ca && c.is_for(host)))
    }

    /// The host's own certificate, and those that were sent and lead up from it, without the root.
    pub fn in_order(&self, host: &str) -> Option<Vec<Certificate>> {
        let mut out: Vec<Certificate> = vec![self.certificates.get(self.leaf_elsewhere(host)?)?.clone()];
        // as many as any path has
        while let Some(last) = out.last().filter(|_| out.len() < 10) {
            let mut above = self.certificates.iter().take(MOST_SORTED).filter(|c| c.is_ca && !c.is_self_issued());
            let above = above.find(|c| !out.contains(c) && last.issued_by(c) != Signature::Bad).cloned();
            match above {
                Some(above) => out.push(above),
                None => break,
            }
        }
        Some(out)
    }

    /// The index of the intermediate that was sent in place of the missing one: it has its name but
    /// another key, or it is an authority's and nothing leads to it.
    pub fn sent_instead(&self) -> Option<usize> {
        let End::Missing { .. } = &self.end else { return None };
        if let Some(index) = self.mismatched.first() {
            return Some(*index);
        }
        let of_the_path =
            |c: &Certificate| self.repair.iter().flat_map(|repair| &repair.path).any(|other| other.spki == c.spki);
        // a link further up is no wrong certificate, nor is a root, whoever has signed it besides
        let issued_above =
            |c: &Certificate| self.repair.iter().flat_map(|r| &r.fetched).any(|f| f.issuer.same(&c.subject));
        let is_root = |c: &Certificate| stores::is_public(&c.subject.der, &c.spki);
        let mut strays = self.strays.iter().filter_map(|i| Some((*i, self.certificates.get(*i)?)));
        strays.find(|(_, c)| c.is_ca && !of_the_path(c) && !issued_above(c) && !is_root(c)).map(|(i, _)| i)
    }

    /// The index of a certificate that cannot be read and may be what seems to be missing: the issuer,
    /// or the one whose issuer is missing.
    pub fn spoilt(&self) -> Option<usize> {
        let End::Missing { index, issuer } = &self.end else { return None };
        let unreadable = |name: &Name| name.parts.is_empty() && name.short.is_empty();
        let child = self.certificates.get(*index)?;
        if child.is_broken && (unreadable(issuer) || !self.mismatched.is_empty()) {
            return Some(*index);
        }
        let mut behind = self.certificates.iter().enumerate().skip(1).filter(|(i, _)| !self.reachable.contains(i));
        let bears = |c: &Certificate| unreadable(&c.subject) || c.subject.same(issuer);
        behind.find(|(_, c)| c.is_broken && bears(c)).map(|(i, _)| i)
    }

    /// The certificates on the path that are sent, with their indices; the leaf first.
    pub fn on_path(&self) -> impl Iterator<Item = (usize, &Certificate)> {
        self.path.iter().filter_map(|i| Some((*i, self.certificates.get(*i)?)))
    }

    /// Intermediates on the path whose time is over, or has not come.
    pub fn out_of_date(&self) -> impl Iterator<Item = (usize, &Certificate)> {
        let spoilt = self.faults.iter().filter(|fault| fault.kind.is_date()).filter_map(|fault| fault.index);
        spoilt.filter(|i| *i > 0).filter_map(|i| Some((i, self.certificates.get(i)?)))
    }

    /// The certificate on the path that the one of that index has signed.
    fn child_of(&self, issuer: usize) -> Option<usize> {
        self.path.iter().zip(self.path.iter().skip(1)).find(|(_, parent)| **parent == issuer).map(|(child, _)| *child)
    }
}

/// Leaf and intermediates as PEM, in the order a server sends them.
pub fn pem(path: &[Certificate]) -> String {
    path.iter().map(Certificate::pem).collect()
}

/// The verdict on one chain, the name aside.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Whether clients that hold these anchors accept it.
    pub accepted: bool,
    /// The path taken, and what is wrong with it.
    pub path: Path,
    /// Others that were tried; a few.
    pub others: Vec<Path>,
    /// Whether the search gave up before it had tried every path.
    pub exhausted: bool,
}

/// Judges certificates, the leaf first, by other anchors: those of one client, say. `certificates` may
/// hold fetched ones behind the sent; anchors of other names cost next to nothing.
pub fn accepted_with(certificates: &[Certificate], anchors: &[Anchor], at: Timestamp) -> Verdict {
    let mut builder = Builder::new(certificates.iter().collect(), anchors);
    verdict(&mut builder, at, &|_| true)
}

fn verdict(builder: &mut Builder<'_>, at: Timestamp, holds: &dyn Fn(&Anchor) -> bool) -> Verdict {
    let leaf = builder.pool().first().copied();
    let dated = leaf.and_then(|leaf| path::out_of_date(leaf.validity?, at));
    let found = builder.search(while_valid(leaf, at), holds);
    let mut path = found.best;
    let accepted = path.is_accepted() && dated.is_none();
    if let Some(kind) = dated
        && !path.faults.iter().any(|fault| fault.index == Some(0) && fault.kind.is_date())
    {
        path.faults.push(Fault::new(0, kind));
    }
    Verdict { accepted, path, others: found.others, exhausted: builder.work.exhausted }
}

/// The stores that alone make clients accept the chain.
fn trusted_by(builder: &mut Builder<'_>, anchors: &[Anchor], at: Timestamp) -> Vec<String> {
    let stores: BTreeSet<&str> = order::set(anchors.iter().map(|anchor| anchor.store.as_str()));
    let trusts = |store: &&str| verdict(builder, at, &|anchor| anchor.store == *store).accepted;
    stores.into_iter().filter(trusts).map(str::to_owned).collect()
}

/// Judges certificates as sent, the leaf first, by these anchors at this moment. Fetches nothing, so
/// a root that was not sent looks like any other issuer that was not sent.
pub fn analyse(certificates: Vec<Certificate>, anchors: &[Anchor], at: Timestamp) -> ChainAnalysis {
    let mut builder = Builder::new(certificates.iter().collect(), anchors);
    let Verdict { accepted, path, others, exhausted } = verdict(&mut builder, at, &|_| true);
    let trusted_by = if accepted { trusted_by(&mut builder, anchors, at) } else { Vec::new() };
    let Path { indices, end, faults } = path;
    let reachable = builder.reachable();
    let children: BTreeMap<usize, usize> =
        order::map(reachable.iter().rev().flat_map(|child| builder.issuers(*child).into_iter().map(|i| (i, *child))));

    let mut seen = BTreeSet::new();
    let (mut duplicates, mut roots, mut strays, mut misplaced) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (i, certificate) in certificates.iter().enumerate() {
        if !seen.insert(certificate.fingerprint.as_str()) {
            duplicates.push(i);
            continue;
        }
        if i == 0 {
            continue;
        }
        if builder.self_signed(i) {
            roots.push(i);
        } else if !reachable.contains(&i) {
            strays.push(i);
        }
        // RFC 5246, 7.4.2: each certificate certifies the one before it
        if reachable.contains(&i) && children.get(&i).is_none_or(|first| *first > i) {
            misplaced.push(i);
        }
    }
    let broken = faults.iter().find_map(|fault| match &fault.kind {
        // the right issuer, and the signature itself is spoilt
        FaultKind::BadSignature { keys_agree: Some(true), .. } => fault.index,
        _ => None,
    });
    let mismatched = match &end {
        End::Missing { index, issuer } if broken != Some(*index) => {
            let named = certificates.iter().enumerate().skip(1).filter(|(_, c)| c.subject.same(issuer));
            named.map(|(i, _)| i).filter(|i| !reachable.contains(i)).collect()
        }
        _ => Vec::new(),
    };
    ChainAnalysis {
        path: indices,
        end,
        faults,
        others,
        accepted,
        trusted_by,
        reachable,
        duplicates,
        roots,
        strays,
        misplaced,
        mismatched,
        repair: None,
        stores_known: true,
        exhausted,
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
    asked: BTreeSet<Vec<u8>>,
    known: bool,
}

impl Stores {
    fn ask<'c>(&mut self, view: &View<'_>, certificates: impl Iterator<Item = &'c Certificate>) -> Result<(), Stop> {
        let mut new: BTreeMap<&[u8], &Name> = BTreeMap::new();
        for name in certificates.map(|c| &c.issuer) {
            let full = self.asked.len() + new.len() >= NAMES;
            if !full && !name.der.is_empty() && !self.asked.contains(&name.der) {
                new.insert(&name.der, name);
            }
        }
        for found in view::all(new.values().map(|name| anchors_of(view, name)))? {
            match found {
                // names that differ in their spelling alone bring the same anchors
                Some(found) => self.anchors.extend(found.iter().cloned()),
                None => self.known = false,
            }
        }
        order::rising(&mut self.anchors);
        self.anchors.dedup();
        self.asked.extend(new.into_keys().map(<[u8]>::to_vec));
        Ok(())
    }
}

/// Judges a chain as sent (DER in base64, the leaf first), with what the stores hold and what the
/// missing issuer's address gives. `private`: the server has private addresses only.
pub fn look_at_chain(view: &View<'_>, chain: &[String], private: bool) -> Result<ChainAnalysis, Stop> {
    let at = view.now();
    let read = |text: &String| Certificate::read(&STANDARD.decode(text).unwrap_or_default());
    let mut bytes = 0;
    let fits = |text: &&String| {
        bytes += text.len() / 4 * 3;
        bytes <= BYTES
    };
    let certificates: Vec<Certificate> = chain.iter().take(MOST).take_while(fits).map(read).collect();
    let is_cut = certificates.len() < chain.len();
    let mut stores = Stores { known: true, ..Stores::default() };
    stores.ask(view, certificates.iter())?;
    let mut analysis = analyse(certificates, &stores.anchors, at);
    if let Some(child) = wants_repair(&analysis) {
        let repair = repair(view, &analysis, child, &mut stores, private)?;
        let given = view.header().stores.iter().any(|store| store == path::PRIVATE_STORE);
        settle(&mut analysis, child, repair, given);
    }
    analysis.stores_known = stores.known;
    if is_cut {
        // clients have given up before
        (analysis.accepted, analysis.exhausted) = (false, true);
        analysis.trusted_by.clear();
    }
    Ok(analysis)
}

/// The certificate whose issuer another one could stand in for: it was not sent, no store knows it,
/// or it is spoilt and may have been renewed under the same key.
fn wants_repair(analysis: &ChainAnalysis) -> Option<usize> {
    match &analysis.end {
        End::Missing { index, .. } => Some(*index),
        End::UnknownRoot { index: Some(root), .. } => analysis.child_of(*root),
        End::Anchor { .. } if !analysis.accepted => {
            let spoilt = analysis.faults.iter().filter(|f| f.weight() >= Weight::Weak).filter_map(|f| f.index);
            // the lowest first: its children are the server's own certificate, or in order
            let mut spoilt: Vec<usize> = spoilt.filter(|i| *i > 0).collect();
            order::by_key(&mut spoilt, |i| analysis.path.iter().position(|on| on == i));
            spoilt.first().and_then(|i| analysis.child_of(*i))
        }
        _ => None,
    }
}

/// Fetches issuer after issuer, beginning with that of `child`, and judges what comes out.
fn repair(
    view: &View<'_>,
    analysis: &ChainAnalysis,
    child: usize,
    stores: &mut Stores,
    private: bool,
) -> Result<Repair, Stop> {
    let at = view.now();
    let sent = &analysis.certificates;
    let mut out = Repair { private, ..Repair::default() };
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let mut child = sent.get(child).cloned();
    for _ in 0..HOPS {
        let Some(asking) = child.take() else { break };
        asked.insert(asking.fingerprint.clone());
        out.url = out.url.or_else(|| web_addresses(&asking).first().map(|u| (*u).to_owned()));
        match fetch_issuer(view, &asking, private)? {
            Ok(found) => {
                stores.ask(view, found.iter())?;
                for certificate in found {
                    let known = sent.iter().chain(&out.fetched).any(|c| c.fingerprint == certificate.fingerprint);
                    if !known && out.fetched.len() < FETCHED {
                        out.fetched.push(certificate);
                    }
                }
            }
            Err((why, url)) => (out.problem, out.problem_at) = (Some(why), url),
        }
        let pool: Vec<&Certificate> = sent.iter().chain(&out.fetched).collect();
        let mut builder = Builder::new(pool, &stores.anchors);
        let found = builder.search(while_valid(sent.first(), at), &|_| true).best;
        if let End::Missing { index, .. } = found.end
            && out.problem.is_none()
        {
            child = builder.pool().get(index).map(|c| (*c).clone()).filter(|c| !asked.contains(&c.fingerprint));
        }
    }
    let moment = while_valid(sent.first(), at);
    let pool: Vec<Certificate> = sent.iter().chain(&out.fetched).cloned().collect();
    let mut builder = Builder::new(pool.iter().collect(), &stores.anchors);
    let best = builder.search(moment, &|_| true).best;
    out.verified = best.is_accepted();
    if out.verified {
        out.trusted_by = trusted_by(&mut builder, &stores.anchors, moment);
    }
    out.unknown_root = match &best.end {
        End::UnknownRoot { name, .. } => Some(name.clone()),
        _ => None,
    };
    let on_path = best.indices.iter().filter_map(|i| Some((*i, pool.get(*i)?)));
    out.path = on_path.filter(|(i, c)| *i == 0 || !c.is_self_signed()).map(|(_, c)| c.clone()).collect();
    out.faults = best.faults;
    Ok(out)
}

/// The issuer's addresses that can be asked: http and https (RFC 5280, 4.2.2.1).
pub(super) fn web_addresses(certificate: &Certificate) -> Vec<&str> {
    let is_web = |url: &&str| {
        // it goes to a terminal too
        !url.contains(char::is_control)
            && url::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.host_str().is_some())
    };
    certificate.issuer_urls.iter().map(String::as_str).filter(is_web).take(HOPS).collect()
}

/// Certificates, or why there are none and the address that this is about.
type Delivered = Result<Vec<Certificate>, (RepairProblem, Option<String>)>;

/// Fetches the certificates that issued this one, and those that came with them: a bundle may hold
/// the links further up.
fn fetch_issuer(view: &View<'_>, child: &Certificate, private: bool) -> Result<Delivered, Stop> {
    let urls = web_addresses(child);
    if urls.is_empty() {
        let other = child.issuer_urls.first().filter(|url| !url.contains(char::is_control)).cloned();
        return Ok(Err((RepairProblem::NoAddress { others: other.is_some() }, other)));
    }
    if !view.subject().aia {
        return Ok(Err((RepairProblem::HeldBack(HeldBack::NoAia), urls.first().map(|url| (*url).to_owned()))));
    }
    let records = view::all(urls.iter().map(|url| view.look(&Probe::Aia { url: (*url).to_owned(), private })))?;
    let (mut found, mut beside) = (Vec::new(), Vec::new());
    let mut problem = (RepairProblem::NoAnswer, urls.first().map(|url| (*url).to_owned()));
    for (record, url) in records.into_iter().zip(&urls) {
        let at = Some((*url).to_owned());
        match &record.seen {
            Seen::Aia(AiaSeen { certificates, failure, status, missing, .. }) => {
                let now = match (failure, status, certificates.is_empty()) {
                    (_, _, false) => RepairProblem::NotTheIssuer,
                    // another moment, or another way there, may bring another answer
                    (_, Some(status @ (407 | 429 | 500..=599)), _) => {
                        RepairProblem::Unreachable(format!("be fetched: HTTP {status}"))
                    }
                    (Some(failure), ..) if matches!(missing, Some(Missing::NoAddress | Missing::Unreachable)) => {
                        RepairProblem::Unreachable(failure.clone())
                    }
                    (Some(failure), ..) => RepairProblem::Failed(failure.clone()),
                    (None, Some(status), _) => RepairProblem::Failed(format!("be fetched: HTTP {status}")),
                    (None, None, _) => RepairProblem::Failed("be read as a certificate".to_owned()),
                };
                // what lies at an address that was not reached is still open
                if !matches!(problem.0, RepairProblem::Unreachable(_)) {
                    problem = (now, at);
                }
                for text in certificates.iter().take(FETCHED / HOPS) {
                    let certificate = Certificate::read(&STANDARD.decode(text).unwrap_or_default());
                    let issued = child.issued_by(&certificate) != Signature::Bad;
                    if issued { &mut found } else { &mut beside }.push(certificate);
                }
            }
            Seen::NoAnswer(NoAnswer::HeldBack { rule }) => problem = (RepairProblem::HeldBack(*rule), at),
            _ => {}
        }
    }
    if found.is_empty() {
        return Ok(Err(problem));
    }
    found.extend(beside);
    Ok(Ok(found))
}

/// Enters the repair, and tells a missing intermediate from a root that need not be sent.
///
/// Where the issuer could not be had, the marks of a company's own authority decide: a leaf comes
/// with its intermediate and only the root is not sent; or the address is not one of the public web.
/// Where the user has `given` such an authority's root and it is not the leaf's issuer, the leaf is not
/// issued by a root. What does not belong to the chain proves nothing.
fn settle(analysis: &mut ChainAnalysis, child: usize, repair: Repair, given: bool) {
    match &analysis.end {
        End::Missing { index, issuer } => {
            let only_the_root = match (&repair.problem, &repair.unknown_root) {
                // nothing but the self-signed root itself came
                (_, Some(_)) => repair.fetched.iter().all(Certificate::is_self_signed),
                (
                    Some(RepairProblem::NoAddress { others: true } | RepairProblem::HeldBack(HeldBack::PrivateAddress)),
                    None,
                ) => repair.fetched.is_empty() && (*index > 0 || !given),
                (Some(_), None) => {
                    let with_intermediate = *index > 0 && analysis.mismatched.is_empty();
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
        // a root of its own was sent where another authority vouches for the same key
        End::UnknownRoot { name, .. } if repair.verified => {
            analysis.end = End::Missing { index: child, issuer: name.clone() };
            analysis.path.retain(|i| !analysis.roots.contains(i));
        }
        _ if repair.verified || analysis.out_of_date().next().is_some() => {}
        _ => return,
    }
    analysis.repair = Some(repair);
}
