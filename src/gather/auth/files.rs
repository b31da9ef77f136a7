//! How is a file that holds a secret read?

use crate::gather::{SetupError, Unfit};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// No secret is longer, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The first line of a file.
pub fn first_line_of(path: &Path) -> Result<String, SetupError> {
    let from = path.display().to_string();
    first_line(bytes_of(path, &from)?, &from)
}

/// The first line without its end, and without the mark that Windows puts in front.
pub fn first_line(bytes: Vec<u8>, from: &str) -> Result<String, SetupError> {
    let text = decoded(bytes, from)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() { Err(SetupError::unfit(from, Unfit::Empty)) } else { Ok(line.to_owned()) }
}

/// The whole file.
pub fn whole_text_of(path: &Path) -> Result<String, SetupError> {
    let from = path.display().to_string();
    let text = decoded(bytes_of(path, &from)?, &from)?;
    if text.trim().is_empty() { Err(SetupError::unfit(from, Unfit::Empty)) } else { Ok(text) }
}

fn bytes_of(path: &Path, from: &str) -> Result<Vec<u8>, SetupError> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
        let is_whole = u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST);
        if is_whole { Ok(bytes) } else { Err(io::Error::from(ErrorKind::FileTooLarge)) }
    };
    read().map_err(|error| SetupError::unreadable(from, error))
}

/// Windows PowerShell writes UTF-16 where its output is redirected.
fn decoded(bytes: Vec<u8>, from: &str) -> Result<String, SetupError> {
    let text = match bytes.strip_prefix(&[0xff, 0xfe]) {
        Some(rest) => {
            let units = rest.chunks_exact(2).filter_map(|two| Some(u16::from_le_bytes(two.try_into().ok()?)));
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        None => String::from_utf8(bytes).ok(),
    };
    let text = text.ok_or_else(|| SetupError::unfit(from, Unfit::NotUtf8))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn what_windows_powershell_has_written_is_read() {
        let utf16: Vec<u8> = "\u{feff}gehe:im ü\r\nzwei\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [utf16, "\u{feff}gehe:im ü\r\nzwei".as_bytes().to_vec(), "gehe:im ü".as_bytes().to_vec()] {
            assert_eq!(first_line_of(file(&bytes).path()).unwrap(), "gehe:im ü");
        }
        assert!(first_line_of(file(b"\xff\xfe").path()).is_err() && first_line_of(file(b"\xe4").path()).is_err());
    }

    #[test]
    fn what_is_too_large_for_a_secret_is_not_read_whole() {
        let large = file(&vec![b'a'; 1024 * 1024 + 1]);
        assert!(whole_text_of(large.path()).is_err() && first_line_of(large.path()).is_err());
    }
}
