//! What does a status of ActiveSync mean to whoever has only the number?

use super::reasons;
use super::statuses::{finding_of, is_sync};
use super::words::{QUOTA, STATUS, limit};
use crate::evidence::SessionAsk;
use crate::finding::{Code, Text};
use crate::protocol::session::status::{BY_COMMAND, Told, common};
use crate::text;

/// Where the statuses are listed.
pub const PAGE: &str = "https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ascmd/95cb9d7c-d33d-4b94-9366-d59911c7a060";

/// What a number is in one command, or in all.
#[derive(Debug)]
pub struct Meaning {
    /// The command; none where it is the same in all.
    pub command: Option<&'static str>,
    /// How the specification calls it.
    pub name: &'static str,
    /// What it means, where the finding does not say it.
    pub words: Option<Text>,
    /// The finding that tells what to do.
    pub finding: Option<&'static Code>,
}

/// The commands that have statuses of their own.
pub fn commands() -> impl Iterator<Item = &'static str> {
    BY_COMMAND.iter().map(|(command, _)| *command)
}

/// What the number is in this command (as [`commands`] has it), or in any.
pub fn meanings(command: Option<&str>, number: u16) -> Vec<Meaning> {
    if let Some(name) = common(number) {
        let code = finding_of(&SessionAsk::FolderSync, Told { number, is_inner: false });
        let of_status = (code.id == STATUS.id).then_some(reasons::of(number, false).words);
        let words = of_status.or_else(|| of_quota(code, number));
        return vec![Meaning { command: None, name, words, finding: Some(code) }];
    }
    let asked = BY_COMMAND.iter().filter(|(own, _)| command.is_none_or(|command| command == *own));
    let told = asked.filter_map(|(own, names)| Some((*own, names.iter().find(|(known, _)| *known == number)?.1)));
    told.map(|(command, name)| {
        let ask = example(command);
        let code = finding_of(&ask, Told { number, is_inner: command == "Policy" });
        let of_status = (code.id == STATUS.id).then(|| reasons::of(number, is_sync(&ask)).words);
        let words = words(command, number).or(of_status).or_else(|| of_quota(code, number));
        // what has words of its own needs none that hold for every status
        let finding = (words.is_none() || code.id != STATUS.id).then_some(code);
        Meaning { command: Some(command), name, words, finding }
    })
    .collect()
}

/// What the finding says of each of its statuses.
fn of_quota(code: &Code, number: u16) -> Option<Text> {
    (code.id == QUOTA.id).then(|| limit(number).means)
}

/// A question of the session that is of this command.
fn example(command: &str) -> SessionAsk {
    let folder = String::new();
    match command {
        "Settings" => SessionAsk::DeviceInformation,
        "Provision" | "Policy" => SessionAsk::Provision,
        "Sync" => SessionAsk::Open { folder },
        "GetItemEstimate" => SessionAsk::Estimate { folder, sync_key: String::new() },
        "Ping" => SessionAsk::Ping { folder, heartbeat: 0 },
        _ => SessionAsk::FolderSync,
    }
}

