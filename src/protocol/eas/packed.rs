//! What does an ActiveSync query hold that is written in base64?
//!
//! MS-ASHTTP 2.2.1.1.1.1: version, command and locale; then, each behind its length, device id, policy key and
//! device type; then parameters, each with its tag and its length.

/// The commands and their codes (MS-ASHTTP 2.2.1.1.1.1.2).
const COMMANDS: &[(&str, u8)] = &[
    ("Sync", 0),
    ("SendMail", 1),
    ("SmartForward", 2),
    ("SmartReply", 3),
    ("GetAttachment", 4),
    ("FolderSync", 9),
    ("FolderCreate", 10),
    ("FolderDelete", 11),
    ("FolderUpdate", 12),
    ("MoveItems", 13),
    ("GetItemEstimate", 14),
    ("MeetingResponse", 15),
    ("Search", 16),
    ("Settings", 17),
    ("Ping", 18),
    ("ItemOperations", 19),
    ("Provision", 20),
    ("ResolveRecipients", 21),
    ("ValidateCert", 22),
    ("Find", 23),
];

/// The tag of the parameter that names the user.
const USER: u8 = 8;

/// The code of a command, whatever the case of its name.
pub fn code(name: &[u8]) -> Option<u8> {
    COMMANDS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).map(|(_, code)| *code)
}

/// The name of a command.
pub fn name(code: u8) -> Option<&'static str> {
    COMMANDS.iter().find(|(_, known)| *known == code).map(|(name, _)| *name)
}

/// What such a query holds, as it stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed<'a> {
    /// The protocol version as one number: 141 is 14.1.
    pub version: u8,
    /// The code of the command.
    pub command: u8,
    /// The device's id, never empty; some clients send 16 raw bytes.
    pub device_id: &'a [u8],
    /// The policy key; 0 where there is none.
    pub policy_key: u32,
    /// The device's type.
    pub device_type: &'a [u8],
    /// The account, where a parameter names it.
    pub user: Option<&'a [u8]>,
    /// Whether the last parameter ends where the bytes do.
    pub is_whole: bool,
}

/// Reads the bytes; `None` where they are no query. What follows a broken parameter is left out.
pub fn unpacked(bytes: &[u8]) -> Option<Packed<'_>> {
    let ([version, command, _, _], rest) = bytes.split_first_chunk::<4>()?;
    let (device_id, rest) = counted(rest)?;
    let (key, rest) = counted(rest)?;
    let (device_type, mut rest) = counted(rest)?;
    let policy_key = if key.is_empty() { 0 } else { u32::from_le_bytes(key.try_into().ok()?) };
    let mut user = None;
    while let Some((tag, tail)) = rest.split_first() {
        let Some((value, behind)) = counted(tail) else { break };
        if *tag == USER {
            user = Some(value);
        }
        rest = behind;
    }
    (!device_id.is_empty()).then_some(Packed {
        version: *version,
        command: *command,
        device_id,
        policy_key,
        device_type,
        user,
        is_whole: rest.is_empty(),
    })
}

/// The bytes behind their number, and what follows.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_ashttp_2_2_1_1_1_1_2_a_command_is_known_by_its_code_and_its_name() {
        for (known, number) in [("Sync", 0), ("folderSYNC", 9), ("Ping", 18), ("Find", 23)] {
            assert_eq!(code(known.as_bytes()), Some(number));
            assert!(name(number).unwrap().eq_ignore_ascii_case(known));
        }
        assert_eq!((code(b"Options"), name(8)), (None, None));
    }

    #[test]
    fn ms_ashttp_2_2_1_1_1_1_a_parameter_that_breaks_off_is_left_out_and_said() {
        let bytes = [&[141, 9, 9, 4, 1, b'D', 4, 1, 2, 0, 0, 1, b'T', 8, 4][..], b"anna", &[7, 9, 1]].concat();
        let query = unpacked(&bytes).unwrap();
        assert_eq!((query.version, query.command, query.policy_key), (141, 9, 513));
        assert_eq!((query.device_id, query.device_type, query.user), (&b"D"[..], &b"T"[..], Some(&b"anna"[..])));
        assert!(!query.is_whole && unpacked(&bytes[..19]).unwrap().is_whole);
        // a key of 3 bytes, no device id, a type that is longer than what is left
        for broken in
            [&[141, 9, 9, 4, 1, b'D', 3, 1, 2, 0, 0][..], &[141, 9, 9, 4, 0, 0, 0], &[141, 9, 9, 4, 1, b'D', 0, 9]]
        {
            assert_eq!(unpacked(broken), None, "{broken:?}");
        }
    }
}
