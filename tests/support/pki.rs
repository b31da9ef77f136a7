//! How do tests come by the certificates of an authority, and of a server below it?

use exdiag::protocol::x509::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

pub const HOST: &str = "mail.corp.example";

/// A certificate with the key that belongs to it.
pub struct Made {
    pub der: Vec<u8>,
    pub params: CertificateParams,
    pub key: KeyPair,
}

impl Made {
    pub fn facts(&self) -> Certificate {
        Certificate::read(&self.der)
    }
}

pub fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.distinguished_name.push(DnType::OrganizationName, "Example Trust");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

/// A leaf of 90 days, 72 of them left on 2026-11-22. It points nowhere.
pub fn server(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, HOST);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2026, 11, 4);
    params.not_after = date_time_ymd(2027, 2, 2);
    params
}

pub fn root(params: CertificateParams) -> Made {
    let key = KeyPair::generate().unwrap();
    let der = params.self_signed(&key).unwrap().der().to_vec();
    Made { der, params, key }
}

pub fn signed(params: CertificateParams, by: &Made) -> Made {
    signed_for(KeyPair::generate().unwrap(), params, by)
}

pub fn signed_for(key: KeyPair, params: CertificateParams, by: &Made) -> Made {
    let der = params.signed_by(&key, &Issuer::from_params(&by.params, &by.key)).unwrap().der().to_vec();
    Made { der, params, key }
}
