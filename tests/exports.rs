//! Does an export say the same however PowerShell has written it?

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use exdiag::evidence::{CasMailbox, Device, ExportKind, ExportSeen, Subject};
use exdiag::protocol::export::{Fault, Format, read, select};
use proptest::prelude::*;
use std::fmt::Write as _;

const CAS: ExportKind = ExportKind::CasMailbox;
const DEVICES: ExportKind = ExportKind::DeviceList;

/// A property as the writers below take it.
#[derive(Debug, Clone)]
enum P {
    None,
    Text(String),
    Flag(bool),
    /// An enumeration: its name and its number.
    Enum(&'static str, u8),
    Number(u64),
    /// Seconds since 1970.
    Date(i64),
    List(Vec<String>),
}

type Object = Vec<(&'static str, P)>;

fn civil(seconds: i64) -> jiff::civil::DateTime {
    jiff::Timestamp::from_second(seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC).datetime()
}

/// 5.1: dates as numbers, enumerations too.
fn json5(objects: &[Object]) -> String {
    let value = |p: &P| match p {
        P::None => "null".to_owned(),
        P::Text(text) => serde_json::to_string(text).unwrap(),
        P::Flag(flag) => flag.to_string(),
        P::Enum(_, number) => number.to_string(),
        P::Number(number) => number.to_string(),
        P::Date(seconds) => format!("\"\\/Date({seconds}000)\\/\""),
        P::List(all) => serde_json::to_string(all).unwrap(),
    };
    json(objects, &value)
}

fn json7(objects: &[Object]) -> String {
    let value = |p: &P| match p {
        P::Enum(name, _) => format!("\"{name}\""),
        P::Date(seconds) => format!("\"{}\"", jiff::Timestamp::from_second(*seconds).unwrap()),
        P::None => "null".to_owned(),
        P::Text(text) => serde_json::to_string(text).unwrap(),
        P::Flag(flag) => flag.to_string(),
        P::Number(number) => number.to_string(),
        P::List(all) => serde_json::to_string(all).unwrap(),
    };
    json(objects, &value)
}

fn json(objects: &[Object], value: &dyn Fn(&P) -> String) -> String {
    let object = |object: &Object| {
        let all: Vec<String> = object.iter().map(|(name, p)| format!("  \"{name}\":  {}", value(p))).collect();
        format!("{{\r\n{}\r\n}}", all.join(",\r\n"))
    };
    match objects {
        [one] => object(one),
        all => format!("[\r\n{}\r\n]", all.iter().map(object).collect::<Vec<_>>().join(",\r\n")),
    }
}

fn plain(p: &P) -> String {
    match p {
        P::None => String::new(),
        P::Text(text) => text.clone(),
        P::Flag(flag) => if *flag { "True" } else { "False" }.to_owned(),
        P::Enum(name, _) => (*name).to_owned(),
        P::Number(number) => number.to_string(),
        // German
        P::Date(seconds) => civil(*seconds).strftime("%d.%m.%Y %H:%M:%S").to_string(),
        P::List(all) => all.join(", "),
    }
}

fn csv(objects: &[Object], separator: char) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |all: Vec<String>| all.join(&separator.to_string());
    let mut out = "#TYPE Microsoft.Exchange.Data.Directory.Management.CASMailbox\r\n".to_owned();
    let names = objects.iter().take(1).flatten().map(|(name, _)| quoted(name)).collect();
    let _ = write!(out, "{}\r\n", line(names));
    for object in objects {
        let _ = write!(out, "{}\r\n", line(object.iter().map(|(_, p)| quoted(&plain(p))).collect()));
    }
    out
}

fn clixml(objects: &[Object]) -> String {
    let escaped = |text: &str| quick_xml::escape::escape(text).replace('\n', "_x000A_");
    let mut out = "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\r\n".to_owned();
    for (number, object) in objects.iter().enumerate() {
        let _ = write!(
            out,
            "<Obj RefId=\"{number}\"><TN RefId=\"0\"><T>Deserialized.X</T></TN><ToString>x</ToString><Props>"
        );
        for (name, p) in object {
            let _ = match p {
                P::None => write!(out, "<Nil N=\"{name}\" />"),
                P::Text(text) => write!(out, "<S N=\"{name}\">{}</S>", escaped(text)),
                P::Flag(flag) => write!(out, "<B N=\"{name}\">{flag}</B>"),
                P::Enum(word, value) => write!(
                    out,
                    "<Obj N=\"{name}\" RefId=\"9{number}{name}\"><TNRef RefId=\"0\"/><ToString>{word}</ToString><I32>{value}</I32></Obj>"
                ),
                P::Number(value) => write!(out, "<I32 N=\"{name}\">{value}</I32>"),
                P::Date(seconds) => {
                    write!(out, "<DT N=\"{name}\">{}</DT>", jiff::Timestamp::from_second(*seconds).unwrap())
                }
                P::List(all) => {
                    let inner: Vec<String> = all.iter().map(|text| format!("<S>{}</S>", escaped(text))).collect();
                    let inner = inner.concat();
                    write!(out, "<Obj N=\"{name}\" RefId=\"8{number}{name}\"><LST>{inner}</LST></Obj>")
                }
            };
        }
        out.push_str("</Props><MS><S N=\"PSComputerName\">ex01</S></MS></Obj>\r\n");
    }
    out + "</Objs>"
}

fn list(objects: &[Object]) -> String {
    let mut out = "\r\n\r\n".to_owned();
    for object in objects {
        for (name, p) in object {
            let value = if let P::List(all) = p { format!("{{{}}}", all.join(", ")) } else { plain(p) };
            let _ = write!(out, "{name:32} : {value}\r\n");
        }
        out.push_str("\r\n");
    }
    out
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn utf8_with_mark(text: &str) -> Vec<u8> {
    [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat()
}

/// Every way of writing, with its name; the last says whether a date has its zone there.
fn all_ways(objects: &[Object]) -> Vec<(&'static str, Format, Vec<u8>, bool)> {
    vec![
        ("JSON of 5.1 by >", Format::Json, utf16(&json5(objects)), true),
        ("JSON of 5.1 in UTF-8", Format::Json, utf8_with_mark(&json5(objects)), true),
        ("JSON of 7", Format::Json, json7(objects).into_bytes(), true),
        ("CSV", Format::Csv, csv(objects, ',').into_bytes(), false),
        ("CSV with semicolons", Format::Csv, utf8_with_mark(&csv(objects, ';')), false),
        ("CSV in UTF-16", Format::Csv, utf16(&csv(objects, '\t')), false),
        ("CliXML of 5.1", Format::CliXml, utf16(&clixml(objects)), true),
        ("CliXML of 7", Format::CliXml, clixml(objects).into_bytes(), true),
        ("Format-List", Format::List, utf16(&list(objects)), false),
    ]
}

fn anna() -> Subject {
    Subject::mailbox("anna@corp.example".parse().unwrap())
}

fn seen(kind: ExportKind, bytes: &[u8]) -> ExportSeen {
    let table = read(bytes, kind).unwrap_or_else(|fault| panic!("{fault:?}: {}", String::from_utf8_lossy(bytes)));
    select(kind, &table, &anna(), None)
}

fn strings(all: &[&str]) -> P {
    P::List(all.iter().map(|text| (*text).to_owned()).collect())
}

fn account(address: &str, activesync: bool) -> Object {
    vec![
        ("PrimarySmtpAddress", P::Text(address.to_owned())),
        ("SamAccountName", P::Text(address.split('@').next().unwrap().to_owned())),
        ("DisplayName", P::Text("Müller, \"Anna\"".to_owned())),
        ("ActiveSyncEnabled", P::Flag(activesync)),
        ("EwsEnabled", P::None),
        ("EwsApplicationAccessPolicy", P::Text("EnforceAllowList".to_owned())),
        ("EwsAllowList", strings(&["MacOutlook/*", "OWA/*"])),
        ("EwsBlockList", P::None),
        ("ActiveSyncAllowedDeviceIDs", strings(&["ABC123", "DEF456"])),
        ("ActiveSyncBlockedDeviceIDs", P::List(Vec::new())),
        ("ActiveSyncMailboxPolicy", P::Text("Default".to_owned())),
        ("OWAEnabled", P::Flag(true)),
        ("HasActiveSyncDevicePartnership", P::Flag(true)),
    ]
}

/// 2026-11-20T08:15:30Z
const SYNCED: i64 = 1_795_162_530;

fn device(id: &str) -> Object {
    vec![
        ("Identity", P::Text(format!("corp.example/Users/Anna Muster/ExchangeActiveSyncDevices/iPhone§{id}"))),
        ("DeviceID", P::Text(id.to_owned())),
        ("DeviceType", P::Text("iPhone".to_owned())),
        ("DeviceUserAgent", P::Text("python-EAS-Client 1.0".to_owned())),
        ("DeviceFriendlyName", P::Text("Annas Telefon".to_owned())),
        ("RecoveryPassword", P::Text("geheim".to_owned())),
        ("DeviceAccessState", P::Enum("Quarantined", 3)),
        ("DeviceAccessStateReason", P::Enum("Global", 1)),
        ("Status", P::Enum("DeviceOk", 0)),
        ("NumberOfFoldersSynced", P::Number(7)),
        ("FirstSyncTime", P::Date(SYNCED - 864_000)),
        ("LastSyncAttemptTime", P::Date(SYNCED + 60)),
        ("LastSuccessSync", P::Date(SYNCED)),
        ("DeviceWipeRequestTime", P::None),
    ]
}

#[test]
fn get_casmailbox_says_the_same_in_every_way_of_writing() {
    let expected = CasMailbox {
        activesync_enabled: Some(false),
        owa_enabled: Some(true),
        has_device: Some(true),
        ews_policy: Some("EnforceAllowList".to_owned()),
        ews_allowed: vec!["MacOutlook/*".to_owned(), "OWA/*".to_owned()],
        devices_allowed: vec!["ABC123".to_owned(), "DEF456".to_owned()],
        device_policy: Some("Default".to_owned()),
        ..CasMailbox::default()
    };
    for objects in [
        vec![account("anna@corp.example", false)],
        vec![account("ben@corp.example", true), account("Anna@corp.example", false)],
    ] {
        for (way, format, bytes, _) in all_ways(&objects) {
            let seen = seen(CAS, &bytes);
            assert_eq!((seen.format.as_str(), seen.records), (format.name(), objects.len() as u64), "{way}");
            assert_eq!(seen.mailbox.as_ref(), Some(&expected), "{way}");
            let kept = serde_json::to_string(&seen).unwrap();
            assert!(!kept.contains("ben") && !kept.contains("Müller"), "{way}: {kept}");
        }
    }
}

#[test]
fn get_mobile_device_statistics_says_the_same_in_every_way_of_writing() {
    let at = |seconds| Some(jiff::Timestamp::from_second(seconds).unwrap());
    let expected = Device {
        id: "ABC123".to_owned(),
        kind: Some("iPhone".to_owned()),
        agent: Some("python-EAS-Client 1.0".to_owned()),
        access: Some("Quarantined".to_owned()),
        reason: Some("Global".to_owned()),
        status: Some("DeviceOk".to_owned()),
        folders: Some(7),
        first_sync: at(SYNCED - 864_000),
        last_attempt: at(SYNCED + 60),
        last_success: at(SYNCED),
        ..Device::default()
    };
    for objects in [vec![device("ABC123")], vec![device("ABC123"), device("DEF456")]] {
        for (way, _, bytes, zone_known) in all_ways(&objects) {
            let seen = seen(DEVICES, &bytes);
            assert_eq!(seen.devices.len(), objects.len(), "{way}");
            assert_eq!(seen.devices[0], Device { zone_unknown: !zone_known, ..expected.clone() }, "{way}");
            let kept = serde_json::to_string(&seen).unwrap();
            assert!(!kept.contains("geheim") && !kept.contains("Annas"), "{way}: {kept}");
        }
    }
}

#[test]
fn dates_with_slashes_are_read_once_one_of_the_file_tells_the_order() {
    let csv =
        |dates: [&str; 2]| format!("DeviceID,LastSuccessSync\r\nA,{}\r\nB,{}\r\n", dates[0], dates[1]).into_bytes();
    let of = |dates| seen(DEVICES, &csv(dates));
    let told = of(["03/04/2026 8:00:00 AM", "03/14/2026 8:00:00 AM"]);
    assert_eq!(told.devices[0].last_success.unwrap().to_string(), "2026-03-04T08:00:00Z");
    let untold = of(["03/04/2026 8:00:00 AM", "03/05/2026 8:00:00 AM"]);
    assert_eq!((untold.devices[0].last_success, untold.unclear_dates), (None, 2));
}

#[test]
fn what_is_no_such_export_is_told_by_what_it_is() {
    let of = |kind, text: &str| read(text.as_bytes(), kind).map(|table| table.rows.len());
    for empty in ["", "\r\n \u{feff}", "\0\0"] {
        assert_eq!(of(CAS, empty), Err(Fault::Empty), "{empty:?}");
    }
    assert_eq!(read(&utf16(""), CAS), Err(Fault::Empty));
    assert_eq!(of(CAS, &json7(&[device("A")])), Err(Fault::Other(DEVICES)));
    assert_eq!(of(DEVICES, &csv(&[account("a@b.example", true)], ';')), Err(Fault::Other(CAS)));
    assert_eq!(of(CAS, "{\"Name\": \"x\", \"ServerRole\": \"Mailbox\"}"), Err(Fault::Foreign));
    let table = "Name      ActiveSyncEnabled\r\n----      -----------------\r\nAnna Mus... True\r\n";
    assert_eq!(of(CAS, table), Err(Fault::Cut));
    for other in ["hello", "%PDF-1.7 binary", "<html><body>x</body></html>"] {
        assert_eq!(of(CAS, other), Err(Fault::Unknown), "{other}");
    }
    assert_eq!(of(DEVICES, "[]"), Ok(0));
    let objects = [account("anna@corp.example", true), account("ben@corp.example", true)];
    for whole in [json5(&objects), json7(&objects), clixml(&objects), csv(&objects, ',')] {
        let cut = &whole[..whole.len() * 2 / 3];
        assert!(matches!(of(CAS, cut), Err(Fault::Broken { .. })), "{cut}");
    }
}

#[test]
fn a_list_that_was_copied_with_its_prompt_is_read() {
    let text =
        format!("[PS] C:\\>Get-CASMailbox anna | Format-List\r\n{}", list(&[account("anna@corp.example", true)]));
    assert_eq!(seen(CAS, text.as_bytes()).mailbox.unwrap().activesync_enabled, Some(true));
}

#[test]
fn of_other_mailboxes_nothing_is_taken() {
    let ben = [account("ben@corp.example", false)];
    let seen_of = |objects: &[Object]| seen(CAS, json7(objects).as_bytes());
    let other = seen_of(&ben);
    assert_eq!((other.is_ours, other.mailbox), (false, None));
    // without an address it is somebody's all the same
    let named = vec![("DisplayName", P::Text("Ben Beispiel".to_owned())), ("ActiveSyncEnabled", P::Flag(false))];
    assert!(!seen_of(&[named]).is_ours);
    // whose the devices are is told by the other export
    let of = |owner: &str, id: &str| {
        let mut object = device(id);
        object[0].1 = P::Text(format!("corp.example/Users/{owner}/ExchangeActiveSyncDevices/iPhone§{id}"));
        object
    };
    let both = json7(&[of("Anna Muster", "A"), of("Ben Beispiel", "B")]);
    let table = read(both.as_bytes(), DEVICES).unwrap();
    assert!(select(DEVICES, &table, &anna(), None).devices.is_empty());
    let mut own = account("anna@corp.example", true);
    own.push(("Identity", P::Text("corp.example/Users/Anna Muster".to_owned())));
    let accounts = read(json7(&[own]).as_bytes(), CAS).unwrap();
    let found = select(DEVICES, &table, &anna(), Some(&accounts));
    assert_eq!(found.devices.iter().map(|device| device.id.as_str()).collect::<Vec<_>>(), ["A"]);
}

#[test]
fn an_object_that_names_nobody_is_the_mailboxes_own() {
    let object = vec![("ActiveSyncEnabled", P::Flag(false)), ("EwsEnabled", P::Flag(true))];
    for (way, _, bytes, _) in all_ways(std::slice::from_ref(&object)) {
        assert_eq!(seen(CAS, &bytes).mailbox.and_then(|mailbox| mailbox.activesync_enabled), Some(false), "{way}");
    }
}

/// What `exdiag check` says of such files, and its exit code.
fn said(option: &str, path: &std::path::Path, lang: &str) -> (Option<i32>, String) {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_exdiag"))
        .args(["check", "anna@corp.example", "--lang", lang, option])
        .arg(path)
        .env_clear()
        .output()
        .unwrap();
    assert!(out.stdout.is_empty(), "{}", String::from_utf8_lossy(&out.stdout));
    (out.status.code(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn contract_4_a_report_holds_what_the_files_say_of_the_mailbox_alone_and_replays() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let ago = |hours: i64| jiff::Timestamp::now().as_second() - hours * 3600;
    let of = |owner: &str, id: &str, synced: i64| {
        let mut object = device(id);
        for (name, property) in &mut object {
            match *name {
                "Identity" => {
                    *property = P::Text(format!("corp.example/Users/{owner}/ExchangeActiveSyncDevices/x§{id}"));
                }
                "LastSuccessSync" | "LastSyncAttemptTime" => *property = P::Date(synced),
                _ => {}
            }
        }
        object
    };
    let mut anna = account("anna@corp.example", true);
    anna.push(("Identity", P::Text("corp.example/Users/Anna Muster".to_owned())));
    let accounts = [account("ben@corp.example", false), anna];
    std::fs::write(at("cas.xml"), utf16(&clixml(&accounts))).unwrap();
    let devices = [of("Ben Beispiel", "BENS1", ago(1)), of("Anna Muster", "ANNAS1", ago(2))];
    std::fs::write(at("devices.csv"), csv(&devices, ';')).unwrap();
    let exdiag = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_exdiag"));
        command.args(arguments).args(["--format", "json"]).env_clear().current_dir(folder.path());
        let out = command.output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        (out.status.code(), report)
    };
    let options = ["--casmailbox", "cas.xml", "--device-list", "devices.csv", "--dns-servers", "127.0.0.1:9"];
    let only = ["check", "anna@corp.example", "--only", "last-sync", "--output", "report.json"];
    let (code, report) = exdiag(&[&only[..], &options].concat());
    assert_eq!(code, Some(0), "{report:#}");
    let text = report.to_string();
    assert!(text.contains("ANNAS1") && text.contains("export:device-list:devices.csv"), "{report:#}");
    for private in ["BENS1", "Beispiel", "ben@", "geheim", "Annas Telefon", folder.path().to_str().unwrap()] {
        assert!(!text.contains(private), "{private}: {report:#}");
    }
    let (again_code, again) = exdiag(&["replay", "report.json"]);
    assert_eq!((again_code, &again["checks"][1]["findings"]), (code, &report["checks"][1]["findings"]));
}

#[test]
fn contract_2_a_file_that_is_no_such_export_ends_the_run_with_one_sentence_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    let whole = json7(&[account("anna@corp.example", true), account("ben@corp.example", true)]);
    for (text, option, en, de) in [
        ("", "--casmailbox", "is empty", "ist leer"),
        (&whole[..whole.len() / 2], "--casmailbox", "breaks off or is damaged", "bricht ab oder ist beschädigt"),
        (&whole, "--device-list", "is the output of Get-CASMailbox", "ist die Ausgabe von Get-CASMailbox"),
        ("hello", "--device-list", "is not an export of PowerShell", "ist kein Export der PowerShell"),
        ("{\"a\": 1}", "--casmailbox", "is the output of another cmdlet", "ist die Ausgabe eines anderen Cmdlets"),
    ] {
        std::fs::write(&path, text).unwrap();
        for (lang, sentence) in [("en", en), ("de", de)] {
            let (code, said) = said(option, &path, lang);
            assert_eq!(code, Some(2), "{said}");
            assert!(said.contains(sentence) && said.trim_end().lines().count() == 1, "{said}");
        }
    }
    std::fs::File::create(&path).unwrap().set_len(200 << 20).unwrap();
    assert!(said("--casmailbox", &path, "en").1.contains("is larger than 64 MiB"));
    let (code, said) = said("--device-list", &folder.path().join("none.json"), "en");
    assert!(code == Some(2) && said.contains("could not read"), "{said}");
}

proptest! {
    #[test]
    fn the_same_data_give_the_same_records_however_written(
        id in "[A-Z0-9]{1,32}",
        agent in "[a-zA-Z][a-zA-Zäöü0-9/.;\"'<>&-]{0,20}",
        access in 0_usize..5,
        synced in 1_500_000_000_i64..1_900_000_000,
        folders in 0_u64..99,
        allowed in proptest::collection::vec("[A-Z0-9]{1,12}", 1..4),
        flag in any::<bool>(),
    ) {
        const ACCESS: [&str; 5] = ["Unknown", "Allowed", "Blocked", "Quarantined", "DeviceDiscovery"];
        let object: Object = vec![
            ("DeviceID", P::Text(id)),
            ("DeviceUserAgent", P::Text(agent)),
            ("DeviceAccessState", P::Enum(ACCESS[access], u8::try_from(access).unwrap())),
            ("LastSuccessSync", P::Date(synced)),
            ("NumberOfFoldersSynced", P::Number(folders)),
        ];
        let mut of_account = account("anna@corp.example", flag);
        of_account.push(("ActiveSyncBlockedDeviceIDs", P::List(allowed)));
        let first = seen(DEVICES, json7(std::slice::from_ref(&object)).as_bytes()).devices;
        let first_account = seen(CAS, json7(std::slice::from_ref(&of_account)).as_bytes()).mailbox;
        for (way, _, bytes, _) in all_ways(&[object]) {
            let mut devices = seen(DEVICES, &bytes).devices;
            devices[0].zone_unknown = false;
            prop_assert_eq!(&devices, &first, "{}", way);
        }
        for (way, _, bytes, _) in all_ways(&[of_account]) {
            prop_assert_eq!(&seen(CAS, &bytes).mailbox, &first_account, "{}", way);
        }
    }

    #[test]
    fn no_file_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[\\[{<#\"a-zA-Z :;,\\n]{0,200}") {
        for kind in [CAS, DEVICES] {
            let _ = read(&bytes, kind);
            let _ = read(text.as_bytes(), kind);
        }
    }
}

#[test]
fn what_only_one_way_of_writing_has_is_read_too() {
    let account = |bytes: &[u8]| seen(CAS, bytes).mailbox.unwrap();
    let json = "{\"ActiveSyncEnabled\":false,\"PrimarySmtpAddress\":\"anna@corp.example\"}";
    // UTF-16 without its mark, as it comes through a pipe
    for bytes in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
        let wide: Vec<u8> = json.encode_utf16().flat_map(bytes).collect();
        assert_eq!(account(&wide).activesync_enabled, Some(false));
    }
    // an array of 5.1 that was not taken apart
    let counted = format!("{{\"value\":[{json},{{\"PrimarySmtpAddress\":\"b@corp.example\"}}],\"Count\":2}}");
    assert_eq!(
        (account(counted.as_bytes()).activesync_enabled, seen(CAS, counted.as_bytes()).records),
        (Some(false), 2)
    );
    // German words, and a long value that goes on in the next line
    let list = "PrimarySmtpAddress      : anna@corp.example\r\nActiveSyncEnabled       : Wahr\r\n\
                ActiveSyncMailboxPolicy : Richtlinie für alle Tele\r\n                          fone\r\n";
    let told = account(list.as_bytes());
    assert_eq!(
        (told.activesync_enabled, told.device_policy.as_deref()),
        (Some(true), Some("Richtlinie für alle Telefone"))
    );
    // the name of a type stands in a CSV where the value is no text
    let csv = "PrimarySmtpAddress,ActiveSyncEnabled,ActiveSyncMailboxPolicy\r\n\
               anna@corp.example,True,Microsoft.Exchange.Data.Directory.ADObjectId\r\n";
    assert_eq!(account(csv.as_bytes()).device_policy, None);
    // an object of CliXML that was written before
    let xml = "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj RefId=\"0\"><Props>\
               <S N=\"PrimarySmtpAddress\">anna@corp.example</S><B N=\"ActiveSyncEnabled\">true</B>\
               <Obj N=\"ActiveSyncAllowedDeviceIDs\" RefId=\"1\"><LST><S>A1</S></LST></Obj>\
               <Ref N=\"ActiveSyncBlockedDeviceIDs\" RefId=\"1\" /></Props></Obj></Objs>";
    assert_eq!(account(xml.as_bytes()).devices_blocked, ["A1"]);
}
