//! What is all that can be written of a run?

use exdiag::Diagnosis;
use exdiag::finding::Lang;
use exdiag::report::{
    FailOn, Report, TextStyle, Verbosity, Wording, write_html, write_json, write_json_line, write_junit,
    write_markdown, write_nagios, write_prometheus, write_text, write_timings,
};

/// Every format, at every verbosity, in both languages.
pub fn everything(diagnosis: &Diagnosis) -> String {
    let mut out = Vec::new();
    for lang in [Lang::En, Lang::De] {
        let report: Report = diagnosis.report(Wording { lang, fail_on: FailOn::Fail });
        let one = std::slice::from_ref(&report);
        for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
            write_text(&report, TextStyle { lang, verbosity }, &mut out).unwrap();
            write_markdown(&report, TextStyle { lang, verbosity }, &mut out).unwrap();
        }
        write_timings(&report, lang, &mut out).unwrap();
        write_json(&report, &mut out).unwrap();
        write_json_line(&report, &mut out).unwrap();
        write_html(one, lang, &mut out).unwrap();
        write_junit(one, lang, &mut out).unwrap();
        write_nagios(one, lang, &mut out).unwrap();
        write_prometheus(one, lang, &mut out).unwrap();
    }
    String::from_utf8(out).unwrap()
}
