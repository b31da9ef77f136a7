//! What do the specifications say? Pure functions over evidence.

pub mod autodiscover;
pub mod chain;
pub mod challenge;
pub mod ct;
pub mod eas;
pub mod endpoint;
pub mod front;
pub mod hosts;
pub mod nylas;
pub mod pox;
pub mod reach;
pub mod revocation;
pub mod trusted;
pub mod x509;
