//! Does any damage to a log end in a crash, or in lines that are neither used nor said to be left out?

use super::{Part, Reader, With, kind};
use crate::evidence::logs::LogKind;
use proptest::prelude::*;

const STEM: &[u8] = b"/Microsoft-Server-ActiveSync";

const IIS: &str = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\r\n\
2026-11-21 10:00:01 10.0.0.7 POST /Microsoft-Server-ActiveSync/default.eas User=anna&DeviceId=d1&DeviceType=iPhone&Cmd=Sync&Log=V141_Fid:5_Sk:0_S1_As:AllowedG_Budget:(D)Balance%3a-5%2c_ 443 CORP\\anna 10.0.0.9 x 200 0 0 90\r\n\
2026-11-21 10:00:02 10.0.0.7 GET /owa/ - 443 - 10.0.0.9 x 200 0 0 9\r\n\
#Fields: date time cs-uri-stem cs-uri-query cs-username sc-status\r\n\
2026-11-21 10:00:03 /Microsoft-Server-ActiveSync jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l&Log=SC1:142_ anna 401\r\n";

const HTTP_PROXY: &str = "DateTime,RequestId,UrlStem,IsAuthenticated,AuthenticatedUser,UserAgent,ServerHostName,HttpStatus,BackEndStatus,Method,TotalRequestTime,UrlQuery,GenericErrors\r\n\
#Software: Microsoft Exchange Server\r\n\
2026-11-21T10:00:01.997Z,823d6c00-01f1-4067-9002-18ff1cf2e5d9,/Microsoft-Server-ActiveSync/default.eas,true,CORP\\anna,x y,EX01,200,200,POST,90,?Cmd=Sync&User=anna&DeviceId=d1&DeviceType=iPhone,\"a, \"\"b\"\"\"\r\n\
2026-11-21T10:00:02.997Z,,/Microsoft-Server-ActiveSync/default.eas,false,,x,EX01,,,POST,1,?Cmd=Ping&User=anna&DeviceId=d1&DeviceType=iPhone,\r\n";

const ACCESS: &str = "10.0.0.1 - - [21/Nov/2026:11:00:01 +0100] \"POST /Microsoft-Server-ActiveSync?Cmd=Ping&User=anna&DeviceId=d1&DeviceType=iPhone HTTP/1.1\" 200 433 \"-\" \"x\" 0.012\n\
lb haproxy[9]: 10.0.0.1:4711 [21/Nov/2026:10:00:02.900] https~ exch/ex01 0/0/1/9/10 200 433 - - ---- 9/9/1/1/0 0/0 \"POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=anna&DeviceId=d1&DeviceType=iPhone HTTP/1.1\"\n";

const MAILBOX: &str = "-----------------\r\n Log Entry: 0\r\n-----------------\r\n\r\nRequestTime : \r\n11/21/2026 10:00:00\r\n\r\nIdentifier : \r\n4D7D0057\r\n\r\nRequestHeader : \r\nPOST /Microsoft-Server-ActiveSync/default.eas?User=anna&DeviceId=d1&DeviceType=iPhone&Cmd=Sync HTTP/1.1\r\n\r\nResponseHeader : \r\nHTTP/1.1 200 OK\r\n\r\nResponseBody : \r\n<Status>1</Status>\r\n<Body=496 bytes/>\r\nResponseTime : \r\n11/21/2026 10:00:02\r\n-----------------\r\n";

const KINDS: [(LogKind, &str); 4] = [
    (LogKind::Iis, IIS),
    (LogKind::HttpProxy, HTTP_PROXY),
    (LogKind::ReverseProxy, ACCESS),
    (LogKind::MailboxLog, MAILBOX),
];

fn read(kind: LogKind, bytes: &[u8], step: usize) -> Part {
    let mut reader = Reader::new(kind, 0, bytes, &With { ews: true, ..With::default() });
    for piece in bytes.chunks(step.max(1)) {
        reader.feed(piece);
    }
    reader.finish()
}

/// What must be the same however the bytes come.
fn numbers(part: &Part) -> (u64, u64, String) {
    (part.lines, part.used, format!("{:?}", part.skipped))
}

/// Whether a path that is ActiveSync's begins in the line: behind another path, or in a query, it counts neither way.
fn is_asked(line: &[u8]) -> bool {
    memchr::memmem::find_iter(line, STEM)
        .any(|at| matches!(at.checked_sub(1).and_then(|at| line.get(at)), Some(b' ' | b',')))
}

