//! Which certificates are in a file, whatever it is called?

use crate::protocol::der::any;
use crate::protocol::x509::{Certificate, Signature};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode as _, Encode as _};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// So many links of a path are put in order; the others stay as they are.
const LINKS: usize = 16;

/// The certificates in a file, whatever it is called, and how they are written.
pub fn certificates(bytes: &[u8]) -> (Option<&'static str>, Vec<Vec<u8>>) {
    let whole = |der: &[u8]| X509Certificate::from_der(der).is_ok_and(|(rest, _)| rest.is_empty());
    if whole(bytes) {
        return (Some("der"), vec![bytes.to_vec()]);
    }
    // what the armour holds is looked at like a file of its own
    let armoured = armoured(bytes);
    let pem: Vec<Vec<u8>> = armoured
        .iter()
        .filter(|(kind, der)| *kind == Armour::Certificate && whole(der))
        .map(|(_, der)| der.clone())
        .collect();
    if !pem.is_empty() {
        return (Some("pem"), pem);
    }
    let bundle = armoured.iter().find(|(kind, _)| *kind == Armour::Pkcs7).map_or(bytes, |(_, der)| der);
    match pkcs7(bundle) {
        Some(found) if !found.is_empty() => (Some("pkcs7"), found),
        _ => (None, Vec::new()),
    }
}

/// The certificates in a file that stands for what a server sends: in their order, and with those
/// that cannot be read. In PKCS#7 they have no order (a SET, RFC 5652, 10.2.3): there the leaf comes
/// first, the one for this name if any is, then its issuers.
pub fn as_sent(bytes: &[u8], name: &str) -> Vec<Vec<u8>> {
    let armoured = armoured(bytes);
    if armoured.iter().any(|(kind, _)| *kind == Armour::Certificate) {
        return armoured.into_iter().filter(|(kind, _)| *kind == Armour::Certificate).map(|(_, der)| der).collect();
    }
    match certificates(bytes) {
        (Some("pkcs7"), found) => in_order(&found, name),
        // as much as there is of SEQUENCE, SEQUENCE, [0]: what a certificate begins with
        (None, _) => match bytes {
            [0x30, 0x82, _, _, 0x30, 0x82, _, _, 0xa0, ..] | [0x30, 0x82, _, _, 0x30, 0x81, _, 0xa0, ..] => {
                vec![bytes.to_vec()]
            }
            _ => Vec::new(),
        },
        (_, found) => found,
    }
}

/// The leaf, its issuers, the rest.
fn in_order(found: &[Vec<u8>], name: &str) -> Vec<Vec<u8>> {
    let mut left: Vec<Certificate> = found.iter().map(|der| Certificate::read(der)).collect();
    // of an old one and its successor the latter
    let newest = |(_, c): &(usize, &Certificate)| c.validity.map(|validity| validity.not_before);
    let named = left.iter().enumerate().filter(|(_, c)| !c.is_ca && c.is_for(name)).max_by_key(newest).map(|(i, _)| i);
    let leaf =
        named.or_else(|| left.iter().position(|c| !c.is_ca)).or_else(|| left.iter().position(|c| c.is_for(name)));
    let mut next = leaf;
    let mut path: Vec<Certificate> = Vec::new();
    while let Some(at) = next {
        let child = left.remove(at);
        let issued = |c: &Certificate| c.subject.same(&child.issuer) && child.issued_by(c) != Signature::Bad;
        next = left.iter().position(issued).filter(|_| path.len() < LINKS);
        path.push(child);
    }
    path.into_iter().chain(left).map(|certificate| certificate.der).collect()
}

/// What an armour is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Armour {
    Certificate,
    /// With openssl's settings behind it.
    Trusted,
    Pkcs7,
}

