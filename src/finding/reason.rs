//! How is it said why a file cannot be used?

use super::Text;
use crate::text;

/// The reasons that exdiag itself notes in English (`evidence::logs::reasons`).
const REASONS: &[Text] = &[
    text!("it became shorter while it was read", "Die Datei wurde kürzer, während sie gelesen wurde"),
    text!(
        "another file took its place while it was read",
        "Eine andere Datei trat an ihre Stelle, während sie gelesen wurde"
    ),
    text!("it was written anew while it was read", "Die Datei wurde neu geschrieben, während sie gelesen wurde"),
    text!(
        "another file took its place after it had been opened; this one was read to its end",
        "Eine andere Datei trat an ihre Stelle, nachdem sie geöffnet war; diese wurde bis zum Ende gelesen"
    ),
    text!("the system does not permit reading it", "Das System erlaubt nicht, die Datei zu lesen"),
    text!(
        "it has the same content as another of the files, and counts once",
        "Die Datei hat denselben Inhalt wie eine andere und zählt nur einmal"
    ),
    text!("there is no such file", "Die Datei gibt es nicht"),
    text!("what it is packed in ends too soon", "Das Archiv endet zu früh"),
    text!("what it is packed in is damaged", "Das Archiv ist beschädigt"),
    text!("the archive is locked with a password", "Das Archiv ist mit einem Passwort geschützt"),
    text!("there is no file in the archive", "Im Archiv liegt keine Datei"),
    text!(
        "it is an archive within an archive or a pipe; unpack it first",
        "Die Datei ist ein Archiv in einem Archiv oder einer Pipe; entpacken Sie es zuerst"
    ),
    text!(
        "it is packed in a way that is not read; pack it with zip or gzip",
        "Die Datei ist auf eine Art gepackt, die nicht gelesen wird; packen Sie sie mit zip oder gzip"
    ),
    text!(
        "its header (#Fields) lacks time, cs-uri-stem or sc-status",
        "Im Kopf (#Fields) fehlt time, cs-uri-stem oder sc-status"
    ),
    text!(
        "its lines of ActiveSync have no header (#Fields) that says what their columns are",
        "Den ActiveSync-Zeilen fehlt der Kopf (#Fields), der die Spalten nennt"
    ),
    text!(
        "it is the HTTPERR log of http.sys: what stands in it never reached IIS",
        "Die Datei ist das HTTPERR-Protokoll von http.sys; was darin steht, kam nie bei IIS an"
    ),
    text!(
        "it is an IIS log in another format than W3C",
        "Die Datei ist ein IIS-Protokoll in einem anderen Format als W3C"
    ),
    text!(
        "it is a table for people, whose columns are cut",
        "Die Datei ist eine Tabelle für Menschen mit abgeschnittenen Spalten"
    ),
    text!("it breaks off or is damaged", "Die Datei bricht ab oder ist beschädigt"),
    text!(
        "it is no export of PowerShell that names devices",
        "Die Datei ist kein Export der PowerShell, der Geräte nennt"
    ),
    text!("it is larger than 64 MiB", "Die Datei ist größer als 64 MiB"),
];

/// A noted reason in both languages; `None` where it is the system's own word.
pub fn reason(english: &str) -> Option<Text> {
    REASONS.iter().copied().find(|known| known.en == english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_ours_is_told_in_both_languages_and_the_systems_word_as_it_is() {
        let why = reason("it became shorter while it was read").unwrap();
        assert!(why.de.starts_with("Die Datei wurde kürzer"));
        assert!(reason("Input/output error (os error 5)").is_none());
    }
}
