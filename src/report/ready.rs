//! Which commands of a remedy can be run as they stand, and what do the others lack?

use super::{CommandReport, Report};
use crate::evidence::{HttpSeen, View};
use crate::finding::{Lang, Shell, Text};
use crate::order;
use crate::protocol::endpoint::{self, Endpoint, Origin};
use crate::protocol::{cloud, eas};
use crate::text;
use std::collections::BTreeSet;

/// Words that stand for what exdiag does not know, with what to put in their place. In angle brackets
/// any word does. `tests/fix.rs` compares the list with the catalogue.
const MARKS: &[(&str, Text)] = &[
    (
        "PUBLIC-ADDRESS",
        text!("the public address of the server or firewall", "die öffentliche Adresse von Server oder Firewall"),
    ),
    ("ACCOUNT_ID", text!("the id of the account at the service", "die ID des Kontos beim Dienst")),
    ("ADDRESS", text!("the address of the server", "die Adresse des Servers")),
    ("ALIAS", text!("the name of the mailbox that is to receive it", "den Namen des Postfachs, das sie bekommen soll")),
    ("APP", text!("the client id of the app", "die Client-ID der App")),
    (
        "DATABASE",
        text!("a database (Get-MailboxDatabase lists them)", "eine Datenbank (Get-MailboxDatabase listet sie auf)"),
    ),
    (
        "DEVICE",
        text!(
            "the id of the device (Get-MobileDevice lists them)",
            "die ID des Geräts (Get-MobileDevice listet sie auf)"
        ),
    ),
    ("DOMAIN", text!("the Windows domain", "die Windows-Domäne")),
    ("EXCHANGE", text!("the inner name of the Exchange server", "den inneren Namen des Exchange-Servers")),
    ("GRANT_ID", text!("the id of the grant", "die ID der Berechtigung")),
    ("GROUP", text!("the name of the distribution group", "den Namen der Verteilergruppe")),
    (
        "IDENTITY",
        text!("the identity of the device, from the list before it", "die Identity des Geräts, aus der Liste davor"),
    ),
    ("MAILBOX", text!("the address of the mailbox", "die Adresse des Postfachs")),
    (
        "POLICY",
        text!("the name of the policy, from the list before it", "den Namen der Richtlinie, aus der Liste davor"),
    ),
    ("PORT", text!("the port of the proxy", "den Port des Proxys")),
    ("PROXY", text!("the name of the proxy", "den Namen des Proxys")),
    ("SERVER", text!("the name of the server", "den Namen des Servers")),
    ("SKUID", text!("the SkuId of the licence, from the list before it", "die SkuId der Lizenz, aus der Liste davor")),
    ("TENANT", text!("the tenant, by its id or domain", "den Mandanten, mit seiner ID oder Domain")),
    ("TARGET", text!("the address that mail is to be sent on to", "die Adresse, an die Mail weitergehen soll")),
    (
        "<THUMBPRINT>",
        text!(
            "the thumbprint of the right certificate (Get-ExchangeCertificate lists them)",
            "den Fingerabdruck des richtigen Zertifikats (Get-ExchangeCertificate listet sie auf)",
        ),
    ),
    ("<HOST>", text!("the public name of the server", "den öffentlichen Namen des Servers")),
    ("<SERVER>", text!("the name of the Exchange server", "den Namen des Exchange-Servers")),
    (
        "<DATABASE>",
        text!("a database (Get-MailboxDatabase lists them)", "eine Datenbank (Get-MailboxDatabase listet sie auf)"),
    ),
    (
        "<USER AGENT>",
        text!("the user agent of the app, from the report or the log", "den User-Agent der App, aus Bericht oder Log"),
    ),
    (
        "C:\\certificate.cer",
        text!("the file that the authority has sent", "die Datei, die die Zertifizierungsstelle geschickt hat"),
    ),
    ("NYLAS_API_KEY=...", text!("the key of the application", "den Schlüssel der Anwendung")),
    ("$NYLAS_API_KEY", text!("the key of the application, as a variable", "den Schlüssel der Anwendung, als Variable")),
    (
        "$NYLAS_CLIENT_SECRET",
        text!("the secret of the application, as a variable", "das Geheimnis der Anwendung, als Variable"),
    ),
    ("$NYLAS_CLIENT_ID", text!("the id of the application, as a variable", "die ID der Anwendung, als Variable")),
];

/// What a command lacks: a word in it, and what to put in its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lack {
    /// As it stands in the command.
    pub mark: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// What the list says of the mark.
    Listed,
    /// A gap that nothing fills.
    Unknown,
    /// A name that is only likely.
    Guess,
    /// A file that could not be made.
    Chain,
}

impl Lack {
    /// A file with a chain that exdiag could not build.
    pub fn chain(file: &str) -> Self {
        Self { mark: file.to_owned(), what: What::Chain }
    }

