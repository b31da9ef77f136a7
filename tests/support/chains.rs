//! How do tests say which chain a server sends, and which issuers can be fetched?

use super::aia::issuer_at;
use super::pki::{Made, authority};
use super::scene::{Scene, agreed, shown, texts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::{AiaSeen, Probe, Seen, TlsOutcome};
use rcgen::{CertificateParams, KeyPair};

/// Where the issuer of a leaf lies.
pub const AIA: &str = "http://aia.example/r11.der";
pub const B: &str = "203.0.113.8";

/// A leaf that names its issuer at [`AIA`].
pub fn server(names: &[&str]) -> CertificateParams {
    let mut params = super::pki::server(names);
    params.custom_extensions = vec![issuer_at(AIA)];
    params
}

/// A certificate that is not made here; its key is not known.
pub fn from_pem(pem: &str) -> Made {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    Made { der: STANDARD.decode(body).unwrap(), params: authority(""), key: KeyPair::generate().unwrap() }
}

impl Scene {
    /// An address that sends these certificates.
    pub fn sends(self, address: &str, chain: &[&Made]) -> Self {
        self.outcome(address, chain, agreed())
    }

    pub fn outcome(self, address: &str, chain: &[&Made], outcome: TlsOutcome) -> Self {
        self.shows(address, shown(chain, outcome))
    }

    /// An address with these certificates, or with none.
    pub fn aia(mut self, url: &str, certificates: &[&Made]) -> Self {
        let seen = AiaSeen {
            certificates: texts(certificates),
            format: Some("der".to_owned()),
            status: Some(if certificates.is_empty() { 404 } else { 200 }),
            failure: certificates.is_empty().then(|| "be fetched: HTTP 404".to_owned()),
            missing: None,
        };
        self.put(Probe::Aia { url: url.to_owned(), private: false }, Seen::Aia(seen));
        self
    }
}
