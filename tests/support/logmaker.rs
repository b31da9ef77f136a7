//! What would the logs of an Exchange server look like, if one knew what had happened?
//!
//! Everything is drawn from a seed; what the lines must be found to say is written down while they
//! are made, from the story of each device and not from the lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// The five ways in which Exchange writes what ActiveSync answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    E2003,
    E2007,
    E2010,
    E2013,
    E2016,
}

impl Dialect {
    pub const ALL: [Self; 5] = [Self::E2003, Self::E2007, Self::E2010, Self::E2013, Self::E2016];

    /// Whether front end and back end have a log each.
    pub fn has_two_sites(self) -> bool {
        matches!(self, Self::E2013 | Self::E2016)
    }
}

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub seed: u64,
    pub dialect: Dialect,
    /// Lines of the front end, of which one in seven is ActiveSync.
    pub lines: u64,
    pub devices: usize,
    /// Whether some clients ask with queries in base64.
    pub base64: bool,
    /// Repeated headers, changed columns, broken lines, a cut end, NUL bytes.
    pub defects: bool,
}

/// What one device's lines must be found to say; times in seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    pub hits: u64,
    pub first: i64,
    pub last: i64,
    pub success: Option<i64>,
    pub since: Option<i64>,
    pub streak: u64,
    pub statuses: BTreeMap<String, u64>,
}

/// What all lines must be found to say.
#[derive(Debug, Clone, Default)]
pub struct Story {
    /// By user and device.
    pub devices: BTreeMap<(String, String), Truth>,
    /// The same where only the front end's log is at hand.
    pub front_only: BTreeMap<(String, String), Truth>,
    /// Lines of the front end and of the back end.
    pub lines: [u64; 2],
    /// Lines that cannot be used, by reason, of both sites.
    pub skipped: [BTreeMap<&'static str, u64>; 2],
}

/// 2026-11-21T00:00:00Z
pub const BEGIN: i64 = 1_795_219_200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Healthy,
    /// 401.1 with 1326 from noon on.
    PasswordChanged,
    /// Begins anew for ever.
    Looping,
    Quarantined,
    /// Something cuts waiting requests after 300 s.
    IdleCut,
    /// Never provisions.
    NotProvisioned,
    /// Sends no credentials before it is asked for them.
    Challenged,
    /// The server breaks down now and then.
    Shaky,
}

struct Device {
    user: String,
    id: String,
    kind: &'static str,
    agent: &'static str,
    case: Case,
    base64: bool,
    last: i64,
}

/// SplitMix64: any seed will do.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }
}

const FAMILIES: [(&str, &str); 5] = [
    ("iPhone", "Apple-iPhone14C2/2107.93"),
    ("Android", "Android-Mail/2026.10.12.691"),
    ("SamsungDevice", "SAMSUNG-SM-S921B/101.40001"),
    ("WindowsMail", "Windows-Mail+16.0"),
    ("iPhone", "python-EAS-Client+1.0"),
];

const CODES: [(&str, u8); 5] = [("Sync", 0), ("FolderSync", 9), ("Ping", 18), ("Provision", 20), ("SendMail", 1)];

/// How a request ended, on both sites.
struct End {
    http: (u16, u16, u32),
    /// What ActiveSync says; `None`: it never came so far.
    answer: Option<&'static str>,
    /// Whether that is a success, a failure, or neither.
    worked: Option<bool>,
}

