//! How does an ActiveSync session go, and how far did this one get?
//!
//! MS-ASCMD 4: FolderSync; where a policy is wanted first, Provision in two phases and the command
//! again; then the Inbox: a first key, the number of messages, some messages without their bodies;
//! where the user wants it, a Ping. A remote wipe is never acknowledged, and nothing in the mailbox is
//! changed.

mod form;
mod query;
mod reply;
pub mod status;

pub use form::body;
pub use query::{Query, base64 as base64_query, command, plain as plain_query, read as read_query};
pub use reply::{Folders, Kind, Reply, Wipe};

use super::eas::{self, Version};
use super::endpoint::Endpoint;
use super::front;
use crate::evidence::{Content, HttpProbe, HttpSeen, Method, NoAnswer, Response, SessionAsk, SignIn, Stop, View};
use jiff::{SignedDuration, Timestamp};
use std::ops::ControlFlow;

/// The device that exdiag is known as, in every mailbox and from every machine.
pub const DEVICE_ID: &str = "EXDIAG0000000001";
/// Its type.
pub const DEVICE_TYPE: &str = "exdiag";
/// Its user agent; the same in every version, as Exchange may count changes.
pub const USER_AGENT: &str = "exdiag-session/1";

/// The versions that are spoken, the best first.
const SPOKEN: &[Version] = &[Version(16, 1), Version(16, 0), Version(14, 1), Version(14, 0), Version(12, 1)];

/// How far back the newest message is looked for, days; one after the other.
const SPANS: [u8; 3] = [1, 7, 31];

/// How a session went.
#[derive(Debug, Default)]
pub struct Session<'a> {
    /// The version spoken.
    pub version: String,
    /// The commands and their answers, in order.
    pub steps: Vec<Step<'a>>,
    /// How many folders there are, once they are known.
    pub folders: Option<u32>,
    /// What the folders are, by kind.
    pub folder_list: Vec<Folders>,
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
    /// Whether that is the newest of all: every message of the Inbox was told, or all of a span that holds it.
    pub is_newest_of_all: bool,
    /// Whether the Inbox was opened.
    pub is_open: bool,
    /// The first command in its plain form, where it was refused and went through in base64.
    pub plain: Option<Step<'a>>,
    /// The Ping, where there was one.
    pub idle: Option<Step<'a>>,
}

/// A command of a session.
#[derive(Debug)]
pub struct Step<'a> {
    /// The question.
    pub probe: HttpProbe,
    /// What was asked.
    pub ask: SessionAsk,
    /// The answer as it came over the wire, if one was waited for.
    pub seen: Option<&'a HttpSeen>,
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

    /// Whether the server may know the device now: it has answered a command with a document, and not with
    /// one that says why it does not take this user's devices at all.
    pub fn left_a_device(&self) -> bool {
        self.steps.iter().any(|step| match &step.ended {
            Ended::Well(_) => true,
            Ended::Refused(reply) => takes_devices(reply),
            Ended::Http(response) => takes_devices(&Reply::recorded(&response.body.text)),
            Ended::Failed(_) | Ended::Unasked(_) => false,
        })
    }
}

/// Whether an answer leaves it open that the device was noted (MS-ASCMD 2.2.2): it was not where the id or the
/// version is refused, the directory cannot be written, the user may not sync, or the number is full.
fn takes_devices(reply: &Reply) -> bool {
    let told = reply.telling_status().map(|told| told.number);
    reply.kind == Kind::Document && !matches!(told, Some(101..=109 | 112 | 123..=128 | 131 | 137 | 138 | 177))
}