/// The certificates and bundles of them in an armour (RFC 7468, 5 and 8), as far as they can be
/// decoded: a part that is spoilt is still a part.
fn armoured(bytes: &[u8]) -> Vec<(Armour, Vec<u8>)> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&STANDARD, config);
    let decoded = |text: &[u8]| {
        let sound = text.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"+/".contains(byte));
        let text = text.get(..sound.unwrap_or(text.len())).unwrap_or_default();
        // one letter alone is less than a byte
        let whole = if text.len() % 4 == 1 { text.len() - 1 } else { text.len() };
        engine.decode(text.get(..whole).unwrap_or_default()).unwrap_or_default()
    };
    let mut out = Vec::new();
    let mut open: Option<Armour> = None;
    // by the dashes, not by the lines: a byte-order mark may stand before them, and all of it in one line
    for part in split(bytes, b"-----") {
        if let Some(kind) = open.take() {
            let text: Vec<u8> = part.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            let mut der = decoded(&text);
            if kind == Armour::Trusted {
                // openssl writes its own settings behind the certificate
                let length = any(&der).map_or(der.len(), |(_, rest)| der.len() - rest.len());
                der.truncate(length);
            }
            let kind = if kind == Armour::Trusted { Armour::Certificate } else { kind };
            out.push((kind, der));
        }
        open = match part {
            b"BEGIN CERTIFICATE" | b"BEGIN X509 CERTIFICATE" => Some(Armour::Certificate),
            b"BEGIN TRUSTED CERTIFICATE" => Some(Armour::Trusted),
            b"BEGIN PKCS7" | b"BEGIN CMS" => Some(Armour::Pkcs7),
            _ => None,
        };
    }
    out
}

/// The parts of a text between its marks.
fn split<'a>(mut text: &'a [u8], mark: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut is_over = false;
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let at = text.windows(mark.len()).position(|window| window == mark);
        let part = text.get(..at.unwrap_or(text.len()))?;
        text = at.and_then(|at| text.get(at + mark.len()..)).unwrap_or_default();
        is_over = at.is_none();
        Some(part)
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    /// Leaf, intermediate, root.
    fn chain() -> [Vec<u8>; 3] {
        let ca = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let root = CertifiedIssuer::self_signed(ca("Root"), KeyPair::generate().unwrap()).unwrap();
        let inter = CertifiedIssuer::signed_by(ca("Inter"), KeyPair::generate().unwrap(), &root).unwrap();
        let leaf = CertificateParams::new(vec!["mail.corp.example".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &inter).unwrap();
        [leaf.der().to_vec(), inter.der().to_vec(), root.der().to_vec()]
    }

    fn pem(label: &str, der: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(der))
    }

    #[test]
    fn what_cannot_be_read_keeps_its_place_in_a_chain() {
        let [leaf, inter, _] = chain();
        let cut = leaf[..300].to_vec();
        let of = |text: &str| as_sent(text.as_bytes(), "mail.corp.example");
        assert_eq!(of(&(pem("CERTIFICATE", &cut) + &pem("CERTIFICATE", &inter))), [cut.clone(), inter.clone()]);
        assert_eq!(of(&(pem("CERTIFICATE", &leaf) + &pem("CERTIFICATE", &inter[..299]))), [&leaf, &inter[..299]]);
        let odd =
            format!("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n{}", pem("CERTIFICATE", &inter));
        assert_eq!(of(&odd), [Vec::new(), inter.clone()]);
        // as Windows saves it, as a web form sends it, and as openssl marks what it trusts
        let text = pem("CERTIFICATE", &leaf);
        let in_one_line = text.replace('\n', "");
        assert_eq!(of(&format!("\u{feff}{text}{in_one_line}")), [&leaf[..], &leaf]);
        let settings = [&leaf[..], &[0x30, 0x03, 0x30, 0x01, 0x00]].concat();
        assert_eq!(of(&pem("TRUSTED CERTIFICATE", &settings)), std::slice::from_ref(&leaf));
        // without its end
        assert_eq!(of(pem("CERTIFICATE", &leaf).split("-----END").next().unwrap()), std::slice::from_ref(&leaf));
        assert_eq!(as_sent(&cut, ""), [cut]);
        assert!(as_sent(b"nothing", "").is_empty());
        // nobody wants to repair a chain with half a certificate
        assert_eq!(
            certificates((pem("CERTIFICATE", &leaf[..300]) + &pem("CERTIFICATE", &inter)).as_bytes()).1,
            [inter]
        );
    }

    #[test]
    fn rfc5652_10_2_3_a_bundle_is_a_set_and_the_leaf_comes_first() {
        let [leaf, inter, root] = chain();
        let set = vec![root.clone(), inter.clone(), leaf.clone()];
        assert_eq!(in_order(&set, "mail.corp.example"), [leaf.clone(), inter.clone(), root.clone()]);
        assert_eq!(in_order(&set, "www.corp.example"), [leaf, inter, root]);
    }
}