/// Makes the logs; `back` is written to where the dialect has one.
pub fn make(spec: Spec, front: &mut dyn Write, back: &mut dyn Write) -> io::Result<Story> {
    let mut dice = Dice(spec.seed);
    let mut story = Story::default();
    let mut devices: Vec<Device> = (0..spec.devices)
        .map(|i| {
            let (kind, agent) = FAMILIES[i % FAMILIES.len()];
            let name = if i % 11 == 5 { format!("jürgen{i:04}") } else { format!("user{i:05}") };
            Device {
                user: name,
                id: format!("{}{:016X}", if kind == "iPhone" { "ApplDN" } else { "dev" }, dice.roll()),
                kind,
                agent,
                case: match i % 23 {
                    3 => Case::PasswordChanged,
                    7 => Case::Looping,
                    11 => Case::Quarantined,
                    13 => Case::IdleCut,
                    17 => Case::NotProvisioned,
                    19 => Case::Challenged,
                    21 => Case::Shaky,
                    _ => Case::Healthy,
                },
                base64: spec.base64 && i % 3 == 0,
                last: 0,
            }
        })
        .collect();
    let mut layouts = [0_usize, 0];
    header(front, 0, &mut story.lines[0])?;
    if spec.dialect.has_two_sites() {
        header(back, 0, &mut story.lines[1])?;
    }
    let mut line = String::new();
    for i in 0..spec.lines {
        let now = BEGIN + i64::try_from(i * 86_000 / spec.lines).unwrap_or(0);
        if spec.defects && i > 0 && i % (spec.lines / 5).max(2) == 0 {
            layouts[0] = (layouts[0] + 1) % 2;
            header(front, layouts[0], &mut story.lines[0])?;
        }
        if dice.below(7) != 0 {
            noise(&mut line, &mut dice, now, layouts[0]);
            front.write_all(line.as_bytes())?;
            story.lines[0] += 1;
            continue;
        }
        // a few are busy, most are not
        let skewed = (dice.below(1 << 16) * dice.below(1 << 16)) >> 16;
        let at = usize::try_from((skewed * spec.devices as u64) >> 16).unwrap_or(0);
        let device = &mut devices[at];
        if now < device.last + 3 {
            continue;
        }
        device.last = now;
        let (command, end) = scene(device.case, &mut dice, now, spec.dialect);
        let took = 20 + dice.below(400);
        let skew = i64::from(spec.dialect.has_two_sites() && dice.below(2) == 0);
        let key = (device.user.clone(), device.id.clone());
        if spec.defects && dice.below(500) == 0 {
            // a header with a blank in it, which the server should have written as a plus
            request(&mut line, spec, device, command, &end, now, took, layouts[0], false, "Bad Agent");
            front.write_all(line.as_bytes())?;
            story.lines[0] += 1;
            *story.skipped[0].entry("columns").or_default() += 1;
            continue;
        }
        request(&mut line, spec, device, command, &end, now + skew, took, layouts[0], false, device.agent);
        front.write_all(line.as_bytes())?;
        story.lines[0] += 1;
        let accepted = end.http.0 == 200;
        tell(
            story.front_only.entry(key.clone()).or_default(),
            &end,
            now + skew,
            None,
            if accepted { Some(true) } else { end.worked },
        );
        let told = story.devices.entry(key).or_default();
        let proof = end.answer.is_some();
        // what failed before ActiveSync was asked failed when the front end says so
        let ended = if proof { now } else { now + skew };
        tell(told, &end, now + skew, Some((ended, proof)), end.worked);
        if spec.dialect.has_two_sites() && proof {
            request(&mut line, spec, device, command, &end, now, took, layouts[1], true, device.agent);
            back.write_all(line.as_bytes())?;
            story.lines[1] += 1;
        }
    }
    if spec.defects {
        let end = End { http: (200, 0, 0), answer: Some(""), worked: Some(true) };
        request(&mut line, spec, &devices[0], "Sync", &end, BEGIN + 86_001, 9, layouts[0], false, "Cut");
        front.write_all(&line.as_bytes()[..line.len() / 2])?;
        front.write_all(&[0; 5000])?;
        story.lines[0] += 1;
        story.skipped[0].insert("nul", 1);
        if spec.dialect.has_two_sites() {
            request(&mut line, spec, &devices[0], "Sync", &end, BEGIN + 86_001, 9, layouts[1], true, "Cut");
            back.write_all(&line.as_bytes()[..line.len() / 2])?;
            story.lines[1] += 1;
            story.skipped[1].insert("cut", 1);
        }
    }
    Ok(story)
}

fn tell(truth: &mut Truth, end: &End, seen: i64, proved: Option<(i64, bool)>, worked: Option<bool>) {
    let (http, sub, win32) = end.http;
    truth.hits += 1;
    if truth.hits == 1 {
        truth.first = seen;
    }
    truth.last = seen;
    *truth.statuses.entry(format!("{http}.{sub}.{win32}")).or_default() += 1;
    match worked {
        Some(true) => {
            if let Some((at, true)) = proved {
                truth.success = Some(at);
            }
            (truth.since, truth.streak) = (None, 0);
        }
        Some(false) => {
            truth.since.get_or_insert(proved.map_or(seen, |(at, _)| at));
            truth.streak += 1;
        }
        None => {}
    }
}