impl Step<'_> {
    /// Whether it is only said that Provision comes first (MS-ASCMD 2.2.2; MS-ASHTTP: 449 up to 12.1).
    fn wants_provision(&self) -> bool {
        let says_so = |reply: &Reply| {
            let told = reply.telling_status().map(|told| told.number);
            // 165: Provision tells what device this is
            reply.wipe.is_none() && matches!(told, Some(142..=144 | 165))
        };
        match &self.ended {
            Ended::Http(response) => response.status == 449 || says_so(&Reply::recorded(&response.body.text)),
            Ended::Refused(reply) => says_so(reply),
            _ => false,
        }
    }

    /// Whether the session can do without what was asked, and nothing else was told by the way.
    fn is_minor(&self) -> bool {
        match &self.ended {
            Ended::Well(_) => true,
            Ended::Http(response) => matches!(response.status, 400 | 404 | 405 | 449 | 500 | 501),
            Ended::Refused(reply) => {
                reply.wipe.is_none() && reply.telling_status().is_none_or(|told| told.number != 140)
            }
            // an older report does not have it
            Ended::Unasked(why) => matches!(why, NoAnswer::NotRecorded),
            Ended::Failed(_) => false,
        }
    }
}

/// The version to speak with a server that offers these, lowest first; `None` where none fits.
pub fn version(offer: &eas::Offer) -> Option<Version> {
    SPOKEN.iter().find(|version| offer.versions.contains(version)).copied()
}

/// The name that signs in.
pub fn user(view: &View<'_>) -> Option<String> {
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
        base64: false,
        is_provisioned: false,
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
    /// Whether the query is written in base64.
    base64: bool,
    /// Whether Provision was gone through: once is enough.
    is_provisioned: bool,
    session: Session<'a>,
}

/// The answer, or the end of the session.
type Went<T> = Result<ControlFlow<(), T>, Stop>;

