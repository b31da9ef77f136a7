//! Would a family of mail clients accept the certificate of a server, and because of what not?
//!
//! No client runs here: each family is a model of published behaviour, and is called one. What the
//! families differ in stands in [`Family::stores`], [`Family::pool`] and [`reaction`]; the rest is
//! common to all. The codes are those of the findings that the other checks make of the same facts.

pub mod roads;
mod trust;
mod withdrawn;

pub use trust::{Pool, Root, is_preloaded};
pub use withdrawn::{Staple, Withdrawn, look as look_at_revocation};

use super::chain::{ChainAnalysis, End, RepairProblem};
use super::path::{self, FaultKind, Weight};
use super::stores::{Holding, Public, Roots, Store};
use super::x509::{Certificate, Name};
use crate::evidence::Anchor;
use jiff::Timestamp;
use trust::Trust;

const DAY: i64 = 86_400;

/// A family of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Outlook on Windows: Schannel and its store.
    OutlookWindows,
    /// Mail on iOS and iPadOS.
    Ios,
    /// Mail apps on Android that use the system's TLS.
    Android,
    /// Programs on OpenJDK.
    Java,
    /// A sync service on Linux: OpenSSL, the roots of certifi or Debian.
    SyncService,
    /// Thunderbird, which shares Firefox's code.
    Thunderbird,
}

impl Family {
    /// Every family, in the order of the report.
    pub const ALL: [Self; 6] =
        [Self::OutlookWindows, Self::Ios, Self::Android, Self::Java, Self::SyncService, Self::Thunderbird];

    /// Its id in the report.
    pub fn id(self) -> &'static str {
        match self {
            Self::OutlookWindows => "outlook-windows",
            Self::Ios => "ios",
            Self::Android => "android",
            Self::Java => "java",
            Self::SyncService => "sync-service",
            Self::Thunderbird => "thunderbird",
        }
    }

    /// The stores that it may use; where there are several, its members differ.
    pub fn stores(self) -> &'static [Store] {
        match self {
            Self::OutlookWindows => &[Store::Microsoft],
            Self::Ios => &[Store::Apple],
            Self::Android => &[Store::Android],
            Self::Java => &[Store::Java],
            Self::SyncService => &[Store::Certifi, Store::Debian],
            Self::Thunderbird => &[Store::Mozilla],
        }
    }

    /// The code of the finding that it refuses a server.
    pub fn code(self) -> &'static str {
        match self {
            Self::OutlookWindows => "clients.outlook-rejects",
            Self::Ios => "clients.ios-rejects",
            Self::Android => "clients.android-rejects",
            Self::Java => "clients.java-rejects",
            Self::SyncService => "clients.sync-service-rejects",
            Self::Thunderbird => "clients.thunderbird-rejects",
        }
    }

    /// Which certificates it has at hand. Windows and Apple fetch a missing issuer, Android does not
    /// (traud.de/trust-anchors), nor OpenSSL (openssl#5168), curl (curl#2793) or Python
    /// (bpo-18617); Java only where `com.sun.security.enableAIAcaIssuers` is set. Firefox preloads
    /// the intermediates of the public authorities (wiki.mozilla.org, Intermediate Preloading).
    pub fn pool(self) -> Pool {
        match self {
            Self::OutlookWindows | Self::Ios => Pool::Fetched,
            Self::Thunderbird => Pool::Preloaded,
            Self::Android | Self::Java | Self::SyncService => Pool::Sent,
        }
    }
}

/// Whether a client accepts a server; the worse, the larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Accepts {
    /// It does.
    Yes,
    /// Nobody could find out.
    Unknown,
    /// Some of the family do, or only under a condition.
    Depends,
    /// It does not.
    No,
}

/// What one family makes of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The family.
    pub family: Family,
    /// Whether it accepts it.
    pub accepts: Accepts,
    /// Why not, without doubles: codes of findings, and rules of the family's own.
    pub why: Vec<&'static str>,
}

/// A public root that some public stores do not trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// The root.
    pub root: Name,
    /// The stores that do not trust it, and what they say.
    pub lacking: Vec<(Store, Holding)>,
    /// Those that do.
    pub holding: Vec<Store>,
}

