//! Which certificates stand above each other at a server as it should be?

use super::pki::{Made, authority, root, signed};
use rcgen::CertificateParams;

/// A root, an intermediate and a leaf as public authorities have them.
pub struct Pki {
    pub root: Made,
    pub inter: Made,
    pub leaf: Made,
}

impl Pki {
    pub fn of(inter: CertificateParams, leaf: CertificateParams) -> Self {
        let root = root(authority("Example Root X1"));
        let inter = signed(inter, &root);
        let leaf = signed(leaf, &inter);
        Self { root, inter, leaf }
    }
}
