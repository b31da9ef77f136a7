//! How is every attempt of Autodiscover told: who was asked, what came back, and what that is worth?

use super::asker::asker;
use super::{both, errors, malformed, words_of_certificate};
use crate::checks::common;
use crate::evidence::dns::address_type;
use crate::evidence::{DnsSeen, FailKind, Failure, HttpSeen, Phase, Response, SignIn, Stop, View, view};
use crate::finding::{Lang, Sentence};
use crate::protocol::autodiscover::{Attempt, Reason, Step, Verdict, Walk, certificate, error};
use crate::protocol::front;
use crate::protocol::pox;
use crate::protocol::{soap, v2};
use crate::text;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// No value of a server is told at greater length, in letters.
const LONGEST: usize = 512;

/// The attempts as the report holds them.
pub fn shown<'a>(view: &View<'_>, attempts: impl IntoIterator<Item = &'a Attempt>) -> Result<Vec<Value>, Stop> {
    view::all(attempts.into_iter().map(|attempt| one(view, attempt)))
}

fn one(view: &View<'_>, attempt: &Attempt) -> Result<Value, Stop> {
    let names = names(view, &attempt.host);
    let refused = certificate::refused(view, attempt);
    let seen = view.http(&attempt.probe)?.ok();
    let (names, refused) = (names?, refused?);
    let response = seen.and_then(HttpSeen::response);
    let front = response.map(front::recognise);
    let why = match &attempt.reason {
        // that the DNS says nothing does not mean that there is none
        Reason::NoSuchName if names.is_null() => {
            Sentence::new(text!("no address was to be found for the name", "zu dem Namen war keine Adresse zu finden"))
        }
        _ => why(attempt),
    };
    let meaning = match &attempt.reason {
        Reason::Error { code, message } => error::of_code(*code, message),
        Reason::Refused { code, .. } => error::of_name(code),
        _ => None,
    };
    let meaning = meaning.map(|meaning| both(errors::cause(Some(meaning), asker(view.subject(), attempt))));
    let mut value = json!({
        "step": attempt.step.name(),
        "method": attempt.probe.method,
        "url": bounded(&attempt.probe.url),
        "verdict": attempt.verdict.name(),
        "reason": attempt.reason.name(),
        "why": {"en": bounded(&why.say(Lang::En)), "de": bounded(&why.say(Lang::De))},
        "meaning": meaning,
        "detail": detail(&attempt.reason).map(|detail| bounded(&detail)),
        "status": attempt.status,
        "address": attempt.address,
        "verified": attempt.verified,
        "certificate": refused.map(|(leaf, fault)| json!({
            "fault": fault.name(),
            "said": both(words_of_certificate(Some(fault))),
            "names": leaf.names.iter().take(8).map(ToString::to_string).collect::<Vec<_>>(),
            "not_after": leaf.validity.map(|validity| validity.not_after.to_string()),
        })),
        "signed_in": attempt.probe.sign_in == SignIn::Given,
        "email": attempt.email,
        "road": attempt.road,
        "hop": attempt.hop,
        "dns": names,
        "body": response.map(body_kind),
        "server": response.and_then(|response| response.header("server")).map(bounded),
        "product": front.as_ref().and_then(|front| front.product.name()),
        "in_front": front.as_ref().and_then(|front| front.in_front),
        "timing": seen.map(|seen| &seen.timing),
        "ms": attempt.ms,
    });
    // a hint is no more than one
    if let (Some(front), Value::Object(fields)) = (front, &mut value)
        && front.in_front.is_some()
    {
        fields.insert("in_front_certain".to_owned(), Value::from(front.certain));
    }
    Ok(value)
}

/// A text of a server as far as anybody wants to read it.
pub fn bounded(text: &str) -> String {
    let mut letters = text.chars();
    let mut out: String = letters.by_ref().take(LONGEST).collect();
    if letters.next().is_some() {
        out.push('…');
    }
    out
}

/// What the DNS says of a host, in the families that are used.
fn names(view: &View<'_>, host: &str) -> Result<Value, Stop> {
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() || host.is_empty() {
        return Ok(Value::Null);
    }
    let subject = view.subject();
    let families = [(true, subject.ipv6), (false, subject.ipv4)];
    let looks =
        view::all(families.iter().filter(|(_, used)| *used).map(|(ipv6, _)| view.dns(host, address_type(*ipv6))))?;
    let seen: Vec<&DnsSeen> = looks.into_iter().flatten().collect();
    let mut fields = Map::new();
    let addresses: Vec<IpAddr> = seen.iter().flat_map(|seen| seen.addresses()).collect();
    let answers = || seen.iter().filter_map(|seen| seen.answer.as_ref());
    let Some(answer) = answers().find(|answer| !answer.addresses().is_empty()).or_else(|| answers().next()) else {
        return Ok(Value::Null);
    };
    let aliases = answer.alias_chain(host);
    fields.insert("rcode".to_owned(), Value::from(answer.rcode.as_str()));
    fields.insert("addresses".to_owned(), json!(addresses));
    if !aliases.is_empty() {
        fields.insert("aliases".to_owned(), json!(aliases));
    }
    Ok(Value::Object(fields))
}

