//! What do the lines of a reverse proxy's access log say of ActiveSync requests?
//!
//! [Apache](https://httpd.apache.org/docs/2.4/logs.html#combined) and nginx write the common or combined
//! format, often with more around it; [HAProxy](https://docs.haproxy.org/3.0/configuration.html#8.2.3)
//! its own. All that they show is what HTTP answered, and to whom it was passed on.

use super::answer::{Status, number};
use super::device::Request;
use super::lines::{Look, below_stem, contains_stem, is_moved, is_probe, plussed, see};
use super::origin::Origin;
use super::query::{self, Command, Scratch};
use super::scan::{Part, Skip};
use super::streak::Stamp;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What one line says.
#[derive(Debug, PartialEq, Eq)]
struct Row<'a> {
    /// Seconds since 1970, when it was answered as far as the line shows.
    time: i64,
    method: &'a [u8],
    path: &'a [u8],
    query: &'a [u8],
    user: &'a [u8],
    agent: &'a [u8],
    http: u16,
    took: Option<u64>,
}

/// Whether it looks like a line of such a log.
pub fn is_row(line: &[u8]) -> bool {
    row(line).is_ok_and(|row| row.is_some())
}

/// `None`: it is no request at all.
fn row(line: &[u8]) -> Result<Option<Row<'_>>, Skip> {
    let Some((before, date, after)) = bracketed(line) else { return Ok(None) };
    let Some(open) = memchr::memchr(b'"', after) else { return Ok(None) };
    let (between, request) = after.split_at(open);
    let request = request.get(1..).unwrap_or_default();
    // HAProxy cuts long lines: the closing quote may be missing
    let closing = memchr::memchr(b'"', request);
    let (request, tail) = request.split_at(closing.unwrap_or(request.len()));
    let tail = tail.get(1..).unwrap_or_default();
    let mut words = request.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    if !method.iter().all(u8::is_ascii_uppercase) {
        return Ok(None);
    }
    // HTTP/2 through HAProxy, and proxies, write the whole address
    let path = match memchr::memmem::find(target, b"://") {
        Some(at) if at < 8 => {
            let rest = target.get(at + 3..).unwrap_or_default();
            rest.get(memchr::memchr(b'/', rest).unwrap_or(rest.len())..).unwrap_or_default()
        }
        _ => target,
    };
    let (path, query) = match memchr::memchr(b'?', path) {
        Some(at) => (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default()),
        None => (path, &[][..]),
    };
    let begun = moment(date).ok_or(Skip::Time)?;
    let words: Vec<&[u8]> = between.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
    // frontend, backend/server, timers, status, bytes ...
    let timers = words.iter().position(|word| memchr::memchr_iter(b'/', word).count() == 4);
    if let Some(at) = timers.filter(|at| *at >= 2) {
        let took = words.get(at).and_then(|word| word.rsplit(|byte| *byte == b'/').next());
        let took = took.and_then(|all| number::<u64>(all.strip_prefix(b"+").unwrap_or(all)));
        let http = words.get(at + 1).and_then(|word| number(word)).filter(|status| *status > 0);
        let http = http.ok_or(Skip::Status)?;
        let ended = begun + took.and_then(|ms| i64::try_from(ms / 1000).ok()).unwrap_or(0);
        return Ok(Some(Row { time: ended, method, path, query, user: b"", agent: b"", http, took }));
    }
    let mut rest = tail.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let http = rest.next().and_then(number).filter(|status| *status > 0).ok_or(Skip::Status)?;
    let quoted: Vec<&[u8]> = tail.split(|byte| *byte == b'"').collect();
    let agent = quoted.get(3).copied().unwrap_or_default();
    // a time in seconds behind it, with or without a name: $request_time
    let behind = if quoted.len() > 4 { quoted.last().copied().unwrap_or_default() } else { &[] };
    let took = behind.split(|byte| *byte == b' ').find_map(seconds);
    let user = before.rsplit(|byte| *byte == b' ').find(|word| !word.is_empty()).unwrap_or_default();
    Ok(Some(Row { time: begun, method, path, query, user, agent, http, took }))
}

/// The first `[...]` that holds a date, with what stands before and behind it.
fn bracketed(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    memchr::memchr_iter(b'[', line).take(4).find_map(|open| {
        let inside = line.get(open + 1..)?;
        let close = memchr::memchr(b']', inside.get(..40).unwrap_or(inside))?;
        let date = inside.get(..close)?;
        (date.get(2) == Some(&b'/') && date.get(6) == Some(&b'/'))
            .then(|| (line.get(..open).unwrap_or_default(), date, inside.get(close + 1..).unwrap_or_default()))
    })
}

