//! Which findings and sentences belong to no single check?

use crate::finding::{Outcome, Sentence};
use crate::{findings, text};

findings! {
    BUG = "exdiag.bug", Warn, Caller {
        title { en: "A check of exdiag itself failed: {message}", de: "Eine Prüfung von exdiag selbst ist gescheitert: {message}" }
        meaning {
            en: "This is a fault in exdiag, not in what it looks at. The other checks are not affected.",
            de: "Das ist ein Fehler in exdiag, nicht in dem, was geprüft wird. Die anderen Prüfungen sind nicht betroffen.",
        }
        remedy { en: "Report it, with the JSON report attached", de: "Melden Sie den Fehler und hängen Sie den JSON-Bericht an" }
        steps [
            { en: "Write the report to a file:", de: "Schreiben Sie den Bericht in eine Datei:", Shell "exdiag check {mailbox} --output report.json" },
        ]
    }
    DEADLINE = "exdiag.deadline", Warn, Caller {
        title { en: "The time of the run was over before every answer had come", de: "Die Zeit des Laufs war vorbei, bevor alle Antworten da waren" }
        meaning {
            en: "What is still open is reported as inconclusive, not as broken.",
            de: "Was noch offen ist, wird als ergebnislos gemeldet, nicht als defekt.",
        }
        remedy { en: "Give it more time", de: "Geben Sie dem Lauf mehr Zeit" }
        steps [
            { en: "Run it again with a longer limit, in seconds:", de: "Starten Sie erneut mit längerer Frist in Sekunden:", Shell "exdiag check {mailbox} --max-time 120" },
        ]
    }
}

/// The check has nothing to do without a mailbox address.
pub fn needs_mailbox() -> Outcome {
    Outcome::skip(Sentence::new(text!("needs a mailbox address", "braucht eine Postfachadresse")))
}

/// There is no answer, and the `dns` check says why.
pub fn see_check(id: &str) -> Outcome {
    Outcome::inconclusive(
        Sentence::new(text!("no answer; see the check {check}", "keine Antwort; siehe die Prüfung {check}"))
            .with("check", id),
    )
}
