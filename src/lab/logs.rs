//! What would the IIS log of the scenario's Exchange server hold of the last day?

use crate::order;
use jiff::Timestamp;
use std::fmt::Write as _;

/// Requests of one client, one after the other in equal steps.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    /// Minutes before now of the first and the last.
    pub ago: (u32, u32),
    /// Seconds between two.
    pub every: u32,
    /// The account.
    pub user: &'static str,
    /// The command.
    pub command: &'static str,
    /// HTTP status, sub-status and win32 status.
    pub status: &'static str,
    /// What ActiveSync wrote behind `Log=`; empty: it never came so far.
    pub answer: &'static str,
    /// How long it took, in milliseconds.
    pub took: u32,
}

const HEADER: &str = "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n";

/// Writes them in the order of time, as of that moment.
pub fn written(lines: &[Lines], now: Timestamp) -> String {
    let mut all: Vec<(i64, String)> = Vec::new();
    for (number, part) in lines.iter().enumerate() {
        let (from, to) = (i64::from(part.ago.0) * 60, i64::from(part.ago.1) * 60);
        let mut ago = from;
        while ago >= to {
            let second = now.as_second() - ago;
            let at = Timestamp::from_second(second).map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
            let Lines { user, command, status, answer, took, .. } = part;
            // both sites in one line, as Exchange 2010 writes it
            let log = if answer.is_empty() { String::new() } else { format!("&Log=V141_{answer}_Mbx:EX01_Throttle0_") };
            let name = if status.starts_with("401.2") { "-".to_owned() } else { format!("CORP\\{user}") };
            let mut line = String::new();
            let _ = write!(
                line,
                "{} 203.0.113.7 POST /Microsoft-Server-ActiveSync/default.eas User={user}&DeviceId=lab{user}0001&DeviceType=iPhone&Cmd={command}{log} 443 {name} 198.51.100.20 python-EAS-Client+1.0 - {} {took}\r\n",
                at.unwrap_or_default(),
                status.replace('.', " ")
            );
            all.push((second * 100 + i64::try_from(number).unwrap_or(0), line));
            ago -= i64::from(part.every.max(1));
        }
    }
    order::rising(&mut all);
    all.into_iter().fold(HEADER.to_owned(), |out, (_, line)| out + &line)
}
