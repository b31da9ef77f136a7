//! Can the account sign in, and does the sync service still hold a working grant?
//!
//! Owns the ways to sign in that the endpoint offers, what became of the one sign-in of the run,
//! and the sync service's grant. Without credentials it still tells the ways, and is skipped.

pub mod entra;
pub mod modern;
pub mod names;
pub mod realm;
pub mod token;
pub mod unclear;

use super::common;
use super::common::mailbox::{ACCOUNT_BLOCKED, AS_ENTRA_SAYS, PASSWORD_EXPIRED};
use super::common::net::At;
use super::common::service::connector::{self, Home};
use super::common::service::refused::{API_REFUSED, Seen};
use super::common::service::{Here, in_the_light_of, papers, service, signed_in};
use crate::evidence::HeldBack;
use crate::evidence::{Credential, HttpOutcome, HttpSeen, NoAnswer, Probe, Response, Stop, Subject, View};
use crate::finding::{Code, Finding, Outcome, Sentence, Severity};
use crate::protocol::challenge::{self, Challenge};
use crate::protocol::endpoint::{Endpoint, endpoint, told_ews};
use crate::protocol::front::{self, Product};
use crate::protocol::nylas::Grant;
use crate::protocol::{eas, trusted};
use crate::{findings, text};
use serde_json::json;

