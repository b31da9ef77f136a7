//! When was what asked, and how long did each answer take?

use super::tables::head;
use super::tag::Html;
use crate::evidence::http::Timing;
use crate::evidence::{Record, Seen};
use crate::finding::Lang;
use crate::order;
use crate::report::Report;
use crate::report::seen::seen_word;
use crate::text;

/// The width of a bar's picture.
const WIDE: u64 = 1000;

/// Every probe with its bar, in the order of asking.
pub(super) fn waterfall(html: &mut Html, report: &Report, lang: Lang) {
    let mut records: Vec<_> = report.evidence.records.iter().collect();
    if records.is_empty() {
        return;
    }
    order::by_key(&mut records, |(_, record)| (record.at_ms, record.took_ms));
    let whole = report.duration_ms.max(1);
    let critical = report.evidence.critical_path();
    html.element("h3", &[], text!("Timeline", "Zeitverlauf").of(lang));
    html.within("ul", &[("class", "legend")], |html| {
        let kinds = [
            ("dns", text!("name", "Name")),
            ("tcp", text!("connection", "Verbindung")),
            ("tls", text!("TLS", "TLS")),
            ("wait", text!("waiting for the answer", "Warten auf die Antwort")),
            ("body", text!("reading", "Lesen")),
        ];
        for (class, word) in kinds {
            html.within("li", &[], |html| {
                let size = [("width", "14"), ("height", "10"), ("aria-hidden", "true")];
                html.within("svg", &size, |html| {
                    html.empty("rect", &[("class", class), ("width", "14"), ("height", "10")]);
                });
                html.text(word.of(lang));
            });
        }
    });
    html.within("table", &[("class", "bars")], |html| {
        html.element(
            "caption",
            &[],
            &match lang {
                Lang::En => format!("The whole width is {whole} ms; ◆ stands on the critical path."),
                Lang::De => format!("Die ganze Breite sind {whole} ms; ◆ liegt auf dem kritischen Pfad."),
            },
        );
        head(
            html,
            [
                text!("Question", "Frage").of(lang),
                text!("When, and what came back", "Wann, und was zurückkam").of(lang),
            ],
        );
        html.within("tbody", &[], |html| {
            for (probe, record) in records {
                html.within("tr", &[], |html| {
                    html.within("th", &[("scope", "row")], |html| {
                        html.element("code", &[], &probe.to_string());
                        if critical.contains(&probe) {
                            html.text(" ◆");
                        }
                    });
                    html.within("td", &[], |html| {
                        bar(html, record, whole);
                        let seen = seen_word(&record.seen);
                        html.text(&format!("{} ms + {} ms: {seen}", record.at_ms, record.took_ms));
                    });
                });
            }
        });
    });
}

fn bar(html: &mut Html, record: &Record, whole: u64) {
    let x_of = |ms: u64| ms.saturating_mul(WIDE) / whole;
    let attributes =
        [("viewBox", "0 0 1000 10"), ("preserveAspectRatio", "none"), ("aria-hidden", "true"), ("focusable", "false")];
    html.within("svg", &attributes, |html| {
        let mut at = record.at_ms;
        let end = record.at_ms.saturating_add(record.took_ms);
        let mut piece = |class: &str, ms: u64| {
            let from = x_of(at);
            at = at.saturating_add(ms).min(end);
            let wide = x_of(at).saturating_sub(from).max(4);
            let (x, wide) = (from.min(WIDE - 4).to_string(), wide.to_string());
            html.empty("rect", &[("class", class), ("x", &x), ("width", &wide), ("height", "10")]);
        };
        let phases = phases(&record.seen);
        let told: u64 = phases.iter().map(|(_, ms)| ms).sum();
        for (class, ms) in phases {
            piece(class, ms);
        }
        if record.took_ms > told {
            let rest = if matches!(record.seen, Seen::Dns(_)) { "dns" } else { "wait" };
            piece(rest, record.took_ms - told);
        }
    });
}

/// The parts of an answer's time that are known, in their order.
fn phases(seen: &Seen) -> Vec<(&'static str, u64)> {
    let of = |timing: &Timing| {
        let all = [
            ("dns", timing.resolve_ms),
            ("tcp", timing.connect_ms),
            ("tls", timing.handshake_ms),
            ("wait", timing.response_ms),
            ("body", timing.body_ms),
        ];
        all.into_iter().filter_map(|(class, ms)| Some((class, ms?))).filter(|(_, ms)| *ms > 0).collect()
    };
    match seen {
        Seen::Http(http) | Seen::Service(http) => of(&http.timing),
        Seen::Tls(tls) => {
            of(&Timing { connect_ms: tls.connect_ms, handshake_ms: tls.handshake_ms, ..Timing::default() })
        }
        _ => Vec::new(),
    }
}
