//! What does an error of the operating system say, in the user's language?

use crate::finding::Text;
use crate::text;
use serde_json::{Value, json};
use std::io::{self, ErrorKind};

/// The error as a piece of a sentence in both languages. In German what is usual is said in German; anything else is
/// quoted as the system says it.
pub fn said(error: &io::Error) -> Value {
    let en = bare(error);
    match kind(error.kind()) {
        // what a library says of its own is more than the kind of it
        Some(words) if error.raw_os_error().is_some() || is_of_system(error, &en) => json!({"en": en, "de": words.de}),
        _ => quoted(&en),
    }
}

/// A text that comes in English only, as a piece of a sentence in both languages.
pub fn quoted(english: &str) -> Value {
    json!({"en": english, "de": format!("„{english}“")})
}

/// What is wrong with a file of JSON, as `serde_json` says it, as a piece of a sentence in both languages.
pub fn json(english: &str) -> Value {
    let (what, place) = english.split_once(" at line ").unwrap_or((english, ""));
    let place = place
        .split_once(" column ")
        .map_or_else(String::new, |(line, column)| format!(", Zeile {line}, Spalte {column}"));
    let is_one_of = |heads: &[&str]| heads.iter().any(|head| what.starts_with(head));
    let field = what.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    let de = match field {
        Some(field) => format!("das Feld {field} fehlt{place}"),
        None if what.starts_with("EOF while parsing") => format!("bricht mitten im JSON ab{place}"),
        None if is_one_of(&["expected", "trailing", "key must", "invalid number", "invalid escape", "control"]) => {
            format!("kein gültiges JSON{place}")
        }
        None => match english.strip_prefix("schema_version ").and_then(|rest| rest.strip_suffix(" is no version")) {
            Some(version) => format!("schema_version {version} ist keine Version"),
            None => return quoted(english),
        },
    };
    json!({"en": english, "de": de})
}

/// What the system says; the name of a temporary file would only puzzle.
fn bare(error: &io::Error) -> String {
    error.to_string().split(" at path ").next().unwrap_or_default().to_owned()
}

/// Whether the text is the system's own, or that of its kind alone.
fn is_of_system(error: &io::Error, text: &str) -> bool {
    error.get_ref().is_none() || text.contains("(os error ")
}

/// The usual ones in words that fit between brackets.
fn kind(kind: ErrorKind) -> Option<Text> {
    Some(match kind {
        ErrorKind::NotFound => text!("not found", "Datei oder Ordner nicht gefunden"),
        ErrorKind::PermissionDenied => text!("permission denied", "Zugriff verweigert"),
        ErrorKind::ConnectionRefused => text!("connection refused", "Verbindung abgelehnt"),
        ErrorKind::ConnectionReset => text!("connection reset", "Verbindung zurückgesetzt"),
        ErrorKind::ConnectionAborted => text!("connection aborted", "Verbindung abgebrochen"),
        ErrorKind::NotConnected => text!("not connected", "keine Verbindung"),
        ErrorKind::HostUnreachable => text!("host unreachable", "Host nicht erreichbar"),
        ErrorKind::NetworkUnreachable => text!("network unreachable", "Netz nicht erreichbar"),
        ErrorKind::NetworkDown => text!("network down", "Netz nicht verfügbar"),
        ErrorKind::AddrInUse => text!("address in use", "Adresse wird schon verwendet"),
        ErrorKind::AddrNotAvailable => text!("address not available", "Adresse nicht verfügbar"),
        ErrorKind::BrokenPipe => text!("broken pipe", "die Gegenseite liest nicht mehr"),
        ErrorKind::AlreadyExists => text!("exists already", "gibt es schon"),
        ErrorKind::IsADirectory => text!("is a directory", "ist ein Ordner"),
        ErrorKind::NotADirectory => text!("not a directory", "ist kein Ordner"),
        ErrorKind::DirectoryNotEmpty => text!("directory not empty", "Ordner ist nicht leer"),
        ErrorKind::ReadOnlyFilesystem => text!("read-only filesystem", "Dateisystem ist schreibgeschützt"),
        ErrorKind::StorageFull => text!("no storage space", "kein Speicherplatz mehr frei"),
        ErrorKind::QuotaExceeded => text!("quota exceeded", "Speicherkontingent ausgeschöpft"),
        ErrorKind::FileTooLarge => text!("file too large", "Datei zu groß"),
        ErrorKind::InvalidFilename => text!("invalid file name", "ungültiger Dateiname"),
        ErrorKind::ResourceBusy => text!("resource busy", "wird gerade anderweitig verwendet"),
        ErrorKind::ExecutableFileBusy => text!("executable file busy", "Programmdatei wird gerade ausgeführt"),
        ErrorKind::OutOfMemory => text!("out of memory", "kein Arbeitsspeicher mehr frei"),
        ErrorKind::TimedOut => text!("timed out", "Zeit abgelaufen"),
        ErrorKind::WouldBlock => text!("would block", "vorübergehend nicht verfügbar"),
        ErrorKind::Interrupted => text!("interrupted", "unterbrochen"),
        ErrorKind::UnexpectedEof => text!("unexpected end of file", "unerwartetes Ende der Daten"),
        ErrorKind::WriteZero => text!("write zero", "es ließ sich nichts schreiben"),
        ErrorKind::StaleNetworkFileHandle => text!("stale network file handle", "Netzlaufwerk nicht mehr verbunden"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn de(error: &io::Error) -> String {
        said(error).get("de").and_then(Value::as_str).unwrap().to_owned()
    }

    #[test]
    fn broken_json_is_said_in_german_with_its_place() {
        let de = |text: &str| {
            let error = serde_json::from_str::<std::collections::BTreeMap<String, u8>>(text).unwrap_err();
            json(&error.to_string()).get("de").and_then(Value::as_str).unwrap().to_owned()
        };
        assert_eq!(de("{"), "bricht mitten im JSON ab, Zeile 1, Spalte 1");
        assert_eq!(de("{\n?"), "kein gültiges JSON, Zeile 2, Spalte 1");
        assert!(de("[]").starts_with("„invalid type"), "{}", de("[]"));
        let field = json("missing field `started_at`");
        assert_eq!(field.get("de").and_then(Value::as_str), Some("das Feld started_at fehlt"));
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
}
