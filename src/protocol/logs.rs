//! What do the logs of an Exchange server tell of its devices?
//!
//! Bytes in, tables out: nothing here opens a file or reads a clock. A [`Scanner`] reads one part of one
//! file; [`Collected`] puts the parts together, in whatever order they come, and [`Collected::told`] says
//! what they show. Exchange logs a request twice, on the front end and on the back end: hits are
//! counted on the front end where a device is seen there, successes on the back end, which alone shows
//! what ActiveSync answered.

mod answer;
mod columns;
mod device;
mod kind;
mod query;
mod scan;
mod streak;
mod summary;
mod table;
mod tally;

pub use columns::Columns;
pub use kind::{columns_of, kind};
pub use scan::{Part, Scanner};
pub use summary::{Collected, Wanted};
