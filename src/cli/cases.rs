//! How are many chains judged at once: one JSON object a line in, one a line out?
//!
//! Each chain is judged alone, with the roots that its own line names and no others.

use super::exit::{Trouble, USAGE};
use super::output::print;
use crate::checks::{self, tls_chain, tls_intermediate};
use crate::evidence::{AiaSeen, Anchor, Evidence, Header, NoAnswer, Probe, Record, Seen, Subject, Trust, View};
use crate::finding::{Finding, Severity};
use crate::order;
use crate::protocol::chain::{self, ChainAnalysis, look_at_chain};
use crate::protocol::lint::{self, Breach, Level};
use crate::protocol::revocation::{self, Authority, Standing, Why};
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
use std::time::Duration;

/// How many rounds a chain may ask for issuers; each round brings at least one.
const ROUNDS: usize = 64;
/// A longer line is refused; no client takes a chain of this size.
const LONGEST_LINE: u64 = 16 << 20;

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
    /// PEM: one certificate instead of a chain; only its form is judged, or what `response` or `crl`
    /// says of it.
    #[serde(default)]
    cert: Option<String>,
    /// PEM: who issued it.
    #[serde(default)]
    issuer: Option<String>,
    /// PEM: others with the same name, of whom a list may be.
    #[serde(default)]
    issuers: Vec<String>,
    /// An OCSP response, DER in base64.
    #[serde(default)]
    response: Option<String>,
    /// A revocation list, PEM or DER in base64.
    #[serde(default)]
    crl: Option<String>,
    /// How old an answer may be, in seconds.
    #[serde(default)]
    max_age_s: Option<u64>,
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
        .with_system(&error)
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
        let said = if read as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            lines.skip_until(b'\n').map_err(not_read)?;
            Err((None, "the line is longer than 16 MiB".to_owned()))
        } else {
            judge_line(&line)
        };
        let said = said.unwrap_or_else(|(id, error)| {
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
        Some(cert) if case.response.is_some() || case.crl.is_some() => judge_revocation(case, cert, at),
        Some(cert) if case.chain.is_empty() => judge_form(case, cert, at),
        _ => judge_chain(case, at),
    }
}

/// What is said of one certificate's revocation.
#[derive(Debug, Serialize)]
struct StandingAnswer<'a> {
    id: &'a str,
    /// `good`, `revoked` or `unknown`.
    revocation: &'a str,
    /// Codes of what was found.
    codes: Vec<&'a str>,
    /// Where it is unknown, a word for why.
    why: Option<&'a str>,
}

fn judge_revocation(case: &Case, cert: &String, at: Option<Timestamp>) -> Result<String, String> {
    let one = |pem: &String| {
        Ok::<_, String>(Certificate::read(read(std::slice::from_ref(pem))?.first().map_or(&[][..], Vec::as_slice)))
    };
    let certificate = one(cert)?;
    let issuer = one(case.issuer.as_ref().ok_or("the issuer is not named")?)?;
    let others = case.issuers.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let at = at.unwrap_or_else(|| inside_all([&certificate, &issuer].into_iter()));
    let max_age = case.max_age_s.map(Duration::from_secs);
    let judged = match (&case.response, &case.crl) {
        (Some(response), _) => {
            let response = BASE64.decode(response.split_whitespace().collect::<String>());
            let response = response.map_err(|error| format!("the response is no base64: {error}"))?;
            revocation::by_ocsp(&response, &certificate, &issuer, at, max_age)
        }
        (None, Some(list)) => {
            let issuers: Vec<Authority<'_>> = [&issuer].into_iter().chain(&others).map(Authority::from).collect();
            revocation::by_crl_of(&read_list(list)?, &certificate, &issuers, at, max_age)
        }
        (None, None) => return Err("there is neither a response nor a list".to_owned()),
    };
    let (word, codes, why) = match &judged.standing {
        Standing::Good => ("good", Vec::new(), None),
        Standing::Revoked { .. } => ("revoked", vec![checks::revocation::REVOKED.id], None),
        Standing::Unknown { why } => ("unknown", Vec::new(), Some(why.id())),
    };
    let answer = StandingAnswer { id: &case.id, revocation: word, codes, why };
    serde_json::to_string(&answer).map_err(|error| error.to_string())
}

/// A list, PEM or DER in base64.
fn read_list(text: &str) -> Result<Vec<u8>, String> {
    if let Ok(list) = CertificateRevocationListDer::from_pem_slice(text.as_bytes()) {
        return Ok(list.to_vec());
    }
    BASE64
        .decode(text.split_whitespace().collect::<String>())
        .map_err(|error| format!("a revocation list is neither PEM nor base64: {error}"))
}

