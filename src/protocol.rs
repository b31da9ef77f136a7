//! What do the specifications say? Pure functions over evidence.

pub mod autodiscover;
pub mod chain;
pub mod challenge;
pub mod cipher;
pub mod clock;
pub mod differences;
pub mod eas;
pub mod endpoint;
pub mod front;
pub mod handshake;
pub mod hello;
pub mod hosts;
pub mod inspection;
pub mod nylas;
pub mod pox;
pub mod reach;
pub mod trusted;
pub mod x509;
