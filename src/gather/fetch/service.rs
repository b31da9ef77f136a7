//! What is asked of the sync service, and what of its answers may become evidence?
//!
//! Only what a check needs: they hold names and more.

use super::{Asking, Fetcher, Missed};
use crate::evidence::http::Timing;
use crate::evidence::{
    Body, FailKind, Failure, HeldBack, HttpOutcome, HttpSeen, Phase, Response, ServiceProbe, Subject,
};
use crate::gather::net::Progress;
use crate::protocol::entra;
use crate::protocol::nylas::essence::{of_grant, scalars};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Instant;
use url::Url;

/// A list of ten grants has some 20 KiB.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// The headers of the service's answers that say something about the account.
const SERVICE_HEADERS: &[&str] = &["retry-after", "nylas-provider-request-count"];

impl Fetcher {
    /// Asks the sync service's API (Nylas v3), with the user's key and only where the user said.
    /// `progress` is told once the key goes out.
    pub(in crate::gather) async fn service(
        &self,
        probe: &ServiceProbe,
        subject: &Subject,
        progress: &Arc<Progress>,
    ) -> Result<HttpSeen, HeldBack> {
        let key = self.secrets.service_authorization().ok_or(HeldBack::NoCredentials)?;
        if subject.service.as_ref().is_none_or(|service| service.api != probe.api()) {
            return Err(HeldBack::ForeignHost);
        }
        let url = service_url(probe).ok_or(HeldBack::ForeignHost)?;
        if url.scheme() != "https" {
            return Err(HeldBack::NotHttps);
        }
        let before = Instant::now();
        let within = self.settings.connect_timeout + self.settings.response_timeout;
        let authorization = Some((key, Arc::clone(progress)));
        let asking = Asking { authorization, limit: LARGEST_ANSWER, trusted: true, within, post: None };
        let fetched = self.send(&url, asking).await;
        let took = u64::try_from(before.elapsed().as_millis()).ok();
        let mut seen = HttpSeen {
            address: None,
            tried: Vec::new(),
            verified: None,
            client_certificate_requested: false,
            credential_sent: None,
            outcome: HttpOutcome::Failed(Failure::new(Phase::Resolve, FailKind::NoAddress)),
            timing: Timing { response_ms: took, ..Timing::default() },
        };
        match fetched {
            Ok(fetched) => {
                let echoes = |text: &str| self.secrets.service_echoes(text);
                let text = if fetched.truncated { String::new() } else { essence(probe, &fetched.body, &echoes) };
                let kept = |name: &str| {
                    let value = fetched.headers.get(name)?.to_str().ok().filter(|value| !echoes(value))?;
                    Some((name.to_owned(), value.to_owned()))
                };
                seen.address = fetched.address;
                seen.verified = Some(true);
                seen.outcome = HttpOutcome::Response(Response {
                    status: fetched.status,
                    headers: SERVICE_HEADERS.iter().filter_map(|name| kept(name)).collect(),
                    body: Body { text, length: fetched.body.len() as u64, truncated: fetched.truncated },
                });
            }
            Err(Missed::Private) => {}
            Err(Missed::Failed(failure)) => {
                seen.verified = match failure.phase {
                    Phase::Request | Phase::Body => Some(true),
                    Phase::Handshake if failure.kind == FailKind::NotVerified => Some(false),
                    _ => None,
                };
                let detail =
                    Some(failure.detail).filter(|detail| !self.secrets.service_echoes(detail)).unwrap_or_default();
                seen.outcome = HttpOutcome::Failed(Failure { detail, ..failure });
            }
        }
        Ok(seen)
    }
}

/// What of an account of v2 a check reads, and of its errors.
const ACCOUNT: &[&str] =
    &["id", "account_id", "object", "email_address", "provider", "sync_state", "linked_at", "message", "type"];

fn service_url(probe: &ServiceProbe) -> Option<Url> {
    let mut url = Url::parse(probe.api()).ok()?;
    let path: &[&str] = match probe {
        ServiceProbe::Grant { id, .. } => &["v3", "grants", id],
        ServiceProbe::GrantsByEmail { .. } | ServiceProbe::GrantsByAccount { .. } => &["v3", "grants"],
        ServiceProbe::Account { .. } => &["account"],
        ServiceProbe::NewestMessage { id, .. } => &["v3", "grants", id, "messages"],
    };
    url.path_segments_mut().ok()?.pop_if_empty().extend(path);
    match probe {
        ServiceProbe::Grant { .. } | ServiceProbe::Account { .. } => {}
        ServiceProbe::GrantsByEmail { email, .. } => {
            url.query_pairs_mut().append_pair("email", email);
        }
        ServiceProbe::GrantsByAccount { account, .. } => {
            url.query_pairs_mut().append_pair("account_id", account);
        }
        ServiceProbe::NewestMessage { .. } => {
            url.query_pairs_mut().append_pair("limit", "1");
        }
    }
    Some(url)
}

