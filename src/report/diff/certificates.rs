//! Which certificates are others, and how does TLS end otherwise?

use super::{Area, Change, arrow};
use crate::evidence::{Evidence, Probe, Seen, TlsOutcome};
use crate::finding::{Lang, Sentence};
use crate::order;
use crate::protocol::builds::day_of;
use crate::protocol::x509::Certificate;
use crate::report::Report;
use crate::report::certificates::{Shown, shown};
use crate::report::seen::seen_word;
use crate::text;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) fn changes(old: &Report, new: &Report, lang: Lang) -> Vec<Change> {
    let (before, after) = (shown(old), shown(new));
    let mut at_all: Vec<(Change, &str, Vec<IpAddr>)> = Vec::new();
    for is in &after {
        let same = before.iter().find(|was| (was.address, was.port) == (is.address, is.port) && was.host == is.host);
        // where no address is common to both, the name is what they have in common
        let elsewhere = || {
            let of_name = |shown: &Shown| shown.host == is.host && shown.port == is.port;
            let common = after
                .iter()
                .any(|one| of_name(one) && before.iter().any(|other| of_name(other) && other.address == one.address));
            before.iter().find(|was| of_name(was) && !common)
        };
        let Some(change) = same.or_else(elsewhere).and_then(|was| between(was, is, lang)) else { continue };
        // the same of several addresses is told once
        match at_all.iter_mut().find(|(known, host, _)| known.said == change.said && *host == is.host) {
            Some((_, _, addresses)) => addresses.push(is.address),
            None => at_all.push((change, &is.host, vec![is.address])),
        }
    }
    let named = at_all.into_iter().map(|(mut change, host, addresses)| {
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        change.about = format!("{host} ({})", addresses.join(", "));
        change
    });
    named.chain(handshakes(&old.evidence, &new.evidence, lang)).collect()
}

fn between(was: &Shown, is: &Shown, lang: Lang) -> Option<Change> {
    let (old, new) = (was.chain.first()?, is.chain.first()?);
    let prints = |shown: &Shown| shown.chain.iter().map(|c| c.fingerprint.clone()).collect::<Vec<_>>();
    if prints(was) == prints(is) {
        return None;
    }
    let values = (facts(was), facts(is));
    let told = arrow(&spoken(was, lang), &spoken(is, lang), lang);
    let (what, text) = if old.fingerprint == new.fingerprint {
        (
            "chain",
            text!(
                "the same certificate, sent with others: {told}",
                "dasselbe Zertifikat, mit anderen gesendet: {told}"
            ),
        )
    } else if is_renewal(old, new) {
        ("renewed", text!("renewed: {told}", "erneuert: {told}"))
    } else {
        ("replaced", text!("replaced: {told}", "ersetzt: {told}"))
    };
    let said = Sentence::new(text).with("told", told).say(lang);
    Some(Change::new(Area::Certificates, what, &is.host, values, said))
}

/// Of the same authority, for the same names, and from later on.
fn is_renewal(old: &Certificate, new: &Certificate) -> bool {
    let names = |certificate: &Certificate| {
        order::set(certificate.names.iter().map(|name| name.to_string().to_ascii_lowercase()))
    };
    // authorities change the certificate they sign with
    let same_authority = match (&old.issuer.organisation, &new.issuer.organisation) {
        (Some(old), Some(new)) => old == new,
        _ => old.issuer.same(&new.issuer),
    };
    let later = old.validity.zip(new.validity).is_some_and(|(old, new)| new.not_before >= old.not_before);
    names(old) == names(new) && same_authority && later
}

/// Issuer, end, and what is sent behind.
fn spoken(shown: &Shown, lang: Lang) -> String {
    let Some(leaf) = shown.chain.first() else { return String::new() };
    let issuer = if leaf.is_self_signed() {
        text!("self-signed", "selbstsigniert").of(lang).to_owned()
    } else if leaf.issuer.short.is_empty() {
        leaf.issuer.text.clone()
    } else {
        leaf.issuer.short.clone()
    };
    let until = leaf.validity.map(|validity| day_of(validity.not_after).to_string()).unwrap_or_default();
    let behind: Vec<String> = shown.chain.iter().skip(1).map(Certificate::short_name).collect();
    let text = if behind.is_empty() {
        text!("{issuer}, until {until}, alone", "{issuer}, bis {until}, allein")
    } else {
        text!("{issuer}, until {until}, with {behind}", "{issuer}, bis {until}, mit {behind}")
    };
    Sentence::new(text).with("issuer", issuer).with("until", until).with("behind", behind).say(lang)
}

fn facts(shown: &Shown) -> Value {
    let Some(leaf) = shown.chain.first() else { return Value::Null };
    json!({
        "address": shown.address,
        "fingerprint": leaf.fingerprint,
        "subject": leaf.subject.text,
        "issuer": leaf.issuer.text,
        "not_before": leaf.validity.map(|validity| validity.not_before.to_string()),
        "not_after": leaf.validity.map(|validity| validity.not_after.to_string()),
        "chain": shown.chain.iter().map(Certificate::short_name).collect::<Vec<_>>(),
    })
}

/// How the look at each address ended.
fn handshakes(old: &Evidence, new: &Evidence, lang: Lang) -> Vec<Change> {
    let ended = |evidence: &Evidence| -> BTreeMap<(String, IpAddr, u16), String> {
        let looks = evidence.records.iter().filter_map(|(probe, record)| match (probe, &record.seen) {
            (Probe::Tls { address, port, name }, Seen::Tls(seen)) => {
                let cipher = match &seen.outcome {
                    TlsOutcome::Handshake(handshake) => format!(" {}", handshake.cipher),
                    _ => String::new(),
                };
                Some(((name.clone(), *address, *port), seen_word(&record.seen) + &cipher))
            }
            _ => None,
        });
        order::map(looks)
    };
    let before = ended(old);
    let told = ended(new).into_iter().filter_map(|((host, address, port), is)| {
        let was = before.get(&(host.clone(), address, port))?;
        let about = format!("{host} ({address})");
        Change::between(Area::Certificates, "handshake", about, (was, &is), Clone::clone, lang)
    });
    told.collect()
}
