//! What does Autodiscover tell Outlook (MS-OXDSCLI), beside the address of ActiveSync?

use crate::protocol::xml::{self, escaped};
use std::fmt::Write as _;

/// The request in Outlook's schema for this address (MS-OXDSCLI, 2.2.3).
pub fn request(email: &str) -> String {
    let email = escaped(email);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\">\
         <Request><EMailAddress>{email}</EMailAddress>\
         <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>\
         </Request></Autodiscover>"
    )
}

/// One protocol of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protocol {
    /// `EXCH`, `EXPR`, `EXHTTP`, `WEB`, `mapiHttp`, `IMAP` and so on, as sent.
    pub kind: String,
    /// `EwsUrl`, or `ASUrl`, which older clients read.
    pub ews: Option<String>,
    /// `OOFUrl`
    pub oof: Option<String>,
    /// `ServerVersion`, as sent: a hexadecimal word.
    pub server_version: Option<String>,
}

/// The settings in Outlook's schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The protocols, in the order sent.
    pub protocols: Vec<Protocol>,
    /// Whether the mailbox is one of Exchange Online.
    pub online: bool,
}

/// No answer has more.
const MOST_PROTOCOLS: usize = 32;

impl Settings {
    /// The protocol of this kind.
    pub fn of(&self, kind: &str) -> Option<&Protocol> {
        self.protocols.iter().find(|protocol| protocol.kind.eq_ignore_ascii_case(kind))
    }

    /// The address of EWS for clients outside.
    pub fn external_ews_url(&self) -> Option<&str> {
        self.ews_of("EXPR").or_else(|| self.ews_of("EXHTTP"))
    }

    /// The same, else that for clients inside.
    pub fn ews_url(&self) -> Option<&str> {
        self.external_ews_url().or_else(|| self.ews_of("EXCH"))
    }

    fn ews_of(&self, kind: &str) -> Option<&str> {
        self.of(kind).and_then(|protocol| protocol.ews.as_deref())
    }

    /// The build of the mailbox server: major, minor, build.
    pub fn build(&self) -> Option<(u32, u32, u32)> {
        self.protocols.iter().filter_map(|protocol| protocol.server_version.as_deref()).find_map(build)
    }
}

/// `ServerVersion` taken apart: the build in bits 0 to 14, the minor version in 16 to 21, the major in
/// 22 to 27 (MS-OXDSCLI, 2.2.4.1.1.2.17).
pub fn build(word: &str) -> Option<(u32, u32, u32)> {
    let word = u32::from_str_radix(word.trim(), 16).ok()?;
    let major = word >> 22 & 0x3f;
    (major >= 8).then_some((major, word >> 16 & 0x3f, word & 0x7fff))
}

/// Reads settings; `None` where the text holds none in Outlook's schema. Errors and redirects are
/// those of [`super::parse`].
pub fn parse(body: &str) -> Option<Settings> {
    let mut reading = Reading::default();
    xml::read(xml::trimmed(body), &mut reading).ok()?;
    (reading.is_autodiscover && !reading.settings.protocols.is_empty()).then_some(reading.settings)
}

/// The shortest document that [`parse`] reads as these settings.
pub fn render(settings: &Settings) -> String {
    let mut out = String::from("<Autodiscover><Response><Account><Action>settings</Action>");
    if settings.online {
        out.push_str("<MicrosoftOnline>True</MicrosoftOnline>");
    }
    for protocol in &settings.protocols {
        let fields = [
            ("Type", Some(&protocol.kind)),
            ("EwsUrl", protocol.ews.as_ref()),
            ("OOFUrl", protocol.oof.as_ref()),
            ("ServerVersion", protocol.server_version.as_ref()),
        ];
        out.push_str("<Protocol>");
        for (name, value) in fields {
            if let Some(value) = value {
                let _ = write!(out, "<{name}>{}</{name}>", escaped(value));
            }
        }
        out.push_str("</Protocol>");
    }
    out.push_str("</Account></Response></Autodiscover>");
    out
}

#[derive(Debug, Default)]
struct Reading {
    is_autodiscover: bool,
    settings: Settings,
    at: Protocol,
}

impl xml::Listener for Reading {
    fn open(&mut self, path: &[String], name: &str, kind: Option<&str>) {
        if path.is_empty() {
            self.is_autodiscover = name == "Autodiscover";
        }
        // within WEB there are protocols again
        if name == "Protocol" && !path.iter().any(|around| around == name) {
            self.at = Protocol { kind: kind.unwrap_or_default().to_owned(), ..Protocol::default() };
        }
    }

