//! Which roads does Autodiscover offer, where does each lead, and which one wins?
//!
//! The steps are those of "Autodiscover for Exchange ActiveSync developers": (1) https at the
//! domain, (2) https at `autodiscover.`, (3) a redirect from http, (4) the SRV record; beside them
//! the anonymous JSON of Autodiscover v2. All are walked at once, anonymously; the
//! lowest-numbered one that succeeds wins. Credentials go, where there are any, to one road at a time.
//! What other clients ask, [`beside`] asks once the winner is known.

mod beside;
pub mod certificate;
pub mod error;
mod follow;
mod judge;

pub use beside::{Beside, beside};

use super::v2::{self, Protocol};
use super::{challenge, cloud, trusted};
use crate::evidence::subject::domain_name;
use crate::evidence::{
    Content, DnsAnswer, FailKind, Failure, HeldBack, HttpProbe, HttpSeen, Mailbox, Method, NoAnswer, Phase, RecordData,
    RecordType, SignIn, Stop, View, view,
};
use crate::order;
use follow::follow;
use judge::judge;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// So many targets of SRV records are asked: a zone that has more has them by mistake.
const MOST_TARGETS: usize = 4;
/// Restarts with another address.
const MOST_ADDRESSES: usize = 5;

/// The step of the specification that an attempt belongs to, in the order in which they win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// 1: https at the domain itself.
    RootDomain,
    /// 2: https at `autodiscover.`
    Subdomain,
    /// 3: a redirect from http at `autodiscover.`
    HttpRedirect,
    /// 4: the SRV record.
    Srv,
    /// Autodiscover v2, for ActiveSync.
    Json,
    /// Microsoft's cloud by its own name, where the domain's records point to it.
    Cloud,
    /// The same as 1 to 4 in Outlook's schema.
    Outlook,
    /// The SOAP form, which clients of EWS ask.
    Soap,
    /// Autodiscover v2, for EWS.
    JsonEws,
    /// Autodiscover v2, for the older Autodiscover.
    JsonV1,
}

impl Step {
    /// Its machine-readable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RootDomain => "root-domain",
            Self::Subdomain => "subdomain",
            Self::HttpRedirect => "http-redirect",
            Self::Srv => "srv",
            Self::Json => "v2",
            Self::Cloud => "office365",
            Self::Outlook => "outlook",
            Self::Soap => "soap",
            Self::JsonEws => "v2-ews",
            Self::JsonV1 => "v2-autodiscoverv1",
        }
    }

    /// Whether it speaks the JSON of v2.
    pub const fn is_v2(self) -> bool {
        matches!(self, Self::Json | Self::Cloud | Self::JsonEws | Self::JsonV1)
    }
}

/// What an attempt is worth in the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The road that counts.
    Won,
    /// It failed or ended as such attempts usually do.
    Normal,
    /// Worth a look, though another road won.
    Noteworthy,
    /// What keeps clients from the server.
    Fault,
}

impl Verdict {
    /// Its machine-readable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Normal => "normal",
            Self::Noteworthy => "noteworthy",
            Self::Fault => "fault",
        }
    }
}

/// Why an attempt ended as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The name has no address.
    NoSuchName,
    /// TCP or TLS failed.
    Unreachable(Failure),
    /// Nobody asked, or not in time.
    NotAsked(NoAnswer),
    /// A healthy 401: it wants a sign-in.
    SignInWanted,
    /// The credentials were refused.
    SignInRefused,
    /// The address of ActiveSync.
    Settings {
        /// As it stands in the answer.
        url: String,
    },
    /// Settings without ActiveSync.
    NoMobileSync,
    /// Only IMAP, POP or SMTP settings.
    OtherProtocols(Vec<String>),
    /// An error in place of settings.
    Error {
        /// The error code.
        code: Option<u32>,
        /// The server's message.
        message: String,
    },
    /// The same where errors have names: SOAP and v2.
    Refused {
        /// The name of the error.
        code: String,
        /// The server's message.
        message: String,
    },
    /// On to another address.
    Redirect {
        /// Where to.
        to: String,
    },
    /// Restart with another mailbox address.
    RedirectAddress {
        /// Which.
        address: String,
    },
    /// On to an address without TLS: refused.
    Insecure {
        /// Where to.
        to: String,
    },
    /// Back to where it was before.
    Loop {
        /// Where to.
        to: String,
    },
    /// v2 passes the question back to where it came from: neither of the two has the mailbox.
    NotHosted {
        /// Where to.
        to: String,
    },
    /// More hops than any client follows.
    TooManyHops,
    /// A page, or a redirect to one: a web site, not Autodiscover.
    WebSite {
        /// Whether it answered 200 with a page.
        page: bool,
    },
    /// A form to sign in, or a redirect to one.
    SignInPage,
    /// 404, 405, 410 and the like: no Autodiscover here.
    NotThere,
    /// 403.
    Forbidden,
    /// 5xx.
    ServerError,
    /// 200 without anything in it, or something that cannot be read.
    Malformed(String),
    /// Any other status.
    Odd,
}

