//! Which TLS versions does an address speak, and why does a handshake with it not come about?
//!
//! One full handshake as clients of today make it ([`TlsSeen`]) beside hellos written by hand that
//! offer less, more, or something larger: what the one does not get and the others do tells why.

use super::cipher::{self, Strength};
use super::hosts;
use crate::evidence::{
    FailKind, Failure, HelloKind, HelloSeen, HttpSeen, NoAnswer, Phase, Probe, Stop, TlsOutcome, TlsSeen, View, view,
};
use crate::order;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A handshake that takes less is not slow, whatever the way, in milliseconds.
const SLOW: u64 = 1_000;
/// One that takes more makes clients give up, in milliseconds.
const VERY_SLOW: u64 = 3_000;
/// A handshake takes up to two round trips more than TCP (RFC 5246, 7.3); so many are not the way's.
const ROUND_TRIPS: u64 = 8;

/// What one address shows of its handshake.
#[derive(Debug)]
pub struct Shake<'a> {
    /// The address.
    pub address: IpAddr,
    /// The full handshake, or why nobody could look.
    pub tls: Result<&'a TlsSeen, &'a NoAnswer>,
    /// The hellos that were sent.
    pub hellos: BTreeMap<HelloKind, &'a HelloSeen>,
}

/// Why no handshake comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Something else than TLS answers.
    NotTls {
        /// How it begins.
        first_line: String,
    },
    /// Only versions below TLS 1.2 are spoken.
    TooOld {
        /// Which, where known.
        versions: Vec<String>,
    },
    /// A client certificate is required.
    ClientCertificate,
    /// Packets of full size get lost.
    Stalls(Lost),
    /// TLS 1.2 alone works, but not an offer that also holds TLS 1.3.
    Broken13 {
        /// The suite that TLS 1.2 would use.
        cipher: String,
    },
    /// TLS 1.2 works, but only with suites that the full handshake does not offer, and most clients do.
    SuitesDated {
        /// The suite that the server chooses.
        cipher: String,
    },
    /// Nothing comes back, whatever is sent: silence, or a cut.
    Cut,
    /// Anything else.
    Failed {
        /// The suite that the server chooses when it is offered old ones too.
        offers: Option<String>,
    },
}

impl Fault {
    /// The code of the finding that tells it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotTls { .. } => "tls.not-tls",
            Self::TooOld { .. } => "tls.protocol-too-old",
            Self::ClientCertificate => "tls.client-certificate-required",
            Self::Stalls(_) => "tls.handshake-stalls",
            Self::Broken13 { .. } => "tls.protocol-13-broken",
            Self::SuitesDated { .. } => "tls.suites-dated",
            Self::Cut => "tls.handshake-cut",
            Self::Failed { .. } => "tls.handshake-failed",
        }
    }
}

/// What gets lost where large packets do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The client's hello.
    Hello,
    /// The server's certificates.
    Answer,
}

impl Lost {
    /// A word for scripts.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Answer => "answer",
        }
    }
}

/// Looks at every address of a host: one handshake and every hello, all at once.
pub fn look_at_host<'a>(view: &View<'a>, host: &str, port: u16) -> Result<Vec<Shake<'a>>, Stop> {
    let addresses = hosts::addresses(view, host)?;
    view::all(addresses.into_iter().map(|address| look_at_address(view, host, port, address)))
}

/// Looks at one address.
pub fn look_at_address<'a>(view: &View<'a>, host: &str, port: u16, address: IpAddr) -> Result<Shake<'a>, Stop> {
    let tls = view.tls(address, port, host);
    let named = host.parse::<IpAddr>().is_err();
    let kinds = HelloKind::ALL.into_iter().filter(|kind| named || *kind != HelloKind::Nameless);
    let hellos = view::all(kinds.map(|kind| Ok((kind, view.hello(address, port, host, kind)?))));
    let hellos = order::map(hellos?.into_iter().filter_map(|(kind, seen)| Some((kind, seen.ok()?))));
    Ok(Shake { address, tls: tls?, hellos })
}

impl<'a> Shake<'a> {
    /// The probes that looked and brought something, the handshake first.
    pub fn probes(&self, host: &str, port: u16) -> Vec<Probe> {
        let hellos = self.hellos.keys().map(|kind| Probe::hello(self.address, port, host, *kind));
        std::iter::once(Probe::tls(self.address, port, host)).chain(hellos).collect()
    }

