//! Does somebody between here and the server open TLS and show a certificate of their own?
//!
//! Firewalls, web filters and virus scanners that inspect TLS make a certificate for the very name
//! asked for, on the spot, and sign it with their own authority. That says nothing of the server.

use super::chain::{ChainAnalysis, End, HostTls};
use super::x509::{Certificate, Name};
use super::{hosts, trusted};
use crate::evidence::{Probe, Stop, View};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::IpAddr;

/// Everybody reaches it, and nobody's own authority issues for it: what it shows here tells whether
/// somebody in between makes certificates.
const COMPARED: &str = "outlook.office365.com";

/// Words in the names of such authorities, lower case, and whose product it is. None of them is part
/// of the name of an authority that issues to the public.
const PRODUCTS: &[(&str, &str)] = &[
    ("zscaler", "Zscaler"),
    ("fortigate", "Fortinet FortiGate"),
    ("fortinet", "Fortinet FortiGate"),
    ("sophos", "Sophos"),
    ("palo alto", "Palo Alto Networks"),
    ("kaspersky", "Kaspersky"),
    ("eset ssl filter", "ESET"),
    ("eset, spol", "ESET"),
    ("bitdefender", "Bitdefender"),
    ("netskope", "Netskope"),
    ("goskope", "Netskope"),
    ("cisco umbrella", "Cisco Umbrella"),
    ("cisco ironport", "Cisco Secure Web Appliance"),
    ("check point", "Check Point"),
    ("checkpoint", "Check Point"),
    ("avast", "Avast"),
    ("avg technologies", "AVG"),
    ("avg web/mail shield", "AVG"),
    ("blue coat", "Blue Coat"),
    ("bluecoat", "Blue Coat"),
    ("forcepoint", "Forcepoint"),
    ("websense", "Forcepoint"),
    ("mcafee web gateway", "Skyhigh Web Gateway"),
    ("skyhigh", "Skyhigh Web Gateway"),
    ("barracuda", "Barracuda"),
    ("watchguard", "WatchGuard"),
    ("sonicwall", "SonicWall"),
    ("untangle", "Untangle"),
    ("securly", "Securly"),
    ("iboss", "iboss"),
    ("menlo security", "Menlo Security"),
    ("cato networks", "Cato Networks"),
    ("gateway ca - cloudflare", "Cloudflare Gateway"),
    ("cloudflare for teams", "Cloudflare Gateway"),
    ("adguard", "AdGuard"),
    ("dr.web", "Dr.Web"),
    ("g data", "G DATA"),
    ("securepoint", "Securepoint"),
    ("lancom", "LANCOM"),
    ("genua", "genua"),
    ("do_not_trust_fiddlerroot", "Fiddler"),
    ("mitmproxy", "mitmproxy"),
    ("portswigger", "Burp Suite"),
    ("charles proxy", "Charles"),
];

/// The product that an authority of this name belongs to.
pub fn product(authority: &Name) -> Option<&'static str> {
    let name = authority.text.to_lowercase();
    let found = PRODUCTS.iter().find(|(word, _)| {
        // at the beginning of a word: "genua" is no "Agenua"
        name.match_indices(word).any(|(at, _)| !name.get(..at).unwrap_or_default().ends_with(char::is_alphanumeric))
    });
    found.map(|(_, product)| *product)
}

/// The product that made this chain for this host; none where the certificate is not for the host, as
/// that of a device is that shows its own, or its authority is known to the public.
pub fn made_by(host: &str, chain: &[Certificate], is_public: bool) -> Option<&'static str> {
    let leaf = chain.first().filter(|leaf| !is_public && leaf.is_for(host) && !leaf.is_self_signed())?;
    let above = chain.iter().skip(1).map(|certificate| &certificate.subject);
    std::iter::once(&leaf.issuer).chain(above).find_map(product)
}

/// Whether two certificates come from the same authority: its name, and its key as far as both say
/// which.
pub fn same_authority(a: &Certificate, b: &Certificate) -> bool {
    let keys = a.authority_key_id.is_none() || b.authority_key_id.is_none() || a.authority_key_id == b.authority_key_id;
    !a.issuer.der.is_empty() && a.issuer.der == b.issuer.der && keys
}

