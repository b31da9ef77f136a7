//! Which roots count as installed, and does a chain lead to one of them?
//!
//! Reading the system's store takes longer than a DNS answer, so it is begun early and awaited
//! only where a chain is to be verified.

use super::{SetupError, Unfit};
use crate::evidence::{Anchor, Trust};
use crate::protocol::der::{SEQUENCE, sequence};
use crate::protocol::x509::Name;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use jiff::Timestamp;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::prelude::{FromDer as _, X509Certificate};

const SYSTEM: &str = "system";
const MOZILLA: &str = "mozilla";
const CACERT: &str = "cacert";

/// The trust anchors of a run.
#[derive(Debug, Default)]
pub struct Roots {
    /// As webpki wants them: one slice.
    anchors: Vec<TrustAnchor<'static>>,
    /// Where each comes from, in the same order.
    origins: Vec<Origin>,
}

#[derive(Debug)]
struct Origin {
    store: &'static str,
    /// The subject as names are compared.
    name: Vec<Vec<u8>>,
    certificate: Option<CertificateDer<'static>>,
}

/// The roots on their way from the disk. Cheap to clone.
#[derive(Clone)]
pub struct Loading {
    roots: Shared<BoxFuture<'static, Arc<Roots>>>,
    stores: Vec<String>,
}

impl fmt::Debug for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loading").field("stores", &self.stores).finish_non_exhaustive()
    }
}

impl Loading {
    /// Reads the `--cacert` file, and begins to read the stores in the background.
    pub async fn start(trust: Trust, cacert: Option<&Path>) -> Result<Self, SetupError> {
        let cacert = match cacert {
            Some(path) => Some(read_cacert(path)?),
            None => None,
        };
        let has_cacert = cacert.is_some();
        let loading = tokio::task::spawn_blocking(move || Arc::new(Roots::load(trust, cacert.unwrap_or_default())));
        // only a cancelled or panicked task gives none: then nothing can be verified
        let roots = loading.map(Result::unwrap_or_default).boxed().shared();
        let mut stores = match trust {
            Trust::Mozilla => vec![MOZILLA.to_owned()],
            Trust::Both => vec![SYSTEM.to_owned(), MOZILLA.to_owned()],
            Trust::System if system_has_roots() => vec![SYSTEM.to_owned()],
            // it has to be known for sure before the run begins
            Trust::System => return Ok(Self { stores: roots.clone().await.stores(), roots }),
        };
        stores.extend(has_cacert.then(|| CACERT.to_owned()));
        Ok(Self { roots, stores })
    }

    /// The roots, as soon as they are there.
    pub async fn get(&self) -> Arc<Roots> {
        self.roots.clone().await
    }

    /// The stores that are looked into: `system`, `mozilla`, `cacert`.
    pub fn stores(&self) -> &[String] {
        &self.stores
    }
}

impl Roots {
    /// Reads the stores; blocks for as long as the disk takes.
    pub fn load(trust: Trust, cacert: Vec<CertificateDer<'static>>) -> Self {
        let mut roots = Self::default();
        if trust != Trust::Mozilla {
            // the same for every mailbox of the process
            static STORE: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
            for certificate in STORE.get_or_init(|| rustls_native_certs::load_native_certs().certs) {
                roots.add(SYSTEM, certificate.clone());
            }
        }
        if trust != Trust::System || roots.anchors.is_empty() {
            for anchor in webpki_roots::TLS_SERVER_ROOTS {
                roots.push(MOZILLA, anchor.clone(), None);
            }
        }
        for certificate in cacert {
            roots.add(CACERT, certificate);
        }
        roots
    }

    /// Adds a root; one that cannot be read trusts nobody.
    fn add(&mut self, store: &'static str, certificate: CertificateDer<'static>) {
        if let Ok(anchor) = webpki::anchor_from_trusted_cert(&certificate).map(|anchor| anchor.to_owned()) {
            self.push(store, anchor, Some(certificate));
        }
    }

    fn push(
        &mut self,
        store: &'static str,
        anchor: TrustAnchor<'static>,
        certificate: Option<CertificateDer<'static>>,
    ) {
        let name = Name::read(&sequence(&anchor.subject)).map(|name| name.parts).unwrap_or_default();
        self.anchors.push(anchor);
        self.origins.push(Origin { store, name, certificate });
    }

    /// The stores that hold roots, in the order looked into.
    pub fn stores(&self) -> Vec<String> {
        let known = [SYSTEM, MOZILLA, CACERT].into_iter();
        known.filter(|store| self.origins.iter().any(|o| o.store == *store)).map(str::to_owned).collect()
    }

