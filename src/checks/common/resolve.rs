//! What does the DNS say of a name, and what is wrong where it leads nowhere?
//!
//! The judgement of the check `dns`, for the checks that speak in its place where it does not run.

use crate::evidence::dns::{DnsFailKind, address_type};
use crate::evidence::{DnsAnswer, DnsSeen, NoAnswer, Probe, Stop, Via, View, view};
use crate::finding::{Finding, Outcome, Sentence, Severity};
use crate::order;
use crate::protocol::{reach, ttl};
use crate::{findings, text};
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};

findings! {
    DOMAIN_NOT_FOUND = "dns.domain-not-found", Fail, Caller {
        title { en: "The domain {domain} does not exist", de: "Die Domain {domain} existiert nicht" }
        meaning {
            en: "The name servers say that there is no such name (NXDOMAIN). Nothing can be found for a mailbox there.",
            de: "Die Nameserver sagen, dass es diesen Namen nicht gibt (NXDOMAIN). Für ein Postfach dort lässt sich nichts finden.",
        }
        remedy { en: "Check the spelling of the address; if it is right, the domain has to be registered again", de: "Prüfen Sie die Schreibweise der Adresse; stimmt sie, muss die Domain wieder registriert werden" }
        steps [ { en: "Ask another resolver for the domain:", de: "Fragen Sie einen anderen Resolver nach der Domain:", Shell "nslookup -type=ns {domain} 9.9.9.9" } ]
        links ["https://www.rfc-editor.org/rfc/rfc8020"]
    }
    SERVER_FAILURE = "dns.server-failure", Fail, Dns {
        title { en: "The DNS cannot answer for {host} ({rcode})", de: "Das DNS kann für {host} keine Antwort geben ({rcode})" }
        meaning {
            en: "The resolver got no usable answer from the domain's name servers: {reason}.",
            de: "Der Resolver bekam von den Nameservern der Domain keine brauchbare Antwort: {reason}.",
        }
        remedy { en: "Repair the zone or its delegation", de: "Reparieren Sie die Zone oder ihre Delegation" }
        steps [
            { en: "See whether DNSSEC is to blame: the second command answers, the first does not:", de: "Prüfen Sie, ob DNSSEC schuld ist: dann antwortet der zweite Befehl, der erste nicht:", Shell "dig {host} A\ndig {host} A +cd" },
            { en: "If it is, sign the zone again, or have the registrar take the DS record back until the signatures are right; compare both:", de: "Wenn ja, signieren Sie die Zone neu oder lassen Sie den Registrar den DS-Eintrag zurücknehmen, bis die Signaturen stimmen; vergleichen Sie beide:", Shell "dig {domain} DS\ndig {domain} DNSKEY +multiline" },
            { en: "If it is not, follow the delegation and see which name server fails:", de: "Wenn nicht, verfolgen Sie die Delegation und sehen Sie nach, welcher Nameserver versagt:", Shell "dig {domain} NS +trace" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc8914", "https://dnsviz.net/"]
    }
    NO_ANSWER = "dns.no-answer", Warn, Caller {
        title { en: "No name server answers", de: "Kein Nameserver antwortet" }
        meaning {
            en: "The configured name servers ({servers}) gave no answer, so nothing can be said about the domain. That is usually a matter of this machine's network.",
            de: "Die eingestellten Nameserver ({servers}) gaben keine Antwort; über die Domain lässt sich deshalb nichts sagen. Meist liegt das am Netz dieses Rechners.",
        }
        remedy { en: "Check this machine's network, or ask another resolver", de: "Prüfen Sie das Netz dieses Rechners oder fragen Sie einen anderen Resolver" }
        steps [ { en: "Run it again with another resolver:", de: "Starten Sie erneut mit einem anderen Resolver:", Shell "exdiag check {mailbox} --dns-servers 9.9.9.9" } ]
        links ["https://man7.org/linux/man-pages/man5/resolv.conf.5.html"]
    }
    OFFLINE = "net.offline", Warn, Caller {
        title { en: "This machine has no network", de: "Dieser Rechner hat kein Netz" }
        meaning {
            en: "There is no route to any of the configured name servers ({servers}).",
            de: "Zu keinem der eingestellten Nameserver ({servers}) gibt es einen Weg.",
        }
        remedy { en: "Connect this machine to the network, then run it again", de: "Verbinden Sie den Rechner mit dem Netz und starten Sie erneut" }
        steps [ { en: "Run it again:", de: "Starten Sie erneut:", Shell "exdiag check {mailbox}" } ]
        links ["https://man7.org/linux/man-pages/man8/ip-route.8.html"]
    }
    DANGLING_ALIAS = "dns.dangling-alias", Fail, Dns {
        title { en: "{host} is an alias of {target}, which has no address", de: "{host} ist ein Alias auf {target}, und der Name hat keine Adresse" }
        meaning {
            en: "The CNAME record was left behind when the server moved. Whoever asks for {host} gets no address.",
            de: "Der CNAME-Eintrag blieb stehen, als der Server umzog. Wer nach {host} fragt, bekommt keine Adresse.",
        }
        remedy { en: "Point the alias to the present server, or remove it", de: "Lassen Sie den Alias auf den heutigen Server zeigen oder löschen Sie ihn" }
        steps [
            { en: "Correct the record in the zone:", de: "Berichtigen Sie den Eintrag in der Zone:", Zone "{host}. 3600 IN CNAME mail.{domain}." },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox} --only dns" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/host-name-could-not-be-resolved-dns"]
    }
    ALIAS_LOOP = "dns.alias-loop", Fail, Dns {
        title { en: "The aliases of {host} lead in a circle", de: "Die Aliasse von {host} führen im Kreis" }
        meaning {
            en: "The CNAME records point to one another ({chain}), so there is never an address.",
            de: "Die CNAME-Einträge zeigen aufeinander ({chain}); eine Adresse gibt es so nie.",
        }
        remedy { en: "Point the alias to a name that has an address", de: "Lassen Sie den Alias auf einen Namen zeigen, der eine Adresse hat" }
        steps [
            { en: "Correct the record in the zone:", de: "Berichtigen Sie den Eintrag in der Zone:", Zone "{host}. 3600 IN CNAME mail.{domain}." },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox} --only dns" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/host-name-could-not-be-resolved-dns"]
    }
    PRIVATE_ADDRESS = "dns.private-address", Fail, Dns {
        title { en: "A public resolver gives {host} the private address {address}", de: "Ein öffentlicher Resolver gibt für {host} die private Adresse {address} an" }
        meaning {
            en: "Nobody outside the company network can reach that address, and neither can the sync service.",
            de: "Von außerhalb des Firmennetzes ist diese Adresse nicht erreichbar, auch nicht für den Sync-Dienst.",
        }
        remedy { en: "Publish the server's public address in the outer zone", de: "Veröffentlichen Sie in der äußeren Zone die öffentliche Adresse des Servers" }
        steps [
            { en: "See what the public DNS says of the name:", de: "Sehen Sie nach, was das öffentliche DNS zu dem Namen sagt:", Shell "nslookup {host} 9.9.9.9" },
            { en: "Write the public address of firewall or server in its place:", de: "Tragen Sie an seiner Stelle die öffentliche Adresse von Firewall oder Server ein:", Zone "{host}. 3600 IN A PUBLIC-ADDRESS" },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox} --only dns" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc1918#section-5"]
    }
    HOST_NOT_FOUND = "dns.host-not-found", Fail, Caller {
        title { en: "The server {host} has no address in the DNS", de: "Der Server {host} hat keine Adresse im DNS" }
        meaning {
            en: "That is the server that you, or Autodiscover, named. Without an address nobody gets there.",
            de: "Das ist der Server, den Sie oder Autodiscover nannten. Ohne Adresse kommt niemand dorthin.",
        }
        remedy { en: "Check the spelling of the server's name", de: "Prüfen Sie die Schreibweise des Servernamens" }
        steps [ { en: "Ask the DNS for it:", de: "Fragen Sie das DNS danach:", Shell "nslookup {host}" } ]
        links ["https://learn.microsoft.com/connectivity-analyzer/host-name-could-not-be-resolved-dns"]
    }
}