/// Of an answer of the service only what a check reads, as JSON again; empty where it is none. Texts
/// that hold the key are left out whole.
fn essence(probe: &ServiceProbe, body: &[u8], echoes: &dyn Fn(&str) -> bool) -> String {
    let Ok(Value::Object(answer)) = serde_json::from_slice(body) else { return String::new() };
    let mut kept = Map::new();
    if let Some(error) = answer.get("error") {
        kept.extend(scalars(&answer, &["request_id"]));
        let mut inner = error.as_object().map(|error| scalars(error, &["type", "message"])).unwrap_or_default();
        if let Some(provider) = error.get("provider_error").and_then(provider_error) {
            inner.insert("provider_error".to_owned(), provider);
        }
        // of what Entra ID said to the provider, the numbers alone
        let numbers = entra::read(&String::from_utf8_lossy(body)).numbers;
        if !numbers.is_empty() {
            inner.insert("error_codes".to_owned(), json!(numbers));
        }
        kept.insert("error".to_owned(), Value::Object(inner));
    }
    let data = match (probe, answer.get("data")) {
        (ServiceProbe::Grant { .. }, Some(Value::Object(grant))) => Some(Value::Object(of_grant(grant))),
        (ServiceProbe::GrantsByEmail { .. } | ServiceProbe::GrantsByAccount { .. }, Some(Value::Array(grants))) => {
            Some(grants.iter().filter_map(Value::as_object).map(of_grant).collect())
        }
        (ServiceProbe::NewestMessage { .. }, Some(Value::Array(messages))) => {
            let newest = messages.iter().filter_map(Value::as_object).take(1);
            Some(newest.map(|message| Value::Object(scalars(message, &["date"]))).collect())
        }
        _ => None,
    };
    kept.extend(data.map(|data| ("data".to_owned(), data)));
    if let ServiceProbe::Account { .. } = probe {
        kept.extend(scalars(&answer, ACCOUNT));
    }
    let mut kept = Value::Object(kept);
    without(&mut kept, echoes);
    kept.to_string()
}

/// Takes out the texts that hold a secret; the names of members are ours.
fn without(value: &mut Value, echoes: &dyn Fn(&str) -> bool) {
    match value {
        Value::String(text) if echoes(text) => text.clear(),
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, echoes)),
        Value::Object(members) => members.values_mut().for_each(|member| without(member, echoes)),
        _ => {}
    }
}

/// The kind of the provider's own error, as it says it: a word, or its `type`, `code` or `error`.
fn provider_error(error: &Value) -> Option<Value> {
    let word = |value: &Value| match value {
        Value::Number(_) => Some(value.clone()),
        // a sentence may quote the user's data
        Value::String(text)
            if text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b)) =>
        {
            Some(value.clone())
        }
        _ => None,
    };
    let Value::Object(error) = error else { return word(error) };
    let words = |of: &Map<String, Value>| -> Map<String, Value> {
        ["type", "code", "error"].iter().filter_map(|name| Some(((*name).to_owned(), word(of.get(*name)?)?))).collect()
    };
    let mut kept = words(error);
    if let Some(Value::Object(inner)) = error.get("error") {
        kept.insert("error".to_owned(), json!(words(inner)));
    }
    Some(Value::Object(kept))
}

#[cfg(test)]
mod tests {
    use super::super::lab::{Web, acceptor, authority, fetcher, here, http};
    use super::*;
    use crate::evidence::Mailbox;
    use crate::evidence::subject::Service;
    use crate::gather::auth::Secrets;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    const API: &str = "https://api.service.example";

    fn grant() -> ServiceProbe {
        ServiceProbe::Grant { api: API.to_owned(), id: "g/1".to_owned() }
    }

