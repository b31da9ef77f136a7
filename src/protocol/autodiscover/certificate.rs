//! Which certificate stands in the way of an attempt, and what is wrong with it?

use super::Attempt;
use crate::evidence::{Stop, View};
use crate::protocol::x509::Certificate;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why clients do not accept a certificate, as far as it alone tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is over.
    Expired,
    /// It does not hold yet.
    NotYetValid,
    /// It is for other names.
    OtherName,
    /// It ends at no authority that is trusted.
    Untrusted,
}

impl Fault {
    /// Its machine-readable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::OtherName => "other-name",
            Self::Untrusted => "untrusted",
        }
    }
}

/// The certificate at which an attempt was not verified, and why; `None` where it was, or where nobody
/// could look.
pub fn refused(view: &View<'_>, attempt: &Attempt) -> Result<Option<(Certificate, Fault)>, Stop> {
    let (Some(false), Some(address)) = (attempt.verified, attempt.address) else { return Ok(None) };
    let port = url::Url::parse(&attempt.probe.url).ok().and_then(|url| url.port_or_known_default()).unwrap_or(443);
    let Ok(seen) = view.tls(address, port, &attempt.host)? else { return Ok(None) };
    let leaf = seen.chain.first().and_then(|text| STANDARD.decode(text).ok());
    Ok(leaf.map(|der| {
        let leaf = Certificate::read(&der);
        let now = view.now();
        let fault = match leaf.validity {
            Some(validity) if validity.not_after < now => Fault::Expired,
            Some(validity) if now < validity.not_before => Fault::NotYetValid,
            _ if !leaf.is_for(&attempt.host) => Fault::OtherName,
            _ => Fault::Untrusted,
        };
        (leaf, fault)
    }))
}
