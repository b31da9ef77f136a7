//! What do the logs of all kinds show of one device together, each request counted once?
//!
//! Who knows more goes first: IIS and HttpProxy before a reverse proxy, the back end before the mailbox
//! log. What the others show counts only after the last that the first ones show.

use super::device::Device;
use super::origin::{Ids, Origin};
use super::site::Site;
use super::streak::{Failures, Stamp, Streak};
use super::tally::Durations;
use std::borrow::Cow;

/// How long after the last line of one log a request in another one is past what the first shows, in
/// seconds: both log a request when it is over.
const PAST_S: i64 = 60;

/// One device, with what its logs show put together.
#[derive(Debug)]
pub struct Joined<'a> {
    /// Where requests are counted.
    pub site: Cow<'a, Site>,
    /// In which kind of log that is.
    pub origin: Origin,
    /// The last success that a line proves.
    pub proved: Option<Stamp>,
    /// The last line that shows what ActiveSync answered.
    pub answered: Option<Stamp>,
    /// The last that HTTP reports as successful, in any log.
    pub accepted: Option<Stamp>,
    /// The same, where no answer of ActiveSync shows what came of it.
    beyond: Option<Stamp>,
    /// Failures of logs beside IIS, and from when on they count.
    others: Vec<(&'a Failures, Option<Stamp>)>,
    /// Whether a front end's log shows what clients saw.
    on_front: bool,
}

impl<'a> Joined<'a> {
    /// Puts it together.
    pub fn of(device: &'a Device, ids: &Ids) -> Self {
        let (front, back) = (&device.front, &device.back);
        let (mut twins, mut others): (Vec<&Site>, Vec<&Site>) = (Vec::new(), Vec::new());
        for (server, site) in device.beside.of(Origin::HttpProxy) {
            if front.hits > 0 && ids.is_twin(server) { twins.push(site) } else { others.push(site) }
        }
        let mailbox = device.beside.of(Origin::MailboxLog).next().map(|(_, site)| site);
        let reverse = device.beside.of(Origin::ReverseProxy).next().map(|(_, site)| site);
        let (site, origin) = clients_saw(front, &twins, &others)
            .or_else(|| (back.hits > 0).then_some((Cow::Borrowed(back), Origin::Back)))
            .or_else(|| Some((Cow::Borrowed(mailbox?), Origin::MailboxLog)))
            .or_else(|| Some((Cow::Borrowed(reverse?), Origin::ReverseProxy)))
            .unwrap_or((Cow::Borrowed(front), Origin::Front));
        let on_front = matches!(origin, Origin::Front | Origin::HttpProxy);
        let answered = device.answered.max(mailbox.and_then(|site| site.last));
        let proved = device.proved.max(mailbox.and_then(|site| site.accepted));
        let of_exchange = [front, back].into_iter().chain(twins.iter().copied()).chain(others.iter().copied());
        let of_exchange: Vec<&Site> = of_exchange.chain(mailbox).collect();
        let last = of_exchange.iter().filter_map(|site| site.last).max();
        let by_proxy = reverse.and_then(|site| site.accepted).filter(|at| is_past(*at, last));
        let by_front = [front.accepted, by_proxy].into_iter().flatten();
        let by_front = by_front.chain(twins.iter().chain(&others).filter_map(|site| site.accepted)).max();
        let beyond = match (by_front, answered) {
            (Some(accepted), _) if is_past(accepted, answered) => Some(accepted),
            (None, None) => back.accepted,
            _ => None,
        };
        let mut lists: Vec<(&Failures, Option<Stamp>)> = others.iter().map(|site| (&site.failures, None)).collect();
        lists.extend(twins.iter().map(|site| (&site.failures, past(front.last))));
        lists.extend(mailbox.map(|site| (&site.failures, past(device.answered))));
        lists.extend(reverse.map(|site| (&site.failures, past(last))));
        Self {
            accepted: of_exchange.iter().filter_map(|site| site.accepted).max().max(by_proxy),
            site,
            origin,
            proved,
            answered,
            beyond,
            others: lists,
            on_front,
        }
    }

    /// The last success, proved or as far as anything shows.
    pub fn reset(&self) -> Option<Stamp> {
        self.proved.max(self.beyond)
    }

    /// The gaps between what worked, in seconds.
    pub fn rhythm(&self) -> &Durations {
        &self.site.rhythm
    }

    /// The failures after it.
    pub fn streak(&self, device: &Device, reset: Option<Stamp>) -> Streak {
        let mut lists = vec![(&device.failures, reset), (&device.front.failures, reset)];
        if !self.on_front {
            lists.push((&device.back.failures, reset));
        }
        lists.extend(self.others.iter().map(|(list, past)| (*list, (*past).max(reset))));
        Failures::after(&lists)
    }
}

/// What clients saw: the front end's IIS log and its HttpProxy log show the same requests, of which the
/// one that shows more counts; those of other servers come on top.
fn clients_saw<'a>(front: &'a Site, twins: &[&'a Site], others: &[&'a Site]) -> Option<(Cow<'a, Site>, Origin)> {
    let twin_hits: u64 = twins.iter().map(|site| site.hits).sum();
    let (first, rest) = twins.split_first().map_or((None, twins), |(first, rest)| (Some(*first), rest));
    let (mut site, origin) = match first {
        Some(first) if twin_hits > front.hits => {
            let mut site = Cow::Borrowed(first);
            for other in rest {
                site.to_mut().merge((*other).clone());
            }
            (site, Origin::HttpProxy)
        }
        _ if front.hits > 0 => (Cow::Borrowed(front), Origin::Front),
        _ => (Cow::Borrowed(*others.first()?), Origin::HttpProxy),
    };
    let skipped = usize::from(front.hits == 0);
    for other in others.iter().skip(skipped) {
        site.to_mut().merge((*other).clone());
    }
    Some((site, origin))
}

/// The moment from which on another log counts.
fn past(last: Option<Stamp>) -> Option<Stamp> {
    last.map(|last| Stamp { time: last.time + PAST_S, file: u32::MAX, line: 0 })
}

fn is_past(at: Stamp, last: Option<Stamp>) -> bool {
    last.is_none_or(|last| at.time > last.time + PAST_S)
}