findings! {
    REJECTED = "auth.rejected", Fail, User {
        title { en: "{host} refuses the sign-in of {user}", de: "{host} lehnt die Anmeldung von {user} ab" }
        meaning {
            en: "exdiag tries once and not again, so that no account is locked. Servers rarely say whether the name or the password is wrong; often the password is right and only the form of the name is not.",
            de: "exdiag versucht es einmal und nicht wieder, damit kein Konto gesperrt wird. Server sagen selten, ob der Name oder das Passwort falsch ist; oft stimmt das Passwort und nur die Form des Namens nicht.",
        }
        remedy { en: "Check the password in Outlook on the web, then the form of the sign-in name", de: "Prüfen Sie das Passwort in Outlook im Web, danach die Form des Anmeldenamens" }
        steps [
            { en: "Sign in by hand; if that fails too, the password is wrong or the account is locked:", de: "Melden Sie sich von Hand an; scheitert auch das, ist das Passwort falsch oder das Konto gesperrt:", Config "https://{host}/owa" },
            { en: "See which names the account has:", de: "Sehen Sie nach, welche Namen das Konto hat:", Powershell "Get-User '{mailbox}' | Format-List UserPrincipalName,SamAccountName,WindowsEmailAddress" },
            { en: "Try the other forms, each in a run of its own ({forms}):", de: "Versuchen Sie die anderen Formen, jede in einem eigenen Lauf ({forms}):", Shell "exdiag check {mailbox} --user '{name}' --ask-password" },
            { en: "If the account has a second factor, of a hoster's portal for instance, a program needs the app password that this portal makes; Exchange Server itself knows neither.", de: "Hat das Konto einen zweiten Faktor, etwa im Portal eines Hosters, braucht ein Programm das App-Kennwort aus diesem Portal; Exchange Server selbst kennt beides nicht." },
            { en: "If only DOMAIN\\name works, set a default domain for Basic; if only the UPN works, make UPN and address the same.", de: "Geht nur DOMAIN\\name, legen Sie eine Standarddomäne für Basic fest; geht nur der UPN, gleichen Sie UPN und Adresse an.", Powershell "Set-WebConfigurationProperty -PSPath 'MACHINE/WEBROOT/APPHOST' -Location 'Default Web Site/Microsoft-Server-ActiveSync' -Filter system.webServer/security/authentication/basicAuthentication -Name defaultLogonDomain -Value DOMAIN" },
        ]
        cases [AS_ENTRA_SAYS]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
    BASIC_NOT_OFFERED = "auth.basic-not-offered", Fail, Exchange {
        title { en: "{host} takes no password: it offers {methods} only", de: "{host} nimmt kein Passwort an: Angeboten wird nur {methods}" }
        meaning {
            en: "Signing in with a name and a password needs Basic, which is switched off for ActiveSync.",
            de: "Eine Anmeldung mit Name und Passwort braucht Basic, und das ist für ActiveSync ausgeschaltet.",
        }
        remedy { en: "Switch Basic on for ActiveSync, or connect with OAuth", de: "Schalten Sie Basic für ActiveSync ein oder verbinden Sie mit OAuth" }
        steps [
            { en: "See what is switched on:", de: "Sehen Sie nach, was eingeschaltet ist:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,Name,BasicAuthEnabled,*AuthenticationMethods" },
            { en: "Switch Basic on:", de: "Schalten Sie Basic ein:", Powershell "Get-ActiveSyncVirtualDirectory | Set-ActiveSyncVirtualDirectory -BasicAuthEnabled $true" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/all-required-authentication-methods-could-not-be-found"]
    }
    WINDOWS_ONLY = "auth.windows-only", Fail, Exchange {
        title { en: "{host} offers only {methods} for ActiveSync", de: "{host} bietet für ActiveSync nur {methods} an" }
        meaning {
            en: "These ways work inside a Windows domain. Phones and sync services need Basic or OAuth: none of them can sign in.",
            de: "Diese Verfahren funktionieren innerhalb einer Windows-Domäne. Smartphones und Sync-Dienste brauchen Basic oder OAuth: Keiner von ihnen kann sich anmelden.",
        }
        remedy { en: "Switch Basic on for the ActiveSync directory, or set up OAuth", de: "Schalten Sie Basic für das ActiveSync-Verzeichnis ein oder richten Sie OAuth ein" }
        steps [
            { en: "See what is switched on:", de: "Sehen Sie nach, was eingeschaltet ist:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,Name,BasicAuthEnabled,*AuthenticationMethods" },
            { en: "Switch Basic on:", de: "Schalten Sie Basic ein:", Powershell "Get-ActiveSyncVirtualDirectory | Set-ActiveSyncVirtualDirectory -BasicAuthEnabled $true" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --only auth-status" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/all-required-authentication-methods-could-not-be-found"]
    }
    BASIC_RETIRED = "auth.basic-retired", Fail, Sync {
        title { en: "Exchange Online no longer takes passwords, only OAuth tokens", de: "Exchange Online nimmt keine Passwörter mehr an, nur OAuth-Token" }
        meaning {
            en: "The mailbox is in the Microsoft cloud, where Basic was switched off for good in January 2023. A password is refused there even when it is right, app passwords too.",
            de: "Das Postfach liegt in der Microsoft-Cloud, wo Basic seit Januar 2023 endgültig abgeschaltet ist. Ein Passwort wird dort auch dann abgelehnt, wenn es stimmt, App-Kennwörter ebenso.",
        }
        remedy { en: "Connect the mailbox through the service's Microsoft 365 sign-in (OAuth) instead of a password", de: "Verbinden Sie das Postfach über die Microsoft-365-Anmeldung (OAuth) des Dienstes statt mit Passwort" }
        steps [
            { en: "In the app, choose Microsoft 365 instead of Exchange and sign in in the browser.", de: "Wählen Sie in der App Microsoft 365 statt Exchange und melden Sie sich im Browser an." },
            { en: "To have exdiag test the sign-in itself, give it an access token (APP is the client id of an app of yours; without it, the command says how to make one):", de: "Damit exdiag die Anmeldung selbst testet, geben Sie ein Zugriffstoken an (APP ist die Client-ID einer eigenen App; ohne sie sagt der Befehl, wie man eine anlegt):", Shell "exdiag login {mailbox} --client-id APP --output token.txt\nexdiag check {mailbox} --token-file token.txt" },
        ]
        links ["https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online"]
    }
    PERSONAL_ACCOUNT = "auth.personal-account", Fail, Sync {
        title { en: "{mailbox} is a personal Microsoft account, not an Exchange mailbox of a company", de: "{mailbox} ist ein persönliches Microsoft-Konto, kein Exchange-Postfach eines Unternehmens" }
        meaning {
            en: "{domain} takes no passwords for ActiveSync, only OAuth tokens for personal accounts. An Exchange connection with name and password cannot work.",
            de: "{domain} nimmt für ActiveSync keine Passwörter an, nur OAuth-Token für persönliche Konten. Eine Exchange-Verbindung mit Name und Passwort kann nicht funktionieren.",
        }
        remedy { en: "Connect it as a Microsoft (Outlook.com) account, not as Exchange", de: "Verbinden Sie es als Microsoft-Konto (Outlook.com), nicht als Exchange" }
        steps [
            { en: "In the app, choose Outlook.com or Microsoft and sign in in the browser; a second factor is asked for there. App passwords no longer work since September 2024.", de: "Wählen Sie in der App Outlook.com oder Microsoft und melden Sie sich im Browser an; ein zweiter Faktor wird dort abgefragt. App-Kennwörter gelten seit September 2024 nicht mehr." },
            { en: "To have exdiag test the sign-in, get a token with an app that allows personal accounts (APP is its client id; without it, the command says how to make one):", de: "Damit exdiag die Anmeldung testet, holen Sie ein Token mit einer App, die persönliche Konten zulässt (APP ist deren Client-ID; ohne sie sagt der Befehl, wie man eine anlegt):", Shell "exdiag login {mailbox} --tenant consumers --client-id APP --output token.txt\nexdiag check {mailbox} --token-file token.txt" },
        ]
        links ["https://support.microsoft.com/office/modern-authentication-methods-now-needed-to-continue-syncing-outlook-email-in-non-microsoft-email-apps-c5d65390-9676-4763-b41f-d7986499a90d"]
    }
    NOT_TRIED = "auth.not-tried", Info, Caller {
        title { en: "No sign-in was tried: no credentials were given", de: "Es wurde keine Anmeldung versucht: Es wurden keine Anmeldedaten angegeben" }
        meaning {
            en: "Whether name and password are right, and whether the mailbox may use ActiveSync, only a sign-in can tell.",
            de: "Ob Name und Passwort stimmen und ob das Postfach ActiveSync verwenden darf, zeigt nur eine Anmeldung.",
        }
        remedy { en: "Give the password; it is sent once, and only over verified TLS", de: "Geben Sie das Passwort an; es wird einmal und nur über geprüftes TLS gesendet" }
        steps [
            { en: "Run it with the password:", de: "Starten Sie mit dem Passwort:", Shell "exdiag check {mailbox} --ask-password" },
        ]
    }
}

/// Domains of Microsoft's personal accounts.
const PERSONAL: &[&str] = &[
    "outlook.com",
    "outlook.de",
    "outlook.at",
    "outlook.fr",
    "outlook.it",
    "outlook.es",
    "outlook.dk",
    "outlook.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.ch",
    "hotmail.fr",
    "hotmail.it",
    "hotmail.es",
    "hotmail.nl",
    "hotmail.se",
    "hotmail.co.uk",
    "live.com",
    "live.de",
    "live.at",
    "live.fr",
    "live.it",
    "live.nl",
    "live.dk",
    "live.se",
    "live.co.uk",
    "msn.com",
    "windowslive.com",
];

/// Judges.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let service = service(view);
    let server = endpoint(view).and_then(|found| found.map(|endpoint| Server::look(view, endpoint)).transpose());
    let subject = view.subject();
    let realm = if is_personal(subject) { Ok(Vec::new()) } else { realm::findings(view) };
    let (service, server, realm) = (service?, server?, realm?);
    let mut findings = Vec::new();
    let accepted = server.as_ref().is_some_and(|s| s.sign_in(subject).is_accepted());
    if is_personal(subject) {
        findings.push(Finding::new(&PERSONAL_ACCOUNT).severity(if accepted { Severity::Info } else { Severity::Fail }));
    } else if let Some(server) = &server {
        findings.extend(server.methods(subject.credential));
        findings.extend(modern::findings(view, server, subject.credential)?);
    }
    findings.extend(realm);
    findings.extend(token::findings(view, server.as_ref().map(|server| &server.endpoint), accepted)?);
    let mut sign_in = server.as_ref().map_or(SignedIn::NoServer, |server| server.sign_in(subject));
    // what a token is refused for, only the one who refuses it says
    let by_another = matches!(&sign_in, SignedIn::Refused(finding) if finding.code.id == token::TOKEN_REJECTED.id && !finding.data.contains_key("status"));
    if subject.credential.is_some()
        && (by_another || matches!(sign_in, SignedIn::Unknown(_) | SignedIn::NoServer))
        && let Some(finding) = said_at_autodiscover(view)?
        && (!by_another || finding.code.id != unclear::ANSWER_UNCLEAR.id)
    {
        sign_in = SignedIn::Refused(Box::new(finding));
    }
    if let SignedIn::Refused(finding) = &sign_in {
        let by_password = finding.code.id == REJECTED.id && subject.credential == Some(Credential::Password);
        let endpoint = server.as_ref().map(|server| &server.endpoint);
        let hint = if by_password { names::hint(view, endpoint)? } else { None };
        findings.push(names::in_place((**finding).clone(), hint.as_ref()));
        findings.extend(entra::about(subject, &entra::texts(&finding.data)));
        findings.extend(hint);
    }
    if let Some(server) = server.as_ref().filter(|_| subject.credential.is_some()) {
        findings.extend(common::connection_faults(view, &At::from(&server.endpoint))?);
    }
    let (mut grant, mut runs) = (None, None);
    if let Some(service) = service {
        // what the service was told by Entra ID is the cause of what it says itself
        let texts = service.findings.iter().map(|finding| entra::texts(&finding.data));
        findings.extend(texts.flat_map(|text| entra::about(subject, &text)).collect::<Vec<_>>());
        let seen = server.as_ref().map_or(Seen::Nothing, |server| server.seen);
        let hosts = if service.findings.iter().any(|finding| finding.data.contains_key("ews_host")) {
            hosts(view, server.as_ref())?
        } else {
            Vec::new()
        };
        let here = Here { accepted, server: seen, hosts: &hosts };
        findings.extend(service.findings.into_iter().map(|finding| in_the_light_of(&here, finding)));
        if let (Some(found), Some(server)) = (&service.grant, &server)
            && !findings.iter().any(|finding| finding.code.id == connector::CONNECTOR_WRONG.id)
        {
            findings.extend(connector::judge(found, server.home(), service.works, service.reads));
        }
        runs = service.runs;
        grant = Some((service.grant.filter(|_| service.works), service.unanswered));
    }
    let pasted = papers::said(subject, view.asked_at());
    let quoted = pasted.findings.iter().any(|finding| finding.severity > Severity::Info).then(papers::quoted);
    let here = Here { accepted, server: Seen::Nothing, hosts: &[] };
    findings.extend(pasted.findings.into_iter().map(|finding| in_the_light_of(&here, finding)));
    Ok(match (conclude(subject, server.as_ref(), sign_in, grant, findings), quoted.or(runs).or(pasted.runs)) {
        // better than nothing: it was not looked up, and nobody has signed in
        (Outcome::Skipped { findings, .. }, Some(note)) => Outcome::checked(note, findings),
        (outcome, _) => outcome,
    })
}

/// The hosts that clients are led to: by ActiveSync, and by EWS where that is told.
fn hosts(view: &View<'_>, server: Option<&Server<'_>>) -> Result<Vec<String>, Stop> {
    let ews = told_ews(view)?.map(|endpoint| endpoint.host);
    Ok(ews.into_iter().chain(server.map(|server| server.endpoint.host.clone())).collect())
}

/// Brings the answers together: a fault is told first; else whatever proves that the account can
/// sign in; else why nobody knows.
fn conclude(
    subject: &Subject,
    server: Option<&Server<'_>>,
    sign_in: SignedIn,
    grant: Option<(Option<Grant>, Option<Sentence>)>,
    mut findings: Vec<Finding>,
) -> Outcome {
    let methods = server.map(Server::method_names).unwrap_or_default();
    let faulty = findings.iter().any(|f| f.severity > Severity::Info && f.code.id != API_REFUSED.id);
    let (valid, unanswered) = match grant {
        Some((Some(grant), _)) if grant.grant_status == "valid" && !grant.blocked => (Some(grant), None),
        Some((_, unanswered)) => (None, unanswered),
        None => (None, None),
    };
    let accepted = match &sign_in {
        SignedIn::Accepted(status) => Some(*status),
        _ => None,
    };
    let note = match (accepted, &valid) {
        (Some(403), _) => Sentence::new(text!(
            "{user} signed in, but the access was refused; see the check activesync",
            "{user} hat sich angemeldet, aber der Zugriff wurde verweigert; siehe die Prüfung activesync",
        )),
        (Some(_), Some(_)) => Sentence::new(text!(
            "{user} signed in, and the sync service's grant is valid",
            "{user} hat sich angemeldet, und die Berechtigung des Sync-Dienstes ist gültig",
        )),
        (Some(_), None) => Sentence::new(text!("{user} signed in at {host}", "{user} hat sich bei {host} angemeldet")),
        (None, Some(_)) => Sentence::new(text!(
            "the sync service's grant is valid (connector {provider}, last sign-in there {last_sign_in})",
            "die Berechtigung des Sync-Dienstes ist gültig (Konnektor {provider}, letzte Anmeldung dort: {last_sign_in})",
        )),
        (None, None) if !methods.is_empty() => {
            Sentence::new(text!("the server offers {methods}", "der Server bietet {methods} an"))
        }
        (None, None) => {
            Sentence::new(text!("the ways to sign in were looked at", "die Wege zur Anmeldung wurden geprüft"))
        }
    }
    .with("user", user(subject))
    .with("host", server.map_or("", |s| s.endpoint.host.as_str()))
    .with("provider", valid.as_ref().map_or("", |g| g.provider.as_str()))
    .with("last_sign_in", valid.as_ref().map(signed_in).unwrap_or_default())
    .with("methods", methods.clone());
    if faulty || accepted.is_some() || valid.is_some() {
        return Outcome::checked(note, findings);
    }
    if let SignedIn::Unknown(reason) = sign_in {
        return Outcome::Inconclusive { reason, findings };
    }
    if let Some(reason) = unanswered {
        return Outcome::Inconclusive { reason, findings };
    }
    if subject.credential.is_some() {
        let reason = Sentence::new(text!(
            "no server is known to sign in to; see the check autodiscover",
            "kein Server bekannt, an dem man sich anmelden kann; siehe die Prüfung autodiscover",
        ));
        return Outcome::Inconclusive { reason, findings };
    }
    findings.push(Finding::new(&NOT_TRIED));
    let reason = if methods.is_empty() {
        Sentence::new(text!("not tried, no credentials given", "nicht versucht, keine Anmeldedaten angegeben"))
    } else {
        Sentence::new(text!(
            "not tried, no credentials given (server offers {methods})",
            "nicht versucht, keine Anmeldedaten angegeben (Server bietet {methods} an)",
        ))
        .with("methods", methods)
    };
    Outcome::Skipped { reason, findings }
}

/// The sign-in may have had its answer before any server of ActiveSync was known.
fn said_at_autodiscover(view: &View<'_>) -> Result<Option<Finding>, Stop> {
    let subject = view.subject();
    let Some((attempt, response)) = unclear::at_autodiscover(view)? else { return Ok(None) };
    let about = |code| {
        let finding = Finding::new(code)
            .host(&attempt.host)
            .url(&attempt.probe.url)
            .with("user", user(subject))
            .with("user_form", user_form(subject))
            .seen_in(&Probe::Http(attempt.probe.clone()));
        quoted(finding, response)
    };
    Ok(Some(match response.status {
        401 if subject.credential == Some(Credential::Token) => {
            token::refused(response, subject.token.as_ref(), |code| about(code).with("credential", "token"))
        }
        401 => about(&REJECTED),
        456 => about(&ACCOUNT_BLOCKED),
        457 => about(&PASSWORD_EXPIRED),
        _ => unclear::finding(&attempt.probe, response, user(subject)),
    }))
}

/// With what the server says of the refusal.
fn quoted(mut finding: Finding, response: &Response) -> Finding {
    finding = finding.with("status", response.status).with("sign", format!("HTTP {}", response.status));
    if let Some(url) = response.header("x-ms-credential-service-url") {
        finding = finding.with("credential_service", url);
    }
    let texts: Vec<&str> = response.headers_named("www-authenticate").chain([response.body.text.as_str()]).collect();
    let codes = crate::protocol::entra::read(&texts.join("\n")).numbers;
    if !codes.is_empty() {
        finding = finding.with("error_codes", codes);
    }
    if let Some(said) = challenge::diagnostics(response) {
        finding = finding
            .with("diagnostics", json!({"number": said.number, "reason": said.reason, "category": said.category}));
    }
    finding
}

fn is_personal(subject: &Subject) -> bool {
    subject.mailbox.as_ref().is_some_and(|mailbox| is_personal_domain(&mailbox.domain))
}

/// Whether the addresses of this domain are Microsoft's personal accounts.
pub fn is_personal_domain(domain: &str) -> bool {
    PERSONAL.contains(&domain)
}

/// The name that signs in.
fn user(subject: &Subject) -> &str {
    subject.user.as_deref().unwrap_or_else(|| subject.label())
}

/// In which form the name is given: it decides what to try next.
fn user_form(subject: &Subject) -> &'static str {
    match subject.user.as_deref() {
        None => "address",
        Some(user) if user.contains('\\') => "domain",
        Some(user) if user.contains('@') => "upn",
        Some(_) => "name",
    }
}

/// What is known of the server that is signed in to.
struct Server<'a> {
    endpoint: Endpoint,
    product: Product,
    /// The challenges; `None` where no answer was a 401.
    offered: Option<Vec<Challenge>>,
    /// The one sign-in; `None` where it was not tried.
    tried: Option<Result<&'a HttpSeen, &'a NoAnswer>>,
    /// Whether the token itself says that it cannot work here.
    token_unfit: bool,
    /// Whether it answers at all.
    seen: Seen,
}

/// What became of the sign-in.
enum SignedIn {
    /// The server let the account in, with this status.
    Accepted(u16),
    /// It did not, or did not say so.
    Refused(Box<Finding>),
    /// Nobody knows.
    Unknown(Sentence),
    /// It was not tried, for want of credentials or because a finding says why it would be in vain.
    NotTried,
    /// There is no server.
    NoServer,
}

impl SignedIn {
    fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }
}

