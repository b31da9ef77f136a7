//! Which stores lead a chain to a root that they trust, as it was sent and after its repair?
//!
//! The only place that asks `chain` for a verdict on behalf of the clients.

use crate::evidence::Anchor;
use crate::order;
use crate::protocol::chain::{self, ChainAnalysis};
use crate::protocol::stores::{Holding, Roots, Store, firefox_preloads};
use crate::protocol::x509::{Certificate, Name, Signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::digest;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Up to how many certificates all are tried; of more only those of the path.
const FEW: usize = 12;
/// How long a path may be; clients go less deep.
const DEEP: usize = 16;
/// How many fetched certificates are looked at.
const FETCHED: usize = 8;
/// How many signatures of roots are checked.
const CHECKS: usize = 60;

/// Which certificates a client has at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pool {
    /// Those that the server sent.
    Sent,
    /// Also those that Firefox has preloaded.
    Preloaded,
    /// Also those that Authority Information Access gives.
    Fetched,
}

/// A root that the chain leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its name.
    pub name: Name,
    /// Its SubjectPublicKeyInfo, DER with its outer SEQUENCE.
    pub spki: Vec<u8>,
}

/// Certificates, and the names and keys of roots.
type Question = (Pool, Vec<(String, String)>);

/// A chain before all stores.
pub struct Trust<'a, R> {
    chain: &'a ChainAnalysis,
    roots: &'a R,
    /// Roots given by `--cacert`: installed everywhere.
    installed: &'a [Anchor],
    /// Roots of the stores of the machine that ran exdiag.
    here: &'a [Anchor],
    /// A moment at which the leaf is valid.
    at: Timestamp,
    sent: Vec<Certificate>,
    fetched: Vec<Certificate>,
    /// Those of both that the leaf reaches over names and signatures; a stray leads nowhere.
    reached: Vec<Certificate>,
    /// Public roots whose key signed a certificate of the chain.
    candidates: Vec<Root>,
    /// Whether anybody's roots lead to a verdict of yes.
    sound: bool,
    asked: RefCell<BTreeMap<Question, bool>>,
}

impl<'a, R: Roots> Trust<'a, R> {
    /// Looks at a chain.
    pub fn new(
        chain: &'a ChainAnalysis,
        roots: &'a R,
        installed: &'a [Anchor],
        here: &'a [Anchor],
        at: Timestamp,
    ) -> Self {
        let at = match chain.leaf().and_then(|leaf| leaf.validity) {
            Some(v) if v.not_before <= v.not_after => at.clamp(v.not_before, v.not_after),
            _ => at,
        };
        let sent: Vec<Certificate> = if chain.certificates.len() <= FEW {
            chain.certificates.clone()
        } else {
            chain.on_path().map(|(_, c)| c.clone()).take(DEEP).collect()
        };
        let fetched: Vec<Certificate> =
            chain.repair.iter().flat_map(|repair| repair.fetched.iter().take(FETCHED).cloned()).collect();
        let reached = reached(chain, &fetched);
        let asked = RefCell::default();
        let (candidates, sound) = (Vec::new(), false);
        let mut out = Self { chain, roots, installed, here, at, sent, fetched, reached, candidates, sound, asked };
        out.candidates = out.find_candidates();
        let everybody: Vec<Anchor> = Store::ALL.into_iter().flat_map(|store| out.anchors(store)).collect();
        let everybody = [&everybody, installed, here].concat();
        out.sound = out.accepted(Pool::Fetched, &everybody);
        out
    }

    /// Whether the chain, repaired, is accepted by anybody: where it is not, something other than the
    /// choice of the roots is wrong with it.
    pub fn is_sound(&self) -> bool {
        self.sound
    }

    /// Whether the chain, repaired, leads to a root that this public store trusts for this leaf.
    pub fn trusts(&self, store: Store) -> bool {
        if self.sound {
            return self.accepted(Pool::Fetched, &self.anchors(store));
        }
        self.candidates.iter().any(|root| self.holding(store, root) == Holding::Trusted)
    }

    /// Whether any public store does.
    pub fn is_public(&self) -> bool {
        Store::ALL.into_iter().any(|store| self.trusts(store))
    }

    /// Whether the chain, repaired, leads to a root given by `--cacert`.
    pub fn is_installed(&self) -> bool {
        self.leads_to(self.installed)
    }

    /// Whether the chain, repaired, leads to a root of this machine's stores.
    pub fn is_trusted_here(&self) -> bool {
        self.leads_to(self.here)
    }

    /// Whether a client with this store and these certificates at hand finds its way to a root.
    pub fn is_complete(&self, store: Store, pool: Pool) -> bool {
        if self.sound {
            return self.accepted(pool, &[&self.anchors(store), self.installed].concat());
        }
        // what leads there without a verdict was sent or fetched, and is spoilt by something else
        let leads = || self.trusts(store) || self.is_installed();
        !matches!(self.chain.end, chain::End::Missing { .. }) || (pool == Pool::Fetched && leads())
    }

    /// The public root that the chain leads to; of several the one that most stores trust.
    pub fn root(&self) -> Option<&Root> {
        let count = |root: &&Root| {
            Store::ALL.into_iter().filter(|store| self.holding(*store, root) == Holding::Trusted).count()
        };
        // the first of equals
        self.candidates.iter().rev().max_by_key(count)
    }

