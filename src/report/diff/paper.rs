//! How does a comparison read in a ticket or a wiki (GitHub-flavoured Markdown)?

use super::page::{areas, first, headline, mark, sides, spoken, still, told, uncompared};
use super::{Area, Comparison};
use crate::finding::Lang;
use crate::report::Verbosity;
use crate::report::markdown::{code, inline};
use crate::text;
use std::io::{self, Write};

/// Writes a comparison as Markdown.
pub fn write_comparison_markdown(
    comparison: &Comparison,
    (lang, verbosity): (Lang, Verbosity),
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "# {}\n", inline(&headline(comparison, lang)))?;
    writeln!(out, "{} · {} {}\n", code(comparison.label()), comparison.tool.name, comparison.tool.version)?;
    for (word, side) in sides(comparison, lang) {
        writeln!(out, "- {word}: {}", inline(&spoken(side, lang)))?;
    }
    for sentence in first(comparison, lang) {
        writeln!(out, "\n**{}**", inline(&sentence))?;
    }
    for hint in &comparison.places {
        writeln!(out, "\n> {}", inline(&hint.said))?;
    }
    for area in areas(comparison, verbosity) {
        writeln!(out, "\n## {}\n", area.title().of(lang))?;
        for change in told(comparison, verbosity).filter(|change| change.area == area) {
            let (mark, said) = (mark(change), inline(&change.said));
            match change.area {
                Area::Findings => writeln!(out, "- {} {said} · {}", inline(mark), code(&change.about))?,
                _ => writeln!(out, "- {} {}: {said}", inline(mark), inline(&change.about))?,
            }
        }
    }
    if !comparison.not_compared.is_empty() {
        writeln!(out, "\n## {}\n", text!("Not compared", "Nicht verglichen").of(lang))?;
        for line in uncompared(comparison, lang) {
            writeln!(out, "- {}", inline(&line))?;
        }
    }
    if !comparison.still_failing.is_empty() {
        writeln!(out, "\n{}", inline(&still(comparison, lang)))?;
    }
    Ok(())
}