/// Whether the lists of the case take back a certificate of the path, or come from an authority on it
/// that may not sign any. The last of the path is the root.
fn is_taken_back(lists: &[Vec<u8>], path: &[&Certificate], at: Timestamp) -> bool {
    path.iter().zip(path.iter().skip(1)).any(|(certificate, issuer)| {
        let mut said = lists.iter().map(|list| revocation::by_crl(list, certificate, *issuer, at, None).standing);
        said.any(|standing| matches!(standing, Standing::Revoked { .. } | Standing::Unknown { why: Why::MayNotSign }))
    })
}

/// What is said of one certificate by itself: it is accepted nowhere, for nobody says by whom.
fn judge_form(case: &Case, cert: &String, at: Option<Timestamp>) -> Result<String, String> {
    let read = read(std::slice::from_ref(cert))?;
    let breaches: Vec<Breach> = read.iter().flat_map(|der| lint::lint_one(der, at)).collect();
    let answer = Answer {
        id: &case.id,
        accepted: false,
        conforms: breaches.iter().all(|breach| breach.rule.level < Level::Error),
        codes: order::set(breaches.iter().map(|breach| breach.rule.id)),
        index: None,
        repaired: false,
    };
    serde_json::to_string(&answer).map_err(|error| error.to_string())
}

fn judge_chain(case: &Case, at: Option<Timestamp>) -> Result<String, String> {
    // one more than is judged, so that it shows that there are more
    let mut bytes = 0;
    let few = case.chain.iter().take_while(|pem| {
        let fits = bytes <= 2 * chain::BYTES;
        bytes += pem.len();
        fits
    });
    let few = case.chain.get(..few.count()).unwrap_or_default();
    let chain: Vec<Certificate> = read(few)?.iter().map(|der| Certificate::read(der)).collect();
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
    let path = whole_path(&analysis, &anchors, at);
    let lists = case.crls.iter().map(|list| read_list(list)).collect::<Result<Vec<_>, _>>()?;
    let taken_back = is_taken_back(&lists, &path, at);
    let accepted = named && analysis.accepted && !taken_back;
    let breaches = rules_broken(&path, &lists, at);
    let revoked = taken_back.then_some(checks::revocation::REVOKED.id);
    let found = findings.iter().map(|finding| finding.code.id).chain(revoked);
    let codes = found.chain(breaches.iter().map(|breach| breach.rule.id));
    let answer = Answer {
        id: &case.id,
        accepted,
        conforms: accepted && breaches.iter().all(|breach| breach.rule.level < Level::Error),
        codes: order::set(codes),
        index: fails.iter().find_map(|finding| finding.data.get("index")?.as_u64()),
        repaired: named && !accepted && analysis.accepted_after_repair(),
    };
    serde_json::to_string(&answer).map_err(|error| error.to_string())
}

/// The path taken, the root behind it where the case holds it.
fn whole_path<'a>(analysis: &'a ChainAnalysis, anchors: &'a [Certificate], at: Timestamp) -> Vec<&'a Certificate> {
    let mut path: Vec<&Certificate> = analysis.on_path().map(|(_, certificate)| certificate).collect();
    let last = path.last();
    let is_issuer = |root: &&Certificate| last.is_some_and(|last| last.issued_by(root) == Signature::Good);
    let issuers: Vec<&Certificate> = anchors.iter().filter(is_issuer).collect();
    // of several with one key the one whose time it is
    let in_time = |root: &&&Certificate| root.validity.is_some_and(|validity| validity.contains(at));
    let root = issuers.iter().find(in_time).or(issuers.first()).copied();
    // a root that was sent is on the path already
    path.extend(root.filter(|root| path.iter().all(|sent| sent.fingerprint != root.fingerprint)));
    path
}

/// The rules that a path and the lists break. A case is judged as if its roots were public ones.
fn rules_broken(path: &[&Certificate], lists: &[Vec<u8>], at: Timestamp) -> Vec<Breach> {
    let path: Vec<&[u8]> = path.iter().map(|certificate| certificate.der.as_slice()).collect();
    let mut breaches = lint::lint(&path, at, true);
    for list in lists {
        breaches.extend(lint::lint_crl(list));
        breaches.extend(lint::lint_crl_issuer(list, &path));
    }
    breaches
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
            if let Ok(analysis) = look_at_chain(&view, &sent, false) {
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
            Probe::Aia { url, .. } => {
                let delivered = self.aia.get(url).and_then(|pem| read(std::slice::from_ref(pem)).ok());
                let failure = delivered.is_none().then(|| "get the file: the case does not hold it".to_owned());
                let certificates = delivered.into_iter().flatten().map(|der| BASE64.encode(der)).collect();
                Seen::Aia(AiaSeen { certificates, format: None, status: None, failure, missing: None })
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
        token: None,
        service: None,
        allow_hosts: Vec::new(),
        trust: Trust::default(),
        aia: true,
        revocation: true,
        ask_ecp: false,
        ipv4: true,
        ipv6: true,
        compare_dns: None,
        exports: Vec::new(),
        logs: None,
        papers: Vec::new(),
        history: None,
        idle_test: None,
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