/// What all families make of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// One row a family.
    pub rows: Vec<Row>,
    /// The public root, where not every store trusts it.
    pub lack: Option<Lack>,
    /// The root that only the machine that ran exdiag trusts.
    pub only_here: Option<Name>,
    /// Whether a root given by `--cacert` is what makes the chain trusted.
    pub installed: bool,
    /// Whether a public store trusts it.
    pub public: bool,
}

/// What one address shows.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The name asked for.
    pub host: &'a str,
    /// The code of what keeps the handshake, or the request after it, from coming about.
    pub handshake: Option<&'static str>,
    /// The chain, where one came.
    pub chain: Option<&'a ChainAnalysis>,
    /// Roots given by `--cacert`.
    pub installed: &'a [Anchor],
    /// Roots of the stores of the machine that ran exdiag.
    pub here: &'a [Anchor],
    /// What its authority, its stapled response and the logs say against it.
    pub withdrawn: Withdrawn,
    /// The time of the run.
    pub at: Timestamp,
}

/// Something that is wrong, whoever looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault {
    code: &'static str,
    /// Whether it is known to be taken by most.
    mild: bool,
    /// Whether nobody at all takes it.
    grave: bool,
    /// Whether it is the anchor's own, which OpenSSL alone is known to refuse.
    of_the_anchor: bool,
}

impl Fault {
    fn new(code: &'static str) -> Self {
        Self { code, mild: false, grave: false, of_the_anchor: false }
    }
}

/// Judges one address for every family, by these stores.
pub fn judge(shown: Shown<'_>, roots: &impl Roots) -> Judged {
    let mut rows: Vec<Row> = Family::ALL.map(|family| Row { family, accepts: Accepts::Yes, why: Vec::new() }).to_vec();
    let mut faults = Vec::new();
    faults.extend(shown.handshake.map(Fault::new));
    let Some((chain, leaf)) = shown.chain.and_then(|chain| Some((chain, chain.leaf()?))) else {
        for row in &mut rows {
            row.hit(&faults, true);
        }
        return Judged { rows, lack: None, only_here: None, installed: false, public: false };
    };
    let trust = Trust::new(chain, roots, shown.installed, shown.here, shown.at);
    let installed = trust.is_installed();
    let public = !installed && trust.is_public();
    faults.extend(of_the_leaf(shown.host, leaf, shown.at));
    let unresolved = !installed && !public && !trust.is_trusted_here();
    faults.extend(of_the_path(chain, leaf, trust.is_sound() || (unresolved && leads_nowhere(chain))));
    faults.extend(of_the_anchor(chain));
    faults.extend(apple(leaf, public));
    faults.extend(of_its_authority(shown.withdrawn));
    let root = (!installed && !public).then(|| private_root(chain, trust.is_trusted_here())).flatten();
    for row in &mut rows {
        row.hit(&faults, public);
        match &root {
            Some(private) => row.note(private.reaction(row.family), private.code),
            None if unresolved => {}
            None => row.of_the_stores(&trust, chain),
        }
        if unresolved && leads_nowhere(chain) {
            row.note(without_repair(row.family, chain), gap(chain));
        }
    }
    let lack = public.then(|| lack(&trust)).flatten();
    let only_here = root.filter(|root| root.code == ONLY_HERE).and_then(|root| root.name);
    Judged { rows, lack, only_here, installed, public }
}

/// The code for a root that only this machine trusts.
pub const ONLY_HERE: &str = "tls.root-only-here";

impl Row {
    /// Codes of the findings because of which the family does not accept the server; its own where
    /// it is a rule that only this family has.
    pub fn because(&self) -> Vec<&'static str> {
        let mut codes: Vec<&'static str> = Vec::new();
        for why in &self.why {
            let code = if why.contains('.') { why } else { self.family.code() };
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    }

    fn note(&mut self, accepts: Accepts, code: &'static str) {
        if accepts > Accepts::Yes {
            self.accepts = self.accepts.max(accepts);
            if !self.why.contains(&code) {
                self.why.push(code);
            }
        }
    }

    fn hit(&mut self, faults: &[Fault], public: bool) {
        for fault in faults {
            self.note(reaction(*fault, self.family, public), fault.code);
        }
    }

