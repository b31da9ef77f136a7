//! Which certificates does the lab show?
//!
//! A public certificate authority of its own: "Lab Root X1" signs "Lab Issuing CA R1", which
//! signs the servers. Only the root goes into `--cacert`.

use super::scenario::{Chain, Identity, Staple};
use crate::protocol::der::{content, write};
use crate::protocol::revocation::{Authority as Signer, ocsp_request};
use crate::protocol::x509::Certificate;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, CrlDistributionPoint,
    CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevocationReason, RevokedCertParams, SerialNumber, SigningKey as _,
};
use ring::digest;
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

/// The path of the issuing authority's revocation list.
pub const CRL_PATH: &str = "/r1.crl";
/// The path of the root's.
pub const ROOT_CRL_PATH: &str = "/x1.crl";
/// The path of the issuing authority's OCSP responder.
pub const OCSP_PATH: &str = "/ocsp";

/// id-pe-tlsfeature (RFC 7633)
const TLS_FEATURE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 24];
/// The one feature status_request, DER
const STATUS_REQUEST: &[u8] = &[0x30, 0x03, 0x02, 0x01, 0x05];
/// id-ad-ocsp, DER
const OCSP: &[u8] = &[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];
/// id-pkix-ocsp-basic, DER
const OCSP_BASIC: &[u8] = &[0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
/// ecdsa-with-SHA256, DER with its outer SEQUENCE
const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

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
    /// The OCSP response that is sent with it; empty where there is none.
    pub staple: Vec<u8>,
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
        let mut params = authority("Lab Issuing CA R1", "Lab Trust Services", current);
        params.crl_distribution_points = vec![list_at(&format!("http://{AIA_HOST}{ROOT_CRL_PATH}"))];
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

    /// The issuing authority's revocation list, DER.
    pub fn crl(&self) -> Result<Vec<u8>, rcgen::Error> {
        self.list(&self.issuing, &self.revoked())
    }

    /// The root's, on which nothing stands.
    pub fn root_crl(&self) -> Result<Vec<u8>, rcgen::Error> {
        self.list(&self.root, &[])
    }

    /// What the issuing authority answers to an OCSPRequest, DER.
    pub fn ocsp(&self, request: &[u8]) -> Vec<u8> {
        let asked = certificate_id(request);
        let revoked = self.revoked().iter().any(|serial| asked.ends_with(serial));
        self.ocsp_response(request, revoked, self.now - DAY)
    }

    /// The serial numbers of the certificates that were taken back.
    fn revoked(&self) -> Vec<Vec<u8>> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let taken_back = issued.iter().filter(|(identity, _)| identity.standing.revoked);
        let leaves = taken_back.filter_map(|(_, certified)| certified.chain.first());
        leaves.filter_map(|leaf| unhex(&Certificate::read(leaf).serial)).collect()
    }

    fn list(&self, by: &Authority, revoked: &[Vec<u8>]) -> Result<Vec<u8>, rcgen::Error> {
        let entry = |serial: &Vec<u8>| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: (self.now - 2 * DAY).into(),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: (self.now - DAY).into(),
            next_update: (self.now + 6 * DAY).into(),
            crl_number: SerialNumber::from(7_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(by)?.der().to_vec())
    }

    /// An OCSPResponse about the certificate that is asked about (RFC 6960, 4.2.1), good for a week.
    fn ocsp_response(&self, request: &[u8], revoked: bool, this_update: SystemTime) -> Vec<u8> {
        let at = |time: SystemTime| {
            let time = Timestamp::try_from(time).unwrap_or_default();
            write(0x18, time.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
        };
        let status = if revoked {
            // keyCompromise
            write(0xa1, &[at(self.now - 2 * DAY), write(0xa0, &write(0x0a, &[1]))].concat())
        } else {
            write(0x80, &[])
        };
        let next_update = write(0xa0, &at(this_update + 7 * DAY));
        let single = write(0x30, &[certificate_id(request).to_vec(), status, at(this_update), next_update].concat());
        let issuer = Certificate::read(self.issuing.der());
        let key = Signer::from(&issuer).key().unwrap_or_default();
        let key = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, key);
        let responder = write(0xa2, &write(0x04, key.as_ref()));
        let data = write(0x30, &[responder, at(this_update), write(0x30, &single)].concat());
        let Ok(signature) = self.issuing.key().sign(&data) else { return Vec::new() };
        let signature = write(0x03, &[&[0], signature.as_slice()].concat());
        let basic = write(0x30, &[data, ECDSA_SHA256.to_vec(), signature].concat());
        let bytes = write(0x30, &[OCSP_BASIC.to_vec(), write(0x04, &basic)].concat());
        write(0x30, &[write(0x0a, &[0]), write(0xa0, &bytes)].concat())
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
        let staple = match (identity.standing.staple, chain.first()) {
            (Staple::Missing, _) | (_, None) => Vec::new(),
            (staple, Some(leaf)) => {
                let by = Certificate::read(self.issuing.der());
                let request = ocsp_request(&Certificate::read(leaf), Signer::from(&by));
                let age = if staple == Staple::Old { 10 * DAY } else { DAY };
                self.ocsp_response(&request, identity.standing.revoked, self.now - age)
            }
        };
        let certified = Certified { chain, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(), staple };
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
            // as Windows sets it up unless told otherwise
            params.crl_distribution_points =
                vec![list_at("ldap:///CN=CORP%20Issuing%20CA,CN=CDP?certificateRevocationList")];
            let leaf = params.signed_by(key, &self.private_issuing)?;
            return Ok(vec![leaf.der().clone(), self.private_issuing.der().clone(), self.private_root.der().clone()]);
        }
        if identity.chain == Chain::Inspected {
            // such a device makes the certificate on the spot, and sends nothing else with it
            return Ok(vec![params.signed_by(key, &self.inspecting)?.der().clone()]);
        }
        params.crl_distribution_points = vec![list_at(&format!("http://{AIA_HOST}{CRL_PATH}"))];
        params.custom_extensions.push(information_access(identity.standing.ocsp));
        if identity.standing.must_staple {
            params.custom_extensions.push(CustomExtension::from_oid_content(TLS_FEATURE, STATUS_REQUEST.to_vec()));
        }
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
        Self { chain: self.chain.clone(), key: self.key.clone_key(), staple: self.staple.clone() }
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

/// Authority Information Access with the `caIssuers` address, and perhaps that of OCSP.
fn information_access(ocsp: bool) -> CustomExtension {
    // [6] IMPLICIT IA5String: a uniformResourceIdentifier
    let description = |method: &[u8], path: &str| {
        let url = format!("http://{AIA_HOST}{path}");
        write(0x30, &[method, &write(0x86, url.as_bytes())].concat())
    };
    let mut all = description(CA_ISSUERS, AIA_PATH);
    if ocsp {
        all.extend(description(OCSP, OCSP_PATH));
    }
    CustomExtension::from_oid_content(AUTHORITY_INFO_ACCESS, write(0x30, &all))
}

fn list_at(url: &str) -> CrlDistributionPoint {
    CrlDistributionPoint { uris: vec![url.to_owned()] }
}

/// The CertID of an OCSPRequest about one certificate (RFC 6960, 4.1.1), DER.
fn certificate_id(request: &[u8]) -> &[u8] {
    (0..4).fold(request, |outer, _| content(outer))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}