/// What the DNS says of one name, both families together.
#[derive(Debug)]
pub struct Name<'a> {
    /// The name.
    pub host: String,
    /// Its addresses, each with the answer it stands in.
    pub addresses: Vec<(IpAddr, &'a DnsAnswer)>,
    /// The aliases on the way, the last name last.
    pub chain: Vec<String>,
    /// The more telling of the two answers; none where none came.
    pub rcode: Option<&'a str>,
    /// What came of each question.
    pub seen: Vec<&'a DnsSeen>,
    /// Why one of them has no answer.
    pub unasked: Option<&'a NoAnswer>,
}

/// Whether a response code says that there are such records, or none.
pub fn is_answer(rcode: &str) -> bool {
    matches!(rcode, "NOERROR" | "NXDOMAIN")
}

/// Looks a name up in the families that are used.
pub fn name_of<'a>(view: &View<'a>, name: &str) -> Result<Name<'a>, Stop> {
    let subject = view.subject();
    let families = [(true, subject.ipv6), (false, subject.ipv4)];
    let looks =
        view::all(families.iter().filter(|(_, used)| *used).map(|(ipv6, _)| view.dns(name, address_type(*ipv6))))?;
    let mut seen = Vec::new();
    let mut unasked = None;
    for look in looks {
        match look {
            Ok(one) => seen.push(one),
            Err(why) => unasked = Some(why),
        }
    }
    let answers: Vec<&DnsAnswer> = seen.iter().filter_map(|s| s.answer.as_ref()).collect();
    // a denial or an address says more than a failure of the other family's question
    let telling = answers.iter().find(|a| is_answer(&a.rcode)).or(answers.first());
    Ok(Name {
        host: name.to_owned(),
        addresses: answers.iter().flat_map(|a| a.addresses().into_iter().map(|address| (address, *a))).collect(),
        chain: answers.iter().map(|a| a.alias_chain(name)).max_by_key(Vec::len).unwrap_or_default(),
        rcode: telling.map(|a| a.rcode.as_str()),
        seen,
        unasked,
    })
}