impl Reason {
    /// Its machine-readable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoSuchName => "no-such-name",
            Self::Unreachable(failure) => match (failure.phase, &failure.kind) {
                (Phase::Handshake, FailKind::NotTls) => "not-tls",
                (Phase::Handshake, _) => "tls-failed",
                (_, FailKind::Timeout) => "silent",
                (_, FailKind::Refused) => "refused",
                (_, FailKind::ProxyRefused { .. }) => "proxy-refused",
                _ => "no-connection",
            },
            Self::NotAsked(NoAnswer::Hung { .. } | NoAnswer::GivenUp { .. }) => "hung",
            Self::NotAsked(_) => "not-asked",
            Self::SignInWanted => "sign-in-wanted",
            Self::SignInRefused => "sign-in-refused",
            Self::Settings { .. } => "settings",
            Self::NoMobileSync => "no-mobilesync",
            Self::OtherProtocols(_) => "other-protocols",
            Self::Error { .. } | Self::Refused { .. } => "error",
            Self::Redirect { .. } => "redirect",
            Self::RedirectAddress { .. } => "redirect-address",
            Self::Insecure { .. } => "insecure-redirect",
            Self::Loop { .. } => "loop",
            Self::NotHosted { .. } => "not-hosted",
            Self::TooManyHops => "too-many-hops",
            Self::WebSite { .. } => "web-site",
            Self::SignInPage => "sign-in-page",
            Self::NotThere => "not-there",
            Self::Forbidden => "forbidden",
            Self::ServerError => "server-error",
            Self::Malformed(_) => "malformed",
            Self::Odd => "odd",
        }
    }
}

/// One request of a road.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The step it belongs to.
    pub step: Step,
    /// Which road it belongs to: a number, as far as they are followed one by one.
    pub road: usize,
    /// How many hops of that road lie before it.
    pub hop: usize,
    /// The mailbox address asked about.
    pub email: String,
    /// The request.
    pub probe: HttpProbe,
    /// The host asked.
    pub host: String,
    /// What it is worth.
    pub verdict: Verdict,
    /// How it ended.
    pub reason: Reason,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// The address that answered.
    pub address: Option<IpAddr>,
    /// Whether chain and name of the certificate were verified.
    pub verified: Option<bool>,
    /// Milliseconds.
    pub ms: u64,
}

impl Attempt {
    /// Whether a client that checks certificates could use what it brought.
    fn is_usable(&self) -> bool {
        self.verified == Some(true)
    }

    /// Whether the report is older than the question.
    fn is_new(&self) -> bool {
        self.reason == Reason::NotAsked(NoAnswer::NotRecorded)
    }
}

/// Everything that Autodiscover has shown.
#[derive(Debug, Clone)]
pub struct Walk {
    /// Every attempt, road by road in the order of the steps.
    pub attempts: Vec<Attempt>,
    /// Which of them won, if any.
    pub won: Option<usize>,
    /// The address of ActiveSync that a signed-in answer gave.
    pub settings: Option<String>,
    /// The address of ActiveSync that v2 gave.
    pub json: Option<String>,
    /// The address of ActiveSync that Microsoft's cloud gave when asked by its own name.
    pub cloud: Option<String>,
    /// Whether the DNS gave no usable answer for any of the names.
    pub dns_failed: bool,
}

impl Walk {
    /// The attempt that won.
    pub fn winner(&self) -> Option<&Attempt> {
        self.won.and_then(|i| self.attempts.get(i))
    }

