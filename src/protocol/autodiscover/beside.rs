//! What do clients other than those of ActiveSync get from the winner of Autodiscover?
//!
//! Outlook asks in a schema of its own, clients of EWS by SOAP, newer ones by v2. None of that changes
//! who wins; it tells where EWS is, and whether all ways of asking lead to the same server.

use super::follow::{attempt, follow};
use super::judge::number;
use super::{Attempt, Reason, Road, Step, Verdict, Walk, pox_probe, v2_probe};
use crate::evidence::{Content, HttpProbe, HttpSeen, Method, SignIn, Stop, View, view};
use crate::protocol::pox::outlook;
use crate::protocol::v2::Protocol;
use crate::protocol::{challenge, eas, endpoint, soap};
use std::collections::BTreeSet;

/// What was asked beside the walk.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Every attempt.
    pub attempts: Vec<Attempt>,
    /// The settings in Outlook's schema.
    pub outlook: Option<outlook::Settings>,
    /// Which of them tell an address of EWS for clients inside, and none for those outside.
    pub inside_alone: BTreeSet<Step>,
    /// Whether Autodiscover of `autodiscover.` answers only where its path is written with capital letters.
    pub is_case_sensitive: bool,
}

impl Beside {
    /// The addresses of EWS, by what told them, the most telling first; each as it stands there.
    pub fn ews_urls(&self) -> Vec<(Step, &str)> {
        let of = |step: Step| {
            let told = self.attempts.iter().filter(move |attempt| attempt.step == step);
            told.filter_map(move |attempt| match &attempt.reason {
                Reason::Settings { url } if !url.is_empty() => Some((step, url.as_str())),
                _ => None,
            })
        };
        [Step::Outlook, Step::Soap, Step::JsonEws].into_iter().flat_map(of).collect()
    }

    /// The same as [`Self::ews_urls`], as far as they are meant for clients outside.
    pub fn external_ews_urls(&self) -> Vec<(Step, &str)> {
        self.ews_urls().into_iter().filter(|(step, _)| !self.inside_alone.contains(step)).collect()
    }

    /// How the attempt of this step ended.
    pub fn of(&self, step: Step) -> Option<&Attempt> {
        self.attempts.iter().rfind(|attempt| attempt.step == step)
    }
}

/// Asks what other clients ask. Nothing is asked of a host that the walk has not found to be
/// Autodiscover, but for the other spelling of the path where nothing was found.
pub fn beside(view: &View<'_>, walk: &Walk) -> Result<Beside, Stop> {
    let mut roads = match walk.answered() {
        Some(won) => of_winner(view, walk, won)?,
        None => other_spelling(view, walk)?.into_iter().collect(),
    };
    let last = walk.attempts.iter().map(|attempt| attempt.road + 1).max().unwrap_or_default();
    number(&mut roads, last);
    let attempts: Vec<Attempt> = roads.into_iter().flatten().filter(|attempt| !attempt.is_new()).collect();
    let (outlook, soap) = (body(view, &attempts, Step::Outlook)?, body(view, &attempts, Step::Soap)?);
    let (outlook, soap) = (outlook.and_then(outlook::parse), soap.map(soap::parse));
    let mut inside_alone = BTreeSet::new();
    if outlook.as_ref().is_some_and(|told| told.ews_url().is_some() && told.external_ews_url().is_none()) {
        inside_alone.insert(Step::Outlook);
    }
    if soap.is_some_and(|told| told.ews_url().is_some() && told.external_ews_url().is_none()) {
        inside_alone.insert(Step::Soap);
    }
    let wants_capitals = |attempt: &Attempt| attempt.step == Step::Subdomain && attempt.reason == Reason::SignInWanted;
    let is_case_sensitive = attempts.iter().any(wants_capitals);
    Ok(Beside { attempts, outlook, inside_alone, is_case_sensitive })
}

/// The text of the last answer of this step.
fn body<'a>(view: &View<'a>, attempts: &[Attempt], step: Step) -> Result<Option<&'a str>, Stop> {
    let Some(attempt) = attempts.iter().rfind(|attempt| attempt.step == step) else { return Ok(None) };
    let response = view.http(&attempt.probe)?.ok().and_then(HttpSeen::response);
    Ok(response.map(|response| response.body.text.as_str()))
}

