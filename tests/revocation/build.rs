//! How are certificates, lists and answers made that rcgen does not make?

use exdiag::protocol::revocation::{Authority, Judged, Standing, by_crl, by_ocsp};
use exdiag::protocol::x509::content;
use jiff::Timestamp;
use rcgen::{CertificateParams, CrlDistributionPoint, CustomExtension, IsCa, KeyPair, SigningKey as _};
use ring::digest;
use std::time::Duration;

pub use crate::support::pki::{HOST, Made, authority, root, signed};
pub use crate::support::public::Pki;
use crate::support::scene::NOW;

pub const LIST: &str = "http://crl.example/r11.crl";
pub const ROOT_LIST: &str = "http://crl.example/x1.crl";
pub const RESPONDER: &str = "http://ocsp.example/";
pub const DAY: Duration = Duration::from_secs(86_400);

pub const NAME_HASH_SHA1: &[u8] = &[0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00];
pub const NAME_HASH_SHA256: &[u8] = &[0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
pub const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
pub const BASIC: &[u8] = &[0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
pub const GOOD: &[u8] = &[0x80, 0x00];
pub const UNHEARD: &[u8] = &[0x82, 0x00];
pub const TIMESTAMPS: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x05];
pub const UNKNOWN_OID: &[u8] = &[0x2a, 0x03, 0x04];

/// One element of DER.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = match length {
        0..0x80 => vec![tag, u8::try_from(length).unwrap()],
        0x80..0x100 => vec![tag, 0x81, u8::try_from(length).unwrap()],
        0x100..0x1_0000 => [&[tag, 0x82][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
        _ => [&[tag, 0x83][..], &u32::try_from(length).unwrap().to_be_bytes()[1..]].concat(),
    };
    out.extend_from_slice(content);
    out
}

pub fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(0x01, &[0xff]) } else { Vec::new() };
    tlv(0x30, &[tlv(0x06, oid), critical, tlv(0x04, value)].concat())
}

/// A GeneralizedTime, from `2026-11-22`.
pub fn at(day: &str) -> Vec<u8> {
    tlv(0x18, format!("{}000000Z", day.replace('-', "")).as_bytes())
}

pub fn now() -> Timestamp {
    NOW.parse().unwrap()
}

impl Made {
    pub fn serial(&self) -> Vec<u8> {
        let tbs = content(content(&self.der));
        // behind the version
        let serial = &tbs[5..];
        serial[2..2 + usize::from(serial[1])].to_vec()
    }
}

/// A certificate that is no authority's, as an authority signs it for itself.
pub fn named(name: &str) -> CertificateParams {
    let mut params = authority(name);
    params.is_ca = IsCa::NoCa;
    params.key_usages.clear();
    params
}

pub fn lists(params: &mut CertificateParams, urls: &[&str]) {
    let point = |url: &&str| CrlDistributionPoint { uris: vec![(*url).to_owned()] };
    params.crl_distribution_points = urls.iter().map(point).collect();
}

/// A leaf with a list.
pub fn server() -> CertificateParams {
    let mut params = crate::support::pki::server(&[HOST]);
    lists(&mut params, &[LIST]);
    params
}

pub fn responder_at(url: &str) -> CustomExtension {
    let method = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];
    let access = tlv(0x30, &[&method[..], &tlv(0x86, url.as_bytes())].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tlv(0x30, &access))
}

pub fn must_staple() -> CustomExtension {
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 0x03, 0x02, 0x01, 0x05])
}

/// The policy "domain validated" of the Baseline Requirements.
pub fn public_policy() -> CustomExtension {
    let policy = tlv(0x30, &tlv(0x06, &[0x67, 0x81, 0x0c, 0x01, 0x02, 0x01]));
    CustomExtension::from_oid_content(&[2, 5, 29, 32], tlv(0x30, &policy))
}

/// Timestamps of the logs with these numbers, as RFC 6962, 3.3 lists them.
pub fn timestamp_list(logs: &[u8]) -> Vec<u8> {
    let vector = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    let one = |log: &u8| vector(&[&[0][..], &[*log; 32], &[0; 8], &[0, 0], &[4, 3, 0, 1, 9]].concat());
    tlv(0x04, &vector(&logs.iter().flat_map(one).collect::<Vec<_>>()))
}

pub fn pki_with(change: impl Fn(&mut CertificateParams)) -> Pki {
    let (mut inter, mut leaf) = (authority("R11"), server());
    lists(&mut inter, &[ROOT_LIST]);
    change(&mut leaf);
    Pki::of(inter, leaf)
}

pub fn pki() -> Pki {
    pki_with(|_| {})
}

/// A CRL under construction.
pub struct List<'a> {
    pub by: &'a Made,
    pub key: &'a KeyPair,
    pub version: Option<u8>,
    pub this_update: &'a str,
    pub next_update: Option<&'a str>,
    pub entries: Vec<Vec<u8>>,
    pub extensions: Vec<Vec<u8>>,
}

impl<'a> List<'a> {
    pub fn of(by: &'a Made) -> Self {
        Self {
            by,
            key: &by.key,
            version: Some(1),
            this_update: "2026-11-22",
            next_update: Some("2026-11-29"),
            entries: Vec::new(),
            extensions: Vec::new(),
        }
    }

    pub fn entry(mut self, serial: &[u8], reason: Option<u8>) -> Self {
        let reason = reason.map(|reason| tlv(0x30, &extension(&[0x55, 0x1d, 0x15], false, &tlv(0x0a, &[reason]))));
        self.entries.push(tlv(0x30, &[tlv(0x02, serial), at("2026-11-20"), reason.unwrap_or_default()].concat()));
        self
    }