    /// What to put in its place.
    pub fn what(&self, lang: Lang) -> &'static str {
        let listed = || MARKS.iter().find(|(mark, _)| *mark == self.mark).map(|(_, what)| *what);
        let what = match self.what {
            What::Guess => {
                text!("the public name of the Exchange server", "den öffentlichen Namen des Exchange-Servers")
            }
            What::Chain => text!(
                "a file with the server's certificate and its intermediates, which exdiag could not put together",
                "eine Datei mit Serverzertifikat und Zwischenzertifikaten, die exdiag nicht zusammenstellen konnte",
            ),
            What::Listed | What::Unknown => {
                listed().unwrap_or(text!("a value that exdiag does not know", "einen Wert, den exdiag nicht kennt"))
            }
        };
        what.of(lang)
    }
}

/// What is known of a run beyond its findings.
#[derive(Debug)]
pub(super) struct Known {
    /// The name that remedies take for the server's where they know none.
    guess: String,
    /// Whether it is a server's all the same.
    is_right: bool,
    /// The server's public name.
    server: Option<String>,
}

impl Known {
    pub fn of(report: &Report) -> Self {
        let guess = format!("mail.{}", report.target.domain);
        let server = server(report);
        let likely = Endpoint::parse(&format!("https://{guess}/Microsoft-Server-ActiveSync"), Origin::Guess);
        let is_right = server.as_deref() == Some(&guess)
            || likely.is_some_and(|likely| answers(&View::new(&report.evidence), &likely));
        Self { guess, is_right, server }
    }

    /// The command with the server's own name in place of a likely one. `host`: whom the finding is about.
    pub fn named(&self, command: &CommandReport, host: Option<&str>) -> String {
        match &self.server {
            Some(server) if host != Some(&self.guess) => replaced(&command.text, &self.guess, server),
            _ => command.text.clone(),
        }
    }

    /// What a piece of it still lacks.
    pub fn lacks(&self, text: &str, host: Option<&str>) -> BTreeSet<Lack> {
        let mut found: BTreeSet<Lack> = order::set(gaps(text).map(|mark| Lack { mark, what: What::Unknown }));
        for (mark, _) in MARKS.iter().filter(|(mark, _)| !places(text, mark).is_empty()) {
            found.insert(Lack { mark: (*mark).to_owned(), what: What::Listed });
        }
        if !self.is_right && host != Some(&self.guess) && !places(text, &self.guess).is_empty() {
            found.insert(Lack { mark: self.guess.clone(), what: What::Guess });
        }
        found
    }
}

/// The server's public name: the user's, Autodiscover's, or that of a host that answers as ActiveSync does. It is of
/// use in a record of the domain only where it is no cloud's, and nobody's within a network of its own.
fn server(report: &Report) -> Option<String> {
    let view = View::new(&report.evidence);
    let endpoint = endpoint::endpoint(&view).ok().flatten()?;
    let host = endpoint.host.as_str();
    let own = format!(".{}", report.target.domain);
    let is_own = endpoint.origin == Origin::User || host.ends_with(&own);
    let is_name = host.parse::<std::net::IpAddr>().is_err() && !endpoint::is_internal(host);
    let is_subdomain = host.starts_with("autodiscover.");
    // it goes into commands as it is
    let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let is_known = endpoint.origin != Origin::Guess || answers(&view, &endpoint);
    (is_own && is_plain && is_name && !is_subdomain && is_known && cloud::of_host(host).is_none())
        .then(|| endpoint.host.clone())
}

/// Whether ActiveSync, or a sign-in for it, was seen there.
fn answers(view: &View<'_>, endpoint: &Endpoint) -> bool {
    let seen = view.http(&eas::options(endpoint)).ok().and_then(Result::ok);
    seen.and_then(HttpSeen::response).is_some_and(|answer| answer.status == 401 || eas::offer(answer).is_activesync())
}

/// The pieces of a command that can be run by themselves: lines, and what belongs together.
pub(super) fn statements(shell: Shell, text: &str) -> Vec<String> {
    if shell == Shell::Config {
        return vec![text.to_owned()];
    }
    let mut out: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        match out.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push('\n');
                last.push_str(line);
            }
            None => out.push(line.to_owned()),
        }
        goes_on = shell == Shell::Powershell && out.last().is_some_and(|so_far| is_open(so_far));
    }
    out
}

