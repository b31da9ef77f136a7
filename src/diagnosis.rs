//! Which of the findings is the cause, and which are only its consequences?
//!
//! Pure: findings of all checks in, ranked causes out. What is broken goes before what merely
//! deserves attention, and a lower layer before a higher one: whoever cannot resolve a name
//! cannot judge its certificate either.

use crate::finding::{Finding, Outcome, Severity, Status};
use crate::order;

/// A finding that explains others.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The check that found it.
    pub check: &'static str,
    /// What was found.
    pub finding: Finding,
    /// Codes of findings that are only its consequences, in the order found, without doubles.
    pub explains: Vec<&'static str>,
}

/// How bad the worst of a cause and its consequences is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Fail,
    /// Found while a check ended without an answer.
    NoAnswer,
    Warn,
}

/// The layers of a connection, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    /// The caller's own network.
    Caller,
    Dns,
    Net,
    Tls,
    Http,
    Auth,
    Sync,
    Rest,
}

#[derive(Debug)]
struct Candidate<'a> {
    check: &'static str,
    finding: &'a Finding,
    weight: Weight,
    layer: Layer,
}

/// Where cause and consequence must be for the one to explain the other.
#[derive(Debug, Clone, Copy)]
enum At {
    /// Wherever they are.
    Anywhere,
    /// On the same host, as far as both name one.
    SameHost,
    /// On the same device, as far as both name one.
    SameDevice,
    /// The consequence is on the cause's host or below it, as far as both name one.
    Below,
}