/// What kind of body an answer has.
fn body_kind(response: &Response) -> &'static str {
    let text = response.body.text.as_str();
    let is_json = text.trim_start().starts_with(['{', '[']);
    match pox::parse(text) {
        pox::Answer::Empty if response.body.length == 0 => "none",
        pox::Answer::Empty if response.header("content-encoding").is_some() => "encoded",
        pox::Answer::Empty => "binary",
        pox::Answer::Html { form: true } => "sign-in-form",
        pox::Answer::Html { form: false } => "html",
        pox::Answer::OtherProtocols { .. } => "mail-profile",
        pox::Answer::Malformed { .. } if !matches!(soap::parse(text), soap::Answer::Malformed { .. }) => "soap",
        pox::Answer::Malformed { .. } if v2::parse(text) != v2::Answer::Other => "autodiscover-json",
        pox::Answer::Malformed { .. } if is_json => "json",
        pox::Answer::Malformed { .. } if text.trim_start().starts_with('<') => "xml",
        pox::Answer::Malformed { .. } => "text",
        pox::Answer::MobileSync { .. }
        | pox::Answer::NoMobileSync
        | pox::Answer::RedirectAddress { .. }
        | pox::Answer::RedirectUrl { .. }
        | pox::Answer::Error { .. } => "autodiscover",
    }
}

/// The particulars of a reason, in the server's words.
pub fn detail(reason: &Reason) -> Option<String> {
    match reason {
        Reason::Redirect { to } | Reason::Insecure { to } | Reason::Loop { to } | Reason::NotHosted { to } => {
            Some(to.clone())
        }
        Reason::RedirectAddress { address } => Some(address.clone()),
        Reason::Settings { url } => Some(url.clone()),
        Reason::Error { code, message } => {
            Some(code.map_or_else(|| message.clone(), |code| format!("{code} {message}")))
        }
        Reason::Refused { code, message } => Some(format!("{code} {message}").trim_end().to_owned()),
        Reason::Malformed(why) => Some(why.clone()),
        Reason::OtherProtocols(protocols) => Some(protocols.join(", ")),
        Reason::Unreachable(failure) => Some(failure.detail.clone()).filter(|d| !d.is_empty()),
        _ => None,
    }
}

/// Why an attempt ended as it did, in words: a fragment.
pub fn why(attempt: &Attempt) -> Sentence {
    let told = detail(&attempt.reason).unwrap_or_default();
    let said = |text| Sentence::new(text).with("told", told.as_str());
    let is_normal = attempt.verdict == Verdict::Normal;
    match &attempt.reason {
        Reason::NoSuchName => said(text!("the name has no address", "der Name hat keine Adresse")),
        Reason::Unreachable(failure) => unreachable(failure),
        Reason::NotAsked(why) => common::why_unanswered(why),
        Reason::SignInWanted => {
            said(text!("asks for a sign-in, as it should", "verlangt eine Anmeldung, wie es sein soll"))
        }
        Reason::SignInRefused => said(text!("refuses the credentials", "weist die Anmeldedaten ab")),
        Reason::Settings { url } if url.is_empty() => {
            said(text!("answers, but names no address", "antwortet, nennt aber keine Adresse"))
        }
        Reason::Settings { .. } => said(text!("names {told}", "nennt {told}")),
        Reason::NoMobileSync => said(text!(
            "answers with settings, but none for ActiveSync",
            "nennt Einstellungen, aber keine für ActiveSync"
        )),
        Reason::OtherProtocols(_) => {
            said(text!("hands out settings for {told}", "gibt Einstellungen für {told} heraus"))
        }
        Reason::Error { .. } | Reason::Refused { .. } => {
            said(text!("answers with the error {told}", "antwortet mit dem Fehler {told}"))
        }
        Reason::Redirect { .. } => said(text!("leads on to {told}", "leitet weiter zu {told}")),
        Reason::RedirectAddress { .. } => {
            said(text!("leads on to the mailbox address {told}", "leitet weiter zur Postfachadresse {told}"))
        }
        Reason::Insecure { .. } => said(text!("leads on to {told}, without TLS", "leitet weiter zu {told}, ohne TLS")),
        Reason::Loop { .. } => said(text!("leads back to {told}", "leitet zurück zu {told}")),
        Reason::NotHosted { .. } => said(text!(
            "leads back to {told}: the mailbox is not there",
            "leitet zurück zu {told}: Dort liegt das Postfach nicht",
        )),
        Reason::TooManyHops => {
            said(text!("more hops than any client follows", "mehr Stationen, als ein Client verfolgt"))
        }
        Reason::WebSite { .. } if is_normal && attempt.step == Step::RootDomain => {
            said(text!("the domain's web site, as usual", "die Website der Domain, wie üblich"))
        }
        Reason::WebSite { page: true } => said(text!("answers with a web page", "antwortet mit einer Webseite")),
        Reason::WebSite { page: false } => said(text!("leads on to a web page", "leitet zu einer Webseite weiter")),
        Reason::SignInPage => said(text!("wants a sign-in on a web page", "verlangt die Anmeldung auf einer Webseite")),
        Reason::NotThere if attempt.step.is_v2() => {
            said(text!("no Autodiscover v2 there", "kein Autodiscover v2 dort"))
        }
        Reason::NotThere => said(text!("no Autodiscover there", "kein Autodiscover dort")),
        Reason::Forbidden => said(text!("forbids it", "verbietet es")),
        Reason::ServerError => said(text!("the server fails", "der Server versagt")),
        Reason::Malformed(why) => {
            Sentence::new(text!("the answer cannot be used: {told}", "die Antwort ist nicht zu gebrauchen: {told}"))
                .with("told", malformed(why))
        }
        Reason::Odd => said(text!("an unexpected answer", "eine unerwartete Antwort")),
    }
}

