//! Which name servers does this machine ask?

use crate::gather::SetupError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};

/// The name servers of the system.
pub fn system_servers() -> Result<Vec<SocketAddr>, SetupError> {
    // hickory reads this file too, but drops the zone of `fe80::1%eth0` and refuses the whole
    // file for a bad search list, which is not used here
    if cfg!(all(unix, not(target_os = "android"), not(target_vendor = "apple"))) {
        let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        return Ok(resolv_conf(&text, interface_index));
    }
    let (config, _) = hickory_resolver::system_conf::read_system_conf()
        .map_err(|error| SetupError::NameServers(error.to_string()))?;
    let servers = config.name_servers().iter();
    // Windows names the site-local fec0::/10 for adapters without a server; none answers there
    let site_local = |ip: IpAddr| matches!(ip, IpAddr::V6(ip) if ip.octets().starts_with(&[0xfe, 0xc0]));
    let real = servers.filter(|s| !site_local(s.ip));
    Ok(real.map(|s| SocketAddr::new(s.ip, s.connections.first().map_or(53, |c| c.port))).collect())
}

/// The `nameserver` lines of resolv.conf(5); without any, the one on this machine, as it says there.
pub fn resolv_conf(text: &str, index_of: impl Fn(&str) -> Option<u32>) -> Vec<SocketAddr> {
    let mut servers: Vec<SocketAddr> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(word) = (words.next() == Some("nameserver")).then(|| words.next()).flatten() else { continue };
        let (address, zone) = word.split_once('%').map_or((word, None), |(address, zone)| (address, Some(zone)));
        let server = match address.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => {
                let scope = zone.and_then(|zone| zone.parse().ok().or_else(|| index_of(zone)));
                SocketAddr::V6(SocketAddrV6::new(address, 53, 0, scope.unwrap_or(0)))
            }
            Ok(address) => SocketAddr::new(address, 53),
            Err(_) => continue,
        };
        servers.push(server);
    }
    if servers.is_empty() {
        servers.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 53)));
    }
    servers
}

/// The number of a network interface, where the system tells it.
fn interface_index(name: &str) -> Option<u32> {
    // the name comes from a file: it must not lead to another one
    let plain = !name.is_empty() && !name.contains(['/', '\0']) && name != "." && name != "..";
    plain.then(|| std::fs::read_to_string(format!("/sys/class/net/{name}/ifindex")).ok()?.trim().parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolv_conf_5_is_read_with_zones_and_default() {
        let index_of = |name: &str| (name == "eth0").then_some(2);
        let text = "# by hand\nsearch corp.example -bad-\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\n\
                    nameserver junk\noptions edns0\n  nameserver ::1\n";
        let read: Vec<String> = resolv_conf(text, index_of).iter().map(ToString::to_string).collect();
        assert_eq!(read, ["192.0.2.53:53", "[fe80::1%2]:53", "[::1]:53"]);
        assert_eq!(resolv_conf("", index_of), ["127.0.0.1:53".parse().unwrap()]);
    }
}