impl<'a> Server<'a> {
    fn look(view: &View<'a>, endpoint: Endpoint) -> Result<Self, Stop> {
        let options = view.http(&eas::options(&endpoint));
        let offered = eas::challenges(view, &endpoint);
        let tried = eas::signed_in(view, &endpoint).and_then(|probe| probe.map(|probe| view.http(&probe)).transpose());
        let (options, offered, tried) = (options?, offered?, tried?);
        let seen = match options.map(|seen| &seen.outcome) {
            Ok(HttpOutcome::Response(_)) => Seen::Answers,
            Ok(HttpOutcome::Failed(_)) => Seen::Silent,
            Err(_) => Seen::Nothing,
        };
        let mut product =
            options.ok().and_then(HttpSeen::response).map_or(Product::Unknown, |r| front::recognise(r).product);
        if trusted::is_microsoft(&endpoint.host) {
            product = Product::ExchangeOnline;
        }
        let token_unfit = eas::token_unfit(view, &endpoint).is_some();
        Ok(Self { endpoint, product, offered, tried, token_unfit, seen })
    }

    fn challenges(&self) -> impl Iterator<Item = &Challenge> {
        self.offered.iter().flatten()
    }

    fn offers(&self, scheme: &str) -> bool {
        self.challenges().any(|challenge| challenge.is(scheme))
    }

