//! What do the lines of an HttpProxy log say?
//!
//! CSV (RFC 4180) of Exchange's front end, one line a request: when it was answered, who asked, and what
//! front end and back end said. It does not show what ActiveSync itself answered.

use super::answer::{Status, number};
use super::columns::Clock;
use super::device::Request;
use super::lines::{Look, below_stem, contains_stem, is_moved, is_probe, plussed, see, starts_with_ignoring_case};
use super::origin::Origin;
use super::query::{self, Scratch};
use super::scan::{Part, Skip};
use super::streak::Stamp;

/// The most columns that are looked at; Exchange 2019 has 74.
const MOST: usize = 160;

/// Where the columns stand.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Columns {
    count: usize,
    time: usize,
    id: Option<usize>,
    stem: usize,
    authenticated: Option<usize>,
    user: Option<usize>,
    agent: Option<usize>,
    server: Option<usize>,
    status: usize,
    back: Option<usize>,
    method: Option<usize>,
    took: Option<usize>,
    query: usize,
}

impl Columns {
    fn read(header: &[u8]) -> Option<Self> {
        let header = String::from_utf8_lossy(header).to_lowercase();
        let names: Vec<&str> = header.split(',').map(str::trim).collect();
        let at = |name: &str| names.iter().position(|known| *known == name);
        (names.len() <= MOST).then_some(())?;
        Some(Self {
            count: names.len(),
            time: at("datetime")?,
            id: at("requestid"),
            stem: at("urlstem")?,
            authenticated: at("isauthenticated"),
            user: at("authenticateduser"),
            agent: at("useragent"),
            server: at("serverhostname"),
            status: at("httpstatus")?,
            back: at("backendstatus"),
            method: at("method"),
            took: at("totalrequesttime"),
            query: at("urlquery")?,
        })
    }
}

/// Reads one HttpProxy log.
#[derive(Debug, Default)]
pub struct HttpProxy {
    file: u32,
    part: Part,
    columns: Option<Columns>,
    clock: Clock,
    scratch: Scratch,
    agent: Vec<u8>,
}

impl HttpProxy {
    /// For the file of that number.
    pub fn new(file: u32) -> Self {
        Self { file, ..Self::default() }
    }
}

impl Look for HttpProxy {
    fn part(&mut self) -> &mut Part {
        &mut self.part
    }

    fn line(&mut self, line: &[u8], number_of_line: u64) -> Result<(), Skip> {
        let header = if line.starts_with(b"#") {
            line.split_at_checked(8).filter(|(name, _)| name.eq_ignore_ascii_case(b"#Fields:")).map(|(_, rest)| rest)
        } else {
            starts_with_ignoring_case(line, b"DateTime,").then_some(line)
        };
        if let Some(header) = header {
            self.part.headers += 1;
            self.columns = Columns::read(header);
        }
        if header.is_some() || line.starts_with(b"#") || memchr::memmem::find(line, b"ctive").is_none() {
            return Ok(());
        }
        let relevant = |why| if contains_stem(line) { Err(why) } else { Ok(()) };
        let Some(columns) = &self.columns else { return relevant(Skip::NoHeader) };
        let mut cells = [&[][..]; MOST];
        if split(line, &mut cells) != Some(columns.count) {
            return relevant(Skip::Columns);
        }
        let at = |column: usize| cells.get(column).copied().unwrap_or_default();
        let maybe = |column: Option<usize>| column.map(at).unwrap_or_default();
        let stem = at(columns.stem);
        if below_stem(stem).is_none() {
            return if is_moved(line) { Err(Skip::Columns) } else { Ok(()) };
        }
        let query = at(columns.query);
        let asked = query::read(query.strip_prefix(b"?").unwrap_or(query), &mut self.scratch);
        let user = maybe(columns.user);
        self.agent.clear();
        self.agent.extend(plussed(maybe(columns.agent)));
        if is_probe(stem, &self.agent, [user, asked.user]) {
            return Err(Skip::Probe);
        }
        let moment = at(columns.time);
        let time = moment.get(..10).zip(moment.get(11..)).and_then(|(date, time)| self.clock.read(date, time));
        let Some(time) = time else { return Err(Skip::Time) };
        let signed_in = maybe(columns.authenticated).eq_ignore_ascii_case(b"true") && !user.is_empty();
        let http = number(at(columns.status)).or_else(|| number(maybe(columns.back)));
        // the front end answers nothing itself where it lets nobody in
        let http = http.or(if signed_in { None } else { Some(401) });
        let Some(http) = http.filter(|status: &u16| *status > 0) else { return Err(Skip::Status) };
        let server = maybe(columns.server);
        let request = Request {
            at: Stamp { time, file: self.file, line: number_of_line },
            origin: Origin::HttpProxy,
            server,
            command: asked.asked(maybe(columns.method)),
            // who names nobody is asked for a name first
            status: Status { http, sub: if http == 401 && user.is_empty() { 2 } else { 0 }, win32: 0 },
            answer: None,
            signed_in,
            took: maybe(columns.took).split(|byte| *byte == b'.').next().and_then(number),
            agent: &self.agent,
            version: asked.version,
        };
        let id = maybe(columns.id);
        if !id.is_empty() {
            let name = String::from_utf8_lossy(server).to_uppercase();
            self.part.ids.proxies.entry(name).or_default().add(id);
        }
        self.part.table.add(&asked, user, &request);
        self.part.used += 1;
        see(&mut self.part, time);
        Ok(())
    }
}

/// Takes a line of CSV apart; returns how many cells it has. Of a cell in quotes the quotes are taken
/// off, doubled ones inside stay.
fn split<'a>(line: &'a [u8], out: &mut [&'a [u8]; MOST]) -> Option<usize> {
    let (mut from, mut count) = (0, 0);
    loop {
        let rest = line.get(from..)?;
        let (cell, end) = if let Some(inside) = rest.strip_prefix(b"\"") {
            let mut at = 0;
            loop {
                let quote = at + memchr::memchr(b'"', inside.get(at..)?)?;
                if inside.get(quote + 1) != Some(&b'"') {
                    break (inside.get(..quote)?, from + quote + 2);
                }
                at = quote + 2;
            }
        } else {
            let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
            (rest.get(..end)?, from + end)
        };
        *out.get_mut(count)? = cell;
        count += 1;
        match line.get(end) {
            None => return Some(count),
            Some(b',') => from = end + 1,
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4180_cells_in_quotes_may_hold_commas_and_quotes() {
        let mut cells = [&[][..]; MOST];
        assert_eq!(split(b"a,\"b,\"\"c\"\"\",,d", &mut cells), Some(4));
        assert_eq!((cells[1], cells[2], cells[3]), (&b"b,\"\"c\"\""[..], &b""[..], &b"d"[..]));
        for broken in [&b"a,\"b"[..], b"a,\"b\"c,d"] {
            assert_eq!(split(broken, &mut cells), None);
        }
        assert_eq!(split(&b",".repeat(500), &mut cells), None);
    }
}
