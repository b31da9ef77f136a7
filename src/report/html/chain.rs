//! Which certificates did a server send, which are needed, and where is the gap?

use super::tag::Html;
use crate::finding::{Lang, Severity, Status};
use crate::protocol::x509::Certificate;
use crate::report::certificates::{Shown, shown};
use crate::report::fold::cut;
use crate::report::{FindingReport, Report};
use crate::text;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// No report draws more chains.
const MOST: usize = 6;
/// Height of a row, and of the box in it.
const ROW: usize = 70;
const BOX: usize = 48;

/// Every chain that is unlike the others, as a picture, with the places that sent it.
pub(super) fn chains(html: &mut Html, report: &Report, lang: Lang) {
    let mut drawn: Vec<(Shown, Vec<String>)> = Vec::new();
    for server in shown(report) {
        let place = format!("{} ({}:{})", server.host, server.address, server.port);
        let prints = |shown: &Shown| shown.chain.iter().map(|c| c.fingerprint.clone()).collect::<Vec<_>>();
        match drawn.iter_mut().find(|(known, _)| prints(known) == prints(&server)) {
            Some((_, places)) => places.push(place),
            None => drawn.push((server, vec![place])),
        }
    }
    if !drawn.is_empty() {
        html.element("h3", &[], text!("Certificates", "Zertifikate").of(lang));
    }
    for (server, places) in drawn.iter().take(MOST) {
        figure(html, report, server, &places.join(", "), lang);
    }
}

/// A place in the picture: what stands there in both columns.
struct Row<'a> {
    sent: Option<&'a Certificate>,
    needed: Option<&'a Certificate>,
    /// The name of what is missing, where nobody has it.
    unknown: Option<String>,
}

fn figure(html: &mut Html, report: &Report, server: &Shown, places: &str, lang: Lang) {
    let check = report.checks.iter().find(|check| check.id == "tls-intermediate");
    let of_it = |finding: &&FindingReport| {
        finding.severity > Severity::Info
            && finding.subject.host.as_deref() == Some(server.host.as_str())
            && finding.subject.address.is_none_or(|address| address == server.address)
    };
    let all: Vec<&FindingReport> = check.iter().flat_map(|check| &check.findings).collect();
    // a chain that was repaired for one name is the same for another that shows the same certificate
    let own = |path: &Vec<Certificate>| {
        path.first().is_some_and(|leaf| server.chain.iter().any(|c| c.fingerprint == leaf.fingerprint))
    };
    let pem = all.iter().filter_map(|finding| finding.data.get("repaired_chain")).filter_map(Value::as_str);
    let repaired = pem.map(certificates).find(own).unwrap_or_default();
    let findings: Vec<&&FindingReport> = all.iter().filter(|finding| of_it(finding)).collect();
    let missing = findings.iter().filter(|finding| finding.data.contains_key("missing_issuer"));
    let unknown = missing.filter_map(|finding| finding.data.get("issuer")).find_map(Value::as_str);
    let unknown = unknown.filter(|_| repaired.is_empty()).map(str::to_owned);
    let good = findings.is_empty() && check.is_some_and(|check| check.status == Status::Pass);
    let rows = rows(&server.chain, &repaired, unknown);
    let gaps: Vec<String> = rows.iter().filter(|row| row.sent.is_none()).map(name_of_gap).collect();
    let names = |of: &[Certificate]| of.iter().map(Certificate::short_name).collect::<Vec<_>>().join(" → ");
    let sent = names(&server.chain);
    let caption = match (gaps.is_empty(), lang) {
        (true, Lang::En) => format!("Sent by {places}: {sent}."),
        (true, Lang::De) => format!("Gesendet von {places}: {sent}."),
        (false, Lang::En) => format!("Sent by {places}: {sent}. Missing: {}.", gaps.join(", ")),
        (false, Lang::De) => format!("Gesendet von {places}: {sent}. Es fehlt: {}.", gaps.join(", ")),
    };
    html.within("figure", &[], |html| {
        html.element("figcaption", &[], &caption);
        picture(html, &rows, &caption, good || !repaired.is_empty(), lang);
    });
}

fn name_of_gap(row: &Row<'_>) -> String {
    row.needed.map(Certificate::short_name).or_else(|| row.unknown.clone()).unwrap_or_default()
}

/// Both columns side by side; what is in one alone has a row of its own.
fn rows<'a>(sent: &'a [Certificate], repaired: &'a [Certificate], unknown: Option<String>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    if repaired.is_empty() {
        rows.extend(sent.iter().map(|c| Row { sent: Some(c), needed: Some(c), unknown: None }));
        if unknown.is_some() {
            rows.push(Row { sent: None, needed: None, unknown });
        }
        return rows;
    }
    for needed in repaired {
        let sent = sent.iter().find(|c| c.fingerprint == needed.fingerprint);
        rows.push(Row { sent, needed: Some(needed), unknown: None });
    }
    let others = sent.iter().filter(|c| repaired.iter().all(|needed| needed.fingerprint != c.fingerprint));
    rows.extend(others.map(|c| Row { sent: Some(c), needed: None, unknown: None }));
    rows
}

