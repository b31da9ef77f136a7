//! Does the chain keep the rules for certificates, and which does it break?
//!
//! The words of the rules of [`lint`], and the findings about them. No check of its own: `tls-chain`
//! tells them beside what clients refuse.

mod words;

pub use words::WORDS;

use crate::finding::{Finding, Lang, Text};
use crate::order;
use crate::protocol::chain::ChainAnalysis;
use crate::protocol::lint::{self, Breach, Level, Rule, Scope};
use crate::protocol::x509::Certificate;
use crate::{findings, text};
use jiff::Timestamp;
use serde_json::json;
use std::fmt::Write as _;

findings! {
    NONCONFORMING = "tls.nonconforming", Info, Exchange {
        title { en: "The certificate chain of {server} does not conform: {what}", de: "Die Zertifikatskette von {server} ist nicht regelkonform: {what}" }
        meaning {
            en: "The rules it breaks: {ids}. Whether clients accept the chain is told by the other findings. A rule of level error is one that a strict client may refuse the chain for, today or after its next update; one of level warn is a duty of the authority that clients do not look at.",
            de: "Verletzte Regeln: {ids}. Ob Clients die Kette akzeptieren, sagen die übrigen Befunde. Bei einer Regel der Stufe error kann ein strenger Client die Kette ablehnen, heute oder nach seinem nächsten Update; eine der Stufe warn ist eine Pflicht der Zertifizierungsstelle, auf die Clients nicht achten.",
        }
        remedy { en: "Have the next certificate issued without these faults", de: "Lassen Sie das nächste Zertifikat ohne diese Fehler ausstellen" }
        steps [
            { en: "Read what the rules say:", de: "Lesen Sie, was die Regeln sagen:", Shell "exdiag explain {explain}" },
        ]
        links [ "https://www.rfc-editor.org/rfc/rfc5280", "https://cabforum.org/working-groups/server/baseline-requirements/documents/" ]
    }
    LIFETIME_TOO_LONG = "tls.lifetime-too-long", Warn, Exchange {
        title { en: "The certificate of {server} lasts {days} days, {limit} are allowed", de: "Das Zertifikat von {server} gilt {days} Tage, erlaubt sind {limit}" }
        meaning {
            en: "It was issued on {issued}; for that day the limit is {limit} days ({source}). iPhones, iPads and Macs refuse what lasts longer than 398 days from a public authority, or 825 days from any; most other clients do not count yet.",
            de: "Es wurde am {issued} ausgestellt; für diesen Tag liegt die Grenze bei {limit} Tagen ({source}). iPhones, iPads und Macs lehnen ab, was von einer öffentlichen Zertifizierungsstelle länger als 398 Tage gilt oder von irgendeiner länger als 825; die meisten anderen Clients zählen noch nicht nach.",
        }
        remedy { en: "Have a certificate issued that lasts no longer than {limit} days, and renew it automatically", de: "Lassen Sie ein Zertifikat ausstellen, das höchstens {limit} Tage gilt, und erneuern Sie es automatisch" }
        steps [
            { en: "Ask the authority, or the admin of the certificate template, for a shorter validity, then install the new certificate and bind it:", de: "Verlangen Sie von der Zertifizierungsstelle oder in der Zertifikatvorlage eine kürzere Gültigkeit; installieren Sie dann das neue Zertifikat und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotBefore,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links [ "https://support.apple.com/103769" ]
    }
}

/// Limits on the lifetime, the shortest first, in days.
const LIFETIMES: &[(&str, i64)] = &[
    ("tls.rule-lifetime-47-days", 47),
    ("tls.rule-lifetime-100-days", 100),
    ("tls.rule-lifetime-200-days", 200),
    ("tls.rule-lifetime-398-days", 398),
    ("tls.rule-lifetime-825-days", 825),
];

/// Rules whose breach has a finding of its own that says more.
const TOLD_ELSEWHERE: &[&str] = &[
    "tls.rule-certificate-unreadable",
    "tls.rule-certificate-malformed",
    "tls.rule-rsa-short",
    "tls.rule-signature-sha1",
    "tls.rule-signature-sha1-lasts-too-long",
    "tls.rule-san-missing",
    "tls.rule-issuer-not-a-ca",
    "tls.rule-purpose-not-server",
    "tls.rule-ca-as-server",
    "tls.rule-extension-unknown-critical",
    "tls.rule-root-out-of-date",
];

/// Rules that small private authorities break, their tools leaving the part out; clients find the issuer
/// by its name all the same. Told of public authorities alone.
const NOT_TOLD_OF_PRIVATE_CHAINS: &[&str] = &["tls.rule-aki-missing", "tls.rule-ca-ski-missing"];

/// What is to be said about the path that leads to the anchor, repaired where it had to be.
pub fn about_chain(chain: &ChainAnalysis, at: Timestamp) -> Vec<Finding> {
    let path = chain.full_path().unwrap_or_else(|| chain.on_path().map(|(_, c)| c.clone()).collect());
    let path: Vec<&[u8]> = path.iter().map(|certificate| certificate.der.as_slice()).collect();
    about_rules(&path, at, lint::ends_at_public_root(&path))
}

/// What is to be said about a path: DER, the leaf first. `public` says that it ends at a publicly
/// trusted root.
pub fn about_rules(path: &[&[u8]], at: Timestamp, public: bool) -> Vec<Finding> {
    let breaches = lint::lint(path, at, public);
    let mut found = Vec::new();
    let leaf = path.first().map(|der| Certificate::read(der));
    found.extend(leaf.and_then(|leaf| lifetime(&leaf, &breaches)));
    let is_lifetime = |breach: &Breach| LIFETIMES.iter().any(|(id, _)| *id == breach.rule.id);
    let told: Vec<&Breach> = breaches
        .iter()
        .filter(|breach| breach.rule.level > Level::Notice && !is_lifetime(breach))
        .filter(|breach| !is_told_elsewhere(path, breach))
        .filter(|breach| public || !NOT_TOLD_OF_PRIVATE_CHAINS.contains(&breach.rule.id))
        // what clients do not look at is a public authority's duty, and nobody's below a private one
        .filter(|breach| breach.rule.level == Level::Error || (public && !is_root(path, breach.index)))
        .collect();
    // the heaviest, and of several the first of the chain
    let Some(worst) = told.iter().rev().max_by_key(|breach| breach.rule.level) else { return found };
    let what = sentence(worst.rule.id).map(|text| json!({"en": text.en, "de": text.de}));
    let mut ids: Vec<&str> = told.iter().map(|breach| breach.rule.id).collect();
    order::rising(&mut ids);
    ids.dedup();
    let rules: Vec<serde_json::Value> = told.iter().map(|breach| describe(path, breach)).collect();
    found.push(
        Finding::new(&NONCONFORMING)
            .with("ids", ids.clone())
            .with("explain", ids.join(" "))
            .with("what", what.unwrap_or_default())
            .with("public", public)
            .with("rules", rules),
    );
    found
}

/// Whether another finding says the same, and more.
fn is_told_elsewhere(path: &[&[u8]], breach: &Breach) -> bool {
    match breach.rule.id {
        // tls.malformed-certificate names the first part that cannot be read
        "tls.rule-extension-unreadable" => {
            path.get(breach.index).is_some_and(|der| Certificate::read(der).flaw.is_some())
        }
        // tls.not-a-ca
        "tls.rule-cert-sign-without-ca" | "tls.rule-cert-sign-with-ca-false" => breach.index > 0,
        id => TOLD_ELSEWHERE.contains(&id),
    }
}

/// The limit that a leaf breaks, the shortest where it breaks several. A certificate that signs
/// itself has worse faults than its lifetime.
fn lifetime(leaf: &Certificate, breaches: &[Breach]) -> Option<Finding> {
    let broken = |id: &str| breaches.iter().find(|breach| breach.index == 0 && breach.rule.id == id);
    let (breach, limit) = LIFETIMES.iter().find_map(|(id, limit)| Some((broken(id)?, *limit)))?;
    if leaf.is_self_signed() {
        return None;
    }
    let validity = leaf.validity?;
    let days = (validity.seconds().saturating_add(1)).saturating_add(86_399) / 86_400;
    Some(
        Finding::new(&LIFETIME_TOO_LONG)
            .with("days", days)
            .with("limit", limit)
            .with("issued", validity.not_before.strftime("%Y-%m-%d").to_string())
            .with("source", breach.rule.source)
            .with("rule", breach.rule.id)
            .with("thumbprint", leaf.thumbprint.as_str()),
    )
}

/// What stores hold is theirs to judge: of a root only what a client may trip over is told.
fn is_root(path: &[&[u8]], index: usize) -> bool {
    index > 0 && path.get(index).is_some_and(|der| Certificate::read(der).is_self_signed())
}

fn describe(path: &[&[u8]], breach: &Breach) -> serde_json::Value {
    let certificate = path.get(breach.index).map(|der| Certificate::read(der).short_name().clone());
    let effect = if breach.rule.level == Level::Error { "strict-clients-refuse" } else { "clients-do-not-look" };
    json!({
        "rule": breach.rule.id,
        "index": breach.index,
        "certificate": certificate.unwrap_or_default(),
        "detail": breach.detail,
        "source": breach.rule.source,
        "level": breach.rule.level.id(),
        "effect": effect,
    })
}

/// What a broken rule means, in one sentence.
pub fn sentence(id: &str) -> Option<Text> {
    WORDS.iter().find(|(known, _)| *known == id).map(|(_, text)| *text)
}

/// A rule as `exdiag explain` tells it, Markdown; none where there is no such rule.
pub fn explain(id: &str, lang: Lang) -> Option<String> {
    let rule = lint::rules().find(|rule| rule.id == id)?;
    let (level, source, binds, time) = match lang {
        Lang::En => ("Level", "Source", "Binds", "In force"),
        Lang::De => ("Stufe", "Quelle", "Gilt für", "In Kraft"),
    };
    let mut out = format!("# {}\n\n**{}.**\n\n", rule.id, sentence(id)?.of(lang));
    let _ = writeln!(out, "- {level}: {} ({})", rule.level.id(), weight(rule.level).of(lang));
    let _ = writeln!(out, "- {source}: {}", rule.source);
    let _ = writeln!(out, "- {binds}: {}", bound(rule).of(lang));
    if let Some(span) = in_force(rule, lang) {
        let _ = writeln!(out, "- {time}: {span}");
    }
    Some(out)
}

/// All rules as one page of the documentation, Markdown.
pub fn page(lang: Lang) -> String {
    let mut out = String::from(match lang {
        Lang::En => {
            "# Rules for certificates\n\nWhat `tls.nonconforming` goes by. Level error: a strict client may refuse the chain; warn: a duty \
             of the authority that clients do not look at; notice: advice, not told. \"Public\" rules bind chains that end at a \
             publicly trusted root.\n\n| rule | level | binds | source | in force | what is wrong |\n| --- | --- | --- | --- | --- | --- |\n"
        }
        Lang::De => {
            "# Regeln für Zertifikate\n\nWonach `tls.nonconforming` urteilt. Stufe error: Ein strenger Client kann die Kette ablehnen; warn: \
             eine Pflicht der Zertifizierungsstelle, auf die Clients nicht achten; notice: ein Rat, wird nicht gemeldet. Regeln mit \
             „öffentliche“ binden Ketten, die an einem öffentlich vertrauten Stammzertifikat enden.\n\n| Regel | Stufe | gilt für | Quelle | in Kraft \
             | was falsch ist |\n| --- | --- | --- | --- | --- | --- |\n"
        }
    });
    for rule in lint::rules() {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            rule.id,
            rule.level.id(),
            match (rule.scope, lang) {
                (Scope::PublicOnly, Lang::En) => "public",
                (Scope::PublicOnly, Lang::De) => "öffentliche",
                (Scope::Everybody, Lang::En) => "all",
                (Scope::Everybody, Lang::De) => "alle",
            },
            rule.source,
            in_force(rule, lang).unwrap_or_default(),
            sentence(rule.id).map_or("", |text| text.of(lang)),
        );
    }
    out
}

fn weight(level: Level) -> Text {
    match level {
        Level::Error => {
            text!("a strict client may refuse the chain for it", "ein strenger Client kann die Kette deshalb ablehnen")
        }
        Level::Warn => text!(
            "a duty of the authority that clients do not look at",
            "eine Pflicht der Zertifizierungsstelle, auf die Clients nicht achten",
        ),
        Level::Notice => text!("advice", "ein Rat"),
    }
}

fn bound(rule: &Rule) -> Text {
    match rule.scope {
        Scope::Everybody => text!("every certificate", "jedes Zertifikat"),
        Scope::PublicOnly => text!(
            "certificates under a publicly trusted root",
            "Zertifikate unter einem öffentlich vertrauten Stammzertifikat",
        ),
    }
}

/// From when to when certificates are bound by it; none where that has no end.
fn in_force(rule: &Rule, lang: Lang) -> Option<String> {
    let day = |second: i64| Some(Timestamp::from_second(second).ok()?.strftime("%Y-%m-%d").to_string());
    let since = day(rule.since);
    let until = day(rule.until.saturating_sub(1)).filter(|_| rule.until != i64::MAX);
    let (from, to) = match lang {
        Lang::En => ("since", "until"),
        Lang::De => ("seit", "bis"),
    };
    match (since, until) {
        (None, None) => None,
        (Some(since), None) => Some(format!("{from} {since}")),
        (None, Some(until)) => Some(format!("{to} {until}")),
        (Some(since), Some(until)) => Some(format!("{from} {since} {to} {until}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_has_its_words_and_no_others_have() {
        let rules: Vec<&str> = lint::rules().map(|rule| rule.id).collect();
        let words: Vec<&str> = WORDS.iter().map(|(id, _)| *id).collect();
        assert_eq!(rules, words);
        assert_eq!(rules.iter().collect::<BTreeSet<_>>().len(), rules.len());
    }

    #[test]
    fn a_rule_is_in_force_before_it_ends_and_names_its_clause() {
        for rule in lint::rules() {
            assert!(rule.since < rule.until && !rule.source.is_empty(), "{}", rule.id);
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(rule.id.strip_prefix("tls.rule-").is_some_and(|name| name.chars().all(kebab)), "{}", rule.id);
        }
    }

    #[test]
    fn what_is_told_elsewhere_and_every_limit_is_a_rule() {
        let known = |id: &&str| lint::rules().any(|rule| rule.id == *id);
        assert!(TOLD_ELSEWHERE.iter().chain(NOT_TOLD_OF_PRIVATE_CHAINS).all(known));
        assert!(LIFETIMES.iter().all(|(id, _)| known(id)));
    }

    #[test]
    fn a_rule_explains_itself_in_both_languages() {
        let english = explain("tls.rule-lifetime-200-days", Lang::En).unwrap();
        assert!(english.contains("since 2026-03-15 until 2027-03-14"), "{english}");
        assert!(explain("tls.rule-dsa", Lang::De).unwrap().contains("DSA-Schlüssel"));
        assert!(explain("tls.rule-of-thumb", Lang::En).is_none());
    }
}
