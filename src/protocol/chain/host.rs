//! What does each address of a server show, and which servers are looked at?

use super::{ChainAnalysis, look_at_chain, pem};
use crate::evidence::{NoAnswer, Phase, Probe, Stop, TlsOutcome, TlsSeen, View, view};
use crate::protocol::reach::is_private;
use crate::protocol::{autodiscover, endpoint, handshake, hosts};
use std::net::IpAddr;

/// A server as its addresses show it.
#[derive(Debug)]
pub struct HostTls<'a> {
    /// Its name, or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Every address by itself, in the order of [`hosts::addresses`].
    pub addresses: Vec<AddressTls<'a>>,
}

/// What one address shows.
#[derive(Debug)]
pub struct AddressTls<'a> {
    /// The address.
    pub address: IpAddr,
    /// What was seen, or why nobody could look.
    pub seen: Result<&'a TlsSeen, &'a NoAnswer>,
    /// The chain it sends, where it sends one.
    pub chain: Option<ChainAnalysis>,
}

impl HostTls<'_> {
    /// Whether all its addresses are private: what its certificates name may be so too.
    pub fn is_private(&self) -> bool {
        self.addresses.iter().all(|address| is_private(address.address))
    }
}

impl AddressTls<'_> {
    /// The probe that looked.
    pub fn probe(&self, host: &HostTls<'_>) -> Probe {
        Probe::tls(self.address, host.port, &host.host)
    }

    /// How the handshake ended, where anything came back.
    pub fn outcome(&self) -> Option<&TlsOutcome> {
        self.seen.ok().map(|seen| &seen.outcome)
    }
}

/// The servers whose certificates matter: the ActiveSync endpoint's, and that of the winning
/// Autodiscover host where it could not be verified. (Where it could, nothing is left to say.)
pub fn hosts_to_look_at(view: &View<'_>) -> Result<Vec<(String, u16)>, Stop> {
    let endpoint = endpoint::endpoint(view);
    let walk = if view.subject().server.is_some() { Ok(None) } else { autodiscover::walk(view) };
    let mut hosts: Vec<(String, u16)> = endpoint?.map(|endpoint| (endpoint.host, endpoint.port)).into_iter().collect();
    let walk = walk?;
    let unverified = walk.as_ref().and_then(|walk| walk.winner()).filter(|won| won.verified == Some(false));
    if let Some(won) = unverified
        && !hosts.iter().any(|(host, _)| *host == won.host)
    {
        let port = url::Url::parse(&won.probe.url).ok().and_then(|url| url.port_or_known_default());
        hosts.push((won.host.clone(), port.unwrap_or(443)));
    }
    Ok(hosts)
}

/// Shakes hands with every address of a host and judges what each sends.
pub fn look_at_host<'a>(view: &View<'a>, host: &str, port: u16) -> Result<HostTls<'a>, Stop> {
    let addresses = hosts::addresses(view, host)?;
    let private = addresses.iter().all(|address| is_private(*address));
    let looks = addresses.into_iter().map(|address| {
        let seen = view.tls(address, port, host)?;
        let chain = match seen {
            Ok(seen) if !seen.chain.is_empty() => Some(look_at_chain(view, &seen.chain, private)?),
            // up to TLS 1.2 a server shows its chain before the handshake can fail for want of a common suite
            Ok(TlsSeen { outcome: TlsOutcome::Failed(failure), .. }) if failure.phase >= Phase::Handshake => {
                match handshake::chain_in_clear(view, host, port, address)? {
                    [] => None,
                    chain => Some(look_at_chain(view, chain, private)?),
                }
            }
            _ => None,
        };
        Ok(AddressTls { address, seen, chain })
    });
    Ok(HostTls { host: host.to_owned(), port, addresses: view::all(looks)? })
}

/// The servers to look at, each with every address.
pub fn look_at_all<'a>(view: &View<'a>) -> Result<Vec<HostTls<'a>>, Stop> {
    view::all(hosts_to_look_at(view)?.iter().map(|(host, port)| look_at_host(view, host, *port)))
}

/// The chain that the first server should send, as PEM: leaf and intermediates, without the root;
/// with its host. None where it could not be built.
pub fn repaired_chain(view: &View<'_>) -> Result<Option<(String, String)>, Stop> {
    let hosts = look_at_all(view)?;
    let built = |host: &HostTls<'_>| {
        let path = host.addresses.iter().find_map(|address| {
            let chain = address.chain.as_ref()?;
            chain.in_order(&host.host).or_else(|| chain.full_path())
        })?;
        Some((host.host.clone(), pem(&path)))
    };
    Ok(hosts.iter().find_map(built))
}