/// `21/Nov/2026:11:02:32 +0100` or `21/Nov/2026:11:02:32.123`; without a zone it is taken for UTC.
fn moment(date: &[u8]) -> Option<i64> {
    let date = std::str::from_utf8(date).ok()?.trim_end();
    if let Some((_, zone)) = date.split_once(' ')
        && zone.starts_with(['+', '-'])
    {
        return Some(Timestamp::strptime("%d/%b/%Y:%H:%M:%S %z", date).ok()?.as_second());
    }
    let local = DateTime::strptime("%d/%b/%Y:%H:%M:%S", date.get(..20)?).ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// `0.412`, `rt=0.412` as milliseconds.
fn seconds(word: &[u8]) -> Option<u64> {
    let value = word.rsplit(|byte| *byte == b'=').next()?;
    let dot = memchr::memchr(b'.', value)?;
    let (whole, part) = (value.get(..dot)?, value.get(dot + 1..)?);
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if part.len() != 3 || !digits(part) || !digits(whole) {
        return None;
    }
    Some(number::<u64>(whole)?.saturating_mul(1000) + number::<u64>(part)?)
}

/// Reads one access log.
#[derive(Debug, Default)]
pub struct AccessLog {
    file: u32,
    part: Part,
    scratch: Scratch,
    agent: Vec<u8>,
    /// The last hour whose lines were noted, ActiveSync or not.
    hour: Vec<u8>,
}

impl AccessLog {
    /// For the file of that number.
    pub fn new(file: u32) -> Self {
        Self { file, ..Self::default() }
    }
}

impl Look for AccessLog {
    fn part(&mut self) -> &mut Part {
        &mut self.part
    }

    fn line(&mut self, line: &[u8], number_of_line: u64) -> Result<(), Skip> {
        if memchr::memmem::find(line, b"ctive").is_none() || !contains_stem(line) {
            // what else was asked shows which hours are covered
            if let Some((_, date, _)) = bracketed(line)
                && let Some(hour) = date.get(..14).filter(|hour| *hour != self.hour)
            {
                self.hour = hour.to_vec();
                if let Some(time) = moment(date) {
                    see(&mut self.part, time);
                }
            }
            return Ok(());
        }
        let Some(row) = row(line)? else { return Err(Skip::Columns) };
        if below_stem(row.path).is_none() {
            return if is_moved(line) { Err(Skip::Columns) } else { Ok(()) };
        }
        let asked = query::read(row.query, &mut self.scratch);
        self.agent.clear();
        self.agent.extend(plussed(row.agent));
        if is_probe(row.path, &self.agent, [row.user, asked.user]) {
            return Err(Skip::Probe);
        }
        let command = asked.asked(row.method);
        let request = Request {
            at: Stamp { time: row.time, file: self.file, line: number_of_line },
            origin: Origin::ReverseProxy,
            server: b"",
            command,
            status: Status { http: row.http, sub: 0, win32: 0 },
            answer: None,
            // Exchange lets nobody ask anonymously
            signed_in: row.http < 400 && command != Command::OPTIONS,
            took: row.took,
            agent: &self.agent,
            version: asked.version,
        };
        self.part.table.add(&asked, row.user, &request);
        self.part.used += 1;
        see(&mut self.part, row.time);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (i64, String, u16, Option<u64>, String) {
        let row = row(line.as_bytes()).unwrap().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (row.time, text(row.query), row.http, row.took, text(row.agent))
    }

    const TEN: i64 = 1_795_255_352;

    #[test]
    fn the_common_formats_are_read_with_what_stands_around_them() {
        let query = "Cmd=Ping&User=CORP%5Canna&DeviceId=d1&DeviceType=iPhone";
        let path = format!("/Microsoft-Server-ActiveSync?{query}");
        let agent = "Apple-iPhone/1 (x; y)".to_owned();
        for (line, took, agent) in [
            (
                format!("10.0.0.1 - - [21/Nov/2026:11:02:32 +0100] \"POST {path} HTTP/1.1\" 200 433"),
                None,
                String::new(),
            ),
            (
                format!(
                    "10.0.0.1 - anna [21/Nov/2026:11:02:32 +0100] \"POST {path} HTTP/1.1\" 200 433 \"-\" \"{agent}\""
                ),
                None,
                agent.clone(),
            ),
            (
                format!(
                    "mail.corp.example:443 10.0.0.1 - - [21/Nov/2026:10:02:32 +0000] \"POST {path} HTTP/2.0\" 200 433 \"-\" \"{agent}\" rt=300.412 up"
                ),
                Some(300_412),
                agent.clone(),
            ),
            (
                format!(
                    "10.0.0.1 - - [21/Nov/2026:02:02:32 -0800] \"POST {path} HTTP/1.1\" 200 433 \"-\" \"{agent}\" 0.012 mail.corp.example"
                ),
                Some(12),
                agent,
            ),
            (
                format!(
                    "Nov 21 10:02:31 lb haproxy[99]: 10.0.0.1:4711 [21/Nov/2026:10:02:30.900] https~ exch/ex01 0/0/1/1990/2000 200 433 - - ---- 9/9/1/1/0 0/0 {{mail.corp.example}} \"POST {path} HTTP/1.1\""
                ),
                Some(2000),
                String::new(),
            ),
            (
                format!(
                    "lb haproxy[99]: [2001:db8::1]:4711 [21/Nov/2026:10:02:32.900] https~ exch/ex01 0/0/1/9/+10 200 433 - - ---- 9/9/1/1/0 0/0 \"POST https://mail.corp.example{path}"
                ),
                Some(10),
                String::new(),
            ),
        ] {
            assert_eq!(read(&line), (TEN, query.to_owned(), 200, took, agent), "{line}");
            assert!(is_row(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn what_is_no_line_of_an_access_log_is_none() {
        for line in
            ["", "[", "dear diary", "x [21/Nov/2026:11:02:32 +0100] y", "x [ab/cde/fghi] \"GET / HTTP/1.1\" 200 1"]
        {
            assert!(!is_row(line.as_bytes()), "{line}");
        }
        assert_eq!(row(b"x - - [31/Feb/2026:11:02:32 +0100] \"GET / HTTP/1.1\" 200 1"), Err(Skip::Time));
        assert_eq!(row(b"x - - [21/Nov/2026:11:02:32 +0100] \"GET / HTTP/1.1\" - 1"), Err(Skip::Status));
    }
}
