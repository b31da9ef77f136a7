//! How does a server prove, in a handshake, who it is, and who judges that?

use super::roots::provider;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use std::fmt;

/// Who is told what a server shows, and may end the handshake by an error.
pub(super) trait Judge: fmt::Debug + Send + Sync {
    /// The certificates as sent, and the stapled OCSP response.
    fn chain(&self, chain: Vec<CertificateDer<'_>>, ocsp: &[u8], now: UnixTime) -> Result<(), Error>;

    /// Whether the handshake is signed with the key of the first certificate.
    fn signature(&self, valid: Result<(), Error>) -> Result<(), Error>;

    /// Schemes that are offered although their signatures cannot be checked here.
    fn further_schemes(&self) -> &'static [SignatureScheme] {
        &[]
    }
}

/// Puts a judge where rustls asks.
#[derive(Debug)]
pub(super) struct Judged<J>(pub(super) J);

impl<J: Judge> Judged<J> {
    fn signature(&self, valid: Result<HandshakeSignatureValid, Error>) -> Result<HandshakeSignatureValid, Error> {
        self.0.signature(valid.map(|_| ())).map(|()| HandshakeSignatureValid::assertion())
    }
}

impl<J: Judge> ServerCertVerifier for Judged<J> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).cloned().collect();
        self.0.chain(chain, ocsp_response, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        self.signature(rustls::crypto::verify_tls12_signature(message, cert, dss, &algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        self.signature(rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = provider().signature_verification_algorithms.supported_schemes();
        schemes.extend(self.0.further_schemes());
        schemes
    }
}
