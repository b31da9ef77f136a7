//! What of an answer to a signed-in request may become evidence?
//!
//! Whoever was given the credentials may send them back, in a header, in an error or in a page of
//! debugging. So nothing is kept but what some check reads. What is judged by its structure (a list of
//! versions or commands, the kind of an Autodiscover answer) is read here and written anew, so that
//! neither a secret survives in it nor its absence changes it; other texts are dropped whole where
//! they hold a secret.

use crate::evidence::{Body, Content, HttpProbe, Response};
use crate::protocol::headers::TEXTS;
use crate::protocol::pox::outlook;
use crate::protocol::session::{Kind, Reply};
use crate::protocol::{eas, entra, ews, front, pox, soap};

/// Stands for a text that was dropped: that there was one may itself tell something.
const DROPPED: &str = "***";

/// Headers that are lists with a syntax of their own.
const VERSIONS: &[&str] = &["ms-asprotocolversions", "ms-server-activesync"];
const COMMANDS: &str = "ms-asprotocolcommands";

/// A number of days (MS-ASHTTP).
const DAYS: &str = "x-ms-credentials-expire";

/// Of an answer, whose body came in these bytes, what checks read; `holds` says whether a text holds
/// a secret.
pub fn essence(probe: &HttpProbe, response: Response, bytes: &[u8], holds: &dyn Fn(&str) -> bool) -> Response {
    let Response { status, headers, body } = response;
    let headers = headers.into_iter().filter_map(|(name, value)| {
        // names are compared with ours, whatever case they came in
        let name = name.to_ascii_lowercase();
        let value = if VERSIONS.contains(&name.as_str()) {
            versions(&value, holds)
        } else if name == COMMANDS {
            commands(&value)
        } else if name == DAYS {
            value.trim().parse::<u16>().ok().filter(|_| !holds(&value))?.to_string()
        } else if TEXTS.contains(&name.as_str()) {
            clean(value, holds)
        } else {
            return None;
        };
        Some((name, value))
    });
    let text = match &probe.content {
        Content::PoxMobilesync { .. } if (200..300).contains(&status) => autodiscover(&body.text, holds),
        Content::PoxOutlook { .. } if (200..300).contains(&status) => for_outlook(&body.text, holds),
        // a fault comes with 500
        Content::SoapUserSettings { .. } if status == 500 || (200..300).contains(&status) => soap(&body.text, holds),
        Content::EwsInbox { .. } if status == 500 || (200..300).contains(&status) => inbox(&body.text, holds),
        Content::ActiveSync { ask, .. } => {
            let reply = Reply::read(ask, bytes);
            // with 449 or 500 some servers tell the status in a document too
            if status == 200 || reply.kind == Kind::Document { reply.without(holds).record() } else { page(&body.text) }
        }
        _ => page(&body.text),
    };
    Response { status, headers: headers.collect(), body: Body { text, ..body } }
}

/// What is kept of a page that nobody asked for.
fn page(text: &str) -> String {
    [front::page_marks(text), entra_marks(text)].join("\n").trim().to_owned()
}

/// The numbers of Entra ID's errors that a page quotes, as far as they are known ones.
fn entra_marks(page: &str) -> String {
    let known = entra::read(page).numbers.into_iter().filter(|number| entra::find(*number).is_some());
    known.map(|number| format!("AADSTS{number}")).collect::<Vec<_>>().join(" ")
}

fn clean(text: String, holds: &dyn Fn(&str) -> bool) -> String {
    if holds(&text) { DROPPED.to_owned() } else { text }
}

/// The items that are versions, such as 14.1 or 15.20.8137.22. What is as short as the versions of the
/// protocol cannot be told from a secret, and is none that could be kept.
fn versions(list: &str, holds: &dyn Fn(&str) -> bool) -> String {
    let is_version = |item: &&str| {
        item.len() <= 24
            && item.contains('.')
            && item
                .split('.')
                .all(|part| !part.is_empty() && part.len() <= 5 && part.bytes().all(|b| b.is_ascii_digit()))
            && (item.len() <= 5 || !holds(item))
    };
    list.split(',').map(str::trim).filter(is_version).collect::<Vec<_>>().join(",")
}

/// The items that are commands of the protocol, as MS-ASCMD writes them.
fn commands(list: &str) -> String {
    let known = |item: &str| eas::COMMANDS.iter().find(|known| known.eq_ignore_ascii_case(item.trim())).copied();
    list.split(',').filter_map(known).collect::<Vec<_>>().join(",")
}

