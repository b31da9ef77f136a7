//! What does Exchange answer to the commands of an ActiveSync session?
//!
//! A mailbox with the usual folders and a message of today, behind a policy (MS-ASCMD, MS-ASPROV).

use super::http::{Answer, Request, iis};
use crate::protocol::session::read_query;
use crate::protocol::wbxml::{Element, Tag, decode, encode, tags};

/// How the sessions of the mailbox go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// A policy is wanted and given, then everything works.
    Good,
    /// FolderSync is answered with this status.
    Status(u16),
    /// Every command is answered with this HTTP status.
    Http(u16),
    /// The device is throttled for this reason.
    Throttled(&'static str),
    /// Provision brings the order to wipe the device.
    Wipe,
    /// The policy is there, but its confirmation gets this status.
    Policy(u16),
    /// The device waits for a decision: it sees a notice alone.
    Quarantine,
    /// There is no policy for this user, and everything works.
    NoPolicy,
    /// The policy is wanted by HTTP 449, as versions up to 12.1 do.
    PolicyBy449,
    /// Provision is answered with nothing at all.
    NoWord,
    /// A page stands in place of a document.
    Page,
    /// The mailbox takes the policy without asking who this is, then wants to know (165).
    Unnamed,
    /// FolderSync fails with HTTP 500, and the document says why.
    Explained(u16),
    /// A proxy in front waits in vain for the answer to any command.
    Gateway,
    /// A firewall in front answers every command with this status.
    Blocked(u16),
    /// A firewall in front lets only queries in base64 through.
    PlainBlocked,
    /// Another server is named, by a 451 to every command.
    Elsewhere(&'static str),
    /// The Inbox shows a single message.
    SingleMessage,
    /// A proxy in front has no patience: a Ping ends with 504.
    Impatient,
    /// A Ping may last so many seconds at most.
    PingsUpTo(u32),
    /// Everything works, and the password ends in so many days.
    Expires(u16),
}

const TEMPORARY: &str = "1307199584";
const FINAL: &str = "2093051721";
const INBOX: &str = "5";
const FIRST: &str = "{6f0d5b1e-93a4}1";
const SECOND: &str = "{6f0d5b1e-93a4}2";
const FOLDERS: &[(&str, &str, &str)] = &[
    ("5", "Posteingang", "2"),
    ("7", "Entwürfe", "3"),
    ("6", "Gelöschte Elemente", "4"),
    ("9", "Gesendete Elemente", "5"),
    ("1", "Kalender", "8"),
    ("2", "Kontakte", "9"),
    ("10", "Postausgang", "6"),
    ("11", "Kündigung Haus Seeblick", "12"),
];

impl Session {
    /// The answer to a command.
    pub fn answer(self, request: &Request) -> Answer {
        match self {
            Self::Http(status) => return iis(status),
            Self::Throttled(reason) => {
                return iis(503).header("Retry-After", "60").header("X-MS-ASThrottle", reason);
            }
            Self::Page => return iis(200).page("Welcome", "<h1>Welcome</h1>"),
            Self::Elsewhere(url) => return iis(451).header("X-MS-Location", url),
            Self::Gateway => return gateway_timeout(),
            Self::Expires(days) => {
                return Self::Good.answer(request).header("X-MS-Credentials-Expire", days.to_string());
            }
            Self::Blocked(status) => return firewall(status),
            Self::PlainBlocked if request.query.contains("Cmd=") => return firewall(403),
            _ => {}
        }
        let Some(query) = read_query(&request.query) else { return iis(400) };
        let Ok(asked) = decode(&request.bytes) else { return iis(400) };
        let key = query.policy_key.map(|key| key.to_string()).or_else(|| request.policy_key.clone());
        let key = key.as_deref().unwrap_or("0");
        let key = if self == Self::NoPolicy { FINAL } else { key };
        match (query.command.as_str(), asked.tag) {
            ("Provision", tags::PROVISION) => self.provision(&asked, key),
            ("FolderSync", tags::FOLDER_SYNC) => self.folders(key),
            ("Sync" | "GetItemEstimate" | "Ping", _) if key != FINAL => status(tags::SYNC, tags::STATUS, 142),
            ("Sync", tags::SYNC) => sync(&asked),
            ("GetItemEstimate", tags::ESTIMATES) => estimate(self.messages()),
            ("Ping", tags::PING) => self.ping(&asked),
            ("Settings", tags::SETTINGS) => status(tags::SETTINGS, tags::SETTINGS_STATUS, 1),
            _ => iis(501),
        }
    }

    fn messages(self) -> &'static str {
        if matches!(self, Self::Quarantine | Self::SingleMessage) { "1" } else { "214" }
    }

    /// A healthy one would wait; the lab has heard enough at once.
    fn ping(self, asked: &Element) -> Answer {
        let heartbeat = asked.value_of(tags::PING_HEARTBEAT).and_then(|seconds| seconds.parse::<u32>().ok());
        match (self, heartbeat) {
            (Self::Impatient, _) => gateway_timeout(),
            (Self::PingsUpTo(most), Some(asked)) if asked > most => {
                let all =
                    [Element::text(tags::PING_STATUS, "5"), Element::text(tags::PING_HEARTBEAT, most.to_string())];
                document(&Element::of(tags::PING, all))
            }
            (_, None) => status(tags::PING, tags::PING_STATUS, 3),
            (_, Some(_)) => status(tags::PING, tags::PING_STATUS, 1),
        }
    }

    fn folders(self, key: &str) -> Answer {
        if let Self::Status(number) = self {
            return status(tags::FOLDER_SYNC, tags::FOLDER_STATUS, number);
        }
        if let Self::Explained(number) = self {
            return Answer { status: 500, ..status(tags::FOLDER_SYNC, tags::FOLDER_STATUS, number) };
        }
        if self == Self::PolicyBy449 && key != FINAL {
            return iis(449);
        }
        if self == Self::Unnamed && key != FINAL {
            return status(tags::FOLDER_SYNC, tags::FOLDER_STATUS, 165);
        }
        if key != FINAL {
            return status(tags::FOLDER_SYNC, tags::FOLDER_STATUS, 142);
        }
        let shown = FOLDERS.iter().take(if self == Self::Quarantine { 1 } else { FOLDERS.len() });
        let added = shown.map(|(id, name, kind)| {
            let folder = [
                Element::text(tags::FOLDER_ID, *id),
                Element::text(tags::FOLDER_PARENT, "0"),
                Element::text(tags::FOLDER_NAME, *name),
                Element::text(tags::FOLDER_TYPE, *kind),
            ];
            Element::of(tags::FOLDER_ADD, folder)
        });
        document(&Element::of(
            tags::FOLDER_SYNC,
            [
                Element::text(tags::FOLDER_STATUS, "1"),
                Element::text(tags::FOLDER_KEY, "1"),
                Element::of(tags::FOLDER_CHANGES, added),
            ],
        ))
    }

    fn provision(self, asked: &Element, key: &str) -> Answer {
        if self == Self::NoWord {
            return iis(200);
        }
        if self == Self::Wipe {
            let wipe = [Element::text(tags::PROVISION_STATUS, "1"), Element::empty(tags::REMOTE_WIPE)];
            return document(&Element::of(tags::PROVISION, wipe));
        }
        let confirms = asked.at(&[tags::POLICIES, tags::POLICY, tags::PROVISION_STATUS]).is_some();
        let (inner, next, data) = match (confirms, self) {
            (false, _) => {
                let settings = Element::of(tags::PROVISION_DOC, [Element::text(tags::PASSWORD_ENABLED, "1")]);
                ("1".to_owned(), Some(TEMPORARY), Some(Element::of(tags::POLICY_DATA, [settings])))
            }
            (true, Self::Policy(number)) => (number.to_string(), None, None),
            (true, _) if key == TEMPORARY => ("1".to_owned(), Some(FINAL), None),
            (true, _) => ("5".to_owned(), None, None),
        };
        let policy = [
            Some(Element::text(tags::POLICY_TYPE, "MS-EAS-Provisioning-WBXML")),
            Some(Element::text(tags::PROVISION_STATUS, inner)),
            next.map(|key| Element::text(tags::POLICY_KEY, key)),
            data,
        ];
        let policies = Element::of(tags::POLICIES, [Element::of(tags::POLICY, policy.into_iter().flatten())]);
        document(&Element::of(tags::PROVISION, [Element::text(tags::PROVISION_STATUS, "1"), policies]))
    }
}

