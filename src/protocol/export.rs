//! What does an export of PowerShell hold, whichever way it was written?
//!
//! ConvertTo-Json of Windows PowerShell 5.1 and of 7, Export-Csv, Export-Clixml and Format-List, in any
//! encoding that `>`, Out-File and Set-Content write. All become the same rows.

mod clixml;
pub(super) mod date;
mod facts;
mod json;
mod list;
mod table;

pub use facts::{Owned, devices, is_service, select};

use crate::evidence::ExportKind;
use std::collections::BTreeMap;

/// The value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// It is not set.
    Null,
    /// As a text, whatever it was.
    Text(String),
    /// Several.
    List(Vec<String>),
}

impl Value {
    /// A text, of which an empty one is none.
    fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.trim().is_empty() { Self::Null } else { Self::Text(text.trim().to_owned()) }
    }
}

/// The properties of one object, by their names in lower case.
pub type Row = BTreeMap<String, Value>;

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// ConvertTo-Json
    Json,
    /// Export-Csv
    Csv,
    /// Export-Clixml
    CliXml,
    /// Format-List
    List,
}

impl Format {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::CliXml => "clixml",
            Self::List => "list",
        }
    }
}

/// An export that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// How it was written.
    pub format: Format,
    /// Its objects, in order.
    pub rows: Vec<Row>,
}

/// Why a file is not the export that it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// There is nothing in it.
    Empty,
    /// It is larger than is read.
    TooLarge,
    /// It is written in no way that is known.
    Unknown,
    /// It is a table for people, whose columns are cut.
    Cut,
    /// It breaks off, or is malformed.
    Broken {
        /// How it is written.
        format: Format,
    },
    /// It is the export of this other kind.
    Other(ExportKind),
    /// Its objects are of another kind altogether.
    Foreign,
}

/// Properties that only such objects have.
const fn signature(kind: ExportKind) -> &'static [&'static str] {
    match kind {
        ExportKind::CasMailbox => &[
            "activesyncenabled",
            "ewsenabled",
            "owaenabled",
            "mapienabled",
            "ewsapplicationaccesspolicy",
            "activesyncmailboxpolicy",
            "activesyncalloweddeviceids",
        ],
        ExportKind::DeviceList => &[
            "deviceid",
            "devicetype",
            "deviceaccessstate",
            "lastsuccesssync",
            "lastsyncattempttime",
            "deviceuseragent",
        ],
    }
}

/// Reads an export of this kind.
pub fn read(bytes: &[u8], kind: ExportKind) -> Result<Table, Fault> {
    let text = decoded(bytes);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}');
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    // a prompt that was copied too begins like an array
    let table = if text.starts_with(['{', '[']) && !text.starts_with("[PS]") {
        Table { format: Format::Json, rows: json::rows(text).ok_or(Fault::Broken { format: Format::Json })? }
    } else if text.starts_with('<') || text.starts_with("#< CLIXML") {
        clixml::rows(text)?
    } else if let Some(rows) = list::rows(text) {
        Table { format: Format::List, rows }
    } else {
        Table { format: Format::Csv, rows: table::rows(text)? }
    };
    let has = |kind| table.rows.iter().any(|row| signature(kind).iter().any(|name| row.contains_key(*name)));
    let other = match kind {
        ExportKind::CasMailbox => ExportKind::DeviceList,
        ExportKind::DeviceList => ExportKind::CasMailbox,
    };
    match (table.rows.is_empty() || has(kind), has(other)) {
        (true, _) => Ok(table),
        (false, true) => Err(Fault::Other(other)),
        (false, false) => Err(Fault::Foreign),
    }
}

/// The text of a file or a pipe by its byte order mark; without one, UTF-16 is known by its zeros, and what is not
/// UTF-8 is taken for the code page of Western Windows.
pub fn decoded(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(bytes, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            // where it differs from Latin-1 stand no letters of names
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        },
    }
}