/// What explains what: codes, or families where they end in a hyphen, or
/// whole areas where they end in a dot; `""` is everything. A
/// whole area explains only where it is broken: a warning at one thing breaks no other.
const RULES: &[(&str, &[&str], At)] = &[
    ("net.offline", &[""], At::Anywhere),
    ("net.proxy-required", &["net.", "tls.", "activesync.", "autodiscover."], At::Anywhere),
    ("dns.no-answer", &[""], At::Anywhere),
    ("dns.domain-not-found", &[""], At::Below),
    ("dns.no-autodiscover-record", &["autodiscover.not-found"], At::Anywhere),
    ("dns.dangling-alias", &["autodiscover.not-found"], At::Anywhere),
    ("dns.alias-loop", &["autodiscover.not-found"], At::Anywhere),
    ("dns.srv-target-invalid", &["autodiscover.not-found"], At::Anywhere),
    ("dns.srv-port-unusual", &["autodiscover.not-found"], At::Anywhere),
    ("dns.private-address", &["net."], At::SameHost),
    // whoever is led to another server than everybody else sees that one's faults
    ("dns.hosts-file-override", &["net.", "tls.", "autodiscover.", "activesync."], At::SameHost),
    ("dns.resolvers-disagree", &["net.", "tls.", "autodiscover.", "activesync."], At::SameHost),
    (
        "dns.wildcard",
        &[
            "autodiscover.not-found",
            "autodiscover.web-host-answers",
            "autodiscover.other-protocol",
            "autodiscover.redirect-page",
            "tls.name-mismatch",
            "tls.self-signed",
        ],
        At::SameHost,
    ),
    ("dns.delegation-broken", &["dns.server-failure", "autodiscover.not-found"], At::Anywhere),
    ("dns.exchange-online-target-wrong", &["autodiscover.", "tls.name-mismatch", "tls.self-signed"], At::SameHost),
    ("dns.cloud-target-without-mailbox", &["autodiscover.", "auth.realm-unknown"], At::SameHost),
    ("auth.realm-unknown", &["auth.basic-retired", "auth.rejected"], At::Anywhere),
    ("auth.federation-unreachable", &["auth.basic-retired", "auth.rejected"], At::Anywhere),
    // what Entra ID says is why a server, or a service, says no
    ("auth.entra-error", SAID_NO, At::Anywhere),
    ("auth.mfa-required", SAID_NO, At::Anywhere),
    ("auth.consent-required", SAID_NO, At::Anywhere),
    ("auth.token-expired", SAID_NO, At::Anywhere),
    ("auth.password-expired", SAID_NO, At::Anywhere),
    ("auth.account-blocked", SAID_NO, At::Anywhere),
    ("auth.token-scope", SAID_NO, At::Anywhere),
    ("auth.token-other-account", SAID_NO, At::Anywhere),
    ("auth.token-not-yet-valid", SAID_NO, At::Anywhere),
    (
        "auth.token-too-long",
        &["auth.answer-unclear", "activesync.unexpected-answer", "auth.token-rejected"],
        At::Anywhere,
    ),
    ("auth.issuer-not-trusted", &["auth.token-rejected"], At::Anywhere),
    // an application's own token has no right that needs a person
    ("autodiscover.app-only-token", &["auth.token-scope", "auth.token-rejected"], At::Anywhere),
    ("dns.", &["net.", "tls.", "autodiscover.", "activesync."], At::SameHost),
    // of Autodiscover only what names no host: nobody there has given an answer
    ("net.", &["tls.", "activesync.", "autodiscover.not-found"], At::SameHost),
    ("activesync.unavailable", &["autodiscover.not-found"], At::SameHost),
    ("activesync.", EWS, At::SameHost),
    (
        "server.end-of-support",
        &["server.update-missing", "server.nodes-differ", "server.mitigations-outdated"],
        At::SameHost,
    ),
    // clients go where they are told to
    ("autodiscover.url-invalid", &["activesync."], At::SameHost),
    ("autodiscover.redirect-foreign-domain", &["server.ews-unreachable"], At::Anywhere),
    ("autodiscover.path-case", &["autodiscover.not-found"], At::SameHost),
    ("autodiscover.web-host-answers", &["autodiscover.redirect-page"], At::SameHost),
    (
        "tls.clock-wrong",
        &[
            "tls.expired",
            "tls.not-yet-valid",
            "tls.expires-soon",
            "tls.intermediate-expired",
            "tls.cross-sign-expired",
            "tls.chain-refused",
            "tls.staple-invalid",
            "tls.revocation-unreachable",
            "auth.token-expired",
        ],
        At::Anywhere,
    ),
    // whatever is seen of TLS is that of the device in between
    ("tls.inspected", &["tls.", "clients."], At::SameHost),
    ("tls.not-tls", &["activesync.", "autodiscover."], At::SameHost),
    ("tls.handshake-failed", &["activesync.", "autodiscover."], At::SameHost),
    ("tls.handshake-cut", &["activesync.", "autodiscover."], At::SameHost),
    ("tls.protocol-too-old", &["activesync.", "autodiscover."], At::SameHost),
    ("tls.protocol-13-broken", &["activesync.", "autodiscover."], At::SameHost),
    ("tls.handshake-stalls", &["activesync.", "autodiscover."], At::SameHost),
    ("tls.client-certificate-required", &["activesync.", "autodiscover."], At::SameHost),
    // another's certificate stands first, and is judged as the server's
    (
        "tls.chain-order",
        &[
            "tls.san-missing",
            "tls.name-mismatch",
            "tls.ca-as-server",
            "tls.self-signed",
            "tls.wrong-purpose",
            "tls.lifetime-too-long",
        ],
        At::SameHost,
    ),
    ("tls.self-signed", &["tls.name-mismatch", "tls.san-missing", "tls.ca-as-server", "tls.weak-key"], At::SameHost),
    ("tls.intermediate-", &["tls.addresses-differ"], At::SameHost),
    ("tls.expired", &["tls.addresses-differ"], At::SameHost),
    ("tls.revoked", &["tls.addresses-differ"], At::SameHost),
    ("tls.protocol-", &["tls.addresses-differ"], At::SameHost),
    ("tls.handshake-", &["tls.addresses-differ"], At::SameHost),
    ("tls.", &["clients."], At::SameHost),
    // warnings at most, but some clients refuse for them
    ("tls.root-not-in-store", &["clients."], At::SameHost),
    ("tls.root-only-here", &["clients."], At::SameHost),
    ("tls.ca-as-server", &["clients."], At::SameHost),
    ("tls.wrong-purpose", &["clients."], At::SameHost),
    ("tls.path-too-long", &["clients."], At::SameHost),
    ("tls.lifetime-too-long", &["clients."], At::SameHost),
    ("tls.", DEVICE_SYNC, At::Anywhere),
    ("auth.", DEVICE_SYNC, At::Anywhere),
    ("activesync.", DEVICE_SYNC, At::Anywhere),
    // the same fault, met by the other protocol
    ("activesync.no-mailbox", &["server.ews-no-mailbox"], At::Anywhere),
    ("activesync.store-offline", &["server.ews-store-offline"], At::Anywhere),
    ("activesync.account-disabled", &["server.ews-account-refused"], At::Anywhere),
    ("auth.rejected", &["server.ews-sign-in-refused"], At::Anywhere),
    ("auth.account-blocked", &["server.ews-account-refused"], At::Anywhere),
    ("auth.password-expired", &["server.ews-account-refused"], At::Anywhere),
    // what a sync service on-premises goes through
    ("server.ews-disabled", SYNC, At::Anywhere),
    ("server.ews-application-blocked", SYNC, At::Anywhere),
    ("server.ews-sign-in-refused", SYNC, At::Anywhere),
    ("server.ews-account-refused", SYNC, At::Anywhere),
    ("server.ews-no-mailbox", SYNC, At::Anywhere),
    ("server.ews-store-offline", SYNC, At::Anywhere),
    ("tls.", &["sync.service-cannot-reach", "sync.stale", "sync.never", "sync.failing"], At::Anywhere),
    ("auth.", &["sync.grant-invalid", "sync.stale", "sync.never", "sync.failing"], At::Anywhere),
    // no client syncs a mailbox whose session fails
    ("activesync.", &["sync.stale", "sync.never", "sync.failing"], At::Anywhere),
    // who fails as a whole has not looked at the credentials either
    ("autodiscover.server-error", &["auth.answer-unclear"], At::SameHost),
    ("sync.grant-invalid", &["sync.stale", "sync.never", "sync.failing"], At::Anywhere),
    ("sync.grant-blocked", &["sync.stale", "sync.never", "sync.failing"], At::Anywhere),
    ("sync.grant-unknown", &["sync.no-source"], At::Anywhere),
    // a service has to get through to a server that answers, with the password that holds
    ("dns.", &["sync.service-cannot-reach"], At::Anywhere),
    ("net.", UNSYNCED, At::Anywhere),
    ("server.ews-unreachable", UNSYNCED, At::Anywhere),
    ("server.ews-unavailable", UNSYNCED, At::Anywhere),
    ("server.ews-refused", UNSYNCED, At::Anywhere),
    ("server.ews-not-found", UNSYNCED, At::Anywhere),
    ("server.ews-preauthentication", UNSYNCED, At::Anywhere),
    ("server.ews-redirected", UNSYNCED, At::Anywhere),
    ("tls.", &["sync.account-stopped", "sync.account-unsteady"], At::Anywhere),
    ("activesync.", &["sync.account-stopped", "sync.account-unsteady"], At::Anywhere),
    ("auth.", &["sync.account-invalid", "sync.account-stopped"], At::Anywhere),
    ("sync.device-barred", UNSYNCED, At::Anywhere),
    // only a warning: it is exdiag's own device that was not let in
    ("activesync.device-quarantined", UNSYNCED, At::Anywhere),
    ("activesync.device-blocked", UNSYNCED, At::Anywhere),
    ("sync.account-invalid", UNSYNCED, At::Anywhere),
    // it signs in where the mailbox is not
    (
        "sync.connector-wrong",
        &["sync.grant-invalid", "sync.stale", "sync.never", "sync.service-cannot-reach"],
        At::Anywhere,
    ),
    // what the server's own logs show of one device
    ("auth.rejected", LOG_REFUSED, At::Anywhere),
    ("auth.password-expired", LOG_REFUSED, At::Anywhere),
    ("auth.account-blocked", LOG_REFUSED, At::Anywhere),
    ("auth.log-refused", LOG_BROKEN, At::SameDevice),
    ("sync.device-barred", LOG_BROKEN, At::SameDevice),
    ("sync.provision-loop", LOG_BROKEN, At::SameDevice),
    ("sync.server-errors", LOG_BROKEN, At::SameDevice),
    ("sync.throttled", &["sync.server-errors"], At::SameDevice),
    ("sync.looping", &["sync.throttled", "sync.auto-blocked", "sync.backend-slow"], At::SameDevice),
    ("sync.idle-cut", &["sync.heartbeat-short"], At::SameDevice),
    // whoever is not let through, or has stopped, leaves no line
    ("net.", LOG_SILENT, At::Anywhere),
    ("tls.", LOG_SILENT, At::Anywhere),
    ("dns.", LOG_SILENT, At::Anywhere),
    ("sync.grant-invalid", LOG_SILENT, At::Anywhere),
    ("sync.grant-blocked", LOG_SILENT, At::Anywhere),
    // where logs are missing, what they do not show proves nothing
    ("sync.list-later", &["sync.log-stale", "auth.log-old"], At::SameDevice),
    ("sync.list-unseen", &["sync.client-silent"], At::Anywhere),
];

