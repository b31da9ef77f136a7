//! What is typical of two runs from two places: inside and outside, with and without a proxy?
//!
//! A difference between two places is no news of the server: it tells who sees which server, or whose certificate.

use super::Hint;
use super::names::hosts;
use crate::evidence::{Evidence, Failure, Phase, Probe, Seen, TlsOutcome, TlsSeen, View};
use crate::finding::{Lang, Sentence, Text};
use crate::protocol::chain::{self, End};
use crate::protocol::inspection::product;
use crate::protocol::reach::is_private;
use crate::protocol::trusted;
use crate::protocol::x509::Certificate;
use crate::report::Report;
use crate::text;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::net::IpAddr;

/// The finding that says that TLS is opened on the way.
const INSPECTED: &str = "tls.inspected";

pub(super) fn hints(old: &Report, new: &Report, lang: Lang) -> Vec<Hint> {
    let (before, after) = (&old.evidence, &new.evidence);
    let hint = |id: &str, about: Vec<String>, sentence: Sentence| {
        let said = sentence.with("about", json!(about)).say(lang);
        (!about.is_empty()).then(|| Hint { id: id.to_owned(), about, said })
    };
    let mut all = Vec::new();
    let (inside, elsewhere) = split(before, after);
    all.extend(hint(
        "split-dns",
        inside,
        Sentence::new(text!(
            "{about}: private addresses in one run, public ones in the other. That is typical for split DNS: inside the network the name leads to another address than outside. Clients and sync services outside see what the run with the public addresses shows; judge them by that one.",
            "{about}: private Adressen im einen Lauf, öffentliche im anderen. Das ist typisch für Split-DNS: Im Netz führt der Name zu einer anderen Adresse als außerhalb. Clients und Sync-Dienste außerhalb sehen, was der Lauf mit den öffentlichen Adressen zeigt; beurteilen Sie diese danach.",
        )),
    ));
    all.extend(hint(
        "split-dns",
        elsewhere,
        Sentence::new(text!(
            "{about}: the two runs asked different name servers and were led to different addresses. Either inside and outside have zones of their own (split DNS), or the name is answered by place. To see both from one machine: exdiag check --compare-dns IP.",
            "{about}: Die beiden Läufe haben verschiedene Nameserver gefragt und wurden zu verschiedenen Adressen geführt. Entweder gibt es innen und außen eigene Zonen (Split-DNS), oder der Name wird je nach Ort beantwortet. Beides von einem Rechner aus zeigt: exdiag check --compare-dns IP.",
        )),
    ));
    all.extend(
        inspections(old, new).into_iter().filter_map(|(host, sentence)| hint("inspection", vec![host], sentence)),
    );
    for (here, there, text) in [
        (
            before,
            after,
            text!(
                "{about}: answered in the older run, and not in the newer one. IPv6 seems to be dead where the newer one was made; clients there wait for it, or fail. With -4 both runs can be compared without it.",
                "{about}: antwortete im älteren Lauf und im neueren nicht. IPv6 scheint dort tot zu sein, wo der neuere gemacht wurde; Clients dort warten darauf oder scheitern. Mit -4 lassen sich beide Läufe ohne IPv6 vergleichen.",
            ),
        ),
        (
            after,
            before,
            text!(
                "{about}: answered in the newer run, and not in the older one. IPv6 seems to have been dead where the older one was made; clients there wait for it, or fail. With -4 both runs can be compared without it.",
                "{about}: antwortete im neueren Lauf und im älteren nicht. IPv6 scheint dort tot gewesen zu sein, wo der ältere gemacht wurde; Clients dort warten darauf oder scheitern. Mit -4 lassen sich beide Läufe ohne IPv6 vergleichen.",
            ),
        ),
    ] {
        all.extend(hint("ipv6", dead_ipv6(here, there), Sentence::new(text)));
    }
    all.extend(proxy(before, after).and_then(|(about, text)| hint("proxy", vec![about], Sentence::new(text))));
    all.extend(hint(
        "trust-store",
        otherwise_trusted(before, after),
        Sentence::new(text!(
            "{about}: the same certificates are sent to both, and only one of the two machines knows their root. That is the trust store of the machine, not the server: --trust mozilla lets both judge by the same list.",
            "{about}: Beiden werden dieselben Zertifikate gesendet, und nur einer der beiden Rechner kennt deren Stammzertifikat. Das ist der Zertifikatsspeicher des Rechners, nicht der Server: Mit --trust mozilla urteilen beide nach derselben Liste.",
        )),
    ));
    all
}