/// Whether `PowerShell` reads on after these lines.
fn is_open(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut quote = None;
    for letter in text.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            ('(' | '{' | '[', None) => depth += 1,
            (')' | '}' | ']', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth > 0 || text.trim_end().ends_with(['|', '`', ','])
}

/// The gaps `{name}` that nothing has filled.
fn gaps(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_name = |name: &&str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.filter(is_name).map(|name| format!("{{{name}}}"))
}

/// Where a word stands by itself, and is no part of another.
fn places(text: &str, word: &str) -> Vec<usize> {
    let within = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let bare = word.starts_with(|letter: char| letter.is_alphanumeric());
    let stands_alone = |at: &usize| {
        let (before, rest) = text.split_at(*at);
        let after = rest.get(word.len()..).unwrap_or_default();
        // a name ends with its dot, another goes on behind it
        let goes_on = match after.strip_prefix('.') {
            Some(more) => more.starts_with(within),
            None => after.starts_with(within) || after.starts_with('@'),
        };
        !(bare && before.ends_with(|letter: char| within(letter) || matches!(letter, '.' | '@' | '$')) || goes_on)
    };
    text.match_indices(word).map(|(at, _)| at).filter(stands_alone).collect()
}

/// The text with another word in the place of one.
pub(super) fn replaced(text: &str, word: &str, by: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for at in places(text, word) {
        out.push_str(text.get(rest..at).unwrap_or_default());
        out.push_str(by);
        rest = at + word.len();
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(server: Option<&str>) -> Known {
        Known { guess: "mail.corp.example".to_owned(), is_right: false, server: server.map(str::to_owned) }
    }

    fn marks(text: &str) -> Vec<String> {
        known(None).lacks(text, None).into_iter().map(|lack| lack.mark).collect()
    }

    #[test]
    fn a_word_that_stands_for_another_is_found_where_it_stands_alone() {
        assert_eq!(marks("New-MoveRequest 'x' -TargetDatabase DATABASE"), ["DATABASE"]);
        assert_eq!(marks("x. 3600 IN A PUBLIC-ADDRESS"), ["PUBLIC-ADDRESS"]);
        assert_eq!(marks("Enable-ExchangeCertificate -Thumbprint <THUMBPRINT>"), ["<THUMBPRINT>"]);
        assert_eq!(marks("--resolve {host}:443:ADDRESS"), ["ADDRESS", "{host}"]);
        assert!(
            marks("MACHINE/WEBROOT/APPHOST $env:USERDNSDOMAIN MY-POLICY ALIAS@corp.example { $_.Name }").is_empty()
        );
        assert_eq!(marks("https://mail.corp.example/EWS"), ["mail.corp.example"]);
        assert_eq!(marks("a. 3600 IN CNAME mail.corp.example."), ["mail.corp.example"]);
        assert!(marks("webmail.corp.example mail.corp.example.org x@mail.corp.example").is_empty());
    }

    #[test]
    fn every_word_of_the_catalogue_that_stands_for_another_is_in_the_list() {
        // names of products, protocols, record types, paths
        const FINE: &[&str] = &[
            "AAAA",
            "APPHOST",
            "ASP",
            "BEGIN",
            "CNAME",
            "COMPUTERNAME",
            "DELETE",
            "DER",
            "DNSKEY",
            "EAS",
            "END",
            "EWS",
            "FORWARD",
            "HKCU",
            "HKLM",
            "HTTP",
            "IIS",
            "MACHINE",
            "NET",
            "NTLM",
            "OPTIONS",
            "POST",
            "RST",
            "SCHANNEL",
            "SOA",
            "SOFTWARE",
            "SRV",
            "SYN",
            "SYSTEM",
            "TCPMSS",
            "TLS",
            "USERDNSDOMAIN",
            "WEBROOT",
            "NYLAS_API_KEY",
            "NYLAS_CLIENT_ID",
            "NYLAS_CLIENT_SECRET",
            "PWD",
            "SSL",
        ];
        for code in crate::checks::catalogue() {
            let cases = code.cases.iter().flat_map(|case| case.steps);
            for command in code.steps.iter().chain(cases).flat_map(|step| step.commands) {
                let listed = marks(command.text);
                let apart = |letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
                let is_mark = |word: &&str| {
                    word.len() > 2
                        && word.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'))
                        && word.starts_with(|letter: char| letter.is_ascii_uppercase())
                };
                for word in command.text.split(apart).filter(is_mark) {
                    let known = FINE.contains(&word) || listed.iter().any(|mark| mark.contains(word));
                    assert!(known, "{}: {word} in {}", code.id, command.text);
                }
                for word in
                    command.text.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(word, _)| word)
                {
                    let is_word = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ');
                    assert!(!is_word || listed.contains(&format!("<{word}>")), "{}: <{word}>", code.id);
                }
            }
        }
    }

    #[test]
    fn a_likely_name_gives_way_to_the_right_one_unless_the_finding_is_about_it() {
        let command = CommandReport {
            shell: Shell::Zone,
            text: "a.corp.example. 3600 IN CNAME mail.corp.example.".to_owned(),
            step: 1,
        };
        let owa = known(Some("owa.corp.example"));
        assert_eq!(owa.named(&command, None), "a.corp.example. 3600 IN CNAME owa.corp.example.");
        assert_eq!(owa.named(&command, Some("mail.corp.example")), command.text);
        assert!(owa.lacks(&command.text, Some("mail.corp.example")).is_empty());
    }

    #[test]
    fn what_powershell_reads_as_one_stays_together() {
        let text = "$a = 'x {'\n$b | ForEach-Object {\n  $_\n}\nGet-X |\n  Format-List\niisreset";
        let parts = statements(Shell::Powershell, text);
        assert_eq!(parts, ["$a = 'x {'", "$b | ForEach-Object {\n  $_\n}", "Get-X |\n  Format-List", "iisreset"]);
        assert_eq!(statements(Shell::Shell, "a {\nb"), ["a {", "b"]);
        assert_eq!(statements(Shell::Config, "a\nb"), ["a\nb"]);
    }
}