    /// What a store says to a root, for this leaf.
    pub fn holding(&self, store: Store, root: &Root) -> Holding {
        let issued = self.chain.leaf().and_then(|leaf| leaf.validity).map(|v| v.not_before);
        self.roots.holds(store, &root.name.der, &root.spki, issued)
    }

    fn leads_to(&self, anchors: &[Anchor]) -> bool {
        if self.sound {
            return self.accepted(Pool::Fetched, anchors);
        }
        let mut checks = 0;
        self.reached.iter().any(|child| {
            anchors.iter().any(|anchor| {
                let named = STANDARD.decode(&anchor.subject).is_ok_and(|name| name == child.issuer.der);
                checks += usize::from(named);
                named
                    && checks < CHECKS
                    && STANDARD.decode(&anchor.spki).is_ok_and(|spki| child.signed_by(&spki) != Signature::Bad)
            })
        })
    }

    fn certificates(&self, pool: Pool) -> Vec<Certificate> {
        let more = self.fetched.iter().filter(|c| match pool {
            Pool::Sent => false,
            Pool::Preloaded => is_preloaded(c),
            Pool::Fetched => true,
        });
        self.sent.iter().chain(more).cloned().collect()
    }

    fn issuers(&self) -> BTreeSet<&Name> {
        order::set(self.sent.iter().chain(&self.fetched).map(|c| &c.issuer).filter(|name| !name.der.is_empty()))
    }

    /// The anchors of a store that it trusts for this leaf.
    fn anchors(&self, store: Store) -> Vec<Anchor> {
        let all = self.issuers().into_iter().flat_map(|name| {
            let of_name = self.roots.anchors(store, &name.der).into_iter();
            of_name.map(move |anchor| (name, anchor))
        });
        all.filter(|(name, anchor)| {
            let root = Root { name: (*name).clone(), spki: STANDARD.decode(&anchor.spki).unwrap_or_default() };
            self.holding(store, &root) == Holding::Trusted
        })
        .map(|(_, anchor)| anchor)
        .collect()
    }

    fn find_candidates(&self) -> Vec<Root> {
        let mut found: Vec<Root> = Vec::new();
        let mut asked: BTreeSet<(&str, Vec<u8>)> = BTreeSet::new();
        for child in self.reached.iter().filter(|c| !c.issuer.der.is_empty()) {
            for store in Store::ALL {
                for anchor in self.roots.anchors(store, &child.issuer.der) {
                    let spki = STANDARD.decode(&anchor.spki).unwrap_or_default();
                    if asked.len() < CHECKS
                        && asked.insert((&child.fingerprint, spki.clone()))
                        && child.signed_by(&spki) != Signature::Bad
                        && !found.iter().any(|root| root.name == child.issuer && root.spki == spki)
                    {
                        found.push(Root { name: child.issuer.clone(), spki });
                    }
                }
            }
        }
        found
    }

    /// Whether a client with these certificates and anchors accepts the leaf. Most stores hold the
    /// same root, so the same question is asked once.
    fn accepted(&self, pool: Pool, anchors: &[Anchor]) -> bool {
        let mut keys: Vec<(String, String)> =
            anchors.iter().map(|anchor| (anchor.subject.clone(), anchor.spki.clone())).collect();
        order::rising(&mut keys);
        keys.dedup();
        if keys.is_empty() {
            return false;
        }
        let question = (pool, keys);
        if let Some(known) = self.asked.borrow().get(&question) {
            return *known;
        }
        let mut once: Vec<Anchor> = Vec::new();
        for anchor in anchors {
            if !once.iter().any(|other| other.subject == anchor.subject && other.spki == anchor.spki) {
                once.push(anchor.clone());
            }
        }
        let accepted = chain::accepted_with(&self.certificates(pool), &once, self.at).accepted;
        self.asked.borrow_mut().insert(question, accepted);
        accepted
    }
}

/// What the leaf reaches among the sent and the fetched: beyond what it reaches among the sent alone,
/// whatever a fetched one closes the gap to.
fn reached(chain: &ChainAnalysis, fetched: &[Certificate]) -> Vec<Certificate> {
    let of = |i: &usize| chain.certificates.get(*i);
    let along: Vec<usize> = if chain.certificates.len() <= FEW {
        chain.reachable.iter().copied().collect()
    } else {
        chain.path.iter().copied().take(DEEP).collect()
    };
    let strays = if chain.certificates.len() <= FEW { chain.strays.as_slice() } else { &[] };
    let mut reached: Vec<&Certificate> = along.iter().filter_map(of).collect();
    let mut others: Vec<&Certificate> = fetched.iter().chain(strays.iter().filter_map(of)).collect();
    let mut next = 0;
    while let Some(child) = reached.get(next).copied().filter(|_| !others.is_empty()) {
        next += 1;
        let (issuers, rest) = others.into_iter().partition(|c| child.issued_by(c) != Signature::Bad);
        reached.extend::<Vec<_>>(issuers);
        others = rest;
    }
    reached.into_iter().cloned().collect()
}

/// Whether Firefox has this certificate preloaded.
pub fn is_preloaded(certificate: &Certificate) -> bool {
    firefox_preloads(digest::digest(&digest::SHA256, &certificate.der).as_ref())
}