/// What a device does next, and what comes of it.
fn scene(case: Case, dice: &mut Dice, now: i64, dialect: Dialect) -> (&'static str, End) {
    let good = |answer| End { http: (200, 0, 0), answer: Some(answer), worked: Some(true) };
    let command = ["Sync", "Ping", "Ping", "FolderSync", "SendMail"][usize::try_from(dice.below(5)).unwrap_or(0)];
    // the first two dialects write no status
    let silent = matches!(dialect, Dialect::E2003 | Dialect::E2007);
    match case {
        Case::PasswordChanged if now >= BEGIN + 43_200 => {
            (command, End { http: (401, 1, 1326), answer: None, worked: Some(false) })
        }
        Case::Looping => ("Sync", good(if silent { "loop" } else { "1 loop" })),
        Case::Quarantined if !silent => {
            (command, End { http: (200, 0, 0), answer: Some("1 As:QuarantinedG"), worked: Some(false) })
        }
        Case::IdleCut if command == "Ping" => {
            ("Ping", End { http: (200, 0, 64), answer: Some(if silent { "" } else { "1" }), worked: Some(true) })
        }
        Case::NotProvisioned if !silent => {
            (command, End { http: (200, 0, 0), answer: Some("142 Error:DeviceNotProvisioned"), worked: Some(false) })
        }
        Case::Challenged if dice.below(2) == 0 => (command, End { http: (401, 2, 5), answer: None, worked: None }),
        Case::Shaky if dice.below(3) == 0 => (command, End { http: (503, 0, 0), answer: None, worked: Some(false) }),
        Case::Shaky if !silent && dice.below(4) == 0 => {
            ("Ping", End { http: (200, 0, 0), answer: Some("3 Error:PingCollisionDetected"), worked: None })
        }
        _ if command == "Ping" && !silent => ("Ping", good("2")),
        _ => (command, good(if silent { "" } else { "1" })),
    }
}

const LAYOUTS: [&str; 2] = [
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
    "date time s-computername s-port cs-username c-ip cs(User-Agent) cs-method cs-uri-stem cs-uri-query sc-status sc-substatus sc-win32-status time-taken X-Forwarded-For",
];

fn header(out: &mut dyn Write, layout: usize, lines: &mut u64) -> io::Result<()> {
    *lines += 4;
    let date = moment(BEGIN);
    let fields = LAYOUTS[layout];
    write!(
        out,
        "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: {date}\r\n#Fields: {fields}\r\n"
    )
}

/// `2026-11-21 06:53:38`
fn moment(time: i64) -> String {
    let second = time - BEGIN;
    let (day, second) = (21 + second / 86_400, second % 86_400);
    format!("2026-11-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

#[expect(clippy::too_many_arguments, reason = "the columns of a line")]
fn columns(
    line: &mut String,
    layout: usize,
    now: i64,
    method: &str,
    stem: &str,
    query: &str,
    port: u16,
    user: &str,
    agent: &str,
    http: (u16, u16, u32),
    took: u64,
) {
    line.clear();
    let (a, b, c) = http;
    let date = moment(now);
    let _ = match layout {
        0 => write!(
            line,
            "{date} 10.0.0.7 {method} {stem} {query} {port} {user} 203.0.113.9 {agent} - {a} {b} {c} {took}\r\n"
        ),
        _ => write!(
            line,
            "{date} EX01 {port} {user} 10.0.0.3 {agent} {method} {stem} {query} {a} {b} {c} {took} 203.0.113.9,+10.0.0.3\r\n"
        ),
    };
}

#[expect(clippy::too_many_arguments, reason = "the columns of a line")]
fn request(
    line: &mut String,
    spec: Spec,
    device: &Device,
    command: &str,
    end: &End,
    now: i64,
    took: u64,
    layout: usize,
    back: bool,
    agent: &str,
) {
    let mut query = if device.base64 {
        base64(command, device)
    } else {
        let user = device.user.replace('ü', "%C3%BC");
        format!("User=CORP%5C{user}&DeviceId={}&DeviceType={}&Cmd={command}", device.id, device.kind)
    };
    let two = spec.dialect.has_two_sites();
    if back || (!two && end.answer.is_some()) {
        let said = end.answer.unwrap_or_default();
        let _ = write!(query, "&Log={}", answer(spec.dialect, command, said, &device.user, now));
    } else if two {
        let _ = write!(query, "&CorrelationID=<empty>;&cafeReqId=0f4b2a1c-{took:04x}-4e5d-8c7b-{now:012x};");
    }
    let stem = if back {
        "/Microsoft-Server-ActiveSync/Proxy/default.eas"
    } else {
        "/Microsoft-Server-ActiveSync/default.eas"
    };
    // a challenge is answered to nobody; a refused sign-in with Basic names who tried
    let user = if end.http.1 == 2 { "-".to_owned() } else { format!("CORP\\{}", device.user) };
    let waited = end.http.2 == 64;
    let took = if waited { 300_000 + took } else { took };
    columns(line, layout, now, "POST", stem, &query, if back { 444 } else { 443 }, &user, agent, end.http, took);
}

/// The string behind `Log=`.
fn answer(dialect: Dialect, command: &str, said: &str, user: &str, now: i64) -> String {
    // every answer with a change gives a new key
    let next = (now - BEGIN + 777).to_string();
    let mut words = said.split(' ').filter(|word| !word.is_empty());
    let mut status = "";
    let (mut error, mut access, mut key) = ("", "AllowedG", next.as_str());
    for word in &mut words {
        match word.split_once(':') {
            Some(("Error", name)) => error = name,
            Some(("As", state)) => access = state,
            _ if word == "loop" => key = "0",
            _ => status = word,
        }
    }
    let error = if error.is_empty() { String::new() } else { format!("Error:{error}_") };
    match dialect {
        Dialect::E2003 => "V25TCoSSC:0A0C0D0FS:1A0C0D0SP:1C2I105992S109982R".to_owned(),
        Dialect::E2007 => format!("V121_Fc1_Fid:5_Ty:Em_Filt2_St:S_Sk:{key}_Cli:0a0c0d0f0e_Srv:1a0c0d0s0e_"),
        Dialect::E2010 => format!(
            "V141_Fc1_Fid:5_Ty:Em_Filt3_St:S_Sk:{key}_LdapC1_RpcC28_RpcL31_S{status}_{error}As:{access}_Mbx:MBX1.corp.example_Throttle0_Budget:(A)Conn%3a1%2cPolicy%3aDefault%5F1_"
        ),
        Dialect::E2013 => format!(
            "PrxFrom:10.0.0.7_V141_HH:mail.corp.example%3a444_SmtpAdrs:{}%40corp.example_NMS1_Ssnf:T_Fid:5_Ty:Em_Sk:{key}_Pk3609689902_S{status}_{error}As:{access}_Mbx:MBX1.corp.example_Throttle0_CmdHC-813709136_TmRcv06:53:38.44_ActivityContextData:Dbl%3aRPC.T%5bMBX1%5d%3d104%3bS%3aWLM.Bal%3d239706.2_",
            user.replace('ü', "%c3%bc")
        ),
        Dialect::E2016 => format!(
            "{error}SC1:{status}_PrxFrom:10.0.0.7_Ver1:161_HH:mail.corp.example_SmtpAdrs:{}%40corp.example_{}Fid:5_Sk:{key}_As:{access}_Mbx:MBX1.corp.example_Throttle:0_SBkOffD:L%2f-470_TmRcv:06%3a53%3a38.44_",
            user.replace('ü', "%c3%bc"),
            if command == "Ping" { "Hb:600_Rto:2_" } else { "" }
        ),
    }
}

/// MS-ASHTTP 2.2.1.1.1.1.
fn base64(command: &str, device: &Device) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let code = CODES.iter().find(|(name, _)| *name == command).map_or(0, |(_, code)| *code);
    let mut bytes = vec![141, code, 9, 4, u8::try_from(device.id.len()).unwrap_or(0)];
    bytes.extend(device.id.bytes());
    bytes.extend([4, 1, 2, 3, 4, u8::try_from(device.kind.len()).unwrap_or(0)]);
    bytes.extend(device.kind.bytes());
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for i in 0..4 {
            out.push(if i > three.len() { '=' } else { char::from(LETTERS[(number >> (18 - 6 * i) & 63) as usize]) });
        }
    }
    out
}

