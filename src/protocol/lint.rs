//! Does a certificate keep the rules that are in force for it?
//!
//! A chain may be accepted by every client and still break the profile of RFC 5280 or the policy of
//! the public authorities: that is the verdict *conforms*, apart from *accepted*. One file per theme;
//! a rule is a line with its clause, its time and a pure function. Words for people stand with the
//! check that tells them.

mod ca;
mod cert;
mod crl;
mod der;
mod extensions;
mod form;
mod key;
mod names;
mod pointers;
mod policies;
mod subject;
mod usage;
mod validity;

use cert::Cert;
use jiff::Timestamp;
use std::borrow::Cow;

/// How much a breach weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Advice (SHOULD) that was not followed.
    Notice,
    /// The authority broke a duty that clients do not look at.
    Warn,
    /// The certificate is not what its profile says: a strict client refuses it.
    Error,
}

impl Level {
    /// A word for scripts.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Whose certificates a rule binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Any certificate of the X.509 internet profile.
    Everybody,
    /// Certificates that chain to a publicly trusted root (CA/Browser Forum, root programs).
    PublicOnly,
}

/// What decides whether a rule is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The day of issue as notBefore gives it; a day before public certificates existed is no day of
    /// issue (tools write 1970 or 1975 there), then the moment of judging counts.
    Profile,
    /// notBefore as it stands: limits on the lifetime name days of issue.
    Issue,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// `tls.rule-kebab-name`, stable.
    pub id: &'static str,
    /// How much a breach of it weighs.
    pub level: Level,
    /// The clause: `RFC 5280 4.1.2.2`, `BR 7.1.2.7.12`.
    pub source: &'static str,
    /// Whom it binds.
    pub scope: Scope,
    /// By what its time is judged.
    pub clock: Clock,
    /// In force from this second since 1970 on.
    pub since: i64,
    /// No longer in force from this second on.
    pub until: i64,
    /// Whether it is about servers' certificates and their authorities only.
    servers: bool,
    check: Check,
}

/// A breach of a rule.
#[derive(Debug, Clone)]
pub struct Breach {
    /// The rule.
    pub rule: &'static Rule,
    /// The certificate's position in the path, the leaf 0; of a revocation list, 0.
    pub index: usize,
    /// The bytes or the field that show it; may be empty.
    pub detail: String,
}

/// What a rule sees: a certificate and its place.
struct Case<'a> {
    cert: &'a Cert<'a>,
    /// The certificate that issued it, where it is known.
    issuer: Option<&'a Cert<'a>>,
    place: Place,
    /// The moment of judging, in seconds since 1970.
    at: i64,
}

/// Where a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is a server's.
    Leaf,
    /// It signed another of the path.
    Issuer,
    /// Nothing but itself is known.
    Alone,
}