    fn is_online(&self) -> bool {
        self.product == Product::ExchangeOnline
    }

    /// Where the mailbox is, by the server that clients are led to.
    fn home(&self) -> Home {
        match self.product {
            Product::Exchange => Home::OnPremises,
            Product::ExchangeOnline => Home::Online,
            _ => Home::Unknown,
        }
    }

    /// The ways that can be used. Exchange Online still names Basic but takes no password.
    fn method_names(&self) -> Vec<String> {
        self.challenges().filter(|c| !(self.is_online() && c.is("Basic"))).map(Challenge::name).collect()
    }

    fn about(&self, code: &'static Code) -> Finding {
        Finding::new(code)
            .host(&self.endpoint.host)
            .port(self.endpoint.port)
            .url(&self.endpoint.url)
            .with("methods", self.method_names())
    }

    /// What is wrong with the ways to sign in.
    fn methods(&self, credential: Option<Credential>) -> Vec<Finding> {
        if self.is_online() {
            let severity = match credential {
                Some(Credential::Token) => return Vec::new(),
                Some(Credential::Password) => Severity::Fail,
                None => Severity::Info,
            };
            return vec![self.about(&BASIC_RETIRED).severity(severity)];
        }
        // a 401 that names no way at all is for `activesync`
        let Some(offered) = self.offered.as_ref().filter(|all| !all.is_empty()) else { return Vec::new() };
        let windows = offered.iter().all(|c| c.is("NTLM") || c.is("Negotiate"));
        match (self.offers("Basic"), self.offers("Bearer")) {
            (false, false) if windows => vec![self.about(&WINDOWS_ONLY)],
            (false, false) => vec![self.about(&BASIC_NOT_OFFERED)],
            (false, true) if credential == Some(Credential::Password) => vec![self.about(&BASIC_NOT_OFFERED)],
            _ => Vec::new(),
        }
    }

