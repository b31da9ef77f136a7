//! What do the files hold that an administrator has exported?

use super::SetupError;
use crate::evidence::{Export, ExportKind, NoAnswer, Seen, Subject};
use crate::protocol::export::{Fault, Table, read, select};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A file above this size is no export of one mailbox, nor of a few hundred.
const LARGEST: u64 = 64 << 20;

/// The files of `--casmailbox` and `--device-list`.
#[derive(Debug, Default)]
pub struct Exports(Vec<(Export, Table)>);

impl Exports {
    /// Reads them.
    pub fn read(files: &[(ExportKind, PathBuf)]) -> Result<Self, SetupError> {
        let one = |(kind, path): &(ExportKind, PathBuf)| Ok((named(*kind, path), table(*kind, path)?));
        files.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// What one of them says of the mailbox.
    pub fn about(&self, export: &Export, subject: &Subject) -> Seen {
        let of = |kind| self.0.iter().find(|(known, _)| known.what == kind).map(|(_, table)| table);
        let accounts = of(ExportKind::CasMailbox);
        match self.0.iter().find(|(known, _)| known == export) {
            Some((_, table)) => Seen::Export(select(export.what, table, subject, accounts)),
            None => Seen::NoAnswer(NoAnswer::Offline),
        }
    }
}

/// The file as a report names it.
pub fn named(what: ExportKind, path: &Path) -> Export {
    let name = path.file_name().unwrap_or(path.as_os_str());
    Export { what, file: name.to_string_lossy().into_owned() }
}

fn table(kind: ExportKind, path: &Path) -> Result<Table, SetupError> {
    let wrong = |error: std::io::Error| SetupError::unreadable(path.display(), error);
    let fault = |fault| SetupError::Export { source: path.display().to_string(), kind, fault };
    let mut bytes = Vec::new();
    File::open(path).map_err(wrong)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(wrong)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(fault(Fault::TooLarge));
    }
    read(&bytes, kind).map_err(fault)
}