    /// The attempt that ends the search of a client that does not know v2: the first that is Autodiscover;
    /// else the winner.
    pub fn answered(&self) -> Option<&Attempt> {
        let is_autodiscover = |attempt: &&Attempt| {
            !attempt.step.is_v2()
                && attempt.is_usable()
                && matches!(attempt.reason, Reason::SignInWanted | Reason::SignInRefused | Reason::Settings { .. })
        };
        self.attempts.iter().filter(is_autodiscover).min_by_key(|attempt| attempt.step).or_else(|| self.winner())
    }

    /// The attempts over https that could have led to Exchange: the domain itself is the web site's
    /// place, and plain http is only good for a redirect.
    fn decisive(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| {
            !matches!(attempt.step, Step::RootDomain | Step::Cloud)
                && attempt.probe.url.starts_with("https://")
                && attempt.reason != Reason::NoSuchName
        })
    }

    /// Whether Autodiscover has addresses, but nobody gets as far as an answer of HTTP there.
    pub fn is_cut_off(&self) -> bool {
        self.won.is_none()
            && self.decisive().next().is_some()
            && self.decisive().all(|attempt| matches!(attempt.reason, Reason::Unreachable(_) | Reason::NotAsked(_)))
    }

    /// Where clients go for the older Autodiscover and the connection fails or hangs, or the server fails
    /// (5xx); none where one of them gives an answer of HTTP other than to send on.
    pub fn unanswered(&self) -> Vec<&Attempt> {
        let (silent, others): (Vec<&Attempt>, Vec<&Attempt>) = self
            .decisive()
            .filter(|attempt| !attempt.step.is_v2() && !matches!(attempt.reason, Reason::Redirect { .. }))
            .partition(|attempt| {
                matches!(attempt.reason, Reason::Unreachable(_) | Reason::NotAsked(_) | Reason::ServerError)
            });
        if others.is_empty() { silent } else { Vec::new() }
    }

    /// The connection that failed where Autodiscover is cut off.
    pub fn cut(&self) -> Option<(&Attempt, &Failure)> {
        self.decisive().filter(|_| self.is_cut_off()).find_map(|attempt| match &attempt.reason {
            Reason::Unreachable(failure) => Some((attempt, failure)),
            _ => None,
        })
    }

    /// Whether nobody has said that Autodiscover is not there: all that could have led to it stayed
    /// silent or could not be asked.
    pub fn is_silent(&self) -> bool {
        let is_silence = |attempt: &Attempt| match &attempt.reason {
            Reason::Unreachable(failure) => failure.is_silence() || failure.phase == Phase::Proxy,
            Reason::NotAsked(why) => !matches!(why, NoAnswer::HeldBack { .. }),
            _ => false,
        };
        let is_decisive = self.decisive().next().is_some();
        let mut all = self.attempts.iter().filter(|attempt| attempt.reason != Reason::NoSuchName).peekable();
        self.won.is_none()
            && if is_decisive { self.decisive().all(is_silence) } else { all.peek().is_some() && all.all(is_silence) }
    }

    /// The attempts of the same road up to this one, in order.
    pub fn hops<'a>(&'a self, last: &'a Attempt) -> impl Iterator<Item = &'a Attempt> {
        self.attempts.iter().filter(|attempt| attempt.road == last.road && attempt.hop <= last.hop)
    }

    /// Hosts that want a sign-in as Autodiscover does, in the order of the steps.
    pub fn protected_hosts(&self) -> Vec<&str> {
        let wanting =
            |a: &&Attempt| matches!(a.reason, Reason::SignInWanted | Reason::SignInRefused | Reason::Settings { .. });
        let mut hosts: Vec<&str> = Vec::new();
        // to the cloud's own name no record of the domain leads
        for attempt in self.attempts.iter().filter(wanting).filter(|attempt| attempt.step != Step::Cloud) {
            if !hosts.contains(&attempt.host.as_str()) {
                hosts.push(&attempt.host);
            }
        }
        hosts
    }
}

/// One road: its attempts in order.
type Road = Vec<Attempt>;

/// The SRV name of a domain.
pub fn srv_name(domain: &str) -> String {
    format!("_autodiscover._tcp.{domain}")
}