/// The shortest document that says the same to a reader of Autodiscover.
fn autodiscover(text: &str, holds: &dyn Fn(&str) -> bool) -> String {
    let clean = |text: String| clean(text, holds);
    pox::render(&match pox::parse(text) {
        pox::Answer::MobileSync { url } => pox::Answer::MobileSync { url: clean(url) },
        pox::Answer::RedirectAddress { address } => pox::Answer::RedirectAddress { address: clean(address) },
        pox::Answer::RedirectUrl { url } => pox::Answer::RedirectUrl { url: clean(url) },
        // the codes have three digits; a longer number may be anything
        pox::Answer::Error { code, message } => {
            pox::Answer::Error { code: code.filter(|code| *code <= 999), message: clean(message) }
        }
        answer => answer,
    })
}

/// The same in Outlook's schema; what holds no settings there says what it says to the other.
fn for_outlook(text: &str, holds: &dyn Fn(&str) -> bool) -> String {
    let Some(settings) = outlook::parse(text) else { return autodiscover(text, holds) };
    let kept = |value: Option<String>| value.map(|value| clean(value, holds));
    let protocols = settings.protocols.into_iter().map(|protocol| outlook::Protocol {
        kind: clean(protocol.kind, holds),
        ews: kept(protocol.ews),
        oof: kept(protocol.oof),
        // eight digits that could be part of anything are kept only where they are a version
        server_version: kept(protocol.server_version.filter(|word| outlook::build(word).is_some())),
    });
    outlook::render(&outlook::Settings { protocols: protocols.collect(), online: settings.online })
}

/// The shortest answer that says the same to a reader of GetUserSettings.
fn soap(text: &str, holds: &dyn Fn(&str) -> bool) -> String {
    let clean = |text: String| clean(text, holds);
    soap::render(&match soap::parse(text) {
        soap::Answer::Settings(settings) => {
            // other settings were not asked for
            let known = settings.into_iter().filter(|(name, _)| soap::SETTINGS.contains(&name.as_str()));
            soap::Answer::Settings(known.map(|(name, value)| (name, clean(value))).collect())
        }
        soap::Answer::Redirect { to } => soap::Answer::Redirect { to: clean(to) },
        soap::Answer::Error { code, message } => soap::Answer::Error { code: clean(code), message: clean(message) },
        answer @ soap::Answer::Malformed { .. } => answer,
    })
}

/// The shortest answer that says the same to a reader of EWS: codes and counts.
fn inbox(text: &str, holds: &dyn Fn(&str) -> bool) -> String {
    let ews::Reply { version, answer } = ews::parse(text);
    let version = version.filter(|version| version.bytes().all(|b| b == b'.' || b.is_ascii_digit()) && !holds(version));
    let answer = match answer {
        ews::Answer::Error { code, back_off_ms } => {
            // the codes are one word
            let is_code = code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric());
            let code = if is_code { clean(code, holds) } else { DROPPED.to_owned() };
            ews::Answer::Error { code, back_off_ms }
        }
        answer => answer,
    };
    ews::render(&ews::Reply { version, answer })
}

#[cfg(test)]
mod tests {
    use super::super::auth::{Authorizer, Secrets};
    use super::*;
    use crate::evidence::{Method, SessionAsk, Subject};
    use proptest::prelude::*;

    fn authorizer(password: &str) -> Authorizer {
        let subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        Authorizer::new(subject, Secrets::from_parts(Some(password), None, None))
    }

    fn probe(url: &str, pox: bool) -> HttpProbe {
        let probe = HttpProbe::new(if pox { Method::Post } else { Method::Options }, url);
        if pox { probe.content(Content::PoxMobilesync { email: "anna@corp.example".to_owned() }) } else { probe }
    }

    fn response(status: u16, headers: &[(&str, &str)], text: &str) -> Response {
        Response {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Body { text: text.to_owned(), length: text.len() as u64, truncated: false },
        }
    }

    fn kept(password: &str, pox: bool, response: Response) -> Response {
        let url = "https://webmail.corp.example/Microsoft-Server-ActiveSync";
        let authorizer = authorizer(password);
        let target = url::Url::parse(url).unwrap();
        let bytes = response.body.text.clone().into_bytes();
        essence(&probe(url, pox), response, &bytes, &|text| authorizer.echoes(&target, text))
    }