impl<'a> Walk<'_, 'a> {
    fn go(&mut self) -> Result<(), Stop> {
        let old = self.version < Version(14, 1);
        // a server that does not know it, or wants a policy first: the next step tells what matters
        if old && self.without(SessionAsk::DeviceInformation)?.is_break() {
            return Ok(());
        }
        let Some(folders) = self.ask(SessionAsk::FolderSync)? else { return Ok(()) };
        self.session.folders = folders.folders;
        self.session.folder_list = folders.folder_list;
        self.session.has_usual_folders = folders.has_usual_folders;
        // where Provision has not said what device this is, the admin would see one without a name
        if !old && !self.is_provisioned && self.without(SessionAsk::DeviceInformation)?.is_break() {
            return Ok(());
        }
        let Some(folder) = folders.inbox else { return Ok(()) };
        let Some(opened) = self.ask(SessionAsk::Open { folder: folder.clone() })? else { return Ok(()) };
        self.session.is_open = true;
        let Some(sync_key) = opened.sync_key else { return Ok(()) };
        if self.version >= Version(14, 0) {
            let ask = SessionAsk::Estimate { folder: folder.clone(), sync_key: sync_key.clone() };
            // only the number is lost: whether mail comes is told by the next step
            match self.without(ask)? {
                ControlFlow::Continue(reply) => self.session.messages = reply.and_then(|reply| reply.estimate),
                ControlFlow::Break(()) => return Ok(()),
            }
        }
        let Some(told) = self.ask(SessionAsk::Newest { folder: folder.clone(), sync_key })? else { return Ok(()) };
        let ControlFlow::Continue(told) = self.lately(&folder, told)? else { return Ok(()) };
        self.session.is_newest_of_all = told.newest.is_some() && !told.has_more;
        self.session.newest = told.newest;
        match self.view.subject().idle_test {
            Some(minutes) => self.wait(folder, folders.quiet, minutes),
            None => Ok(()),
        }
    }

    /// What is known of the newest message, where a folder has more messages than the first answer told and
    /// no specification says in which order they come: what came lately is asked for, in a span that
    /// grows until one holds the newest.
    fn lately(&mut self, folder: &str, mut told: Reply) -> Went<Reply> {
        for days in SPANS {
            let Some(sync_key) = told.sync_key.clone().filter(|_| told.has_more) else { break };
            let ask = SessionAsk::Lately { folder: folder.to_owned(), sync_key, days };
            let next = match self.without(ask)? {
                ControlFlow::Continue(Some(next)) => next,
                ControlFlow::Continue(None) => break,
                ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
            };
            let at = |reply: &Reply| reply.newest.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
            let newest = at(&told).max(at(&next));
            let since = self.view.asked_at() - SignedDuration::from_hours(24 * i64::from(days));
            let is_whole = !next.has_more;
            told = Reply {
                newest: newest.map(|at| at.to_string()),
                has_more: !is_whole || newest.is_none_or(|at| at < since),
                sync_key: next.sync_key.or(told.sync_key),
                ..told
            };
            // so much came in this span that a longer one does not hold it either
            if !is_whole {
                break;
            }
        }
        Ok(ControlFlow::Continue(told))
    }

    /// Provision in two phases (MS-ASPROV 3.1.5.1); whether the session may go on.
    fn provision(&mut self) -> Result<bool, Stop> {
        self.is_provisioned = true;
        let Some(policy) = self.put(SessionAsk::Provision)? else { return Ok(false) };
        self.session.wants_password = policy.wants_password;
        // no policy for this user: nothing is to be confirmed
        if policy.inner == Some(2) {
            return Ok(true);
        }
        let Some(key) = policy.policy_key else { return Ok(true) };
        self.policy_key = key;
        let Some(confirmed) = self.put(SessionAsk::Acknowledge)? else { return Ok(false) };
        self.session.has_policy = true;
        if let Some(key) = confirmed.policy_key {
            self.policy_key = key;
        }
        Ok(true)
    }

    /// One connection on which nothing happens: a Ping, in a folder where no mail ends it, if there is one.
    fn wait(&mut self, inbox: String, quiet: Option<String>, minutes: u16) -> Result<(), Stop> {
        let mut folder = inbox;
        if let Some(quiet) = quiet {
            match self.bring_up_to_date(&quiet)? {
                ControlFlow::Continue(true) => folder = quiet,
                ControlFlow::Continue(false) => {}
                ControlFlow::Break(()) => return Ok(()),
            }
        }
        let heartbeat = u32::from(minutes) * 60;
        let ping = |heartbeat| SessionAsk::Ping { folder: folder.clone(), heartbeat };
        let _ = self.put(ping(heartbeat))?;
        self.session.idle = self.session.steps.pop();
        // MS-ASCMD, Status 5 of Ping: the nearest that the server allows; nobody waits longer than was asked for
        let nearest = self.session.idle.as_ref().and_then(|step| match &step.ended {
            Ended::Refused(reply) if reply.status == Some(5) => reply.heartbeat,
            _ => None,
        });
        if let Some(nearest) = nearest.filter(|nearest| *nearest < heartbeat) {
            let _ = self.put(ping(nearest))?;
            self.session.idle = self.session.steps.pop();
        }
        Ok(())
    }

    /// A folder that is to be waited in has to be synced before, else what is in it counts as a change.
    fn bring_up_to_date(&mut self, folder: &str) -> Went<bool> {
        let key = match self.without(SessionAsk::Open { folder: folder.to_owned() })? {
            ControlFlow::Continue(opened) => opened.and_then(|opened| opened.sync_key),
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let Some(sync_key) = key else { return Ok(ControlFlow::Continue(false)) };
        let told = self.without(SessionAsk::Newest { folder: folder.to_owned(), sync_key })?;
        Ok(told.map_continue(|told| told.is_some_and(|told| !told.has_more)))
    }

    /// Asks for what the session can do without: `Continue(None)` where it has to.
    fn without(&mut self, ask: SessionAsk) -> Went<Option<Reply>> {
        let answer = self.put(ask)?;
        if answer.is_some() {
            return Ok(ControlFlow::Continue(answer));
        }
        if self.session.steps.last().is_some_and(Step::is_minor) {
            self.session.steps.pop();
            return Ok(ControlFlow::Continue(None));
        }
        Ok(ControlFlow::Break(()))
    }

    /// Asks; where a policy is wanted first, that is gone through once, and the same is asked again.
    fn ask(&mut self, ask: SessionAsk) -> Result<Option<Reply>, Stop> {
        let answer = self.put(ask.clone())?;
        let wanted = self.session.steps.last().is_some_and(Step::wants_provision);
        if answer.is_some() || self.is_provisioned || !wanted {
            return Ok(answer);
        }
        self.session.steps.pop();
        if self.provision()? { self.put(ask) } else { Ok(None) }
    }

    /// Puts one command, notes the step, and gives the answer where it is a good one. The first of a
    /// session is put again in base64 where something in front of the server seems to have refused it.
    fn put(&mut self, ask: SessionAsk) -> Result<Option<Reply>, Stop> {
        let step = self.step(ask.clone())?;
        if self.session.steps.is_empty() && !self.base64 && is_refused_in_front(&step) {
            self.base64 = true;
            let again = self.step(ask)?;
            let is_through = match &again.ended {
                Ended::Well(_) => true,
                Ended::Refused(reply) => reply.kind == Kind::Document,
                Ended::Http(response) => response.status == 449 || front::recognise(response).product.is_exchange(),
                Ended::Failed(_) | Ended::Unasked(_) => false,
            };
            if is_through {
                self.session.plain = Some(step);
                return Ok(self.note(again));
            }
            self.base64 = false;
        }
        Ok(self.note(step))
    }

    fn note(&mut self, step: Step<'a>) -> Option<Reply> {
        let good = match &step.ended {
            Ended::Well(reply) => Some(reply.clone()),
            _ => None,
        };
        self.session.steps.push(step);
        good
    }

    fn step(&self, ask: SessionAsk) -> Result<Step<'a>, Stop> {
        let content = Content::ActiveSync {
            user: self.user.clone(),
            version: self.version.to_string(),
            policy_key: self.policy_key.clone(),
            ask: ask.clone(),
            base64: self.base64,
        };
        let probe = HttpProbe::new(Method::Post, &self.url).sign_in(SignIn::Given).content(content);
        let looked = self.view.http(&probe)?;
        let ended = match looked {
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
        Ok(Step { probe, ask, seen: looked.ok(), ended })
    }
}

