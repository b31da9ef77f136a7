//! What does the sync service say of its grant, and what is wrong with it?
//!
//! The judgement of the check `auth-status`, for `last-sync` where that does not run.

pub mod account;
pub mod connector;
pub mod papers;
pub mod refused;

use crate::evidence::{HttpSeen, Probe, Stop, View};
use crate::finding::{Code, Finding, Owner, Sentence, Severity};
use crate::order;
use crate::protocol::nylas::{self, Answer, Grant, Lookup};
use crate::{findings, remedies, text};
use jiff::Timestamp;
use refused::{both, refused};
use serde_json::{Value, json};

findings! {
    GRANT_INVALID = "sync.grant-invalid", Fail, User {
        title { en: "The sync service can no longer sign in to {mailbox}", de: "Der Sync-Dienst kann sich bei {mailbox} nicht mehr anmelden" }
        meaning {
            en: "Its grant {grant} is marked {grant_status}; the last sign-in there was {last_sign_in}. Usually the password was changed, or consent withdrawn; until the user signs in again, nothing is synced.",
            de: "Seine Berechtigung {grant} steht auf {grant_status}; die letzte Anmeldung dort: {last_sign_in}. Meist wurde das Passwort geändert oder die Zustimmung entzogen; bis zu einer neuen Anmeldung wird nichts synchronisiert.",
        }
        remedy { en: "Sign in again in the app; the same grant goes on", de: "Melden Sie sich in der App erneut an; dieselbe Berechtigung läuft weiter" }
        steps [
            { en: "In the app, reconnect the mailbox with the password of today.", de: "Verbinden Sie das Postfach in der App mit dem heutigen Passwort neu." },
            { en: "If it becomes invalid again, have the sign-in tested:", de: "Wird sie wieder ungültig, lassen Sie die Anmeldung testen:", Shell "exdiag check {mailbox} --ask-password" },
        ]
        cases [RECONNECT]
        links ["https://developer.nylas.com/docs/dev-guide/best-practices/error-handling"]
    }
    GRANT_BLOCKED = "sync.grant-blocked", Fail, Sync {
        title { en: "The sync service has blocked the grant of {mailbox}", de: "Der Sync-Dienst hat die Berechtigung von {mailbox} gesperrt" }
        meaning {
            en: "The block was set at the service, not by Exchange: neither password nor server can lift it.",
            de: "Die Sperre wurde beim Dienst gesetzt, nicht von Exchange: Weder Passwort noch Server können sie aufheben.",
        }
        remedy { en: "Ask the owner of the app or the service's support to lift the block", de: "Bitten Sie den Betreiber der App oder den Support des Dienstes, die Sperre aufzuheben" }
        steps [
            { en: "Name this grant to them:", de: "Nennen Sie ihnen diese Berechtigung:", Config "{grant}" },
        ]
        links ["https://developer.nylas.com/docs/api/errors/event-codes/"]
    }
    GRANT_UNKNOWN = "sync.grant-unknown", Fail, Sync {
        title { en: "The sync service knows no grant for {mailbox}", de: "Der Sync-Dienst kennt keine Berechtigung für {mailbox}" }
        meaning {
            en: "The mailbox was never connected, its grant was deleted, or it belongs to another application or region of the service.",
            de: "Das Postfach wurde nie verbunden, seine Berechtigung wurde gelöscht, oder sie gehört zu einer anderen Anwendung oder Region des Dienstes.",
        }
        remedy { en: "Connect the mailbox, or ask the other region", de: "Verbinden Sie das Postfach oder fragen Sie die andere Region" }
        steps [
            { en: "Ask the other region, with a key of that region; exdiag sends a key nowhere but to the region named:", de: "Fragen Sie die andere Region mit einem Schlüssel dieser Region; exdiag sendet einen Schlüssel nur an die angegebene:", Shell "NYLAS_API_KEY=... exdiag check {mailbox} --only auth-status --nylas-region {other_region}" },
            { en: "Otherwise connect the mailbox anew in the app.", de: "Sonst verbinden Sie das Postfach in der App neu." },
        ]
        cases [OTHER_GRANT]
        links ["https://developer.nylas.com/docs/v3/auth/manage-grants/"]
    }
    SCOPES_MISSING = "sync.scopes-missing", Fail, Sync {
        title { en: "The sync service's grant does not include mail", de: "Die Berechtigung des Sync-Dienstes umfasst keine Mails" }
        meaning {
            en: "The account is connected, but without the scope for messages: calendars may work, mail does not.",
            de: "Das Konto ist verbunden, aber ohne den Geltungsbereich für Nachrichten: Kalender gehen vielleicht, Mails nicht.",
        }
        remedy { en: "Connect again with the scope for messages (ews.messages for Exchange)", de: "Verbinden Sie erneut mit dem Geltungsbereich für Nachrichten (bei Exchange ews.messages)" }
        steps [
            { en: "In the app, ask for these scopes when connecting:", de: "Fordern Sie in der App beim Verbinden diese Geltungsbereiche an:", Config "ews.messages\news.calendars\news.contacts" },
        ]
        links ["https://developer.nylas.com/docs/dev-guide/scopes/"]
    }
    DUPLICATE_GRANTS = "sync.duplicate-grants", Warn, Sync {
        title { en: "The sync service has {count} grants for {mailbox}", de: "Der Sync-Dienst hat {count} Berechtigungen für {mailbox}" }
        meaning {
            en: "The app may use a stale one of them, and then shows nothing new although another works.",
            de: "Die App verwendet womöglich eine veraltete davon und zeigt dann nichts Neues an, obwohl eine andere funktioniert.",
        }
        remedy { en: "Delete the stale ones", de: "Löschen Sie die veralteten" }
        steps [
            { en: "These are all of them: {list}.", de: "Das sind alle: {list}." },
            { en: "Find out which grant the app uses, and look at that one:", de: "Stellen Sie fest, welche die App verwendet, und prüfen Sie diese:", Shell "exdiag check {mailbox} --only auth-status,last-sync --nylas-grant {grant}" },
            { en: "Delete one that no app uses:", de: "Löschen Sie eine, die keine App verwendet:", Shell "curl -X DELETE -H \"Authorization: Bearer $NYLAS_API_KEY\" {api}/v3/grants/{other}" },
        ]
        links ["https://developer.nylas.com/docs/cookbook/use-cases/build/list-revoke-grants/"]
    }
    OTHER_MAILBOX = "sync.grant-other-mailbox", Warn, Caller {
        title { en: "The grant {grant} is of {email}, not of {mailbox}", de: "Die Berechtigung {grant} ist die von {email}, nicht die von {mailbox}" }
        meaning {
            en: "So whatever the service says of it says nothing of {mailbox}. An alias of the same mailbox would be no fault.",
            de: "Was der Dienst über sie sagt, sagt also nichts über {mailbox}. Ein Alias desselben Postfachs wäre kein Fehler.",
        }
        remedy { en: "Leave --nylas-grant out, so that it is looked up by address", de: "Lassen Sie --nylas-grant weg, damit nach der Adresse gesucht wird" }
        steps [
            { en: "Look it up by address:", de: "Suchen Sie nach der Adresse:", Shell "exdiag check {mailbox} --only auth-status,last-sync" },
        ]
        links ["https://developer.nylas.com/docs/v3/auth/manage-grants/"]
    }
}

