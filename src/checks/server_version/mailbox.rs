//! Is the server that holds the mailbox the same Exchange as the one that answers?

use super::{about, named};
use crate::evidence::{Probe, Stop, View};
use crate::finding::{Finding, Severity};
use crate::findings;
use crate::protocol::autodiscover;
use crate::protocol::builds::{Product, Version, updates_between};
use crate::protocol::endpoint::{Endpoint, Origin};
use crate::protocol::version::{self, Reading};
use jiff::civil::Date;
use serde_json::{Value, json};

findings! {
    MAILBOX_SERVER_DIFFERS = "server.mailbox-server-differs", Warn, Exchange {
        title { en: "The server that holds the mailbox is another one than {host}: {mailbox_server}", de: "Der Server mit dem Postfach ist ein anderer als {host}: {mailbox_server}" }
        meaning {
            en: "{judgement} {host} shows the build {front}; of the server with the mailbox, Autodiscover tells the cumulative update to those who have signed in.",
            de: "{judgement} {host} zeigt den Build {front}; vom Server mit dem Postfach nennt Autodiscover nach der Anmeldung das kumulative Update.",
        }
        remedy { en: "Bring the server with the mailbox to the build of {host}, or move the mailbox", de: "Bringen Sie den Server mit dem Postfach auf den Build von {host} oder verschieben Sie das Postfach" }
        steps [
            { en: "See which server holds the mailbox, and what runs on each:", de: "Sehen Sie nach, auf welchem Server das Postfach liegt und was auf jedem läuft:", Powershell "Get-Mailbox '{mailbox}' | Format-List ServerName,Database,AdminDisplayVersion\nGet-ExchangeServer | Format-Table Name,ServerRole,AdminDisplayVersion" },
            { en: "Install there what the other servers have. Where that server is to be retired, or is out of support, move the mailbox to a database on a newer one (put its name in place of DATABASE):", de: "Installieren Sie dort, was die anderen Server haben. Soll dieser Server entfallen oder wird er nicht mehr unterstützt, verschieben Sie das Postfach in eine Datenbank auf einem neueren (setzen Sie deren Namen statt DATABASE ein):", Powershell "New-MoveRequest -Identity '{mailbox}' -TargetDatabase DATABASE" },
        ]
        links ["https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates", "https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversion-pox", "https://learn.microsoft.com/exchange/clients/outlook-for-ios-and-android/use-hybrid-modern-auth"]
    }
}

/// What Autodiscover tells of the server with the mailbox. Where the user names a server, nobody knows
/// whether Autodiscover leads to the same organisation.
pub fn reading(view: &View<'_>, endpoint: &Endpoint) -> Result<Option<Reading>, Stop> {
    if endpoint.origin == Origin::User {
        return Ok(None);
    }
    let Some(walk) = autodiscover::walk(view)? else { return Ok(None) };
    Ok(version::of_mailbox_server(&autodiscover::beside(view, &walk)?))
}

/// What the server's own answers show, or what the mailbox's server says more of the same.
pub fn completed(seen: Option<Version>, at_mailbox: Option<&Reading>) -> Option<Version> {
    let told = at_mailbox.map(|reading| reading.version);
    match (seen, told) {
        (Some(seen), Some(told)) if seen.parts().len() < told.parts().len() && seen.agrees(&told) => Some(told),
        (None, told) => told,
        (seen, _) => seen,
    }
}

/// The server with the mailbox has another cumulative update. One update apart is what an update under way
/// looks like, and several generations side by side what a move does. With hybrid modern authentication
/// (`is_modern`) those that know no OAuth are cut off.
pub fn differing(
    endpoint: &Endpoint,
    seen: Option<Version>,
    at_mailbox: Option<&Reading>,
    today: Date,
    is_modern: bool,
) -> Option<Finding> {
    let (front, reading) = (seen?, at_mailbox?);
    let told = reading.version;
    if front.agrees(&told) {
        return None;
    }
    let without_oauth = is_modern && told.product() == Some(Product::E2010);
    let (judgement, severity) = if without_oauth { no_oauth() } else { judged(&front, &told, today) };
    Some(
        about(&MAILBOX_SERVER_DIFFERS, endpoint)
            .severity(severity)
            .with("front", front.to_string())
            .with("mailbox_server", named(&told))
            .with("mailbox_build", told.to_string())
            .with("judgement", judgement)
            .seen_in(&Probe::Http(reading.probe.clone())),
    )
}

fn no_oauth() -> (Value, Severity) {
    (
        json!({
            "en": "Exchange 2010 knows no OAuth, and the server in front is set up for hybrid modern authentication: apps that sign in so, such as Outlook, do not get to this mailbox.",
            "de": "Exchange 2010 kennt kein OAuth, und der Server davor ist für moderne Hybridauthentifizierung eingerichtet: Apps, die sich so anmelden, etwa Outlook, kommen nicht an dieses Postfach.",
        }),
        Severity::Warn,
    )
}