/// `good`: whether the chain leads to a root as it is needed.
fn picture(html: &mut Html, rows: &[Row<'_>], caption: &str, good: bool, lang: Lang) {
    let last = rows.iter().rev().find_map(|row| row.needed);
    let root = last.filter(|last| !last.is_self_issued()).map(|last| last.issuer.short.clone());
    let root = root.filter(|root| !root.is_empty() && rows.iter().all(|row| row.unknown.is_none()));
    let height = 26 + (rows.len() + usize::from(root.is_some())) * ROW;
    let view = format!("0 0 340 {height}");
    let attributes = [("class", "chain"), ("role", "img"), ("aria-label", caption), ("viewBox", &*view)];
    html.within("svg", &attributes, |html| {
        let [sent, needed] = match lang {
            Lang::En => ["As sent", "As needed"],
            Lang::De => ["Wie gesendet", "Wie nötig"],
        };
        html.element("text", &[("class", "small"), ("x", "4"), ("y", "12")], sent);
        html.element("text", &[("class", "small"), ("x", "176"), ("y", "12")], needed);
        for (at, row) in rows.iter().enumerate() {
            let top = 22 + at * ROW;
            match (row.sent, row.needed) {
                (Some(sent), Some(needed)) => {
                    certificate(html, (2, top), sent, "box", &until(sent, lang));
                    certificate(html, (174, top), needed, "box", &until(needed, lang));
                }
                (Some(sent), None) => {
                    let extra = text!("not needed", "nicht nötig").of(lang);
                    certificate(html, (2, top), sent, "box warn", extra);
                }
                (None, needed) => {
                    gap(html, top, lang);
                    match (needed, &row.unknown) {
                        (Some(needed), _) => certificate(html, (174, top), needed, "box", &until(needed, lang)),
                        (None, name) => block(html, 174, top, "box root", name.as_deref().unwrap_or("?"), ""),
                    }
                }
            }
            let joined = rows.get(at + 1).is_some_and(|next| next.needed.is_some() || next.unknown.is_some());
            if joined || (root.is_some() && at + 1 == rows.iter().filter(|row| row.needed.is_some()).count()) {
                link(html, 252, top);
            }
            if rows.get(at + 1).is_some_and(|next| next.sent.is_some()) && row.sent.is_some() {
                link(html, 80, top);
            }
        }
        if let Some(root) = &root {
            let what = if good {
                text!("root, with the client", "Wurzel, beim Client")
            } else {
                text!("issuer, not sent", "Aussteller, nicht gesendet")
            };
            block(html, 174, 22 + rows.len() * ROW, "box root", root, what.of(lang));
        }
    });
}

fn certificate(html: &mut Html, (x, top): (usize, usize), certificate: &Certificate, class: &str, second: &str) {
    block(html, x, top, class, &certificate.short_name(), second);
}

/// Until when it is valid.
fn until(certificate: &Certificate, lang: Lang) -> String {
    let until = certificate.validity.map(|validity| validity.not_after.to_string());
    let day = until.as_deref().and_then(|until| until.get(..10)).unwrap_or_default();
    format!("{} {day}", text!("until", "bis").of(lang))
}

fn block(html: &mut Html, x: usize, top: usize, class: &str, name: &str, second: &str) {
    let (left, text) = (x.to_string(), (x + 8).to_string());
    let (y, first, other) = (top.to_string(), (top + 20).to_string(), (top + 36).to_string());
    let tall = BOX.to_string();
    html.empty("rect", &[("class", class), ("x", &left), ("y", &y), ("width", "160"), ("height", &tall), ("rx", "5")]);
    html.element("text", &[("class", "name"), ("x", &text), ("y", &first)], &cut(name, 24));
    html.element("text", &[("class", "small"), ("x", &text), ("y", &other)], &cut(second, 32));
}

fn gap(html: &mut Html, top: usize, lang: Lang) {
    let (y, text) = (top.to_string(), (top + 28).to_string());
    let tall = BOX.to_string();
    html.empty(
        "rect",
        &[("class", "box fail"), ("x", "2"), ("y", &y), ("width", "160"), ("height", &tall), ("rx", "5")],
    );
    let said = text!("✗ not sent", "✗ nicht gesendet").of(lang);
    html.element("text", &[("class", "bad mid"), ("x", "82"), ("y", &text)], said);
}

/// Signed by the one below.
fn link(html: &mut Html, x: usize, top: usize) {
    let (x, from, to) = (x.to_string(), (top + BOX).to_string(), (top + ROW).to_string());
    html.empty("line", &[("class", "rail"), ("x1", &x), ("x2", &x), ("y1", &from), ("y2", &to)]);
}

/// The certificates of a PEM text.
fn certificates(pem: &str) -> Vec<Certificate> {
    let bodies = pem.split("-----BEGIN CERTIFICATE-----").skip(1).filter_map(|rest| rest.split("-----END").next());
    let decoded = bodies.filter_map(|body| STANDARD.decode(body.split_whitespace().collect::<String>()).ok());
    decoded.map(|der| Certificate::read(&der)).collect()
}
