//! What may a check look at, and what does it still need?
//!
//! Looking *is* the declaration of need: a look at something not yet gathered is noted, and the
//! check ends with [`Stop::Ask`]. The runner gathers everything noted and calls the check again
//! as soon as one of it has arrived. So look at independent things first, and use `?` after.

use super::{
    DnsSeen, Evidence, Export, ExportSeen, HelloKind, HelloSeen, HttpProbe, HttpSeen, NoAnswer, Probe, Record,
    RecordType, Seen, ServiceProbe, Subject, TlsSeen, Via,
};
use jiff::Timestamp;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Why a check did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It looked at something that is not there yet; the view has noted what.
    Ask,
}

/// What a look brings: a fact, or the reason why nobody could ask, or not yet.
pub type Look<'a, T> = Result<Result<&'a T, &'a NoAnswer>, Stop>;

/// What a check may look at.
#[derive(Debug)]
pub struct View<'a> {
    evidence: &'a Evidence,
    asker: Option<&'static str>,
    looked: RefCell<BTreeSet<Probe>>,
    wanted: RefCell<BTreeSet<Probe>>,
    /// Those of them that nothing else stands for.
    needed: RefCell<BTreeSet<Probe>>,
    is_spare: Cell<bool>,
}

/// Stands in for a record of the wrong kind, which only a forged report can hold.
static WRONG_KIND: NoAnswer = NoAnswer::NotRecorded;

impl<'a> View<'a> {
    /// A view of the evidence, with nothing looked at.
    pub fn new(evidence: &'a Evidence) -> Self {
        Self {
            evidence,
            asker: None,
            looked: RefCell::default(),
            wanted: RefCell::default(),
            needed: RefCell::default(),
            is_spare: Cell::new(false),
        }
    }

    /// The same, for the check of this id.
    #[must_use]
    pub fn of(mut self, check: &'static str) -> Self {
        self.asker = Some(check);
        self
    }

    /// The check that looks, where it is one of a run: what is to be told once, only one may tell.
    pub fn asker(&self) -> Option<&'static str> {
        self.asker
    }

    /// The mailbox under diagnosis.
    pub fn subject(&self) -> &'a Subject {
        &self.evidence.header.subject
    }

    /// The name servers, stores and proxy of the run.
    pub fn header(&self) -> &'a super::Header {
        &self.evidence.header
    }

    /// The time by which everything is judged: the start of the run, or the day that a replay names.
    pub fn now(&self) -> Timestamp {
        self.evidence.judged_at.unwrap_or(self.evidence.header.started_at)
    }

    /// When the run began. What was fresh then, or told the time then, is judged by it whatever the
    /// day of a replay.
    pub fn asked_at(&self) -> Timestamp {
        self.evidence.header.started_at
    }

    /// Looks at one fact.
    pub fn look(&self, probe: &Probe) -> Result<&'a Record, Stop> {
        if let Some(record) = self.evidence.records.get(probe) {
            self.looked.borrow_mut().insert(probe.clone());
            Ok(record)
        } else {
            self.wanted.borrow_mut().insert(probe.clone());
            if !self.is_spare.get() {
                self.needed.borrow_mut().insert(probe.clone());
            }
            Err(Stop::Ask)
        }
    }

    /// Looks at what would be good to know, but is not worth the whole time of the run: where it takes long,
    /// the runner gives it up, and it ends in [`NoAnswer::GivenUp`].
    pub fn spare<T>(&self, look: impl FnOnce() -> T) -> T {
        let before = self.is_spare.replace(true);
        let looked = look();
        self.is_spare.set(before);
        looked
    }

    /// Looks at a DNS answer.
    pub fn dns(&self, name: &str, rtype: RecordType) -> Look<'a, DnsSeen> {
        self.dns_seen(&Probe::dns(name, rtype))
    }

    /// Looks at the answer to a DNS question that went another way.
    pub fn dns_via(&self, name: &str, rtype: RecordType, via: Via) -> Look<'a, DnsSeen> {
        self.dns_seen(&Probe::dns_via(name, rtype, via))
    }

    fn dns_seen(&self, probe: &Probe) -> Look<'a, DnsSeen> {
        Ok(match &self.look(probe)?.seen {
            Seen::Dns(seen) => Ok(seen),
            Seen::NoAnswer(why) => Err(why),
            _ => Err(&WRONG_KIND),
        })
    }

    /// Looks at a TLS server.
    pub fn tls(&self, address: IpAddr, port: u16, name: &str) -> Look<'a, TlsSeen> {
        Ok(match &self.look(&Probe::tls(address, port, name))?.seen {
            Seen::Tls(seen) => Ok(seen),
            Seen::NoAnswer(why) => Err(why),
            _ => Err(&WRONG_KIND),
        })
    }

    /// Looks at how a TLS server answers a hand-written hello.
    pub fn hello(&self, address: IpAddr, port: u16, name: &str, hello: HelloKind) -> Look<'a, HelloSeen> {
        Ok(match &self.look(&Probe::hello(address, port, name, hello))?.seen {
            Seen::Hello(seen) => Ok(seen),
            Seen::NoAnswer(why) => Err(why),
            _ => Err(&WRONG_KIND),
        })
    }

    /// Looks at the answer to an HTTP request.
    pub fn http(&self, probe: &HttpProbe) -> Look<'a, HttpSeen> {
        Ok(match &self.look(&Probe::Http(probe.clone()))?.seen {
            Seen::Http(seen) => Ok(seen),
            Seen::NoAnswer(why) => Err(why),
            _ => Err(&WRONG_KIND),
        })
    }

    /// Looks at an answer of the sync service's API.
    pub fn service(&self, probe: &ServiceProbe) -> Look<'a, HttpSeen> {
        Ok(match &self.look(&Probe::Service(probe.clone()))?.seen {
            Seen::Service(seen) => Ok(seen),
            Seen::NoAnswer(why) => Err(why),
            _ => Err(&WRONG_KIND),
        })
    }

    /// Looks at an administrator's export.
    pub fn export(&self, export: &Export) -> Look<'a, ExportSeen> {
        Ok(match &self.look(&Probe::Export(export.clone()))?.seen {
            Seen::Export(seen) => Ok(seen),
            Seen::NoAnswer(why) => Err(why),
            _ => Err(&WRONG_KIND),
        })
    }

    /// What was looked at and was there.
    pub fn looked(&self) -> BTreeSet<Probe> {
        self.looked.borrow().clone()
    }

    /// Those of [`Self::wanted`] that no look did without.
    pub fn needed(&self) -> BTreeSet<Probe> {
        self.needed.borrow().clone()
    }

    /// What was looked at and is still to be gathered.
    pub fn wanted(&self) -> BTreeSet<Probe> {
        self.wanted.borrow().clone()
    }
}

/// Ends with [`Stop::Ask`] unless every look succeeded: for looks at independent things.
pub fn all<T>(looks: impl IntoIterator<Item = Result<T, Stop>>) -> Result<Vec<T>, Stop> {
    // every element is drawn before the first error is returned, so all needs are noted
    let looks: Vec<_> = looks.into_iter().collect();
    looks.into_iter().collect()
}
