//! How do the numbers of a whole server read on a terminal of 80 columns?

use super::device::or_dash;
use super::{Page, ROWS, counts, short};
use crate::evidence::logs::{EwsClient, LogAgent, LogHour, LogServer};
use crate::finding::{Lang, Sentence, harmless};
use crate::report::fold::indented;
use crate::text;
use colored::Colorize as _;

/// Rows of each table of a server.
const FEW: usize = 5;

/// A list with its heading.
#[derive(Debug)]
pub struct List {
    /// The heading.
    pub title: &'static str,
    /// The rows that are told.
    pub rows: Vec<String>,
    /// How many there are.
    pub all: usize,
}

impl Page<'_> {
    /// "3 of 41 accounts of this service fail" separates a mailbox's fault from the server's.
    pub fn services(&self, out: &mut Vec<String>) {
        let Some(server) = &self.seen.server else { return };
        if server.agents.is_empty() {
            return;
        }
        out.push(format!("  {}", self.say(text!("Clients", "Clients")).bold()));
        for line in self.agents(server).into_iter().take(ROWS) {
            indented(out, "  ", "    ", &harmless(&line));
        }
        out.push(String::new());
    }

    /// The clients by their user agent, one a line.
    pub fn agents(&self, server: &LogServer) -> Vec<String> {
        let line = |row: &LogAgent| {
            let line = Sentence::new(text!(
                "{failing} of {all} {all|account|accounts} of {agent} {failing|fails|fail}",
                "{failing} von {all} {all|Konto|Konten} mit {agent} {failing|scheitert|scheitern}",
            ))
            .with("failing", row.failing)
            .with("all", row.accounts)
            .with("agent", row.agent.as_str())
            .say(self.lang);
            if row.protocols.is_empty() { line } else { format!("{line} ({})", row.protocols.join(", ")) }
        };
        server.agents.iter().map(line).collect()
    }

    /// Who asks EWS.
    pub fn ews(&self, out: &mut Vec<String>) {
        if self.seen.ews.is_empty() {
            return;
        }
        let head = text!("EWS: accepted last, as HTTP says", "EWS: zuletzt angenommen, laut HTTP");
        out.push(format!("  {}", self.say(head).bold()));
        for line in self.ews_clients().into_iter().take(ROWS) {
            indented(out, "  ", "    ", &harmless(&line));
        }
        out.push(String::new());
    }

    /// Who asks EWS, one a line.
    pub fn ews_clients(&self) -> Vec<String> {
        let line = |client: &EwsClient| {
            let last = client.last_accepted.map_or_else(|| "-".to_owned(), short);
            let place = super::place(client.last_accepted_line.as_ref());
            format!("{last}  {} {}: {} {place}", client.user, client.agent, counts(&client.statuses))
        };
        self.seen.ews.iter().map(line).collect()
    }

    /// Hours, slow requests, lock-outs, whom Exchange slows down, who is let in.
    pub fn server(&self, out: &mut Vec<String>) {
        let Some(server) = &self.seen.server else { return };
        self.hours(&server.hours, out);
        for List { title, rows, all } in self.lists(server, FEW) {
            out.push(format!("  {}", title.bold()));
            for row in &rows {
                indented(out, "  ", "    ", &harmless(row));
            }
            if all > rows.len() {
                let words = self.say(text!("more; --format json has them all", "weitere; --format json hat alle"));
                out.push(format!("  … {} {words}", all - rows.len()));
            }
            out.push(String::new());
        }
    }

    fn hours(&self, hours: &[LogHour], out: &mut Vec<String>) {
        if hours.len() < 2 {
            return;
        }
        let head = self.say(text!(
            "Hour (UTC)        Requests    Failed       401       5xx",
            "Stunde (UTC)      Anfragen    Fehler       401       5xx"
        ));
        out.push(format!("  {}", head.bold()));
        // the last day; --format json has them all
        let skipped = hours.len().saturating_sub(24);
        let most = hours.iter().map(|hour| hour.requests).max().unwrap_or(0).max(1);
        for hour in hours.iter().skip(skipped) {
            let bar = usize::try_from(hour.requests.saturating_mul(16).div_ceil(most)).unwrap_or(0);
            out.push(format!(
                "  {:<16} {:>9} {:>9} {:>9} {:>9} {}",
                short(hour.from),
                hour.requests,
                hour.failed,
                hour.refused,
                hour.server_errors,
                "▇".repeat(bar)
            ));
        }
        if skipped > 0 {
            let words =
                self.say(text!("earlier hours; --format json has them all", "frühere Stunden; --format json hat alle"));
            out.push(format!("  … {skipped} {words}"));
        }
        out.push(String::new());
    }

    /// What there is of lock-outs, throttling, slow requests and access states: so many rows of each.
    pub fn lists(&self, server: &LogServer, few: usize) -> Vec<List> {
        let who = |user: Option<&String>, device: Option<&String>| format!("{} {}", or_dash(user), or_dash(device));
        let mut out = Vec::new();
        let mut list = |title, rows: Vec<String>, all| {
            if !rows.is_empty() {
                out.push(List { title, rows, all });
            }
        };
        let rows = server.lockouts.iter().take(few).map(|row| {
            let (wrong, locked) = (row.wrong_password, row.locked_out);
            let name = who(row.user.as_ref(), row.agent.as_ref());
            let at = row.last.map(short).unwrap_or_default();
            match self.lang {
                Lang::En => format!("{name}: {wrong} with a wrong password, {locked} locked out, last {at}"),
                Lang::De => format!("{name}: {wrong} mit falschem Passwort, {locked} gesperrt, zuletzt {at}"),
            }
        });
        let title = text!("Wrong passwords and locked accounts", "Falsche Passwörter und gesperrte Konten");
        list(self.say(title), rows.collect(), server.lockouts.len());
        let rows = server.throttled.iter().take(few).map(|row| {
            let (name, count, ms) = (who(row.user.as_ref(), row.device_id.as_ref()), row.requests, row.ms);
            let mark = match (row.overdrawn, self.lang) {
                (false, _) => "",
                (true, Lang::En) => ", budget overdrawn",
                (true, Lang::De) => ", Budget überzogen",
            };
            match self.lang {
                Lang::En => format!("{name}: {count} delayed, up to {ms} ms{mark}"),
                Lang::De => format!("{name}: {count} verzögert, bis zu {ms} ms{mark}"),
            }
        });
        list(self.say(text!("Slowed down", "Gebremst")), rows.collect(), server.throttled.len());
        let rows = server.slow.iter().take(few).map(|row| {
            let at = super::place(row.line.as_ref());
            format!(
                "{} ms  {} {} {} {at}",
                row.ms,
                row.command,
                who(row.user.as_ref(), row.device_id.as_ref()),
                row.status
            )
        });
        list(self.say(text!("Slowest requests", "Langsamste Anfragen")), rows.collect(), server.slow.len());
        if !server.access.is_empty() {
            let rows = vec![counts(&server.access)];
            list(self.say(text!("Devices by access state", "Geräte nach Zulassung")), rows, 1);
        }
        out
    }
}