    #[test]
    fn of_the_services_answers_only_what_a_check_reads_is_kept() {
        let of = |probe: &ServiceProbe, body: Value| {
            serde_json::from_str::<Value>(&essence(probe, body.to_string().as_bytes(), &|text| {
                text.contains("nyk_v0_geheim")
            }))
            .unwrap()
        };
        let whole = json!({
            "id": "g1", "provider": "ews", "grant_status": "valid", "email": "anna@corp.example", "blocked": false,
            "scope": ["ews.messages", {"x": 1}], "created_at": 1, "updated_at": 2, "account_id": "v2",
            "ip": "192.0.2.1", "name": "Anna", "provider_user_id": "u", "state": "s", "user_agent": "a",
            "email_aliases": ["boss@corp.example"],
            "settings": {"ews_host": "mail.corp.example", "ews_port": 443, "ews_username": "anna", "ews_password": "geheim"}
        });
        let kept = json!({
            "id": "g1", "provider": "ews", "grant_status": "valid", "email": "anna@corp.example", "blocked": false,
            "scope": ["ews.messages"], "created_at": 1, "updated_at": 2, "account_id": "v2",
            "settings": {"ews_host": "mail.corp.example", "ews_port": 443}
        });
        assert_eq!(of(&grant(), json!({"request_id": "r", "data": whole})), json!({"data": kept}));
        let by_email = ServiceProbe::GrantsByEmail { api: API.to_owned(), email: "anna@corp.example".to_owned() };
        assert_eq!(of(&by_email, json!({"data": [whole, "x"], "limit": 10})), json!({"data": [kept]}));
        let newest = ServiceProbe::NewestMessage { api: API.to_owned(), id: "g1".to_owned() };
        let messages =
            json!({"data": [{"id": "m1", "date": 5, "subject": "Kündigung"}, {"date": 4}], "next_cursor": "c"});
        assert_eq!(of(&newest, messages), json!({"data": [{"date": 5}]}));
        let failed = json!({"request_id": "r", "error": {"type": "provider_error", "message": "no", "extra": "x",
            "provider_error": {"error": {"code": "MailboxNotEnabledForRESTAPI", "message": "anna@corp.example ..."}}}});
        let kept = json!({"request_id": "r", "error": {"type": "provider_error", "message": "no",
            "provider_error": {"error": {"code": "MailboxNotEnabledForRESTAPI"}}}});
        assert_eq!(of(&grant(), failed), kept);
        let account = ServiceProbe::Account { api: API.to_owned() };
        let v2 = json!({"id": "a1", "sync_state": "stopped", "email_address": "anna@corp.example", "name": "Anna",
            "organization_unit": "folder", "linked_at": 1_600_000_000});
        let kept = json!({"id": "a1", "sync_state": "stopped", "email_address": "anna@corp.example",
            "linked_at": 1_600_000_000});
        assert_eq!(of(&account, v2), kept);
        let echoed = json!({"error": {"type": "unauthorized", "message": "bad key nyk_v0_geheim"}});
        assert_eq!(of(&grant(), echoed), json!({"error": {"type": "unauthorized", "message": ""}}));
        assert_eq!(provider_error(&json!("invalid_grant")), Some(json!("invalid_grant")));
        assert_eq!(provider_error(&json!("user anna@corp.example is gone")), None);
        assert_eq!(of(&grant(), json!({"data": ["Anna"]})), json!({}));
        assert_eq!(essence(&grant(), b"<html>anna</html>", &|_| false), "");
    }

    fn subject() -> Subject {
        let mailbox: Mailbox = "anna@corp.example".parse().unwrap();
        Subject {
            service: Some(Service { api: API.to_owned(), grant: None, account: None }),
            ..Subject::mailbox(mailbox)
        }
    }

