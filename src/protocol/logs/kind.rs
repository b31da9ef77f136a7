//! What kind of file is this, by its content?

use super::access::is_row;
use super::columns::Columns;
use super::mailbox::section;
use crate::evidence::logs::LogKind;

/// Tells a file by its beginning (some 64 KiB, as UTF-8). An IIS log is told apart further once it is read.
pub fn kind(head: &[u8]) -> LogKind {
    if head.is_empty() {
        return LogKind::Empty;
    }
    let text = String::from_utf8_lossy(head);
    let lines = || text.lines().take(200);
    let http_proxy = |line: &str| line.contains("DateTime,RequestId");
    let begins = |line: &str| {
        let line = line.trim_start_matches('\u{feff}').trim_start();
        line.strip_prefix("Log Entry: ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let sections = || lines().filter_map(|line| section(line.as_bytes())).take(3);
    if lines().any(http_proxy) {
        LogKind::HttpProxy
    } else if lines().any(|line| is_fields(line) && line.contains("cs-uri-stem")) || columns_of(head).is_some() {
        LogKind::Iis
    } else if lines().any(begins) || sections().count() == 3 {
        LogKind::MailboxLog
    } else if text.contains("LastSuccessSync") || text.contains("LastSyncAttemptTime") {
        LogKind::DeviceList
    } else if lines().any(|line| is_row(line.as_bytes())) {
        LogKind::ReverseProxy
    } else if memchr::memchr_iter(0, head).count() * 50 > head.len()
        || text.matches('\u{fffd}').count() * 20 > text.len()
    {
        LogKind::Binary
    } else {
        LogKind::Unknown
    }
}

fn is_fields(line: &str) -> bool {
    line.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("#Fields:"))
}

/// The default columns of IIS, newest first: 10 and 8.5, 7 and 7.5, 6.
const DEFAULTS: &[&str] = &[
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(user-agent) cs(referer) sc-status sc-substatus sc-win32-status time-taken",
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(user-agent) sc-status sc-substatus sc-win32-status time-taken",
    "date time s-sitename s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(user-agent) sc-status sc-substatus sc-win32-status",
];

/// The columns of a piece of an IIS log without its header: those of the defaults that the first lines fit.
pub fn columns_of(head: &[u8]) -> Option<Columns> {
    let text = String::from_utf8_lossy(head);
    let lines: Vec<Vec<&str>> = text.lines().take(20).map(|line| line.split(' ').collect()).collect();
    DEFAULTS.iter().find_map(|names| {
        let columns = Columns::read(names.as_bytes())?;
        let fits = |parts: &&Vec<&str>| {
            let at = |column: usize| parts.get(column).copied().unwrap_or_default();
            let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            parts.len() == columns.count
                && at(0).len() == 10
                && at(1).len() == 8
                && at(columns.stem).starts_with('/')
                && number(at(columns.status))
                && number(at(columns.port.unwrap_or_default()))
        };
        (lines.first().is_some_and(|first| fits(&first)) && lines.iter().filter(fits).count() * 2 > lines.len())
            .then_some(columns)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_content() {
        for (head, expected) in [
            ("", LogKind::Empty),
            ("#Software: Microsoft\r\n#Fields: date time cs-uri-stem sc-status\r\n", LogKind::Iis),
            ("DateTime,RequestId,MajorVersion\r\n#Software: Microsoft Exchange Server\r\n", LogKind::HttpProxy),
            ("-----------------\r\n Log Entry: 0\r\n-----------------\r\n", LogKind::MailboxLog),
            ("Identity : x\r\nLastSuccessSync : 11/21/2026\r\n", LogKind::DeviceList),
            (
                "10.0.0.1 - - [21/Nov/2026:11:02:32 +0100] \"POST /x HTTP/1.1\" 200 1 \"-\" \"-\"\n",
                LogKind::ReverseProxy,
            ),
            ("\0\0\0\u{1}\0\0", LogKind::Binary),
            ("dear diary\n", LogKind::Unknown),
        ] {
            assert_eq!(kind(head.as_bytes()), expected, "{head:?}");
        }
        assert_eq!(kind(&[0xff, 0xd8, 0xff, 0xe0, 0x90, 0x91]), LogKind::Binary);
    }

    #[test]
    fn a_piece_without_a_header_is_taken_by_the_default_columns_that_fit() {
        let line = "2026-11-21 00:00:01 10.0.0.1 POST /Microsoft-Server-ActiveSync/default.eas Cmd=Ping 443 - 10.0.0.2 a - 200 0 0 9\r\n";
        assert_eq!(kind(line.as_bytes()), LogKind::Iis);
        assert_eq!(columns_of(line.as_bytes()).map(|columns| columns.count), Some(15));
        assert_eq!(columns_of(b"2026-11-21 00:00:01 10.0.0.1 POST x\n"), None);
    }
}
