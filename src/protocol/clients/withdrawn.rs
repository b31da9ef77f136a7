//! Do an authority's answers, the stapled one, or the logs speak against a chain?
//!
//! Looks at no more than the check `revocation` does, in the same order, so that nothing is asked twice.

use crate::evidence::{CrlSeen, HeldBack, NoAnswer, OcspSeen, Probe, Seen, Stop, TlsSeen, View, view};
use crate::protocol::chain::{ChainAnalysis, End};
use crate::protocol::ct;
use crate::protocol::revocation::{self, Authority, Standing, crl};
use crate::protocol::x509::{Certificate, Signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// So many certificates of a path are looked up, and so many addresses of each are asked.
const MOST: (usize, usize) = (6, 3);

/// What speaks against a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Withdrawn {
    /// An authority has taken one of its certificates back.
    pub revoked: bool,
    /// What is wrong with the stapled response.
    pub staple: Option<Staple>,
    /// It stands in fewer logs than some clients want.
    pub few_logs: bool,
}

/// What is wrong with a stapled response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staple {
    /// The certificate demands one, and none came.
    Missing,
    /// It does not hold.
    Invalid {
        /// Whether the certificate demands one.
        demanded: bool,
    },
}

/// A key that may have issued a certificate.
struct Issuer {
    name: Vec<u8>,
    spki: Vec<u8>,
    signs_lists: bool,
    public: bool,
}

impl Issuer {
    fn authority(&self) -> Authority<'_> {
        Authority { name: &self.name, spki: &self.spki, signs_lists: self.signs_lists }
    }
}

/// Looks at what speaks against a chain.
pub fn look(view: &View<'_>, seen: &TlsSeen, chain: &ChainAnalysis) -> Result<Withdrawn, Stop> {
    let mut out = Withdrawn::default();
    let path = chain.full_path().unwrap_or_else(|| {
        let sent = chain.on_path().filter(|(i, c)| *i == 0 || !c.is_self_signed());
        sent.map(|(_, c)| c.clone()).collect()
    });
    let path: Vec<Certificate> = path.into_iter().take(MOST.0).collect();
    let Some(leaf) = path.first().filter(|_| chain.end != End::SelfSigned) else { return Ok(out) };
    let known = view::all(path.iter().map(|certificate| issuers(view, chain, certificate)))?;
    let staple = seen.ocsp.as_ref().and_then(|text| STANDARD.decode(text).ok());
    let judged = staple
        .as_ref()
        .zip(known.first().and_then(|issuers| issuers.first()))
        .map(|(staple, issuer)| revocation::by_ocsp(staple, leaf, issuer.authority(), view.asked_at(), None).standing);
    out.staple = match &judged {
        _ if staple.is_none() => leaf.must_staple.then_some(Staple::Missing),
        Some(Standing::Unknown { .. }) => Some(Staple::Invalid { demanded: leaf.must_staple }),
        _ => None,
    };
    if let Some(validity) = leaf.validity.filter(|_| ct::is_public(leaf)) {
        let public = known.last().is_some_and(|issuers| issuers.iter().any(|issuer| issuer.public));
        out.few_logs = public && ct::logs(&ct::timestamps(leaf, staple.as_deref())) < ct::needed(validity);
    }
    out.revoked = matches!(judged, Some(Standing::Revoked { .. }));
    // what nobody is going to tell of is not asked for either
    if view.subject().revocation && view.subject().selected.iter().any(|check| check == "revocation") {
        let stapled = usize::from(matches!(judged, Some(Standing::Good | Standing::Revoked { .. })));
        let looks = path.iter().zip(&known).skip(stapled);
        out.revoked |= view::all(looks.map(|(c, issuers)| is_revoked(view, c, issuers)))?.contains(&true);
    }
    Ok(out)
}

