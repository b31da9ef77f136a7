//! What does a Windows server tell of its domain to whoever only says hello (MS-NLMP)?
//!
//! No credential is part of it: the first message asks for a challenge, and the second names the
//! server's domain, which is half of a sign-in name of the form `DOMAIN\user`.

use super::challenge;
use crate::evidence::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The first message (MS-NLMP 2.2.1.1), in base64: no domain, no workstation.
pub const HELLO: &str = "TlRMTVNTUAABAAAAB4IIAAAAAAAAAAAAAAAAAAAAAAA=";

const SIGNATURE: &[u8] = b"NTLMSSP\0";

/// What the server says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The domain's short name (NetBIOS), as in `DOMAIN\user`.
    pub domain: Option<String>,
    /// The domain's name in the DNS, usually the end of a UPN.
    pub dns_domain: Option<String>,
    /// The server's own name.
    pub computer: Option<String>,
}

/// Reads the second message from an answer; `None` where there is none.
pub fn names(response: &Response) -> Option<Names> {
    let all = challenge::offered(response);
    let token = all.iter().filter(|one| one.is("NTLM")).find_map(|one| one.token68.as_deref())?;
    read(&STANDARD.decode(token).ok()?)
}

/// MS-NLMP 2.2.1.2, and 2.2.2.1 for the list inside.
pub fn read(message: &[u8]) -> Option<Names> {
    if message.get(..8)? != SIGNATURE || u32_at(message, 8)? != 2 {
        return None;
    }
    let length = usize::from(u16_at(message, 40)?);
    let from = usize::try_from(u32_at(message, 44)?).ok()?;
    let mut rest = message.get(from..from.checked_add(length)?)?;
    let mut names = Names::default();
    while let (Some(id), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let end = 4 + usize::from(length);
        let Some(value) = rest.get(4..end) else { break };
        let target = match id {
            0 => break,
            1 => Some(&mut names.computer),
            2 => Some(&mut names.domain),
            4 => Some(&mut names.dns_domain),
            _ => None,
        };
        if let Some(target) = target {
            *target = text(value);
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    Some(names)
}

/// A name in UTF-16; none that no name can be.
fn text(value: &[u8]) -> Option<String> {
    let units: Vec<u16> = value.chunks_exact(2).filter_map(|two| u16_at(two, 0)).collect();
    let text = String::from_utf16(&units).ok()?;
    let fits = (1..=255).contains(&text.len()) && text.chars().all(|c| c.is_alphanumeric() || "-._".contains(c));
    fits.then_some(text)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Writes the second message with these names, base64.
pub fn render(names: &Names) -> String {
    let mut list = Vec::new();
    for (id, name) in [(2_u16, &names.domain), (1, &names.computer), (4, &names.dns_domain)] {
        if let Some(name) = name {
            let value: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            list.extend(id.to_le_bytes());
            list.extend(u16::try_from(value.len()).unwrap_or_default().to_le_bytes());
            list.extend(value);
        }
    }
    list.extend([0; 4]);
    let length = u16::try_from(list.len()).unwrap_or_default().to_le_bytes();
    let mut message = SIGNATURE.to_vec();
    message.extend(2_u32.to_le_bytes());
    // an empty target name, the flags, a challenge that nobody answers
    message.extend([0; 4]);
    message.extend(56_u32.to_le_bytes());
    message.extend([0x05, 0x82, 0x89, 0x62, 1, 2, 3, 4, 5, 6, 7, 8]);
    message.extend([0; 8]);
    message.extend([length, length].concat());
    message.extend(56_u32.to_le_bytes());
    // Windows Server 2022
    message.extend([10, 0, 0x7c, 0x4f, 0, 0, 0, 15]);
    message.extend(list);
    STANDARD.encode(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Body;
    use proptest::prelude::*;

    fn answer(token: &str) -> Response {
        Response {
            status: 401,
            headers: vec![("www-authenticate".to_owned(), format!("NTLM {token}"))],
            body: Body { text: String::new(), length: 0, truncated: false },
        }
    }

    #[test]
    fn ms_nlmp_2_2_1_2_the_names_of_the_domain_are_read() {
        let name = |text: &str| Some(text.to_owned());
        let all = Names { domain: name("CORP"), dns_domain: name("corp.local"), computer: name("EX01") };
        assert_eq!(names(&answer(&render(&all))), Some(all));
        assert_eq!(names(&answer(&render(&Names::default()))), Some(Names::default()));
        // MS-NLMP 4.2.4.3
        let published = "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044\
                         000000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053\
                         0065007200760065007200000000 00";
        let hex: String = published.chars().filter(|c| !c.is_whitespace()).collect();
        let bytes: Vec<u8> =
            (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
        let read = read(&bytes).unwrap();
        assert_eq!((read.domain, read.computer, read.dns_domain), (name("Domain"), name("Server"), None));
    }

    #[test]
    fn the_hello_holds_no_name() {
        let hello = STANDARD.decode(HELLO).unwrap();
        assert_eq!((hello.len(), &hello[..8], u32_at(&hello, 8)), (32, SIGNATURE, Some(1)));
        assert!(hello[16..].iter().all(|byte| *byte == 0));
        assert_eq!(names(&answer("")), None);
        assert_eq!(names(&answer(HELLO)), None);
    }

    proptest! {
        #[test]
        fn no_message_makes_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut message = SIGNATURE.to_vec();
            message.extend([2, 0, 0, 0]);
            message.extend(&bytes);
            read(&message);
            read(&bytes);
        }
    }
}