/// MS-ASCMD 2.2.3.177: statuses of one command that no finding tells of.
fn words(command: &str, number: u16) -> Option<Text> {
    Some(match (command, number) {
        ("Ping", 1) => text!(
            "The time of waiting is over and nothing has come: a success, as it should be when no mail arrives.",
            "Die Wartezeit ist um und nichts ist gekommen: ein Erfolg, wie er sein soll, wenn keine Mail eintrifft."
        ),
        ("Ping", 2) => text!(
            "Something has changed in a folder; the client syncs now. A success.",
            "In einem Ordner hat sich etwas geändert; der Client synchronisiert jetzt. Ein Erfolg."
        ),
        ("Ping", 3) => text!(
            "The client has left out what the server does not remember any more; it has to send the whole request.",
            "Der Client hat weggelassen, was der Server nicht mehr weiß; er muss die ganze Anfrage senden."
        ),
        ("Ping", 4) => text!(
            "The request is malformed: a fault of the client, or of a device on the way.",
            "Die Anfrage ist fehlerhaft: ein Fehler des Clients oder eines Geräts auf dem Weg."
        ),
        ("Ping", 5) => text!(
            "The client wants to wait longer or shorter than the server allows; the answer names the limit, and the client takes it.",
            "Der Client will länger oder kürzer warten, als der Server erlaubt; die Antwort nennt die Grenze, und der Client übernimmt sie."
        ),
        ("Ping", 6) => text!(
            "The client watches more folders than the server allows; let fewer folders be pushed.",
            "Der Client beobachtet mehr Ordner, als der Server erlaubt; lassen Sie weniger Ordner per Push kommen."
        ),
        ("Ping", 7) => text!(
            "The folders have changed; the client has to fetch them anew (FolderSync). In a loop, set the account up anew in the client.",
            "Die Ordner haben sich geändert; der Client muss sie neu abrufen (FolderSync). In einer Schleife richten Sie das Konto im Client neu ein."
        ),
        ("Ping", 8) => text!(
            "The server fails; the client tries again. If it stays, look into the server's application log at that time.",
            "Der Server scheitert; der Client versucht es erneut. Bleibt es dabei, sehen Sie zu dieser Zeit in das Anwendungsprotokoll des Servers."
        ),
        ("GetItemEstimate", 2) => text!(
            "The folder is not there, or cannot be counted; the client has to fetch the folders anew (FolderSync).",
            "Den Ordner gibt es nicht, oder er lässt sich nicht zählen; der Client muss die Ordner neu abrufen (FolderSync)."
        ),
        ("GetItemEstimate", 3) => text!(
            "The folder was never opened; the client has to begin with Sync and the key 0.",
            "Der Ordner wurde nie geöffnet; der Client muss mit Sync und dem Schlüssel 0 beginnen."
        ),
        ("GetItemEstimate", 4) => text!(
            "The key of the folder is not valid any more; the client has to begin anew with the key 0.",
            "Der Schlüssel des Ordners gilt nicht mehr; der Client muss mit dem Schlüssel 0 neu beginnen."
        ),
        ("Settings" | "Provision", 2) => text!(
            "The request breaks a rule of the protocol: a fault of the client, or of a device on the way that changed it.",
            "Die Anfrage verletzt eine Regel des Protokolls: ein Fehler des Clients oder eines Geräts auf dem Weg, das sie verändert hat."
        ),
        ("Settings", 3) => text!("The user may not do that.", "Das darf der Benutzer nicht."),
        ("Settings", 4) => text!(
            "The server does not answer at the moment; the client tries again.",
            "Der Server antwortet gerade nicht; der Client versucht es erneut."
        ),
        ("Settings", 5 | 6) => text!(
            "What the client has sent is not valid, or contradicts itself: a fault of the client.",
            "Was der Client gesendet hat, ist ungültig oder widerspricht sich: ein Fehler des Clients."
        ),
        ("Settings", 7) => text!("The device policy forbids it.", "Die Geräterichtlinie verbietet es."),
        ("Provision", 3) => text!(
            "The server fails; look into its application log at that time.",
            "Der Server scheitert; sehen Sie zu dieser Zeit in sein Anwendungsprotokoll."
        ),
        ("Policy", 2) => text!(
            "The server has no policy for this user: in order, the client goes on without.",
            "Der Server hat für diesen Benutzer keine Richtlinie: in Ordnung, der Client macht ohne weiter."
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_status_of_sync_means_is_said_as_a_run_says_it() {
        let numbers = BY_COMMAND.iter().find(|(command, _)| *command == "Sync").map(|(_, names)| *names).unwrap();
        let mut told = 0;
        for (number, name) in numbers {
            for meaning in meanings(Some("Sync"), *number) {
                let is_quota = meaning.finding.is_some_and(|code| code.id == QUOTA.id);
                let Some(words) = meaning.words.filter(|_| !is_quota) else { continue };
                assert_eq!(words, reasons::of(*number, true).words, "{number} {name}");
                told += 1;
            }
        }
        assert!(told > 5, "{told}");
    }

    #[test]
    fn every_status_leads_to_a_finding_or_has_words() {
        for number in 0..=200 {
            for meaning in meanings(None, number) {
                assert!(meaning.finding.is_some() || meaning.words.is_some(), "{number}: {meaning:?}");
            }
        }
        let names = |command, number| meanings(command, number).into_iter().map(|m| m.name).collect::<Vec<_>>();
        assert_eq!(names(None, 177), ["MaximumDevicesReached"]);
        let full = |command, number| meanings(command, number)[0].words.unwrap().en;
        assert!(
            full(None, 113).starts_with("The quota is used up") && full(None, 115).starts_with("The quota for sending")
        );
        assert!(full(Some("Sync"), 9).contains("or the storage of the server"));
        assert_eq!(names(Some("Sync"), 8), ["ObjectNotFound"]);
        assert_eq!(names(None, 8), ["ObjectNotFound", "ServerError"]);
        assert!(names(Some("Ping"), 99).is_empty());
        assert_eq!(meanings(Some("Policy"), 3)[0].finding.map(|code| code.id), Some("activesync.policy-refused"));
    }
}
