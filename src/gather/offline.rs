//! What would a server show that sends the certificates in a file? No socket is opened.

use super::fetch::{as_sent, certificates};
use super::roots::Loading;
use super::{SetupError, Unfit};
use crate::evidence::{
    AiaSeen, CrlSeen, DnsAnswer, DnsSeen, Gathering, Header, NoAnswer, Probe, RecordData, RecordType, ResourceRecord,
    Seen, Source, Subject, TlsOutcome, TlsSeen, Trust,
};
use crate::order;
use crate::protocol::revocation::crl;
use crate::protocol::revocation::lookup::FILE;
use crate::protocol::x509::Signature;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

/// A file above this size holds no chain.
const LARGEST: u64 = 16 << 20;
/// Stands where a live run has the server's address.
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The files of `exdiag tls --chain`.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The certificates as a server sends them, the leaf first: PEM, DER or PKCS#7.
    pub chain: PathBuf,
    /// The name that clients ask for.
    pub name: String,
    /// A folder with what AIA addresses deliver: every certificate in it may be an issuer.
    pub aia_dir: Option<PathBuf>,
    /// Revocation lists, DER or PEM, for whichever address a certificate names.
    pub crl: Vec<PathBuf>,
    /// The stapled OCSP response, DER.
    pub ocsp: Option<PathBuf>,
    /// Roots that count as installed.
    pub cacert: Option<PathBuf>,
}

/// A source of facts that opens no socket.
#[derive(Debug)]
pub struct Offline {
    chain: Vec<String>,
    staple: Option<String>,
    issuers: Vec<String>,
    lists: Vec<Vec<u8>>,
    roots: Loading,
}

impl Offline {
    /// Reads the files.
    pub async fn new(files: &Files, trust: Trust) -> Result<Self, SetupError> {
        let chain = encoded(&read_certificates(&files.chain, &files.name)?);
        let mut issuers = Vec::new();
        if let Some(folder) = &files.aia_dir {
            let wrong = |error: std::io::Error| SetupError::unreadable(folder.display(), error);
            let mut paths = Vec::new();
            for entry in std::fs::read_dir(folder).map_err(wrong)? {
                paths.push(entry.map_err(wrong)?.path());
            }
            order::rising(&mut paths);
            // a folder may also hold a README
            for path in paths.iter().filter(|path| path.is_file()) {
                issuers.extend(encoded(&certificates(&read(path)?).1));
            }
            if issuers.is_empty() {
                return Err(SetupError::unfit(folder.display(), Unfit::NoCertificates));
            }
        }
        let staple = files.ocsp.as_deref().map(read).transpose()?.map(|der| BASE64.encode(der));
        let lists = files.crl.iter().map(|path| read_list(path)).collect::<Result<_, _>>()?;
        let roots = Loading::start(trust, files.cacert.as_deref()).await?;
        Ok(Self { chain, staple, issuers, lists, roots })
    }

    /// The header of the evidence that this source gathers.
    pub fn header(&self, started_at: Timestamp, subject: Subject) -> Header {
        Header { started_at, subject, name_servers: Vec::new(), proxy: None, stores: self.roots.stores().to_vec() }
    }

    async fn ask(&self, probe: Probe) -> Seen {
        match probe {
            Probe::Dns { name, rtype } => Seen::Dns(given(&name, rtype)),
            Probe::Tls { .. } => Seen::Tls(TlsSeen {
                outcome: TlsOutcome::File,
                chain: self.chain.clone(),
                ocsp: self.staple.clone(),
                client_certificate_requested: false,
                connect_ms: None,
                handshake_ms: None,
            }),
            Probe::Anchors { subject } => Seen::Anchors { found: self.roots.get().await.find(&subject) },
            Probe::Aia { .. } if !self.issuers.is_empty() => {
                let certificates = self.issuers.clone();
                Seen::Aia(AiaSeen { certificates, format: None, status: None, failure: None, missing: None })
            }
            Probe::Crl { url, issuer_key, .. } => {
                let key = BASE64.decode(issuer_key).unwrap_or_default();
                let mut fitting = self.lists.iter().filter(|list| crl::signature(list, &key) != Signature::Bad);
                let number = url.strip_prefix(FILE).and_then(|number| number.parse().ok());
                match number.and_then(|number| fitting.nth(number)) {
                    Some(list) => Seen::Crl(CrlSeen {
                        crl: Some(BASE64.encode(list)),
                        cut: None,
                        status: None,
                        failure: None,
                        missing: None,
                    }),
                    None => Seen::NoAnswer(NoAnswer::Offline),
                }
            }
            _ => Seen::NoAnswer(NoAnswer::Offline),
        }
    }
}

impl Source for Offline {
    fn gather(&self, probe: Probe) -> Gathering<'_> {
        Box::pin(self.ask(probe))
    }
}

/// The one address that every name has here.
fn given(name: &str, rtype: RecordType) -> DnsSeen {
    let address = (rtype == RecordType::A).then(|| ResourceRecord {
        name: name.to_owned(),
        ttl: 0,
        data: RecordData::Address { address: NOWHERE },
    });
    DnsSeen {
        answer: Some(DnsAnswer {
            server: "file".to_owned(),
            transport: "override".to_owned(),
            rcode: "NOERROR".to_owned(),
            authoritative: false,
            authentic: false,
            answers: address.into_iter().collect(),
            authority: Vec::new(),
            additional: Vec::new(),
            extended_errors: Vec::new(),
        }),
        failures: Vec::new(),
    }
}

fn read_list(path: &Path) -> Result<Vec<u8>, SetupError> {
    let bytes = read(path)?;
    let list = CertificateRevocationListDer::from_pem_slice(&bytes).map_or(bytes, |list| list.to_vec());
    if crl::is_crl(&list) {
        return Ok(list);
    }
    Err(SetupError::unfit(path.display(), Unfit::NoList))
}

fn encoded(all: &[Vec<u8>]) -> Vec<String> {
    all.iter().map(|der| BASE64.encode(der)).collect()
}

fn read_certificates(path: &Path, name: &str) -> Result<Vec<Vec<u8>>, SetupError> {
    let found = as_sent(&read(path)?, name);
    if found.is_empty() {
        return Err(SetupError::unfit(path.display(), Unfit::NoCertificate));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, SetupError> {
    let wrong = |error: std::io::Error| SetupError::unreadable(path.display(), error);
    if std::fs::metadata(path).map_err(wrong)?.len() > LARGEST {
        return Err(SetupError::unfit(path.display(), Unfit::TooLarge));
    }
    std::fs::read(path).map_err(wrong)
}
