//! What does an answer of a session say, without what is private in it?
//!
//! Of an answer only this is kept: statuses, keys, the id of the Inbox, numbers, the date of a message
//! and the names that the server itself gives to the Inbox and its like. No subject or body, and no name
//! that a user has given.

use super::status::Told;
use crate::evidence::SessionAsk;
use crate::protocol::wbxml::{self, Element, tags};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an answer says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    /// Whether it is a document at all.
    pub kind: Kind,
    /// The status of the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The status of the one policy or folder in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inner: Option<u16>,
    /// The order to wipe the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wipe: Option<Wipe>,
    /// The policy's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_key: Option<String>,
    /// Whether the policy demands a password on the device.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub wants_password: bool,
    /// The folder's next key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_key: Option<String>,
    /// How many folders there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folders: Option<u32>,
    /// What the folders are, by kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folder_list: Vec<Folders>,
    /// Whether a folder for sent mail or a calendar is among them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_usual_folders: bool,
    /// The id of the Inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox: Option<String>,
    /// The id of a folder in which hardly anything ever happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<String>,
    /// How many messages there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<u32>,
    /// When the newest message told arrived, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
    /// Whether there are more messages than were told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_more: bool,
    /// How long a Ping may last at most or must last at least, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<u32>,
}

/// The folders of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Folders {
    /// The type (MS-ASCMD 2.2.3.186.3); what is none is 18, as a folder of unknown type.
    pub kind: u16,
    /// How many there are.
    pub count: u32,
    /// What the server calls it; of the Inbox, Drafts, Deleted Items, Sent Items and the Outbox alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Folders {
    /// The kind in a word.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            1 => "user-folder",
            2 => "inbox",
            3 => "drafts",
            4 => "deleted-items",
            5 => "sent-items",
            6 => "outbox",
            7 => "tasks",
            8 => "calendar",
            9 => "contacts",
            10 => "notes",
            11 => "journal",
            12 => "user-mail",
            13 => "user-calendar",
            14 => "user-contacts",
            15 => "user-tasks",
            16 => "user-journal",
            17 => "user-notes",
            19 => "recipient-cache",
            _ => "unknown",
        }
    }
}

/// What form an answer has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// WBXML with the root that the command has.
    #[default]
    Document,
    /// Nothing.
    Empty,
    /// Something else.
    Foreign,
}

/// What is to be wiped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wipe {
    /// The whole device.
    Device,
    /// The account alone.
    Account,
}

impl Reply {
    /// Reads an answer to this command.
    pub fn read(ask: &SessionAsk, bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self { kind: Kind::Empty, ..Self::default() };
        }
        let expected = match ask {
            SessionAsk::FolderSync => tags::FOLDER_SYNC,
            SessionAsk::DeviceInformation => tags::SETTINGS,
            SessionAsk::Provision | SessionAsk::Acknowledge => tags::PROVISION,
            SessionAsk::Open { .. } | SessionAsk::Newest { .. } | SessionAsk::Lately { .. } => tags::SYNC,
            SessionAsk::Estimate { .. } => tags::ESTIMATES,
            SessionAsk::Ping { .. } => tags::PING,
        };
        let Some(root) = wbxml::decode(bytes).ok().filter(|root| root.tag == expected) else {
            return Self { kind: Kind::Foreign, ..Self::default() };
        };
        match ask {
            SessionAsk::FolderSync => folder_sync(&root),
            SessionAsk::DeviceInformation => settings(&root),
            SessionAsk::Provision | SessionAsk::Acknowledge => provision(&root),
            SessionAsk::Open { .. } | SessionAsk::Newest { .. } | SessionAsk::Lately { .. } => sync(&root),
            SessionAsk::Estimate { .. } => estimate(&root),
            SessionAsk::Ping { .. } => ping(&root),
        }
    }

    /// Reads what was recorded of an answer; what is no such record is a foreign answer.
    pub fn recorded(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self { kind: Kind::Foreign, ..Self::default() })
    }

    /// What is recorded of it.
    pub fn record(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The same without the texts for which `drop` holds.
    #[must_use]
    pub fn without(mut self, drop: &dyn Fn(&str) -> bool) -> Self {
        for text in [&mut self.policy_key, &mut self.sync_key, &mut self.inbox, &mut self.quiet, &mut self.newest] {
            *text = text.take().filter(|text| !drop(text));
        }
        for folders in &mut self.folder_list {
            folders.name = folders.name.take().filter(|name| !drop(name));
        }
        self
    }

    /// The status that tells why it failed, or 1.
    pub fn telling_status(&self) -> Option<Told> {
        let of = |number: Option<u16>, is_inner| number.map(|number| Told { number, is_inner });
        let all = [of(self.status, false), of(self.inner, true)];
        all.into_iter().flatten().find(|told| told.number != 1).or(all.into_iter().flatten().next())
    }

    /// Whether the command did what it should.
    pub fn is_good(&self, ask: &SessionAsk) -> bool {
        let statuses_are = |inner: &[u16]| {
            self.status.is_none_or(|status| status == 1) && self.inner.is_none_or(|status| inner.contains(&status))
        };
        self.wipe.is_none()
            && match (ask, self.kind) {
                // MS-ASCMD 2.2.1.21: nothing new
                (SessionAsk::Newest { .. } | SessionAsk::Lately { .. }, Kind::Empty) => true,
                // 2: something has changed meanwhile
                (SessionAsk::Ping { .. }, Kind::Document) => matches!(self.status, Some(1 | 2)),
                // 2: no policy for this user
                (SessionAsk::Provision, Kind::Document) => statuses_are(&[1, 2]),
                (SessionAsk::FolderSync | SessionAsk::Acknowledge | SessionAsk::DeviceInformation, Kind::Document) => {
                    self.status == Some(1) && statuses_are(&[1])
                }
                (_, Kind::Document) => (self.status.or(self.inner)).is_some() && statuses_are(&[1]),
                (_, Kind::Empty | Kind::Foreign) => false,
            }
    }
}

