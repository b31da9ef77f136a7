//! What does a status mean that has no finding of its own, whose is it, and does it pass?
//!
//! By MS-ASCMD 2.2.2 and 2.2.3.177.

use crate::finding::{Lang, Owner, Severity, Text};
use crate::text;
use serde_json::{Value, json};

/// What a status means.
#[derive(Debug)]
pub(super) struct Reason {
    /// Whether it is more than a pause.
    pub severity: Severity,
    /// Who can change it.
    pub owner: Owner,
    /// What it means.
    pub words: Text,
}

impl Reason {
    /// In words.
    pub(super) fn said(&self) -> Value {
        json!({"en": self.words.of(Lang::En), "de": self.words.of(Lang::De)})
    }
}

/// HTTP itself says no, in a way that ActiveSync does not.
pub(super) const NOT_ACTIVESYNC: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Network,
    words: text!(
        "No ActiveSync server says so to a command: the web server in front of it does, or a proxy or firewall on the way.",
        "Kein ActiveSync-Server sagt das zu einem Befehl: Das sagt der Webserver davor, ein Proxy oder eine Firewall auf dem Weg."
    ),
};

const BUSY: Reason = Reason {
    severity: Severity::Warn,
    owner: Owner::Exchange,
    words: text!(
        "This passes by itself: the server is busy, or the mailbox is being moved.",
        "Das geht von selbst vorüber: Der Server ist ausgelastet, oder das Postfach wird gerade verschoben."
    ),
};

const DAMAGED: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Network,
    words: text!(
        "It means that the content or the address of the request arrived damaged, mostly by a proxy or a firewall that changes requests.",
        "Er heißt, dass Inhalt oder Adresse der Anfrage beschädigt ankamen, meist durch einen Proxy oder eine Firewall, die Anfragen verändert."
    ),
};

const NOT_SPOKEN: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Exchange,
    words: text!(
        "The server refuses a command or a version that it offers itself. Mostly servers of different age stand behind one address, or a proxy has changed what is offered.",
        "Der Server lehnt einen Befehl oder eine Version ab, die er selbst anbietet. Meist stehen verschieden alte Server hinter einer Adresse, oder ein Proxy hat das Angebot verändert."
    ),
};

const SYNC_FAULT: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Exchange,
    words: text!(
        "The server fails: a fault that passes, or a single item that it cannot handle. Look into its application log at that time.",
        "Der Server scheitert: eine vorübergehende Störung oder ein einzelnes Element, mit dem er nicht umgehen kann. Sehen Sie zu dieser Zeit in sein Anwendungsprotokoll."
    ),
};

const SYNC_ITEM: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Exchange,
    words: text!(
        "An item that the client sent is malformed; the client has to send it otherwise or leave it out.",
        "Ein Element, das der Client gesendet hat, ist fehlerhaft; der Client muss es anders senden oder weglassen."
    ),
};

const SYNC_CONFLICT: Reason = Reason {
    severity: Severity::Warn,
    owner: Owner::Exchange,
    words: text!(
        "The item was changed on the server and on the device; the server's change stands. Nothing to do.",
        "Das Element wurde auf dem Server und auf dem Gerät geändert; die Änderung des Servers gilt. Nichts zu tun."
    ),
};

const SYNC_GONE: Reason = Reason {
    severity: Severity::Warn,
    owner: Owner::Exchange,
    words: text!(
        "The item or the folder is no longer on the server: it was moved or deleted meanwhile. The client has to fetch the folders anew (FolderSync); if it asks for the same one again and again, set the account up anew in the client.",
        "Das Element oder der Ordner ist nicht mehr auf dem Server: Er wurde inzwischen verschoben oder gelöscht. Der Client muss die Ordner neu abrufen (FolderSync); fragt er immer wieder nach demselben, richten Sie das Konto im Client neu ein."
    ),
};

const SYNC_FOLDERS: Reason = Reason {
    severity: Severity::Warn,
    owner: Owner::Exchange,
    words: text!(
        "The folders have changed; the client has to fetch them anew (FolderSync) and goes on. In a loop it is a fault of the client: set the account up anew there.",
        "Die Ordner haben sich geändert; der Client muss sie neu abrufen (FolderSync) und macht dann weiter. In einer Schleife ist es ein Fehler des Clients: Richten Sie das Konto dort neu ein."
    ),
};

const SYNC_SHORTENED: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Exchange,
    words: text!(
        "The client has sent a shortened request that the server no longer knows the rest of; it has to send the whole one. Nothing to do.",
        "Der Client hat eine verkürzte Anfrage gesendet, deren Rest der Server nicht mehr kennt; er muss die ganze senden. Nichts zu tun."
    ),
};

const SYNC_WAIT: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Exchange,
    words: text!(
        "The client wants to wait longer or shorter than the server allows; the answer names the limit.",
        "Der Client will länger oder kürzer warten, als der Server erlaubt; die Antwort nennt die Grenze."
    ),
};

const SYNC_TOO_MANY: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Exchange,
    words: text!(
        "The client wants to watch more folders than the server allows; sync fewer folders.",
        "Der Client will mehr Ordner beobachten, als der Server erlaubt; synchronisieren Sie weniger Ordner."
    ),
};

const TOO_MANY_FOLDERS: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::User,
    words: text!(
        "The mailbox has more folders than the server lists for a device. Fewer folders, or an archive for old ones, end this.",
        "Das Postfach hat mehr Ordner, als der Server einem Gerät auflistet. Weniger Ordner oder ein Archiv für alte beheben das."
    ),
};

const OTHER: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Exchange,
    words: text!(
        "The specification of the protocol says what it stands for; the server's own log says why it came.",
        "Wofür er steht, sagt die Spezifikation des Protokolls; warum er kam, das Protokoll des Servers."
    ),
};

/// By the number, which of a Sync can be its own.
pub(super) const fn of(number: u16, is_sync: bool) -> Reason {
    match number {
        111 | 133 => BUSY,
        16 if is_sync => BUSY,
        101..=109 => DAMAGED,
        4 if is_sync => DAMAGED,
        137 | 138 => NOT_SPOKEN,
        151 => TOO_MANY_FOLDERS,
        5 if is_sync => SYNC_FAULT,
        6 if is_sync => SYNC_ITEM,
        7 if is_sync => SYNC_CONFLICT,
        8 if is_sync => SYNC_GONE,
        12 if is_sync => SYNC_FOLDERS,
        13 if is_sync => SYNC_SHORTENED,
        14 if is_sync => SYNC_WAIT,
        15 if is_sync => SYNC_TOO_MANY,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_ascmd_what_passes_is_no_failure_and_what_differs_is_told_apart() {
        let sync = |number| of(number, true);
        for number in [111, 133, 16, 8, 12] {
            assert_eq!(sync(number).severity, Severity::Warn, "{number}");
        }
        for number in [101, 4, 5, 138, 151, 148] {
            assert_eq!(sync(number).severity, Severity::Fail, "{number}");
        }
        let words = [101, 111, 138, 151, 5, 8, 148].map(|number| sync(number).words.of(Lang::En));
        for (at, one) in words.iter().enumerate() {
            assert!(!words.iter().skip(at + 1).any(|other| other == one), "{one}");
        }
        // the same numbers mean something else where the command is another
        assert_eq!(of(16, false).severity, Severity::Fail);
    }
}