remedies! {
    RECONNECT {
        en: "Reconnect the mailbox in the app with the password that worked here",
        de: "Verbinden Sie das Postfach in der App mit dem Passwort neu, das hier funktioniert hat",
        steps [
            { en: "The sign-in that exdiag just made was accepted: account and server are fine, only what the service has stored is old. In the app, reconnect the mailbox; the same grant goes on.", de: "Die Anmeldung, die exdiag eben gemacht hat, wurde angenommen: Konto und Server sind in Ordnung, nur was der Dienst gespeichert hat, ist veraltet. Verbinden Sie das Postfach in der App neu; dieselbe Berechtigung läuft weiter." },
            { en: "Then look again:", de: "Prüfen Sie dann erneut:", Shell "exdiag check {mailbox} --only auth-status,last-sync" },
        ]
    }
    OTHER_GRANT {
        en: "Use the grant that the address has now",
        de: "Verwenden Sie die Berechtigung, die die Adresse jetzt hat",
        steps [
            { en: "The service knows another grant for {mailbox}: {known}. The app has to use that one; look at it:", de: "Der Dienst kennt für {mailbox} eine andere Berechtigung: {known}. Die App muss diese verwenden; prüfen Sie sie:", Shell "exdiag check {mailbox} --only auth-status,last-sync --nylas-grant {known}" },
        ]
    }
}

/// What the sync service says of its grant.
#[derive(Debug, Default)]
pub struct Service {
    /// The grant that counts, where there is one.
    pub grant: Option<Grant>,
    /// Whether that grant works, as far as is known.
    pub works: bool,
    /// How many messages it could just read, where it could: no more than one is asked for.
    pub reads: Option<usize>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Where it is the old API, and the account runs.
    pub runs: Option<Sentence>,
    /// Why the grant's state is not known.
    pub unanswered: Option<Sentence>,
}