/// Who issued a certificate, as far as it is known.
fn issuers(view: &View<'_>, chain: &ChainAnalysis, certificate: &Certificate) -> Result<Vec<Issuer>, Stop> {
    let fetched = chain.repair.iter().flat_map(|repair| &repair.fetched);
    let pool = chain.certificates.iter().chain(fetched).filter(|c| c.subject.der == certificate.issuer.der);
    let signed = pool.filter(|c| certificate.issued_by(c) == Signature::Good);
    let mut found: Vec<Issuer> = signed
        .map(|c| Issuer {
            name: c.subject.der.clone(),
            spki: c.spki.clone(),
            signs_lists: Authority::from(c).signs_lists,
            public: false,
        })
        .collect();
    let record = view.look(&Probe::Anchors { subject: certificate.issuer.base64() })?;
    let Seen::Anchors { found: anchors } = &record.seen else { return Ok(found) };
    for anchor in anchors {
        let spki = STANDARD.decode(&anchor.spki).unwrap_or_default();
        if certificate.signed_by(&spki) == Signature::Good {
            let whole = anchor.certificate.as_ref().and_then(|text| STANDARD.decode(text).ok());
            let signs_lists = whole.is_none_or(|der| Authority::from(&Certificate::read(&der)).signs_lists);
            let public = anchor.store != "cacert";
            found.push(Issuer { name: certificate.issuer.der.clone(), spki, signs_lists, public });
        }
    }
    Ok(found)
}

/// Whether whoever the certificate names says that it is revoked.
fn is_revoked(view: &View<'_>, certificate: &Certificate, issuers: &[Issuer]) -> Result<bool, Stop> {
    let now = view.asked_at();
    let Some(issuer) = issuers.first() else { return Ok(false) };
    if certificate.validity.is_some_and(|validity| !validity.contains(now)) {
        return Ok(false);
    }
    let authorities: Vec<Authority<'_>> = issuers.iter().map(Issuer::authority).collect();
    let request = STANDARD.encode(revocation::ocsp_request(certificate, issuer.authority()));
    let ocsp = certificate.ocsp_urls.iter().take(MOST.1).map(|url| (true, url));
    let lists = certificate.crl_urls.iter().take(MOST.1).map(|url| (false, url));
    let all: Vec<(bool, &String)> = ocsp.chain(lists).collect();
    for group in [all.get(..1), all.get(1..)].into_iter().flatten() {
        let web = group.iter().filter(|(_, url)| {
            let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
            scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
        });
        let probes = web.map(|(ocsp, url)| {
            let url = (*url).clone();
            if *ocsp {
                return Probe::Ocsp { url, request: request.clone() };
            }
            let issuer_key = STANDARD.encode(&issuer.spki);
            Probe::Crl { url, serial: crl::serial(certificate), issuer_key }
        });
        for record in view::all(probes.map(|probe| view.look(&probe)))? {
            let standing = match &record.seen {
                Seen::Ocsp(OcspSeen { response: Some(response), .. }) => {
                    let response = STANDARD.decode(response).unwrap_or_default();
                    revocation::by_ocsp(&response, certificate, issuer.authority(), now, None).standing
                }
                Seen::Crl(CrlSeen { crl: Some(list), cut, .. }) => {
                    let list = STANDARD.decode(list).unwrap_or_default();
                    match cut {
                        None => revocation::by_crl_of(&list, certificate, &authorities, now, None).standing,
                        Some(cut) => {
                            let signature = match cut.signed {
                                Some(true) => Signature::Good,
                                Some(false) => Signature::Bad,
                                None => Signature::Unknown,
                            };
                            crl::by_reduced_crl(&list, signature, certificate, &authorities, now).standing
                        }
                    }
                }
                Seen::NoAnswer(NoAnswer::HeldBack { rule: HeldBack::PrivateAddress }) => continue,
                Seen::NoAnswer(_) => return Ok(false),
                _ => continue,
            };
            match standing {
                Standing::Revoked { .. } => return Ok(true),
                Standing::Good => return Ok(false),
                Standing::Unknown { .. } => {}
            }
        }
    }
    Ok(false)
}
