//! What did ActiveSync itself answer, by the string behind `Log=`, and was that a success?
//!
//! Five dialects (Exchange 2003, 2007, 2010, 2013, 2016) write items that end with `_`: a key, for
//! some dialects a colon, a value. A key is known by what follows it (a colon, a minus, a digit or the
//! end): `S3`, `S143` and `SC1:142` are a status, `St:F` is not; `TmRcv06:53:38` is no item `TmRcv06`.

use super::query::Command;

/// HTTP status, sub-status and win32 status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status {
    /// HTTP.
    pub http: u16,
    /// Sub-status of IIS.
    pub sub: u16,
    /// Error of Windows.
    pub win32: u32,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.http, self.sub, self.win32)
    }
}

/// The items of an answer that matter here, as they stand in the line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The status (MS-ASCMD 2.2.2), where there is one.
    pub status: Option<u16>,
    /// The error's name.
    pub error: Option<&'a [u8]>,
    /// Whether the device is let in, and the letter of the reason.
    pub access: Option<&'a [u8]>,
    /// The mailbox address.
    pub mailbox: Option<&'a [u8]>,
    /// The protocol version as one number.
    pub version: Option<u16>,
    /// The heartbeat that was asked for, in seconds.
    pub heartbeat: Option<u32>,
    /// How long throttling delayed the request, in milliseconds.
    pub throttle: u64,
    /// The sync key of the first folder.
    pub sync_key: Option<&'a [u8]>,
    /// Whether the first folder's state began anew.
    pub first_sync: bool,
    /// The first folder.
    pub folder: Option<&'a [u8]>,
    /// Whether the budget was overdrawn at the end; `None` where it is not shown.
    pub overdrawn: Option<bool>,
    /// How long calls to the mailbox server took, in milliseconds.
    pub mailbox_ms: Option<u64>,
}

/// Errors that say that two requests of one client have met, and nothing about whether it syncs.
const COLLISIONS: &[&[u8]] = &[b"PingCollisionDetected", b"SyncCollisionDetected"];

/// Errors without a consequence.
const HARMLESS: &[&[u8]] = &[b"MissingCscCacheEntry"];

/// Reads the string.
pub fn read(log: &[u8]) -> Answer<'_> {
    let mut out = Answer::default();
    let mut from = 0;
    for end in memchr::memchr_iter(b'_', log).chain([log.len()]) {
        let item = log.get(from..end).unwrap_or_default();
        from = end + 1;
        let Some(first) = item.first() else { continue };
        match first {
            b'S' => {
                if let Some(value) = after(item, b"SC1").or_else(|| after(item, b"S")) {
                    out.status = number(value).or(out.status);
                } else if let Some(value) = after(item, b"SmtpAdrs") {
                    out.mailbox = Some(value);
                } else if let Some(value) = after(item, b"Sk") {
                    out.sync_key = out.sync_key.or(Some(value));
                } else if after(item, b"St") == Some(b"F") {
                    out.first_sync = true;
                }
            }
            b'E' => out.error = after(item, b"Error").map(name).or(out.error),
            b'A' => {
                if let Some(value) = after(item, b"As") {
                    out.access = Some(value);
                } else if item.starts_with(b"ActivityContextData") {
                    out.mailbox_ms = remote_calls(item).or(out.mailbox_ms);
                }
            }
            b'B' if item.starts_with(b"Budget") => {
                let balance = memchr::memmem::rfind(item, b"Balance%3a").and_then(|at| item.get(at + 10));
                out.overdrawn = balance.map(|sign| *sign == b'-').or(out.overdrawn);
            }
            b'F' => out.folder = out.folder.or_else(|| after(item, b"Fid")),
            b'R' => out.mailbox_ms = after(item, b"RpcL").and_then(number).or(out.mailbox_ms),
            b'H' => out.heartbeat = after(item, b"Hb").and_then(number).or(out.heartbeat),
            b'T' => {
                if let Some(value) = after(item, b"Throttle") {
                    out.throttle = number(value).unwrap_or(0);
                }
            }
            b'V' => {
                if let Some(value) = after(item, b"Ver1").or_else(|| after(item, b"V")) {
                    out.version = number(value).or(out.version);
                }
            }
            _ => {}
        }
    }
    out
}