/// Asks the service; `None` where there is none to ask.
pub fn service(view: &View<'_>) -> Result<Option<Service>, Stop> {
    let (looked, same_address) = (nylas::lookup(view), nylas::of_same_address(view));
    let Some(Lookup { probe, answer }) = looked? else { return Ok(None) };
    let api = probe.api().to_owned();
    let mut all = match answer {
        Answer::Grants(grants) => grants,
        Answer::Account(found) => {
            let finding = account::judge(&found).seen_in(&Probe::Service(probe));
            return Ok(Some(Service { findings: vec![finding], runs: account::runs(&found), ..Service::default() }));
        }
        Answer::Refused(response) => {
            let finding = refused(&probe, response, None);
            let finding =
                if finding.code.id == GRANT_UNKNOWN.id { named_else(finding, &same_address?) } else { finding };
            let known = [GRANT_UNKNOWN.id, GRANT_BLOCKED.id].contains(&finding.code.id);
            let unanswered = (!known).then(|| {
                Sentence::new(text!(
                    "the sync service's API refuses the question",
                    "die API des Sync-Dienstes lehnt die Frage ab",
                ))
            });
            return Ok(Some(Service { findings: vec![finding], unanswered, ..Service::default() }));
        }
        Answer::Failed(_) => {
            let reason = Sentence::new(text!(
                "the sync service's API at {api} does not answer",
                "die API des Sync-Dienstes unter {api} antwortet nicht",
            ))
            .with("api", api);
            return Ok(Some(Service { unanswered: Some(reason), ..Service::default() }));
        }
        Answer::NoAnswer(why) => {
            return Ok(Some(Service { unanswered: Some(super::why_unanswered(why)), ..Service::default() }));
        }
    };
    let Some(grant) = nylas::foremost(&all).cloned() else {
        let finding = Finding::new(&GRANT_UNKNOWN).with("other_region", region(&api)).seen_in(&Probe::Service(probe));
        return Ok(Some(Service { findings: vec![finding], ..Service::default() }));
    };
    let seen_in = Probe::Service(probe.clone());
    let mut findings: Vec<Finding> = stored(&grant).into_iter().map(|finding| finding.seen_in(&seen_in)).collect();
    let mut reads = None;
    if findings.is_empty() {
        // the state lags behind by up to ten minutes: one live call tells at once
        let live = nylas::newest_message(&api, &grant);
        if let Some(response) = view.service(&live)?.ok().and_then(HttpSeen::response) {
            if response.status == 200 {
                reads = nylas::messages(response).map(|messages| messages.len());
            } else {
                findings.push(refused(&live, response, Some(&grant)));
            }
        }
    }
    let same_address = same_address?;
    if let Some(mailbox) = view.subject().mailbox.as_ref().filter(|mailbox| !grant.is_of(&mailbox.address)) {
        // an alias is another address of the same mailbox: certain is it only where the own one has its own
        let certain = same_address.iter().any(|other| other.id != grant.id && other.is_of(&mailbox.address));
        let severity = if certain { Severity::Warn } else { Severity::Info };
        let finding = of_grant(&OTHER_MAILBOX, &grant).with("email", grant.email.as_str()).severity(severity);
        findings.push(finding.seen_in(&seen_in));
    } else {
        all.extend(same_address);
    }
    findings.extend(duplicates(all, &grant, &api).map(|finding| finding.seen_in(&seen_in)));
    let works = !findings.iter().any(|f| f.severity == Severity::Fail);
    Ok(Some(Service { grant: Some(grant), works, reads, findings, ..Service::default() }))
}

/// What is wrong with a grant by what the service has stored of it.
pub fn stored(grant: &Grant) -> Option<Finding> {
    if grant.blocked {
        return Some(of_grant(&GRANT_BLOCKED, grant));
    }
    if grant.grant_status != "valid" {
        // the documented states are valid and invalid
        let severity = if grant.grant_status == "invalid" { Severity::Fail } else { Severity::Warn };
        let finding = of_grant(&GRANT_INVALID, grant).severity(severity);
        return Some(finding.with("grant_status", grant.grant_status.as_str()).with("last_sign_in", signed_in(grant)));
    }
    let without_mail =
        grant.provider == "ews" && !grant.scope.is_empty() && !grant.scope.iter().any(|s| s == "ews.messages");
    without_mail.then(|| of_grant(&SCOPES_MISSING, grant).with("scope", grant.scope.clone()))
}

/// The service does not know a grant of this id; the address may have another.
fn named_else(finding: Finding, same_address: &[Grant]) -> Finding {
    match nylas::foremost(same_address) {
        Some(other) => finding.with("known", other.id.as_str()).owner(Owner::Sync).remedy(&OTHER_GRANT),
        None => finding,
    }
}

