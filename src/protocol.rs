//! What do the specifications say? Pure functions over evidence.

pub mod autodiscover;
pub mod chain;
pub mod challenge;
pub mod clients;
pub mod ct;
pub mod eas;
pub mod endpoint;
pub mod front;
pub mod hosts;
pub mod lint;
pub mod nylas;
pub mod path;
pub mod pox;
pub mod reach;
pub mod revocation;
pub mod stores;
pub mod trusted;
pub mod x509;