    /// What the family's stores and its ways to find an issuer make of a sound chain.
    fn of_the_stores(&mut self, trust: &Trust<'_, impl Roots>, chain: &ChainAnalysis) {
        let stores = self.family.stores();
        let mut accepting = 0;
        let mut codes = Vec::new();
        for store in stores {
            if !(trust.is_installed() || trust.trusts(*store)) {
                codes.push("tls.root-not-in-store");
            } else if !trust.is_complete(*store, self.family.pool()) && (trust.is_sound() || leads_nowhere(chain)) {
                codes.push(gap(chain));
            } else {
                accepting += 1;
            }
        }
        for code in codes {
            self.note(if accepting == 0 { Accepts::No } else { Accepts::Depends }, code);
        }
    }
}

/// What a family makes of a fault. Sources: Apple 103769 (RSA from 2048 bits, SHA-2, 825 days, server
/// authentication), OpenSSL's security levels as Debian sets them, Android 15's and Java's disabled
/// protocols; the rest is taken to be refused by all.
fn reaction(fault: Fault, family: Family, public: bool) -> Accepts {
    use Accepts::{Depends, No, Yes};
    let strict = matches!(family, Family::Ios | Family::SyncService);
    match (fault.code, family) {
        _ if fault.grave => No,
        // check_chain in crypto/x509/x509_vfy.c
        (_, Family::SyncService) if fault.of_the_anchor => No,
        _ if fault.of_the_anchor => Depends,
        // OpenSSL's check of the purpose knows no "any" (X509_V_ERR_INVALID_PURPOSE); Apple's rule asks
        // for server authentication by its name, and mozilla::pkix looks for nothing else
        ("tls.wrong-purpose", Family::SyncService) => No,
        ("tls.wrong-purpose", Family::OutlookWindows | Family::Android | Family::Java) if fault.mild => Yes,
        // Firefox fails without a response that is demanded, and the others do not look
        ("tls.staple-missing" | "tls.staple-invalid", family) if family != Family::Thunderbird => Yes,
        _ if fault.mild => Depends,
        // the rest seldom looks
        ("tls.revoked", family) if !matches!(family, Family::OutlookWindows | Family::Ios) => Depends,
        // old editions of Windows still speak it; OpenSSL takes dated suites at level 2, a service of
        // its own and Android may not
        ("tls.protocol-too-old", Family::OutlookWindows)
        // Apple 103214; Android from 16 on
        | ("tls.ct-too-few", Family::Android | Family::Thunderbird)
        | ("tls.suites-dated", Family::SyncService | Family::Android) => Depends,
        ("tls.weak-key", _) if !strict => Depends,
        // SHA-1 is refused under public roots, and under others by some
        ("tls.weak-signature", _) if !strict && !public => Depends,
        // mozilla::pkix takes no authority's certificate for a server's
        ("tls.ca-as-server", Family::Thunderbird) => No,
        ("tls.ca-as-server" | "tls.suites-dated", _) => Yes,
        ("tls.ct-too-few", family) if family != Family::Ios => Yes,
        // a rule of Apple's
        (code, family) if family != Family::Ios && (!code.contains('.') || code == "tls.lifetime-too-long") => Yes,
        _ => No,
    }
}

/// What is wrong with the leaf: name (RFC 9525), dates, purpose.
fn of_the_leaf(host: &str, leaf: &Certificate, at: Timestamp) -> Vec<Fault> {
    let mut faults = Vec::new();
    if leaf.is_broken {
        faults.push(Fault::new("tls.malformed-certificate"));
    }
    if !(leaf.is_for(host) || leaf.names.is_empty() && leaf.flaw.is_some()) {
        faults.push(Fault::new(if leaf.names.is_empty() { "tls.san-missing" } else { "tls.name-mismatch" }));
    }
    if let Some(validity) = leaf.validity {
        if at > validity.not_after {
            faults.push(Fault::new("tls.expired"));
        } else if at < validity.not_before {
            faults.push(Fault::new("tls.not-yet-valid"));
        }
    }
    faults
}

/// What speaks against the chain by the codes of `revocation`.
fn of_its_authority(withdrawn: Withdrawn) -> Vec<Fault> {
    let staple = withdrawn.staple.map(|staple| match staple {
        Staple::Missing => Fault::new("tls.staple-missing"),
        Staple::Invalid { demanded } => Fault { mild: !demanded, ..Fault::new("tls.staple-invalid") },
    });
    let revoked = withdrawn.revoked.then(|| Fault::new("tls.revoked"));
    let few_logs = withdrawn.few_logs.then(|| Fault::new("tls.ct-too-few"));
    [revoked, staple, few_logs].into_iter().flatten().collect()
}

