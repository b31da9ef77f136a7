//! How does an ActiveSync session go, and how far did this one get?
//!
//! MS-ASCMD 4: FolderSync; where a policy is wanted first, Provision in two phases and FolderSync
//! again; then the Inbox: a first key, the number of messages, one message without its body. A
//! remote wipe is never acknowledged, and nothing in the mailbox is changed.

mod form;
mod reply;
pub mod status;

pub use form::{base64_query, body, command, query};
pub use reply::{Kind, Reply, Wipe};

use super::eas::{self, Version};
use super::endpoint::Endpoint;
use crate::evidence::{Content, HttpProbe, HttpSeen, Method, NoAnswer, Response, SessionAsk, SignIn, Stop, View};

/// The device that exdiag is known as, in every mailbox and from every machine.
pub const DEVICE_ID: &str = "EXDIAG0000000001";
/// Its type.
pub const DEVICE_TYPE: &str = "exdiag";
/// Its user agent; the same in every version, as Exchange may count changes.
pub const USER_AGENT: &str = "exdiag-session/1";

/// The versions that are spoken, the best first.
const SPOKEN: &[Version] = &[Version(16, 1), Version(16, 0), Version(14, 1), Version(14, 0), Version(12, 1)];

/// How a session went.
#[derive(Debug, Default)]
pub struct Session<'a> {
    /// The version spoken.
    pub version: String,
    /// The commands and their answers, in order.
    pub steps: Vec<Step<'a>>,
    /// How many folders there are, once they are known.
    pub folders: Option<u32>,
    /// Whether the folders are those of a full mailbox: there is one for sent mail or a calendar.
    pub has_usual_folders: bool,
    /// Whether a policy was given and confirmed.
    pub has_policy: bool,
    /// Whether the policy demands a password on the device.
    pub wants_password: bool,
    /// How many messages the Inbox would bring.
    pub messages: Option<u32>,
    /// When the newest message that was told arrived, RFC 3339.
    pub newest: Option<String>,
    /// Whether the Inbox was opened.
    pub is_open: bool,
}

/// A command of a session.
#[derive(Debug)]
pub struct Step<'a> {
    /// The question.
    pub probe: HttpProbe,
    /// What was asked.
    pub ask: SessionAsk,
    /// What came.
    pub ended: Ended<'a>,
}

/// What came of a command.
#[derive(Debug)]
pub enum Ended<'a> {
    /// It succeeded.
    Well(Reply),
    /// The server's answer was another HTTP status than 200.
    Http(&'a Response),
    /// The document says that it failed, or is none.
    Refused(Reply),
    /// There was no answer.
    Failed(&'a HttpSeen),
    /// Nobody could ask.
    Unasked(&'a NoAnswer),
}

impl<'a> Session<'a> {
    /// The step at which it ended, where it did not come to its end.
    pub fn broken(&self) -> Option<&Step<'a>> {
        self.steps.last().filter(|step| !matches!(step.ended, Ended::Well(_)))
    }

    /// Whether the server may know the device now: it has answered a command with a document.
    pub fn left_a_device(&self) -> bool {
        self.steps.iter().any(|step| match &step.ended {
            Ended::Well(_) => true,
            Ended::Refused(reply) => reply.kind == Kind::Document,
            Ended::Http(_) | Ended::Failed(_) | Ended::Unasked(_) => false,
        })
    }
}

/// The version to speak with a server that offers these, lowest first; `None` where none fits.
pub fn version(offer: &eas::Offer) -> Option<Version> {
    SPOKEN.iter().find(|version| offer.versions.contains(version)).copied()
}

/// The name that signs in.
fn user(view: &View<'_>) -> Option<String> {
    let subject = view.subject();
    let address = subject.mailbox.as_ref().map(|mailbox| mailbox.address.clone());
    subject.user.clone().or(address)
}

/// One session at an endpoint whose OPTIONS, signed in, were answered with this offer. `None` where
/// there is nobody to sign in, or no version in common.
pub fn walk<'a>(view: &View<'a>, endpoint: &Endpoint, offer: &eas::Offer) -> Result<Option<Session<'a>>, Stop> {
    let (Some(user), Some(version)) = (user(view), version(offer)) else { return Ok(None) };
    let mut walk = Walk {
        view,
        url: endpoint.url.clone(),
        user,
        version,
        policy_key: "0".to_owned(),
        session: Session { version: version.to_string(), ..Session::default() },
    };
    walk.go()?;
    Ok(Some(walk.session))
}

struct Walk<'v, 'a> {
    view: &'v View<'a>,
    url: String,
    user: String,
    version: Version,
    policy_key: String,
    session: Session<'a>,
}

