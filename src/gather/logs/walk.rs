//! Which files lie in a folder, and what stands in the way of reading one?

use crate::evidence::logs::reasons;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use zip::result::ZipError;

/// All files below a folder, and what of it cannot be listed. A link to a folder is not followed: it may lead in
/// circles.
pub fn walk(folder: &Path, out: &mut Vec<PathBuf>, failed: &mut Vec<(PathBuf, io::Error)>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() {
            if let Err(error) = walk(&path, out, failed) {
                failed.push((path, error));
            }
        } else if kind.is_file() {
            out.push(path);
        } else if kind.is_symlink() {
            match std::fs::metadata(&path) {
                Ok(data) if data.is_file() => out.push(path),
                Ok(_) => {}
                Err(error) => failed.push((path, error)),
            }
        }
    }
    Ok(())
}

/// Whether a system has put it there by itself beside what was packed or copied: macOS's own records of files and
/// folders, and Windows' of how a folder is shown.
pub fn is_litter(path: &str) -> bool {
    let mut parts = path.rsplit(['/', '\\']);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    name.starts_with("._")
        || matches!(name.as_str(), ".ds_store" | "thumbs.db" | "desktop.ini" | "__macosx")
        || parts.any(|folder| folder == "__MACOSX")
}

/// Whether it is a pipe with a name of its own: opening it waits until somebody writes, perhaps for ever. One that a
/// shell makes for a command is written to.
#[cfg(unix)]
pub fn is_named_pipe(path: &Path, data: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    data.file_type().is_fifo() && !["/dev", "/proc"].iter().any(|folder| path.starts_with(folder))
}

/// There are none that a path could name like a file.
#[cfg(not(unix))]
pub fn is_named_pipe(_: &Path, _: &Metadata) -> bool {
    false
}

/// What stands in the way: a reason of ours, which is told in the reader's language, or the system's own word.
pub fn said(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::PermissionDenied => reasons::DENIED,
        io::ErrorKind::NotFound => reasons::GONE,
        io::ErrorKind::UnexpectedEof => reasons::ENDS_EARLY,
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => reasons::DAMAGED,
        _ => return error.to_string(),
    };
    known.to_owned()
}

/// What stands in the way of reading an archive.
pub fn of_archive(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            io::Error::other(reasons::PASSWORD)
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            io::Error::other(reasons::OTHER_ARCHIVE)
        }
        _ => io::ErrorKind::InvalidData.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_system_puts_beside_files_is_told_from_files() {
        for path in [
            "__MACOSX/T-1/._report.json",
            "__MACOSX/x",
            "T-1/.DS_Store",
            "._u_ex.log",
            "a\\Thumbs.db",
            "x/desktop.ini",
            "x/Desktop.ini",
        ] {
            assert!(is_litter(path), "{path}");
        }
        for path in ["report.json", ".log", "x/_.log", "MACOSX/a.log", "thumbs.db.log", "a._b", "x/.config", "x/ini"] {
            assert!(!is_litter(path), "{path}");
        }
    }
}
