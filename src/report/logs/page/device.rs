//! What is told of one device, row by row?

use super::{Page, counts, place, short};
use crate::evidence::logs::LogDevice;
use crate::finding::{Severity, span};
use crate::report::FindingReport;
use crate::report::logs::{AUTH, LAST_SYNC, told_of};
use crate::text;
use jiff::Timestamp;

/// A row.
#[derive(Debug)]
pub struct Row {
    /// What it is about.
    pub name: &'static str,
    /// How bad it is, where a finding judges it.
    pub mark: Option<Severity>,
    /// What is so.
    pub value: String,
}

/// Account and device.
pub fn name(device: &LogDevice) -> String {
    let account = device.mailbox.as_ref().or(device.user.as_ref());
    format!("{}  {}", or_dash(account), or_dash(device.device_id.as_ref()))
}

/// A name, or what stands for none.
pub fn or_dash(text: Option<&String>) -> &str {
    text.map_or("-", String::as_str)
}

impl Page<'_> {
    /// AUTH and LAST SYNC with the lines that decide, then all the rest.
    pub fn rows(&self, device: &LogDevice, findings: &[FindingReport]) -> Vec<Row> {
        // the mark is that of the finding which judges it
        let mark = |kinds: &[&str]| told_of(findings, device, kinds).map(|finding| finding.severity);
        let mut out = Vec::new();
        let mut row = |name, value| out.push(Row { name, mark: None, value });
        let refused = device.last_refusal.as_ref();
        let refused = refused.filter(|refusal| device.last_sign_in.is_none_or(|at| refusal.at > at));
        let signed = match (refused, device.last_sign_in) {
            (Some(refusal), _) => {
                let words = self.say(text!("refused", "abgelehnt"));
                format!("{words} {} {} {}", short(refusal.at), refusal.status, place(device.lines.refusal.as_ref()))
            }
            (None, Some(at)) => {
                // Exchange may let a device go on for 8 to 24 hours after a password has changed
                let words = self.say(text!(
                    "accepted (no proof of today's password)",
                    "angenommen (kein Beleg für das heutige Passwort)"
                ));
                format!("{}{} {words} {}", short(at), self.before_end(at), place(device.lines.sign_in.as_ref()))
            }
            (None, None) => self
                .say(text!("unknown: no request names who asked", "unbekannt: keine Anfrage nennt, wer fragt"))
                .to_owned(),
        };
        let synced = match (device.last_success, device.last_accepted, device.proof) {
            (Some(at), ..) => format!("{}{} {}", short(at), self.before_end(at), place(device.lines.success.as_ref())),
            (None, Some(at), false) => {
                let words = self.say(text!(
                    "accepted by HTTP; the log of the back end (W3SVC2) would show whether it synced",
                    "von HTTP angenommen; ob synchronisiert wurde, zeigt das Protokoll des Back-Ends (W3SVC2)"
                ));
                format!("{}{} {words} {}", short(at), self.before_end(at), place(device.lines.success.as_ref()))
            }
            _ => self.say(text!("never in these logs", "in diesen Protokollen nie")).to_owned(),
        };
        if let Some(since) = device.failing_since {
            let words = self.say(text!("failures in a row since", "Fehler in Folge seit"));
            let at = place(device.lines.failure.as_ref());
            row(
                self.say(text!("Failing", "Scheitert")),
                format!("{} {words} {} {at}: {}", device.failures_in_a_row, short(since), counts(&device.failing_with)),
            );
        }
        let when = |at: Option<Timestamp>| at.map(short).unwrap_or_default();
        let shown_by = match device.site.as_str() {
            "http-proxy" => text!(
                "HttpProxy log: what the front end accepted, not what ActiveSync answered",
                "HttpProxy-Protokoll: was das Front-End annahm, nicht was ActiveSync antwortete"
            ),
            "reverse-proxy" => text!(
                "reverse proxy alone, as a fallback: HTTP statuses of the way to Exchange",
                "nur Reverse-Proxy, als Behelf: HTTP-Status des Wegs zu Exchange"
            ),
            "mailbox-log" => text!("mailbox log of ActiveSync", "Postfachprotokoll von ActiveSync"),
            "back-end" => text!("IIS log of the back end", "IIS-Protokoll des Back-Ends"),
            _ => text!("IIS log of the front end", "IIS-Protokoll des Front-Ends"),
        };
        row(self.say(text!("Source", "Quelle")), self.say(shown_by).to_owned());
        row(
            self.say(text!("Requests", "Anfragen")),
            format!(
                "{}, {} – {}: {}",
                device.hits,
                when(device.first_attempt),
                when(device.last_attempt),
                counts(&device.statuses)
            ),
        );
        let by: Vec<String> =
            device.last_by_command.iter().map(|(name, at)| format!("{name} {}", short(*at))).collect();
        row(self.say(text!("By command", "Je Befehl")), by.join(", "));
        row(
            self.say(text!("Client", "Client")),
            format!(
                "{}, {}, {}, {}",
                or_dash(device.device_type.as_ref()),
                or_dash(device.agent.as_ref()),
                or_dash(device.protocol.as_ref()),
                or_dash(device.access_state.as_ref())
            ),
        );
        for listed in &device.listed {
            row(self.say(text!("Device list", "Geräteliste")), self.listed(listed));
        }
        if !device.errors.is_empty() {
            row(self.say(text!("Errors", "Fehler")), counts(&device.errors));
        }
        if let Some(latency) = &device.latency {
            row(
                self.say(text!("Latency", "Dauer")),
                format!("p50 {} ms, p95 {} ms, max {} ms", latency.p50, latency.p95, latency.max),
            );
        }
        let spells: Vec<String> = device
            .timeline
            .iter()
            .map(|spell| format!("{} {} ×{}", short(spell.from), spell.code, spell.count))
            .collect();
        if spells.len() > 1 {
            row(self.say(text!("Changes", "Wechsel")), spells.join(" → "));
        }
        out.insert(0, Row { name: "LAST SYNC", mark: mark(LAST_SYNC), value: synced });
        out.insert(0, Row { name: "AUTH", mark: mark(AUTH), value: signed });
        out
    }

    fn before_end(&self, at: Timestamp) -> String {
        let Some(end) = self.seen.coverage.to else { return String::new() };
        let age = span(end.as_second().saturating_sub(at.as_second()) / 60, self.lang);
        let words = self.say(text!("before the end", "vor dem Ende"));
        format!(", {age} {words}")
    }
}