/// `RPC.T[server.database]=104` of the counters, as they are escaped in the line; all servers together.
fn remote_calls(item: &[u8]) -> Option<u64> {
    let mut sum = None;
    for at in memchr::memmem::find_iter(item, b"RPC.T%5b") {
        let rest = item.get(at..)?;
        let value = rest.get(memchr::memmem::find(rest.get(..200).unwrap_or(rest), b"%5d%3d")? + 6..)?;
        sum = Some(sum.unwrap_or(0) + number::<u64>(value).unwrap_or(0));
    }
    sum
}

/// The value, where this is the item's key.
fn after<'a>(item: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let rest = item.strip_prefix(key)?;
    match rest.first() {
        Some(b':') => rest.get(1..),
        None | Some(b'-' | b'0'..=b'9') => Some(rest),
        Some(_) => None,
    }
}

/// The digits at the beginning.
pub fn number<T: TryFrom<u64>>(text: &[u8]) -> Option<T> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).take(18);
    let mut any = false;
    let value = digits.fold(0_u64, |sum, byte| {
        any = true;
        sum * 10 + u64::from(byte - b'0')
    });
    any.then(|| T::try_from(value).ok()).flatten()
}

/// An error's name without the text behind it.
fn name(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(value.len());
    value.get(..end).unwrap_or_default()
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// ActiveSync says that it worked.
    Proved,
    /// HTTP says so.
    Accepted,
    /// It says nothing either way.
    Neutral,
    /// It failed.
    Failed,
}

/// Judges one request. `back`: it came from a front end, whose own sign-in is nobody's concern here.
pub fn ended(status: Status, answer: Option<&Answer<'_>>, command: Command, back: bool) -> Ended {
    match (status.http, answer) {
        (200, Some(answer)) => answered(answer, command),
        (200, None) => Ended::Accepted,
        // the first leg of a sign-in: the anonymous challenge, and that of Negotiate
        (401, _) if back || (status.sub == 2 && status.win32 == 5) || status.win32 == 0x8009_030E => Ended::Neutral,
        // a client that was gone before the answer, as reverse proxies write it
        (100..300 | 408 | 499, _) => Ended::Neutral,
        _ => Ended::Failed,
    }
}

