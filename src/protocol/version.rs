//! Which build of Exchange does a server show to somebody who has not signed in?
//!
//! Every answer may show one: in a header, in a path on the logon page, in a manifest. Each speaks for
//! the node that gave it, and behind a balancer these may differ. To those who have signed in, Autodiscover
//! also tells that of the server with the mailbox.

use super::autodiscover::{Beside, Step};
use super::builds::Version;
use super::front;
use crate::evidence::{HttpProbe, HttpSeen, Response};
use std::net::IpAddr;

/// Where a version was read; for what the server that answers is, each is trusted more than those below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The header `X-OWA-Version`.
    OwaVersion,
    /// The header `X-ServerApplication` of MAPI/HTTP.
    ServerApplication,
    /// The SOAP header `ServerVersionInfo` of EWS or Autodiscover.
    ServerVersionInfo,
    /// The manifest of the export tool of /ecp.
    ExportTool,
    /// A path on the logon page of Outlook on the web.
    LogonPage,
    /// The header `MS-Server-ActiveSync`.
    ActiveSync,
    /// `ServerVersion` in Autodiscover's answer to Outlook: of the server that holds the mailbox, which may be
    /// another than the one that answers.
    MailboxServer,
}

impl Source {
    /// How it is called in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwaVersion => "X-OWA-Version",
            Self::ServerApplication => "X-ServerApplication",
            Self::ServerVersionInfo => "ServerVersionInfo",
            Self::ExportTool => "exporttool.application",
            Self::LogonPage => "/owa/auth",
            Self::ActiveSync => "MS-Server-ActiveSync",
            Self::MailboxServer => "Autodiscover ServerVersion",
        }
    }
}

/// One version that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The version.
    pub version: Version,
    /// Where it stood.
    pub source: Source,
    /// The front-end server that signed the answer (`X-FEServer`).
    pub node: Option<String>,
    /// The address that gave it.
    pub address: Option<IpAddr>,
    /// The question.
    pub probe: HttpProbe,
}

/// Every version in an answer, the more precise source first.
pub fn readings(probe: &HttpProbe, seen: &HttpSeen, response: &Response) -> Vec<Reading> {
    let header = |name: &str| response.header(name).map(str::to_owned);
    let application = header("x-serverapplication").and_then(|text| text.strip_prefix("Exchange/").map(str::to_owned));
    // others speak ActiveSync too, and give themselves such a number
    let activesync = header("ms-server-activesync").filter(|_| front::recognise(response).product.is_exchange());
    let texts = [
        (Source::OwaVersion, header("x-owa-version")),
        (Source::ServerApplication, application),
        (Source::ServerVersionInfo, server_version_info(&response.body.text)),
        (Source::ExportTool, manifest(&response.body.text)),
        (Source::LogonPage, logon_page(&response.body.text)),
        (Source::ActiveSync, activesync),
    ];
    let node = header("x-feserver").filter(|name| !name.is_empty());
    let read = texts.into_iter().filter_map(|(source, text)| Some((source, Version::parse(&text?)?)));
    read.map(|(source, version)| Reading {
        version,
        source,
        node: node.clone(),
        address: seen.address,
        probe: probe.clone(),
    })
    .collect()
}

/// The cumulative update of the server that holds the mailbox, as Autodiscover tells it after a sign-in;
/// `None` where it tells none, or the mailbox is in Exchange Online.
pub fn of_mailbox_server(beside: &Beside) -> Option<Reading> {
    let settings = beside.outlook.as_ref().filter(|settings| !settings.online)?;
    let (major, minor, build) = settings.build()?;
    let parts = [u16::try_from(major).ok()?, u16::try_from(minor).ok()?, u16::try_from(build).ok()?];
    let version = Version::Cumulative(parts);
    let attempt = beside.of(Step::Outlook).filter(|_| !version.is_online())?;
    Some(Reading {
        version,
        source: Source::MailboxServer,
        node: None,
        address: attempt.address,
        probe: attempt.probe.clone(),
    })
}

/// A path such as `/owa/auth/15.2.1544/themes/` (2013 and later) or `/owa/14.3.123.4/themes/` (2010).
pub fn logon_page(page: &str) -> Option<String> {
    let page = page.get(..64 * 1024).unwrap_or(page).to_ascii_lowercase();
    ["/owa/auth/", "/owa/"].iter().find_map(|before| {
        page.match_indices(before).find_map(|(at, _)| {
            let rest = page.get(at + before.len()..)?;
            let version = rest.split('/').next()?;
            let parts = Version::parse(version)?.parts().len();
            (parts >= 3).then(|| version.to_owned())
        })
    })
}

/// The build in the manifest of `microsoft.exchange.ediscovery.exporttool.application`.
fn manifest(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("microsoft.exchange.ediscovery.exporttool")?;
    let (before, _) = rest.split_once('>')?;
    attribute(before, "version")
}

