//! Is what authorities say about certificates read by the rules, and each fault named by its code?
//!
//! Every case signs its own lists and answers; `EXDIAG_BLESS=1 cargo test --test revocation`
//! records those that `fixtures/evidence` does not hold yet.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "../support"]
mod support {
    pub mod codes;
    pub mod pki;
    pub mod public;
    pub mod record;
    pub mod scene;
}

mod build;
mod check;
mod crl;
mod ocsp;
