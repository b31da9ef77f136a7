//! Which certificates does the lab show?
//!
//! A public certificate authority of its own: "Lab Root X1" signs "Lab Issuing CA R1", which
//! signs the servers. Only the root goes into `--cacert`.

use super::scenario::{Chain, Identity};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

type Authority = CertifiedIssuer<'static, KeyPair>;

const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// Where the issuing authority's certificate can be fetched.
pub const AIA_HOST: &str = "aia.corp.example";
/// The path of it.
pub const AIA_PATH: &str = "/r1.der";

/// id-pe-authorityInfoAccess (RFC 5280, 4.2.2.1)
const AUTHORITY_INFO_ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
/// id-ad-caIssuers, DER
const CA_ISSUERS: &[u8] = &[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];

/// The lab's authorities.
pub struct Pki {
    now: SystemTime,
    root: Authority,
    issuing: Authority,
    /// The issuing authority as it was certified before, of the same name and key.
    expired: CertificateDer<'static>,
    /// An issuing authority that has nothing to do with any server.
    stranger: Authority,
    private_root: Authority,
    private_issuing: Authority,
    /// That of a device that inspects TLS.
    inspecting: Authority,
    /// What was issued: nodes of one identity share their certificate, as nodes do.
    issued: Mutex<Vec<(Identity, Certified)>>,
}

/// What a server needs to prove who it is.
#[derive(Debug)]
pub struct Certified {
    /// What is sent, the leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's key.
    pub key: PrivateKeyDer<'static>,
}

impl Pki {
    /// Makes the authorities, with dates around this time.
    pub fn new(now: SystemTime) -> io::Result<Self> {
        Self::make(now).map_err(io::Error::other)
    }

    fn make(now: SystemTime) -> Result<Self, rcgen::Error> {
        let long = (now - 5 * YEAR, now + 15 * YEAR);
        let current = (now - 300 * DAY, now + 4 * YEAR);
        let root = Authority::self_signed(authority("Lab Root X1", "Lab Trust Services", long), KeyPair::generate()?)?;
        let params = authority("Lab Issuing CA R1", "Lab Trust Services", current);
        let issuing = Authority::signed_by(params.clone(), KeyPair::generate()?, &root)?;
        let before = authority("Lab Issuing CA R1", "Lab Trust Services", (now - 4 * YEAR, now - 30 * DAY));
        let expired = before.signed_by(issuing.key(), &root)?.der().clone();
        let stranger = Authority::signed_by(
            authority("Lab Issuing CA R9", "Lab Trust Services", current),
            KeyPair::generate()?,
            &root,
        )?;
        let private_root = Authority::self_signed(authority("CORP-DC01-CA", "Corp", long), KeyPair::generate()?)?;
        let private_issuing =
            Authority::signed_by(authority("CORP Issuing CA", "Corp", current), KeyPair::generate()?, &private_root)?;
        let name = "Zscaler Intermediate Root CA (zscaler.example)";
        let inspecting = Authority::self_signed(authority(name, "Zscaler Inc.", current), KeyPair::generate()?)?;
        let issued = Mutex::default();
        Ok(Self { now, root, issuing, expired, stranger, private_root, private_issuing, inspecting, issued })
    }

    /// The root that counts as installed, PEM.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// The root as the servers know it.
    pub fn roots(&self) -> io::Result<RootCertStore> {
        let mut store = RootCertStore::empty();
        store.add(self.root.der().clone()).map_err(io::Error::other)?;
        Ok(store)
    }

    /// The issuing authority's certificate, as the AIA address delivers it.
    pub fn issuer_der(&self) -> Vec<u8> {
        self.issuing.der().to_vec()
    }

    /// Issues a certificate for these names, and puts together what is sent with it.
    pub fn certify(&self, identity: &Identity) -> io::Result<Certified> {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &Identity| known.names == identity.names && known.chain == identity.chain;
        if let Some((_, certified)) = issued.iter().find(|(known, _)| same(known)) {
            return Ok(certified.copy());
        }
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let chain = self.chain(identity, &key).map_err(io::Error::other)?;
        let certified = Certified { chain, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() };
        issued.push((*identity, certified.copy()));
        Ok(certified)
    }

    fn chain(&self, identity: &Identity, key: &KeyPair) -> Result<Vec<CertificateDer<'static>>, rcgen::Error> {
        // 90 days, as public authorities issue today
        let usual = (self.now - 20 * DAY, self.now + 70 * DAY);
        let validity = match identity.chain {
            Chain::Expired => (self.now - 95 * DAY, self.now - 5 * DAY),
            Chain::NotYetValid => (self.now + 3 * DAY, self.now + 93 * DAY),
            Chain::ExpiresSoon => (self.now - 86 * DAY, self.now + 4 * DAY),
            _ => usual,
        };
        let mut params = leaf(identity.names, validity)?;
        if identity.chain == Chain::SelfSigned {
            // as Exchange's setup makes it: five years, the server's own name
            (params.not_before, params.not_after) = ((self.now - YEAR).into(), (self.now + 4 * YEAR).into());
            return Ok(vec![params.self_signed(key)?.der().clone()]);
        }
        if identity.chain == Chain::Private {
            let leaf = params.signed_by(key, &self.private_issuing)?;
            return Ok(vec![leaf.der().clone(), self.private_issuing.der().clone(), self.private_root.der().clone()]);
        }
        if identity.chain == Chain::Inspected {
            // such a device makes the certificate on the spot, and sends nothing else with it
            return Ok(vec![params.signed_by(key, &self.inspecting)?.der().clone()]);
        }
        params.custom_extensions.push(ca_issuers(&format!("http://{AIA_HOST}{AIA_PATH}")));
        let mut chain = vec![params.signed_by(key, &self.issuing)?.der().clone()];
        match identity.chain {
            Chain::LeafOnly => {}
            Chain::WrongIssuer => chain.push(self.stranger.der().clone()),
            Chain::ExpiredIssuer => chain.push(self.expired.clone()),
            Chain::Disordered => chain.extend([self.root.der().clone(), self.issuing.der().clone()]),
            _ => chain.push(self.issuing.der().clone()),
        }
        Ok(chain)
    }
}

impl Certified {
    fn copy(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

fn named(common_name: &str, organisation: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if let Some(organisation) = organisation {
        name.push(DnType::CountryName, "DE");
        name.push(DnType::OrganizationName, organisation);
    }
    name.push(DnType::CommonName, common_name);
    name
}

fn authority(name: &str, organisation: &str, (from, until): (SystemTime, SystemTime)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(name, Some(organisation));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = (from.into(), until.into());
    params
}

fn leaf(names: &[&str], (from, until): (SystemTime, SystemTime)) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name = named(names.first().copied().unwrap_or_default(), None);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = (from.into(), until.into());
    Ok(params)
}

/// Authority Information Access with one `caIssuers` address.
fn ca_issuers(url: &str) -> CustomExtension {
    // [6] IMPLICIT IA5String: a uniformResourceIdentifier
    let description = der(0x30, &[CA_ISSUERS, &der(0x86, url.as_bytes())].concat());
    CustomExtension::from_oid_content(AUTHORITY_INFO_ACCESS, der(0x30, &description))
}

/// One DER value. The addresses here are short, so the length always fits one byte.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX).min(0x7f);
    [&[tag, length], content].concat()
}
