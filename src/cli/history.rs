//! How are finished reports kept, and what do the kept ones remember? (`--history DIR`)
//!
//! A report is one file, there whole or not at all, readable by its owner only. Nothing that exdiag did not
//! write is read, changed or removed.

use super::exit::Trouble;
use super::output;
use crate::evidence::service::History;
use crate::order;
use crate::protocol::der::hex;
use crate::report::{Report, write_json};
use crate::text;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// So many reports are kept of a mailbox; then the oldest goes.
const KEPT: usize = 50;

/// The checks that show that a mailbox works, the more telling first.
const TELLING: [&str; 2] = ["activesync-session", "last-sync"];

/// A folder of kept reports.
#[derive(Debug)]
pub struct Folder<'a>(pub &'a Path);

/// Of a kept report, what is looked at.
#[derive(Deserialize)]
struct Kept {
    started_at: Timestamp,
    target: Target,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Target {
    mailbox: Option<String>,
}

#[derive(Deserialize)]
struct Check {
    id: String,
    status: String,
}

impl Folder<'_> {
    /// What the kept reports of this mailbox remember, and what was in the way of reading them.
    pub fn of(&self, mailbox: &str) -> (Option<History>, Vec<Trouble>) {
        let mut troubles = Vec::new();
        let files = match self.files(mailbox) {
            Ok(files) => files,
            // it is made when the first report is kept
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (None, troubles),
            Err(error) => {
                troubles.push(self.unusable(&error));
                return (None, troubles);
            }
        };
        let mut history = History { reports: 0, worked_at: None, worked_by: None };
        for file in files.iter().rev() {
            let read = fs::read(file);
            let kept = read.and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).map_err(io::Error::from));
            let kept = match kept {
                Ok(kept) if same(kept.target.mailbox.as_deref(), mailbox) => kept,
                Ok(_) => continue,
                Err(error) => {
                    troubles.push(
                        Trouble::new(text!(
                            "--history: could not read {path} ({error}); it was left out, delete it if it is broken",
                            "--history: {path} lässt sich nicht lesen ({error}); die Datei wurde ausgelassen, löschen Sie sie, falls sie defekt ist",
                        ))
                        .with("path", file.display())
                        .with_system(&error),
                    );
                    continue;
                }
            };
            history.reports += 1;
            let passed = |id: &&str| kept.checks.iter().any(|check| check.id == *id && check.status == "pass");
            if history.worked_at.is_none()
                && let Some(by) = TELLING.iter().find(|id| passed(id))
            {
                (history.worked_at, history.worked_by) = (Some(kept.started_at), Some((*by).to_owned()));
            }
        }
        ((history.reports > 0).then_some(history), troubles)
    }

    /// Keeps a finished report, and lets the oldest of its mailbox go where there are too many.
    pub fn keep(&self, report: &Report) -> Result<(), Trouble> {
        let mailbox = report.target.mailbox.as_deref().unwrap_or(&report.target.domain);
        self.try_keep(report, mailbox).map_err(|error| self.unusable(&error))
    }

    fn try_keep(&self, report: &Report, mailbox: &str) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(self.0)?;
        let moment: String = report.started_at.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut file = output::Target::try_open(&self.0.join(format!("{}{moment}.json", prefix(mailbox))), true)?;
        write_json(report, &mut file)?;
        file.try_finish()?;
        let files = self.files(mailbox)?;
        for old in files.iter().take(files.len().saturating_sub(KEPT)) {
            fs::remove_file(old)?;
        }
        Ok(())
    }

    /// The files that exdiag has kept of this mailbox, the oldest first.
    fn files(&self, mailbox: &str) -> io::Result<Vec<PathBuf>> {
        let prefix = prefix(mailbox);
        let mut found = Vec::new();
        for entry in fs::read_dir(self.0)? {
            let entry = entry?;
            let name = entry.file_name();
            let moment = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(".json"));
            if moment.is_some_and(is_moment) && entry.file_type()?.is_file() {
                found.push((moment.map(sortable), entry.path()));
            }
        }
        order::rising(&mut found);
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    fn unusable(&self, error: &io::Error) -> Trouble {
        Trouble::new(text!(
            "--history: could not use {path} ({error}); the report was not kept; name a folder that you may write to",
            "--history: {path} ist nicht verwendbar ({error}); der Bericht wurde nicht aufbewahrt; nennen Sie einen Ordner, in den Sie schreiben dürfen",
        ))
        .with("path", self.0.display())
        .with_system(error)
    }
}

