//! What does an error of the operating system say, in the user's language?

use serde_json::{Value, json};
use std::io::{self, ErrorKind};

/// The usual ones in German words that fit between brackets.
const KINDS: &[(ErrorKind, &str)] = &[
    (ErrorKind::NotFound, "Datei oder Ordner nicht gefunden"),
    (ErrorKind::PermissionDenied, "Zugriff verweigert"),
    (ErrorKind::ConnectionRefused, "Verbindung abgelehnt"),
    (ErrorKind::ConnectionReset, "Verbindung zurückgesetzt"),
    (ErrorKind::ConnectionAborted, "Verbindung abgebrochen"),
    (ErrorKind::NotConnected, "keine Verbindung"),
    (ErrorKind::HostUnreachable, "Host nicht erreichbar"),
    (ErrorKind::NetworkUnreachable, "Netz nicht erreichbar"),
    (ErrorKind::NetworkDown, "Netz nicht verfügbar"),
    (ErrorKind::AddrInUse, "Adresse wird schon verwendet"),
    (ErrorKind::AddrNotAvailable, "Adresse nicht verfügbar"),
    (ErrorKind::BrokenPipe, "die Gegenseite liest nicht mehr"),
    (ErrorKind::AlreadyExists, "gibt es schon"),
    (ErrorKind::IsADirectory, "ist ein Ordner"),
    (ErrorKind::NotADirectory, "ist kein Ordner"),
    (ErrorKind::DirectoryNotEmpty, "Ordner ist nicht leer"),
    (ErrorKind::ReadOnlyFilesystem, "Dateisystem ist schreibgeschützt"),
    (ErrorKind::StorageFull, "kein Speicherplatz mehr frei"),
    (ErrorKind::QuotaExceeded, "Speicherkontingent ausgeschöpft"),
    (ErrorKind::FileTooLarge, "Datei zu groß"),
    (ErrorKind::InvalidFilename, "ungültiger Dateiname"),
    (ErrorKind::ResourceBusy, "wird gerade anderweitig verwendet"),
    (ErrorKind::ExecutableFileBusy, "Programmdatei wird gerade ausgeführt"),
    (ErrorKind::OutOfMemory, "kein Arbeitsspeicher mehr frei"),
    (ErrorKind::TimedOut, "Zeit abgelaufen"),
    (ErrorKind::WouldBlock, "vorübergehend nicht verfügbar"),
    (ErrorKind::Interrupted, "unterbrochen"),
    (ErrorKind::UnexpectedEof, "unerwartetes Ende der Daten"),
    (ErrorKind::WriteZero, "es ließ sich nichts schreiben"),
    (ErrorKind::StaleNetworkFileHandle, "Netzlaufwerk nicht mehr verbunden"),
];

/// The error as a piece of a sentence in both languages. In German what is usual is said in German; anything else is
/// quoted as the system says it.
pub fn said(error: &io::Error) -> Value {
    // the name of a temporary file would only puzzle
    let text = error.to_string();
    let en = text.split(" at path ").next().unwrap_or_default();
    // what a library says of its own is more than the kind of it
    let is_of_system = error.get_ref().is_none() || en.contains("(os error ");
    in_words(en, Some(error.kind()).filter(|_| is_of_system))
}

/// The same of an error that was recorded as a text, on whatever system.
pub fn retold(text: &str) -> Value {
    let number = text.rsplit_once("(os error ").and_then(|(_, rest)| rest.strip_suffix(')')?.parse().ok());
    // another system has other numbers
    let by_number = number.map(io::Error::from_raw_os_error).filter(|error| error.to_string() == text);
    let by_text = || KINDS.iter().map(|(kind, _)| *kind).find(|kind| io::Error::from(*kind).to_string() == text);
    in_words(text, by_number.map(|error| error.kind()).or_else(by_text))
}

/// A text that comes in English only, as a piece of a sentence in both languages.
pub fn quoted(english: &str) -> Value {
    json!({"en": english, "de": format!("„{english}“")})
}

fn in_words(en: &str, kind: Option<ErrorKind>) -> Value {
    match KINDS.iter().find(|(known, _)| Some(*known) == kind) {
        Some((_, de)) => json!({"en": en, "de": de}),
        None => quoted(en),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn de(error: &io::Error) -> String {
        said(error).get("de").and_then(Value::as_str).unwrap().to_owned()
    }

    #[test]
    fn what_is_usual_is_said_in_german_and_anything_else_is_quoted() {
        for (kind, words) in [
            (ErrorKind::NotFound, "Datei oder Ordner nicht gefunden"),
            (ErrorKind::FileTooLarge, "Datei zu groß"),
            (ErrorKind::AddrInUse, "Adresse wird schon verwendet"),
        ] {
            assert_eq!(de(&io::Error::from(kind)), words);
        }
        let missing = std::fs::read("/no such folder/no such file").unwrap_err();
        assert_eq!(de(&missing), "Datei oder Ordner nicht gefunden");
        assert!(said(&missing).get("en").and_then(Value::as_str).unwrap().contains("os error"));
        assert_eq!(de(&io::Error::other("no idea")), "„no idea“");
        assert_eq!(de(&io::Error::new(ErrorKind::NotFound, "no such key")), "„no such key“");
        let wrapped = format!("{missing} at path \"/x/.exdiag-1\"");
        assert_eq!(de(&io::Error::new(missing.kind(), wrapped)), "Datei oder Ordner nicht gefunden");
    }
    #[test]
    fn what_was_recorded_is_said_in_german_where_this_system_says_the_same() {
        let de = |text: &str| retold(text).get("de").and_then(Value::as_str).unwrap().to_owned();
        let missing = std::fs::read("/no such folder/no such file").unwrap_err().to_string();
        assert_eq!(de(&missing), "Datei oder Ordner nicht gefunden");
        assert_eq!(de("unexpected end of file"), "unerwartetes Ende der Daten");
        assert_eq!(
            de("Strange words of another system. (os error 2)"),
            "„Strange words of another system. (os error 2)“"
        );
        assert_eq!(de("corrupt deflate stream"), "„corrupt deflate stream“");
    }
}