fn of_winner(view: &View<'_>, walk: &Walk, won: &Attempt) -> Result<Vec<Road>, Stop> {
    let mut looks: Vec<Result<Road, Stop>> = Vec::new();
    // whoever knows v2 knows its other questions
    let answers_v2 = walk.attempts.iter().find(|a| a.step == Step::Json && matches!(a.reason, Reason::Settings { .. }));
    if let Some(json) = answers_v2 {
        for (step, protocol) in [(Step::JsonEws, Protocol::Ews), (Step::JsonV1, Protocol::AutodiscoverV1)] {
            looks.push(view.spare(|| follow(view, step, v2_probe(&json.host, &json.email, protocol), &json.email)));
        }
    }
    if !won.step.is_v2() && won.verified == Some(true) {
        let accepted = walk.attempts.iter().find(|attempt| is_accepted(attempt));
        looks.push(by_soap(view, won, accepted));
        if let Some(signed) = accepted {
            let content = Content::PoxOutlook { email: signed.email.clone() };
            let probe = HttpProbe::new(Method::Post, &signed.probe.url).content(content).sign_in(SignIn::Given);
            looks.push(attempt(view, Step::Outlook, &probe, &signed.email).map(|attempt| vec![attempt]));
        }
    }
    view::all(looks)
}

/// Whether the sign-in of this attempt was accepted by Autodiscover itself.
fn is_accepted(attempt: &Attempt) -> bool {
    attempt.probe.sign_in == SignIn::Given
        && attempt.status == Some(200)
        && matches!(attempt.reason, Reason::Settings { .. } | Reason::NoMobileSync | Reason::Error { .. })
}

/// The SOAP form at the same host: anonymously, which healthy servers answer with 401, and signed in
/// where the host has accepted the credentials and offers the same way in here.
fn by_soap(view: &View<'_>, won: &Attempt, accepted: Option<&Attempt>) -> Result<Road, Stop> {
    let at = accepted.unwrap_or(won);
    let Ok(mut url) = url::Url::parse(&at.probe.url) else { return Ok(Road::new()) };
    url.set_path("/autodiscover/autodiscover.svc");
    url.set_query(None);
    let probe = HttpProbe::new(Method::Post, url).content(Content::SoapUserSettings { email: at.email.clone() });
    let first = attempt(view, Step::Soap, &probe, &at.email)?;
    let offered = view.http(&probe)?.ok().and_then(HttpSeen::response).map(challenge::offered).unwrap_or_default();
    let is_welcome = view.subject().credential.is_some_and(|credential| challenge::fits(&offered, credential));
    let mut road = vec![first];
    if accepted.is_some() && is_welcome && is_activesync_signed_in(view)? {
        road.push(attempt(view, Step::Soap, &probe.sign_in(SignIn::Given), &at.email)?);
    }
    Ok(road)
}

/// Whether ActiveSync, whose sign-in matters more, has had its turn: after a refusal here nobody could
/// sign in there any more.
fn is_activesync_signed_in(view: &View<'_>) -> Result<bool, Stop> {
    if !view.subject().selected.iter().any(|id| id == "activesync") {
        return Ok(true);
    }
    let Some(endpoint) = endpoint::endpoint(view)? else { return Ok(true) };
    let Some(probe) = eas::signed_in(view, &endpoint)? else { return Ok(true) };
    Ok(view.http(&probe)?.ok().and_then(HttpSeen::response).is_some_and(|response| response.status != 401))
}

/// `/Autodiscover/Autodiscover.xml` where the path in small letters is not there: IIS does not care,
/// but a proxy in front may.
fn other_spelling(view: &View<'_>, walk: &Walk) -> Result<Option<Road>, Stop> {
    let is_missing = |attempt: &&Attempt| {
        attempt.step == Step::Subdomain
            && attempt.verified == Some(true)
            && matches!(attempt.reason, Reason::NotThere | Reason::Forbidden)
    };
    let Some(missing) = walk.attempts.iter().find(is_missing) else { return Ok(None) };
    let url = format!("https://{}/Autodiscover/Autodiscover.xml", missing.host);
    let mut attempt = attempt(view, Step::Subdomain, &pox_probe(&url, &missing.email), &missing.email)?;
    if attempt.reason == Reason::SignInWanted {
        attempt.verdict = Verdict::Noteworthy;
    }
    Ok(Some(vec![attempt]))
}
