//! What do the logs of an Exchange server tell of its devices?
//!
//! Bytes in, tables out: nothing here opens a file or reads a clock. A [`Scanner`] reads one part of one
//! file; [`Collected`] puts the parts together, in whatever order they come, and [`Collected::told`] says
//! what they show. Exchange logs a request up to four times: on the front end, in the HttpProxy log, on the back
//! end, in the mailbox log; a reverse proxy does once more. Hits are counted in one of them, successes
//! where ActiveSync's own answer shows.

mod access;
mod answer;
mod columns;
mod device;
mod ews;
#[cfg(test)]
mod fuzz;
mod http_proxy;
mod joined;
mod keyed;
mod kind;
mod lines;
mod listed;
mod mailbox;
mod origin;
mod query;
mod reader;
#[cfg(test)]
mod rules;
mod scan;
mod server;
mod site;
mod streak;
mod summary;
mod table;
mod tally;

pub use columns::Columns;
pub use kind::{columns_of, kind, why_unknown};
pub use mailbox::Known;
pub use reader::{Reader, With};
pub use scan::{Part, Scanner};
pub use summary::{Collected, Wanted};
pub use table::Chosen;
