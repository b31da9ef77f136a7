//! Which paths lead from a server's certificate to a trust anchor, and what is wrong with each?
//!
//! Paths are judged by RFC 5280, 6. A [`Builder`] tries path after path among the certificates given,
//! with a budget, until one is accepted; where none is, it keeps the one with the least faults and all
//! of them. Anchors are matched by name and public key, for many roots exist as several certificates.

mod certificate;
mod fault;
mod names;
mod policy;

pub use certificate::out_of_date;
pub use fault::{Fault, FaultKind, Weight};

use super::x509::{self, Certificate, Key, Name, Signature, inherit_parameters};
use crate::evidence::Anchor;
use crate::order;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certificate::{Root, own_faults};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The store of the anchors that the user gave: a company's own authority, whose age is its own business.
pub const PRIVATE_STORE: &str = "cacert";

/// How much checking of signatures may cost, in checks with RSA 2048.
const SIGNATURES: usize = 200;
/// How many steps the search for paths may take.
const STEPS: usize = 20_000;
/// How many whole paths are judged.
const JUDGED: usize = 200;
/// How long a path may be; no client goes further than 100, none in use is longer than 6.
const DEPTH: usize = 40;
/// How many refused paths are kept beside the best.
const KEPT: usize = 8;

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

/// A path from the leaf as far as it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Indices among the certificates given, the leaf first; the anchor is not among them.
    pub indices: Vec<usize>,
    /// Where it ends.
    pub end: End,
    /// What is wrong with it, from the anchor down to the leaf.
    pub faults: Vec<Fault>,
}

impl Path {
    /// Whether clients accept it.
    pub fn is_accepted(&self) -> bool {
        let End::Anchor { stores, .. } = &self.end else { return false };
        let limit = if stores.iter().any(|store| store == PRIVATE_STORE) { Weight::Broken } else { Weight::Weak };
        self.faults.iter().all(|fault| fault.weight() < limit)
    }
}

/// What a search has found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The accepted path, or the one with the least faults.
    pub best: Path,
    /// Others that were tried before and are worse, a few.
    pub others: Vec<Path>,
}

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// On checking signatures, in checks with RSA 2048.
    pub signatures: usize,
    /// Steps of the searches.
    pub steps: usize,
    /// Paths judged.
    pub judged: usize,
    /// Names, constraints and policies looked up.
    pub names: u64,
    /// Whether a search ended because it had spent all it may.
    pub exhausted: bool,
}

/// Builds and judges paths among these certificates, the leaf first.
#[derive(Debug)]
pub struct Builder<'a> {
    pool: Vec<&'a Certificate>,
    roots: Vec<Root<'a>>,
    /// The index of the first certificate with the same bytes.
    first: Vec<usize>,
    /// The index of the first certificate with the same subject and key.
    authority: Vec<usize>,
    /// The keys, with the parameters that they inherit.
    keys: Vec<Vec<u8>>,
    /// The number of the issuer's name, for each certificate.
    issuer: Vec<Option<usize>>,
    /// Certificates and roots by the number of their subject's name.
    by_subject: BTreeMap<usize, Vec<usize>>,
    roots_by_subject: BTreeMap<usize, Vec<usize>>,
    links: BTreeMap<(usize, Issuer), Signature>,
    /// What was spent so far.
    pub work: Work,
}

type NameKey = Vec<Vec<u8>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Issuer {
    /// An authority, by the index of its first certificate.
    Given(usize),
    Root(usize),
}

/// The form in which names are compared; none for one that names nobody.
fn key_of(name: &Name) -> Option<NameKey> {
    if !name.parts.is_empty() {
        return Some(name.parts.clone());
    }
    (x509::content(&name.der).len() > 1).then(|| vec![name.der.clone()])
}

/// A search under way.
struct Search<'s> {
    at: Timestamp,
    holds: &'s dyn Fn(&Anchor) -> bool,
    /// The faults that a certificate has on any path, as the leaf or above it.
    own: BTreeMap<(usize, bool), Vec<Fault>>,
    /// Issuers by child, the likeliest first.
    parents: BTreeMap<usize, Vec<usize>>,
    best: Option<(Score, Path)>,
    others: Vec<Path>,
}

