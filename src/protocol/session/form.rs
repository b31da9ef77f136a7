//! Which document does a command of a session carry?

use super::{DEVICE_TYPE, USER_AGENT};
use crate::evidence::SessionAsk;
use crate::protocol::wbxml::{Element, encode, tags};

/// The type of a policy (MS-ASPROV 2.2.2.43).
const POLICY_TYPE: &str = "MS-EAS-Provisioning-WBXML";
/// So many messages are asked for: more than one, as no specification says that the newest comes first.
const WINDOW: &str = "50";

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
        SessionAsk::Newest { folder, sync_key } => messages(collection(version, sync_key, folder), "0"),
        SessionAsk::Lately { folder, sync_key, days } => {
            messages(collection(version, sync_key, folder), filter_type(*days))
        }
        SessionAsk::Estimate { folder, sync_key } => {
            let asked = [Element::text(tags::SYNC_KEY, sync_key), Element::text(tags::ESTIMATE_COLLECTION_ID, folder)];
            let collections = Element::of(tags::ESTIMATE_COLLECTIONS, [Element::of(tags::ESTIMATE_COLLECTION, asked)]);
            Element::of(tags::ESTIMATES, [collections])
        }
        SessionAsk::Ping { folder, heartbeat } => {
            let folder = [Element::text(tags::PING_ID, folder), Element::text(tags::PING_CLASS, "Email")];
            let folders = Element::of(tags::PING_FOLDERS, [Element::of(tags::PING_FOLDER, folder)]);
            Element::of(tags::PING, [Element::text(tags::PING_HEARTBEAT, heartbeat.to_string()), folders])
        }
    }
}

/// Some messages of a collection, without their bodies.
fn messages(mut collection: Vec<Element>, filter: &str) -> Element {
    let body = [Element::text(tags::BODY_TYPE, "1"), Element::text(tags::TRUNCATION_SIZE, "0")];
    let options = [
        Element::text(tags::FILTER_TYPE, filter),
        Element::text(tags::MIME_SUPPORT, "0"),
        Element::of(tags::BODY_PREFERENCE, body),
    ];
    collection.extend([
        Element::text(tags::GET_CHANGES, "1"),
        Element::text(tags::WINDOW_SIZE, WINDOW),
        Element::of(tags::OPTIONS, options),
    ]);
    sync(collection)
}

/// How far back a sync goes (MS-ASCMD 2.2.3.68.2): the shortest span that holds so many days.
const fn filter_type(days: u8) -> &'static str {
    match days {
        0..=1 => "1",
        2..=3 => "2",
        4..=7 => "3",
        8..=14 => "4",
        _ => "5",
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
    fn ms_ascmd_ping_names_the_folder_and_how_long_it_may_last() {
        let ask = SessionAsk::Ping { folder: "5".to_owned(), heartbeat: 900 };
        assert_eq!(
            document("16.1", "7", &ask).to_string(),
            "<Ping><HeartbeatInterval>900</HeartbeatInterval><Folders><Folder><Id>5</Id><Class>Email</Class></Folder>\
             </Folders></Ping>"
        );
    }

    #[test]
    fn a_body_is_never_asked_for_and_old_versions_name_the_class() {
        let ask = SessionAsk::Newest { folder: "5".to_owned(), sync_key: "9".to_owned() };
        assert_eq!(
            document("12.1", "0", &ask).to_string(),
            "<Sync><Collections><Collection><Class>Email</Class><SyncKey>9</SyncKey><CollectionId>5</CollectionId>\
             <GetChanges>1</GetChanges><WindowSize>50</WindowSize><Options><FilterType>0</FilterType>\
             <MIMESupport>0</MIMESupport><BodyPreference><Type>1</Type><TruncationSize>0</TruncationSize>\
             </BodyPreference></Options></Collection></Collections></Sync>"
        );
    }

    #[test]
    fn ms_ascmd_filter_type_names_the_span_that_was_asked_for() {
        for (days, filter) in [(1, "1"), (3, "2"), (7, "3"), (14, "4"), (31, "5")] {
            let ask = SessionAsk::Lately { folder: "5".to_owned(), sync_key: "9".to_owned(), days };
            let document = document("16.1", "0", &ask).to_string();
            assert!(document.contains(&format!("<FilterType>{filter}</FilterType>")), "{document}");
        }
    }
}