/// What is wrong on the way to a root, by the codes of `tls-chain` and `tls-intermediate`. Where the
/// chain is sound with some choice of roots, only what all such choices have in common.
fn of_the_path(chain: &ChainAnalysis, leaf: &Certificate, sound: bool) -> Vec<Fault> {
    let anchored = matches!(chain.end, End::Anchor { .. });
    let repaired = chain.repair.as_ref().filter(|repair| repair.verified || repair.unknown_root.is_some());
    let known = repaired.map_or(&chain.faults, |repair| &repair.faults);
    let mut faults: Vec<Fault> = known
        .iter()
        .filter(|fault| !fault.is_of_the_anchor())
        .filter(|fault| {
            let always = matches!(
                fault.kind,
                FaultKind::WeakKey { .. } | FaultKind::WeakSignature { .. } | FaultKind::WrongPurpose { any: true, .. }
            );
            !sound || always || matches!(fault.weight(), Weight::Weak | Weight::Unchecked)
        })
        .filter_map(by_kind)
        .collect();
    if anchored && leaf.is_ca {
        faults.push(Fault::new("tls.ca-as-server"));
    }
    let refused = chain.exhausted || (anchored && faults.iter().all(|fault| fault.mild));
    if !sound && refused && repaired.is_none() && !chain.leaf_is_out_of_date() {
        faults.push(Fault::new("tls.chain-refused"));
    }
    faults
}

/// What the anchor's own certificate would not allow.
fn of_the_anchor(chain: &ChainAnalysis) -> impl Iterator<Item = Fault> {
    let faults = chain.faults.iter().filter(|fault| fault.is_of_the_anchor()).filter_map(by_kind);
    faults.map(|fault| Fault { mild: false, of_the_anchor: true, ..fault })
}

/// The code for a fault; none where it is told elsewhere or worth none.
fn by_kind(fault: &path::Fault) -> Option<Fault> {
    let firm = |code| Some(Fault::new(code));
    let mild = |code| Some(Fault { mild: true, ..Fault::new(code) });
    let weak = |code| Some(Fault { grave: fault.weight() == Weight::Broken, ..Fault::new(code) });
    match &fault.kind {
        FaultKind::Malformed { needed: false, .. }
        | FaultKind::Version { extensions: false, .. }
        | FaultKind::UnknownAlgorithm { weak: true, .. } => None,
        FaultKind::Malformed { .. } if fault.index.is_none() => firm("tls.chain-refused"),
        FaultKind::Malformed { .. } | FaultKind::AlgorithmMismatch { .. } | FaultKind::Version { .. } => {
            firm("tls.malformed-certificate")
        }
        FaultKind::BadSignature { keys_agree, .. } => {
            keys_agree.is_some_and(|agree| agree).then(|| Fault::new("tls.signature-invalid"))
        }
        FaultKind::UnknownAlgorithm { .. } | FaultKind::UnknownKey { signs: false, .. } => {
            mild("tls.algorithm-unusual")
        }
        FaultKind::UnknownKey { .. } => firm("tls.algorithm-unusual"),
        FaultKind::WeakKey { .. } => weak("tls.weak-key"),
        FaultKind::WeakSignature { .. } => weak("tls.weak-signature"),
        FaultKind::Expired { .. } | FaultKind::NotYetValid { .. } => match fault.index {
            // told of the leaf with more words
            Some(0) => None,
            Some(_) => firm("tls.intermediate-expired"),
            None => firm("tls.root-expired"),
        },
        FaultKind::NotACa { .. } | FaultKind::MayNotSign => firm("tls.not-a-ca"),
        FaultKind::PathTooLong { .. } => firm("tls.path-too-long"),
        FaultKind::WrongPurpose { any: true, .. } => mild("tls.wrong-purpose"),
        FaultKind::WrongPurpose { .. } => firm("tls.wrong-purpose"),
        FaultKind::UnknownCritical { .. } => firm("tls.unknown-critical-extension"),
        FaultKind::NameExcluded { .. } | FaultKind::NameNotPermitted { .. } => firm("tls.name-constraint"),
        FaultKind::TooManyNames { .. } => firm("tls.chain-refused"),
        FaultKind::NoPolicy | FaultKind::BadPolicyMapping => firm("tls.policy-required"),
    }
}