/// Why nobody answered, as a fragment.
pub fn unreachable(failure: &Failure) -> Sentence {
    Sentence::new(match (failure.phase, &failure.kind) {
        (Phase::Resolve, _) => text!("the name has no address", "der Name hat keine Adresse"),
        (Phase::Proxy, _) => text!("the proxy does not let it through", "der Proxy lässt es nicht durch"),
        (Phase::Connect, FailKind::Timeout) => {
            text!("no answer to the connection", "keine Antwort auf den Verbindungsaufbau")
        }
        (Phase::Connect, FailKind::Refused) => text!("the port is closed", "der Port ist geschlossen"),
        (Phase::Connect, _) => text!("no connection", "keine Verbindung"),
        (Phase::Handshake, FailKind::NotTls) => text!("no TLS is spoken there", "dort wird kein TLS gesprochen"),
        (Phase::Handshake, FailKind::Timeout) => {
            text!("no answer in the TLS handshake", "keine Antwort im TLS-Handshake")
        }
        (Phase::Handshake, _) => text!("the TLS handshake fails", "der TLS-Handshake scheitert"),
        (Phase::Request | Phase::Body, FailKind::Timeout) => {
            text!("connected, but no answer to the request", "verbunden, aber keine Antwort auf die Anfrage")
        }
        (Phase::Request | Phase::Body, _) => {
            text!("the connection breaks off before the answer", "die Verbindung reißt vor der Antwort ab")
        }
    })
}

/// The one line beside the check's name.
pub fn note(walk: &Walk) -> Sentence {
    let Some(won) = walk.winner() else {
        return Sentence::new(text!("no address leads to a server", "keine Adresse führt zu einem Server"));
    };
    let others = walk.attempts.iter().any(|a| {
        a.verdict != Verdict::Won
            && a.step != won.step
            && a.step != Step::Json
            && !matches!(a.reason, Reason::SignInWanted | Reason::Redirect { .. })
    });
    let wants_sign_in = won.reason == Reason::SignInWanted;
    let text = match (wants_sign_in, others) {
        (false, false) => text!("found at https://{host}", "gefunden unter https://{host}"),
        (false, true) => text!(
            "found at https://{host} (others fail, as usual)",
            "gefunden unter https://{host} (andere scheitern, wie üblich)",
        ),
        (true, false) => {
            text!("{host} asks for a sign-in, as it should", "{host} verlangt eine Anmeldung, wie es sein soll")
        }
        (true, true) => text!(
            "{host} asks for a sign-in, as it should (others fail, as usual)",
            "{host} verlangt eine Anmeldung, wie es sein soll (andere scheitern, wie üblich)",
        ),
    };
    Sentence::new(text).with("host", won.host.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Body;

    #[test]
    fn every_kind_of_body_is_told_apart() {
        let of = |text: &str, length: u64, encoding: Option<&str>| {
            let headers = encoding.map(|encoding| ("content-encoding".to_owned(), encoding.to_owned()));
            let body = Body { text: text.to_owned(), length, truncated: false };
            body_kind(&Response { status: 200, headers: headers.into_iter().collect(), body })
        };
        for (text, kind) in [
            ("<html></html>", "html"),
            ("<html><form><input type=password></form></html>", "sign-in-form"),
            (
                "<Autodiscover><Response><Error><ErrorCode>600</ErrorCode></Error></Response></Autodiscover>",
                "autodiscover",
            ),
            ("<Autodiscover><Account><Protocol><Type>IMAP</Type></Protocol></Account></Autodiscover>", "mail-profile"),
            ("<Envelope><Body><UserResponse><ErrorCode>NoError</ErrorCode></UserResponse></Body></Envelope>", "soap"),
            ("{\"Protocol\":\"EWS\",\"Url\":\"https://m/\"}", "autodiscover-json"),
            ("{}", "json"),
            ("<clientConfig/>", "xml"),
            ("Not here", "text"),
        ] {
            assert_eq!(of(text, 1, None), kind, "{text}");
        }
        assert_eq!([of("", 0, None), of("", 9, None), of("", 9, Some("br"))], ["none", "binary", "encoded"]);
    }

    #[test]
    fn nothing_that_a_server_says_makes_a_trace_without_end() {
        assert_eq!(bounded(&"ä".repeat(50_000)).chars().count(), LONGEST + 1);
        assert_eq!(bounded("kurz"), "kurz");
    }
}