    /// Every version that the server chose in one of its answers, the lowest first.
    pub fn versions(&self) -> Vec<String> {
        let chosen = self.hellos.values().filter_map(|seen| seen.agreed()).map(|(version, _)| version.to_owned());
        let agreed = match self.tls.map(|seen| &seen.outcome) {
            Ok(TlsOutcome::Handshake(handshake)) => Some(handshake.version.clone()),
            _ => None,
        };
        let all: BTreeSet<String> = order::set(chosen.chain(agreed));
        all.into_iter().collect()
    }

    /// The versions below TLS 1.2 that the server still speaks: it chose the one that was offered.
    pub fn legacy(&self) -> Vec<String> {
        self.versions().into_iter().filter(|version| is_legacy(version)).collect()
    }

    /// The suite and the version that this hello led to.
    pub fn chose(&self, kind: HelloKind) -> Option<(&'a str, &'a str)> {
        self.hellos.get(&kind).copied().and_then(HelloSeen::agreed)
    }

    /// A suite without forward secrecy, or broken, that the server takes under TLS 1.2 although
    /// better ones were offered.
    pub fn weak_choice(&self) -> Option<&'a str> {
        let (version, suite) = self.chose(HelloKind::Tls12)?;
        let weak = matches!(cipher::strength(suite), Some(Strength::StaticRsa | Strength::Broken));
        (weak && !is_legacy(version)).then_some(suite)
    }

    /// Why no handshake comes about; none where one does, or TCP already failed.
    pub fn fault(&self) -> Option<Fault> {
        let seen = self.tls.ok()?;
        let TlsOutcome::Failed(failure) = &seen.outcome else { return None };
        if failure.phase < Phase::Handshake {
            return None;
        }
        if failure.kind == FailKind::NotTls {
            return Some(Fault::NotTls { first_line: failure.detail.clone() });
        }
        if wants_certificate(seen, failure) {
            return Some(Fault::ClientCertificate);
        }
        let versions = self.versions();
        if !versions.is_empty() && versions.iter().all(|version| is_legacy(version)) {
            return Some(Fault::TooOld { versions });
        }
        let refuses = failure.kind == FailKind::Alert { code: 70 };
        if (refuses && self.hellos.is_empty()) || failure.detail.contains("ServerDoesNotSupportTls12Or13") {
            return Some(Fault::TooOld { versions });
        }
        let small = self.hellos.get(&HelloKind::Tls12).filter(|seen| seen.agreed().is_some());
        let Some((version, suite)) = small.and_then(|seen| seen.agreed()) else {
            let gone = is_gone(&failure.kind) && self.hellos.values().all(|seen| is_unanswered(seen));
            return Some(if gone { Fault::Cut } else { Fault::Failed { offers: None } });
        };
        let cut = small.and_then(|seen| seen.failure()).map(|failure| &failure.kind);
        if cut == Some(&FailKind::Timeout) {
            return Some(Fault::Stalls(Lost::Answer));
        }
        if failure.kind == FailKind::Timeout && self.large_is_lost() {
            return Some(Fault::Stalls(Lost::Hello));
        }
        // RFC 8446, 6.2: these two are what a server says that finds nothing in common
        let nothing_common = matches!(failure.kind, FailKind::Alert { code: 40 | 71 });
        if cipher::strength(suite) == Some(Strength::Current) && !nothing_common && cut.is_none() {
            return Some(Fault::Broken13 { cipher: suite.to_owned() });
        }
        // Schannel cuts where OpenSSL says that nothing is in common
        let nothing_common = nothing_common || is_gone(&failure.kind);
        let dated = matches!(cipher::strength(suite), Some(Strength::Dated | Strength::StaticRsa));
        if dated && nothing_common && cut.is_none() && !is_legacy(version) {
            return Some(Fault::SuitesDated { cipher: suite.to_owned() });
        }
        Some(Fault::Failed { offers: Some(suite.to_owned()) })
    }

    /// Whether a hello of more than one packet gets no answer where a small one gets any.
    pub fn large_is_lost(&self) -> bool {
        let gone = |failure: &Failure| {
            failure.phase == Phase::Handshake && matches!(failure.kind, FailKind::Timeout | FailKind::Reset)
        };
        let answered = |seen: &HelloSeen| {
            seen.agreed().is_some() || matches!(seen.failure(), Some(Failure { kind: FailKind::Alert { .. }, .. }))
        };
        let large = self.hellos.get(&HelloKind::Large).filter(|seen| seen.agreed().is_none());
        large.and_then(|seen| seen.failure()).is_some_and(gone)
            && self.hellos.get(&HelloKind::Tls12).is_some_and(|seen| answered(seen))
    }

    /// How long handshake and TCP took, where the handshake takes far longer than the way explains;
    /// and whether clients may give up.
    pub fn slow(&self) -> Option<(u64, u64, bool)> {
        let seen = self.tls.ok()?;
        let (handshake, connect) = (seen.handshake_ms?, seen.connect_ms?);
        (handshake >= SLOW && handshake >= connect.saturating_mul(ROUND_TRIPS)).then_some((
            handshake,
            connect,
            handshake >= VERY_SLOW,
        ))
    }

    /// The server's own certificate with the name in the hello and without, DER in base64, where
    /// they are not the same one.
    pub fn other_default(&self) -> Option<(&'a str, &'a str)> {
        let leaf = |kind| self.hellos.get(&kind)?.chain.first().map(String::as_str);
        let (named, nameless) = (leaf(HelloKind::Tls12)?, leaf(HelloKind::Nameless)?);
        (named != nameless).then_some((named, nameless))
    }
}