/// What only Apple refuses: more than 825 days, or no purpose, for every certificate issued from July
/// 2019 on (103769); more than 398 days under its own roots, issued from September 2020 on (102028).
fn apple(leaf: &Certificate, public: bool) -> Option<Fault> {
    let validity = leaf.validity.filter(|validity| validity.not_before >= second(1_561_939_200))?;
    // both ends are included
    let length = validity.seconds() + 1;
    let rule = if length > 825 * DAY {
        "tls.lifetime-too-long"
    } else if public && validity.not_before >= second(1_598_918_400) && length > 398 * DAY {
        "lifetime-over-398-days"
    } else if leaf.purposes.is_none() {
        "no-server-authentication"
    } else {
        return None;
    };
    Some(Fault::new(rule))
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or_default()
}

/// A root that no public store holds and nobody installed everywhere.
struct Private {
    code: &'static str,
    name: Option<Name>,
}

impl Private {
    fn reaction(&self, family: Family) -> Accepts {
        match (self.code, family) {
            // managed devices may have it, a service outside has not
            (ONLY_HERE, family) if family != Family::SyncService => Accepts::Depends,
            _ => Accepts::No,
        }
    }
}

fn private_root(chain: &ChainAnalysis, here: bool) -> Option<Private> {
    if here {
        let name = match &chain.end {
            End::Anchor { name, .. } => Some(name.clone()),
            _ => chain.repair.as_ref().and_then(|repair| repair.path.last()).map(|last| last.issuer.clone()),
        };
        return Some(Private { code: ONLY_HERE, name });
    }
    if chain.end == End::SelfSigned {
        return Some(Private { code: "tls.self-signed", name: None });
    }
    let unknown = matches!(chain.end, End::UnknownRoot { .. })
        || chain.repair.as_ref().is_some_and(|repair| repair.unknown_root.is_some());
    unknown.then_some(Private { code: "tls.private-ca", name: None })
}

/// Whether an issuer is missing; where it is there and the signature is spoilt, that is a fault of its own.
fn leads_nowhere(chain: &ChainAnalysis) -> bool {
    let spoilt = |fault: &path::Fault| matches!(fault.kind, FaultKind::BadSignature { keys_agree: Some(true), .. });
    matches!(chain.end, End::Missing { .. }) && !chain.faults.iter().any(spoilt)
}

/// What a family makes of a gap that could not be repaired.
fn without_repair(family: Family, chain: &ChainAnalysis) -> Accepts {
    let repair = chain.repair.as_ref();
    if repair.is_some_and(|repair| repair.unknown_root.is_some()) && family.pool() == Pool::Fetched {
        return Accepts::Yes;
    }
    match family.pool() {
        // exdiag did not fetch it, they may: some only from inside the company; or it is among the preloaded
        Pool::Fetched if matches!(delivery(chain), Delivery::Unasked(_) | Delivery::Inside(_)) || repair.is_none() => {
            Accepts::Depends
        }
        Pool::Preloaded if repair.is_none_or(|repair| repair.fetched.is_empty()) => Accepts::Depends,
        _ => Accepts::No,
    }
}

/// What a client gets that fetches a missing issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// What is missing.
    Whole,
    /// Nothing: no certificate says where the next one lies.
    NoAddress,
    /// Nothing over the web: only that address, of another kind (ldap, file), is named.
    Inside(String),
    /// Nothing: that address does not deliver it.
    Nothing(String),
    /// Nobody knows: that address was not asked, or the run ended first.
    Unasked(String),
}

/// What a client gets that fetches the issuers missing in this chain.
pub fn delivery(chain: &ChainAnalysis) -> Delivery {
    let End::Missing { index, .. } = &chain.end else { return Delivery::Whole };
    let Some(repair) = &chain.repair else {
        let child = chain.certificates.get(*index);
        let address = child.and_then(|child| super::chain::web_addresses(child).first().map(|url| (*url).to_owned()));
        return address.map_or(Delivery::NoAddress, Delivery::Unasked);
    };
    match (&repair.problem, repair.problem_at.clone()) {
        (None, _) => Delivery::Whole,
        // what was missing came; what it leads to is another matter
        (Some(RepairProblem::NoAddress { .. }), _) if !repair.fetched.is_empty() => Delivery::Whole,
        (Some(RepairProblem::NoAddress { others: true }), Some(address)) => Delivery::Inside(address),
        (Some(RepairProblem::NoAddress { .. }), _) | (_, None) => Delivery::NoAddress,
        (Some(RepairProblem::Failed(_) | RepairProblem::NotTheIssuer), Some(address)) => Delivery::Nothing(address),
        (Some(RepairProblem::HeldBack(_) | RepairProblem::NoAnswer | RepairProblem::Unreachable(_)), Some(address)) => {
            Delivery::Unasked(address)
        }
    }
}