    pub fn extension(mut self, oid: &[u8], critical: bool, value: &[u8]) -> Self {
        self.extensions.push(extension(oid, critical, value));
        self
    }

    /// With an issuingDistributionPoint of these parts.
    pub fn scope(self, parts: &[u8]) -> Self {
        self.extension(&[0x55, 0x1d, 0x1c], true, &tlv(0x30, parts))
    }

    pub fn der(&self) -> Vec<u8> {
        let list = |tag: u8, all: &[Vec<u8>]| {
            if all.is_empty() { Vec::new() } else { tlv(tag, &all.concat()) }
        };
        let extensions = list(0x30, &self.extensions);
        let tbs = tlv(
            0x30,
            &[
                self.version.map(|version| tlv(0x02, &[version])).unwrap_or_default(),
                ECDSA_SHA256.to_vec(),
                self.by.facts().subject.der,
                at(self.this_update),
                self.next_update.map(at).unwrap_or_default(),
                list(0x30, &self.entries),
                if extensions.is_empty() { extensions } else { tlv(0xa0, &extensions) },
            ]
            .concat(),
        );
        sealed(&tbs, self.key, &[])
    }
}

pub fn sealed(tbs: &[u8], key: &KeyPair, more: &[u8]) -> Vec<u8> {
    let signature = tlv(0x03, &[&[0], key.sign(tbs).unwrap().as_slice()].concat());
    tlv(0x30, &[tbs, ECDSA_SHA256, &signature, more].concat())
}

pub fn sha(algorithm: &'static digest::Algorithm, bytes: &[u8]) -> Vec<u8> {
    digest::digest(algorithm, bytes).as_ref().to_vec()
}

/// A CertID with hashes of this algorithm.
pub fn certificate_id(leaf: &Made, issuer: &Made, sha256: bool) -> Vec<u8> {
    let (name, algorithm) =
        if sha256 { (NAME_HASH_SHA256, &digest::SHA256) } else { (NAME_HASH_SHA1, &digest::SHA1_FOR_LEGACY_USE_ONLY) };
    let issuer = issuer.facts();
    let key = Authority::from(&issuer).key().unwrap().to_vec();
    let hashes = [sha(algorithm, &issuer.subject.der), sha(algorithm, &key)];
    let parts = [name.to_vec(), tlv(0x04, &hashes[0]), tlv(0x04, &hashes[1]), tlv(0x02, &leaf.serial())];
    tlv(0x30, &parts.concat())
}

pub fn single(id: &[u8], status: &[u8], this_update: &str, next_update: Option<&str>, more: &[u8]) -> Vec<u8> {
    let next = next_update.map(|next| tlv(0xa0, &at(next))).unwrap_or_default();
    tlv(0x30, &[id, status, &at(this_update), &next, more].concat())
}

pub fn revoked(reason: u8) -> Vec<u8> {
    tlv(0xa1, &[at("2026-11-20"), tlv(0xa0, &tlv(0x0a, &[reason]))].concat())
}

/// An OCSP response under construction.
pub struct Answer<'a> {
    pub by: &'a Made,
    pub by_key: bool,
    pub certificates: Vec<&'a Made>,
    pub singles: Vec<Vec<u8>>,
    pub more: Vec<u8>,
    pub produced: &'a str,
}

impl<'a> Answer<'a> {
    pub fn of(by: &'a Made, singles: &[Vec<u8>]) -> Self {
        let singles = singles.to_vec();
        Self { by, by_key: true, certificates: Vec::new(), singles, more: Vec::new(), produced: "2026-11-22" }
    }

    pub fn der(&self) -> Vec<u8> {
        let facts = self.by.facts();
        let responder = if self.by_key {
            let key = Authority::from(&facts).key().unwrap().to_vec();
            tlv(0xa2, &tlv(0x04, &sha(&digest::SHA1_FOR_LEGACY_USE_ONLY, &key)))
        } else {
            tlv(0xa1, &facts.subject.der)
        };
        let data = [responder, at(self.produced), tlv(0x30, &self.singles.concat()), self.more.clone()];
        let certificates: Vec<u8> = self.certificates.iter().flat_map(|made| made.der.clone()).collect();
        let certificates = if certificates.is_empty() { Vec::new() } else { tlv(0xa0, &tlv(0x30, &certificates)) };
        let basic = sealed(&tlv(0x30, &data.concat()), &self.by.key, &certificates);
        let bytes = tlv(0x30, &[BASIC, &tlv(0x04, &basic)].concat());
        tlv(0x30, &[tlv(0x0a, &[0]), tlv(0xa0, &bytes)].concat())
    }
}

/// A good answer of today about the leaf.
pub fn good(p: &Pki) -> Vec<u8> {
    let id = certificate_id(&p.leaf, &p.inter, false);
    Answer::of(&p.inter, &[single(&id, GOOD, "2026-11-22", Some("2026-11-29"), &[])]).der()
}

pub fn ask(p: &Pki, response: &[u8]) -> Judged {
    by_ocsp(response, &p.leaf.facts(), &p.inter.facts(), now(), None)
}

pub fn look(p: &Pki, list: &[u8]) -> Standing {
    by_crl(list, &p.leaf.facts(), &p.inter.facts(), now(), None).standing
}

pub fn why(standing: &Standing) -> &'static str {
    match standing {
        Standing::Unknown { why } => why.id(),
        Standing::Good => "good",
        Standing::Revoked { reason, .. } => reason.map_or("revoked", exdiag::protocol::revocation::Reason::name),
    }
}