/// Whether a version was withdrawn (RFC 7568, RFC 8996).
fn is_legacy(version: &str) -> bool {
    matches!(version, "SSL 2.0" | "SSL 3.0" | "TLS 1.0" | "TLS 1.1")
}

/// Whether a connection ended without a word.
const fn is_gone(kind: &FailKind) -> bool {
    matches!(kind, FailKind::Timeout | FailKind::Reset | FailKind::Closed)
}

/// Whether a hello got no word in return, not even a no.
fn is_unanswered(seen: &HelloSeen) -> bool {
    seen.failure().is_some_and(|failure| seen.agreed().is_none() && is_gone(&failure.kind))
}

/// RFC 8446, 4.4.2.4: under TLS 1.3 the alert has its own number. Under TLS 1.2 a certificate that was
/// asked for and not given ends in handshake_failure or bad_certificate (RFC 5246, 7.4.6), with
/// Schannel in a cut.
fn wants_certificate(seen: &TlsSeen, failure: &Failure) -> bool {
    match failure.kind {
        FailKind::Alert { code: 116 } => true,
        FailKind::Alert { code: 40 | 42 } | FailKind::Closed | FailKind::Reset => seen.client_certificate_requested,
        _ => false,
    }
}

/// Whether a client certificate is asked for only after the request, and how: by `renegotiation`
/// under TLS 1.2, or by the `answer`, which IIS calls 403.7 and nginx 496.
pub fn wants_certificate_over_http(seen: &HttpSeen) -> Option<&'static str> {
    if seen.failure().is_some_and(|failure| failure.kind == FailKind::Renegotiation) {
        return Some("renegotiation");
    }
    let response = seen.response()?;
    let body = response.body.text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| body.contains(word));
    let wanted = match response.status {
        403 => seen.client_certificate_requested || says(&["403.7", "client certificate", "clientzertifikat"]),
        400 => says(&["no required ssl certificate was sent", "ssl certificate error"]),
        495 | 496 => true,
        _ => false,
    };
    wanted.then_some("answer")
}