/// With what the names of a mailbox's files begin: the names of files are seen by more than their content.
fn prefix(mailbox: &str) -> String {
    let hash = digest(&SHA256, mailbox.to_ascii_lowercase().as_bytes());
    format!("exdiag-{}-", hex(hash.as_ref().get(..8).unwrap_or_default()))
}

/// Whether it is a time without its punctuation, such as `20261122T200000Z` or `20261122T200000123Z`.
fn is_moment(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_suffix('Z')
        .and_then(|text| text.split_once('T'))
        .is_some_and(|(day, time)| day.len() == 8 && (6..=15).contains(&time.len()) && digits(day) && digits(time))
}

/// A whole second comes before its parts.
fn sortable(moment: &str) -> String {
    moment.trim_end_matches('Z').to_owned()
}

fn same(kept: Option<&str>, mailbox: &str) -> bool {
    kept.is_some_and(|kept| kept.eq_ignore_ascii_case(mailbox))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Lang;
    use crate::report::{FailOn, Wording};

    const MAILBOX: &str = "anna@corp.example";

    fn report(second: u32, mailbox: &str) -> Report {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence/session-healthy.json");
        let evidence = crate::report::read(&fs::read(fixture).unwrap()).unwrap().remove(0);
        let mut report = crate::replay(evidence).report(Wording { lang: Lang::En, fail_on: FailOn::Fail });
        report.started_at = format!("2026-11-22T20:{:02}:{:02}Z", second / 60, second % 60);
        report.target.mailbox = Some(mailbox.to_owned());
        report
    }

    #[test]
    fn a_report_is_kept_whole_for_its_owner_and_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        let history = Folder(&path);
        assert!(matches!(history.of(MAILBOX), (None, troubles) if troubles.is_empty()));
        history.keep(&report(1, MAILBOX)).unwrap();
        history.keep(&report(2, "Boss@corp.example")).unwrap();
        let (found, troubles) = history.of("Anna@corp.example");
        assert!(troubles.is_empty());
        let found = found.unwrap();
        assert_eq!((found.reports, found.worked_at), (1, "2026-11-22T20:00:01Z".parse().ok()));
        assert_eq!(found.worked_by.as_deref(), Some("activesync-session"));
        let names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(names.len(), 2);
        assert!(names.iter().all(|name| !name.to_string_lossy().contains("anna")));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(&names[0])), (0o700, 0o600));
        }
    }

    #[test]
    fn the_oldest_goes_and_nothing_of_others_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let history = Folder(folder.path());
        let own = prefix(MAILBOX);
        let foreign = ["notes.txt".to_owned(), format!("{own}notes.json"), format!("{own}20261122T190000Z.json.bak")];
        for name in &foreign {
            fs::write(folder.path().join(name), "mine").unwrap();
        }
        fs::create_dir(folder.path().join(format!("{own}20200101T000000Z.json"))).unwrap();
        fs::write(folder.path().join(format!("{own}20261122T190000Z.json")), "{\"started_at\":").unwrap();
        assert_eq!(history.of(MAILBOX).1.len(), 1, "what is broken is said");
        let kept = u32::try_from(KEPT).unwrap();
        for second in 0..kept + 3 {
            history.keep(&report(second, MAILBOX)).unwrap();
        }
        let files = history.files(MAILBOX).unwrap();
        assert_eq!(files.len(), KEPT);
        assert!(files[0].to_string_lossy().ends_with("T200003Z.json"), "{files:?}");
        for name in &foreign {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "mine");
        }
    }

    #[test]
    fn a_folder_that_is_none_is_said_and_nothing_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "mine").unwrap();
        let history = Folder(&path);
        assert_eq!(history.of(MAILBOX).1.len(), 1);
        assert!(history.keep(&report(1, MAILBOX)).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
