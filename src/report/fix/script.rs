//! How do commands become a script that nobody runs by accident?

use super::{Kind, Piece, heading, lacking, prose};
use crate::finding::Lang;
use crate::text;

/// Before prose; what stands behind a single `#` is a line that could run.
const MARK: &str = "## ";

/// A script, or pieces of a configuration.
pub(super) fn script(kind: Kind, pieces: &[&Piece<'_>], lang: Lang) -> String {
    let mut out = Vec::new();
    let (first, guard) = match kind {
        // PowerShell 5.1 takes a file without the mark for one in the system's code page, in which letters become quotes
        Kind::Powershell(_) => ("\u{feff}", "return"),
        Kind::Shell(_) => ("#!/bin/sh\n", "case ${0##*/} in *.sh) exit 1 ;; esac"),
        Kind::Config | Kind::Zone => ("", ""),
    };
    prose(&mut out, MARK, MARK, &format!("{}: {}", kind.file(), kind.about(lang)));
    let warning = text!(
        "exdiag has run nothing of this. Read each line, and use those whose comment applies.",
        "exdiag hat nichts davon ausgeführt. Lesen Sie jede Zeile und verwenden Sie die, deren Kommentar zutrifft.",
    );
    prose(&mut out, MARK, MARK, warning.of(lang));
    if !guard.is_empty() {
        let why = text!(
            "The next line keeps the file from running as a whole: steps can exclude each other.",
            "Die nächste Zeile verhindert, dass die Datei als Ganzes läuft: Schritte können sich ausschließen.",
        );
        prose(&mut out, MARK, MARK, why.of(lang));
        out.push(guard.to_owned());
    }
    let mut before: Option<&Piece<'_>> = None;
    for piece in pieces {
        heading(&mut out, MARK, piece, before);
        // whatever follows a line that cannot run may need it
        let mut held_back = false;
        for (part, lacks) in &piece.parts {
            lacking(&mut out, MARK, lacks, lang);
            held_back |= !lacks.is_empty();
            let mark = if held_back { "# " } else { "" };
            out.extend(part.lines().map(|line| format!("{mark}{line}")));
        }
        before = Some(piece);
    }
    let lines = out.iter().flat_map(|line| [line.trim_end(), "\n"]);
    [first].into_iter().chain(lines).collect()
}
