//! How is a file that holds a secret read?

use crate::gather::{SetupError, Unfit};
use std::path::Path;

/// The first line of a file.
pub fn first_line_of(path: &Path) -> Result<String, SetupError> {
    let from = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| SetupError::unreadable(&from, error))?;
    first_line(bytes, &from)
}

/// The first line without its end, and without the mark that Windows puts in front.
pub fn first_line(bytes: Vec<u8>, from: &str) -> Result<String, SetupError> {
    let text = String::from_utf8(bytes).map_err(|_| SetupError::unfit(from, Unfit::NotUtf8))?;
    let line = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    if line.is_empty() { Err(SetupError::unfit(from, Unfit::Empty)) } else { Ok(line.to_owned()) }
}

/// The whole file; Windows PowerShell writes UTF-16 where a shell's output is redirected.
pub fn whole_text_of(path: &Path) -> Result<String, SetupError> {
    let from = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| SetupError::unreadable(&from, error))?;
    let text = match bytes.strip_prefix(&[0xff, 0xfe]) {
        Some(rest) => {
            let units = rest.chunks_exact(2).filter_map(|two| Some(u16::from_le_bytes(two.try_into().ok()?)));
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        None => String::from_utf8(bytes).ok(),
    };
    let text = text.ok_or_else(|| SetupError::unfit(&from, Unfit::NotUtf8))?;
    let is_empty = text.trim_start_matches('\u{feff}').trim().is_empty();
    if is_empty { Err(SetupError::unfit(from, Unfit::Empty)) } else { Ok(text) }
}