/// How good a path is; larger is better.
type Score = (bool, bool, i64, i64, i64);

impl<'a> Builder<'a> {
    /// Prepares a search; anchors of other names than those asked for cost nothing.
    pub fn new(pool: Vec<&'a Certificate>, anchors: &'a [Anchor]) -> Self {
        let mut numbers: BTreeMap<NameKey, usize> = BTreeMap::new();
        let mut number = |name: &Name| {
            let next = numbers.len();
            key_of(name).map(|key| *numbers.entry(key).or_insert(next))
        };
        let issuer: Vec<Option<usize>> = pool.iter().map(|certificate| number(&certificate.issuer)).collect();
        let asked: BTreeSet<usize> = order::set(issuer.iter().flatten().copied());
        let (mut fingerprints, mut authorities) = (BTreeMap::new(), BTreeMap::new());
        let (mut first, mut authority) = (Vec::new(), Vec::new());
        let mut by_subject: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, certificate) in pool.iter().enumerate() {
            first.push(*fingerprints.entry(certificate.fingerprint.as_str()).or_insert(i));
            let subject = number(&certificate.subject);
            authority.push(*authorities.entry((subject, certificate.spki.as_slice())).or_insert(i));
            if let Some(subject) = subject.filter(|_| first.last() == Some(&i)) {
                by_subject.entry(subject).or_default().push(i);
            }
        }
        let mut roots = Vec::new();
        let mut roots_by_subject: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for anchor in anchors {
            let Some(name) = STANDARD.decode(&anchor.subject).ok().and_then(|der| Name::read(&der)) else { continue };
            let Some(subject) = number(&name).filter(|number| asked.contains(number)) else { continue };
            roots_by_subject.entry(subject).or_default().push(roots.len());
            roots.push(Root::read(anchor, name));
        }
        let keys = pool.iter().map(|certificate| certificate.spki.clone()).collect();
        let mut out = Self {
            pool,
            roots,
            first,
            authority,
            keys,
            issuer,
            by_subject,
            roots_by_subject,
            links: BTreeMap::new(),
            work: Work::default(),
        };
        out.inherit();
        out
    }

    /// DSA keys without parameters take those of their issuer, which may have them from its own.
    fn inherit(&mut self) {
        if self.pool.iter().all(|certificate| certificate.key.kind != "DSA") {
            return;
        }
        for _ in 0..3 {
            for i in 0..self.pool.len().min(50) {
                let Some(own) = self.keys.get(i) else { continue };
                let Some(issuer) = self.issuer_of(i) else { continue };
                let given = self.by_subject.get(&issuer).into_iter().flatten().filter_map(|j| self.keys.get(*j));
                let roots = self.roots_by_subject.get(&issuer).into_iter().flatten();
                let roots = roots.filter_map(|j| self.roots.get(*j)).map(|root| &root.spki);
                let taken = given.chain(roots).find_map(|theirs| inherit_parameters(own, theirs));
                if let (Some(taken), Some(slot)) = (taken, self.keys.get_mut(i)) {
                    *slot = taken;
                }
            }
        }
    }

    /// The certificates, in the order given.
    pub fn pool(&self) -> &[&'a Certificate] {
        &self.pool
    }

    /// The number of the issuer's name.
    fn issuer_of(&self, i: usize) -> Option<usize> {
        self.issuer.get(i).copied().flatten()
    }

    fn get(&self, i: usize) -> Option<&'a Certificate> {
        self.pool.get(i).copied()
    }

    /// The best path to an anchor for which `holds` says yes, at that moment.
    pub fn search(&mut self, at: Timestamp, holds: &dyn Fn(&Anchor) -> bool) -> Found {
        // each search has its own allowance of steps; signatures are remembered
        (self.work.steps, self.work.judged) = (0, 0);
        let mut search =
            Search { at, holds, own: BTreeMap::new(), parents: BTreeMap::new(), best: None, others: Vec::new() };
        let mut path = vec![0];
        self.walk(&mut search, &mut path);
        let nothing = || Path {
            indices: vec![0],
            end: End::Missing { index: 0, issuer: self.get(0).map(|c| c.issuer.clone()).unwrap_or_default() },
            faults: Vec::new(),
        };
        let best = search.best.map_or_else(nothing, |(_, path)| path);
        Found { best, others: search.others }
    }

    /// Indices that can be reached from the leaf over signatures, the leaf included.
    pub fn reachable(&mut self) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open = vec![0];
        while let Some(i) = open.pop() {
            if i < self.pool.len() && seen.insert(i) {
                let parents = self.named_issuers(i);
                open.extend(parents.into_iter().filter(|j| self.signed(i, *j)));
            }
        }
        seen
    }

    /// The certificates, not the leaf, that signed this one as far as can be checked.
    pub fn issuers(&mut self, i: usize) -> Vec<usize> {
        self.named_issuers(i).into_iter().filter(|j| self.signed(i, *j)).collect()
    }

    /// Whether it is signed with its own key, as far as that can be checked and afforded.
    pub fn self_signed(&mut self, i: usize) -> bool {
        let Some(certificate) = self.get(i).filter(|certificate| certificate.is_self_issued()) else { return false };
        let authority = self.authority.get(i).copied().unwrap_or(i);
        match self.link(i, Issuer::Given(authority)) {
            Signature::Good => true,
            Signature::Bad => false,
            Signature::Unknown => {
                certificate.authority_key_id.is_none() || certificate.authority_key_id == certificate.subject_key_id
            }
        }
    }

    /// Those with the name of its issuer, each once.
    fn named_issuers(&self, i: usize) -> Vec<usize> {
        let Some(issuer) = self.issuer_of(i) else { return Vec::new() };
        let all = self.by_subject.get(&issuer).into_iter().flatten().copied();
        all.filter(|j| *j > 0 && self.first.get(i) != Some(j)).collect()
    }

    fn signed(&mut self, child: usize, parent: usize) -> bool {
        let authority = self.authority.get(parent).copied().unwrap_or(parent);
        self.link(child, Issuer::Given(authority)) != Signature::Bad
    }

    /// Whether a certificate is signed by an authority; what can no longer be afforded is not.
    fn link(&mut self, child: usize, issuer: Issuer) -> Signature {
        let child = self.first.get(child).copied().unwrap_or(child);
        if let Some(known) = self.links.get(&(child, issuer)) {
            return *known;
        }
        let Some(certificate) = self.get(child) else { return Signature::Bad };
        let (spki, key, subject_key_id) = match issuer {
            Issuer::Given(i) => match (self.keys.get(i), self.get(i)) {
                (Some(spki), Some(parent)) => (spki, &parent.key, &parent.subject_key_id),
                _ => return Signature::Bad,
            },
            Issuer::Root(i) => match self.roots.get(i) {
                Some(root) => (&root.spki, &root.key, &None),
                None => return Signature::Bad,
            },
        };
        let price = price(key);
        if self.work.signatures + price > SIGNATURES {
            self.work.exhausted = true;
            return Signature::Bad;
        }
        let mut verdict = certificate.signed_by(spki);
        if verdict == Signature::Unknown
            && let (Some(asked), Some(has)) = (&certificate.authority_key_id, subject_key_id)
            && asked != has
        {
            verdict = Signature::Bad;
        }
        self.work.signatures += price;
        self.links.insert((child, issuer), verdict);
        verdict
    }

    /// Tries every way up from the path's end; true once an accepted path, or one that no other can
    /// surpass, is found.
    fn walk(&mut self, search: &mut Search<'_>, path: &mut Vec<usize>) -> bool {
        let Some(last) = path.last().copied() else { return true };
        if self.get(last).is_none() {
            return true;
        }
        let roots = self.issuer_of(last).and_then(|name| self.roots_by_subject.get(&name)).cloned().unwrap_or_default();
        let mut anchored = false;
        for root in roots {
            if self.roots.get(root).is_none_or(|root| !(search.holds)(root.anchor)) {
                continue;
            }
            if !self.step() {
                return true;
            }
            if self.link(last, Issuer::Root(root)) != Signature::Bad {
                anchored = true;
                if self.judge(search, path, Some(root)) {
                    return true;
                }
            }
        }
        let mut ended = !anchored;
        if path.len() < DEPTH {
            for parent in self.likeliest(search, last) {
                if !self.step() {
                    return true;
                }
                // a cross-signed pair of authorities is a circle; the same key once is enough
                let authority = self.authority.get(parent);
                if path.iter().any(|i| self.authority.get(*i) == authority) || !self.signed(last, parent) {
                    continue;
                }
                ended = false;
                path.push(parent);
                let done = self.walk(search, path);
                path.pop();
                if done {
                    return true;
                }
            }
        } else {
            self.work.exhausted = true;
        }
        ended && self.judge(search, path, None)
    }

    fn step(&mut self) -> bool {
        self.work.steps += 1;
        if self.work.steps > STEPS || self.work.judged > JUDGED || self.work.names > names::LOOKUPS {
            self.work.exhausted = true;
            return false;
        }
        true
    }

    /// The certificates with the issuer's name: those whose key identifier fits, that are valid and
    /// may sign come first.
    fn likeliest(&self, search: &mut Search<'_>, child: usize) -> Vec<usize> {
        if let Some(known) = search.parents.get(&child) {
            return known.clone();
        }
        let mut all = self.named_issuers(child);
        let asked = self.get(child).and_then(|c| c.authority_key_id.as_ref());
        order::by_key(&mut all, |i| {
            let Some(parent) = self.get(*i) else { return (3, true, true) };
            let keys = match (asked, &parent.subject_key_id) {
                (Some(asked), Some(has)) if asked == has => 0,
                (Some(_), Some(_)) => 2,
                _ => 1,
            };
            let dated = parent.validity.is_some_and(|v| v.contains(search.at));
            (keys, !dated, !parent.may_sign_certificates())
        });
        search.parents.insert(child, all.clone());
        all
    }

    /// Judges a whole path; true where the search can end.
    fn judge(&mut self, search: &mut Search<'_>, path: &[usize], root: Option<usize>) -> bool {
        self.work.judged += 1;
        let end = self.end(search, path, root);
        let mut faults = self.faults(search, path, root);
        if let End::Missing { index, .. } = end {
            faults.extend(self.bad_signature(search, index));
        }
        let found = Path { indices: path.to_vec(), end, faults };
        // what no other path can avoid
        let leaf_alone = |path: &Path| {
            path.faults.iter().filter(|f| f.weight() >= Weight::Weak).all(|f| f.index == Some(0) && is_own(&f.kind))
        };
        let done = root.is_some() && leaf_alone(&found);
        let done = done || found.is_accepted();
        let score = score(&found);
        let better = search.best.as_ref().is_none_or(|(known, _)| score > *known);
        let worse = if better { search.best.replace((score, found)).map(|(_, path)| path) } else { Some(found) };
        if let Some(worse) = worse
            && search.others.len() < KEPT
        {
            search.others.push(worse);
        }
        done
    }

    fn end(&mut self, search: &Search<'_>, path: &[usize], root: Option<usize>) -> End {
        let last = path.last().copied().unwrap_or(0);
        let Some(certificate) = self.get(last) else {
            return End::Missing { index: last, issuer: Name::default() };
        };
        if let Some(root) = root.and_then(|i| self.roots.get(i)) {
            // every store that holds the same key
            let same = self.roots.iter().filter(|other| other.spki == root.spki && other.name.same(&root.name));
            let same = same.filter(|other| (search.holds)(other.anchor));
            let stores: BTreeSet<String> = order::set(same.map(|other| other.anchor.store.clone()));
            return End::Anchor { name: root.name.clone(), stores: stores.into_iter().collect() };
        }
        if self.self_signed(last) {
            if last == 0 {
                End::SelfSigned
            } else {
                End::UnknownRoot { name: certificate.subject.clone(), index: Some(last) }
            }
        } else {
            End::Missing { index: last, issuer: certificate.issuer.clone() }
        }
    }

    /// The fault of a certificate whose issuer's name is borne by others that did not sign it.
    fn bad_signature(&mut self, search: &Search<'_>, index: usize) -> Option<Fault> {
        let child = self.get(index)?;
        let agree = |has: Option<&Vec<u8>>| Some(child.authority_key_id.as_ref()? == has?);
        let issuer = self.issuer_of(index)?;
        let roots = self.roots_by_subject.get(&issuer).into_iter().flatten().filter_map(|i| self.roots.get(*i));
        let roots = roots.filter(|root| (search.holds)(root.anchor));
        let root = roots.map(|root| (None, agree(root.certificate.as_ref().and_then(|c| c.subject_key_id.as_ref()))));
        let given = self.named_issuers(index).into_iter();
        let given = given.filter_map(|i| Some((Some(i), agree(self.get(i)?.subject_key_id.as_ref()))));
        let (issuer, keys_agree) = given.chain(root).max_by_key(|(_, keys)| match keys {
            Some(true) => 2,
            None => 1,
            Some(false) => 0,
        })?;
        // those that did sign it only lead round in a circle, or nowhere that could be afforded
        if self.work.exhausted || issuer.is_some_and(|i| self.signed(index, i)) {
            return None;
        }
        Some(Fault::new(index, FaultKind::BadSignature { issuer, keys_agree }))
    }

    /// RFC 5280, 6.1.3 to 6.1.5, from the anchor down.
    fn faults(&mut self, search: &mut Search<'_>, path: &[usize], anchor: Option<usize>) -> Vec<Fault> {
        let mut out = Vec::new();
        let mut above: Vec<names::Above<'_>> = Vec::new();
        let self_signed: Vec<bool> = path.iter().map(|i| self.self_signed(*i)).collect();
        let Self { roots, work, pool, .. } = self;
        let root = anchor.and_then(|i| roots.get(i));
        let leaf = pool.first().copied();
        if let Some(root) = root {
            out.extend(root.faults(search.at, leaf).into_iter().map(|kind| Fault::new(None, kind)));
            if let Ok(Some(constraints)) = &root.constraints {
                above.push(names::Above { constraints, by: None });
            }
        }
        // how many more may follow, how many were allowed, and by whom; by the anchor where by none
        let of_root = root.and_then(|root| root.certificate.as_ref()?.path_length);
        let mut longest: Option<(u32, u32, Option<usize>)> = of_root.map(|length| (length, length, None));
        let mut policies = policy::State::new(path.len());
        for (depth, i) in path.iter().copied().enumerate().rev() {
            let Some(certificate) = pool.get(i).copied() else { continue };
            let is_leaf = depth == 0;
            let is_root = self_signed.get(depth).copied().unwrap_or(false);
            let own = || own_faults(certificate, i, is_leaf, is_root, search.at);
            let own = search.own.entry((i, is_leaf)).or_insert_with(own);
            out.extend(own.iter().cloned());
            let self_issued = certificate.is_self_issued();
            // 6.1.3 b, c: self-issued ones pass, but for the leaf
            if (is_leaf || !self_issued)
                && let Some(kind) = names::check(certificate, &above, &mut work.names)
            {
                out.push(Fault::new(i, kind));
            }
            let held = certificate.policies.policies.as_ref().map_or(0, Vec::len) + certificate.policies.mappings.len();
            work.names += u64::try_from(held).unwrap_or(0);
            if let Some(kind) = policies.next(&certificate.policies, self_issued, is_leaf) {
                out.push(Fault::new(i, kind));
            }
            if let Some(constraints) = &certificate.name_constraints {
                above.push(names::Above { constraints, by: Some(i) });
            }
            if !is_leaf {
                // 6.1.4 l, m
                if !self_issued && let Some((left, limit, by)) = longest {
                    if left == 0 {
                        out.push(Fault::new(i, FaultKind::PathTooLong { limit, by }));
                    } else {
                        longest = Some((left - 1, limit, by));
                    }
                }
                // that of the anchor, which binds nobody, hides none that does
                if let Some(length) = certificate.path_length
                    && longest.is_none_or(|(left, _, by)| length < left || (by.is_none() && length == left))
                {
                    longest = Some((length, length, Some(i)));
                }
            }
        }
        self.unchecked(path, anchor, &mut out);
        out
    }

    /// The links of a path that nobody here can check.
    fn unchecked(&self, path: &[usize], root: Option<usize>, out: &mut Vec<Fault>) {
        for (at, child) in path.iter().enumerate() {
            let issuer = match path.get(at + 1) {
                Some(parent) => Issuer::Given(self.authority.get(*parent).copied().unwrap_or(*parent)),
                None => match root {
                    Some(root) => Issuer::Root(root),
                    None => continue,
                },
            };
            let key = match issuer {
                Issuer::Given(i) => self.get(i).map(|c| &c.key),
                Issuer::Root(i) => self.roots.get(i).map(|root| &root.key),
            };
            let first = self.first.get(*child).copied().unwrap_or(*child);
            let (Some(key), Some(certificate)) = (key, self.get(*child)) else { continue };
            // a key that is at fault itself is told by itself
            if self.links.get(&(first, issuer)) == Some(&Signature::Unknown) && !key.is_unknown() && !key.is_broken() {
                let algorithm = certificate.signature.clone();
                let weak = key.is_weak() || certificate.has_weak_signature();
                out.push(Fault::new(*child, FaultKind::UnknownAlgorithm { algorithm, key: key.to_string(), weak }));
            }
        }
    }
}