impl Walk<'_, '_> {
    fn go(&mut self) -> Result<(), Stop> {
        if self.version < Version(14, 1) && self.ask(SessionAsk::DeviceInformation)?.is_none() {
            // a server that does not know it, or wants a policy first: the next step tells what matters
            let is_minor = self.session.steps.last().is_some_and(|step| match &step.ended {
                Ended::Http(response) => matches!(response.status, 400 | 449 | 500 | 501),
                Ended::Refused(reply) => reply.wipe.is_none(),
                _ => false,
            });
            if !is_minor {
                return Ok(());
            }
            self.session.steps.pop();
        }
        let mut folders = self.ask(SessionAsk::FolderSync)?;
        if folders.is_none() && self.forget_wish_for_policy() {
            if !self.provision()? {
                return Ok(());
            }
            folders = self.ask(SessionAsk::FolderSync)?;
        }
        let Some(folders) = folders else { return Ok(()) };
        self.session.folders = folders.folders;
        self.session.has_usual_folders = folders.has_usual_folders;
        let Some(folder) = folders.inbox else { return Ok(()) };
        let Some(opened) = self.ask(SessionAsk::Open { folder: folder.clone() })? else { return Ok(()) };
        self.session.is_open = true;
        let Some(sync_key) = opened.sync_key else { return Ok(()) };
        if self.version >= Version(14, 0) {
            let ask = SessionAsk::Estimate { folder: folder.clone(), sync_key: sync_key.clone() };
            match self.ask(ask)? {
                Some(reply) => self.session.messages = reply.estimate,
                // only the number is lost: whether mail comes is told by the next step
                None => drop(self.session.steps.pop()),
            }
        }
        if let Some(reply) = self.ask(SessionAsk::Newest { folder, sync_key })? {
            self.session.newest = reply.newest;
        }
        Ok(())
    }

    /// Provision in two phases (MS-ASPROV 3.1.5.1); whether the session may go on.
    fn provision(&mut self) -> Result<bool, Stop> {
        let Some(policy) = self.ask(SessionAsk::Provision)? else { return Ok(false) };
        self.session.wants_password = policy.wants_password;
        // no policy for this user: nothing is to be confirmed
        if policy.inner == Some(2) {
            return Ok(true);
        }
        let Some(key) = policy.policy_key else { return Ok(true) };
        self.policy_key = key;
        let Some(confirmed) = self.ask(SessionAsk::Acknowledge)? else { return Ok(false) };
        self.session.has_policy = true;
        if let Some(key) = confirmed.policy_key {
            self.policy_key = key;
        }
        Ok(true)
    }

    /// Takes the last step back where it only said that Provision comes first.
    fn forget_wish_for_policy(&mut self) -> bool {
        let wishes = self.session.steps.last().is_some_and(|step| match &step.ended {
            Ended::Http(response) => response.status == 449,
            Ended::Refused(reply) => matches!(reply.status, Some(142..=144)) && reply.wipe.is_none(),
            _ => false,
        });
        if wishes {
            self.session.steps.pop();
        }
        wishes
    }

    /// Asks, notes the step, and gives the answer where it is a good one.
    fn ask(&mut self, ask: SessionAsk) -> Result<Option<Reply>, Stop> {
        let content = Content::ActiveSync {
            user: self.user.clone(),
            version: self.version.to_string(),
            policy_key: self.policy_key.clone(),
            ask: ask.clone(),
        };
        let probe = HttpProbe::new(Method::Post, &self.url).sign_in(SignIn::Given).content(content);
        let ended = match self.view.http(&probe)? {
            Err(why) => Ended::Unasked(why),
            Ok(seen) => match seen.response() {
                None => Ended::Failed(seen),
                Some(response) if response.status != 200 => Ended::Http(response),
                Some(response) => {
                    let reply = Reply::recorded(&response.body.text);
                    if reply.is_good(&ask) { Ended::Well(reply) } else { Ended::Refused(reply) }
                }
            },
        };
        let good = match &ended {
            Ended::Well(reply) => Some(reply.clone()),
            _ => None,
        };
        self.session.steps.push(Step { probe, ask, ended });
        Ok(good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_version_in_common_is_spoken() {
        let of = |versions: &[Version]| version(&eas::Offer { versions: versions.to_vec(), ..eas::Offer::default() });
        assert_eq!(of(&[Version(2, 5), Version(12, 1), Version(14, 1)]), Some(Version(14, 1)));
        assert_eq!(of(&[Version(14, 1), Version(16, 1), Version(17, 0)]), Some(Version(16, 1)));
        assert_eq!(of(&[Version(2, 5), Version(12, 0)]), None);
    }

    #[test]
    fn ms_ashttp_the_device_is_letters_and_digits_and_short() {
        assert!(DEVICE_ID.len() <= 32 && DEVICE_ID.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(DEVICE_TYPE.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
}
