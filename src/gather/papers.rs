//! Which of the files that are named as logs hold answers of the sync service?

use crate::evidence::service::Paper;
use crate::protocol::nylas::papers::{Other, read};
use std::path::{Path, PathBuf};

/// Nobody pastes more.
const LARGEST: u64 = 4 << 20;

/// Files, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sorted {
    /// Those for the reader of logs.
    pub logs: Vec<PathBuf>,
    /// What the others hold.
    pub papers: Vec<Paper>,
}

/// A file that begins like JSON and is nothing of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The file.
    pub path: PathBuf,
    /// The line where it breaks off or goes wrong; none where it is whole and somebody else's.
    pub line: Option<usize>,
}

/// Sorts what was named. What cannot be read is left to the reader of logs, which says so.
pub fn sorted(paths: &[PathBuf]) -> Result<Sorted, Unfit> {
    let mut out = Sorted::default();
    for path in paths {
        let Some(text) = short_text(path) else {
            out.logs.push(path.clone());
            continue;
        };
        let unfit = |line| Unfit { path: path.clone(), line };
        match read(&text, &path.display().to_string()) {
            Ok(papers) => out.papers.extend(papers),
            Err(Other::NoJson) => out.logs.push(path.clone()),
            // an export of devices
            Err(Other::Foreign) if text.contains("Device") => out.logs.push(path.clone()),
            Err(Other::Foreign) => return Err(unfit(None)),
            Err(Other::Broken(line)) => return Err(unfit(Some(line))),
        }
    }
    Ok(out)
}

/// The text of a small file that begins like JSON.
fn short_text(path: &Path) -> Option<String> {
    let about = std::fs::metadata(path).ok().filter(|about| about.is_file() && about.len() <= LARGEST)?;
    let bytes = std::fs::read(path).ok()?;
    let text = String::from_utf8(bytes).ok().filter(|_| about.len() > 0)?;
    let mut letters = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{feff}');
    // a line of a log may begin with a time in brackets
    let is_json = match (letters.next(), letters.next()) {
        (Some('{'), _) => true,
        (Some('['), next) => matches!(next, Some('{' | ']')),
        _ => false,
    };
    is_json.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let account = file("a.log", r#"{"id":"a1","sync_state":"stopped"}"#);
        let log = file("b.json", "#Fields: date time\n");
        let bracket = file("c.txt", "[12:00:01] started\n");
        let devices = file("d.json", r#"[{"DeviceId":"x","LastSuccessSync":null}]"#);
        let missing = folder.path().join("missing");
        let all = [account, log.clone(), bracket.clone(), devices.clone(), missing.clone()];
        let sorted_ones = sorted(&all).unwrap();
        assert_eq!(sorted_ones.logs, [log, bracket, devices, missing]);
        assert_eq!(sorted_ones.papers.len(), 1);
        let broken = file("e.json", "{\"data\":\n{\"id\":");
        assert_eq!(sorted(std::slice::from_ref(&broken)), Err(Unfit { path: broken, line: Some(2) }));
        let foreign = file("f.json", r#"{"name":"Anna"}"#);
        assert_eq!(sorted(std::slice::from_ref(&foreign)), Err(Unfit { path: foreign, line: None }));
    }
}