    fn close(&mut self, path: &[String], name: &str, value: &str) {
        let is_field = path.last().is_some_and(|parent| parent == "Protocol")
            && path.iter().filter(|around| *around == "Protocol").count() == 1;
        let some = || (!value.is_empty()).then(|| value.to_owned());
        match name {
            "MicrosoftOnline" => self.settings.online = value.eq_ignore_ascii_case("true"),
            "Type" if is_field => value.clone_into(&mut self.at.kind),
            "EwsUrl" if is_field => self.at.ews = some(),
            "ASUrl" if is_field && self.at.ews.is_none() => self.at.ews = some(),
            "OOFUrl" if is_field => self.at.oof = some(),
            "ServerVersion" if is_field => self.at.server_version = some(),
            "Protocol"
                if !path.iter().any(|around| around == name)
                    && !self.at.kind.is_empty()
                    && self.settings.protocols.len() < MOST_PROTOCOLS =>
            {
                self.settings.protocols.push(std::mem::take(&mut self.at));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANSWER: &str = "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\
        <Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\">\
        <User><DisplayName>Anna</DisplayName></User><Account><AccountType>email</AccountType><Action>settings</Action>\
        <MicrosoftOnline>False</MicrosoftOnline>\
        <Protocol><Type>EXCH</Type><Server>x</Server><ServerVersion>73C08204</ServerVersion>\
        <EwsUrl>https://ex01.corp.local/EWS/Exchange.asmx</EwsUrl></Protocol>\
        <Protocol><Type>EXPR</Type><ASUrl>https://old/EWS/Exchange.asmx</ASUrl>\
        <EwsUrl>https://mail.corp.example/EWS/Exchange.asmx</EwsUrl><OOFUrl>https://mail.corp.example/o</OOFUrl></Protocol>\
        <Protocol><Type>WEB</Type><External><OWAUrl AuthenticationMethod=\"Fba\">https://mail.corp.example/owa/</OWAUrl>\
        <Protocol><Type>EXPR</Type><ASUrl>https://inner/</ASUrl></Protocol></External></Protocol>\
        <Protocol Type=\"mapiHttp\"><MailStore><ExternalUrl>https://m/</ExternalUrl></MailStore></Protocol>\
        </Account></Response></Autodiscover>";

    #[test]
    fn ms_oxdscli_what_is_for_the_outside_goes_before_what_is_for_the_inside() {
        let settings = parse(ANSWER).unwrap();
        let kinds: Vec<_> = settings.protocols.iter().map(|protocol| protocol.kind.as_str()).collect();
        assert_eq!(kinds, ["EXCH", "EXPR", "WEB", "mapiHttp"]);
        assert_eq!(settings.ews_url(), Some("https://mail.corp.example/EWS/Exchange.asmx"));
        assert_eq!(settings.of("expr").unwrap().oof.as_deref(), Some("https://mail.corp.example/o"));
        assert_eq!(parse(&render(&settings)), Some(settings.clone()));
        let inside = Settings { protocols: settings.protocols[..1].to_vec(), ..settings };
        assert_eq!(inside.ews_url(), Some("https://ex01.corp.local/EWS/Exchange.asmx"));
    }

    #[test]
    fn ms_oxdscli_2_2_4_1_1_2_17_the_server_version_is_packed_into_32_bits() {
        assert_eq!(build("720082AD"), Some((8, 0, 685)));
        assert_eq!(build("738180DA"), Some((14, 1, 218)));
        assert_eq!(build("73C08204"), Some((15, 0, 516)));
        for wrong in ["", "x", "1", "73C082041"] {
            assert_eq!(build(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_answer_in_this_schema_is_none() {
        for odd in [
            "",
            "{}",
            "<html></html>",
            "<Autodiscover><Response><Error/></Response></Autodiscover>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><Autodiscover><Protocol><Type>&b;</Type></Protocol></Autodiscover>",
            "<Other><Protocol><Type>EXCH</Type></Protocol></Other>",
        ] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn of_a_thousand_protocols_only_so_many_are_kept() {
        let many = "<Protocol><Type>EXCH</Type></Protocol>".repeat(1000);
        let settings = parse(&format!("<Autodiscover><Account>{many}</Account></Autodiscover>")).unwrap();
        assert_eq!(settings.protocols.len(), MOST_PROTOCOLS);
    }

    proptest! {
        #[test]
        fn settings_written_anew_are_read_as_the_same(text in "[a-zA-Z<>&;/:.?=@\"']{1,40}", online: bool) {
            let protocol = Protocol { kind: text.clone(), ews: Some(text.clone()), oof: Some(text.clone()), server_version: Some(text) };
            let settings = Settings { protocols: vec![protocol], online };
            prop_assert_eq!(parse(&render(&settings)), Some(settings));
        }
    }
}
