//! Which certificates are in a file, whatever it is called?

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode as _, Encode as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The certificates in a file, whatever it is called, and how they are written.
pub fn certificates(bytes: &[u8]) -> (Option<&'static str>, Vec<Vec<u8>>) {
    let whole = |der: &[u8]| X509Certificate::from_der(der).is_ok_and(|(rest, _)| rest.is_empty());
    if whole(bytes) {
        return (Some("der"), vec![bytes.to_vec()]);
    }
    // what the armour holds is looked at like a file of its own
    let pem: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(bytes)
        .map_while(Result::ok)
        .map(|der| der.to_vec())
        .filter(|der| whole(der))
        .collect();
    if !pem.is_empty() {
        return (Some("pem"), pem);
    }
    match pkcs7(bytes) {
        Some(found) if !found.is_empty() => (Some("pkcs7"), found),
        _ => (None, Vec::new()),
    }
}

/// A SignedData without signatures (RFC 5652, 5): how certificate authorities send several.
fn pkcs7(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let signed: SignedData = ContentInfo::from_der(bytes).ok()?.content.decode_as().ok()?;
    let certificates = signed.certificates?.0.into_vec().into_iter();
    Some(
        certificates
            .filter_map(|choice| match choice {
                CertificateChoices::Certificate(certificate) => certificate.to_der().ok(),
                CertificateChoices::Other(_) => None,
            })
            .collect(),
    )
}