/// What breaks the rule: the bytes or the field, perhaps nothing to show.
type Broken = Option<Cow<'static, str>>;
type Check = fn(&Case<'_>) -> Broken;

/// Broken, with nothing to show.
fn when(broken: bool) -> Broken {
    broken.then_some(Cow::Borrowed(""))
}

/// Broken by the first of these.
fn first(these: impl IntoIterator<Item = impl Into<String>>) -> Broken {
    these.into_iter().next().map(|this| Cow::Owned(this.into()))
}

const FOREVER: i64 = i64::MAX;

/// Seconds since 1970 at the start of a day.
const fn day(year: i64, month: i64, day: i64) -> i64 {
    cert::days(year, month, day) * 86_400
}

/// The days on which the documents came into force.
mod since {
    use super::day;
    pub(super) const ALWAYS: i64 = i64::MIN;
    pub(super) const RFC_2459: i64 = day(1999, 1, 1);
    pub(super) const RFC_3280: i64 = day(2002, 4, 1);
    pub(super) const RFC_5280: i64 = day(2008, 5, 1);
    pub(super) const RFC_6818: i64 = day(2013, 1, 1);
    pub(super) const RFC_6962: i64 = day(2013, 6, 1);
    pub(super) const RFC_8813: i64 = day(2020, 8, 1);
    pub(super) const BR: i64 = day(2012, 7, 1);
    pub(super) const BR_1_0_2: i64 = day(2012, 6, 8);
    pub(super) const BR_1_1_6: i64 = day(2013, 7, 29);
    pub(super) const BR_1_1_3: i64 = day(2013, 2, 21);
    pub(super) const BR_1_2_1: i64 = day(2015, 1, 16);
    pub(super) const SHA_1_END: i64 = day(2016, 1, 1);
    pub(super) const SERIAL_ENTROPY: i64 = day(2016, 9, 30);
    pub(super) const BR_1_3_0: i64 = day(2015, 4, 16);
    pub(super) const BR_1_3_1: i64 = day(2015, 9, 28);
    pub(super) const BR_1_6_2: i64 = day(2018, 12, 10);
    pub(super) const UNDERSCORES_END: i64 = day(2019, 4, 1);
    pub(super) const BR_1_7_1: i64 = day(2020, 8, 20);
    pub(super) const BR_1_7_9: i64 = day(2021, 8, 16);
    pub(super) const BR_1_8_0: i64 = day(2021, 8, 25);
    pub(super) const GIVEN_NAMES: i64 = day(2016, 9, 7);
    pub(super) const RESERVED_LABELS: i64 = day(2021, 10, 1);
    pub(super) const UNITS_END: i64 = day(2022, 9, 1);
    pub(super) const BR_2_0_0: i64 = day(2023, 9, 15);
    pub(super) const SC_63: i64 = day(2024, 3, 15);
    pub(super) const SC_81: i64 = day(2026, 3, 15);
    pub(super) const SC_81_SECOND: i64 = day(2027, 3, 15);
    pub(super) const SC_81_THIRD: i64 = day(2029, 3, 15);
    pub(super) const MOZILLA_2_4: i64 = day(2017, 2, 28);
    pub(super) const MOZILLA_EKU: i64 = day(2019, 1, 1);
    pub(super) const MOZILLA_2_4_1: i64 = day(2017, 3, 31);
    pub(super) const MOZILLA_3_0: i64 = day(2025, 3, 15);
    pub(super) const APPLE_825: i64 = day(2019, 7, 1);
    pub(super) const APPLE_398: i64 = day(2020, 9, 1);
    pub(super) const CHROME_NO_CLIENTS: i64 = day(2027, 3, 15);
}

/// A notBefore that is older says nothing about the day of issue.
const FIRST_PUBLIC_CERTIFICATES: i64 = day(1995, 1, 1);

/// A rule of the X.509 internet profile.
const fn rfc(id: &'static str, level: Level, source: &'static str, since: i64, check: Check) -> Rule {
    let (scope, clock) = (Scope::Everybody, Clock::Profile);
    Rule { id, level, source, scope, clock, since, until: FOREVER, servers: false, check }
}

/// A rule of the Baseline Requirements for TLS servers' certificates.
const fn br(id: &'static str, level: Level, source: &'static str, since: i64, check: Check) -> Rule {
    let (scope, clock) = (Scope::PublicOnly, Clock::Profile);
    Rule { id, level, source, scope, clock, since, until: FOREVER, servers: true, check }
}

/// A rule of a root program, or a custom of its community.
const fn program(id: &'static str, level: Level, source: &'static str, since: i64, check: Check) -> Rule {
    let (scope, clock) = (Scope::PublicOnly, Clock::Profile);
    Rule { id, level, source, scope, clock, since, until: FOREVER, servers: false, check }
}

impl Rule {
    const fn until(self, until: i64) -> Self {
        Self { until, ..self }
    }
    const fn for_everybody(self) -> Self {
        Self { scope: Scope::Everybody, ..self }
    }
    /// Also about certificates that are not for servers.
    const fn for_any_purpose(self) -> Self {
        Self { servers: false, ..self }
    }

    /// Whether it was in force for this certificate.
    fn in_force(&self, cert: &Cert<'_>, at: i64) -> bool {
        let issued = cert.not_before.at.unwrap_or(at);
        let reference = match self.clock {
            Clock::Profile if issued < FIRST_PUBLIC_CERTIFICATES => at,
            Clock::Profile | Clock::Issue => issued,
        };
        self.since <= reference && reference < self.until
    }

    fn judge(&'static self, case: &Case<'_>, index: usize, at: i64) -> Option<Breach> {
        if (self.servers && !case.cert.is_for_servers()) || !self.in_force(case.cert, at) {
            return None;
        }
        let detail = (self.check)(case)?;
        // names come from strangers and go to a terminal
        let detail: String = detail.chars().map(|c| if c.is_control() { '?' } else { c }).take(200).collect();
        Some(Breach { rule: self, index, detail })
    }
}

/// A certificate that is none.
static UNREADABLE: Rule = rfc("tls.rule-certificate-unreadable", Level::Error, "RFC 5280 4.1", since::ALWAYS, |_| None);

static THEMES: &[&[Rule]] = &[
    form::RULES,
    key::RULES,
    validity::RULES,
    names::RULES,
    subject::RULES,
    extensions::RULES,
    usage::RULES,
    ca::RULES,
    policies::RULES,
    pointers::RULES,
];

/// Every rule, theme by theme; those of revocation lists last.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    std::iter::once(&UNREADABLE).chain(THEMES.iter().copied().flatten()).chain(crl::RULES)
}

