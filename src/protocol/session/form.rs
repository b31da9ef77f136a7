//! How is a command of a session written: its address and its document?

use super::{DEVICE_ID, DEVICE_TYPE, USER_AGENT};
use crate::evidence::SessionAsk;
use crate::protocol::wbxml::{Element, encode, tags};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The type of a policy (MS-ASPROV 2.2.2.43).
const POLICY_TYPE: &str = "MS-EAS-Provisioning-WBXML";
/// English (United States), as MS-LCID numbers it.
const LOCALE: u16 = 0x0409;

/// Name and code of a command (MS-ASHTTP 2.2.1.1.1.1.2, 2.2.1.1.1.2.1).
pub const fn command(ask: &SessionAsk) -> (&'static str, u8) {
    match ask {
        SessionAsk::FolderSync => ("FolderSync", 9),
        SessionAsk::DeviceInformation => ("Settings", 17),
        SessionAsk::Provision | SessionAsk::Acknowledge => ("Provision", 20),
        SessionAsk::Open { .. } | SessionAsk::Newest { .. } => ("Sync", 0),
        SessionAsk::Estimate { .. } => ("GetItemEstimate", 14),
    }
}

/// The plain query (MS-ASHTTP 2.2.1.1.1.1): every server takes it.
pub fn query(user: &str, ask: &SessionAsk) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("Cmd", command(ask).0)
        .append_pair("User", user)
        .append_pair("DeviceId", DEVICE_ID)
        .append_pair("DeviceType", DEVICE_TYPE)
        .finish()
}

/// The query in base64 (MS-ASHTTP 2.2.1.1.1.2), from 12.1 on; `None` where the version or the key is
/// no number.
pub fn base64_query(version: &str, policy_key: &str, ask: &SessionAsk) -> Option<String> {
    let short = |text: &str| u8::try_from(text.len()).ok();
    let key: u32 = policy_key.parse().ok()?;
    let mut bytes = vec![version.replace('.', "").parse().ok()?, command(ask).1];
    bytes.extend(LOCALE.to_le_bytes());
    bytes.push(short(DEVICE_ID)?);
    bytes.extend(DEVICE_ID.bytes());
    if key == 0 {
        bytes.push(0);
    } else {
        bytes.push(4);
        bytes.extend(key.to_le_bytes());
    }
    bytes.push(short(DEVICE_TYPE)?);
    bytes.extend(DEVICE_TYPE.bytes());
    Some(STANDARD.encode(bytes))
}

/// The document of a command, as WBXML.
pub fn body(version: &str, policy_key: &str, ask: &SessionAsk) -> Vec<u8> {
    encode(&document(version, policy_key, ask))
}

fn document(version: &str, policy_key: &str, ask: &SessionAsk) -> Element {
    match ask {
        SessionAsk::FolderSync => Element::of(tags::FOLDER_SYNC, [Element::text(tags::FOLDER_KEY, "0")]),
        SessionAsk::DeviceInformation => Element::of(tags::SETTINGS, [device()]),
        SessionAsk::Provision => {
            let policy = Element::of(tags::POLICY, [Element::text(tags::POLICY_TYPE, POLICY_TYPE)]);
            let policies = Element::of(tags::POLICIES, [policy]);
            // MS-ASPROV 2.2.2.53: wanted from 14.1 on, unknown before
            let device = (!is_before_14_1(version)).then(device);
            Element::of(tags::PROVISION, device.into_iter().chain([policies]))
        }
        SessionAsk::Acknowledge => {
            let policy = [
                Element::text(tags::POLICY_TYPE, POLICY_TYPE),
                Element::text(tags::POLICY_KEY, policy_key),
                Element::text(tags::PROVISION_STATUS, "1"),
            ];
            Element::of(tags::PROVISION, [Element::of(tags::POLICIES, [Element::of(tags::POLICY, policy)])])
        }
        SessionAsk::Open { folder } => sync(collection(version, "0", folder)),
        SessionAsk::Newest { folder, sync_key } => {
            let mut asked = collection(version, sync_key, folder);
            let body = [Element::text(tags::BODY_TYPE, "1"), Element::text(tags::TRUNCATION_SIZE, "0")];
            let options = [
                Element::text(tags::FILTER_TYPE, "0"),
                Element::text(tags::MIME_SUPPORT, "0"),
                Element::of(tags::BODY_PREFERENCE, body),
            ];
            asked.extend([
                Element::text(tags::GET_CHANGES, "1"),
                Element::text(tags::WINDOW_SIZE, "1"),
                Element::of(tags::OPTIONS, options),
            ]);
            sync(asked)
        }
        SessionAsk::Estimate { folder, sync_key } => {
            let asked = [Element::text(tags::SYNC_KEY, sync_key), Element::text(tags::ESTIMATE_COLLECTION_ID, folder)];
            let collections = Element::of(tags::ESTIMATE_COLLECTIONS, [Element::of(tags::ESTIMATE_COLLECTION, asked)]);
            Element::of(tags::ESTIMATES, [collections])
        }
    }
}