/// Walks every road for the mailbox under diagnosis; `None` where there is no mailbox.
pub fn walk(view: &View<'_>) -> Result<Option<Walk>, Stop> {
    let Some(mailbox) = &view.subject().mailbox else { return Ok(None) };
    let mut email = mailbox.address.clone();
    let mut asked = BTreeSet::new();
    let mut roads: Vec<Road> = Vec::new();
    loop {
        asked.insert(email.to_ascii_lowercase());
        let mut found = anonymous_roads(view, &email)?;
        sign_in(view, &email, &mut found)?;
        // nobody sends the mailbox on who cannot prove who he is
        let ends = found.iter().filter_map(|road| road.last()).filter(|last| last.is_usable());
        let next = ends.into_iter().find_map(|last| match &last.reason {
            Reason::RedirectAddress { address } => Some(address.clone()),
            _ => None,
        });
        roads.extend(found);
        let Some(next) = next else { break };
        let seen_before = asked.contains(&next.to_ascii_lowercase());
        // its domain becomes part of addresses, so nothing but a mailbox address will do
        let mailbox = next.parse::<Mailbox>();
        let end = match &mailbox {
            _ if seen_before => Some(Reason::Loop { to: next.clone() }),
            Err(_) => Some(Reason::Malformed("it redirects to something that is no mailbox address".to_owned())),
            Ok(_) if asked.len() > MOST_ADDRESSES => Some(Reason::TooManyHops),
            Ok(_) => None,
        };
        if let Some(end) = end {
            let again = roads.iter_mut().filter_map(|road| road.last_mut());
            for last in again.filter(|last| matches!(last.reason, Reason::RedirectAddress { .. })) {
                last.reason = end.clone();
            }
            break;
        }
        email = mailbox.map(|mailbox| mailbox.address).unwrap_or(next);
    }
    let dns_failed = dns_failed(view, &mailbox.domain)?;
    Ok(Some(judge(roads, dns_failed)))
}

/// Steps 1 to 4 and v2, without credentials.
fn anonymous_roads(view: &View<'_>, email: &str) -> Result<Vec<Road>, Stop> {
    let domain = email.rsplit('@').next().unwrap_or_default();
    let subdomain = format!("autodiscover.{domain}");
    let pox = |step, host: &str| {
        follow(view, step, pox_probe(&format!("https://{host}/autodiscover/autodiscover.xml"), email), email)
    };
    let root = pox(Step::RootDomain, domain);
    let sub = pox(Step::Subdomain, &subdomain);
    // step 3 is spoofable: no address and no credential in it
    let http = HttpProbe::new(Method::Get, format!("http://{subdomain}/autodiscover/autodiscover.xml"));
    let redirect = follow(view, Step::HttpRedirect, http, email);
    let srv = srv_roads(view, domain, email);
    let wanting = [&root, &sub, &redirect].into_iter().flatten().chain(srv.iter().flatten());
    let wanting = wanting.filter_map(|road| road.last()).filter(|last| last.reason == Reason::SignInWanted);
    let wanting: Vec<&Attempt> = wanting.collect();
    // where Autodiscover has been found, a v2 that hangs keeps nobody from the server
    let is_found = wanting.iter().any(|last| last.is_usable());
    let v2 = |step, host: &str| {
        let ask = || follow(view, step, v2_probe(host, email, Protocol::ActiveSync), email);
        if is_found { view.spare(ask) } else { ask() }
    };
    let json = v2(Step::Json, &subdomain);
    let cloud = cloud::of_domain(view, domain);
    // whoever wants a sign-in as Autodiscover does may know v2 too
    let mut hosts: Vec<&str> = vec![&subdomain];
    let mut further: Vec<Result<Road, Stop>> = Vec::new();
    for last in &wanting {
        if !hosts.contains(&last.host.as_str()) {
            hosts.push(&last.host);
            further.push(v2(Step::Json, &last.host));
        }
    }
    let mut roads = view::all([root, sub, redirect])?;
    roads.extend(srv?);
    roads.push(json?);
    roads.extend(view::all(further)?);
    // where the records lead to the cloud by themselves, it has been asked
    let is_asked = roads.iter().flatten().any(|attempt| trusted::is_microsoft(&attempt.host));
    if let Some(cloud) = cloud?.filter(|_| !is_asked) {
        let road = v2(Step::Cloud, cloud.direct)?;
        // a report may be older than the question
        roads.extend(Some(road).filter(|road| !road.iter().any(Attempt::is_new)));
    }
    Ok(roads)
}