/// How far the two are apart, in words, and whether that deserves attention.
fn judged(front: &Version, told: &Version, today: Date) -> (Value, Severity) {
    let ended = |version: &Version| {
        let end = version.product().and_then(Product::end_of_support)?;
        (today > end).then_some((version.product().map_or("Exchange Server", Product::name), end))
    };
    if let Some((product, end)) = ended(told).filter(|_| ended(front).is_none()) {
        return (
            json!({
                "en": format!("{product} has been out of support since {end}: whatever stands in front of it, the mailbox is on it."),
                "de": format!("{product} wird seit {end} nicht mehr unterstützt: Was auch davorsteht, das Postfach liegt darauf."),
            }),
            Severity::Warn,
        );
    }
    match updates_between(front, told) {
        Some(1) => (
            json!({
                "en": "The two are one update apart, as is normal while updates are being installed.",
                "de": "Beide liegen ein Update auseinander, was während der Installation von Updates normal ist.",
            }),
            Severity::Info,
        ),
        Some(count) if count > 1 => (
            json!({
                "en": format!("The two are {count} updates apart: one of the two was forgotten."),
                "de": format!("Beide liegen {count} Updates auseinander: Einer der beiden wurde vergessen."),
            }),
            Severity::Warn,
        ),
        _ => (
            json!({
                "en": "The two are of different generations, as is normal while mailboxes are being moved.",
                "de": "Beide gehören verschiedenen Generationen an, was während eines Umzugs von Postfächern normal ist.",
            }),
            Severity::Info,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn one_update_apart_is_a_remark_and_a_forgotten_server_is_none() {
        let severity = |front, told, today| judged(&version(front), &version(told), today).1;
        let (then, now) = (date(2025, 3, 1), date(2026, 11, 22));
        assert_eq!(severity("15.2.1748.10", "15.2.1544", then), Severity::Info);
        assert_eq!(severity("15.2.1748.10", "15.2.1258", then), Severity::Warn);
        assert_eq!(severity("15.2.2562.46", "15.2.2650", now), Severity::Info);
        // 2016 in its time, and after it
        assert_eq!(severity("15.2.1748.10", "15.1.2507", then), Severity::Info);
        assert_eq!(severity("15.2.2562.46", "15.1.2507", now), Severity::Warn);
        assert_eq!(severity("15.2.2562.46", "15.2.1748", now), Severity::Warn);
        // what stands in front is told to be over by itself
        assert_eq!(severity("15.2.1748.39", "15.1.2507", now), Severity::Info);
    }

    fn at(text: &str) -> Reading {
        Reading {
            version: version(text),
            source: version::Source::MailboxServer,
            node: None,
            address: None,
            probe: crate::evidence::HttpProbe::new(crate::evidence::Method::Post, "https://a.corp.example/"),
        }
    }

    #[test]
    fn the_same_cumulative_update_is_no_difference_whatever_security_update_is_in_front() {
        let endpoint = Endpoint::parse("https://mail.corp.example/Microsoft-Server-ActiveSync", Origin::Pox).unwrap();
        let told = |front, told| differing(&endpoint, Some(version(front)), Some(&at(told)), date(2026, 11, 22), false);
        assert!(told("15.2.2562.46", "15.2.2562").is_none());
        let found = told("15.2.2562.46", "15.2.1748").unwrap();
        assert_eq!((found.severity, found.place.host.as_deref()), (Severity::Warn, Some("mail.corp.example")));
    }

    #[test]
    fn o38_modern_sign_in_before_exchange_2010_cuts_its_mailboxes_off() {
        let endpoint = Endpoint::parse("https://mail.corp.example/Microsoft-Server-ActiveSync", Origin::Pox).unwrap();
        let told = |told, is_modern| {
            let found =
                differing(&endpoint, Some(version("15.1.2507.61")), Some(&at(told)), date(2026, 11, 22), is_modern);
            let found = found.unwrap();
            (found.severity, found.data["judgement"]["en"].as_str().unwrap().contains("OAuth"))
        };
        assert_eq!(told("14.3.513", true), (Severity::Warn, true));
        assert_eq!(told("14.3.513", false), (Severity::Info, false));
        assert_eq!(told("15.0.1497", true), (Severity::Info, false));
    }

    #[test]
    fn the_mailbox_server_completes_what_the_front_shows_and_never_corrects_it() {
        let of = |seen: Option<&str>, told: &str| completed(seen.map(version), Some(&at(told))).map(|v| v.to_string());
        assert_eq!(of(Some("15.2"), "15.2.1544").as_deref(), Some("15.2.1544"));
        assert_eq!(of(None, "15.2.1544").as_deref(), Some("15.2.1544"));
        assert_eq!(of(Some("15.2.2562.46"), "15.2.2562").as_deref(), Some("15.2.2562.46"));
        assert_eq!(of(Some("15.2.2562.46"), "15.1.2507").as_deref(), Some("15.2.2562.46"));
        assert_eq!(of(Some("15.1"), "15.2.1544").as_deref(), Some("15.1"));
    }
}
