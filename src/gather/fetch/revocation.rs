//! What do OCSP responders and the addresses of revocation lists answer?
//!
//! The addresses stand in certificates, so they come from a stranger: they lead to no private
//! host, unless the server that shows them is private itself, or all of the run's names are.

use super::{Asking, Fetched, Fetcher, MOST_REDIRECTS, Missed, Patience, in_words, is_web, missing};
use crate::evidence::{CrlCut, CrlSeen, HeldBack, Missing, OcspSeen};
use crate::protocol::revocation::crl;
use crate::protocol::x509::{Signature, hex};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::LOCATION;
use ring::digest;
use url::Url;

/// An answer with the responder's certificate has some 2 KiB.
const LARGEST_ANSWER: usize = 64 * 1024;
/// The largest lists of public authorities have some megabytes.
const LARGEST_LIST: usize = 10 * 1024 * 1024;
/// Up to this size a list is recorded whole.
const LARGEST_KEPT: usize = 256 * 1024;

/// What came, or why nothing did.
#[derive(Debug)]
struct Got {
    status: Option<u16>,
    outcome: Result<Vec<u8>, (Missing, String)>,
}

impl Fetcher {
    /// Asks an OCSP responder (RFC 6960, A.1): by POST, which every responder takes.
    pub async fn ocsp(&self, url: &str, request: &str, private: bool) -> Result<OcspSeen, HeldBack> {
        let body = BASE64.decode(request).unwrap_or_default();
        let got = self.got(url, LARGEST_ANSWER, "64 KiB", Some(("application/ocsp-request", body)), private).await?;
        let (response, failure) = match got.outcome {
            Ok(bytes) => (Some(BASE64.encode(bytes)), None),
            Err(failure) => (None, Some(failure)),
        };
        let (missing, failure) = failure.unzip();
        Ok(OcspSeen { response, status: got.status, failure, missing })
    }

    /// Fetches a list (RFC 5280, 4.2.1.13), DER or, as some servers have it, PEM.
    pub async fn crl(&self, url: &str, serial: &str, issuer_key: &str, private: bool) -> Result<CrlSeen, HeldBack> {
        let got = self.got(url, LARGEST_LIST, "10 MiB", None, private).await?;
        let mut seen = CrlSeen { crl: None, cut: None, status: got.status, failure: None, missing: None };
        let list = match got.outcome.map(der) {
            Ok(list) => list,
            Err((kind, failure)) => return Ok(CrlSeen { missing: Some(kind), failure: Some(failure), ..seen }),
        };
        // anything else that is small enough is kept too: it shows what came instead
        if list.len() > LARGEST_KEPT {
            let Some((kept, entries)) = crl::reduced(&list, serial) else {
                let failure = "find a revocation list in the answer".to_owned();
                return Ok(CrlSeen { missing: Some(Missing::OtherAnswer), failure: Some(failure), ..seen });
            };
            seen.cut = Some(CrlCut {
                bytes: list.len() as u64,
                entries: entries as u64,
                sha256: hex(digest::digest(&digest::SHA256, &list).as_ref()),
                signed: match crl::signature(&list, &BASE64.decode(issuer_key).unwrap_or_default()) {
                    Signature::Good => Some(true),
                    Signature::Bad => Some(false),
                    Signature::Unknown => None,
                },
            });
            seen.crl = Some(BASE64.encode(kept));
        } else if crl::is_crl(&list) {
            seen.crl = Some(BASE64.encode(list));
        } else {
            seen.failure = Some("find a revocation list in the answer".to_owned());
            seen.missing = Some(Missing::OtherAnswer);
        }
        Ok(seen)
    }