fn folder_sync(root: &Element) -> Reply {
    let added: Vec<&Element> = root
        .child(tags::FOLDER_CHANGES)
        .into_iter()
        .flat_map(Element::children)
        .filter(|change| change.tag == tags::FOLDER_ADD)
        .collect();
    let of_type = |kind: u16| added.iter().find(|folder| number(folder, tags::FOLDER_TYPE) == Some(kind));
    let status = number(root, tags::FOLDER_STATUS);
    Reply {
        status,
        folders: (status == Some(1)).then(|| u32::try_from(added.len()).unwrap_or(u32::MAX)),
        folder_list: by_kind(&added),
        has_usual_folders: of_type(5).is_some() || of_type(8).is_some(),
        inbox: of_type(2).and_then(|folder| key(folder, tags::FOLDER_ID)),
        // the outbox, drafts
        quiet: of_type(6).or_else(|| of_type(3)).and_then(|folder| key(folder, tags::FOLDER_ID)),
        ..Reply::default()
    }
}

/// The folders counted by kind: no more entries than there are kinds, however many folders there are.
fn by_kind(added: &[&Element]) -> Vec<Folders> {
    let mut kinds: BTreeMap<u16, Folders> = BTreeMap::new();
    for folder in added {
        let kind = number(folder, tags::FOLDER_TYPE).filter(|kind| (1..=19).contains(kind)).unwrap_or(18);
        let of_kind = kinds.entry(kind).or_insert_with(|| Folders { kind, ..Folders::default() });
        of_kind.count = of_kind.count.saturating_add(1);
        // whatever else there is, a user may have named
        if of_kind.name.is_none() && (2..=6).contains(&kind) {
            of_kind.name = folder.value_of(tags::FOLDER_NAME).and_then(|name| plain(&name));
        }
    }
    kinds.into_values().collect()
}