/// What a server does beside ActiveSync.
fn noise(line: &mut String, dice: &mut Dice, now: i64, layout: usize) {
    let user = format!("CORP\\user{:05}", dice.below(4000));
    let ok = (200, 0, 0);
    let took = dice.below(900);
    match dice.below(20) {
        0..10 => {
            let query = format!(
                "MailboxId={:032x}@corp.example&CorrelationID=<empty>;&cafeReqId={:016x};",
                dice.roll(),
                dice.roll()
            );
            columns(
                line,
                layout,
                now,
                "POST",
                "/mapi/emsmdb/",
                &query,
                443,
                &user,
                "Microsoft+Office/16.0+(Windows+NT+10.0;+Microsoft+Outlook+16.0.17928;+Pro)",
                ok,
                took,
            );
        }
        10..14 => columns(
            line,
            layout,
            now,
            "POST",
            "/EWS/Exchange.asmx",
            "&CorrelationID=<empty>;&cafeReqId=7;",
            443,
            &user,
            "MacOutlook/16.90.24100114+(Intel+Mac+OS+X+Version+14.7+(Build+23H124))",
            ok,
            took,
        ),
        14..16 => columns(
            line,
            layout,
            now,
            "GET",
            "/owa/",
            "bO=1&sessionId=#top",
            443,
            &user,
            "Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36",
            ok,
            took,
        ),
        16..18 => columns(
            line,
            layout,
            now,
            "POST",
            "/Autodiscover/Autodiscover.xml",
            "&CorrelationID=<empty>;",
            443,
            "-",
            "Microsoft+Office/16.0",
            (401, 1, 2_148_074_254),
            took,
        ),
        _ => columns(line, layout, now, "GET", "/rpc/rpcproxy.dll", "-", 443, &user, "MSRPC", (404, 0, 2), took),
    }
}