/// The code for what was not sent: missing, another in its place, or one whose time is over.
fn gap(chain: &ChainAnalysis) -> &'static str {
    if !matches!(chain.end, End::Missing { .. }) {
        return "tls.intermediate-expired";
    }
    if chain.spoilt().is_some() {
        return "tls.malformed-certificate";
    }
    if chain.sent_instead().is_some() { "tls.intermediate-wrong" } else { "tls.intermediate-missing" }
}

/// The public root that a chain leads to, and the public stores that do not trust it, if any; none
/// where it leads to no public root.
pub fn public_root(chain: &ChainAnalysis, at: Timestamp) -> Option<Lack> {
    let trust = Trust::new(chain, &Public, &[], &[], at);
    if trust.is_public() { told(&trust) } else { None }
}

/// The stores that do not trust the public root, where there are any.
fn lack(trust: &Trust<'_, impl Roots>) -> Option<Lack> {
    told(trust).filter(|lack| !lack.lacking.is_empty())
}

fn told(trust: &Trust<'_, impl Roots>) -> Option<Lack> {
    let root = trust.root()?;
    let (holding, lacking): (Vec<Store>, Vec<Store>) = Store::ALL.into_iter().partition(|store| trust.trusts(*store));
    let lacking = lacking.into_iter().map(|store| (store, trust.holding(store, root))).collect();
    Some(Lack { root: root.name.clone(), lacking, holding })
}

/// Certificates that the server should have sent and that Firefox has preloaded, so that its users
/// see no fault.
pub fn hidden_by_firefox(chain: &ChainAnalysis) -> Vec<&Certificate> {
    let repair = chain.repair.iter().filter(|repair| repair.verified);
    let missing = repair
        .flat_map(|repair| &repair.path)
        .filter(|c| chain.certificates.iter().all(|sent| sent.fingerprint != c.fingerprint));
    missing.filter(|c| is_preloaded(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(fault: Fault) -> Vec<Accepts> {
        Family::ALL.map(|family| reaction(fault, family, false)).to_vec()
    }

    #[test]
    fn rfc6151_nobody_takes_md5_and_some_take_sha1() {
        let of = |algorithm: &str| {
            let kind = FaultKind::WeakSignature { algorithm: algorithm.to_owned() };
            signs(by_kind(&path::Fault { index: Some(0), kind }).unwrap())
        };
        assert_eq!(of("md5WithRSAEncryption"), [Accepts::No; 6]);
        assert!(of("sha1WithRSAEncryption").contains(&Accepts::Depends));
    }

    #[test]
    fn rfc5280_4_2_1_12_openssl_takes_no_purpose_of_any() {
        use Accepts::{Depends, No, Yes};
        let kind = FaultKind::WrongPurpose { purposes: vec!["2.5.29.37.0".to_owned()], any: true };
        let fault = by_kind(&path::Fault { index: Some(0), kind }).unwrap();
        assert_eq!(signs(fault), [Yes, Depends, Yes, Yes, No, Depends]);
    }

    #[test]
    fn what_an_authority_says_is_taken_as_the_findings_of_revocation_say() {
        use Accepts::{Depends, No, Yes};
        let of = |withdrawn| signs(of_its_authority(withdrawn)[0]);
        let staple = |staple| of(Withdrawn { staple: Some(staple), ..Withdrawn::default() });
        let revoked = of(Withdrawn { revoked: true, ..Withdrawn::default() });
        assert_eq!(revoked, [No, No, Depends, Depends, Depends, Depends]);
        assert_eq!(staple(Staple::Missing), [Yes, Yes, Yes, Yes, Yes, No]);
        assert_eq!(staple(Staple::Invalid { demanded: true }), [Yes, Yes, Yes, Yes, Yes, No]);
        assert_eq!(staple(Staple::Invalid { demanded: false }), [Yes, Yes, Yes, Yes, Yes, Depends]);
        let few = of(Withdrawn { few_logs: true, ..Withdrawn::default() });
        assert_eq!(few, [Yes, No, Depends, Yes, Yes, Depends]);
    }
}