impl Name<'_> {
    /// Whether it has no address.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Whether there is no such name.
    pub fn is_denied(&self) -> bool {
        self.rcode == Some("NXDOMAIN") && self.chain.is_empty()
    }

    /// What is wrong with its records.
    pub fn faults(&self, view: &View<'_>, weight: &dyn Fn(Severity) -> Severity) -> Result<Vec<Finding>, Stop> {
        let probe = Probe::dns(&self.host, address_type(!view.subject().ipv4));
        let about =
            |code| Finding::new(code).host(&self.host).with("cached", cached(&self.seen, &self.host)).seen_in(&probe);
        let mut findings = Vec::new();
        let is_loop = self
            .chain
            .last()
            .is_some_and(|last| *last == self.host || self.chain.iter().filter(|name| *name == last).count() > 1);
        match self.rcode {
            _ if is_loop => {
                findings
                    .push(about(&ALIAS_LOOP).severity(weight(Severity::Fail)).with("chain", self.chain.join(" → ")));
            }
            Some(rcode) if is_answer(rcode) && !self.chain.is_empty() && self.is_wholly_empty() => {
                let target = self.chain.last().cloned().unwrap_or_default();
                findings.push(
                    about(&DANGLING_ALIAS)
                        .severity(weight(Severity::Fail))
                        .with("target", target)
                        .with("ttl", self.seen.iter().filter_map(|s| s.answer.as_ref()?.ttl()).min()),
                );
            }
            Some(rcode) if !is_answer(rcode) && self.is_empty() => {
                let (why, reason) = self.failing(view, rcode)?;
                findings.push(
                    about(&SERVER_FAILURE)
                        .severity(weight(if why == "passing" { Severity::Warn } else { Severity::Fail }))
                        .with("rcode", rcode)
                        .with("why", why)
                        .with("reason", reason)
                        .with("extended_errors", self.extended_errors()),
                );
            }
            _ => {}
        }
        for (address, answer) in &self.addresses {
            let resolver_is_public =
                answer.server.parse::<SocketAddr>().is_ok_and(|server| !reach::is_private(server.ip()));
            if reach::is_private(*address) && resolver_is_public {
                findings.push(about(&PRIVATE_ADDRESS).address(*address).with("resolver", answer.server.as_str()));
            }
        }
        Ok(findings)
    }

    /// Whether both families' questions brought a usable answer without an address.
    pub fn is_wholly_empty(&self) -> bool {
        let is_usable = |seen: &&DnsSeen| seen.answer.as_ref().is_some_and(|answer| is_answer(&answer.rcode));
        let is_denied = self.rcode == Some("NXDOMAIN");
        self.is_empty() && (is_denied || (self.seen.len() > 1 && self.seen.iter().all(is_usable)))
    }

    /// What the resolver says of its failure (RFC 8914), `code text`.
    pub fn extended_errors(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.seen.iter().filter_map(|seen| seen.answer.as_ref()).flat_map(|a| a.extended_errors.clone()).collect();
        order::rising(&mut all);
        all.dedup();
        all
    }

    /// Why the resolver fails: a word for scripts, and a sentence. DNSSEC is to blame only where the same
    /// server answers as soon as it does not validate, or says so itself.
    fn failing(&self, view: &View<'_>, rcode: &str) -> Result<(&'static str, Value), Stop> {
        let number = |error: &String| error.split(' ').next().and_then(|code| code.parse::<u16>().ok());
        let said: Vec<u16> = self.extended_errors().iter().filter_map(number).collect();
        // RFC 8914, 4.7 to 4.13: what is wrong with the signatures; 4.23, 4.24: nobody was reached
        let bogus = said.iter().any(|code| (6..=12).contains(code));
        let nobody = said.iter().any(|code| matches!(code, 22 | 23));
        let family = address_type(!view.subject().ipv4);
        // the second time without the CD bit tells a failure that has passed from one that validation makes
        let (unchecked, again) =
            (view.dns_via(&self.host, family, Via::Unchecked), view.dns_via(&self.host, family, Via::Wire));
        let unchecked = unchecked?.ok().and_then(|seen| seen.answer.as_ref());
        let same = |answer: &DnsAnswer| {
            self.seen.iter().filter_map(|seen| seen.answer.as_ref()).any(|failing| failing.server == answer.server)
        };
        let again = again?.ok().and_then(|seen| seen.answer.as_ref()).is_some_and(|answer| is_answer(&answer.rcode));
        let answers = unchecked.is_some_and(|answer| is_answer(&answer.rcode) && same(answer));
        Ok(match rcode {
            "SERVFAIL" if again => (
                "passing",
                json!({
                    "en": "asked a second time it answers, so the failure was a passing one: a name server was slow or unreachable for a moment",
                    "de": "Auf die zweite Frage antwortet er, die Störung war also vorübergehend: Ein Nameserver war einen Moment lang langsam oder nicht erreichbar",
                }),
            ),
            "SERVFAIL" if bogus || answers => (
                "dnssec",
                json!({
                    "en": "the DNSSEC signatures of the zone are broken, as the resolver says itself, or shows by answering as soon as it does not validate; resolvers that do not validate still find the names, others do not",
                    "de": "Die DNSSEC-Signaturen der Zone sind fehlerhaft; der Resolver sagt es selbst oder antwortet, sobald er nicht validiert. Resolver, die nicht validieren, finden die Namen noch, andere nicht",
                }),
            ),
            "REFUSED" => (
                "refused",
                json!({
                    "en": "it refuses the question, because it does not serve this network or blocks the name",
                    "de": "Er lehnt die Frage ab, weil er dieses Netz nicht bedient oder den Namen sperrt",
                }),
            ),
            _ if nobody => (
                "unreachable",
                json!({
                    "en": "it says itself that it reaches none of them",
                    "de": "Er sagt selbst, dass er keinen von ihnen erreicht",
                }),
            ),
            _ if unchecked.is_some() => (
                "zone",
                json!({
                    "en": "it fails without validation too, so DNSSEC is not to blame; the name servers are dead, or the delegation leads to the wrong ones",
                    "de": "Auch ohne Validierung scheitert er, an DNSSEC liegt es also nicht; die Nameserver sind tot, oder die Delegation führt zu den falschen",
                }),
            ),
            _ => (
                "unknown",
                json!({
                    "en": "typical causes are broken DNSSEC signatures, dead name servers or a delegation to the wrong ones",
                    "de": "Typische Ursachen sind fehlerhafte DNSSEC-Signaturen, tote Nameserver oder eine Delegation an die falschen",
                }),
            ),
        })
    }
}

