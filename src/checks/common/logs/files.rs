//! Which of the files that were named say nothing, or not all that they hold?

use crate::evidence::logs::reasons::COPY;
use crate::evidence::logs::{LogFile, LogKind};
use crate::finding::system::retold;
use crate::finding::{Finding, reason};
use crate::{findings, text};
use serde_json::{Value, json};

/// Files with one and the same fault that are told one by one.
const EACH: usize = 3;

findings! {
    LOG_IS_A_LIST = "sync.log-device-list", Warn, Caller {
        title { en: "{file} is a list of devices, not a log", de: "{file} ist eine Geräteliste, kein Protokoll" }
        meaning {
            en: "It was not used here: {why}. Exchange's own note of the last synchronisation would stand beside what the logs show.",
            de: "Die Datei wurde hier nicht ausgewertet: {why}. Exchanges eigener Vermerk der letzten Synchronisierung stünde sonst neben dem, was die Protokolle zeigen.",
        }
        remedy { en: "Export it again as JSON, and name it beside the logs", de: "Exportieren Sie sie erneut als JSON und nennen Sie sie neben den Protokollen" }
        steps [
            { en: "All devices of the organisation, in the Exchange Management Shell:", de: "Alle Geräte der Organisation, in der Exchange Management Shell:", Powershell "Get-MobileDevice -ResultSize Unlimited | ForEach-Object { Get-MobileDeviceStatistics $_.Identity } | ConvertTo-Json -Depth 3 > devices.json" },
            { en: "Then:", de: "Danach:", Shell "exdiag logs W3SVC1 W3SVC2 devices.json" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-mobiledevicestatistics"]
    }
    LOG_CUT_SHORT = "sync.log-cut-short", Warn, Caller {
        title { en: "{file} was not read to its end: {why}", de: "{file} wurde nicht bis zum Ende gelesen: {why}" }
        meaning {
            en: "Up to there, {used} {used|line counts|lines count}. What comes behind is missing from the numbers: a success may stand there, or the failure.",
            de: "Ausgewertet {used|ist|sind} {used} {used|Zeile|Zeilen} bis dorthin. Was danach kommt, fehlt in den Zahlen: Dort kann ein Erfolg stehen oder der Fehler.",
        }
        remedy { en: "Read a copy of the log", de: "Lesen Sie eine Kopie des Protokolls" }
        steps [
            { en: "Have the server write out what it holds back, and copy the log once it is no longer moved or cut:", de: "Lassen Sie den Server herausschreiben, was er zurückhält, und kopieren Sie das Protokoll, wenn es nicht mehr verschoben oder gekürzt wird:", Shell "netsh http flush logbuffer" },
            { en: "Read the copy; an archive that ends too soon must be packed anew.", de: "Lesen Sie die Kopie; ein Archiv, das zu früh endet, muss neu gepackt werden." },
        ]
        links ["https://learn.microsoft.com/iis/manage/provisioning-and-managing-iis/configure-logging-in-iis"]
    }
    LOG_UNUSABLE = "sync.log-unusable", Warn, Caller {
        title { en: "{file} brings nothing: {why}", de: "{file} trägt nichts bei: {why}" }
        meaning {
            en: "What it could have shown is missing from the numbers.",
            de: "Was die Datei zeigen könnte, fehlt in den Zahlen.",
        }
        remedy { en: "Name the IIS logs of Exchange", de: "Nennen Sie die IIS-Protokolle von Exchange" }
        steps [
            { en: "W3SVC1 shows what clients saw, W3SVC2 what ActiveSync answered:", de: "W3SVC1 zeigt, was Clients sahen, W3SVC2, was ActiveSync geantwortet hat:", Shell "exdiag logs C:\\inetpub\\logs\\LogFiles\\W3SVC1 C:\\inetpub\\logs\\LogFiles\\W3SVC2" },
        ]
        links ["https://learn.microsoft.com/iis/manage/provisioning-and-managing-iis/configure-logging-in-iis"]
    }
}

/// Judges them.
pub fn judge(files: &[LogFile]) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut unusable: Vec<(Value, Vec<&str>)> = Vec::new();
    for file in files.iter().filter(|file| file.note.as_deref() != Some(COPY)) {
        let about = |code| Finding::new(code).with("file", file.path.as_str());
        let broken = file.broken.as_deref().map(why);
        let why: Value = match (broken, file.kind) {
            (Some(why), LogKind::DeviceList) => {
                out.push(about(&LOG_IS_A_LIST).with("why", why));
                continue;
            }
            (Some(why), _) if file.used > 0 => {
                out.push(about(&LOG_CUT_SHORT).with("why", why).with("used", file.used));
                continue;
            }
            (Some(why), _) => why,
            (None, LogKind::DeviceList) if file.used == 0 => {
                let why = text!("none of its devices was taken up", "Kein Gerät daraus wurde übernommen");
                out.push(about(&LOG_IS_A_LIST).with("why", why));
                continue;
            }
            (None, LogKind::DeviceList) => continue,
            (None, kind) if kind.is_read() => continue,
            (None, LogKind::Empty) => text!("it is empty", "Die Datei ist leer").into(),
            (None, LogKind::Binary) => text!("it is no text", "Die Datei enthält keinen Text").into(),
            (None, _) => {
                text!("it is no log of a known kind", "Die Datei ist kein Protokoll einer bekannten Art").into()
            }
        };
        match unusable.iter_mut().find(|(known, _)| *known == why) {
            Some((_, paths)) => paths.push(&file.path),
            None => unusable.push((why, vec![&file.path])),
        }
    }
    for (why, paths) in unusable {
        let one = |path: &str, why: Value| Finding::new(&LOG_UNUSABLE).with("file", path).with("why", why);
        match paths.split_first() {
            Some((first, others)) if others.len() >= EACH => out.push(one(first, so_are(&why, others.len()))),
            _ => out.extend(paths.iter().map(|path| one(path, why.clone()))),
        }
    }
    out
}

/// Why a file was not read, in both languages where the reason is ours.
fn why(noted: &str) -> Value {
    reason(noted).map_or_else(|| retold(noted), Value::from)
}

/// The same of many files.
fn so_are(why: &Value, count: usize) -> Value {
    let told = |lang: &str| why.get(lang).or(Some(why)).and_then(Value::as_str).unwrap_or_default();
    json!({
        "en": format!("{}, and so it is with {count} further files", told("en")),
        "de": format!("{}, und so ist es bei {count} weiteren Dateien", told("de")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::logs::reasons;

    #[test]
    fn every_reason_that_is_noted_has_its_german() {
        for noted in reasons::ALL {
            assert!(reason(noted).is_some(), "{noted}");
        }
    }

    #[test]
    fn many_files_with_one_fault_are_one_finding_and_few_are_told_each() {
        let file = |i: usize| LogFile {
            path: format!("{i}.txt"),
            kind: LogKind::Unknown,
            lines: 1,
            used: 0,
            skipped: Vec::new(),
            broken: None,
            note: None,
        };
        assert_eq!(judge(&(0..3).map(file).collect::<Vec<_>>()).len(), 3);
        let many = judge(&(0..3000).map(file).collect::<Vec<_>>());
        assert_eq!(many.len(), 1);
        let said = many[0].data.get("why").unwrap();
        assert!(said["en"].as_str().unwrap().ends_with("2999 further files"), "{said}");
    }
}
