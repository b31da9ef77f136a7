//! Which columns does a W3C log have, and what stands in them?
//!
//! [W3C extended log file format](https://www.w3.org/TR/WD-logfile.html): directives begin with `#`,
//! `#Fields` may come again anywhere. IIS separates by one blank and never quotes.

/// The most columns that are looked at.
pub const MOST: usize = 48;

/// Where the columns stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// How many there are.
    pub count: usize,
    pub date: Option<usize>,
    pub time: usize,
    pub method: Option<usize>,
    pub stem: usize,
    pub query: Option<usize>,
    pub port: Option<usize>,
    pub user: Option<usize>,
    pub agent: Option<usize>,
    pub status: usize,
    pub sub: Option<usize>,
    pub win32: Option<usize>,
    pub took: Option<usize>,
}

impl Columns {
    /// Reads what stands behind `#Fields:`; `None` where a column is missing that nothing goes without.
    pub fn read(fields: &[u8]) -> Option<Self> {
        let fields = String::from_utf8_lossy(fields).to_lowercase();
        let names: Vec<&str> = fields.split_whitespace().collect();
        let at = |name: &str| names.iter().position(|known| *known == name);
        (names.len() <= MOST).then_some(())?;
        Some(Self {
            count: names.len(),
            date: at("date"),
            time: at("time")?,
            method: at("cs-method"),
            stem: at("cs-uri-stem")?,
            query: at("cs-uri-query"),
            port: at("s-port"),
            user: at("cs-username"),
            agent: at("cs(user-agent)"),
            status: at("sc-status")?,
            sub: at("sc-substatus"),
            win32: at("sc-win32-status"),
            took: at("time-taken"),
        })
    }
}

/// Where the columns of a line begin, and one past where the last one would: kept from line to line, as
/// clearing it took longer than filling it.
#[derive(Debug)]
pub struct Split([usize; MOST + 1]);

impl Default for Split {
    fn default() -> Self {
        Self([0; MOST + 1])
    }
}

impl Split {
    /// Takes a line apart at its blanks; `None` where it has another number of columns.
    pub fn take<'a>(&'a mut self, line: &'a [u8], count: usize) -> Option<Cells<'a>> {
        let Self(starts) = self;
        let mut column = 0;
        for at in memchr::memchr_iter(b' ', line) {
            column += 1;
            *starts.get_mut(column).filter(|_| column < MOST)? = at + 1;
        }
        *starts.get_mut(column + 1)? = line.len() + 1;
        (column + 1 == count).then_some(Cells { line, starts })
    }
}

/// A line taken apart.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    line: &'a [u8],
    starts: &'a [usize; MOST + 1],
}

impl<'a> Cells<'a> {
    /// What stands in a column of the line.
    #[inline]
    pub fn at(self, column: usize) -> &'a [u8] {
        let (from, next) = (self.starts.get(column), self.starts.get(column + 1));
        let range = from.zip(next).and_then(|(from, next)| self.line.get(*from..next.checked_sub(1)?));
        range.unwrap_or_default()
    }

    /// The same, of a column that not every log has.
    #[inline]
    pub fn maybe(self, column: Option<usize>) -> &'a [u8] {
        column.map(|column| self.at(column)).unwrap_or_default()
    }
}

/// Reads dates and times; a log has many lines of one day.
#[derive(Debug, Default)]
pub struct Clock {
    /// The last day that was read.
    date: Option<[u8; 10]>,
    midnight: i64,
}

impl Clock {
    /// Seconds since 1970 of `2026-11-21` and `06:53:38`; `None` where they are no such thing.
    pub fn read(&mut self, date: &[u8], time: &[u8]) -> Option<i64> {
        if self.date.as_ref().is_none_or(|known| known != date) {
            self.midnight = midnight(date)?;
            self.date = Some(date.try_into().ok()?);
        }
        let time: &[u8; 8] = time.get(..8)?.try_into().ok()?;
        let [h1, h2, b':', m1, m2, b':', s1, s2] = time else { return None };
        let (hour, minute, second) = (two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?);
        (hour < 24 && minute < 60 && second < 61).then_some(self.midnight + hour * 3600 + minute * 60 + second)
    }
}

fn two(high: u8, low: u8) -> Option<i64> {
    (high.is_ascii_digit() && low.is_ascii_digit()).then(|| i64::from(high - b'0') * 10 + i64::from(low - b'0'))
}

fn midnight(date: &[u8]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let year = two(*y1, *y2)? * 100 + two(*y3, *y4)?;
    // a clock that was never set says 1601: no log is older than this format
    (year >= 1996).then_some(())?;
    let (year, month, day) = (year.try_into().ok()?, two(*m1, *m2)?.try_into().ok()?, two(*d1, *d2)?.try_into().ok()?);
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_whatever_the_case() {
        let columns = Columns::read(b" date time s-ip CS-URI-Stem sc-status").unwrap();
        assert_eq!((columns.count, columns.stem, columns.status, columns.query), (5, 3, 4, None));
        assert_eq!(Columns::read(b"date time c-ip"), None);
        let mut split = Split::default();
        let cells = split.take(b"a b - d ", 5).unwrap();
        assert_eq!((cells.at(0), cells.at(2), cells.at(4)), (&b"a"[..], &b"-"[..], &b""[..]));
        assert!(split.take(b"a b", 3).is_none());
        assert!(split.take(&b"a ".repeat(100), 100).is_none());
        let widest = b"a ".repeat(MOST - 1);
        assert_eq!(split.take(&widest, MOST).unwrap().at(MOST - 1), b"");
        assert!(split.take(&b"a ".repeat(MOST), MOST + 1).is_none());
    }

    #[test]
    fn times_are_utc_and_nonsense_is_none() {
        let mut clock = Clock::default();
        assert_eq!(clock.read(b"1996-01-02", b"00:01:01"), Some(820_540_861));
        assert_eq!(clock.read(b"2026-11-21", b"23:59:59"), Some(1_795_305_599));
        // a log without a date column and without a #Date
        assert_eq!(Clock::default().read(&[0; 10], b"00:00:00"), None);
        for (date, time) in [
            ("2026-13-01", "00:00:00"),
            ("2026-11-2", "00:00:00"),
            ("2026-11-21", "24:00:00"),
            ("1601-01-01", "00:00:00"),
            ("", ""),
        ] {
            assert_eq!(clock.read(date.as_bytes(), time.as_bytes()), None, "{date} {time}");
        }
    }
}