/// For how long the world keeps what these answers say of a name, as a piece of a sentence.
pub fn cached(seen: &[&DnsSeen], owner: &str) -> Value {
    ttl::spoken(seen.iter().filter_map(|seen| ttl::of(seen.answer.as_ref()?, owner)).max())
}

/// The outcome where no name server answered; `None` where one did.
pub fn silence(view: &View<'_>, names: &[Name<'_>]) -> Option<Outcome> {
    if names.iter().any(|name| name.rcode.is_some()) {
        return None;
    }
    let failures: Vec<_> = names.iter().flat_map(|name| &name.seen).flat_map(|seen| &seen.failures).collect();
    if failures.is_empty() {
        return names.iter().find_map(|name| name.unasked).map(super::unanswered);
    }
    let mut servers: Vec<&str> = failures.iter().map(|failure| failure.server.as_str()).collect();
    order::rising(&mut servers);
    servers.dedup();
    let offline = failures.iter().all(|failure| failure.why == DnsFailKind::Unreachable);
    let code = if offline { &OFFLINE } else { &NO_ANSWER };
    let tried: Vec<_> = failures.iter().map(|failure| json!({"server": failure.server, "why": failure.why})).collect();
    let finding = Finding::new(code).with("servers", servers).with("tried", tried);
    let finding =
        names.iter().fold(finding, |f, name| f.seen_in(&Probe::dns(&name.host, address_type(!view.subject().ipv4))));
    let reason = Sentence::new(text!("no name server answered", "kein Nameserver hat geantwortet"));
    Some(Outcome::Inconclusive { reason, findings: vec![finding] })
}