fn holds(kind: LogKind, bytes: &[u8], step: usize) -> Result<(), TestCaseError> {
    let part = read(kind, bytes, step);
    let lines = memchr::memchr_iter(b'\n', bytes).count() + usize::from(!bytes.is_empty() && !bytes.ends_with(b"\n"));
    prop_assert_eq!(part.lines, lines as u64);
    prop_assert_eq!(numbers(&part), numbers(&read(kind, bytes, usize::MAX)));
    if kind != LogKind::MailboxLog {
        let asked = bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| is_asked(line) && !line.starts_with(b"#") && !line.starts_with(b"DateTime,"))
            .count() as u64;
        let told = part.used + part.skipped.values().sum::<u64>();
        prop_assert!(told > 0 || asked == 0, "a silent zero: {} lines", asked);
    }
    let mut collected = super::Collected::default();
    let file = collected.file("a".to_owned(), kind);
    collected.add(file, part);
    let told = collected.told(&super::Wanted::default());
    prop_assert!(told.devices.iter().all(|device| device.hits > 0));
    Ok(())
}

#[test]
fn the_samples_are_told_apart_and_used_whole() {
    for (expected, sample) in KINDS {
        assert_eq!(kind(sample.as_bytes()), expected);
        let part = read(expected, sample.as_bytes(), 7);
        let used = if expected == LogKind::MailboxLog { 1 } else { 2 };
        assert_eq!((part.used, part.skipped.len()), (used, 0), "{expected:?}");
    }
}

#[test]
fn a_path_that_damage_has_moved_is_left_out_and_said() {
    let moved = |kind, from: &str, to: &str| {
        let (_, sample) = KINDS.into_iter().find(|(known, _)| *known == kind).unwrap();
        let part = read(kind, sample.replacen(from, to, 1).as_bytes(), usize::MAX);
        (part.used, part.skipped.into_iter().map(|(why, count)| (why.name(), count)).collect::<Vec<_>>())
    };
    let said = (1, vec![("columns", 1)]);
    // a blank lost and another one won: as many columns, one place to the left
    assert_eq!(
        moved(
            LogKind::Iis,
            "10.0.0.7 POST /Microsoft-Server-ActiveSync/",
            "10.0.0.7+POST /Microsoft-Server-ActiveSync "
        ),
        said
    );
    let stem = "/Microsoft-Server-ActiveSync/default.eas";
    assert_eq!(moved(LogKind::HttpProxy, &format!("{stem},true"), &format!(",{stem}+true")), said);
    // two lines in one, of which the first asked for something else
    assert_eq!(
        moved(
            LogKind::ReverseProxy,
            "/Microsoft-Server-ActiveSync?Cmd=Ping&User=anna&DeviceId=d1&DeviceType=iPhone HTTP/1.1\" 200 433 \"-\" \"x\" 0.012\n",
            "/owa/ HTTP/1.1\" 200 433 \"-\" \"x\" 0.012+"
        ),
        (0, vec![("columns", 1)])
    );
}

proptest! {
    #[test]
    fn a_cut_log_is_counted_and_said(at in 0..3000_usize, step in 1..400_usize, nul in 0..50_usize) {
        for (kind, sample) in KINDS {
            let mut bytes = sample.as_bytes()[..at.min(sample.len())].to_vec();
            bytes.extend(vec![0; nul]);
            holds(kind, &bytes, step)?;
        }
    }

    #[test]
    fn a_log_with_bytes_changed_is_counted_and_said(
        changes in prop::collection::vec((0..3000_usize, any::<u8>()), 1..12),
        step in 1..400_usize,
    ) {
        for (kind, sample) in KINDS {
            let mut bytes = sample.repeat(2).into_bytes();
            for (at, byte) in &changes {
                let at = at % bytes.len();
                bytes[at] = *byte;
            }
            holds(kind, &bytes, step)?;
        }
    }

    #[test]
    fn lines_of_all_kinds_in_one_file_harm_none(order in prop::collection::vec(0..40_usize, 1..40), step in 1..400_usize) {
        let lines: Vec<&str> = KINDS.iter().flat_map(|(_, sample)| sample.split_inclusive('\n')).collect();
        let mixed: String = order.iter().map(|at| lines[at % lines.len()]).collect();
        for (kind, _) in KINDS {
            holds(kind, mixed.as_bytes(), step)?;
        }
    }

    #[test]
    fn binary_breaks_nothing(bytes in prop::collection::vec(any::<u8>(), 0..4000), step in 1..400_usize) {
        let _ = kind(&bytes);
        for (kind, _) in KINDS {
            holds(kind, &bytes, step)?;
        }
    }
}