/// The attributes of `ServerVersionInfo` of EWS, of which `Version` names a schema, no product.
pub fn server_version_info(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("ServerVersionInfo")?;
    let (element, _) = rest.split_once('>')?;
    let parts = ["MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber"];
    let parts: Option<Vec<String>> = parts.into_iter().map(|name| attribute(element, name)).collect();
    parts.map(|parts| parts.join("."))
}

fn attribute(element: &str, name: &str) -> Option<String> {
    let (_, rest) = element.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::http::Timing;
    use crate::evidence::{Body, HttpOutcome, Method};
    use std::collections::BTreeSet;

    fn read(headers: &[(&str, &str)], text: &str) -> Vec<(Source, String)> {
        let response = Response {
            status: 200,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Body { text: text.to_owned(), length: 0, truncated: false },
        };
        let seen = HttpSeen {
            address: None,
            tried: Vec::new(),
            verified: None,
            client_certificate_requested: false,
            credential_sent: None,
            outcome: HttpOutcome::Response(response.clone()),
            timing: Timing::default(),
        };
        let probe = HttpProbe::new(Method::Get, "https://mail.corp.example/owa/");
        readings(&probe, &seen, &response).into_iter().map(|r| (r.source, r.version.to_string())).collect()
    }

    #[test]
    fn headers_hold_the_build_of_the_node_that_answered() {
        assert_eq!(read(&[("x-owa-version", "15.2.1544.11")], ""), [(Source::OwaVersion, "15.2.1544.11".to_owned())]);
        assert_eq!(
            read(&[("x-serverapplication", "Exchange/15.02.1544.011")], ""),
            [(Source::ServerApplication, "15.2.1544.11".to_owned())]
        );
    }

    #[test]
    fn activesync_of_others_gives_itself_a_number_too() {
        let number = ("ms-server-activesync", "14.1");
        assert_eq!(read(&[("server", "nginx"), number], ""), []);
        assert_eq!(read(&[("server", "Microsoft-IIS/10.0"), number], ""), [(Source::ActiveSync, "14.1".to_owned())]);
    }

    #[test]
    fn ms_oxdscli_server_version_is_of_the_mailbox_server_up_to_the_cumulative_update() {
        use crate::protocol::pox::outlook;
        let beside = |word: &str, online| {
            let at = outlook::Protocol {
                kind: "EXCH".to_owned(),
                server_version: Some(word.to_owned()),
                ..outlook::Protocol::default()
            };
            let attempt = crate::protocol::autodiscover::Attempt {
                step: Step::Outlook,
                road: 0,
                hop: 0,
                email: "anna@corp.example".to_owned(),
                probe: HttpProbe::new(Method::Post, "https://autodiscover.corp.example/autodiscover/autodiscover.xml"),
                host: "autodiscover.corp.example".to_owned(),
                verdict: crate::protocol::autodiscover::Verdict::Normal,
                reason: crate::protocol::autodiscover::Reason::Odd,
                status: Some(200),
                address: None,
                verified: Some(true),
                ms: 1,
            };
            let outlook = Some(outlook::Settings { protocols: vec![at], online });
            Beside { attempts: vec![attempt], outlook, is_case_sensitive: false, inside_alone: BTreeSet::new() }
        };
        let told = |word, online| of_mailbox_server(&beside(word, online)).map(|reading| reading.version.to_string());
        assert_eq!(told("73C28A02", false).as_deref(), Some("15.2.2562"));
        // the cloud's says nothing of a server that anybody here could update
        assert_eq!(told("73C28A02", true), None);
        assert_eq!(told("73D48001", false), None);
        assert_eq!(told("x", false), None);
        assert!(Source::MailboxServer > Source::ActiveSync);
    }

    #[test]
    fn the_logon_page_of_2013_and_later_holds_three_parts_that_of_2010_four() {
        let new = "<link href=\"/owa/auth/15.2.1544/themes/resources/logon.css\">";
        let old = "<link href=\"/owa/14.3.123.4/themes/base/logon.css\">";
        assert_eq!(read(&[], new), [(Source::LogonPage, "15.2.1544".to_owned())]);
        assert_eq!(read(&[], old), [(Source::LogonPage, "14.3.123.4".to_owned())]);
        assert_eq!(logon_page("<a href=\"/owa/auth/logon.aspx\">"), None);
    }

    #[test]
    fn manifest_and_soap_header_hold_all_four_parts() {
        let manifest = "<asmv1:assemblyIdentity name=\"microsoft.exchange.ediscovery.exporttool.application\" version=\"15.2.1544.11\" publicKeyToken=\"x\" />";
        assert_eq!(read(&[], manifest), [(Source::ExportTool, "15.2.1544.11".to_owned())]);
        let soap = "<h:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"2\" MajorBuildNumber=\"1544\" MinorBuildNumber=\"11\" Version=\"V2017_07_11\" xmlns:h=\"x\"/>";
        assert_eq!(read(&[], soap), [(Source::ServerVersionInfo, "15.2.1544.11".to_owned())]);
    }
}
