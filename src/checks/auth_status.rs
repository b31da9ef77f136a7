//! Can the account sign in, and does the sync service still hold a working grant?
//!
//! Owns the ways to sign in that the endpoint offers, what became of the one sign-in of the run,
//! and the sync service's grant. Without credentials it still tells the ways, and is skipped.

pub mod realm;
pub mod unclear;

use super::common;
use super::common::mailbox::{ACCOUNT_BLOCKED, PASSWORD_EXPIRED};
use super::common::net::At;
use super::common::service::{API_REFUSED, CONNECTOR_WRONG, of_grant, service};
use crate::evidence::HeldBack;
use crate::evidence::{Credential, HttpOutcome, HttpSeen, NoAnswer, Probe, Response, Stop, Subject, View};
use crate::finding::{Code, Finding, Outcome, Owner, Sentence, Severity};
use crate::protocol::challenge::{self, Challenge};
use crate::protocol::endpoint::{Endpoint, endpoint};
use crate::protocol::front::{self, Product};
use crate::protocol::nylas::Grant;
use crate::protocol::{eas, trusted};
use crate::{findings, text};
use serde_json::json;

findings! {
    REJECTED = "auth.rejected", Fail, User {
        title { en: "{host} refuses the sign-in of {user}", de: "{host} lehnt die Anmeldung von {user} ab" }
        meaning {
            en: "It was tried once and not again, so that no account is locked. Servers do not say whether the name or the password is wrong; often the password is right and only the form of the name is not. An access token may have expired or be meant for another server.",
            de: "Es wurde einmal versucht und nicht wieder, damit kein Konto gesperrt wird. Server sagen nicht, ob der Name oder das Passwort falsch ist; oft stimmt das Passwort und nur die Form des Namens nicht. Ein Zugriffstoken kann abgelaufen oder für einen anderen Server bestimmt sein.",
        }
        remedy { en: "Check the password in Outlook on the web, then the form of the sign-in name", de: "Prüfen Sie das Passwort in Outlook im Web, danach die Form des Anmeldenamens" }
        steps [
            { en: "Sign in by hand; if that fails too, the password is wrong or the account is locked:", de: "Melden Sie sich von Hand an; scheitert auch das, ist das Passwort falsch oder das Konto gesperrt:", Config "https://{host}/owa" },
            { en: "See which names the account has:", de: "Sehen Sie nach, welche Namen das Konto hat:", Powershell "Get-User '{mailbox}' | Format-List UserPrincipalName,SamAccountName,WindowsEmailAddress" },
            { en: "Try the other forms, each in a run of its own (DOMAIN\\name, then the UPN):", de: "Versuchen Sie die anderen Formen, jede in einem eigenen Lauf (DOMAIN\\name, dann den UPN):", Shell "exdiag check {mailbox} --user 'DOMAIN\\name' --ask-password" },
            { en: "If only DOMAIN\\name works, set a default domain for Basic; if only the UPN works, make UPN and address the same.", de: "Geht nur DOMAIN\\name, legen Sie eine Standarddomäne für Basic fest; geht nur der UPN, gleichen Sie UPN und Adresse an.", Powershell "Set-WebConfigurationProperty -PSPath 'MACHINE/WEBROOT/APPHOST' -Location 'Default Web Site/Microsoft-Server-ActiveSync' -Filter system.webServer/security/authentication/basicAuthentication -Name defaultLogonDomain -Value DOMAIN" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
    TOKEN_AUDIENCE = "auth.token-audience", Fail, Entra {
        title { en: "The access token is not meant for {host}", de: "Das Zugriffstoken ist nicht für {host} bestimmt" }
        meaning {
            en: "Exchange refuses the token because of its audience. Either it was asked for another resource, the host is missing from the service principal of Exchange, or TLS ends in front of the server (offloading).",
            de: "Exchange lehnt das Token wegen seiner Zielgruppe (audience) ab. Entweder wurde es für eine andere Ressource geholt, der Host fehlt im Dienstprinzipal von Exchange, oder TLS endet vor dem Server (Offloading).",
        }
        remedy { en: "Add https://{host}/ to the service principal names of Exchange, and ask for a token with that resource", de: "Ergänzen Sie https://{host}/ in den Dienstprinzipalnamen von Exchange und holen Sie ein Token für diese Ressource" }
        steps [
            { en: "See which names are there:", de: "Sehen Sie nach, welche Namen eingetragen sind:", Powershell "(Get-MgServicePrincipal -Filter \"AppId eq '00000002-0000-0ff1-ce00-000000000000'\").ServicePrincipalNames" },
            { en: "Behind a balancer, encrypt again towards Exchange instead of offloading TLS.", de: "Verschlüsseln Sie hinter dem Load Balancer zum Exchange hin erneut, statt TLS dort enden zu lassen." },
        ]
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
    BEARER_ONLY = "auth.bearer-only", Warn, Exchange {
        title { en: "{host} takes only OAuth tokens for ActiveSync, no password", de: "{host} nimmt für ActiveSync nur OAuth-Token an, kein Passwort" }
        meaning {
            en: "Modern authentication is on and Basic is blocked. A sync service that signs in with a password cannot connect; one that can do OAuth with this server can.",
            de: "Moderne Authentifizierung ist eingeschaltet, Basic ist gesperrt. Ein Sync-Dienst, der sich mit Passwort anmeldet, kann nicht verbinden; einer, der mit diesem Server OAuth beherrscht, schon.",
        }
        remedy { en: "Connect with OAuth, or allow Basic for this mailbox by an authentication policy", de: "Verbinden Sie mit OAuth oder erlauben Sie Basic für dieses Postfach per Authentifizierungsrichtlinie" }
        steps [
            { en: "See which policy holds for the mailbox and for all:", de: "Sehen Sie nach, welche Richtlinie für das Postfach und für alle gilt:", Powershell "Get-User '{mailbox}' | Format-List AuthenticationPolicy\nGet-OrganizationConfig | Format-List DefaultAuthenticationPolicy,OAuth2ClientProfileEnabled\nGet-AuthenticationPolicy | Format-List Name,*ActiveSync" },
            { en: "See what the directory itself offers:", de: "Sehen Sie nach, was das Verzeichnis selbst anbietet:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,Name,BasicAuthEnabled" },
        ]
        links ["https://github.com/MicrosoftDocs/OfficeDocs-Exchange/blob/HEAD/Exchange/ExchangeServer/clients/outlook-for-ios-and-android/use-hybrid-modern-auth.md"]
    }
    BEARER_INCOMPLETE = "auth.bearer-incomplete", Warn, Exchange {
        title { en: "{host} offers OAuth but does not say where to sign in", de: "{host} bietet OAuth an, sagt aber nicht, wo man sich anmeldet" }
        meaning {
            en: "The Bearer challenge has no authorization_uri: the authorisation server is not set as the default one. Clients with modern authentication cannot get a token.",
            de: "Im Bearer-Angebot fehlt authorization_uri: Der Autorisierungsserver ist nicht als Standard eingestellt. Clients mit moderner Authentifizierung bekommen kein Token.",
        }
        remedy { en: "Make the Entra authorisation server the default", de: "Machen Sie den Autorisierungsserver von Entra zum Standard" }
        steps [
            { en: "See which one is the default:", de: "Sehen Sie nach, welcher der Standard ist:", Powershell "Get-AuthServer | Format-List Name,IsDefaultAuthorizationEndpoint,AuthorizationEndpoint" },
            { en: "Set it, and switch modern authentication on:", de: "Stellen Sie ihn ein und schalten Sie moderne Authentifizierung ein:", Powershell "Set-AuthServer -Identity EvoSTS -IsDefaultAuthorizationEndpoint $true\nSet-OrganizationConfig -OAuth2ClientProfileEnabled $true" },
        ]
        links ["https://github.com/MicrosoftDocs/OfficeDocs-Exchange/blob/HEAD/Exchange/ExchangeServer/clients/outlook-for-ios-and-android/use-hybrid-modern-auth.md"]
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
            { en: "To have exdiag test the sign-in itself, give it an access token:", de: "Damit exdiag die Anmeldung selbst testet, geben Sie ein Zugriffstoken an:", Shell "exdiag check {mailbox} --token-file token.txt" },
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
            { en: "In the app, choose Outlook.com or Microsoft and sign in in the browser.", de: "Wählen Sie in der App Outlook.com oder Microsoft und melden Sie sich im Browser an." },
        ]
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
    if is_personal(subject) {
        let accepted = server.as_ref().is_some_and(|s| s.sign_in(subject).is_accepted());
        findings.push(Finding::new(&PERSONAL_ACCOUNT).severity(if accepted { Severity::Info } else { Severity::Fail }));
    } else if let Some(server) = &server {
        findings.extend(server.methods(subject.credential));
    }
    findings.extend(realm);
    let mut sign_in = server.as_ref().map_or(SignedIn::NoServer, |server| server.sign_in(subject));
    if subject.credential.is_some()
        && matches!(sign_in, SignedIn::Unknown(_) | SignedIn::NoServer)
        && let Some(finding) = said_at_autodiscover(view)?
    {
        sign_in = SignedIn::Refused(Box::new(finding));
    }
    if let SignedIn::Refused(finding) = &sign_in {
        findings.push((**finding).clone());
    }
    if let Some(server) = server.as_ref().filter(|_| subject.credential.is_some()) {
        findings.extend(common::connection_faults(view, &At::from(&server.endpoint))?);
    }
    let mut grant = None;
    if let Some(service) = service {
        findings.extend(service.findings);
        if let (Some(found), Some(server)) = (&service.grant, &server)
            && server.product == Product::Exchange
            && !found.provider.is_empty()
            && found.provider != "ews"
        {
            findings.push(of_grant(&CONNECTOR_WRONG, found).with("provider", found.provider.as_str()));
        }
        grant = Some((service.grant, service.unanswered));
    }
    Ok(conclude(subject, server.as_ref(), sign_in, grant, findings))
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
            "the sync service's grant is valid (connector {provider})",
            "die Berechtigung des Sync-Dienstes ist gültig (Konnektor {provider})",
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
    let said = unclear::at_autodiscover(view)?;
    Ok(said.map(|(attempt, response)| {
        let code = match response.status {
            401 => &REJECTED,
            456 => &ACCOUNT_BLOCKED,
            457 => &PASSWORD_EXPIRED,
            _ => return unclear::finding(&attempt.probe, response, user(subject)),
        };
        let finding = Finding::new(code)
            .host(&attempt.host)
            .url(&attempt.probe.url)
            .with("user", user(subject))
            .with("user_form", user_form(subject))
            .seen_in(&Probe::Http(attempt.probe.clone()));
        match subject.credential {
            Some(Credential::Token) if response.status == 401 => {
                finding.owner(Owner::Entra).with("credential", "token")
            }
            _ => finding,
        }
    }))
}

fn is_personal(subject: &Subject) -> bool {
    subject.mailbox.as_ref().is_some_and(|mailbox| PERSONAL.contains(&mailbox.domain.as_str()))
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
        let mut product =
            options.ok().and_then(HttpSeen::response).map_or(Product::Unknown, |r| front::recognise(r).product);
        if trusted::is_microsoft(&endpoint.host) {
            product = Product::ExchangeOnline;
        }
        Ok(Self { endpoint, product, offered, tried })
    }

    fn offers(&self, scheme: &str) -> bool {
        self.offered.iter().flatten().any(|challenge| challenge.is(scheme))
    }

    /// The ways that can be used. Exchange Online still names Basic but takes no password.
    fn method_names(&self) -> Vec<String> {
        let online = self.product == Product::ExchangeOnline;
        self.offered.iter().flatten().filter(|c| !(online && c.is("Basic"))).map(Challenge::name).collect()
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
        if self.product == Product::ExchangeOnline {
            let severity = match credential {
                Some(Credential::Token) => return Vec::new(),
                Some(Credential::Password) => Severity::Fail,
                None => Severity::Info,
            };
            return vec![self.about(&BASIC_RETIRED).severity(severity)];
        }
        // a 401 that names no way at all is for `activesync`
        let Some(offered) = self.offered.as_ref().filter(|all| !all.is_empty()) else { return Vec::new() };
        let (basic, bearer) = (self.offers("Basic"), self.offers("Bearer"));
        let windows = offered.iter().all(|c| c.is("NTLM") || c.is("Negotiate"));
        let mut found = Vec::new();
        match (basic, bearer) {
            (false, false) if windows => found.push(self.about(&WINDOWS_ONLY)),
            (false, false) => found.push(self.about(&BASIC_NOT_OFFERED)),
            (false, true) if credential == Some(Credential::Password) => found.push(self.about(&BASIC_NOT_OFFERED)),
            (false, true) if credential.is_none() => found.push(self.about(&BEARER_ONLY)),
            _ => {}
        }
        if bearer && !offered.iter().any(Challenge::is_complete_bearer) {
            let severity = if basic { Severity::Warn } else { Severity::Fail };
            found.push(self.about(&BEARER_INCOMPLETE).severity(severity));
        }
        found
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
            None if self.product == Product::ExchangeOnline && credential == Credential::Password => SignedIn::NotTried,
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
        let mut finding = self
            .about(code)
            .with("user", user(subject))
            .with("user_form", user_form(subject))
            .with("status", response.status)
            .seen_in(&Probe::Http(probe));
        if let Some(url) = response.header("x-ms-credential-service-url") {
            finding = finding.with("credential_service", url);
        }
        if let Some(said) = challenge::diagnostics(response) {
            finding = finding
                .with("diagnostics", json!({"number": said.number, "reason": said.reason, "category": said.category}));
        }
        finding
    }

    /// A refused sign-in; without a response it was refused by another service of the same server.
    fn rejected(&self, subject: &Subject, response: Option<&Response>) -> Finding {
        let Some(response) = response else {
            return self.about(&REJECTED).with("user", user(subject)).with("user_form", user_form(subject));
        };
        // 2000003 invalid_resource is the one number whose meaning is sure
        let audience = challenge::diagnostics(response).is_some_and(|said| said.number == 2_000_003);
        let by_token = subject.credential == Some(Credential::Token);
        let code = if audience && by_token { &TOKEN_AUDIENCE } else { &REJECTED };
        let mut finding = self.said(code, subject, response);
        if by_token {
            finding = finding.owner(Owner::Entra).with("credential", "token");
        }
        finding
    }
}
