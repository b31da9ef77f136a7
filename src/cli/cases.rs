//! How are many chains judged at once: one JSON object a line in, one a line out?
//!
//! Each chain is judged alone, with the roots that its own line names and no others.

use super::exit::{Trouble, USAGE};
use super::output::print;
use crate::checks::{tls_chain, tls_intermediate};
use crate::evidence::{AiaSeen, Anchor, Evidence, Header, NoAnswer, Probe, Record, Seen, Subject, Trust, View};
use crate::finding::{Finding, Severity};
use crate::protocol::chain::{ChainAnalysis, look_at_chain};
use crate::protocol::lint::{self, Breach, Level};
use crate::protocol::x509::{Certificate, Name, Signature, Validity};
use crate::text;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// How many rounds a chain may ask for issuers; each round brings at least one.
const ROUNDS: usize = 64;
/// A line above this size is refused.
const LONGEST_LINE: u64 = 64 << 20;

/// One chain to judge. What it does not name is not judged.
#[derive(Debug, Deserialize)]
struct Case {
    /// Comes back in the answer.
    id: String,
    /// PEM, the leaf first, as a server sends them.
    #[serde(default)]
    chain: Vec<String>,
    /// PEM: the only roots that count.
    #[serde(default)]
    anchors: Vec<String>,
    /// The name asked for; none: the name is not judged.
    #[serde(default)]
    host: Option<String>,
    /// The moment; none: now, or the nearest to it that lies in the time of all certificates.
    #[serde(default)]
    time: Option<String>,
    /// What AIA addresses deliver: address to PEM.
    #[serde(default)]
    aia: BTreeMap<String, String>,
    /// PEM: revocation lists.
    #[serde(default)]
    crls: Vec<String>,
    /// PEM: one certificate instead of a chain; only its form is judged.
    #[serde(default)]
    cert: Option<String>,
}

/// What is said of a chain.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a str,
    /// Whether clients that fetch nothing accept it as sent, for that name.
    accepted: bool,
    /// Whether it is accepted and keeps the rules of its profile too.
    conforms: bool,
    /// Codes of what was found.
    codes: BTreeSet<&'a str>,
    /// The certificate at fault, counted as sent; none where nothing fails.
    index: Option<u64>,
    /// Whether it is accepted once the missing issuers are fetched.
    repaired: bool,
}

/// `exdiag tls --cases`
pub fn cases(path: &Path) -> Result<u8, Trouble> {
    let not_read = |error: std::io::Error| {
        Trouble::new(text!(
            "could not read {path} ({error}); name a file of JSON lines, or - for standard input",
            "{path} lässt sich nicht lesen ({error}); nennen Sie eine Datei mit JSON-Zeilen oder - für die Standardeingabe",
        ))
        .with("path", path.display())
        .with("error", error)
    };
    let mut lines: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(std::fs::File::open(path).map_err(not_read)?))
    };
    let mut code = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = std::io::Read::take(&mut lines, LONGEST_LINE).read_until(b'\n', &mut line).map_err(not_read)?;
        if read == 0 {
            return Ok(code);
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let said = judge_line(&line).unwrap_or_else(|(id, error)| {
            code = USAGE;
            serde_json::json!({"id": id, "error": error}).to_string()
        });
        print(format!("{said}\n").as_bytes())?;
    }
}

/// The answer to one line; the error is its id, where it has one, and what is wrong with it.
fn judge_line(line: &[u8]) -> Result<String, (Option<String>, String)> {
    let case: Case = serde_json::from_slice(line).map_err(|error| {
        let id = serde_json::from_slice::<serde_json::Value>(line).ok();
        (id.and_then(|value| value.get("id")?.as_str().map(str::to_owned)), error.to_string())
    })?;
    judge(&case).map_err(|error| (Some(case.id.clone()), error))
}

fn judge(case: &Case) -> Result<String, String> {
    let at = case.time.as_deref().map(|text| text.parse().map_err(|error| format!("the time is none: {error}")));
    let at: Option<Timestamp> = at.transpose()?;
    match &case.cert {
        Some(cert) if case.chain.is_empty() => judge_form(case, cert, at),
        _ => judge_chain(case, at),
    }
}

/// What is said of one certificate by itself: it is accepted nowhere, for nobody says by whom.
fn judge_form(case: &Case, cert: &String, at: Option<Timestamp>) -> Result<String, String> {
    let read = read(std::slice::from_ref(cert))?;
    let breaches: Vec<Breach> = read.iter().flat_map(|der| lint::lint_one(der, at)).collect();
    let answer = Answer {
        id: &case.id,
        accepted: false,
        conforms: breaches.iter().all(|breach| breach.rule.level < Level::Error),
        codes: breaches.iter().map(|breach| breach.rule.id).collect(),
        index: None,
        repaired: false,
    };
    serde_json::to_string(&answer).map_err(|error| error.to_string())
}

