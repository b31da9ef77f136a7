//! Is a server that is simply read from the one that it is taken for?

use crate::evidence::SentKind;
use crate::gather::net::Progress;
use crate::gather::proof::{Judge, Judged};
use crate::gather::roots::{Roots, provider};
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, Error};
use std::io;
use std::sync::Arc;

/// Verifies as the verdict does, for the name that was asked for.
#[derive(Debug)]
struct Verifier {
    roots: Arc<Roots>,
    name: String,
    /// Whom to tell that the server has shown who it is: what it may have goes out at once.
    told: Option<Arc<Progress>>,
}

impl Judge for Verifier {
    fn chain(&self, chain: Vec<CertificateDer<'_>>, _ocsp: &[u8], now: UnixTime) -> Result<(), Error> {
        let now = i64::try_from(now.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        self.roots
            .verify(&chain, &self.name, now.unwrap_or(Timestamp::MAX))
            .map_err(|why| CertificateError::Other(rustls::OtherError(Arc::new(io::Error::other(why)))).into())
    }

    fn signature(&self, valid: Result<(), Error>) -> Result<(), Error> {
        if let (Ok(()), Some(told)) = (&valid, &self.told) {
            told.send(SentKind::ServiceKey);
        }
        valid
    }
}

/// Speaks TLS only with whoever proves to have this name; `told` learns when that is done.
pub(super) fn tls_config(roots: Arc<Roots>, name: String, told: Option<Arc<Progress>>) -> Option<rustls::ClientConfig> {
    let mut config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Judged(Verifier { roots, name, told })))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(config)
}
