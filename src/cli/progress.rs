//! What is shown on a terminal while a run is under way?

use super::redact::Live;
use crate::checks::ALL;
use crate::evidence::{HttpProbe, Probe};
use crate::finding::Status;
use crate::runner::Event;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

/// The list of checks that fills in place on standard error.
#[derive(Debug)]
pub struct Progress {
    shown: Option<(MultiProgress, BTreeMap<&'static str, ProgressBar>)>,
    shows: Live,
}

impl Progress {
    /// The list of these checks; shows nothing unless that is wanted and on a terminal.
    pub fn new(shows: Live, label: &str, selected: &[String]) -> Self {
        if shows == Live::Nothing || !std::io::stderr().is_terminal() {
            return Self { shown: None, shows };
        }
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let plain = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        let head = all.add(ProgressBar::new_spinner().with_style(plain.clone()));
        head.set_message(format!("exdiag   {}", if shows == Live::Questions { label } else { "" }));
        head.tick();
        let line = ProgressStyle::with_template("  {spinner} {prefix:18}  {wide_msg}").unwrap_or(plain);
        let mut lines = BTreeMap::new();
        for check in ALL.iter().filter(|check| selected.iter().any(|id| id == check.id)) {
            let bar = all.add(ProgressBar::new_spinner().with_style(line.clone()).with_prefix(check.id));
            bar.enable_steady_tick(Duration::from_millis(120));
            lines.insert(check.id, bar);
        }
        lines.insert("", head);
        Self { shown: Some((all, lines)), shows }
    }

    /// Takes up what has happened.
    pub fn tell(&mut self, event: &Event) {
        let Some((_, lines)) = &self.shown else { return };
        match event {
            Event::Waits { check, probes } if self.shows == Live::Questions => {
                if let (Some(line), Some(first)) = (lines.get(check), probes.first()) {
                    let others = probes.len().saturating_sub(1);
                    let others = if others > 0 { format!(" (+{others})") } else { String::new() };
                    line.set_message(format!("{} ...{others}", asked(first)));
                }
            }
            Event::Ended { check, status } => {
                if let Some(line) = lines.get(check) {
                    let symbol = match status {
                        Status::Pass => "✓",
                        Status::Fail => "✗",
                        Status::Warn => "!",
                        Status::Skip => "-",
                        Status::Inconclusive => "?",
                    };
                    let done = ProgressStyle::with_template(&format!("  {symbol} {{prefix:18}}"));
                    if let Ok(done) = done {
                        line.set_style(done);
                    }
                    line.finish();
                }
            }
            Event::Waits { .. } | Event::Asked { .. } | Event::Arrived { .. } => {}
        }
    }
}

impl Drop for Progress {
    /// The finished report takes its place.
    fn drop(&mut self) {
        if let Some((all, lines)) = &self.shown {
            for line in lines.values() {
                line.finish_and_clear();
            }
            let _ = all.clear();
        }
    }
}

/// A probe as a reader says it.
fn asked(probe: &Probe) -> String {
    match probe {
        Probe::Dns { name, rtype } => format!("DNS {rtype} {name}"),
        Probe::DnsVia { name, rtype, via } => format!("DNS {rtype} {name} ({via})"),
        Probe::Tls { address, port, name } => format!("TLS {name}:{port} ({address})"),
        Probe::Hello { address, port, name, hello } => format!("TLS {name}:{port} ({address}), {hello}"),
        Probe::Http(HttpProbe { method, url, .. }) => format!("{method} {url}"),
        // no question to the network, and answered at once
        Probe::Anchors { .. } | Probe::Export(_) => String::new(),
        Probe::Aia { url, .. } | Probe::Crl { url, .. } => format!("GET {url}"),
        Probe::Ocsp { url, .. } => format!("POST {url}"),
        Probe::Service(service) => format!("GET {}", service.api()),
    }
}