/// What a service shows that gets nowhere, whatever the reason.
const UNSYNCED: &[&str] = &[
    "sync.service-cannot-reach",
    "sync.account-stopped",
    "sync.account-unsteady",
    "sync.stale",
    "sync.never",
    "sync.failing",
];

/// What logs show of sign-ins with a wrong password.
const LOG_REFUSED: &[&str] = &["auth.log-refused", "auth.log-mixed", "auth.log-old"];

/// What logs show of a device that does not get on.
const LOG_BROKEN: &[&str] =
    &["sync.failing", "sync.log-never", "sync.log-stale", "sync.looping", "sync.provision-loop", "auth.log-mixed"];

/// What logs show of a client that no longer asks.
const LOG_SILENT: &[&str] = &["sync.client-silent", "sync.log-stale", "auth.log-old", "sync.ews-stale"];

/// A sign-in that was refused, and nothing more.
const SAID_NO: &[&str] = &["auth.rejected", "auth.token-rejected"];

/// What keeps a sync service from EWS; where ActiveSync of the same host is broken too, that says more.
const EWS: &[&str] = &[
    "server.ews-not-found",
    "server.ews-refused",
    "server.ews-throttled",
    "server.ews-unreachable",
    "server.ews-preauthentication",
    "server.ews-redirected",
    "server.ews-unavailable",
];