/// Step 4: the targets on port 443, in the order of RFC 2782.
fn srv_roads(view: &View<'_>, domain: &str, email: &str) -> Result<Vec<Road>, Stop> {
    let Ok(seen) = view.dns(&srv_name(domain), RecordType::Srv)? else { return Ok(Vec::new()) };
    let targets = seen.answer.as_ref().map(srv_targets).unwrap_or_default();
    view::all(targets.iter().map(|target| {
        follow(view, Step::Srv, pox_probe(&format!("https://{target}/autodiscover/autodiscover.xml"), email), email)
    }))
}

/// The hosts that SRV records name: smallest priority first, of equal ones the larger weight (RFC
/// 2782). Outlook and others take no other port than 443; a target of "." is none.
pub fn srv_targets(answer: &DnsAnswer) -> Vec<String> {
    let mut targets: Vec<(u16, u16, String)> = Vec::new();
    for record in &answer.answers {
        if let RecordData::Srv { priority, weight, port: 443, target } = &record.data
            // a label may hold any byte (RFC 2181, 11), but a host of the web may not
            && let Some(target) = domain_name(target)
        {
            targets.push((*priority, u16::MAX - weight, target));
        }
    }
    order::rising(&mut targets);
    let mut hosts: Vec<String> = Vec::new();
    for (_, _, target) in targets {
        if !hosts.contains(&target) && hosts.len() < MOST_TARGETS {
            hosts.push(target);
        }
    }
    hosts
}

fn pox_probe(url: &str, email: &str) -> HttpProbe {
    HttpProbe::new(Method::Post, url).content(Content::PoxMobilesync { email: email.to_owned() })
}

fn v2_probe(host: &str, email: &str, protocol: Protocol) -> HttpProbe {
    HttpProbe::new(Method::Get, v2::url(host, email, protocol))
}

/// Signs in at the first road that wants it, by the rules for credentials; the next one only
/// where the rules forbade the first.
fn sign_in(view: &View<'_>, email: &str, roads: &mut Vec<Road>) -> Result<(), Stop> {
    let Some(credential) = view.subject().credential else { return Ok(()) };
    let mut asked: Vec<String> = Vec::new();
    let mut signed: Vec<Road> = Vec::new();
    for road in roads.iter() {
        let Some(last) = road.last() else { continue };
        if last.reason != Reason::SignInWanted || asked.contains(&last.probe.url) || !last.is_usable() {
            continue;
        }
        let offered =
            view.http(&last.probe)?.ok().and_then(HttpSeen::response).map(challenge::offered).unwrap_or_default();
        if !challenge::fits(&offered, credential) || !trusted::may_receive(view.subject(), &last.host) {
            continue;
        }
        asked.push(last.probe.url.clone());
        let probe = last.probe.clone().sign_in(SignIn::Given);
        let further = follow(view, last.step, probe, email)?;
        let held_back = further.last().is_some_and(|last| {
            matches!(&last.reason, Reason::NotAsked(NoAnswer::HeldBack { rule })
                if !matches!(rule, HeldBack::SignInRefused | HeldBack::SignInUnclear))
        });
        signed.push(further);
        if !held_back {
            break;
        }
    }
    roads.extend(signed);
    Ok(())
}

/// Whether the DNS gave neither addresses nor a denial for the domain and for `autodiscover.`
fn dns_failed(view: &View<'_>, domain: &str) -> Result<bool, Stop> {
    let family = crate::evidence::dns::address_type(view.subject().ipv6 && !view.subject().ipv4);
    let answers = view::all([view.dns(domain, family), view.dns(&format!("autodiscover.{domain}"), family)])?;
    let is_usable = |answer: &crate::evidence::DnsAnswer| answer.is_noerror() || answer.is_nxdomain();
    Ok(!answers.into_iter().any(|seen| seen.is_ok_and(|seen| seen.answer.as_ref().is_some_and(is_usable))))
}