fn judge_chain(case: &Case, at: Option<Timestamp>) -> Result<String, String> {
    let chain: Vec<Certificate> = read(&case.chain)?.iter().map(|der| Certificate::read(der)).collect();
    let anchors: Vec<Certificate> = read(&case.anchors)?.iter().map(|der| Certificate::read(der)).collect();
    if chain.is_empty() {
        return Err("there is no certificate in the chain".to_owned());
    }
    let at = at.unwrap_or_else(|| inside_all(chain.iter().chain(&anchors)));
    let world = World { anchors: &anchors, aia: &case.aia };
    let analysis = world.look(&chain, at)?;
    let mut findings = tls_chain::about_chain(case.host.as_deref(), &analysis, at);
    findings.extend(tls_intermediate::about_chain(case.host.as_deref(), &analysis, at));
    let fails: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == Severity::Fail).collect();
    let named = case.host.as_deref().is_none_or(|host| chain.first().is_some_and(|leaf| leaf.is_for(host)));
    let accepted = named && analysis.accepted;
    let breaches = rules_broken(case, &analysis, &anchors, at)?;
    let codes = findings.iter().map(|finding| finding.code.id).chain(breaches.iter().map(|breach| breach.rule.id));
    let answer = Answer {
        id: &case.id,
        accepted,
        conforms: accepted && breaches.iter().all(|breach| breach.rule.level < Level::Error),
        codes: codes.collect(),
        index: fails.iter().find_map(|finding| finding.data.get("index")?.as_u64()),
        repaired: named && !accepted && analysis.accepted_after_repair(),
    };
    serde_json::to_string(&answer).map_err(|error| error.to_string())
}

/// The rules that the path taken breaks. A case is judged as if its roots were public ones.
fn rules_broken(
    case: &Case,
    analysis: &ChainAnalysis,
    anchors: &[Certificate],
    at: Timestamp,
) -> Result<Vec<Breach>, String> {
    let mut path: Vec<&Certificate> = analysis.on_path().map(|(_, certificate)| certificate).collect();
    let root = path.last().and_then(|last| anchors.iter().find(|root| last.issued_by(root) == Signature::Good));
    // a root that was sent is on the path already
    path.extend(root.filter(|root| path.iter().all(|sent| sent.fingerprint != root.fingerprint)));
    let path: Vec<&[u8]> = path.iter().map(|certificate| certificate.der.as_slice()).collect();
    let mut breaches = lint::lint(&path, at, true);
    for list in &case.crls {
        let list = CertificateRevocationListDer::from_pem_slice(list.as_bytes())
            .map_err(|error| format!("a revocation list is no PEM: {error}"))?;
        breaches.extend(lint::lint_crl(&list));
        breaches.extend(lint::lint_crl_issuer(&list, &path));
    }
    Ok(breaches)
}

fn read(all: &[String]) -> Result<Vec<Vec<u8>>, String> {
    let one = |pem: &String| {
        CertificateDer::from_pem_slice(pem.as_bytes())
            .map(|der| der.to_vec())
            .map_err(|error| format!("a certificate is no PEM: {error}"))
    };
    all.iter().map(one).collect()
}

/// The moment nearest to now that lies in the time of all, where no time is named.
fn inside_all<'a>(all: impl Iterator<Item = &'a Certificate>) -> Timestamp {
    let times: Vec<Validity> = all.filter_map(|certificate| certificate.validity).collect();
    let begun = times.iter().map(|v| v.not_before).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let over = times.iter().map(|v| v.not_after).min().unwrap_or(Timestamp::MAX);
    Timestamp::now().min(over).max(begun)
}

/// What can be asked in the world of one case.
struct World<'a> {
    anchors: &'a [Certificate],
    aia: &'a BTreeMap<String, String>,
}

impl World<'_> {
    /// Judges the chain; what that looks at is answered out of the case.
    fn look(&self, chain: &[Certificate], at: Timestamp) -> Result<ChainAnalysis, String> {
        let header = Header {
            started_at: at,
            subject: nobody(),
            name_servers: Vec::new(),
            proxy: None,
            stores: vec!["cacert".to_owned()],
        };
        let mut evidence = Evidence::new(header);
        let sent: Vec<String> = chain.iter().map(|certificate| BASE64.encode(&certificate.der)).collect();
        for _ in 0..ROUNDS {
            let view = View::new(&evidence);
            if let Ok(analysis) = look_at_chain(&view, &sent) {
                return Ok(analysis);
            }
            let wanted = view.wanted();
            for probe in wanted {
                let seen = self.answer(&probe);
                evidence.records.insert(probe, Record { seen, at_ms: 0, took_ms: 0, after: None });
            }
        }
        Err("its issuers lead nowhere".to_owned())
    }

    fn answer(&self, probe: &Probe) -> Seen {
        match probe {
            Probe::Anchors { subject } => {
                let wanted = Name::read(&BASE64.decode(subject).unwrap_or_default()).unwrap_or_default();
                let of_that_name = self.anchors.iter().filter(|anchor| anchor.subject.same(&wanted));
                Seen::Anchors { found: of_that_name.map(anchor).collect() }
            }
            Probe::Aia { url } => {
                let delivered = self.aia.get(url).and_then(|pem| read(std::slice::from_ref(pem)).ok());
                let failure = delivered.is_none().then(|| "get the file: the case does not hold it".to_owned());
                let certificates = delivered.into_iter().flatten().map(|der| BASE64.encode(der)).collect();
                Seen::Aia(AiaSeen { certificates, format: None, status: None, failure })
            }
            _ => Seen::NoAnswer(NoAnswer::Offline),
        }
    }
}

/// A case names no mailbox and no server.
fn nobody() -> Subject {
    Subject {
        mailbox: None,
        server: None,
        user: None,
        credential: None,
        service: None,
        allow_hosts: Vec::new(),
        trust: Trust::default(),
        aia: true,
        ipv4: true,
        ipv6: true,
        selected: Vec::new(),
    }
}

fn anchor(root: &Certificate) -> Anchor {
    Anchor {
        store: "cacert".to_owned(),
        subject: root.subject.base64(),
        spki: BASE64.encode(&root.spki),
        name_constraints: None,
        certificate: Some(BASE64.encode(&root.der)),
    }
}
