//! What do OCSP responders and the addresses of revocation lists answer?
//!
//! The addresses stand in certificates, so they come from a stranger: they lead to no private
//! host, unless all of the run's names do.

use super::{Asking, Fetched, Fetcher, MOST_REDIRECTS, Missed, in_words, is_web};
use crate::evidence::{CrlCut, CrlSeen, FailKind, HeldBack, Missing, OcspSeen};
use crate::protocol::revocation::crl;
use crate::protocol::x509::{Signature, hex};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::LOCATION;
use ring::digest;
use std::time::Duration;
use url::Url;

/// An answer with the responder's certificate has some 2 KiB.
const LARGEST_ANSWER: usize = 64 * 1024;
/// The largest lists of public authorities have some megabytes.
const LARGEST_LIST: usize = 10 * 1024 * 1024;
/// Up to this size a list is recorded whole.
const LARGEST_KEPT: usize = 256 * 1024;
/// Windows waits 15 s for a list and then goes on without.
const WITHIN: Duration = Duration::from_secs(10);

/// What came, or why nothing did.
#[derive(Debug)]
struct Got {
    status: Option<u16>,
    outcome: Result<Vec<u8>, (Missing, String)>,
}

impl Fetcher {
    /// Asks an OCSP responder (RFC 6960, A.1): by POST, which every responder takes.
    pub async fn ocsp(&self, url: &str, request: &str) -> Result<OcspSeen, HeldBack> {
        let body = BASE64.decode(request).unwrap_or_default();
        let got = self.got(url, LARGEST_ANSWER, "64 KiB", Some(("application/ocsp-request", body))).await?;
        let (response, failure) = match got.outcome {
            Ok(bytes) => (Some(BASE64.encode(bytes)), None),
            Err(failure) => (None, Some(failure)),
        };
        let (missing, failure) = failure.unzip();
        Ok(OcspSeen { response, status: got.status, failure, missing })
    }

    /// Fetches a list (RFC 5280, 4.2.1.13), DER or, as some servers have it, PEM.
    pub async fn crl(&self, url: &str, serial: &str, issuer_key: &str) -> Result<CrlSeen, HeldBack> {
        let got = self.got(url, LARGEST_LIST, "10 MiB", None).await?;
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
    ) -> Result<Got, HeldBack> {
        let fail = |status: Option<u16>, kind: Missing, why: String| Ok(Got { status, outcome: Err((kind, why)) });
        let mut at = match Url::parse(url) {
            Ok(url) if is_web(&url) => url,
            Ok(url) => return fail(None, Missing::Scheme, format!("use an address of the kind {}:", url.scheme())),
            Err(error) => return fail(None, Missing::Scheme, format!("read the address: {error}")),
        };
        let within = WITHIN.min(self.settings.connect_timeout + self.settings.response_timeout);
        let mut status = None;
        for hop in 0..=MOST_REDIRECTS {
            let asking = Asking { authorization: None, limit, trusted: false, within, post: post.clone() };
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
                Err(Missed::Failed(failure)) => {
                    let kind = match failure.kind {
                        FailKind::NoAddress => Missing::NoAddress,
                        _ => Missing::Unreachable,
                    };
                    return fail(status, kind, in_words(&failure, &at));
                }
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
                    match location.and_then(|location| at.join(location).ok()).filter(is_web) {
                        Some(next) => at = next,
                        None => {
                            let why = "follow the redirect: it leads to no address";
                            return fail(status, Missing::OtherAnswer, why.to_owned());
                        }
                    }
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