    fn sign_in(&self, subject: &Subject) -> SignedIn {
        let Some(credential) = subject.credential else { return SignedIn::NotTried };
        let see_activesync = || {
            Sentence::new(text!("no answer; see the check {check}", "keine Antwort; siehe die Prüfung {check}"))
                .with("check", "activesync")
        };
        match self.tried {
            Some(Err(NoAnswer::HeldBack { rule: HeldBack::SignInRefused })) => {
                SignedIn::Refused(Box::new(self.rejected(subject, None)))
            }
            Some(Err(why)) => SignedIn::Unknown(common::why_unanswered(why)),
            Some(Ok(seen)) => match &seen.outcome {
                HttpOutcome::Failed(_) => SignedIn::Unknown(see_activesync()),
                HttpOutcome::Response(response) => match response.status {
                    401 => SignedIn::Refused(Box::new(self.rejected(subject, Some(response)))),
                    456 => SignedIn::Refused(Box::new(self.said(&ACCOUNT_BLOCKED, subject, response))),
                    457 => SignedIn::Refused(Box::new(self.said(&PASSWORD_EXPIRED, subject, response))),
                    // somebody else than Exchange answers what Exchange asked
                    _ if front::is_intercepted(self.product, response) => {
                        let probe = eas::options(&self.endpoint).sign_in(crate::evidence::SignIn::Given);
                        SignedIn::Refused(Box::new(unclear::finding(&probe, response, user(subject))))
                    }
                    status @ (200 | 403 | 449) => SignedIn::Accepted(status),
                    // who has no mailbox is known only once the account is
                    status @ 404 if response.header("x-caserrorcode") == Some("MailboxGuidWithDomainNotFound") => {
                        SignedIn::Accepted(status)
                    }
                    _ => SignedIn::Unknown(see_activesync()),
                },
            },
            None if self.is_online() && credential == Credential::Password => SignedIn::NotTried,
            // the token's own claims say why, in findings of their own
            None if self.token_unfit => SignedIn::NotTried,
            None if self.offered.as_ref().is_none_or(Vec::is_empty) => SignedIn::Unknown(see_activesync()),
            None if credential == Credential::Token => SignedIn::Unknown(Sentence::new(text!(
                "the token was not sent: the server offers no Bearer",
                "das Token wurde nicht gesendet: Der Server bietet kein Bearer an",
            ))),
            None => SignedIn::NotTried,
        }
    }

    /// A finding about the sign-in.
    fn said(&self, code: &'static Code, subject: &Subject, response: &Response) -> Finding {
        let probe = eas::options(&self.endpoint).sign_in(crate::evidence::SignIn::Given);
        let finding = self.about(code).with("user", user(subject)).with("user_form", user_form(subject));
        quoted(finding.seen_in(&Probe::Http(probe)), response)
    }

    /// A refused sign-in; without a response it was refused by another service of the same server.
    fn rejected(&self, subject: &Subject, response: Option<&Response>) -> Finding {
        let Some(response) = response else {
            let (code, by_token) = match subject.credential {
                Some(Credential::Token) => (&token::TOKEN_REJECTED, true),
                _ => (&REJECTED, false),
            };
            let finding = self.about(code).with("user", user(subject)).with("user_form", user_form(subject));
            return if by_token { token::unsaid(finding, subject.token.as_ref()) } else { finding };
        };
        if subject.credential == Some(Credential::Token) {
            let said = |code| self.said(code, subject, response).with("credential", "token");
            return token::refused(response, subject.token.as_ref(), said);
        }
        self.said(&REJECTED, subject, response)
    }
}