/// The chain of a server that shows it only to an old hello, where the handshake failed without one.
pub fn chain_in_clear<'a>(view: &View<'a>, host: &str, port: u16, address: IpAddr) -> Result<&'a [String], Stop> {
    let kinds = [HelloKind::Tls12, HelloKind::Tls11, HelloKind::Tls10];
    let seen = view::all(kinds.into_iter().map(|kind| view.hello(address, port, host, kind)))?;
    let chains = seen.into_iter().filter_map(|seen| Some(seen.ok()?.chain.as_slice()));
    Ok(chains.into_iter().find(|chain| !chain.is_empty()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Handshake, HelloOutcome};

    const SUITE: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

    fn tls(outcome: TlsOutcome, asked: bool) -> TlsSeen {
        TlsSeen {
            outcome,
            chain: Vec::new(),
            ocsp: None,
            client_certificate_requested: asked,
            connect_ms: Some(20),
            handshake_ms: None,
        }
    }

    fn failed(kind: FailKind) -> TlsSeen {
        tls(TlsOutcome::Failed(Failure::new(Phase::Handshake, kind)), false)
    }

    fn hello(outcome: HelloOutcome) -> HelloSeen {
        HelloSeen {
            outcome,
            chain: Vec::new(),
            client_certificate_requested: false,
            connect_ms: Some(20),
            answer_ms: Some(20),
            sent: 260,
            received: 3000,
        }
    }

    fn chose(version: &str, cipher: &str) -> HelloSeen {
        hello(HelloOutcome::ServerHello { version: version.to_owned(), cipher: cipher.to_owned(), cut: None })
    }

    fn refused(kind: FailKind) -> HelloSeen {
        hello(HelloOutcome::Failed(Failure::new(Phase::Handshake, kind)))
    }

    fn shake<'a>(tls: &'a TlsSeen, hellos: &'a [(HelloKind, HelloSeen)]) -> Shake<'a> {
        Shake {
            address: [192, 0, 2, 1].into(),
            tls: Ok(tls),
            hellos: hellos.iter().map(|(kind, seen)| (*kind, seen)).collect(),
        }
    }

    #[test]
    fn rfc8996_a_server_of_old_versions_is_named_by_those_it_speaks() {
        let look = failed(FailKind::Alert { code: 70 });
        let old = chose("TLS 1.0", "TLS_RSA_WITH_AES_256_CBC_SHA");
        let hellos = [(HelloKind::Tls10, old.clone()), (HelloKind::Tls11, old.clone()), (HelloKind::Tls12, old)];
        assert_eq!(shake(&look, &hellos).fault(), Some(Fault::TooOld { versions: vec!["TLS 1.0".to_owned()] }));
        // Schannel cuts the connection where OpenSSL sends an alert
        let cut = failed(FailKind::Reset);
        assert_eq!(shake(&cut, &hellos).fault(), Some(Fault::TooOld { versions: vec!["TLS 1.0".to_owned()] }));
        // a report of before the hellos
        assert_eq!(shake(&look, &[]).fault(), Some(Fault::TooOld { versions: vec![] }));
        let mute = [(HelloKind::Tls10, refused(FailKind::Alert { code: 70 }))];
        assert_eq!(shake(&look, &mute).fault(), Some(Fault::Failed { offers: None }));
    }

    #[test]
    fn that_there_was_an_answer_does_not_mean_that_the_version_is_spoken() {
        let look = tls(
            TlsOutcome::Handshake(Handshake {
                version: "TLS 1.3".to_owned(),
                cipher: String::new(),
                alpn: None,
                group: None,
            }),
            false,
        );
        let hellos = [
            (HelloKind::Tls10, chose("TLS 1.0", "TLS_RSA_WITH_AES_128_CBC_SHA")),
            (HelloKind::Tls11, chose("TLS 1.0", "TLS_RSA_WITH_AES_128_CBC_SHA")),
            (HelloKind::Tls12, chose("TLS 1.2", SUITE)),
        ];
        let shake = shake(&look, &hellos);
        assert_eq!(shake.versions(), ["TLS 1.0", "TLS 1.2", "TLS 1.3"]);
        assert_eq!(shake.legacy(), ["TLS 1.0"]);
        assert_eq!((shake.fault(), shake.weak_choice()), (None, None));
    }

    #[test]
    fn rfc8446_6_2_nothing_in_common_is_told_with_what_the_server_would_take() {
        let rsa = "TLS_RSA_WITH_3DES_EDE_CBC_SHA";
        let hellos = [(HelloKind::Tls12, chose("TLS 1.2", rsa))];
        for kind in [FailKind::Alert { code: 40 }, FailKind::Reset, FailKind::Closed] {
            let look = failed(kind);
            assert_eq!(shake(&look, &hellos).fault(), Some(Fault::Failed { offers: Some(rsa.to_owned()) }));
        }
        // a suite of today and no common ground: the group or the signature
        let hellos = [(HelloKind::Tls12, chose("TLS 1.2", SUITE))];
        let look = failed(FailKind::Alert { code: 40 });
        assert_eq!(shake(&look, &hellos).fault(), Some(Fault::Failed { offers: Some(SUITE.to_owned()) }));
    }

    #[test]
    fn rfc9325_4_2_a_suite_that_only_the_full_handshake_lacks_is_dated_and_not_broken() {
        for suite in [
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
            "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_RSA_WITH_AES_128_CBC_SHA",
        ] {
            let hellos = [(HelloKind::Tls12, chose("TLS 1.2", suite))];
            for kind in [FailKind::Alert { code: 40 }, FailKind::Alert { code: 71 }, FailKind::Reset, FailKind::Closed]
            {
                let fault = shake(&failed(kind), &hellos).fault();
                assert_eq!(fault, Some(Fault::SuitesDated { cipher: suite.to_owned() }));
            }
            // another alert says another thing
            let fault = shake(&failed(FailKind::Alert { code: 80 }), &hellos).fault();
            assert_eq!(fault, Some(Fault::Failed { offers: Some(suite.to_owned()) }));
        }
    }

    #[test]
    fn silence_to_all_is_told_apart_from_a_no() {
        let silent = failed(FailKind::Timeout);
        let gone = [(HelloKind::Tls10, refused(FailKind::Reset)), (HelloKind::Tls12, refused(FailKind::Timeout))];
        assert_eq!(shake(&silent, &gone).fault(), Some(Fault::Cut));
        let no =
            [(HelloKind::Tls10, refused(FailKind::Alert { code: 70 })), (HelloKind::Tls12, refused(FailKind::Reset))];
        assert_eq!(shake(&silent, &no).fault(), Some(Fault::Failed { offers: None }));
        assert_eq!(shake(&failed(FailKind::Tls), &gone).fault(), Some(Fault::Failed { offers: None }));
    }

    #[test]
    fn an_offer_of_tls13_that_breaks_what_tls12_alone_does_not_is_told_apart() {
        let hellos = [(HelloKind::Tls12, chose("TLS 1.2", SUITE)), (HelloKind::Large, chose("TLS 1.2", SUITE))];
        for kind in [FailKind::Reset, FailKind::Closed, FailKind::Alert { code: 80 }, FailKind::Timeout] {
            let look = failed(kind);
            assert_eq!(shake(&look, &hellos).fault(), Some(Fault::Broken13 { cipher: SUITE.to_owned() }));
        }
    }

    #[test]
    fn what_gets_lost_on_the_way_is_told_by_size() {
        let silent = failed(FailKind::Timeout);
        let mut cut = chose("TLS 1.2", SUITE);
        let HelloOutcome::ServerHello { cut: after, .. } = &mut cut.outcome else { panic!() };
        *after = Some(Failure::new(Phase::Handshake, FailKind::Timeout));
        let hellos = [(HelloKind::Tls12, cut)];
        assert_eq!(shake(&silent, &hellos).fault(), Some(Fault::Stalls(Lost::Answer)));
        let lost = [(HelloKind::Tls12, chose("TLS 1.2", SUITE)), (HelloKind::Large, refused(FailKind::Timeout))];
        assert_eq!(shake(&silent, &lost).fault(), Some(Fault::Stalls(Lost::Hello)));
        // a server that says no to a large hello has got it
        let said =
            [(HelloKind::Tls12, chose("TLS 1.2", SUITE)), (HelloKind::Large, refused(FailKind::Alert { code: 47 }))];
        assert!(!shake(&silent, &said).large_is_lost());
        // and one that is silent to all has no trouble with size
        let mute = [(HelloKind::Tls12, refused(FailKind::Timeout)), (HelloKind::Large, refused(FailKind::Timeout))];
        assert_eq!(shake(&silent, &mute).fault(), Some(Fault::Cut));
    }

    #[test]
    fn rfc5246_7_4_6_a_client_certificate_that_was_asked_for_explains_the_end() {
        for kind in [FailKind::Alert { code: 40 }, FailKind::Alert { code: 42 }, FailKind::Closed, FailKind::Reset] {
            let look = tls(TlsOutcome::Failed(Failure::new(Phase::Handshake, kind.clone())), true);
            assert_eq!(shake(&look, &[]).fault(), Some(Fault::ClientCertificate), "{kind:?}");
            assert_ne!(shake(&failed(kind), &[]).fault(), Some(Fault::ClientCertificate));
        }
        let look = failed(FailKind::Alert { code: 116 });
        assert_eq!(shake(&look, &[]).fault(), Some(Fault::ClientCertificate));
    }

    #[test]
    fn a_handshake_is_slow_only_beside_the_way() {
        let of = |connect: u64, handshake: u64| {
            let mut look = failed(FailKind::Closed);
            (look.connect_ms, look.handshake_ms) = (Some(connect), Some(handshake));
            shake(&look, &[]).slow().map(|(_, _, very)| very)
        };
        assert_eq!((of(20, 900), of(400, 2_000), of(20, 1_200), of(20, 4_000)), (None, None, Some(false), Some(true)));
    }

    #[test]
    fn rfc6066_3_another_certificate_without_the_name_is_seen_between_like_hellos() {
        let mut named = chose("TLS 1.2", SUITE);
        named.chain = vec!["AAAA".to_owned()];
        let mut nameless = named.clone();
        let look = failed(FailKind::Closed);
        let same = [(HelloKind::Tls12, named.clone()), (HelloKind::Nameless, nameless.clone())];
        assert_eq!(shake(&look, &same).other_default(), None);
        nameless.chain = vec!["BBBB".to_owned()];
        let other = [(HelloKind::Tls12, named.clone()), (HelloKind::Nameless, nameless)];
        assert_eq!(shake(&look, &other).other_default(), Some(("AAAA", "BBBB")));
        let only13 = [(HelloKind::Tls12, named), (HelloKind::Nameless, refused(FailKind::Alert { code: 70 }))];
        assert_eq!(shake(&look, &only13).other_default(), None);
    }
}
