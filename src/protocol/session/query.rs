//! What does the query of an ActiveSync address say, and how is it written in either of its forms?
//!
//! Every server takes the plain form, and it shows what is asked; the base64 form is for where something
//! in front of the server does not let the plain one through.

use super::{DEVICE_ID, DEVICE_TYPE};
use crate::evidence::SessionAsk;
use crate::protocol::eas::packed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// English (United States), as MS-LCID numbers it.
const LOCALE: u16 = 0x0409;

/// What a query says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The command.
    pub command: String,
    /// The name that signs in; the base64 form need not have it.
    pub user: Option<String>,
    /// The device.
    pub device_id: String,
    /// Its type.
    pub device_type: String,
    /// The version spoken, such as 16.1; only in the base64 form.
    pub version: Option<String>,
    /// The policy key, 0 where there is none; only in the base64 form.
    pub policy_key: Option<u32>,
}

/// The name of the command that asks this.
pub const fn command(ask: &SessionAsk) -> &'static str {
    match ask {
        SessionAsk::FolderSync => "FolderSync",
        SessionAsk::DeviceInformation => "Settings",
        SessionAsk::Provision | SessionAsk::Acknowledge => "Provision",
        SessionAsk::Open { .. } | SessionAsk::Newest { .. } | SessionAsk::Lately { .. } => "Sync",
        SessionAsk::Estimate { .. } => "GetItemEstimate",
        SessionAsk::Ping { .. } => "Ping",
    }
}

/// The plain query (MS-ASHTTP 2.2.1.1.1.2).
pub fn plain(user: &str, ask: &SessionAsk) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("Cmd", command(ask))
        .append_pair("User", user)
        .append_pair("DeviceId", DEVICE_ID)
        .append_pair("DeviceType", DEVICE_TYPE)
        .finish()
}

/// The query in base64 (MS-ASHTTP 2.2.1.1.1.1), from version 12.1 on; `None` where the version or the
/// key is no number.
pub fn base64(version: &str, policy_key: &str, ask: &SessionAsk) -> Option<String> {
    let short = |text: &str| u8::try_from(text.len()).ok();
    let key: u32 = policy_key.parse().ok()?;
    let code = packed::code(command(ask).as_bytes())?;
    let mut bytes = vec![version.replace('.', "").parse().ok()?, code];
    bytes.extend(LOCALE.to_le_bytes());
    bytes.push(short(DEVICE_ID)?);
    bytes.extend(DEVICE_ID.bytes());
    if key == 0 {
        bytes.push(0);
    } else {
        bytes.push(4);
        bytes.extend(key.to_le_bytes());
    }
    bytes.push(short(DEVICE_TYPE)?);
    bytes.extend(DEVICE_TYPE.bytes());
    Some(STANDARD.encode(bytes))
}

/// Reads a query in either form; `None` where it is no query of ActiveSync.
pub fn read(query: &str) -> Option<Query> {
    let of = |wanted: &str| {
        let found = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.into_owned())
    };
    match of("Cmd") {
        Some(command) => Some(Query {
            command,
            user: of("User"),
            device_id: of("DeviceId")?,
            device_type: of("DeviceType")?,
            version: None,
            policy_key: None,
        }),
        None => unpacked(&STANDARD.decode(query.trim()).ok()?),
    }
}

fn unpacked(bytes: &[u8]) -> Option<Query> {
    let packed = packed::unpacked(bytes).filter(|packed| packed.is_whole)?;
    let user = match packed.user {
        Some(user) => Some(text(user)?),
        None => None,
    };
    Some(Query {
        command: packed::name(packed.command)?.to_owned(),
        user,
        device_id: text(packed.device_id)?,
        device_type: text(packed.device_type)?,
        version: Some(format!("{}.{}", packed.version / 10, packed.version % 10)),
        policy_key: Some(packed.policy_key),
    })
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_ashttp_both_forms_of_the_query_say_the_same() {
        let ask = SessionAsk::FolderSync;
        let plain = plain("CORP\\anna+x@corp.example", &ask);
        assert_eq!(
            plain,
            "Cmd=FolderSync&User=CORP%5Canna%2Bx%40corp.example&DeviceId=EXDIAG0000000001&DeviceType=exdiag"
        );
        // A1 09 0904 10 "EXDIAG0000000001" 04 6048EA4D 06 "exdiag"
        let packed = base64("16.1", "1307199584", &ask).unwrap();
        let expected = [&[0xa1, 9, 9, 4, 16][..], b"EXDIAG0000000001", &[4, 0x60, 0x48, 0xea, 0x4d, 6], b"exdiag"];
        assert_eq!(STANDARD.decode(&packed).unwrap(), expected.concat());
        assert_eq!(base64("x", "0", &ask), None);

        let (plain, packed) = (read(&plain).unwrap(), read(&packed).unwrap());
        assert_eq!((plain.version, packed.version.as_deref()), (None, Some("16.1")));
        assert_eq!((plain.policy_key, packed.policy_key), (None, Some(1_307_199_584)));
        assert_eq!((plain.user.as_deref(), packed.user), (Some("CORP\\anna+x@corp.example"), None));
        assert_eq!((plain.command.as_str(), plain.command.as_str()), (packed.command.as_str(), "FolderSync"));
        assert_eq!(
            (plain.device_id.as_str(), plain.device_type.as_str()),
            (packed.device_id.as_str(), packed.device_type.as_str())
        );
        assert_eq!(read(&base64("14.0", "0", &ask).unwrap()).unwrap().policy_key, Some(0));
    }

    #[test]
    fn ms_ashttp_the_example_of_another_client_is_read() {
        let query = read("jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l").unwrap();
        assert_eq!((query.command.as_str(), query.version.as_deref()), ("Sync", Some("14.0")));
        assert_eq!((query.device_id.as_str(), query.device_type.as_str()), ("v140Device", "SmartPhone"));
        let with_user = [&[141, 9, 9, 4, 1, b'D', 0, 1, b'T', 7, 1, 2, 8, 4][..], b"anna"].concat();
        assert_eq!(read(&STANDARD.encode(with_user)).unwrap().user.as_deref(), Some("anna"));
    }

    #[test]
    fn what_is_no_query_is_none() {
        for query in ["", "Cmd=Sync", "a=b", "====", "oQ==", &STANDARD.encode([161, 99, 9, 4, 0, 0, 0])] {
            assert_eq!(read(query), None, "{query}");
        }
    }
}