    #[tokio::test]
    async fn the_service_is_asked_with_the_key_over_verified_tls_only() {
        let root = authority();
        let web = Web::start(Some(acceptor(&root, ["api.service.example".to_owned()])), |_| {
            let body = br#"{"request_id":"r","data":{"id":"g1","grant_status":"valid","name":"Anna M."}}"#;
            http(200, "retry-after: 7\r\nset-cookie: s=1\r\nnylas-provider-request-count: 2\r\n", body)
        })
        .await;
        let settings = || here(&[("api.service.example", 443)]);
        let trusting = fetcher(web.port, Some(&root), settings()).await;
        let seen = trusting.service(&grant(), &subject(), &Arc::default()).await.unwrap();
        let response = seen.response().unwrap();
        assert_eq!((seen.verified, response.status), (Some(true), 200));
        assert_eq!(response.body.text, r#"{"data":{"grant_status":"valid","id":"g1"}}"#);
        let headers: Vec<_> = response.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(headers, ["retry-after: 7", "nylas-provider-request-count: 2"]);
        let head = web.heads().remove(0);
        assert!(head.starts_with("GET /v3/grants/g%2F1 HTTP/1.1\r\n"), "{head}");
        assert!(
            head.contains("authorization: Bearer nyk-secret\r\n") && head.contains("host: api.service.example\r\n")
        );
        let by_email = ServiceProbe::GrantsByEmail { api: API.to_owned(), email: "a+b@corp.example".to_owned() };
        trusting.service(&by_email, &subject(), &Arc::default()).await.unwrap();
        assert!(web.heads()[1].starts_with("GET /v3/grants?email=a%2Bb%40corp.example "), "{}", web.heads()[1]);

        let by_account = ServiceProbe::GrantsByAccount { api: API.to_owned(), account: "a&b".to_owned() };
        trusting.service(&by_account, &subject(), &Arc::default()).await.unwrap();
        assert!(web.heads()[2].starts_with("GET /v3/grants?account_id=a%26b "), "{}", web.heads()[2]);
        let account = ServiceProbe::Account { api: API.to_owned() };
        trusting.service(&account, &subject(), &Arc::default()).await.unwrap();
        assert!(web.heads()[3].starts_with("GET /account "), "{}", web.heads()[3]);

        let untrusting = fetcher(web.port, None, settings()).await;
        let told = Arc::default();
        let seen = untrusting.service(&grant(), &subject(), &told).await.unwrap();
        assert_eq!(told.sent(), None);
        assert_eq!(seen.failure().map(|f| (f.phase, &f.kind)), Some((Phase::Handshake, &FailKind::NotVerified)));
        assert_eq!(seen.verified, Some(false));
        assert_eq!(web.heads().len(), 4, "the key stays here");
    }

    #[tokio::test]
    async fn the_key_goes_only_where_the_user_said() {
        let fetcher = fetcher(1, None, here(&[])).await;
        let elsewhere = ServiceProbe::Grant { api: "https://api.eu.nylas.com".to_owned(), id: "g".to_owned() };
        assert_eq!(fetcher.service(&elsewhere, &subject(), &Arc::default()).await, Err(HeldBack::ForeignHost));
        let plain = "http://api.service.example".to_owned();
        let insecure =
            Subject { service: Some(Service { api: plain.clone(), grant: None, account: None }), ..subject() };
        let probe = ServiceProbe::Grant { api: plain, id: "g".to_owned() };
        assert_eq!(fetcher.service(&probe, &insecure, &Arc::default()).await, Err(HeldBack::NotHttps));
        let without = Fetcher { secrets: Secrets::default(), ..fetcher };
        assert_eq!(without.service(&grant(), &subject(), &Arc::default()).await, Err(HeldBack::NoCredentials));
    }

    #[tokio::test]
    async fn what_fails_is_told_by_its_phase() {
        let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = authority();
        let of = async |port: u16| {
            let fetcher = fetcher(port, Some(&root), here(&[("api.service.example", 443)])).await;
            let seen = fetcher.service(&grant(), &subject(), &Arc::default()).await.unwrap();
            seen.failure().map(|failure| (failure.phase, failure.kind.clone())).unwrap()
        };
        assert_eq!(of(refusing).await, (Phase::Connect, FailKind::Refused));
        let plain = Web::start(None, |_| http(400, "", b"")).await;
        let not_tls = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = not_tls.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = not_tls.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            let _ = stream.read(&mut [0; 512]).await;
        });
        assert_eq!(of(port).await, (Phase::Handshake, FailKind::NotTls));
        drop(plain);
        let wrong_name = Web::start(Some(acceptor(&root, ["other.example".to_owned()])), |_| http(200, "", b"")).await;
        assert_eq!(of(wrong_name.port).await, (Phase::Handshake, FailKind::NotVerified));
        let closing = Web::start(Some(acceptor(&root, ["api.service.example".to_owned()])), |_| Vec::new()).await;
        assert_eq!(of(closing.port).await, (Phase::Request, FailKind::Closed));
        let unknown = fetcher(1, None, here(&[])).await.service(&grant(), &subject(), &Arc::default()).await.unwrap();
        assert_eq!(unknown.failure().map(|f| (f.phase, f.kind.clone())), Some((Phase::Resolve, FailKind::NoAddress)));
    }
}
