//! What do the specifications say? Pure functions over evidence.

pub mod autodiscover;
pub mod chain;
pub mod challenge;
pub mod cipher;
pub mod clients;
pub mod clock;
pub mod ct;
pub mod der;
pub mod differences;
pub mod eas;
pub mod endpoint;
pub mod front;
pub mod handshake;
pub mod hello;
pub mod hosts;
pub mod inspection;
pub mod lint;
pub mod nylas;
pub mod path;
pub mod pox;
pub mod reach;
pub mod revocation;
pub mod stores;
pub mod trusted;
pub mod x509;
