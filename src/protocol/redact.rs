//! What may others read of a report (`--redact`)?
//!
//! The facts are renamed before they are judged: every format is then written from renamed facts, and
//! none can forget to hide something. One value has one stand-in in all of a report, so that what is
//! judged by comparing stays true. What is signed (certificates, revocation) cannot be renamed; see
//! docs/adr/0014.

mod addresses;
mod blob;
mod directory;
mod found;
mod friendly;
mod headers;
mod hosts;
mod letters;
mod roles;
mod spelling;
mod stand_ins;
mod vocabulary;

use crate::evidence::logs::LogsSeen;
use crate::evidence::redact::{Level, Redacted};
use crate::evidence::{Evidence, Probe};
use found::Found;
use serde_json::{Error, Value};
use stand_ins::StandIns;
use std::collections::BTreeMap;

/// The same evidence with stand-ins for what names a person, at [`Level::Full`] also for what names the
/// network, and with the list of that. `number`: which of several mailboxes of a run it is, from 1 on. The error is that of a value that cannot be written or read as JSON.
pub fn evidence(evidence: &Evidence, level: Level, number: u64) -> Result<Evidence, Error> {
    let (mut found, mut prepared) = (Found::default(), Prepared::new(evidence)?);
    prepared.look(&mut found);
    found.settle();
    prepared.renamed(&found, &StandIns::new(&found, level, number))
}

/// The same of two that are compared: one value has one stand-in in both.
pub fn pair((new, old): (&Evidence, &Evidence), level: Level, number: u64) -> Result<(Evidence, Evidence), Error> {
    let (mut found, mut one, mut other) = (Found::default(), Prepared::new(new)?, Prepared::new(old)?);
    other.look(&mut found);
    one.look(&mut found);
    found.settle();
    let renamed = |prepared: Prepared<'_>| -> Result<Evidence, Error> {
        prepared.renamed(&found, &StandIns::new(&found, level, number))
    };
    Ok((renamed(one)?, renamed(other)?))
}

/// Evidence as fields.
struct Prepared<'e> {
    evidence: &'e Evidence,
    value: Value,
    before: Option<Redacted>,
}

impl<'e> Prepared<'e> {
    fn new(evidence: &'e Evidence) -> Result<Self, Error> {
        let mut value = serde_json::to_value(evidence)?;
        let before = value.as_object_mut().and_then(|fields| fields.remove("redacted"));
        let before = before.map(serde_json::from_value::<Redacted>).transpose()?;
        // ids follow from their probes
        let records = value.get_mut("records").and_then(Value::as_array_mut);
        for line in records.into_iter().flatten() {
            if let Some(id) = line.get_mut("id") {
                *id = Value::from("");
            }
        }
        Ok(Self { evidence, value, before })
    }

    fn look(&mut self, found: &mut Found) {
        if let Some(mailbox) = &self.evidence.header.subject.mailbox {
            found.first = mailbox.address.rsplit_once('@').map(|(local, _)| local.to_lowercase());
            found.hosts.own = Some(mailbox.domain.clone());
            // whatever letters its name has
            found.asked(Some(&mailbox.address), None);
        }
        found.look(&mut self.value);
    }

    fn renamed(mut self, found: &Found, stand_ins: &StandIns) -> Result<Evidence, Error> {
        stand_ins.replace(&mut self.value);
        link_again(self.evidence, &mut self.value)?;
        let mut changed: Evidence = serde_json::from_value(self.value)?;
        changed.redacted = Some(stand_ins.list(found, self.before));
        Ok(changed)
    }
}

/// The mailbox, the device and the user agent that logs were asked about.
pub type Asked<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// The same for what logs tell. Returns also how any text that the user
/// has typed is to be told.
pub fn logs(seen: &LogsSeen, asked: Asked<'_>, level: Level) -> Result<RedactedLogs, Error> {
    let mut value = serde_json::to_value(seen)?;
    let mut found = Found::default();
    found.look(&mut value);
    found.asked(asked.0, asked.1);
    found.thing(asked.2.unwrap_or_default());
    found.settle();
    let stand_ins = StandIns::new(&found, level, 1);
    stand_ins.replace(&mut value);
    let mut changed: LogsSeen = serde_json::from_value(value)?;
    changed.redacted = Some(stand_ins.list(&found, None));
    Ok(RedactedLogs { seen: changed, stand_ins })
}

/// What logs tell, with stand-ins.
#[derive(Debug)]
pub struct RedactedLogs {
    /// What they tell.
    pub seen: LogsSeen,
    stand_ins: StandIns,
}

impl RedactedLogs {
    /// What stands for a mailbox, an account or a device that the user has typed.
    pub fn asked(&self, text: &str) -> String {
        self.stand_ins.asked(text)
    }

    /// The same of a part of a user agent.
    pub fn agent(&self, text: &str) -> String {
        self.stand_ins.thing(text)
    }
}

