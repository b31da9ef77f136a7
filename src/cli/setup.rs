//! With which settings can a run not begin, and what is to be done about them?

use super::exit::Trouble;
use super::{exports, system};
use crate::gather::{SetupError, Unfit};
use crate::text;

/// What a secret was read from, behind "in".
fn within(source: &str) -> serde_json::Value {
    match source {
        "standard input" => text!("standard input", "der Standardeingabe").into(),
        "the terminal" => text!("the terminal", "der Eingabe am Terminal").into(),
        other => other.into(),
    }
}

/// Says what the settings are wrong in; nothing was sent.
pub fn not_set_up(error: &SetupError) -> Trouble {
    match error {
        SetupError::Proxy => Trouble::new(text!(
            "could not use the proxy: give an address such as http://proxy.example:3128",
            "Der Proxy lässt sich nicht verwenden: Geben Sie eine Adresse wie http://proxy.example:3128 an",
        )),
        SetupError::NameServers(error) => Trouble::new(text!(
            "could not find the system's name servers ({error}); name them with --dns-servers",
            "Die Nameserver des Systems sind nicht zu finden ({error}); nennen Sie sie mit --dns-servers",
        ))
        .with_said("error", system::quoted(error)),
        SetupError::Unreadable { source, error } if source == "the terminal" => Trouble::new(text!(
            "could not ask for the password on the terminal ({error}); give it with --password-stdin or --password-file FILE",
            "Das Passwort lässt sich nicht am Terminal erfragen ({error}); geben Sie es mit --password-stdin oder --password-file DATEI an",
        ))
        .with_system(error),
        SetupError::Unreadable { source, error } if source == "standard input" => Trouble::new(text!(
            "could not read standard input ({error}); send something to it, or name a file",
            "Die Standardeingabe lässt sich nicht lesen ({error}); leiten Sie etwas hinein oder nennen Sie eine Datei",
        ))
        .with_system(error),
        SetupError::Unreadable { source, error } => Trouble::new(text!(
            "could not read {source} ({error}); name one that can be read",
            "{source} lässt sich nicht lesen ({error}); nennen Sie eine lesbare Datei",
        ))
        .with("source", source)
        .with_system(error),
        SetupError::Export { source, kind, fault } => exports::not_an_export(source, *kind, fault),
        SetupError::Unfit { source, why } => Trouble::new(match why {
            Unfit::NotUtf8 => text!(
                "could not use the secret in {source}: it is not UTF-8; save it in that encoding",
                "Das Geheimnis in {source} ist nicht verwendbar: Es ist kein UTF-8; speichern Sie es in dieser Kodierung",
            ),
            Unfit::Empty => text!(
                "could not use the secret in {source}: its first line is empty; it has to stand there alone",
                "Das Geheimnis in {source} ist nicht verwendbar: Die erste Zeile ist leer; dort muss es allein stehen",
            ),
            Unfit::NoToken => text!(
                "could not use the token in {source}: it holds characters that no token has; save the token alone",
                "Das Token in {source} ist nicht verwendbar: Es enthält Zeichen, die kein Token hat; speichern Sie nur das Token",
            ),
            Unfit::TokenAnswer => text!(
                "could not find an access token in {source}: it holds an answer without one; save the value of access_token",
                "In {source} ist kein Zugriffstoken zu finden: Dort steht eine Antwort ohne ein solches; speichern Sie den Wert von access_token",
            ),
            Unfit::TokenError => text!(
                "could not find an access token in {source}: it holds an error of the sign-in; read it with: cat {source} | exdiag explain -",
                "In {source} ist kein Zugriffstoken zu finden: Dort steht ein Fehler der Anmeldung; lesen Sie ihn mit: cat {source} | exdiag explain -",
            ),
            Unfit::NoCertificate => text!(
                "could not find a certificate in {source}; it has to hold PEM, DER or PKCS#7",
                "In {source} ist kein Zertifikat zu finden; die Datei muss PEM, DER oder PKCS#7 enthalten",
            ),
            Unfit::NoCertificates => text!(
                "could not find a certificate in the folder {source}; name one that holds issuers",
                "Im Ordner {source} ist kein Zertifikat zu finden; nennen Sie einen, der Aussteller enthält",
            ),
            Unfit::NoList => text!(
                "could not find a revocation list in {source}; it has to hold PEM or DER",
                "In {source} ist keine Sperrliste zu finden; die Datei muss PEM oder DER enthalten",
            ),
            Unfit::TooLarge => text!(
                "could not read {source}: it is larger than 16 MiB; name a file of certificates",
                "{source} ist größer als 16 MiB; nennen Sie eine Datei mit Zertifikaten",
            ),
        })
        .with_said("source", within(source)),
    }
}
