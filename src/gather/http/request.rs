//! How is a question written as a request of HTTP, and how long may its answer take?

use crate::evidence::{Content, HttpProbe, Method, SessionAsk, SignIn};
use crate::gather::net::USER_AGENT;
use crate::protocol::pox::{mobilesync_request, outlook};
use crate::protocol::{ews, session, soap};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{self, HeaderValue};
use hyper_util::client::proxy::matcher::Intercept;
use std::time::Duration;
use url::Url;

/// The request to this address, which is the probe's own.
pub(super) fn request(
    url: &Url,
    probe: &HttpProbe,
    proxy: Option<&Intercept>,
    authorization: Option<HeaderValue>,
) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let host = url.host_str().unwrap_or_default();
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let query = match &probe.content {
        Content::ActiveSync { version, policy_key, ask, base64: true, .. } => {
            session::base64_query(version, policy_key, ask)
        }
        Content::ActiveSync { user, ask, .. } => Some(session::plain_query(user, ask)),
        _ => url.query().map(str::to_owned),
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let agent = match &probe.content {
        Content::ActiveSync { .. } => session::USER_AGENT,
        Content::EwsInbox { as_outlook: true, .. } => ews::OUTLOOK_FOR_MAC,
        _ => USER_AGENT,
    };
    let path = format!("{}{query}", url.path());
    // RFC 9112, 3.2.2: a proxy is told the whole address
    let to = if proxy.is_some() { format!("http://{authority}{path}") } else { path };
    let mut request = Request::builder()
        .method(match probe.method {
            Method::Get => hyper::Method::GET,
            Method::Post => hyper::Method::POST,
            Method::Options => hyper::Method::OPTIONS,
        })
        .uri(to)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, agent)
        .header(header::ACCEPT, if probe.sign_in == SignIn::EmptyBearer { "application/json" } else { "*/*" });
    if let Some(basic) = proxy.and_then(Intercept::basic_auth) {
        request = request.header(header::PROXY_AUTHORIZATION, basic);
    }
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let body = match &probe.content {
        Content::Empty => Bytes::new(),
        Content::PoxMobilesync { email } => mobilesync_request(email).into(),
        Content::PoxOutlook { email } => outlook::request(email).into(),
        Content::SoapUserSettings { email } => soap::request(email, &probe.url).into(),
        Content::EwsInbox { email, .. } => {
            if email.is_ascii() {
                request = request.header("X-AnchorMailbox", email);
            }
            ews::request().into()
        }
        Content::ActiveSync { version, policy_key, ask, base64, .. } => {
            // the other form holds all three
            if !base64 {
                request = request
                    .header(header::ACCEPT_LANGUAGE, "en-us")
                    .header("MS-ASProtocolVersion", version)
                    .header("X-MS-PolicyKey", policy_key);
            }
            session::body(version, policy_key, ask).into()
        }
    };
    request = match &probe.content {
        Content::Empty => request,
        Content::ActiveSync { .. } => request.header(header::CONTENT_TYPE, "application/vnd.ms-sync.wbxml"),
        _ => request.header(header::CONTENT_TYPE, "text/xml; charset=utf-8"),
    };
    request.body(Full::new(body))
}

/// How long the head of the answer may take, where it usually may take `usual`: a Ping waits by itself.
pub(super) fn limit(usual: Duration, probe: &HttpProbe) -> Duration {
    match &probe.content {
        Content::ActiveSync { ask: SessionAsk::Ping { heartbeat, .. }, .. } => {
            usual + Duration::from_secs(u64::from(*heartbeat))
        }
        _ => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    fn of(ask: SessionAsk, base64: bool) -> HttpProbe {
        HttpProbe::new(Method::Post, "https://mail.corp.example/Microsoft-Server-ActiveSync").content(
            Content::ActiveSync {
                user: "anna@corp.example".to_owned(),
                version: "16.1".to_owned(),
                policy_key: "7".to_owned(),
                ask,
                base64,
            },
        )
    }

    fn put(probe: &HttpProbe) -> Request<Full<Bytes>> {
        request(&probe.url.parse().unwrap(), probe, None, None).unwrap()
    }

    #[tokio::test]
    async fn ms_ashttp_either_form_of_the_query_carries_the_same_document() {
        let (plain, packed) = (put(&of(SessionAsk::FolderSync, false)), put(&of(SessionAsk::FolderSync, true)));
        let (asked, repeated) =
            [&plain, &packed].map(|put| session::read_query(put.uri().query().unwrap()).unwrap()).into();
        assert_eq!((asked.command.as_str(), repeated.command.as_str()), ("FolderSync", "FolderSync"));
        assert_eq!(plain.headers()["ms-asprotocolversion"], "16.1");
        assert_eq!(plain.headers()["x-ms-policykey"], "7");
        assert_eq!((repeated.version.as_deref(), repeated.policy_key), (Some("16.1"), Some(7)));
        assert!(!packed.headers().contains_key("x-ms-policykey"));
        let bytes = async |put: Request<Full<Bytes>>| put.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(bytes(plain).await, bytes(packed).await);
    }

    #[test]
    fn ms_ascmd_a_ping_may_take_as_long_as_it_says() {
        let usual = Duration::from_secs(20);
        let ping = SessionAsk::Ping { folder: "5".to_owned(), heartbeat: 900 };
        assert_eq!(limit(usual, &of(ping, false)), Duration::from_secs(920));
        assert_eq!(limit(usual, &of(SessionAsk::FolderSync, false)), usual);
    }
}