/// A name that is short and steers no terminal.
fn plain(name: &str) -> Option<String> {
    let name = name.trim();
    let is_plain = (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    is_plain.then(|| name.to_owned())
}

fn settings(root: &Element) -> Reply {
    let inner = root.child(tags::DEVICE_INFORMATION).and_then(|device| number(device, tags::SETTINGS_STATUS));
    Reply { status: number(root, tags::SETTINGS_STATUS), inner, ..Reply::default() }
}

fn provision(root: &Element) -> Reply {
    let policy = root.at(&[tags::POLICIES, tags::POLICY]);
    let document = policy.and_then(|policy| policy.at(&[tags::POLICY_DATA, tags::PROVISION_DOC]));
    let wipe = if root.child(tags::REMOTE_WIPE).is_some() {
        Some(Wipe::Device)
    } else {
        root.child(tags::ACCOUNT_ONLY_WIPE).map(|_| Wipe::Account)
    };
    Reply {
        status: number(root, tags::PROVISION_STATUS),
        inner: policy.and_then(|policy| number(policy, tags::PROVISION_STATUS)),
        wipe,
        policy_key: policy
            .and_then(|policy| key(policy, tags::POLICY_KEY))
            .filter(|key| key.bytes().all(|byte| byte.is_ascii_digit())),
        wants_password: document.and_then(|document| number(document, tags::PASSWORD_ENABLED)) == Some(1),
        ..Reply::default()
    }
}

fn sync(root: &Element) -> Reply {
    let collection = root.at(&[tags::COLLECTIONS, tags::COLLECTION]);
    let added = collection
        .and_then(|collection| collection.child(tags::COMMANDS))
        .into_iter()
        .flat_map(Element::children)
        .filter(|command| command.tag == tags::ADD);
    let newest = added
        .filter_map(|add| add.at(&[tags::APPLICATION_DATA, tags::DATE_RECEIVED]))
        .filter_map(|date| date.value().trim().parse::<jiff::Timestamp>().ok())
        .max();
    Reply {
        status: number(root, tags::STATUS),
        inner: collection.and_then(|collection| number(collection, tags::STATUS)),
        sync_key: collection.and_then(|collection| key(collection, tags::SYNC_KEY)),
        newest: newest.map(|date| date.to_string()),
        has_more: collection.is_some_and(|collection| collection.child(tags::MORE_AVAILABLE).is_some()),
        ..Reply::default()
    }
}

fn estimate(root: &Element) -> Reply {
    let response = root.child(tags::ESTIMATE_RESPONSE);
    let status = response.and_then(|response| number(response, tags::ESTIMATE_STATUS));
    let count = response
        .and_then(|response| response.at(&[tags::ESTIMATE_COLLECTION, tags::ESTIMATE]))
        .and_then(|count| count.value().trim().parse().ok());
    Reply { status: number(root, tags::ESTIMATE_STATUS), inner: status, estimate: count, ..Reply::default() }
}

fn ping(root: &Element) -> Reply {
    Reply {
        status: number(root, tags::PING_STATUS),
        heartbeat: root
            .value_of(tags::PING_HEARTBEAT)
            .and_then(|seconds| seconds.trim().parse().ok())
            .filter(|seconds| (1..=86_400).contains(seconds)),
        ..Reply::default()
    }
}

/// A number of at most three digits: longer ones may be anything.
fn number(element: &Element, tag: wbxml::Tag) -> Option<u16> {
    element.value_of(tag)?.trim().parse().ok().filter(|number| *number <= 999)
}

/// A key or an id: short and without blanks.
fn key(element: &Element, tag: wbxml::Tag) -> Option<String> {
    let text = element.value_of(tag)?;
    let is_key = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_key.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::wbxml::encode;

    #[test]
    fn of_folders_no_name_is_kept_that_a_user_has_given() {
        let folder = |id: &str, name: &str, kind: &str| {
            Element::of(
                tags::FOLDER_ADD,
                [
                    Element::text(tags::FOLDER_ID, id),
                    Element::text(tags::FOLDER_NAME, name),
                    Element::text(tags::FOLDER_TYPE, kind),
                ],
            )
        };
        let changes = Element::of(
            tags::FOLDER_CHANGES,
            [
                folder("7", "Kündigung", "12"),
                folder("8", "Scheidung", "12"),
                folder("3", "Diagnosen", "99"),
                folder("1", "Praxis", "8"),
                folder("6", "\u{1b}[2J", "4"),
                folder("5", "Posteingang", "2"),
            ],
        );
        let document = Element::of(tags::FOLDER_SYNC, [Element::text(tags::FOLDER_STATUS, "1"), changes]);
        let reply = Reply::read(&SessionAsk::FolderSync, &encode(&document));
        assert_eq!((reply.folders, reply.inbox.as_deref(), reply.has_usual_folders), (Some(6), Some("5"), true));
        let told: Vec<_> = reply.folder_list.iter().map(|of| (of.kind_name(), of.count, of.name.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("inbox", 1, Some("Posteingang")),
                ("deleted-items", 1, None),
                ("calendar", 1, None),
                ("user-mail", 2, None),
                ("unknown", 1, None)
            ]
        );
        assert!(reply.is_good(&SessionAsk::FolderSync));
        assert_eq!(Reply::recorded(&reply.record()), reply);
        for private in ["ndigung", "Scheidung", "Diagnosen", "Praxis", "[2J"] {
            assert!(!reply.record().contains(private), "{private}");
        }
        assert_eq!(reply.clone().without(&|text| text == "5").inbox, None);
        // a server may give a folder the name of a secret
        assert!(!reply.without(&|text| text == "Posteingang").record().contains("Posteingang"));
    }

    #[test]
    fn ms_ascmd_2_2_3_186_3_what_is_no_type_of_a_folder_is_18() {
        let all = ["19", "20", "99", "0", "18"]
            .map(|kind| Element::of(tags::FOLDER_ADD, [Element::text(tags::FOLDER_TYPE, kind)]));
        let counted = by_kind(&all.iter().collect::<Vec<_>>());
        let counted: Vec<_> = counted.iter().map(|of| (of.kind, of.count)).collect();
        assert_eq!(counted, [(18, 4), (19, 1)]);
    }

    #[test]
    fn of_messages_only_the_date_is_kept() {
        let data = Element::of(
            tags::APPLICATION_DATA,
            [
                Element::text(wbxml::Tag(2, 0x14), "Vertraulich"),
                Element::text(tags::DATE_RECEIVED, "2026-11-22T18:05:11.000Z"),
            ],
        );
        let add = Element::of(tags::ADD, [Element::text(tags::SERVER_ID, "5:1"), data]);
        let collection = Element::of(
            tags::COLLECTION,
            [
                Element::text(tags::SYNC_KEY, "2"),
                Element::text(tags::COLLECTION_ID, "5"),
                Element::text(tags::STATUS, "1"),
                Element::of(tags::COMMANDS, [add]),
            ],
        );
        let document = Element::of(tags::SYNC, [Element::of(tags::COLLECTIONS, [collection])]);
        let ask = SessionAsk::Newest { folder: "5".to_owned(), sync_key: "1".to_owned() };
        let reply = Reply::read(&ask, &encode(&document));
        assert_eq!(reply.newest.as_deref(), Some("2026-11-22T18:05:11Z"));
        assert!(reply.is_good(&ask) && !reply.record().contains("Vertraulich"));
    }

    #[test]
    fn ms_asprov_a_wipe_is_never_a_good_answer() {
        for (tag, wipe) in [(tags::REMOTE_WIPE, Wipe::Device), (tags::ACCOUNT_ONLY_WIPE, Wipe::Account)] {
            let document =
                Element::of(tags::PROVISION, [Element::text(tags::PROVISION_STATUS, "1"), Element::empty(tag)]);
            let reply = Reply::read(&SessionAsk::Provision, &encode(&document));
            assert_eq!(reply.wipe, Some(wipe));
            assert!(!reply.is_good(&SessionAsk::Provision));
        }
    }

    #[test]
    fn ms_ascmd_a_ping_that_ends_without_or_with_changes_is_good_another_status_is_not() {
        let ask = SessionAsk::Ping { folder: "5".to_owned(), heartbeat: 7200 };
        let of = |status: &str| {
            let all = [Element::text(tags::PING_STATUS, status), Element::text(tags::PING_HEARTBEAT, "3540")];
            Reply::read(&ask, &encode(&Element::of(tags::PING, all)))
        };
        assert!(of("1").is_good(&ask) && of("2").is_good(&ask));
        assert_eq!((of("5").is_good(&ask), of("5").heartbeat), (false, Some(3540)));
    }

    #[test]
    fn ms_asprov_the_status_that_tells_is_the_first_that_is_no_success() {
        let of = |status, inner| Reply { status, inner, ..Reply::default() }.telling_status();
        let told = |number, is_inner| Some(Told { number, is_inner });
        assert_eq!(of(Some(1), Some(4)), told(4, true));
        assert_eq!(of(Some(3), None), told(3, false));
        assert_eq!(of(Some(1), None), told(1, false));
        assert_eq!(of(None, None), None);
    }

    #[test]
    fn a_page_is_no_document_and_an_empty_answer_is_one_to_sync_alone() {
        let reply = Reply::read(&SessionAsk::FolderSync, b"<html>");
        assert_eq!((reply.kind, reply.is_good(&SessionAsk::FolderSync)), (Kind::Foreign, false));
        let newest = SessionAsk::Newest { folder: "5".to_owned(), sync_key: "1".to_owned() };
        assert!(Reply::read(&newest, b"").is_good(&newest));
        assert!(!Reply::read(&SessionAsk::Provision, b"").is_good(&SessionAsk::Provision));
    }
}