fn sync(collection: Vec<Element>) -> Element {
    Element::of(tags::SYNC, [Element::of(tags::COLLECTIONS, [Element::of(tags::COLLECTION, collection)])])
}

fn collection(version: &str, key: &str, folder: &str) -> Vec<Element> {
    let class = version.starts_with("12.").then(|| Element::text(tags::CLASS, "Email"));
    let rest = [Element::text(tags::SYNC_KEY, key), Element::text(tags::COLLECTION_ID, folder)];
    class.into_iter().chain(rest).collect()
}

fn device() -> Element {
    let set = [
        Element::text(tags::MODEL, DEVICE_TYPE),
        Element::text(tags::FRIENDLY_NAME, "exdiag"),
        Element::text(tags::OS, "exdiag"),
        Element::text(tags::USER_AGENT, USER_AGENT),
    ];
    Element::of(tags::DEVICE_INFORMATION, [Element::of(tags::SET, set)])
}

fn is_before_14_1(version: &str) -> bool {
    version.starts_with("12.") || version == "14.0"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_ashttp_both_forms_of_the_query_say_the_same() {
        let ask = SessionAsk::FolderSync;
        assert_eq!(
            query("CORP\\anna+x@corp.example", &ask),
            "Cmd=FolderSync&User=CORP%5Canna%2Bx%40corp.example&DeviceId=EXDIAG0000000001&DeviceType=exdiag"
        );
        // A1 09 0904 10 "EXDIAG0000000001" 04 6048EA4D 06 "exdiag"
        let bytes = STANDARD.decode(base64_query("16.1", "1307199584", &ask).unwrap()).unwrap();
        let expected = [&[0xa1, 9, 9, 4, 16][..], b"EXDIAG0000000001", &[4, 0x60, 0x48, 0xea, 0x4d, 6], b"exdiag"];
        assert_eq!(bytes, expected.concat());
        assert_eq!(STANDARD.decode(base64_query("14.0", "0", &ask).unwrap()).unwrap()[21], 0);
        assert_eq!(base64_query("x", "0", &ask), None);
    }

    #[test]
    fn ms_asprov_the_device_is_described_where_the_version_wants_it() {
        let of = |version| document(version, "0", &SessionAsk::Provision).to_string();
        assert!(of("16.1").starts_with("<Provision><DeviceInformation><Set><Model>exdiag</Model>"));
        assert!(of("14.0").starts_with("<Provision><Policies><Policy>"));
        assert_eq!(
            document("14.0", "7", &SessionAsk::Acknowledge).to_string(),
            "<Provision><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType>\
             <PolicyKey>7</PolicyKey><Status>1</Status></Policy></Policies></Provision>"
        );
    }

    #[test]
    fn a_body_is_never_asked_for_and_old_versions_name_the_class() {
        let ask = SessionAsk::Newest { folder: "5".to_owned(), sync_key: "9".to_owned() };
        assert_eq!(
            document("12.1", "0", &ask).to_string(),
            "<Sync><Collections><Collection><Class>Email</Class><SyncKey>9</SyncKey><CollectionId>5</CollectionId>\
             <GetChanges>1</GetChanges><WindowSize>1</WindowSize><Options><FilterType>0</FilterType>\
             <MIMESupport>0</MIMESupport><BodyPreference><Type>1</Type><TruncationSize>0</TruncationSize>\
             </BodyPreference></Options></Collection></Collections></Sync>"
        );
    }
}
