//! How do the numbers of a whole server read on a terminal of 80 columns?

use super::{Page, ROWS, counts, short};
use crate::evidence::logs::{LogHour, LogServer};
use crate::finding::{Lang, harmless};
use crate::report::fold::indented;
use crate::text;
use colored::Colorize as _;

/// Rows of each table of a server.
const FEW: usize = 5;

impl Page<'_> {
    /// "3 of 41 accounts of this service fail" separates a mailbox's fault from the server's.
    pub fn services(&self, out: &mut Vec<String>) {
        let Some(server) = &self.seen.server else { return };
        if server.agents.is_empty() {
            return;
        }
        out.push(format!("  {}", self.say(text!("Clients", "Clients")).bold()));
        for row in server.agents.iter().take(ROWS) {
            let (failing, all, agent) = (row.failing, row.accounts, &row.agent);
            let mut line = match self.lang {
                Lang::En => format!("{failing} of {all} accounts of {agent} fail"),
                Lang::De => format!("{failing} von {all} Konten mit {agent} scheitern"),
            };
            if !row.protocols.is_empty() {
                line = format!("{line} ({})", row.protocols.join(", "));
            }
            indented(out, "  ", "    ", &harmless(&line));
        }
        out.push(String::new());
    }

    /// Who asks EWS.
    pub fn ews(&self, out: &mut Vec<String>) {
        if self.seen.ews.is_empty() {
            return;
        }
        let head = text!("EWS: accepted last, as HTTP says", "EWS: zuletzt angenommen, laut HTTP");
        out.push(format!("  {}", self.say(head).bold()));
        for client in self.seen.ews.iter().take(ROWS) {
            let last = client.last_accepted.map_or_else(|| "-".to_owned(), short);
            let place = super::place(client.last_accepted_line.as_ref());
            let (name, statuses) = (format!("{} {}", client.user, client.agent), counts(&client.statuses));
            indented(out, "  ", "    ", &harmless(&format!("{last}  {name}: {statuses} {place}")));
        }
        out.push(String::new());
    }

    /// Hours, slow requests, lock-outs, whom Exchange slows down, who is let in.
    pub fn server(&self, out: &mut Vec<String>) {
        let Some(server) = &self.seen.server else { return };
        self.hours(&server.hours, out);
        self.lists(server, out);
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

    fn lists(&self, server: &LogServer, out: &mut Vec<String>) {
        let who = |user: Option<&String>, device: Option<&String>| {
            format!("{} {}", user.map_or("-", String::as_str), device.map_or("-", String::as_str))
        };
        let mut list = |title: &str, rows: Vec<String>, all: usize| {
            if rows.is_empty() {
                return;
            }
            out.push(format!("  {}", title.bold()));
            for row in &rows {
                indented(out, "  ", "    ", &harmless(row));
            }
            if all > rows.len() {
                let words = self.say(text!("more; --format json has them all", "weitere; --format json hat alle"));
                out.push(format!("  … {} {words}", all - rows.len()));
            }
            out.push(String::new());
        };
        let rows = server.lockouts.iter().take(FEW).map(|row| {
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
        let rows = server.throttled.iter().take(FEW).map(|row| {
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
        let rows = server.slow.iter().take(FEW).map(|row| {
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
    }
}