/// What shows that a chain was made on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The product, where its name is known.
    pub product: Option<&'static str>,
    /// Where the same authority was seen to issue for a host of Microsoft's.
    pub elsewhere: Option<Probe>,
}

/// Whether the chain of one address was made on the way: by a product that is known for it, or by an
/// authority that also issues for a host of Microsoft's.
pub fn opened(
    view: &View<'_>,
    host: &HostTls<'_>,
    address: IpAddr,
    chain: &ChainAnalysis,
) -> Result<Option<Opened>, Stop> {
    let Some(leaf) = chain.leaf() else { return Ok(None) };
    let product = made_by(&host.host, &chain.certificates, is_public(chain));
    let unknown = product.is_none() && is_of_no_store(chain) && leaf.is_for(&host.host);
    let own = Probe::tls(address, host.port, &host.host);
    let elsewhere = if unknown { made_for_microsoft(view, own, leaf)? } else { None };
    Ok((product.is_some() || elsewhere.is_some()).then_some(Opened { product, elsewhere }))
}

/// Whether the chain ends at a root that is published for everybody.
fn is_public(chain: &ChainAnalysis) -> bool {
    matches!(&chain.end, End::Anchor { stores, .. } if stores.iter().any(|store| store == "mozilla"))
}

/// Whether neither what was sent nor what could be fetched leads to a root of any store.
fn is_of_no_store(chain: &ChainAnalysis) -> bool {
    match &chain.end {
        End::Anchor { .. } | End::SelfSigned => false,
        End::UnknownRoot { .. } => chain.stores_known,
        End::Missing { .. } => chain.stores_known && !chain.repair.as_ref().is_some_and(|repair| repair.verified),
    }
}

/// Where it was seen that the same authority also issues for a host of Microsoft's.
fn made_for_microsoft(view: &View<'_>, own: Probe, leaf: &Certificate) -> Result<Option<Probe>, Stop> {
    if own.host().is_some_and(|host| trusted::is_microsoft(&host)) {
        return Ok(Some(own));
    }
    // the IPv4 addresses come last, and work from everywhere
    let Some(address) = hosts::addresses(view, COMPARED)?.last().copied() else { return Ok(None) };
    let Ok(seen) = view.tls(address, 443, COMPARED)? else { return Ok(None) };
    let Some(first) = seen.chain.first() else { return Ok(None) };
    let other = Certificate::read(&STANDARD.decode(first).unwrap_or_default());
    Ok(same_authority(leaf, &other).then(|| Probe::tls(address, 443, COMPARED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Name {
        Name { text: text.to_owned(), ..Name::default() }
    }

    #[test]
    fn n14_an_inspecting_product_is_known_by_the_name_of_its_authority() {
        let of = |text: &str| product(&named(text));
        assert_eq!(of("CN=Zscaler Intermediate Root CA (zscalertwo.net),O=Zscaler Inc.,C=US"), Some("Zscaler"));
        assert_eq!(of("CN=FG100E4Q17000000,OU=Certificate Authority,O=Fortinet,C=US"), Some("Fortinet FortiGate"));
        assert_eq!(of("CN=ESET SSL Filter CA,O=ESET\\, spol. s r. o.,C=SK"), Some("ESET"));
        assert_eq!(of("CN=Kaspersky Anti-Virus Personal Root Certificate,O=AO Kaspersky Lab"), Some("Kaspersky"));
    }

    #[test]
    fn a_public_authority_is_none() {
        for name in [
            "CN=R11,O=Let's Encrypt,C=US",
            "CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1,O=DigiCert Inc,C=US",
            "CN=Microsoft Azure RSA TLS Issuing CA 03,O=Microsoft Corporation,C=US",
            "CN=Cloudflare Inc ECC CA-3,O=Cloudflare\\, Inc.,C=US",
            "CN=Sectigo RSA Domain Validation Secure Server CA,O=Sectigo Limited,C=GB",
            "CN=GEANT OV RSA CA 4,O=GEANT Vereniging,C=NL",
            "CN=Telekom Security ServerID OV Class 2 CA,O=Deutsche Telekom Security GmbH,C=DE",
            "CN=CORP Issuing CA,O=Corp,C=DE",
        ] {
            assert_eq!(product(&named(name)), None, "{name}");
        }
    }
}
