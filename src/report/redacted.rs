//! How is it told what a report hides?

use crate::evidence::redact::{Kind, Left, Redacted};
use crate::finding::Lang;
use crate::text;

/// One line: "Redacted (full): 3 names, 2 addresses; ...". Counts, never values.
pub(super) fn redacted_line(redacted: &Redacted, lang: Lang) -> String {
    let head = match lang {
        Lang::En => "Redacted",
        Lang::De => "Geschwärzt",
    };
    let level = redacted.level.name();
    let removed: Vec<String> = redacted.removed.iter().map(|(kind, count)| counted(*kind, *count, lang)).collect();
    let removed = match (removed.is_empty(), lang) {
        (false, _) => removed.join(", "),
        (true, Lang::En) => "nothing to hide was found".to_owned(),
        (true, Lang::De) => "nichts zu verbergen gefunden".to_owned(),
    };
    let left: Vec<String> = redacted.left.iter().map(|(what, count)| left(*what, *count, lang)).collect();
    let left = match (left.is_empty(), lang) {
        (true, _) => String::new(),
        (false, Lang::En) => format!("; left: {}", left.join(", ")),
        (false, Lang::De) => format!("; belassen: {}", left.join(", ")),
    };
    format!("{head} ({level}): {removed}{left}.")
}

fn counted(kind: Kind, count: u64, lang: Lang) -> String {
    let (one, many) = match kind {
        Kind::Name => (text!("name", "Name"), text!("names", "Namen")),
        Kind::Device => (text!("device", "Gerät"), text!("devices", "Geräte")),
        Kind::Account => (text!("account id", "Kontokennung"), text!("account ids", "Kontokennungen")),
        Kind::Folder => (text!("folder", "Ordner"), text!("folders", "Ordner")),
        Kind::File => (text!("file name", "Dateiname"), text!("file names", "Dateinamen")),
        Kind::Host => (text!("host", "Host"), text!("hosts", "Hosts")),
        Kind::Address => (text!("address", "Adresse"), text!("addresses", "Adressen")),
        Kind::Header => (text!("header value", "Headerwert"), text!("header values", "Headerwerte")),
    };
    format!("{count} {}", if count == 1 { one } else { many }.of(lang))
}

fn left(what: Left, count: u64, lang: Lang) -> String {
    let is_one = count == 1;
    match (what, lang) {
        (Left::Certificate, Lang::En) => {
            format!("{count} certificate{}, as every client is sent them", if is_one { "" } else { "s" })
        }
        (Left::Certificate, Lang::De) => {
            format!("{count} Zertifikat{}, wie jeder Client sie bekommt", if is_one { "" } else { "e" })
        }
        (Left::CertificateName, Lang::En) => format!("{count} host name{} of these", if is_one { "" } else { "s" }),
        (Left::CertificateName, Lang::De) => format!("{count} Hostname{} daraus", if is_one { "" } else { "n" }),
    }
}
