//! What is handed to those who must act: their messages, and a folder with what is to be done?

use super::args::{HandArgs, MessageFor};
use super::exit::{Trouble, Voice};
use super::output::Target;
use crate::finding::{Lang, Owner};
use crate::report::{Envelope, Report, fix, is_from_fix, nothing_to_fix, owners, write_messages};
use crate::text;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// The messages and the folder that were asked for.
#[derive(Debug)]
pub struct Hand {
    message_for: Option<MessageFor>,
    /// Under which name the messages say that the report is attached.
    attached: Option<String>,
    folder: Option<PathBuf>,
    /// Whether more than one report may come.
    many: bool,
    /// Whether a message names an attachment.
    names_report: bool,
}

impl Hand {
    /// Looks whether the folder can be written to, before anything is sent. `files`: where reports go.
    pub fn open(args: &HandArgs, files: &[PathBuf], many: bool) -> Result<Self, Trouble> {
        if let Some(folder) = &args.fix {
            writable(folder).map_err(|error| unusable(folder, &error))?;
            if fs::read_to_string(folder.join("README.txt")).is_ok_and(|there| !is_from_fix(&there)) {
                return Err(Trouble::new(text!(
                    "--fix: {path} holds a README.txt that exdiag has not written; name a folder of its own",
                    "--fix: {path} enthält eine README.txt, die nicht von exdiag ist; nennen Sie einen eigenen Ordner",
                ))
                .with("path", folder.display()));
            }
        }
        let ends = |wanted: &str| files.iter().find(|file| file.extension().is_some_and(|ending| ending == wanted));
        let attached = ends("json")
            .or_else(|| ends("zip"))
            .and_then(|file| file.file_name())
            .map(|name| name.to_string_lossy().into_owned());
        Ok(Self { message_for: args.message_for, attached, folder: args.fix.clone(), many, names_report: false })
    }

    /// The messages that stand in place of a report; `None` where the report is wanted.
    pub fn messages(&mut self, report: &Report, lang: Lang) -> Option<Vec<u8>> {
        let wanted = self.message_for?.owner();
        // the mailbox's user has no use for a report
        let names = |owner: Owner| owner != Owner::User && wanted.is_none_or(|wanted| wanted == owner);
        self.names_report |= owners(report).into_iter().any(names);
        let mut out = Vec::new();
        let attached = self.attached.as_deref().unwrap_or("report.json");
        let envelope = Envelope { lang, many: self.many, attached, with_files: self.folder.is_some() };
        let written = write_messages(report, wanted, &envelope, &mut out);
        debug_assert!(written.is_ok(), "writing to memory succeeds");
        Some(out)
    }

    /// Whether messages stand in place of the reports.
    pub fn writes(&self) -> bool {
        self.message_for.is_some()
    }

    /// Writes the folder for a report, or says why there is nothing to write.
    pub fn keep(&self, report: &Report, lang: Lang) -> Result<(), Trouble> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let files = fix(report, lang);
        if files.is_empty() {
            // nobody is left to hear that standard error is closed
            let _ = writeln!(io::stderr(), "exdiag: --fix: {}", nothing_to_fix(report, lang));
            return Ok(());
        }
        let folder = if self.many { folder.join(name_of(report)) } else { folder.clone() };
        fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        for file in files {
            let mut target = Target::open(&folder.join(&file.name))?;
            target.write_all(file.text.as_bytes()).map_err(|error| target.not_written(&error))?;
            target.finish()?;
        }
        Ok(())
    }

    /// Says what is still missing to send a message.
    pub fn finish(&self, lang: Lang) {
        if self.names_report && self.attached.is_none() {
            let hint = Trouble::new(text!(
                "the messages name report.json as attached; --output report.json writes it",
                "Die Anschreiben nennen report.json als Anhang; --output report.json schreibt die Datei",
            ));
            hint.say(lang, Voice::Plain);
        }
    }
}

/// The folder of one of several mailboxes.
fn name_of(report: &Report) -> String {
    let label = report.target.mailbox.as_deref().unwrap_or(&report.target.domain);
    let plain = |letter: char| if letter.is_alphanumeric() || "@._+-".contains(letter) { letter } else { '-' };
    let name: String = label.chars().take(200).map(plain).collect();
    name.trim_start_matches('.').to_owned()
}

/// Whether a folder can be written to, or made; leaves nothing behind.
fn writable(folder: &Path) -> io::Result<()> {
    match fs::metadata(folder) {
        Ok(there) if !there.is_dir() => return Err(io::Error::from(ErrorKind::NotADirectory)),
        Ok(_) => return tempfile::Builder::new().prefix(".exdiag-").tempfile_in(folder).map(drop),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    // a link that leads nowhere
    if fs::symlink_metadata(folder).is_ok() {
        return Err(io::Error::from(ErrorKind::NotADirectory));
    }
    match folder.parent() {
        Some(parent) if parent.as_os_str().is_empty() => writable(Path::new(".")),
        Some(parent) => writable(parent),
        None => Err(io::Error::from(ErrorKind::NotFound)),
    }
}

fn unusable(folder: &Path, error: &io::Error) -> Trouble {
    Trouble::new(text!(
        "--fix: could not use {path} ({error}); name a folder that you may write to, or one that is to be made",
        "--fix: {path} ist nicht verwendbar ({error}); nennen Sie einen Ordner, in den Sie schreiben dürfen, oder einen, der angelegt werden soll",
    ))
    .with("path", folder.display())
    .with_system(error)
}
