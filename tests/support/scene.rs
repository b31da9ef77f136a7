//! How do tests come by the evidence of a run, with all that its checks would ask for?

use super::pki::{HOST, Made};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::{
    AiaSeen, Anchor, DnsAnswer, DnsSeen, Evidence, Handshake, Header, Probe, Record, RecordData, RecordType,
    ResourceRecord, Seen, Subject, TlsOutcome, TlsSeen, View,
};
use exdiag::protocol::path::anchor_of;
use std::net::IpAddr;

pub const NOW: &str = "2026-11-22T20:00:00Z";
pub const A: &str = "203.0.113.7";

/// Evidence under construction.
pub struct Scene {
    pub evidence: Evidence,
    host: String,
    addresses: Vec<IpAddr>,
}

impl Scene {
    /// [`HOST`] at [`NOW`], looked at by these checks.
    pub fn new(checks: &[&str]) -> Self {
        Self::of(HOST, NOW, checks)
    }

    pub fn of(host: &str, at: &str, checks: &[&str]) -> Self {
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        subject.server = Some(host.parse().unwrap());
        subject.selected = checks.iter().map(|id| (*id).to_owned()).collect();
        let header = Header {
            started_at: at.parse().unwrap(),
            subject,
            name_servers: vec!["192.0.2.53:53".to_owned()],
            proxy: None,
            stores: vec!["system".to_owned()],
        };
        Self { evidence: Evidence::new(header), host: host.to_owned(), addresses: Vec::new() }
    }

    pub fn put(&mut self, probe: Probe, seen: Seen) {
        self.evidence.records.insert(probe, Record { seen, at_ms: 0, took_ms: 30, after: None });
    }

    /// The addresses of a name, as its DNS tells them.
    pub fn names(&mut self, name: &str, addresses: &[IpAddr]) {
        for rtype in [RecordType::A, RecordType::Aaaa] {
            self.put(Probe::dns(name, rtype), resolved(name, rtype, addresses));
        }
    }

    /// One more address of the server, and what it shows.
    pub fn shows(mut self, address: &str, seen: TlsSeen) -> Self {
        let address: IpAddr = address.parse().unwrap();
        self.addresses.push(address);
        let host = self.host.clone();
        self.names(&host, &self.addresses.clone());
        self.put(Probe::tls(address, 443, &host), Seen::Tls(seen));
        self
    }

    /// The system knows these roots.
    pub fn trusts(self, roots: &[&Made]) -> Self {
        self.knows(roots.iter().map(|made| anchor("system", made)).collect())
    }

    pub fn knows(mut self, anchors: Vec<Anchor>) -> Self {
        for anchor in anchors {
            self.put(Probe::Anchors { subject: anchor.subject.clone() }, Seen::Anchors { found: vec![anchor] });
        }
        self
    }

    /// Answers whatever these checks still ask for: with this, or else as a run would that finds
    /// empty stores and reaches no issuer.
    pub fn answered(mut self, checks: &[&str], answer: impl Fn(&Probe) -> Option<Seen>) -> Evidence {
        loop {
            let view = View::new(&self.evidence);
            for id in checks {
                let _ = (exdiag::checks::find(id).unwrap().run)(&view);
            }
            let wanted = view.wanted();
            if wanted.is_empty() {
                return self.evidence;
            }
            for probe in wanted {
                let seen = answer(&probe).unwrap_or_else(|| match &probe {
                    Probe::Anchors { .. } => Seen::Anchors { found: Vec::new() },
                    Probe::Aia { .. } => Seen::Aia(AiaSeen {
                        certificates: Vec::new(),
                        format: None,
                        status: None,
                        failure: Some("connect: timed out".to_owned()),
                        missing: None,
                    }),
                    // with which a chain of no store is compared
                    Probe::Dns { name, rtype } if name.starts_with("outlook.") => resolved(name, *rtype, &[]),
                    other => panic!("nobody planned {other}"),
                });
                self.put(probe, seen);
            }
        }
    }
}

/// Those of the addresses that a question of this type gets.
pub fn resolved(name: &str, rtype: RecordType, addresses: &[IpAddr]) -> Seen {
    let fits = addresses.iter().filter(|address| address.is_ipv6() == (rtype == RecordType::Aaaa));
    let answers = fits.map(|address| ResourceRecord {
        name: name.to_owned(),
        ttl: 300,
        data: RecordData::Address { address: *address },
    });
    let answer = DnsAnswer {
        server: "192.0.2.53:53".to_owned(),
        transport: "udp".to_owned(),
        rcode: "NOERROR".to_owned(),
        authoritative: false,
        authentic: false,
        answers: answers.collect(),
        authority: Vec::new(),
        additional: Vec::new(),
        extended_errors: Vec::new(),
    };
    Seen::Dns(DnsSeen { answer: Some(answer), failures: Vec::new() })
}

/// An entry of a store of roots.
pub fn anchor(store: &str, made: &Made) -> Anchor {
    anchor_of(&made.facts(), store)
}

/// What becomes of a handshake as it should be.
pub fn agreed() -> TlsOutcome {
    TlsOutcome::Handshake(Handshake {
        version: "TLS 1.3".to_owned(),
        cipher: "TLS_AES_256_GCM_SHA384".to_owned(),
        alpn: None,
        group: None,
    })
}

/// What a server shows that sends these certificates.
pub fn shown(chain: &[&Made], outcome: TlsOutcome) -> TlsSeen {
    TlsSeen {
        outcome,
        chain: texts(chain),
        ocsp: None,
        client_certificate_requested: false,
        connect_ms: Some(20),
        handshake_ms: Some(45),
    }
}

/// Certificates as evidence holds them.
pub fn texts(chain: &[&Made]) -> Vec<String> {
    chain.iter().map(|made| STANDARD.encode(&made.der)).collect()
}