    const HEALTHY: &[(&str, &str)] = &[
        ("Server", "Microsoft-IIS/10.0"),
        ("ms-server-activesync", "15.2"),
        ("ms-asprotocolversions", "2.0,2.1,2.5,12.0,12.1,14.0,14.1,16.0,16.1"),
        ("ms-asprotocolcommands", "Sync,SendMail,SmartForward,SmartReply,FolderSync,Search,Settings,Ping,Provision"),
        ("www-authenticate", "Basic realm=\"webmail.corp.example\""),
        ("x-feserver", "EX01"),
        ("x-ms-location", "https://mail.corp.example/Microsoft-Server-ActiveSync"),
    ];

    const SETTINGS: &str = "<Autodiscover><Response><Action><Settings><Server><Type>MobileSync</Type>\
        <Url>https://mail.corp.example/Microsoft-Server-ActiveSync</Url><Name>geheim</Name></Server></Settings>\
        </Action></Response></Autodiscover>";

    #[test]
    fn ms_ascmd_a_status_is_kept_whatever_the_http_status_and_a_page_is_not() {
        let content = Content::ActiveSync {
            user: "anna@corp.example".to_owned(),
            version: "16.1".to_owned(),
            policy_key: "0".to_owned(),
            ask: SessionAsk::FolderSync,
            base64: false,
        };
        let probe = HttpProbe::new(Method::Post, "https://mail.corp.example/").content(content);
        let of = |status, bytes: &[u8]| essence(&probe, response(status, &[], "geheim"), bytes, &|_| false).body.text;
        // FolderSync, Status 112
        let document = [3, 1, 0x6a, 0, 0, 7, 0x56, 0x4c, 3, b'1', b'1', b'2', 0, 1, 1];
        for status in [200, 449, 500] {
            assert_eq!(Reply::recorded(&of(status, &document)).status, Some(112), "{status}");
        }
        assert_eq!(Reply::recorded(&of(200, b"geheim")).kind, Kind::Foreign);
        assert_eq!(of(500, b"geheim"), "");
    }

    #[test]
    fn of_the_days_and_the_errors_only_what_cannot_be_a_secret_is_kept() {
        let days = |password| {
            let answer = response(200, &[("x-ms-credentials-expire", "14")], "");
            kept(password, false, answer).header("x-ms-credentials-expire").map(str::to_owned)
        };
        assert_eq!((days("Herbst:Regen-2026"), days("14")), (Some("14".to_owned()), None));
        let text = kept("Herbst:Regen-2026", false, response(401, &[], "AADSTS53003: no. AADSTS9999999: no")).body.text;
        assert!(text.contains("AADSTS53003") && !text.contains("9999999"), "{text}");
    }

    #[test]
    fn no_password_makes_a_healthy_server_look_otherwise() {
        let neutral = kept("Herbst:Regen-2026", false, response(200, HEALTHY, ""));
        let settings = kept("Herbst:Regen-2026", true, response(200, HEALTHY, SETTINGS));
        let url = "https://mail.corp.example/Microsoft-Server-ActiveSync".to_owned();
        assert_eq!(pox::parse(&settings.body.text), pox::Answer::MobileSync { url });
        assert_eq!(neutral.headers.len(), HEALTHY.len());
        assert_eq!(eas::offer(&neutral).versions.len(), 9);
        for password in [
            "mail",
            "1",
            "Sync",
            "MobileSync",
            "corp.example",
            "webmail",
            "webmail.corp.example",
            "Search",
            "16.1",
            "Settings",
            "Microsoft-Server-ActiveSync",
            "autodiscover",
            "anna@corp.example",
            "exchange",
            "2",
            ".",
            "https",
        ] {
            assert_eq!(kept(password, false, response(200, HEALTHY, "")), neutral, "{password}");
            assert_eq!(kept(password, true, response(200, HEALTHY, SETTINGS)), settings, "{password}");
        }
    }

