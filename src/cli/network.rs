//! How are the addresses and ports written that the options of the network take?

use super::exit::Trouble;
use crate::gather::{ConnectTo, Resolve};
use crate::text;
use std::net::{IpAddr, SocketAddr};

/// What was typed, in quotes; of an address that holds a password, what stands behind it.
pub fn shown(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, behind)) if before.contains(':') => format!("{:?}", format!("***@{behind}")),
        _ => format!("{text:?}"),
    }
}

/// `IP`, `IP:PORT` or `[IP]:PORT`
pub fn name_server(option: &str, text: &str) -> Result<SocketAddr, Trouble> {
    let text = text.trim();
    let parsed = unbracketed(text).parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)).or_else(|_| text.parse());
    parsed.map_err(|_| {
        Trouble::new(text!(
            "{option} {text} is not an address; give IP or IP:PORT",
            "{option} {text} ist keine Adresse; geben Sie IP oder IP:PORT an",
        ))
        .with("option", option)
        .with("text", shown(text))
    })
}

/// `HOST:PORT:ADDR[,ADDR]...`
pub fn resolve(text: &str) -> Result<Resolve, Trouble> {
    let parse = || {
        let (host, rest) = text.split_once(':')?;
        let (port, addresses) = rest.split_once(':')?;
        let addresses: Vec<IpAddr> =
            addresses.split(',').map(|a| unbracketed(a.trim()).parse().ok()).collect::<Option<_>>()?;
        (!host.is_empty()).then_some(())?;
        Some(Resolve { host: host.to_ascii_lowercase(), port: port.parse().ok()?, addresses })
    };
    parse().ok_or_else(|| {
        Trouble::new(text!(
            "--resolve {text} is not understood; give HOST:PORT:ADDRESS, further addresses with commas",
            "--resolve {text} ist nicht zu verstehen; geben Sie HOST:PORT:ADRESSE an, weitere Adressen mit Komma",
        ))
        .with("text", shown(text))
    })
}

/// `HOST1:PORT1:HOST2:PORT2`; any part may be empty, an IPv6 address stands in brackets.
pub fn connect_to(text: &str) -> Result<ConnectTo, Trouble> {
    let parse = || {
        let (from_host, rest) = host_part(text)?;
        let (from_port, rest) = rest.split_once(':')?;
        let (to_host, to_port) = host_part(rest)?;
        let port = |text: &str| if text.is_empty() { Some(None) } else { text.parse::<u16>().ok().map(Some) };
        let host = |text: &str| (!text.is_empty()).then(|| unbracketed(text).to_ascii_lowercase());
        Some(ConnectTo {
            from_host: host(from_host),
            from_port: port(from_port)?,
            to_host: host(to_host),
            to_port: port(to_port)?,
        })
    };
    parse().ok_or_else(|| {
        Trouble::new(text!(
            "--connect-to {text} is not understood; give HOST1:PORT1:HOST2:PORT2, an IPv6 address in brackets",
            "--connect-to {text} ist nicht zu verstehen; geben Sie HOST1:PORT1:HOST2:PORT2 an, eine IPv6-Adresse in Klammern",
        ))
        .with("text", shown(text))
    })
}

/// The host before the next colon, and what stands behind that colon.
fn host_part(text: &str) -> Option<(&str, &str)> {
    if text.starts_with('[') {
        let end = text.find(']')? + 1;
        let (host, rest) = text.split_at_checked(end)?;
        unbracketed(host).parse::<std::net::Ipv6Addr>().ok()?;
        Some((host, rest.strip_prefix(':')?))
    } else {
        text.split_once(':')
    }
}

/// An address without the brackets that an IPv6 one stands in.
pub fn unbracketed(text: &str) -> &str {
    text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connect_to_is_read_as_curl_has_it() {
        let all = connect_to("A.example:443:127.0.0.1:8443").unwrap();
        assert_eq!(all.from_host.as_deref(), Some("a.example"));
        assert_eq!((all.from_port, all.to_host.as_deref(), all.to_port), (Some(443), Some("127.0.0.1"), Some(8443)));
        let any = connect_to("::[::1]:").unwrap();
        assert_eq!((any.from_host, any.from_port, any.to_port), (None, None, None));
        assert_eq!(any.to_host.as_deref(), Some("::1"));
        let v6 = connect_to("[2001:db8::1]:443::8443").unwrap();
        assert_eq!((v6.from_host.as_deref(), v6.to_host, v6.to_port), (Some("2001:db8::1"), None, Some(8443)));
        for wrong in ["", "a", "a:443", "a:443:b", "a:x:b:443", "a:443:b:70000", "[::1:443:b:443", "a:443:b:443:c"] {
            assert!(connect_to(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn resolve_and_name_servers_take_both_families() {
        let both = resolve("Mail.example:443:192.0.2.1,[2001:db8::1],2001:db8::2").unwrap();
        assert_eq!((both.host.as_str(), both.port, both.addresses.len()), ("mail.example", 443, 3));
        assert!(resolve("mail.example:443:").is_err());
        assert!(resolve("mail.example:443:here").is_err());
        assert_eq!(name_server("--dns-servers", "192.0.2.1").unwrap().to_string(), "192.0.2.1:53");
        assert_eq!(name_server("--dns-servers", "[::1]:5353").unwrap().to_string(), "[::1]:5353");
        assert_eq!(name_server("--dns-servers", "::1").unwrap().to_string(), "[::1]:53");
        assert!(name_server("--dns-servers", "ns.example").is_err());
    }
}
