//! How does one key come by several certificates?

use super::pki::{Made, authority, signed, signed_for};
use rcgen::{CertificateParams, KeyPair};

pub fn copy(key: &KeyPair) -> KeyPair {
    KeyPair::try_from(key.serialize_der().as_slice()).unwrap()
}

/// The key of `made`, signed by another too.
pub fn again(made: &Made, params: CertificateParams, by: &Made) -> Made {
    signed_for(copy(&made.key), params, by)
}

/// One name and many keys, each signed by `top`; and each signed by each.
pub fn twins(count: usize, top: &Made) -> (Vec<Made>, Vec<Made>) {
    let twins: Vec<Made> = (0..count).map(|_| signed(authority("Twin"), top)).collect();
    let by_each = |child| twins.iter().map(|parent| again(child, authority("Twin"), parent)).collect::<Vec<_>>();
    let crossed = twins.iter().flat_map(by_each).collect();
    (twins, crossed)
}