    #[test]
    fn of_the_other_ways_of_asking_the_addresses_are_kept_and_what_was_echoed_is_not() {
        let email = || "anna@corp.example".to_owned();
        let authorizer = authorizer("Herbst:Regen-2026");
        let url = "https://mail.corp.example/autodiscover/autodiscover.xml";
        let target = url::Url::parse(url).unwrap();
        let kept = |content: Content, text: &str| {
            let probe = HttpProbe::new(Method::Post, url).content(content);
            essence(&probe, response(200, &[], text), text.as_bytes(), &|text| authorizer.echoes(&target, text))
                .body
                .text
        };
        let ews = "https://mail.corp.example/EWS/Exchange.asmx";
        let outlook_text = format!(
            "<Autodiscover><Response><User><DisplayName>Herbst:Regen-2026</DisplayName></User><Account><Protocol>\
             <Type>EXPR</Type><EwsUrl>{ews}</EwsUrl><OOFUrl>https://x/Herbst:Regen-2026</OOFUrl>\
             <ServerVersion>73C28A02</ServerVersion></Protocol></Account></Response></Autodiscover>"
        );
        let outlook_text = kept(Content::PoxOutlook { email: email() }, &outlook_text);
        let settings = outlook::parse(&outlook_text).unwrap();
        assert_eq!((settings.ews_url(), settings.build()), (Some(ews), Some((15, 2, 2562))));
        let setting =
            |name: &str, value: &str| format!("<UserSetting><Name>{name}</Name><Value>{value}</Value></UserSetting>");
        let soap_text = format!(
            "<Envelope><Body><UserResponse><ErrorCode>NoError</ErrorCode>{}{}{}</UserResponse></Body></Envelope>",
            setting("ExternalEwsUrl", ews),
            setting("InternalEwsUrl", "https://x/Herbst:Regen-2026"),
            setting("UserDN", "geheim"),
        );
        let soap_text = kept(Content::SoapUserSettings { email: email() }, &soap_text);
        assert_eq!(soap::parse(&soap_text).ews_url(), Some(ews));
        let all = outlook_text + &soap_text;
        assert!(!all.contains("Herbst") && !all.contains("geheim"), "{all}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn contract_4_whatever_a_server_makes_of_the_password_it_is_not_kept(
            password in "[ -~]{0,4}[a-zA-Z]{4,9}[0-9#<&]{3,5}[ -~]{0,4}",
            which in 0_usize..6,
        ) {
            use base64::Engine as _;
            use base64::engine::general_purpose::STANDARD;
            let echo = match which {
                0 => password.clone(),
                1 => password.trim().to_owned(),
                2 => STANDARD.encode(&password),
                3 => STANDARD.encode(format!("anna@corp.example:{password}")),
                4 => url::form_urlencoded::byte_serialize(password.as_bytes()).collect(),
                _ => password.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
            };
            let escaped = quick_xml::escape::escape(&echo).into_owned();
            let mut all: Vec<String> = VERSIONS.iter().chain(&[COMMANDS]).chain(TEXTS).map(|n| (*n).to_owned()).collect();
            all.extend(["X-Echo".to_owned(), echo.replace(|c: char| !c.is_ascii_alphanumeric(), "-")]);
            let headers: Vec<(String, String)> =
                all.into_iter().flat_map(|name| [(name.clone(), format!("a {echo} b")), (name, format!("14.1,{echo}"))]).collect();
            let bodies = [
                format!("<html><form>{escaped}<input type=password></html>"),
                format!("<{}>{escaped}</x>", echo.replace(|c: char| !c.is_ascii_alphanumeric(), "x")),
                format!("<Autodiscover><Error><ErrorCode>500</ErrorCode><Message>for {escaped}</Message></Error></Autodiscover>"),
                format!("<Autodiscover><Server><Type>MobileSync</Type><Url>https://x/?a={escaped}</Url></Server></Autodiscover>"),
                format!("<Autodiscover><Account><Protocol><Type>{escaped}</Type></Protocol></Account></Autodiscover>"),
                format!("<Autodiscover><Redirect>{escaped}</Redirect></Autodiscover>"),
                echo.clone(),
            ];
            for (text, status, pox) in bodies.iter().flat_map(|b| [(b, 200, true), (b, 500, true), (b, 200, false)]) {
                let mut given = response(status, &[], text);
                given.headers = headers.clone();
                let recorded = serde_json::to_string(&kept(&password, pox, given)).unwrap().to_lowercase();
                for form in [&echo, &escaped] {
                    let form = serde_json::to_string(form).unwrap().to_lowercase();
                    let form = form.trim_matches('"');
                    prop_assert!(!recorded.contains(form), "{form} of {password:?} in {recorded}");
                }
            }
        }
    }
}