fn sync(asked: &Element) -> Answer {
    let collection = asked.at(&[tags::COLLECTIONS, tags::COLLECTION]);
    let key = collection.and_then(|collection| collection.value_of(tags::SYNC_KEY)).unwrap_or_default();
    let answer = |next: &str, inner: &str, more: Vec<Element>| {
        let all = [
            Element::text(tags::SYNC_KEY, next),
            Element::text(tags::COLLECTION_ID, INBOX),
            Element::text(tags::STATUS, inner),
        ];
        let collection = Element::of(tags::COLLECTION, all.into_iter().chain(more));
        document(&Element::of(tags::SYNC, [Element::of(tags::COLLECTIONS, [collection])]))
    };
    match key.as_str() {
        "0" => answer(FIRST, "1", Vec::new()),
        FIRST => {
            let data = [
                Element::text(Tag(2, 0x14), "Angebot Haus Seeblick"),
                Element::text(tags::DATE_RECEIVED, "2026-11-22T18:05:11.000Z"),
            ];
            let data = Element::of(tags::APPLICATION_DATA, data);
            let add = Element::of(tags::ADD, [Element::text(tags::SERVER_ID, "5:1"), data]);
            answer(SECOND, "1", vec![Element::of(tags::COMMANDS, [add])])
        }
        _ => answer("0", "3", Vec::new()),
    }
}

fn gateway_timeout() -> Answer {
    Answer::new(504).header("Server", "nginx").page("504 Gateway Time-out", "<h1>504 Gateway Time-out</h1>")
}

/// What Exchange has not seen.
fn firewall(status: u16) -> Answer {
    Answer::new(status)
        .header("Server", "Apache")
        .page("403 Forbidden", "<h1>Forbidden</h1>\r\n<p>You don't have permission to access this resource.</p>")
}

fn estimate(count: &str) -> Answer {
    let collection = [Element::text(tags::ESTIMATE_COLLECTION_ID, INBOX), Element::text(tags::ESTIMATE, count)];
    let response = [Element::text(tags::ESTIMATE_STATUS, "1"), Element::of(tags::ESTIMATE_COLLECTION, collection)];
    document(&Element::of(tags::ESTIMATES, [Element::of(tags::ESTIMATE_RESPONSE, response)]))
}

fn status(root: Tag, at: Tag, number: u16) -> Answer {
    document(&Element::of(root, [Element::text(at, number.to_string())]))
}

fn document(root: &Element) -> Answer {
    iis(200).header("Cache-Control", "private").body("application/vnd.ms-sync.wbxml", encode(root))
}