/// What a list of devices shows of one that is kept out.
const DEVICE_SYNC: &[&str] = &["sync.device-stale", "sync.device-failing"];

/// What a sync service shows whom a mailbox is closed to.
const SYNC: &[&str] = &[
    "sync.grant-invalid",
    "sync.account-invalid",
    "sync.account-stopped",
    "sync.stale",
    "sync.never",
    "sync.failing",
    "sync.ews-failing",
];

/// Ranks the causes, most likely first. Of a check without an answer every finding counts, else
/// warnings and failures. The same code on several addresses of one host is one cause.
pub fn causes(outcomes: &[(&'static str, &Outcome)]) -> Vec<Cause> {
    let found = candidates(outcomes);
    let roots: Vec<usize> = (0..found.len()).map(|i| root_of(i, &found)).collect();
    let mut ranked: Vec<(Weight, Layer, Cause)> = Vec::new();
    for (i, candidate) in found.iter().enumerate() {
        if roots.get(i) != Some(&i) {
            continue;
        }
        let mut weight = candidate.weight;
        let mut explains: Vec<&'static str> = Vec::new();
        for (other, root) in found.iter().zip(&roots) {
            if *root == i && !std::ptr::eq(other, candidate) {
                weight = weight.min(other.weight);
                if other.finding.code.id != candidate.finding.code.id && !explains.contains(&other.finding.code.id) {
                    explains.push(other.finding.code.id);
                }
            }
        }
        let cause = Cause { check: candidate.check, finding: candidate.finding.clone(), explains };
        ranked.push((weight, candidate.layer, cause));
    }
    // stable: within a layer the order of the sequence stays
    order::by_key(&mut ranked, |(weight, layer, _)| (*weight, *layer));
    ranked.into_iter().map(|(_, _, cause)| cause).collect()
}

fn candidates<'a>(outcomes: &[(&'static str, &'a Outcome)]) -> Vec<Candidate<'a>> {
    let mut found: Vec<Candidate<'a>> = Vec::new();
    for (check, outcome) in outcomes {
        for finding in outcome.findings() {
            let weight = match (finding.severity, outcome.status()) {
                (Severity::Fail, _) => Weight::Fail,
                // what never is more than a remark is none here either
                (_, Status::Inconclusive) if finding.code.severity > Severity::Info => Weight::NoAnswer,
                (Severity::Warn, _) => Weight::Warn,
                _ => continue,
            };
            let layer = layer(finding.code.id);
            let same = found
                .iter_mut()
                .find(|known| known.finding.code.id == finding.code.id && host(known.finding) == host(finding));
            match same {
                // the worst of them speaks for all
                Some(known) if weight < known.weight => *known = Candidate { check, finding, weight, layer },
                Some(_) => {}
                None => found.push(Candidate { check, finding, weight, layer }),
            }
        }
    }
    found
}

/// The cause at the end of the chain of explanations that starts at `i`.
fn root_of(i: usize, found: &[Candidate<'_>]) -> usize {
    let mut seen = vec![i];
    let mut at = i;
    while let Some(next) = found.get(at).and_then(|c| found.iter().position(|other| explains(other, c))) {
        // a circle of rules has no root: it stays where it began
        if seen.contains(&next) {
            return i;
        }
        seen.push(next);
        at = next;
    }
    at
}

fn explains(cause: &Candidate<'_>, other: &Candidate<'_>) -> bool {
    let (code, consequence) = (cause.finding.code.id, other.finding.code.id);
    if code == consequence || consequence.starts_with("exdiag.") || other.layer < cause.layer {
        return false;
    }
    // certificates in the wrong order, with the server's own in front, hide nothing
    if code == "tls.chain-order" && cause.weight != Weight::Fail {
        return false;
    }
    if consequence == "tls.addresses-differ" && code.starts_with("tls.") && is_of_the_odd(cause, other) {
        return true;
    }
    RULES.iter().any(|(from, to, at)| {
        let is_area = from.ends_with('.');
        let is_family = from.ends_with('-');
        (if is_area { cause.weight != Weight::Warn } else { is_family || code == *from })
            && (code == *from || ((is_area || is_family) && code.starts_with(from)))
            && !(is_area && cause.layer == other.layer)
            && to.iter().any(|to| {
                if to.ends_with('.') || to.is_empty() { consequence.starts_with(to) } else { consequence == *to }
            })
            && match at {
                At::SameDevice => are_at(At::SameHost, device(cause.finding), device(other.finding)),
                at => are_at(*at, host(cause.finding), host(other.finding)),
            }
    })
}

/// Whether something fails at an address that differs from the others, and only there.
fn is_of_the_odd(cause: &Candidate<'_>, differ: &Candidate<'_>) -> bool {
    let Some(address) = cause.finding.place.address else { return false };
    let named = differ.finding.data.get("odd").and_then(|odd| odd.as_array());
    let mut named = named.into_iter().flatten().filter_map(|one| one.as_str()?.parse::<std::net::IpAddr>().ok());
    cause.weight == Weight::Fail
        && are_at(At::SameHost, host(cause.finding), host(differ.finding))
        && (differ.finding.place.address == Some(address) || named.any(|odd| odd == address))
}

/// The device that a finding is about.
fn device(finding: &Finding) -> Option<String> {
    finding.data.get("device").and_then(|device| device.as_str()).map(str::to_owned)
}

fn are_at(at: At, cause: Option<String>, other: Option<String>) -> bool {
    match (at, cause, other) {
        (At::Anywhere, _, _) | (_, None, _) | (_, _, None) => true,
        (At::SameHost | At::SameDevice, Some(cause), Some(other)) => cause == other,
        (At::Below, Some(cause), Some(other)) => {
            other == cause || other.strip_suffix(cause.as_str()).is_some_and(|rest| rest.ends_with('.'))
        }
    }
}

/// The host that a finding is about, also where it only names a whole address.
fn host(finding: &Finding) -> Option<String> {
    let of_url = || url::Url::parse(finding.place.url.as_deref()?).ok()?.host_str().map(str::to_owned);
    finding.place.host.clone().or_else(of_url)
}

fn layer(code: &str) -> Layer {
    match code.split_once('.') {
        // by the clock everything is judged
        Some(("net", "offline" | "proxy-required") | ("tls", "clock-wrong")) => Layer::Caller,
        // no client fails because of it
        Some(("tls", "legacy-protocol-enabled" | "handshake-slow")) => Layer::Rest,
        Some(("dns", _)) => Layer::Dns,
        Some(("net", _)) => Layer::Net,
        Some(("tls", _)) => Layer::Tls,
        Some(("autodiscover" | "activesync", _)) => Layer::Http,
        // of EWS, what is refused to the mailbox's user and not to everybody
        Some(
            ("auth", _)
            | (
                "server",
                "ews-disabled"
                | "ews-application-blocked"
                | "ews-sign-in-refused"
                | "ews-account-refused"
                | "ews-no-mailbox"
                | "ews-store-offline",
            ),
        ) => Layer::Auth,
        // it is what sync services use
        Some(("sync", _)) => Layer::Sync,
        Some(("server", what)) if what.starts_with("ews-") => Layer::Sync,
        _ => Layer::Rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Sentence;
    use crate::{findings, text};

    findings! {
        OFFLINE = "net.offline", Warn, Caller { title { en: "a", de: "a" } meaning { en: "a", de: "a" } remedy { en: "a", de: "a" } }
        NO_RECORD = "dns.no-autodiscover-record", Warn, Dns { title { en: "a", de: "a" } meaning { en: "a", de: "a" } remedy { en: "a", de: "a" } }
        NOT_FOUND = "autodiscover.not-found", Fail, Dns { title { en: "a", de: "a" } meaning { en: "a", de: "a" } remedy { en: "a", de: "a" } }
        MISSING = "tls.intermediate-missing", Fail, Exchange { title { en: "a", de: "a" } meaning { en: "a", de: "a" } remedy { en: "a", de: "a" } }
        SOON = "tls.expires-soon", Warn, Exchange { title { en: "a", de: "a" } meaning { en: "a", de: "a" } remedy { en: "a", de: "a" } }
        REJECTS = "clients.sync-service-rejects", Fail, Exchange { title { en: "a", de: "a" } meaning { en: "a", de: "a" } remedy { en: "a", de: "a" } }
        FORBIDDEN = "activesync.forbidden", Fail, Exchange { title { en: "a", de: "a" } meaning { en: "a", de: "a" } remedy { en: "a", de: "a" } }
        REFUSED = "net.refused", Fail, Network { title { en: "a", de: "a" } meaning { en: "a", de: "a" } remedy { en: "a", de: "a" } }
    }

    fn checked(findings: Vec<Finding>) -> Outcome {
        Outcome::checked(Sentence::new(text!("x", "x")), findings)
    }

    fn ranked(outcomes: &[(&'static str, Outcome)]) -> Vec<(&'static str, Vec<&'static str>)> {
        let outcomes: Vec<_> = outcomes.iter().map(|(id, outcome)| (*id, outcome)).collect();
        causes(&outcomes).into_iter().map(|c| (c.finding.code.id, c.explains)).collect()
    }

    #[test]
    fn every_area_has_a_layer() {
        assert!(FINDINGS.iter().all(|code| layer(code.id) != Layer::Rest || code.id.starts_with("clients.")));
    }

    #[test]
    fn a_consequence_stands_under_its_cause() {
        let found = ranked(&[
            ("tls-chain", checked(vec![Finding::new(&SOON).host("mail.corp.example")])),
            ("tls-intermediate", checked(vec![Finding::new(&MISSING).host("mail.corp.example")])),
            ("clients", checked(vec![Finding::new(&REJECTS)])),
        ]);
        assert_eq!(
            found,
            [("tls.intermediate-missing", vec!["clients.sync-service-rejects"]), ("tls.expires-soon", vec![])]
        );
    }

    #[test]
    fn a_warning_that_explains_a_failure_ranks_as_one() {
        let found = ranked(&[
            ("dns", checked(vec![Finding::new(&NO_RECORD).host("corp.example")])),
            ("autodiscover", checked(vec![Finding::new(&NOT_FOUND)])),
            ("tls-chain", checked(vec![Finding::new(&SOON)])),
        ]);
        assert_eq!(
            found,
            [("dns.no-autodiscover-record", vec!["autodiscover.not-found"]), ("tls.expires-soon", vec![])]
        );
    }

    #[test]
    fn a_failure_at_the_endpoint_outranks_a_warning_anywhere() {
        let found = ranked(&[
            ("dns", checked(vec![Finding::new(&NO_RECORD)])),
            ("activesync", checked(vec![Finding::new(&FORBIDDEN)])),
        ]);
        assert_eq!(found, [("activesync.forbidden", vec![]), ("dns.no-autodiscover-record", vec![])]);
    }

    #[test]
    fn one_code_on_several_addresses_is_one_cause() {
        let found = ranked(&[(
            "tls-intermediate",
            checked(vec![
                Finding::new(&MISSING).host("m.corp.example").address([192, 0, 2, 1].into()),
                Finding::new(&MISSING).host("m.corp.example").address([192, 0, 2, 2].into()),
            ]),
        )]);
        assert_eq!(found, [("tls.intermediate-missing", vec![])]);
    }

    #[test]
    fn a_dead_port_explains_only_its_own_host() {
        let found = ranked(&[
            ("activesync", checked(vec![Finding::new(&FORBIDDEN).url("https://a.corp.example/x")])),
            ("tls-chain", checked(vec![Finding::new(&REFUSED).host("a.corp.example")])),
            ("tls-intermediate", checked(vec![Finding::new(&MISSING).host("b.corp.example")])),
        ]);
        assert_eq!(found, [("net.refused", vec!["activesync.forbidden"]), ("tls.intermediate-missing", vec![])]);
    }

    #[test]
    fn where_nobody_gets_through_autodiscover_is_not_found_because_of_that() {
        let refused = |autodiscover: Finding| {
            ranked(&[
                ("autodiscover", checked(vec![autodiscover])),
                ("activesync", checked(vec![Finding::new(&REFUSED).host("mail.corp.example")])),
            ])
        };
        assert_eq!(refused(Finding::new(&NOT_FOUND)), [("net.refused", vec!["autodiscover.not-found"])]);
        // there somebody has answered
        let apart = refused(Finding::new(&NOT_FOUND).host("autodiscover.corp.example"));
        assert_eq!(apart, [("net.refused", vec![]), ("autodiscover.not-found", vec![])]);
    }

    #[test]
    fn a_remark_beside_no_answer_is_no_cause() {
        findings! { REMARK = "autodiscover.trace", Info, Exchange { title { en: "a", de: "a" } meaning { en: "a", de: "a" } } }
        assert_eq!(FINDINGS.len(), 1);
        let reason = Sentence::new(text!("x", "x"));
        let found =
            ranked(&[("autodiscover", Outcome::Inconclusive { reason, findings: vec![Finding::new(&REMARK)] })]);
        assert!(found.is_empty());
    }

    #[test]
    fn without_a_network_of_ones_own_everything_follows_from_that() {
        let offline = Outcome::Inconclusive {
            reason: Sentence::new(text!("x", "x")),
            findings: vec![Finding::new(&OFFLINE).severity(Severity::Info)],
        };
        let found = ranked(&[("activesync", checked(vec![Finding::new(&FORBIDDEN)])), ("dns", offline)]);
        assert_eq!(found, [("net.offline", vec!["activesync.forbidden"])]);
    }
}
