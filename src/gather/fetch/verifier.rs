//! Is a server that is simply read from the one that it is taken for?

use crate::evidence::SentKind;
use crate::gather::net::Progress;
use crate::gather::roots::{Roots, provider};
use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};
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

impl Verifier {
    fn proven(&self, valid: HandshakeSignatureValid) -> HandshakeSignatureValid {
        if let Some(told) = &self.told {
            told.send(SentKind::ServiceKey);
        }
        valid
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain: Vec<CertificateDer<'_>> = std::iter::once(end_entity).chain(intermediates).cloned().collect();
        let now = i64::try_from(now.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        self.roots
            .verify(&chain, &self.name, now.unwrap_or(Timestamp::MAX))
            .map(|()| ServerCertVerified::assertion())
            .map_err(|why| CertificateError::Other(rustls::OtherError(Arc::new(io::Error::other(why)))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = provider();
        rustls::crypto::verify_tls12_signature(message, cert, dss, &algorithms.signature_verification_algorithms)
            .map(|valid| self.proven(valid))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = provider();
        rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms.signature_verification_algorithms)
            .map(|valid| self.proven(valid))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Speaks TLS only with whoever proves to have this name; `told` learns when that is done.
pub(super) fn tls_config(roots: Arc<Roots>, name: String, told: Option<Arc<Progress>>) -> Option<rustls::ClientConfig> {
    let mut config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { roots, name, told }))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(config)
}