/// How many certificates of a path are looked at; an accepted path has fewer.
const MOST: usize = 32;

/// Judges an accepted path: DER, the leaf first, the root included where it is known. `public` says
/// that it ends at a publicly trusted root: only then the rules of the CA/Browser Forum and of the
/// root programs count. Whether it is for the host that was asked for is another verdict.
pub fn lint(path: &[&[u8]], at: Timestamp, public: bool) -> Vec<Breach> {
    let at = at.as_second();
    let certs: Vec<Option<Cert<'_>>> = path.iter().take(MOST).map(|der| Cert::read(der)).collect();
    let mut out = Vec::new();
    for (index, cert) in certs.iter().enumerate() {
        let Some(cert) = cert else {
            out.push(Breach { rule: &UNREADABLE, index, detail: String::new() });
            continue;
        };
        let issuer = certs.get(index + 1).and_then(Option::as_ref);
        let place = if index == 0 { Place::Leaf } else { Place::Issuer };
        let case = Case { cert, issuer, place, at };
        let bound = THEMES.iter().copied().flatten().filter(|rule| public || rule.scope == Scope::Everybody);
        out.extend(bound.filter_map(|rule| rule.judge(&case, index, at)));
    }
    out
}

/// Whether a path (DER, the leaf first, with or without its root) ends at a root that Mozilla trusts for
/// servers: what a root program has taken in, it has bound to the Requirements of the CA/Browser Forum.
pub fn ends_at_public_root(path: &[&[u8]]) -> bool {
    let Some(last) = path.last().and_then(|der| Cert::read(der)) else { return false };
    let content = |der: &[u8]| der::only(der, der::SEQUENCE).map(|name| name.content.to_vec());
    let (Some(issuer), Some(spki)) = (content(last.issuer.whole), content(last.spki)) else { return false };
    let read = super::x509::Certificate::read(last.der);
    webpki_roots::TLS_SERVER_ROOTS.iter().filter(|root| root.subject.as_ref() == issuer).any(|root| {
        let key = root.subject_public_key_info.as_ref();
        key == spki || read.signed_by(&der::sequence(key)) == super::x509::Signature::Good
    })
}

/// Judges one certificate as it presents itself, by all rules. Without a moment, by those of the day
/// that its notBefore names.
pub fn lint_one(der: &[u8], at: Option<Timestamp>) -> Vec<Breach> {
    let Some(cert) = Cert::read(der) else {
        return vec![Breach { rule: &UNREADABLE, index: 0, detail: String::new() }];
    };
    let at = at.map(Timestamp::as_second).or(cert.not_before.at).unwrap_or(0);
    let case = Case { cert: &cert, issuer: None, place: Place::Alone, at };
    THEMES.iter().copied().flatten().filter_map(|rule| rule.judge(&case, 0, at)).collect()
}

/// Judges a revocation list (DER) by its form; whether it revokes is another question.
pub fn lint_crl(der: &[u8]) -> Vec<Breach> {
    crl::lint(der)
}

/// Whether the path's certificate that issued this revocation list may issue any
/// (RFC 5280, 6.3.3 (f)).
pub fn lint_crl_issuer(crl: &[u8], path: &[&[u8]]) -> Vec<Breach> {
    crl::lint_issuer(crl, path)
}