    /// The anchors with this subject: the DER of a Name with its outer SEQUENCE, base64.
    pub fn find(&self, subject: &str) -> Vec<Anchor> {
        let Some(wanted) = BASE64.decode(subject).ok() else { return Vec::new() };
        let parts = Name::read(&wanted).map(|name| name.parts).unwrap_or_default();
        let all = self.anchors.iter().zip(&self.origins);
        // names that differ in case or string type alone are the same (RFC 5280, 7.1)
        let same = all.filter(|(_, origin)| !parts.is_empty() && origin.name == parts);
        // an anchor holds the contents of its fields, without tag and length
        same.map(|(anchor, origin)| Anchor {
            store: origin.store.to_owned(),
            subject: BASE64.encode(sequence(&anchor.subject)),
            spki: BASE64.encode(sequence(&anchor.subject_public_key_info)),
            name_constraints: anchor.name_constraints.as_ref().map(|der| BASE64.encode(sequence(der))),
            certificate: origin.certificate.as_ref().map(|der| BASE64.encode(der)),
        })
        .collect()
    }

    /// Whether the chain, as sent, leads to a root, and its first certificate is good for the name,
    /// at this time; the error says what is wrong.
    pub fn verify(&self, chain: &[CertificateDer<'_>], name: &str, at: Timestamp) -> Result<(), String> {
        let (leaf, others) = chain.split_first().ok_or("no certificate was sent")?;
        let name = ServerName::try_from(name).map_err(|e| e.to_string())?;
        let certificate = EndEntityCert::try_from(leaf).map_err(|e| e.to_string())?;
        certificate.verify_is_valid_for_subject_name(&name).map_err(|e| e.to_string())?;
        if self.is_installed(leaf) {
            return is_in_time(leaf, at);
        }
        let seconds = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0));
        let algorithms = provider().signature_verification_algorithms.all;
        certificate
            .verify_for_usage(
                algorithms,
                &self.anchors,
                others,
                UnixTime::since_unix_epoch(seconds),
                KeyUsage::server_auth(),
                None,
                None,
            )
            .map(|_| ())
            .map_err(|e| e.to_string())
    }

    /// Whether this very certificate is among the roots, as a self-signed one of Exchange may be.
    fn is_installed(&self, leaf: &CertificateDer<'_>) -> bool {
        self.origins.iter().any(|origin| origin.certificate.as_ref().is_some_and(|root| root.as_ref() == leaf.as_ref()))
    }
}

/// The one crypto provider.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(ring::default_provider())))
}

fn is_in_time(certificate: &CertificateDer<'_>, at: Timestamp) -> Result<(), String> {
    let (_, certificate) = X509Certificate::from_der(certificate).map_err(|e| e.to_string())?;
    let (validity, at) = (certificate.validity(), at.as_second());
    if at < validity.not_before.timestamp() {
        return Err("certificate not valid yet".to_owned());
    }
    if at > validity.not_after.timestamp() {
        return Err("certificate expired".to_owned());
    }
    Ok(())
}

/// The certificates of a `--cacert` file: PEM, or DER as Windows exports it.
fn read_cacert(path: &Path) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let bytes = std::fs::read(path).map_err(|error| SetupError::unreadable(path.display(), error))?;
    let certificates: Vec<CertificateDer<'static>> = if bytes.first() == Some(&SEQUENCE) {
        vec![CertificateDer::from(bytes)]
    } else {
        CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<_, _>>()
            .map_err(|error| SetupError::unreadable(path.display(), std::io::Error::other(error)))?
    };
    let usable = |der: &CertificateDer<'_>| webpki::anchor_from_trusted_cert(der).is_ok();
    if !certificates.iter().any(usable) {
        return Err(SetupError::unfit(path.display(), Unfit::NoCertificate));
    }
    Ok(certificates)
}

