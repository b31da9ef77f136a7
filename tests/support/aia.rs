//! How does a certificate say where its issuer's lies?

use rcgen::CustomExtension;

/// RFC 5280, 4.2.2.1: Authority Information Access with one `caIssuers` address.
pub fn issuer_at(url: &str) -> CustomExtension {
    let tagged = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let method = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];
    let access = tagged(0x30, &[&method[..], &tagged(0x86, url.as_bytes())].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tagged(0x30, &access))
}