/// Why this host has no address; `None` where it has one, or nothing is known that would say why.
pub fn no_address(view: &View<'_>, host: &str) -> Result<Option<Outcome>, Stop> {
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Ok(None);
    }
    let name = [name_of(view, host)?];
    if let Some(outcome) = silence(view, &name) {
        return Ok(Some(outcome));
    }
    let [name] = name;
    if !name.is_empty() {
        return Ok(None);
    }
    let mut findings = name.faults(view, &|severity| severity)?;
    if findings.is_empty() {
        let probe = Probe::dns(host, address_type(!view.subject().ipv4));
        findings.push(Finding::new(&HOST_NOT_FOUND).host(host).seen_in(&probe));
    }
    let note = Sentence::new(text!("{host} has no address", "{host} hat keine Adresse")).with("host", host);
    Ok(Some(Outcome::checked(note, findings)))
}

/// The domain, and `autodiscover.` below it.
pub fn domain_names<'a>(view: &View<'a>) -> Result<Vec<Name<'a>>, Stop> {
    let domain = view.subject().domain();
    let subdomain = format!("autodiscover.{domain}");
    view::all([domain, subdomain.as_str()].map(|name| name_of(view, name)))
}

/// Why the mailbox's domain leads nowhere: no name server answers, or there is no such domain.
pub fn no_domain(view: &View<'_>) -> Result<Option<Outcome>, Stop> {
    let domain = view.subject().domain();
    let names = domain_names(view)?;
    if let Some(outcome) = silence(view, &names) {
        return Ok(Some(outcome));
    }
    let is_denied = names.first().is_some_and(Name::is_denied);
    let faults = view::all(names.iter().map(|name| name.faults(view, &|severity| severity)))?;
    let failing = faults.into_iter().flatten().filter(|finding| finding.code.id == SERVER_FAILURE.id).take(1);
    let findings: Vec<Finding> = if is_denied { vec![domain_not_found(view, domain)] } else { failing.collect() };
    let note =
        Sentence::new(text!("no name of {domain} leads to a server", "kein Name von {domain} führt zu einem Server"));
    Ok((!findings.is_empty()).then(|| Outcome::checked(note.with("domain", domain), findings)))
}

/// There is no such domain.
pub fn domain_not_found(view: &View<'_>, domain: &str) -> Finding {
    Finding::new(&DOMAIN_NOT_FOUND).host(domain).seen_in(&Probe::dns(domain, address_type(!view.subject().ipv4)))
}