    async fn got(
        &self,
        url: &str,
        limit: usize,
        limit_in_words: &str,
        post: Option<(&'static str, Vec<u8>)>,
        private: bool,
    ) -> Result<Got, HeldBack> {
        let fail = |status: Option<u16>, kind: Missing, why: String| Ok(Got { status, outcome: Err((kind, why)) });
        let mut at = match Url::parse(url) {
            Ok(url) if is_web(&url) => url,
            Ok(url) => return fail(None, Missing::Scheme, format!("use an address of the kind {}:", url.scheme())),
            Err(error) => return fail(None, Missing::Scheme, format!("read the address: {error}")),
        };
        let patience = Patience::new(&self.settings);
        let mut status = None;
        for hop in 0..=MOST_REDIRECTS {
            let within = patience.left();
            let asking = Asking { authorization: None, limit, trusted: private, within, post: post.clone() };
            let fetched = match self.send(&at, asking).await {
                Ok(fetched) => fetched,
                Err(Missed::Private) if hop == 0 => return Err(HeldBack::PrivateAddress),
                Err(Missed::Private) => {
                    return fail(
                        status,
                        Missing::NoAddress,
                        "follow the redirect: it leads to a private address".into(),
                    );
                }
                Err(Missed::Failed(failure)) => return fail(status, missing(&failure), in_words(&failure, &at)),
            };
            let Fetched { status: now, body, truncated, headers, .. } = fetched;
            status = Some(now);
            match now {
                200 if truncated => {
                    let why = format!("read the answer: it is larger than {limit_in_words}");
                    return fail(status, Missing::OtherAnswer, why);
                }
                200 => return Ok(Got { status, outcome: Ok(body) }),
                // a POST is not sent again to elsewhere, unless it is asked to be (RFC 9110, 15.4.8, 15.4.9)
                301..=303 if post.is_some() => {
                    return fail(status, Missing::OtherAnswer, format!("get an answer: it is HTTP {now}"));
                }
                301 | 302 | 303 | 307 | 308 => {
                    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
                    let next = location.and_then(|location| at.join(location).ok()).filter(is_web);
                    let Some(next) = next else {
                        return fail(
                            status,
                            Missing::OtherAnswer,
                            "follow the redirect: it leads to no address".into(),
                        );
                    };
                    at = next;
                }
                now => return fail(status, Missing::OtherAnswer, format!("get the file: the answer is HTTP {now}")),
            }
        }
        fail(status, Missing::OtherAnswer, format!("follow more than {MOST_REDIRECTS} redirects"))
    }
}

/// The list itself, where it stands in an armour (RFC 7468, 7).
fn der(bytes: Vec<u8>) -> Vec<u8> {
    use rustls::pki_types::CertificateRevocationListDer;
    use rustls::pki_types::pem::PemObject as _;
    if bytes.first() == Some(&0x30) {
        return bytes;
    }
    CertificateRevocationListDer::from_pem_slice(&bytes).map_or(bytes, |list| list.to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::super::Settings;
    use super::super::lab::{Web, authority, fetcher, here, http};
    use super::*;
    use crate::protocol::revocation::{self, Standing, ocsp_request};
    use crate::protocol::x509::Certificate;
    use rcgen::{
        CertificateParams, CertificateRevocationListParams, CertifiedIssuer, KeyIdMethod, KeyPair, RevokedCertParams,
        SerialNumber, date_time_ymd,
    };
    use std::time::{Duration, Instant};
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    const URL: &str = "http://ca.example/list.crl";

    fn hosts() -> Settings {
        here(&[("ca.example", 80), ("ca2.example", 80)])
    }

    fn list(by: &CertifiedIssuer<'_, KeyPair>, entries: u64) -> Vec<u8> {
        let revoked = |number: u64| RevokedCertParams {
            serial_number: SerialNumber::from(number),
            revocation_time: date_time_ymd(2026, 11, 20),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 11, 22),
            next_update: date_time_ymd(2026, 11, 29),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: (1..=entries).map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(by).unwrap().der().to_vec()
    }

    fn key(by: &CertifiedIssuer<'_, KeyPair>) -> String {
        BASE64.encode(Certificate::read(by.der()).spki)
    }

    async fn fetch(answer: impl Fn(&str) -> Vec<u8> + Clone + Send + Sync + 'static) -> CrlSeen {
        let web = Web::start(None, answer).await;
        fetcher(web.port, None, hosts()).await.crl(URL, "07", "", false).await.unwrap()
    }

    fn failure(seen: &CrlSeen) -> (Option<Missing>, &str) {
        (seen.missing, seen.failure.as_deref().unwrap_or_default())
    }

    #[tokio::test]
    async fn a_small_list_is_kept_as_sent_whether_der_or_pem() {
        let ca = authority();
        let der = list(&ca, 3);
        let body = der.clone();
        let seen = fetch(move |_| http(200, "", &body)).await;
        assert_eq!((seen.crl.as_deref(), &seen.cut), (Some(BASE64.encode(&der).as_str()), &None));
        let pem = format!("-----BEGIN X509 CRL-----\n{}\n-----END X509 CRL-----\n", BASE64.encode(&der));
        let seen = fetch(move |_| http(200, "", pem.as_bytes())).await;
        assert_eq!(seen.crl, Some(BASE64.encode(&der)));
    }

    #[tokio::test]
    async fn of_a_large_list_the_verdict_on_one_certificate_is_kept() {
        let ca = authority();
        let der = list(&ca, 15_000);
        assert!(der.len() > LARGEST_KEPT, "{}", der.len());
        let web = Web::start(None, move |_| http(200, "", &der)).await;
        let fetcher = fetcher(web.port, None, hosts()).await;
        let issuer = Certificate::read(ca.der());
        for (number, revoked) in [(7_u64, true), (20_000, false)] {
            let mut params = CertificateParams::new(vec!["mail.corp.example".to_owned()]).unwrap();
            params.serial_number = Some(SerialNumber::from(number));
            let leaf = params.signed_by(&KeyPair::generate().unwrap(), &ca).unwrap();
            let leaf = Certificate::read(leaf.der());
            let seen = fetcher.crl(URL, &crl::serial(&leaf), &key(&ca), false).await.unwrap();
            let cut = seen.cut.clone().unwrap();
            assert_eq!((cut.entries, cut.signed), (15_000, Some(true)));
            let kept = BASE64.decode(seen.crl.unwrap()).unwrap();
            assert!(kept.len() < 1_000);
            let at = "2026-11-22T20:00:00Z".parse().unwrap();
            let judged = crl::by_reduced_crl(&kept, Signature::Good, &leaf, &[(&issuer).into()], at);
            assert_eq!(matches!(judged.standing, Standing::Revoked { .. }), revoked, "{:?}", judged.standing);
            assert_eq!(judged.standing == Standing::Good, !revoked);
        }
        // somebody else's key
        let seen = fetcher.crl(URL, "07", &key(&authority()), false).await.unwrap();
        assert_eq!(seen.cut.unwrap().signed, Some(false));
    }

    #[tokio::test]
    async fn html_errors_and_20_megabytes_are_no_list() {
        let seen = fetch(|_| http(200, "content-type: text/html\r\n", b"<html>not here</html>")).await;
        assert_eq!(failure(&seen), (Some(Missing::OtherAnswer), "find a revocation list in the answer"));
        let seen = fetch(|_| http(404, "", b"")).await;
        assert_eq!(failure(&seen), (Some(Missing::OtherAnswer), "get the file: the answer is HTTP 404"));
        assert_eq!(seen.status, Some(404));
        let seen = fetch(|_| http(200, "", &vec![0x30; 20 * 1024 * 1024])).await;
        assert_eq!(failure(&seen), (Some(Missing::OtherAnswer), "read the answer: it is larger than 10 MiB"));
        // large, but none
        let seen = fetch(|_| http(200, "", &vec![0x30; LARGEST_KEPT + 1])).await;
        assert_eq!(failure(&seen), (Some(Missing::OtherAnswer), "find a revocation list in the answer"));
    }

    #[tokio::test]
    async fn redirects_are_followed_three_times() {
        let ca = authority();
        let der = list(&ca, 1);
        let web =
            Web::start(None, move |head| match head.split(['/', ' ']).nth(2).unwrap().parse::<usize>().unwrap() {
                0 => http(200, "", &der),
                left => http(302, &format!("location: http://ca2.example/{}\r\n", left - 1), b""),
            })
            .await;
        let fetcher = fetcher(web.port, None, hosts()).await;
        assert!(fetcher.crl("http://ca.example/3", "07", "", false).await.unwrap().crl.is_some());
        let endless = fetcher.crl("http://ca.example/4", "07", "", false).await.unwrap();
        assert_eq!(failure(&endless), (Some(Missing::OtherAnswer), "follow more than 3 redirects"));
    }

    #[tokio::test]
    async fn a_host_that_hangs_is_left_after_its_time() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 512];
            while let Ok(1..) = stream.read(&mut buffer).await {}
        });
        let short = Duration::from_millis(100);
        let settings = Settings { connect_timeout: short, response_timeout: short, ..hosts() };
        let started = Instant::now();
        let seen = fetcher(port, None, settings).await.crl(URL, "07", "", false).await.unwrap();
        assert_eq!(failure(&seen), (Some(Missing::Unreachable), "get the file from ca.example: no answer"));
        assert!(started.elapsed() < Duration::from_secs(3));
    }

    #[tokio::test]
    async fn nobody_there_no_address_another_scheme_and_a_private_address_are_told_apart() {
        let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let fetcher = fetcher(refusing, None, hosts()).await;
        let of = async |url: &str| fetcher.crl(url, "07", "", false).await.map(|seen| seen.missing);
        assert_eq!(of(URL).await, Ok(Some(Missing::Unreachable)));
        assert_eq!(of("http://nowhere.example/").await, Ok(Some(Missing::NoAddress)));
        assert_eq!(of("ldap:///CN=CA").await, Ok(Some(Missing::Scheme)));
        assert_eq!(of("http://10.0.0.1/list.crl").await, Err(HeldBack::PrivateAddress));
    }

    #[tokio::test]
    async fn rfc6960_a_1_a_responder_is_asked_by_post_and_whatever_it_says_is_kept() {
        let ca = authority();
        let leaf = CertificateParams::new(vec!["mail.corp.example".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &ca).unwrap();
        let (leaf, issuer) = (Certificate::read(leaf.der()), Certificate::read(ca.der()));
        let request = BASE64.encode(ocsp_request(&leaf, &issuer));
        let web = Web::start(None, |_| http(200, "", b"<html>")).await;
        let fetcher = fetcher(web.port, None, hosts()).await;
        let seen = fetcher.ocsp("http://ca.example/", &request, false).await.unwrap();
        assert_eq!((seen.status, seen.response.as_deref()), (Some(200), Some(BASE64.encode("<html>").as_str())));
        let head = web.heads().remove(0);
        assert!(head.starts_with("POST / HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/ocsp-request\r\n"), "{head}");
        let at = "2026-11-22T20:00:00Z".parse().unwrap();
        let judged = revocation::by_ocsp(b"<html>", &leaf, &issuer, at, None);
        assert!(matches!(judged.standing, Standing::Unknown { .. }));
    }

    #[tokio::test]
    async fn rfc9110_15_4_a_question_is_not_posted_again_unless_it_is_asked_for() {
        let web = Web::start(None, |head| match head.split(' ').nth(1).unwrap() {
            "/301" => http(301, "location: /answer\r\n", b""),
            "/307" => http(307, "location: /answer\r\n", b""),
            _ => http(200, "", b"answer"),
        })
        .await;
        let fetcher = fetcher(web.port, None, hosts()).await;
        let moved = fetcher.ocsp("http://ca.example/301", "MAA=", false).await.unwrap();
        assert_eq!((moved.missing, moved.status), (Some(Missing::OtherAnswer), Some(301)));
        let again = fetcher.ocsp("http://ca.example/307", "MAA=", false).await.unwrap();
        assert_eq!(again.response, Some(BASE64.encode("answer")));
    }
}