/// Several grants for mail of one address.
fn duplicates(mut all: Vec<Grant>, grant: &Grant, api: &str) -> Option<Finding> {
    all.retain(Grant::is_for_mail);
    order::by(&mut all, |a, b| a.id.cmp(&b.id));
    all.dedup_by(|a, b| a.id == b.id);
    let other = all.iter().find(|other| other.id != grant.id).filter(|_| all.len() > 1)?.id.clone();
    let list: Vec<_> =
        all.iter().map(|g| json!({"grant": g.id, "grant_status": g.grant_status, "provider": g.provider})).collect();
    let said: Vec<_> = all.iter().map(|g| format!("{} {} {}", g.id, g.provider, g.grant_status)).collect();
    Some(
        of_grant(&DUPLICATE_GRANTS, grant)
            .with("count", list.len())
            .with("grants", list)
            .with("list", said)
            .with("other", other)
            .with("api", api),
    )
}

/// What else is known, beside what the service says.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// Whether the account could just sign in at the server.
    pub accepted: bool,
    /// What is seen of the server.
    pub server: refused::Seen,
    /// The hosts that clients are led to.
    pub hosts: &'a [String],
}

/// A finding of the service in the light of what is known here.
pub fn in_the_light_of(here: &Here<'_>, finding: Finding) -> Finding {
    if finding.code.id == GRANT_INVALID.id && here.accepted {
        return finding.with("accepted_here", true).remedy(&RECONNECT);
    }
    if finding.code.id == refused::SERVICE_CANNOT_REACH.id {
        let goes_to = finding.data.get("ews_host").and_then(Value::as_str).map(str::to_ascii_lowercase);
        let finding = refused::seen_here(finding, here.server);
        let elsewhere = goes_to.is_some_and(|host| !host.is_empty() && !here.hosts.contains(&host));
        return match here.hosts.first().filter(|_| elsewhere) {
            Some(server) => refused::other_server(finding, server),
            None => finding,
        };
    }
    finding
}

/// A finding about a grant.
pub fn of_grant(code: &'static Code, grant: &Grant) -> Finding {
    Finding::new(code).with("grant", grant.id.as_str())
}

/// When the user last signed in at the service: its `updated_at` is that, and never a time of a sync.
pub fn signed_in(grant: &Grant) -> Value {
    grant
        .updated_at
        .and_then(|at| Timestamp::from_second(at).ok())
        .map_or_else(|| both("not known", "nicht bekannt"), |at| json!(at.to_string()))
}

/// The region that an API address is not of.
pub fn region(api: &str) -> &'static str {
    if api.contains(".eu.") { "us" } else { "eu" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(id: &str, provider: &str) -> Grant {
        Grant { id: id.to_owned(), provider: provider.to_owned(), ..Grant::default() }
    }

    #[test]
    fn neither_a_calendars_grant_nor_the_same_one_twice_is_a_duplicate() {
        let own = grant("g1", "ews");
        let of = |other: Grant| duplicates(vec![other, own.clone()], &own, "https://api.us.nylas.com");
        assert!(of(own.clone()).is_none());
        assert!(of(grant("g2", "virtual-calendar")).is_none());
        let found = of(grant("g2", "imap")).unwrap();
        assert_eq!((&found.data["count"], &found.data["other"]), (&json!(2), &json!("g2")));
        // by its id and by the address the service tells of the same one
        let twice = duplicates(vec![own.clone(), grant("g2", "imap"), own.clone()], &own, "").unwrap();
        assert_eq!(twice.data["count"], 2);
    }

    #[test]
    fn the_last_sign_in_is_when_the_user_authenticated_and_not_when_the_grant_was_made() {
        let made = Grant { created_at: Some(1_600_000_000), ..grant("g1", "ews") };
        assert_eq!(signed_in(&made)["en"], "not known");
        let renewed = Grant { updated_at: Some(1_700_000_000), ..made };
        assert_eq!(signed_in(&renewed), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn a_server_that_clients_are_not_led_to_is_told_whatever_the_case_of_its_name() {
        let hosts = ["mail.corp.example".to_owned()];
        let here = Here { accepted: false, server: refused::Seen::Answers, hosts: &hosts };
        let of = |host: &str| {
            let finding = Finding::new(&refused::SERVICE_CANNOT_REACH).with("ews_host", host);
            in_the_light_of(&here, finding).data.get("server").cloned()
        };
        assert_eq!(of("old.corp.example"), Some(json!("mail.corp.example")));
        assert_eq!(of("MAIL.corp.example"), None);
        assert_eq!(of(""), None);
    }
}