/// Names with private addresses in one run and public ones in the other; and those with other addresses by other
/// name servers.
fn split(old: &Evidence, new: &Evidence) -> (Vec<String>, Vec<String>) {
    let (mut inside, mut elsewhere) = (Vec::new(), Vec::new());
    let before = hosts(old);
    let asked_others = old.header.name_servers != new.header.name_servers;
    for (name, is) in hosts(new) {
        let Some(was) = before.get(name) else { continue };
        let (was, is) = (&was.addresses, &is.addresses);
        if was.is_empty() || is.is_empty() || trusted::is_microsoft(name) || !was.is_disjoint(is) {
            continue;
        }
        let private = |addresses: &std::collections::BTreeSet<IpAddr>| addresses.iter().all(|a| is_private(*a));
        if private(was) != private(is) {
            inside.push(name.to_owned());
        } else if asked_others {
            elsewhere.push(name.to_owned());
        }
    }
    (inside, elsewhere)
}

/// What every look at a TLS server brought that both made.
fn both<'a>(old: &'a Evidence, new: &'a Evidence) -> impl Iterator<Item = (&'a str, IpAddr, &'a TlsSeen, &'a TlsSeen)> {
    old.records.iter().filter_map(|(probe, before)| match (probe, &before.seen, &new.records.get(probe)?.seen) {
        (Probe::Tls { address, name, .. }, Seen::Tls(was), Seen::Tls(is)) => Some((name.as_str(), *address, was, is)),
        _ => None,
    })
}

fn leaf(seen: &TlsSeen) -> Option<Certificate> {
    seen.chain.first().map(|der| Certificate::read(&STANDARD.decode(der).unwrap_or_default()))
}

/// Whether a chain ends at a root of a store; none where the evidence does not tell.
fn is_known(evidence: &Evidence, address: IpAddr, seen: &TlsSeen) -> Option<bool> {
    let analysis = chain::look_at_chain(&View::new(evidence), &seen.chain, is_private(address)).ok()?;
    analysis.stores_known.then_some(matches!(analysis.end, End::Anchor { .. }))
}

/// Hosts for which one run was shown a certificate of somebody in between.
fn inspections(old: &Report, new: &Report) -> Vec<(String, Sentence)> {
    let mut found: Vec<(String, Sentence)> = Vec::new();
    let says = |report: &Report, host: &str| {
        let all = report.checks.iter().flat_map(|check| &check.findings);
        all.filter(|finding| finding.code == INSPECTED).any(|finding| finding.subject.host.as_deref() == Some(host))
    };
    for (host, address, was, is) in both(&old.evidence, &new.evidence) {
        let (Some(before), Some(after)) = (leaf(was), leaf(is)) else { continue };
        if before.spki == after.spki
            || before.issuer.same(&after.issuer)
            || found.iter().any(|(known, _)| known == host)
        {
            continue;
        }
        let by_finding = (says(old, host), says(new, host));
        let known = (is_known(&old.evidence, address, was), is_known(&new.evidence, address, is));
        let text: Text = match (by_finding, known) {
            ((true, false), _) => OLDER_INSPECTED,
            ((false, true), _) => NEWER_INSPECTED,
            // the roots that an inspecting device needs are installed: its name alone tells
            _ if product(&before.issuer).is_some() != product(&after.issuer).is_some() => {
                if product(&before.issuer).is_some() { OLDER_INSPECTED } else { NEWER_INSPECTED }
            }
            (_, (Some(false), Some(true))) => OLDER_PRIVATE,
            (_, (Some(true), Some(false))) => NEWER_PRIVATE,
            _ => continue,
        };
        let sentence = Sentence::new(text)
            .with("old", before.issuer.text.as_str())
            .with("new", after.issuer.text.as_str())
            .with("address", address.to_string());
        found.push((host.to_owned(), sentence));
    }
    found
}