/// What a check of a signature by such a key costs.
fn price(key: &Key) -> usize {
    match (key.kind.as_str(), key.bits) {
        ("RSA", 0..=4096) => 1,
        ("EC", 257..) => 4,
        ("RSA", _) => 8,
        ("DSA", _) => 10,
        _ => 1,
    }
}

/// Whether a fault of that kind goes with the certificate onto every path.
fn is_own(kind: &FaultKind) -> bool {
    !matches!(
        kind,
        FaultKind::BadSignature { .. }
            | FaultKind::UnknownAlgorithm { .. }
            | FaultKind::PathTooLong { .. }
            | FaultKind::NameExcluded { .. }
            | FaultKind::NameNotPermitted { .. }
            | FaultKind::TooManyNames { .. }
            | FaultKind::NoPolicy
            | FaultKind::BadPolicyMapping
    )
}

/// One that ends at an anchor before one that does not, then the one with fewer faults, then the
/// shortest to an anchor, or the longest to none.
fn score(path: &Path) -> Score {
    let anchored = matches!(path.end, End::Anchor { .. });
    let count = |weight: Weight| {
        i64::try_from(path.faults.iter().filter(|f| f.weight() == weight && f.index != Some(0)).count()).unwrap_or(0)
    };
    let at_the_leaf = path.faults.iter().filter(|f| f.weight() == Weight::Broken && f.index == Some(0)).count();
    let broken = count(Weight::Broken) + i64::try_from(at_the_leaf).unwrap_or(0);
    let length = i64::try_from(path.indices.len()).unwrap_or(0);
    (anchored, path.is_accepted(), -broken, -count(Weight::Weak), if anchored { -length } else { length })
}

/// The anchor that a certificate makes, in that store.
pub fn anchor_of(certificate: &Certificate, store: &str) -> Anchor {
    Anchor {
        store: store.to_owned(),
        subject: certificate.subject.base64(),
        spki: STANDARD.encode(&certificate.spki),
        name_constraints: None,
        certificate: Some(STANDARD.encode(&certificate.der)),
    }
}