/// Whether an answer is that of something that does not pass the request on: a firewall that does not
/// like the query, say. Exchange itself is known by its headers.
fn is_refused_in_front(step: &Step<'_>) -> bool {
    match &step.ended {
        Ended::Http(response) => {
            matches!(response.status, 400 | 403 | 404 | 405 | 406 | 501)
                && !front::recognise(response).product.is_exchange()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::http::Timing;
    use crate::evidence::{Body, Evidence, Header, HttpOutcome, Probe, Record, Seen, Subject};
    use crate::protocol::endpoint::Origin;

    #[test]
    fn the_best_version_in_common_is_spoken() {
        let of = |versions: &[Version]| version(&eas::Offer { versions: versions.to_vec(), ..eas::Offer::default() });
        assert_eq!(of(&[Version(2, 5), Version(12, 1), Version(14, 1)]), Some(Version(14, 1)));
        assert_eq!(of(&[Version(14, 1), Version(16, 1), Version(17, 0)]), Some(Version(16, 1)));
        assert_eq!(of(&[Version(2, 5), Version(12, 0)]), None);
    }

    #[test]
    fn ms_ascmd_who_refuses_every_device_of_the_user_has_noted_none() {
        let of = |number| {
            let reply = Reply { status: Some(number), ..Reply::default() };
            let probe = HttpProbe::new(Method::Post, "https://mail.corp.example/");
            let step = Step { probe, ask: SessionAsk::FolderSync, seen: None, ended: Ended::Refused(reply) };
            Session { steps: vec![step], ..Session::default() }.left_a_device()
        };
        for number in [108, 112, 123, 126, 131, 138, 177] {
            assert!(!of(number), "{number}");
        }
        // blocked devices stand in the list, too
        for number in [129, 134, 139, 140, 142] {
            assert!(of(number), "{number}");
        }
    }

    /// A session with a server that answers so; the commands that were put, in which form, and what is told of it.
    fn played<T>(
        idle_test: Option<u16>,
        answer: impl Fn(&SessionAsk, bool) -> Response,
        told: impl Fn(&Session<'_>) -> T,
    ) -> (Vec<(&'static str, bool)>, T) {
        let endpoint = Endpoint::parse("https://mail.corp.example/Microsoft-Server-ActiveSync", Origin::User).unwrap();
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        subject.idle_test = idle_test;
        let mut evidence = Evidence::new(Header {
            started_at: jiff::Timestamp::UNIX_EPOCH,
            subject,
            name_servers: Vec::new(),
            proxy: None,
            stores: Vec::new(),
        });
        let offer = eas::Offer { versions: vec![Version(16, 1)], ..eas::Offer::default() };
        let mut put = Vec::new();
        loop {
            let view = View::new(&evidence);
            if let Ok(session) = walk(&view, &endpoint, &offer) {
                return (put, told(&session.unwrap()));
            }
            let wanted = view.wanted();
            for probe in wanted {
                let Probe::Http(http) = &probe else { panic!("{probe}") };
                let Content::ActiveSync { ask, base64, .. } = &http.content else { panic!("{probe}") };
                put.push((command(ask), *base64));
                assert!(put.len() < 20, "{put:?}");
                let seen = Seen::Http(HttpSeen {
                    address: None,
                    tried: Vec::new(),
                    verified: Some(true),
                    client_certificate_requested: false,
                    credential_sent: None,
                    outcome: HttpOutcome::Response(answer(ask, *base64)),
                    timing: Timing::default(),
                });
                evidence.records.insert(probe, Record { seen, at_ms: 0, took_ms: 9, after: None });
            }
        }
    }

    fn response(status: u16, headers: &[(&str, &str)], reply: Option<Reply>) -> Response {
        let text = reply.map(|reply| reply.record()).unwrap_or_default();
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Response { status, headers, body: Body { text, length: 0, truncated: false } }
    }

    /// What a healthy server says.
    fn well(ask: &SessionAsk) -> Response {
        let text = |text: &str| Some(text.to_owned());
        let reply = Reply {
            status: Some(1),
            folders: Some(8),
            inbox: text("5"),
            sync_key: text("k"),
            policy_key: matches!(ask, SessionAsk::Provision | SessionAsk::Acknowledge).then(|| "7".to_owned()),
            ..Reply::default()
        };
        response(200, &[], Some(reply))
    }

    const EXCHANGE: &[(&str, &str)] = &[("x-feserver", "EX01")];

    #[test]
    fn ms_ashttp_a_policy_that_is_wanted_is_gone_through_once_in_a_session() {
        let count = |put: &[(&str, bool)], name| put.iter().filter(|(command, _)| *command == name).count();
        // 449, whatever is done
        let (put, ended) = played(
            None,
            |ask, _| match ask {
                SessionAsk::FolderSync => response(449, EXCHANGE, None),
                _ => well(ask),
            },
            |session| session.broken().map(|step| command(&step.ask)),
        );
        assert_eq!((count(&put, "FolderSync"), count(&put, "Provision"), ended), (2, 2, Some("FolderSync")), "{put:?}");
        // and again at the next command
        let is_first = std::cell::Cell::new(true);
        let (put, ended) = played(
            None,
            |ask, _| match ask {
                SessionAsk::FolderSync if is_first.replace(false) => response(449, EXCHANGE, None),
                SessionAsk::Open { .. } => response(449, EXCHANGE, None),
                _ => well(ask),
            },
            |session| session.broken().map(|step| command(&step.ask)),
        );
        assert_eq!((count(&put, "Sync"), count(&put, "Provision"), ended), (1, 2, Some("Sync")), "{put:?}");
    }

    #[test]
    fn ms_ashttp_only_what_is_refused_in_front_of_exchange_is_put_again_in_base64() {
        let first = |refused: u16, marks: &'static [(&str, &str)], again: Response| {
            let of = |ask: &SessionAsk, base64| match (ask, base64) {
                (SessionAsk::FolderSync, false) => response(refused, marks, None),
                (SessionAsk::FolderSync, true) => again.clone(),
                _ => well(ask),
            };
            let (put, plain) = played(None, of, |session| session.plain.is_some());
            (put.get(1).is_some_and(|(_, base64)| *base64), plain)
        };
        for status in [400, 403, 404, 405, 406, 501] {
            assert_eq!(first(status, &[], well(&SessionAsk::FolderSync)), (true, true), "{status}");
            assert_eq!(first(status, EXCHANGE, well(&SessionAsk::FolderSync)), (false, false), "{status}");
        }
        // the sign-in was refused: nothing is tried again
        assert_eq!(first(401, &[], well(&SessionAsk::FolderSync)), (false, false));
        // Exchange itself answers, though it fails: the query has come through
        assert_eq!(first(403, &[], response(500, EXCHANGE, None)), (true, true));
        assert_eq!(first(403, &[], response(403, &[], None)), (true, false));
    }

    #[test]
    fn ms_ascmd_a_ping_is_put_again_with_the_time_that_the_server_allows_and_never_a_longer_one() {
        let beats = |allowed: u32| {
            let of = |ask: &SessionAsk, _| match ask {
                SessionAsk::Ping { heartbeat, .. } if *heartbeat != allowed => {
                    let reply = Reply { status: Some(5), heartbeat: Some(allowed), ..Reply::default() };
                    response(200, &[], Some(reply))
                }
                _ => well(ask),
            };
            played(Some(15), of, |session| session.idle.as_ref().map(|step| step.ask.clone())).1
        };
        let ping = |heartbeat| Some(SessionAsk::Ping { folder: "5".to_owned(), heartbeat });
        assert_eq!((beats(600), beats(900), beats(1200)), (ping(600), ping(900), ping(900)));
    }

    #[test]
    fn ms_ascmd_the_newest_of_a_large_inbox_is_looked_for_in_what_came_lately() {
        let days_back = |days: i64| (Timestamp::UNIX_EPOCH - SignedDuration::from_hours(24 * days)).to_string();
        // the first answer holds a message of that age and not all; the others hold this, or nothing
        let told = |first: i64, later: &dyn Fn(u8) -> (Option<i64>, bool)| {
            let messages = |newest: Option<i64>, has_more| {
                let newest = newest.map(days_back);
                let (status, sync_key) = (Some(1), Some("k".to_owned()));
                response(200, &[], Some(Reply { status, sync_key, newest, has_more, ..Reply::default() }))
            };
            let of = |ask: &SessionAsk, _| match ask {
                SessionAsk::Newest { .. } => messages(Some(first), true),
                SessionAsk::Lately { days, .. } => {
                    let (newest, has_more) = later(*days);
                    messages(newest, has_more)
                }
                _ => well(ask),
            };
            let (put, (newest, is_all, is_broken)) = played(None, of, |session| {
                (session.newest.clone(), session.is_newest_of_all, session.broken().is_some())
            });
            assert!(!is_broken);
            let syncs = put.iter().filter(|(command, _)| *command == "Sync").count();
            (newest, is_all, syncs - 2)
        };
        // nothing came for two days, the newest is five days old
        assert_eq!(told(300, &|days| (Some(5).filter(|_| days >= 7), false)), (Some(days_back(5)), true, 2));
        // the first answer held it
        assert_eq!(told(0, &|_| (None, false)), (Some(days_back(0)), true, 1));
        // nothing of the last month: what was seen is not said to be the newest
        assert_eq!(told(300, &|_| (None, false)), (Some(days_back(300)), false, 3));
        // more came in a day than an answer holds
        assert_eq!(told(300, &|_| (Some(0), true)), (Some(days_back(0)), false, 1));
    }

    #[test]
    fn ms_ashttp_the_device_is_letters_and_digits_and_short() {
        assert!(DEVICE_ID.len() <= 32 && DEVICE_ID.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(DEVICE_TYPE.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
}