/// A record names the one before it by an id that has changed with its probe.
fn link_again(evidence: &Evidence, value: &mut Value) -> Result<(), Error> {
    let Some(lines) = value.get_mut("records").and_then(Value::as_array_mut) else { return Ok(()) };
    let mut ids = BTreeMap::new();
    for (probe, line) in evidence.records.keys().zip(lines.iter()) {
        let changed: Probe = serde_json::from_value(line.get("probe").cloned().unwrap_or_default())?;
        ids.insert(probe.to_string(), changed.to_string());
    }
    for (record, line) in evidence.records.values().zip(lines.iter_mut()) {
        if let (Some(after), Some(fields)) = (&record.after, line.as_object_mut()) {
            // what is not there leads nowhere
            match ids.get(after) {
                Some(id) => drop(fields.insert("after".to_owned(), Value::from(id.as_str()))),
                None => drop(fields.remove("after")),
            }
        }
    }
    Ok(())
}

/// A document of JSON in a text.
fn document(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A text among what a check of a mailbox has seen, at both levels.
    fn hidden(text: &str) -> [String; 2] {
        [Level::Mailbox, Level::Full].map(|level| {
            let mut value = json!({
                "user": "walburga.wurst@hinterwald-werke.de",
                "headers": [["x-feserver", "HWMAIL"]],
                "host": "hw-ex7.hinterwald-werke.de",
                "body": text,
            });
            let mut found = Found::default();
            found.look(&mut value);
            found.settle();
            StandIns::new(&found, level, 1).replace(&mut value);
            value["body"].as_str().unwrap().to_owned()
        })
    }

    #[test]
    fn a_known_server_with_further_labels_is_a_host_of_a_domain_of_its_own() {
        for text in [
            "from hwmail.hinterwald.lan to HWMAIL.ad.Hinterwald.LAN",
            "hw-ex7.hinterwald.lan and backup.hinterwald.lan",
            "HTTP/hwmail@HINTERWALD.LAN and hwmail.hinterwald.lan",
        ] {
            let [mailbox, full] = hidden(text);
            let full = full.to_lowercase();
            assert_eq!(mailbox, text);
            assert!(!full.contains("hinterwald") && !full.contains("hwmail") && !full.contains("hw-ex7"), "{full}");
            assert!(full.contains(".domain-2.lan") && !full.contains("user-"), "{full}");
        }
        let [_, full] = hidden("the mail.server.config of autodiscover.web.xml, hwmail.log");
        assert_eq!(full, "the mail.server.config of autodiscover.web.xml, server-1.log");
    }

    #[test]
    fn names_in_json_are_hidden_where_the_key_says_so() {
        for text in [
            r#"{"displayName":"Zenzi Zwirn","givenName":"Zenzi","surname":"Zwirn","jobTitle":"Chef"}"#,
            r#"{"sub":"x","name":"Zenzi Zwirn","given_name":"Zenzi","family_name":"Zwirn"}"#,
            r#"{"name":"Zenzi Zwirn","preferred_username":"zenzi.zwirn@hinterwald-werke.de"}"#,
            r#"[{"name":"Zenzi Zwirn","given_name":"Zenzi","family_name":"Zwirn"},{"na"#,
            "var me = {givenName: 'Zenzi', \"surname\": \"Zwirn\"}; // Zenzi",
        ] {
            for hidden in hidden(text) {
                let lower = hidden.to_lowercase();
                assert!(!lower.contains("zenzi") && !lower.contains("zwirn") && hidden.contains("user-"), "{hidden}");
            }
        }
        for text in [r#"{"name":"Exchange Zwirn","surname_required":true}"#, r#"x {"name":"Zwirn Produkt","size":3}"#] {
            assert_eq!(hidden(text)[0], text);
        }
    }

    #[test]
    fn how_a_device_is_called_is_hidden_whole_and_its_product_stays_elsewhere() {
        for (text, expected) in [
            (r#"{"deviceName":"Zenzis iPad"}"#, r#"{"deviceName":"device-1"}"#),
            (
                r#"{"DeviceFriendlyName":"iPhone","DeviceType":"iPhone"}"#,
                r#"{"DeviceFriendlyName":"device-1","DeviceType":"iPhone"}"#,
            ),
            ("<s:FriendlyName>Zenzi privat</s:FriendlyName>", "<s:FriendlyName>device-1</s:FriendlyName>"),
            (
                "DeviceFriendlyName : Samsung Galaxy\r\nDeviceType : Samsung Galaxy",
                "DeviceFriendlyName : device-1\r\nDeviceType : Samsung Galaxy",
            ),
            (
                "<FriendlyName>Zenzis Phone</FriendlyName> for Zenzis",
                "<FriendlyName>device-1</FriendlyName> for user-2",
            ),
        ] {
            assert_eq!(hidden(text), [expected, expected]);
            assert_eq!(hidden(expected)[0], expected);
        }
    }

    #[test]
    fn a_name_that_markup_cuts_is_hidden_and_the_markup_stays_whole() {
        for (text, expected) in [
            ("<b>walburga</b>.wurst, ", "<b>user-1</b>, "),
            ("<td>Walburga</td>\n <td>Wurst</td>", "<td>user-1</td><td></td>"),
            ("<span>Walburga</span> <span>Wurst</span>", "<span>user-1</span><span></span>"),
            ("<p>Hallo</p><i>Wal</i>burga&nbsp;Wurst!", "<p>Hallo</p><i>user-1</i>!"),
            ("<b>Hallo</b><i>Walburga</i> <i>Wurst</i>", "<b>Hallo</b><i>user-1</i><i></i>"),
            ("User=3Dwalburga=2Ewurst=20", "User=3Duser-1=20"),
            ("walburga.wu=\r\nrst", "user-1"),
        ] {
            assert_eq!(hidden(text), [expected, expected]);
            assert_eq!(hidden(expected)[0], expected);
        }
        let [mailbox, full] = hidden("walburga<wbr>.wurst@hinterwald<wbr>-werke.de, ex=2Ehinterwald-werke=2Ede");
        assert_eq!(mailbox, "user-1<wbr>@hinterwald<wbr>-werke.de, ex=2Ehinterwald-werke=2Ede");
        assert_eq!(full, "user-1<wbr>@domain-1.de<wbr>, host-1.domain-1.de");
        let other = "bertold<wbr>.zwirn@anderswo.de and bert=40anderswo.de";
        assert!(
            hidden(other).iter().all(|text| !text.contains("bert") && !text.contains("zwirn")),
            "{:?}",
            hidden(other)
        );
        for text in [
            "<b>Exchange</b> Server 15.2, <i>iPhone</i> of micro<b>soft</b>.com, mail.google<wbr>.com",
            "a=20b, <br>, width=40",
        ] {
            assert_eq!(hidden(text), [text, text]);
        }
    }

    #[test]
    fn a_zone_inside_that_is_called_like_the_house_is_hidden_and_other_words_with_dots_stay() {
        for text in
            ["from hwmail7.hinterwald to hw-ex8.hinterwald", "HWMAIL.Hinterwald", "hwmail7.hinterwald, nas.hinterwald"]
        {
            let [mailbox, full] = hidden(text);
            assert_eq!(mailbox, text);
            let lower = full.to_lowercase();
            assert!(!lower.contains("hinterwald") && !lower.contains("hwmail") && lower.contains(".domain-"), "{full}");
            assert_eq!(hidden(&full)[1], full);
        }
        for text in
            ["nas7.hinterwald", "hwmail7.log, hwmail7.microsoft, hw-ex8.exchange", "iphone12.apple, exchange2019.cu14"]
        {
            assert_eq!(hidden(text)[1].replace("server-1.log", "hwmail7.log"), text);
        }
        for text in ["\\\\?\\UNC\\zwfiler\\public", "\\\\?\\UNC\\zwfiler.zwirn.local\\public"] {
            let full = &hidden(text)[1];
            assert!(full.starts_with("\\\\?\\UNC\\") && !full.contains("zw"), "{full}");
        }
    }

    #[test]
    fn the_owner_of_a_thing_in_prose_is_hidden_whoever_it_is() {
        for (text, expected) in [
            ("see Zenzi's iPad", "see user-2's iPad"),
            ("Zenzi\u{2019}s iPad", "user-2\u{2019}s iPad"),
            ("Eva's iPhone 15", "user-1's iPhone 15"),
            ("auf Zenzis iPad.", "auf user-2 iPad."),
            ("Zenzis+MacBook", "user-2+MacBook"),
            ("Zenzi&#39;s Phone", "user-2&#39;s Phone"),
        ] {
            let expected = expected.replace("user-2", if text.contains("Zenzi") { "user-2" } else { "user-1" });
            assert_eq!(hidden(text), [expected.clone(), expected]);
        }
        for text in
            ["Dieses iPad", "Windows Phone, Business Phone, this iPhone", "Access PC", "das iPhone von der Firma"]
        {
            assert_eq!(hidden(text)[1], text);
        }
    }

    #[test]
    fn prose_behind_a_legacy_name_stays() {
        let text = "QQQ /o=Hinterwald/ou=First Group/cn=Recipients/cn=walburga.wurst and then more prose, ZZZ";
        for hidden in hidden(text) {
            let other =
                hidden.strip_prefix("QQQ user-").and_then(|rest| rest.strip_suffix(" and then more prose, ZZZ"));
            assert!(other.is_some_and(|number| number.len() == 1), "{hidden}");
        }
    }

    #[test]
    fn a_digit_behind_a_name_makes_no_other_stand_in_of_it() {
        let [mailbox, _] = hidden("walburga.wurst2 WalburgaWurst7.png walburga.wurst");
        assert_eq!(mailbox, "user-1-2 user-1-7.png user-1");
        assert_eq!(hidden(&mailbox)[0], mailbox);
    }
}
