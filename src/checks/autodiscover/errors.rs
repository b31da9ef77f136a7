//! How is an error of Autodiscover said in words, and who can end it?

use crate::finding::{Owner, Text};
use crate::protocol::autodiscover::certificate::Fault;
use crate::protocol::autodiscover::error::Meaning;
use crate::text;
use serde_json::{Value, json};

/// What an error means, as a sentence, and who can end it.
pub fn words(meaning: Option<Meaning>, is_token: bool) -> (Text, Owner) {
    let Some(meaning) = meaning else {
        return (text!("The code is not documented.", "Der Code ist nicht dokumentiert."), Owner::Exchange);
    };
    let text = match meaning {
        Meaning::AddressUnknown if is_token => text!(
            "The server does not know the address. It says the same to every token of an application: this way of asking wants one of a user.",
            "Der Server kennt die Adresse nicht. Dasselbe sagt er zu jedem Token einer Anwendung: Dieser Weg verlangt das Token einer Person.",
        ),
        Meaning::AddressUnknown => text!(
            "The server does not know the address: it is misspelt, not stamped on the mailbox, or its domain is not accepted there.",
            "Der Server kennt die Adresse nicht: Sie ist falsch geschrieben, am Postfach nicht eingetragen, oder ihre Domain ist dort keine akzeptierte Domäne.",
        ),
        Meaning::NoSettings => text!(
            "The server knows the address, but has no settings for it: external addresses are not set, or it is a mail user without a target.",
            "Der Server kennt die Adresse, hat aber keine Einstellungen dazu: Externe Adressen fehlen, oder es ist ein E-Mail-Benutzer ohne Ziel.",
        ),
        Meaning::RequestInvalid => text!(
            "The server did not understand the request. To a browser that is healthy; to a right request it means that something in front changes it.",
            "Der Server hat die Anfrage nicht verstanden. Bei einem Browser ist das gesund; bei einer richtigen Anfrage verändert sie etwas davor.",
        ),
        Meaning::ProviderMissing => text!(
            "The server has no provider for ActiveSync; its configuration is damaged or it is no Exchange.",
            "Der Server hat keinen Provider für ActiveSync; seine Konfiguration ist beschädigt, oder er ist kein Exchange.",
        ),
        Meaning::ObjectFaulty => text!(
            "What the directory holds about this mailbox is faulty.",
            "Was das Verzeichnis über dieses Postfach enthält, ist fehlerhaft.",
        ),
        Meaning::Internal => text!(
            "The server failed while it made the answer; its event log says why.",
            "Der Server ist beim Erstellen der Antwort gescheitert; sein Ereignisprotokoll nennt den Grund.",
        ),
        Meaning::DirectoryDown => text!(
            "The server cannot reach its domain controllers.",
            "Der Server erreicht seine Domänencontroller nicht.",
        ),
        Meaning::NoMobileMailbox => {
            text!("The mailbox has no ActiveSync.", "Für das Postfach gibt es kein ActiveSync.")
        }
        Meaning::NotAMailbox => text!(
            "The address belongs to a group or to something else that is no mailbox.",
            "Die Adresse gehört einer Gruppe oder etwas anderem, das kein Postfach ist.",
        ),
        Meaning::Busy => text!(
            "The server is too busy and wants the client to come again later.",
            "Der Server ist überlastet; der Client soll später wiederkommen.",
        ),
        Meaning::SettingUnknown => {
            text!("The server does not know one of the settings.", "Der Server kennt eine der Einstellungen nicht.")
        }
        Meaning::DomainUnknown => text!(
            "The server does not know the domain, or no federation with it.",
            "Der Server kennt die Domain nicht oder keinen Verbund mit ihr.",
        ),
        Meaning::ProtocolUnknown => text!(
            "The server does not publish the address of this protocol.",
            "Der Server gibt die Adresse dieses Protokolls nicht heraus.",
        ),
    };
    (text, if meaning == Meaning::AddressUnknown && is_token { Owner::Entra } else { Owner::Exchange })
}

/// A text as a piece of a sentence that comes in both languages.
pub fn both(text: Text) -> Value {
    json!({"en": text.en, "de": text.de})
}

/// What is wrong with a certificate, as the end of a sentence that it begins.
pub fn certificate(fault: Option<Fault>) -> Text {
    match fault {
        Some(Fault::Expired) => text!("has expired", "ist abgelaufen"),
        Some(Fault::NotYetValid) => text!("is not valid yet", "gilt noch nicht"),
        Some(Fault::OtherName) => text!("is for another name", "gilt für einen anderen Namen"),
        Some(Fault::Untrusted) => {
            text!("is of no authority that is trusted", "stammt von keiner vertrauenswürdigen Stelle")
        }
        None => text!("is not accepted by clients", "wird von Clients nicht akzeptiert"),
    }
}

/// What is wrong with an answer that cannot be used, in both languages where it is known.
pub fn malformed(why: &str) -> Value {
    let known = [
        text!("it is empty", "sie ist leer"),
        text!("it is nested too deeply", "sie ist zu tief verschachtelt"),
        text!("it uses an unknown entity", "sie verwendet eine unbekannte Entität"),
        text!("it has a document type", "sie hat einen Dokumenttyp"),
        text!("it ends early", "sie endet vorzeitig"),
        text!("it holds neither settings nor an error", "sie enthält weder Einstellungen noch einen Fehler"),
        text!("its root element is not Autodiscover", "ihr Wurzelelement ist nicht Autodiscover"),
        text!("it is no text", "sie ist kein Text"),
        text!("it is no JSON with an address", "sie ist kein JSON mit einer Adresse"),
        text!("it is larger than any answer of Autodiscover", "sie ist größer als jede Antwort von Autodiscover"),
        text!(
            "it is no HTTP, or its headers are more than any client reads",
            "sie ist kein HTTP, oder sie hat mehr Header, als ein Client liest"
        ),
        text!(
            "it redirects to an address longer than any client follows",
            "sie leitet zu einer Adresse weiter, die länger ist, als ein Client verfolgt"
        ),
        text!(
            "it redirects to something that is no mailbox address",
            "sie leitet zu etwas weiter, das keine Postfachadresse ist"
        ),
    ];
    known.into_iter().find(|text| text.en == why).map_or_else(|| Value::from(why), both)
}
