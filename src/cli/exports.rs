//! Which exports of Exchange did the user name, and what is said of one that cannot be used?

use super::args::CheckArgs;
use super::exit::Trouble;
use crate::evidence::{Export, ExportKind};
use crate::gather::export::named;
use crate::protocol::export::{Fault, Format};
use crate::text;
use std::path::PathBuf;

/// The files of `--casmailbox` and `--device-list`.
pub fn files(args: &CheckArgs) -> Vec<(ExportKind, PathBuf)> {
    let all = [(ExportKind::CasMailbox, &args.casmailbox), (ExportKind::DeviceList, &args.device_list)];
    all.into_iter().filter_map(|(kind, path)| Some((kind, path.clone()?))).collect()
}

/// The same as a report names them.
pub fn names(args: &CheckArgs) -> Vec<Export> {
    files(args).iter().map(|(kind, path)| named(*kind, path)).collect()
}

/// Says why a file is not the export that it has to be.
pub fn not_an_export(source: &str, kind: ExportKind, fault: &Fault) -> Trouble {
    let trouble = match fault {
        Fault::Empty => Trouble::new(text!(
            "{source} is empty: {cmdlet} found nothing, or wrote nothing; export again with {cmdlet} MAILBOX | ConvertTo-Json -Depth 3 > FILE",
            "{source} ist leer: {cmdlet} fand nichts oder schrieb nichts; exportieren Sie erneut mit {cmdlet} POSTFACH | ConvertTo-Json -Depth 3 > DATEI",
        )),
        Fault::TooLarge => Trouble::new(text!(
            "{source} is larger than 64 MiB; export one mailbox alone, with {cmdlet} MAILBOX | ConvertTo-Json -Depth 3 > FILE",
            "{source} ist größer als 64 MiB; exportieren Sie nur ein Postfach, mit {cmdlet} POSTFACH | ConvertTo-Json -Depth 3 > DATEI",
        )),
        Fault::Unknown => Trouble::new(text!(
            "{source} is not an export of PowerShell; give JSON, CSV, CliXML or Format-List of {cmdlet}, such as {cmdlet} MAILBOX | ConvertTo-Json -Depth 3 > FILE",
            "{source} ist kein Export der PowerShell; geben Sie JSON, CSV, CliXML oder Format-List von {cmdlet} an, etwa mit {cmdlet} POSTFACH | ConvertTo-Json -Depth 3 > DATEI",
        )),
        Fault::Cut => Trouble::new(text!(
            "{source} is a table for people, with its columns cut; export with {cmdlet} MAILBOX | ConvertTo-Json -Depth 3 > FILE",
            "{source} ist eine Tabelle für Menschen mit abgeschnittenen Spalten; exportieren Sie mit {cmdlet} POSTFACH | ConvertTo-Json -Depth 3 > DATEI",
        )),
        Fault::Broken { format } => Trouble::new(text!(
            "{source} breaks off or is damaged: it begins as {format} and cannot be read to its end; copy or export it again",
            "{source} bricht ab oder ist beschädigt: Die Datei beginnt als {format} und lässt sich nicht bis zum Ende lesen; kopieren oder exportieren Sie sie erneut",
        ))
        .with("format", shown(*format)),
        Fault::Other(other) => Trouble::new(text!(
            "{source} is the output of {other}, not of {cmdlet}; give it with {option}",
            "{source} ist die Ausgabe von {other}, nicht von {cmdlet}; geben Sie sie mit {option} an",
        ))
        .with("other", other.cmdlet())
        .with("option", other.option()),
        Fault::Foreign => Trouble::new(text!(
            "{source} is the output of another cmdlet than {cmdlet}: none of its properties is there; export with {cmdlet} MAILBOX | ConvertTo-Json -Depth 3 > FILE",
            "{source} ist die Ausgabe eines anderen Cmdlets als {cmdlet}: Keine seiner Eigenschaften kommt vor; exportieren Sie mit {cmdlet} POSTFACH | ConvertTo-Json -Depth 3 > DATEI",
        )),
    };
    let cmdlet = match kind {
        ExportKind::CasMailbox => "Get-CASMailbox",
        ExportKind::DeviceList => "Get-MobileDeviceStatistics -Mailbox",
    };
    trouble.with("source", source).with("cmdlet", cmdlet)
}

const fn shown(format: Format) -> &'static str {
    match format {
        Format::Json => "JSON",
        Format::Csv => "CSV",
        Format::CliXml => "CliXML",
        Format::List => "Format-List",
    }
}
