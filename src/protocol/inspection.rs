//! Does somebody between here and the server open TLS and show a certificate of their own?
//!
//! Firewalls, web filters and virus scanners that inspect TLS make a certificate for the very name
//! asked for, on the spot, and sign it with their own authority. That says nothing of the server.

use super::x509::{Certificate, Name};

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