fn answered(answer: &Answer<'_>, command: Command) -> Ended {
    let good = match answer.status {
        None | Some(1) => true,
        // MS-ASCMD 2.2.3.177.11: changes; 2.2.3.177.10: moved
        Some(2) => command == Command::PING,
        Some(3) => command == Command::MOVE_ITEMS,
        Some(_) => false,
    };
    let let_in = answer.access.is_none_or(|state| state.starts_with(b"Allowed"));
    match answer.error.filter(|name| !name.is_empty()) {
        Some(name) if COLLISIONS.contains(&name) => Ended::Neutral,
        Some(name) if HARMLESS.contains(&name) && !good => Ended::Neutral,
        Some(name) if !HARMLESS.contains(&name) => Ended::Failed,
        _ if good && let_in => Ended::Proved,
        _ => Ended::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: Status = Status { http: 200, sub: 0, win32: 0 };

    fn judge(log: &str, command: Command) -> Ended {
        ended(OK, Some(&read(log.as_bytes())), command, true)
    }

    #[test]
    fn a_status_is_read_in_every_dialect() {
        let status = |log: &str| read(log.as_bytes()).status;
        assert_eq!(status("V2TCoSSC:0A0C0D0FS:1A0C0D0SP:1C2I105992S109982R"), None);
        assert_eq!(status("V121_Fc1_Fid:5_Ty:Em_Filt2_St:S_Sk:1_Cli:0a0c0d0f0e_"), None);
        assert_eq!(status("V141_LdapC1_Hb1680_S3_Error:PingCollisionDetected_Throttle0_"), Some(3));
        assert_eq!(
            status("PrxFrom:10.0.0.1_V141_Pk3609_S143_Error:PolicyRefresh_As:AllowedG_TmRcv06:53:38.44_"),
            Some(143)
        );
        assert_eq!(status("Error:DeviceNotProvisioned_SC1:142_Ver1:161_St:S_Sst:11_"), Some(142));
        let new = read(b"SC1:1_PrxFrom:fe80%3a%3a1_Ver1:161_SmtpAdrs:anna%40corp.example_Hb:600_As:AllowedG_Throttle:250_Sk:0_St:F_");
        assert_eq!((new.status, new.version, new.heartbeat, new.throttle), (Some(1), Some(161), Some(600), 250));
        assert_eq!(
            (new.mailbox, new.sync_key, new.first_sync),
            (Some(&b"anna%40corp.example"[..]), Some(&b"0"[..]), true)
        );
    }

    #[test]
    fn budget_and_mailbox_server_are_read_in_both_spellings() {
        let old = read(b"V141_RpcC28_RpcL2310_S1_Budget:(A)Conn%3a1%2cHangingConn%3a0%2cPolicy%3aD%5F1_");
        assert_eq!((old.mailbox_ms, old.overdrawn), (Some(2310), None));
        let new = read(b"Fid:5_Sk:7_ActivityContextData:Dbl%3aRPC.T%5bMBX1.a-b%5d%3d104%3bI32%3aRPC.C%5bMBX1%5d%3d8%3bDbl%3aRPC.T%5bMBX2%5d%3d6%3b_Budget:(A)Balance%3a5%2c(D)Owner%3ax%2cBalance%3a-20.5%2cCutoff%3a600000_");
        assert_eq!((new.mailbox_ms, new.overdrawn, new.folder), (Some(110), Some(true), Some(&b"5"[..])));
    }

    #[test]
    fn what_counts_as_a_success() {
        assert_eq!(judge("V141_S1_As:AllowedG_", Command::SYNC), Ended::Proved);
        assert_eq!(judge("V121_Cli:0a0c_", Command::SYNC), Ended::Proved);
        assert_eq!(judge("V141_S2_", Command::PING), Ended::Proved);
        assert_eq!(judge("V141_S2_", Command::SYNC), Ended::Failed);
        assert_eq!(judge("V141_S3_", Command::MOVE_ITEMS), Ended::Proved);
        assert_eq!(judge("V141_S142_", Command::SYNC), Ended::Failed);
        assert_eq!(judge("SC1:1_As:QuarantinedG_", Command::SYNC), Ended::Failed);
        assert_eq!(judge("V141_S3_Error:PingCollisionDetected_", Command::PING), Ended::Neutral);
        assert_eq!(judge("V141_S1_Error:MissingCscCacheEntry_", Command::SYNC), Ended::Proved);
        assert_eq!(judge("V141_Error:UserDisabledForSync+x_", Command::SYNC), Ended::Failed);
    }

    #[test]
    fn a_challenge_is_neither_success_nor_failure() {
        let front = |http, sub, win32| ended(Status { http, sub, win32 }, None, Command::SYNC, false);
        assert_eq!(front(401, 2, 5), Ended::Neutral);
        assert_eq!(front(401, 1, 2_148_074_254), Ended::Neutral);
        assert_eq!(front(401, 1, 1326), Ended::Failed);
        assert_eq!(front(503, 0, 0), Ended::Failed);
        assert_eq!(front(200, 0, 64), Ended::Accepted);
        assert_eq!(ended(Status { http: 401, sub: 0, win32: 0 }, None, Command::SYNC, true), Ended::Neutral);
    }

    #[test]
    fn junk_breaks_nothing() {
        let mut seed = 3_u64;
        for _ in 0..20_000 {
            let mut bytes = Vec::new();
            for _ in 0..seed % 40 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let letters = b"SCVerHbAskTt0189:_-%\0\xff";
                bytes.push(letters[(seed >> 33) as usize % letters.len()]);
            }
            seed = seed.wrapping_add(1);
            let _ = ended(OK, Some(&read(&bytes)), Command::SYNC, false);
        }
    }
}