/// Whether there is anything at all where the system's roots are looked for. Says nothing of
/// whether it can be read.
fn system_has_roots() -> bool {
    let (file, dirs) = match (std::env::var_os("SSL_CERT_FILE"), std::env::var_os("SSL_CERT_DIR")) {
        (None, None) if cfg!(any(windows, target_vendor = "apple")) => return true,
        (None, None) => {
            let found = openssl_probe::probe();
            (found.cert_file, found.cert_dir)
        }
        // they replace the system's, as everywhere
        (file, dirs) => (file.map(Into::into), dirs.iter().flat_map(std::env::split_paths).collect()),
    };
    file.and_then(|file| file.metadata().ok()).is_some_and(|file| file.len() > 0)
        || dirs.iter().filter_map(|dir| std::fs::read_dir(dir).ok()).any(|mut entries| entries.next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
    use std::io::Write as _;

    const NAME: &str = "mail.corp.example";

    fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn leaf(issuer: &CertifiedIssuer<'_, KeyPair>) -> CertificateDer<'static> {
        let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().clone()
    }

    fn self_signed(is_ca: IsCa) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        params.is_ca = is_ca;
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    fn trusting(certificates: &[&CertificateDer<'static>]) -> Roots {
        let mut roots = Roots::default();
        for certificate in certificates {
            roots.add(CACERT, (*certificate).clone());
        }
        roots
    }

    fn now() -> Timestamp {
        "2026-11-22T20:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_chain_is_verified_to_a_root_and_for_its_name() {
        let root = authority("Test Root");
        let chain = [leaf(&root)];
        let roots = trusting(&[root.der()]);
        assert_eq!(roots.verify(&chain, NAME, now()), Ok(()));
        assert!(roots.verify(&chain, "other.corp.example", now()).is_err());
        assert!(roots.verify(&chain, NAME, "1970-01-02T00:00:00Z".parse().unwrap()).is_err());
        assert!(roots.verify(&[], NAME, now()).is_err());
        assert!(trusting(&[authority("Test Root").der()]).verify(&chain, NAME, now()).is_err());
        assert!(Roots::default().verify(&chain, NAME, now()).is_err());
    }

    #[test]
    fn a_self_signed_certificate_counts_only_where_it_is_installed_itself() {
        for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
            let certificate = self_signed(is_ca);
            let chain = [certificate.clone()];
            assert_eq!(trusting(&[&certificate]).verify(&chain, NAME, now()), Ok(()), "{is_ca:?}");
            assert!(trusting(&[&certificate]).verify(&chain, "x.example", now()).is_err());
            let late = "4300-01-01T00:00:00Z".parse().unwrap();
            assert!(trusting(&[&certificate]).verify(&chain, NAME, late).is_err(), "{is_ca:?}");
            assert!(trusting(&[&self_signed(is_ca)]).verify(&chain, NAME, now()).is_err());
        }
    }

    #[test]
    fn anchors_are_found_by_the_name_however_it_is_spelled() {
        let root = authority("Test Root");
        let roots = trusting(&[root.der(), authority("Other Root").der()]);
        let (_, parsed) = X509Certificate::from_der(root.der()).unwrap();
        let found = roots.find(&BASE64.encode(parsed.subject().as_raw()));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].store, CACERT);
        assert_eq!(found[0].spki, BASE64.encode(parsed.public_key().raw));
        assert_eq!(found[0].certificate, Some(BASE64.encode(root.der())));
        // RFC 5280, 7.1: case does not count
        let shouted = parsed.subject().as_raw().iter().map(u8::to_ascii_uppercase).collect::<Vec<u8>>();
        assert_eq!(roots.find(&BASE64.encode(shouted)).len(), 1);
        assert_eq!(roots.find("no base64 !"), []);
        assert_eq!(roots.find(""), []);
    }

    #[test]
    fn mozillas_store_is_looked_into_on_demand() {
        let roots = Roots::load(Trust::Mozilla, vec![authority("Test Root").der().clone()]);
        assert_eq!(roots.stores(), [MOZILLA, CACERT]);
        let any = &webpki_roots::TLS_SERVER_ROOTS[0];
        let found = roots.find(&BASE64.encode(sequence(&any.subject)));
        assert!(found.iter().any(|a| a.store == MOZILLA && a.certificate.is_none()));
    }

    #[tokio::test]
    async fn a_cacert_file_may_hold_several_certificates_and_must_hold_one() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let empty = Loading::start(Trust::Mozilla, Some(file.path())).await.unwrap_err();
        assert!(empty.to_string().contains(file.path().to_str().unwrap()), "{empty}");
        let (one, two) = (authority("One"), authority("Two"));
        write!(file, "# ours\n{}\n{}", one.pem(), two.pem()).unwrap();
        let loading = Loading::start(Trust::Mozilla, Some(file.path())).await.unwrap();
        assert_eq!(loading.stores(), [MOZILLA, CACERT]);
        let roots = loading.get().await;
        assert_eq!(roots.verify(&[leaf(&two)], NAME, now()), Ok(()));
        assert_eq!(roots.stores(), loading.stores());
        let missing = Loading::start(Trust::Mozilla, Some(Path::new("/no/such.pem"))).await.unwrap_err();
        assert!(missing.to_string().contains("/no/such.pem"));
        std::fs::write(file.path(), one.der()).unwrap();
        let der = Loading::start(Trust::Mozilla, Some(file.path())).await.unwrap().get().await;
        assert_eq!(der.verify(&[leaf(&one)], NAME, now()), Ok(()));
    }
}