const OLDER_INSPECTED: Text = text!(
    "{about} ({address}): its certificate is from {old} in the older run and from {new} in the newer one, at the same address. Where the older one was made, a firewall or a virus scanner opens TLS and shows a certificate of its own; what that run says of certificates is not about the server.",
    "{about} ({address}): Das Zertifikat stammt im älteren Lauf von {old} und im neueren von {new}, an derselben Adresse. Wo der ältere gemacht wurde, öffnet eine Firewall oder ein Virenscanner TLS und zeigt ein eigenes Zertifikat; was jener Lauf zu Zertifikaten sagt, betrifft nicht den Server.",
);
const NEWER_INSPECTED: Text = text!(
    "{about} ({address}): its certificate is from {old} in the older run and from {new} in the newer one, at the same address. Where the newer one was made, a firewall or a virus scanner opens TLS and shows a certificate of its own; what that run says of certificates is not about the server.",
    "{about} ({address}): Das Zertifikat stammt im älteren Lauf von {old} und im neueren von {new}, an derselben Adresse. Wo der neuere gemacht wurde, öffnet eine Firewall oder ein Virenscanner TLS und zeigt ein eigenes Zertifikat; was jener Lauf zu Zertifikaten sagt, betrifft nicht den Server.",
);
const OLDER_PRIVATE: Text = text!(
    "{about} ({address}): in the older run its certificate is from an authority that no trust store there knows ({old}), in the newer one from one that is known ({new}), at the same address. Either it was replaced in between, or TLS is opened on the way where the older one was made.",
    "{about} ({address}): Im älteren Lauf stammt das Zertifikat von einer Stelle, die dort kein Zertifikatsspeicher kennt ({old}), im neueren von einer bekannten ({new}), an derselben Adresse. Entweder wurde es inzwischen ersetzt, oder TLS wird dort unterwegs geöffnet, wo der ältere gemacht wurde.",
);
const NEWER_PRIVATE: Text = text!(
    "{about} ({address}): in the newer run its certificate is from an authority that no trust store there knows ({new}), in the older one from one that is known ({old}), at the same address. Either it was replaced in between, or TLS is opened on the way where the newer one was made.",
    "{about} ({address}): Im neueren Lauf stammt das Zertifikat von einer Stelle, die dort kein Zertifikatsspeicher kennt ({new}), im älteren von einer bekannten ({old}), an derselben Adresse. Entweder wurde es inzwischen ersetzt, oder TLS wird dort unterwegs geöffnet, wo der neuere gemacht wurde.",
);

/// IPv6 addresses that took a connection here, and none there, while IPv4 worked there.
fn dead_ipv6(here: &Evidence, there: &Evidence) -> Vec<String> {
    let connects = |seen: &TlsSeen| match &seen.outcome {
        TlsOutcome::Failed(Failure { phase, .. }) => *phase > Phase::Connect,
        TlsOutcome::Handshake(_) | TlsOutcome::File => true,
    };
    let alive = there.records.iter().any(|(probe, record)| match (probe, &record.seen) {
        (Probe::Tls { address, .. }, Seen::Tls(seen)) => address.is_ipv4() && connects(seen),
        _ => false,
    });
    let dead = both(here, there).filter(|(_, address, was, is)| address.is_ipv6() && connects(was) && !connects(is));
    dead.filter(|_| alive).map(|(host, address, ..)| format!("{host} ({address})")).collect()
}

fn proxy(old: &Evidence, new: &Evidence) -> Option<(String, Text)> {
    match (&old.header.proxy, &new.header.proxy) {
        (None, Some(proxy)) => Some((
            proxy.clone(),
            text!(
                "{about}: only the newer run went through this proxy. What differs in certificates, statuses and times may be the proxy's doing.",
                "{about}: Nur der neuere Lauf ging über diesen Proxy. Was sich an Zertifikaten, Status und Zeiten unterscheidet, kann an ihm liegen.",
            ),
        )),
        (Some(proxy), None) => Some((
            proxy.clone(),
            text!(
                "{about}: only the older run went through this proxy. What differs in certificates, statuses and times may be the proxy's doing.",
                "{about}: Nur der ältere Lauf ging über diesen Proxy. Was sich an Zertifikaten, Status und Zeiten unterscheidet, kann an ihm liegen.",
            ),
        )),
        _ => None,
    }
}

/// Hosts that send both the same, of which only one of the two knows the root.
fn otherwise_trusted(old: &Evidence, new: &Evidence) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for (host, address, was, is) in both(old, new) {
        if was.chain.is_empty() || was.chain != is.chain || hosts.iter().any(|known| known == host) {
            continue;
        }
        if let (Some(before), Some(after)) = (is_known(old, address, was), is_known(new, address, is))
            && before != after
        {
            hosts.push(host.to_owned());
        }
    }
    hosts
}
