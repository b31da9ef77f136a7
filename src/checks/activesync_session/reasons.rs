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

const PASSING_FAULT: Reason = Reason {
    severity: Severity::Fail,
    owner: Owner::Exchange,
    words: text!(
        "A fault of the server, often a passing one, or an item in the folder that it cannot give out. Where it stays, one item of this mailbox or its store is damaged.",
        "Ein Fehler des Servers, oft ein vorübergehender, oder ein Element im Ordner, das er nicht ausgeben kann. Bleibt er, ist ein Element dieses Postfachs oder dessen Speicher beschädigt."
    ),
};

const FOLDERS_CHANGED: Reason = Reason {
    severity: Severity::Warn,
    owner: Owner::Exchange,
    words: text!(
        "The folders have changed since the list was read a moment ago. The next run reads it anew; where this comes again and again, a program creates or moves folders all the time.",
        "Die Ordner haben sich geändert, seit die Liste vor einem Moment gelesen wurde. Der nächste Lauf liest sie neu; kommt das immer wieder, legt ein Programm ständig Ordner an oder verschiebt sie."
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
        4 | 13..=15 if is_sync => DAMAGED,
        137 | 138 => NOT_SPOKEN,
        151 => TOO_MANY_FOLDERS,
        5 | 6 if is_sync => PASSING_FAULT,
        8 | 12 if is_sync => FOLDERS_CHANGED,
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
