//! How does a user sign in for an access token, and what is to be done where Entra ID says no?

use super::args::LoginArgs;
use super::check::{self, runtime};
use super::exit::{INCONCLUSIVE, Trouble, say};
use super::interrupt::Interrupted;
use super::output::{Target, not_writable};
use super::setup::not_set_up;
use crate::checks::auth_status::entra::{self, Known};
use crate::checks::auth_status::is_personal_domain;
use crate::checks::autodiscover;
use crate::evidence::{Mailbox, Token};
use crate::finding::{Lang, Sentence, harmless};
use crate::gather::auth::NewToken;
use crate::gather::login::{Home, Login, Problem};
use crate::protocol::cloud::{Cloud, Kind};
use crate::protocol::device::{Refusal, Started, is_here};
use crate::protocol::ttl;
use crate::text;
use std::io;
use std::path::Path;
use url::Url;

/// Entra ID or the user said no.
const NO: u8 = 1;
/// The tenant of all personal accounts, by its name.
const CONSUMERS: &str = "consumers";
/// The rights that the checks need.
const RIGHTS: &[&str] = &["EAS.AccessAsUser.All", "EWS.AccessAsUser.All"];

/// `exdiag login`
pub fn login(args: &LoginArgs) -> Result<u8, Trouble> {
    let lang: Lang = args.lang.choice().into();
    let mailbox = check::mailbox(&args.mailbox)?;
    let Some(app) = &args.client_id else { return Err(no_app()) };
    for (option, value) in [("--client-id", Some(app)), ("--tenant", args.tenant.as_ref())] {
        if value.is_some_and(|value| !is_id(value)) {
            return Err(Trouble::new(text!(
                "{option} needs an id or a domain, such as 2b1d1f2e-5b0a-4a53-9f5e-2d6a1c3b4e5f",
                "{option} braucht eine ID oder eine Domain wie 2b1d1f2e-5b0a-4a53-9f5e-2d6a1c3b4e5f",
            ))
            .with("option", option));
        }
    }
    let authority = args.authority.as_deref().map(authority).transpose()?;
    let settings = check::settings(&args.way, (true, true), &args.roots)?;
    // opened before anything is sent
    let target = args.output.as_deref().map(|path| Ok((Target::open_private(path)?, path))).transpose()?;
    runtime()?.block_on(async {
        let interrupted = Interrupted::listen();
        let login = Login::new(settings, authority).await.map_err(|error| not_set_up(&error))?;
        let said = Said { lang };
        let granted = tokio::select! {
            granted = sign_in(&login, args, app, &mailbox, &said) => granted,
            () = interrupted.happened() => {
                said.line(&Sentence::new(text!("Interrupted: no token was written.", "Unterbrochen: Es wurde kein Token geschrieben.")));
                return Ok(INCONCLUSIVE);
            }
        };
        match granted {
            Ok(token) => {
                said.token(&token.claims(), &mailbox);
                written(&token, target, &said)
            }
            Err(code) => Ok(code),
        }
    })
}

/// The token, or the code to end with; what there is to say has been said.
async fn sign_in(login: &Login, args: &LoginArgs, app: &str, mailbox: &Mailbox, said: &Said) -> Result<NewToken, u8> {
    let (cloud, tenant) = match &args.tenant {
        Some(tenant) => (login.first(), tenant.clone()),
        None if is_personal_domain(&mailbox.domain) => (login.first(), CONSUMERS.to_owned()),
        None => {
            let asked = Asked { mailbox, app, tenant: &mailbox.domain, login: login.first().login };
            let home = login.home(&mailbox.domain).await.map_err(|problem| said.problem(&problem, &asked))?;
            said.home(&home, &mailbox.domain);
            if home.kind == Kind::Unknown {
                return Err(NO);
            }
            (home.cloud, home.tenant.unwrap_or_else(|| mailbox.domain.clone()))
        }
    };
    let scope = if args.scope.is_empty() { rights_at(cloud) } else { args.scope.join(" ") };
    let asked = Asked { mailbox, app, tenant: &tenant, login: cloud.login };
    let problem = |problem: Problem| said.problem(&problem, &asked);
    let started = login.start(cloud, &tenant, app, &scope).await.map_err(problem)?;
    said.started(&started, mailbox);
    login.finish(cloud, &tenant, app, &started, tokio::time::sleep).await.map_err(problem)
}

/// The scopes, all of one host: Entra ID refuses those of two.
fn rights_at(cloud: &Cloud) -> String {
    // the name that personal accounts need too
    let host = if cloud.exchange == "outlook.office365.com" { "outlook.office.com" } else { cloud.exchange };
    RIGHTS.iter().map(|right| format!("https://{host}/{right}")).collect::<Vec<_>>().join(" ")
}

fn is_id(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

/// Where to sign in: https, or this machine.
fn authority(text: &str) -> Result<Url, Trouble> {
    let fits = |url: &Url| {
        (url.scheme() == "https" || (url.scheme() == "http" && is_here(url)))
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
    };
    Url::parse(text).ok().filter(fits).ok_or_else(|| {
        Trouble::new(text!(
            "--authority needs an https address, such as https://login.microsoftonline.us",
            "--authority braucht eine https-Adresse wie https://login.microsoftonline.us",
        ))
    })
}

/// Which app to use, and how to make one.
fn no_app() -> Trouble {
    Trouble::new(text!(
        "no app is named; give --client-id ID

exdiag has no app of its own: the token is issued to an app of yours. Register
one, once for the tenant, as an admin:
  1. https://entra.microsoft.com, App registrations, New registration: any
     name, accounts of this directory only (for outlook.com: personal
     accounts), no redirect URI. Its \"Application (client) ID\" is the id to
     give.
  2. Authentication: \"Allow public client flows\" = Yes.
  3. API permissions, Add, APIs my organization uses, \"Office 365 Exchange
     Online\", Delegated permissions: EAS.AccessAsUser.All and
     EWS.AccessAsUser.All; then \"Grant admin consent\".
The app of your sync service fits only if its operator allows public client
flows. The ids of Microsoft's own apps do not (AADSTS65002).",
        "Es ist keine App genannt; geben Sie --client-id ID an

exdiag hat keine eigene App: Das Token wird für eine App von Ihnen
ausgestellt. Registrieren Sie als Administrator einmal eine für den Mandanten:
  1. https://entra.microsoft.com, App-Registrierungen, Neue Registrierung:
     Name beliebig, nur Konten dieses Verzeichnisses (für outlook.com:
     persönliche Konten), keine Umleitungs-URI. Die „Anwendungs-ID (Client)“
     ist die anzugebende ID.
  2. Authentifizierung: „Öffentliche Clientflows zulassen“ = Ja.
  3. API-Berechtigungen, Hinzufügen, Von meiner Organisation verwendete APIs,
     „Office 365 Exchange Online“, Delegierte Berechtigungen:
     EAS.AccessAsUser.All und EWS.AccessAsUser.All; dann
     „Administratorzustimmung erteilen“.
Die App Ihres Sync-Dienstes eignet sich nur, wenn ihr Betreiber öffentliche
Clientflows zulässt. Die IDs von Microsofts eigenen Apps eignen sich nicht
(AADSTS65002).",
    ))
}

/// What was asked for, and where.
struct Asked<'a> {
    mailbox: &'a Mailbox,
    app: &'a str,
    tenant: &'a str,
    login: &'a str,
}

impl Asked<'_> {
    fn known(&self) -> Known<'_> {
        let Self { app, tenant, mailbox, .. } = *self;
        Known { mailbox: &mailbox.address, domain: &mailbox.domain, tenant, app }
    }
}

/// Says on standard error what happens.
struct Said {
    lang: Lang,
}

impl Said {
    fn line(&self, sentence: &Sentence) {
        say(&sentence.say(self.lang));
    }

    fn home(&self, home: &Home, domain: &str) {
        let provider = home.provider.as_deref().and_then(|url| Url::parse(url).ok());
        let provider = provider.as_ref().and_then(Url::host_str).unwrap_or("-").to_owned();
        let text = match home.kind {
            Kind::Managed => text!(
                "{domain}: tenant {tenant}, cloud {cloud}; Microsoft checks the password.",
                "{domain}: Mandant {tenant}, Cloud {cloud}; Microsoft prüft das Passwort.",
            ),
            Kind::Federated => text!(
                "{domain}: tenant {tenant}, cloud {cloud}; the browser will lead on to {provider}, which checks the password.",
                "{domain}: Mandant {tenant}, Cloud {cloud}; der Browser wird zu {provider} weiterleiten, wo das Passwort geprüft wird.",
            ),
            Kind::Unknown => text!(
                "No tenant of Microsoft's clouds has the domain {domain}: nobody can sign in with an address of it. For a server of your own without the cloud use --ask-password; if the tenant is known, name it with --tenant.",
                "Kein Mandant der Microsoft-Clouds hat die Domain {domain}: Niemand kann sich mit einer Adresse daraus anmelden. Für einen eigenen Server ohne Cloud verwenden Sie --ask-password; ist der Mandant bekannt, nennen Sie ihn mit --tenant.",
            ),
        };
        let tenant = home.tenant.as_deref().unwrap_or("-");
        self.line(
            &Sentence::new(text)
                .with("domain", domain)
                .with("tenant", tenant)
                .with("cloud", home.cloud.name)
                .with("provider", provider),
        );
    }

    fn started(&self, started: &Started, mailbox: &Mailbox) {
        self.line(
            &Sentence::new(text!(
                "\nOpen {address} in a browser (a private window is best), enter the code\n\n    {code}\n\nand sign in as {mailbox}, with the second factor if one is asked for. The code is good for {time}.\nEnter it only if you have started exdiag login yourself. Waiting ...",
                "\nÖffnen Sie {address} im Browser (am besten in einem privaten Fenster), geben Sie den Code\n\n    {code}\n\nein und melden Sie sich als {mailbox} an, mit dem zweiten Faktor, falls einer verlangt wird. Der Code gilt {time}.\nGeben Sie ihn nur ein, wenn Sie exdiag login selbst gestartet haben. Warte ...",
            ))
            .with("address", started.address.as_str())
            .with("code", started.user_code.as_str())
            .with("mailbox", mailbox.address.as_str())
            .with("time", ttl::counted(u32::try_from(started.lifetime.as_secs()).unwrap_or(u32::MAX))),
        );
    }

    fn token(&self, token: &Token, mailbox: &Mailbox) {
        if let Some(user) = token.user.as_ref().filter(|user| !user.eq_ignore_ascii_case(&mailbox.address)) {
            self.line(
                &Sentence::new(text!(
                    "Note: signed in as {user}, not as {mailbox}. That is right only if {user} is the sign-in name of this mailbox.",
                    "Hinweis: Angemeldet als {user}, nicht als {mailbox}. Das stimmt nur, wenn {user} der Anmeldename dieses Postfachs ist.",
                ))
                .with("user", user.as_str())
                .with("mailbox", mailbox.address.as_str()),
            );
        }
        let until = token.expires.map_or_else(|| "-".to_owned(), |end| end.to_string());
        let audience = token.audience.as_deref().unwrap_or("-");
        self.line(
            &Sentence::new(text!(
                "The token is for {audience}, good until {until}.",
                "Das Token ist für {audience} und gilt bis {until}."
            ))
            .with("audience", audience)
            .with("until", until),
        );
    }

    /// Says why there is no token, and returns the code to end with.
    fn problem(&self, problem: &Problem, asked: &Asked<'_>) -> u8 {
        match problem {
            Problem::Unreachable(failure) => {
                self.line(
                    &Sentence::new(text!(
                        "The sign-in service {login} does not answer ({why}). This machine needs a way to it: name a proxy with --proxy, or try from another network.",
                        "Der Anmeldedienst {login} antwortet nicht ({why}). Dieser Rechner braucht einen Weg dorthin: Nennen Sie einen Proxy mit --proxy oder versuchen Sie es aus einem anderen Netz.",
                    ))
                    .with("login", asked.login)
                    .with("why", autodiscover::unreachable(failure).say(self.lang)),
                );
                INCONCLUSIVE
            }
            Problem::Foreign { status } => {
                self.line(
                    &Sentence::new(text!(
                        "In place of the sign-in service {login} something else answers (HTTP {status}): a proxy, a web filter, the start page of a guest network, or an error page that passes. Open https://{login}/ in a browser on this machine to see which; name a proxy with --proxy, then try again.",
                        "Anstelle des Anmeldedienstes {login} antwortet etwas anderes (HTTP {status}): ein Proxy, ein Webfilter, die Startseite eines Gastnetzes oder eine vorübergehende Fehlerseite. Öffnen Sie auf diesem Rechner https://{login}/ im Browser, um zu sehen, was es ist; nennen Sie einen Proxy mit --proxy und versuchen Sie es erneut.",
                    ))
                    .with("login", asked.login)
                    .with("status", *status),
                );
                INCONCLUSIVE
            }
            Problem::Expired => {
                self.line(&Sentence::new(text!(
                    "The code was not used in time. Start exdiag login again. If the browser said that an admin has to approve, the address below is for the admin.",
                    "Der Code wurde nicht rechtzeitig benutzt. Starten Sie exdiag login erneut. Hat der Browser gesagt, dass die Administration zustimmen muss, ist die folgende Adresse für sie.",
                )));
                self.consent(asked);
                INCONCLUSIVE
            }
            Problem::Declined(refusal) => {
                self.line(&Sentence::new(text!(
                    "The sign-in was declined in the browser.",
                    "Die Anmeldung wurde im Browser abgelehnt.",
                )));
                self.refusal(refusal, asked, true);
                NO
            }
            Problem::Refused(refusal) => {
                self.refusal(refusal, asked, false);
                NO
            }
        }
    }

    fn refusal(&self, refusal: &Refusal, asked: &Asked<'_>, declined: bool) {
        let words = harmless(&refusal.description.replace(['\r', '\n'], " "));
        let told = entra::told(&refusal.description);
        let wants_consent = told.as_ref().is_some_and(entra::is_about_consent);
        if let Some(told) = &told {
            say(&entra::explain(told, &asked.known(), self.lang));
        } else if !declined {
            self.line(
                &Sentence::new(text!(
                    "The sign-in service refuses ({error}).",
                    "Der Anmeldedienst lehnt ab ({error}).",
                ))
                .with("error", if refusal.error.is_empty() { "-" } else { refusal.error.as_str() }),
            );
        }
        if !words.is_empty() {
            self.line(&Sentence::new(text!("Its words: {words}", "Seine Worte: {words}")).with("words", words));
        }
        if wants_consent || declined {
            self.consent(asked);
        }
    }

    fn consent(&self, asked: &Asked<'_>) {
        self.line(
            &Sentence::new(text!(
                "An admin of the tenant consents to the app for everybody here:\n  https://{login}/{tenant}/adminconsent?client_id={app}",
                "Die Administration des Mandanten stimmt der App hier für alle zu:\n  https://{login}/{tenant}/adminconsent?client_id={app}",
            ))
            .with("login", asked.login)
            .with("tenant", asked.tenant)
            .with("app", asked.app),
        );
    }
}

fn written(token: &NewToken, target: Option<(Target, &Path)>, said: &Said) -> Result<u8, Trouble> {
    let Some((mut target, path)) = target else {
        let written = token.write(&mut io::stdout().lock());
        return written.map(|()| 0).map_err(|error| not_writable(Path::new("-"), &error));
    };
    token.write(&mut target).map_err(|error| target.not_written(&error))?;
    target.finish()?;
    said.line(
        &Sentence::new(text!(
            "Written to {path}; use it with: exdiag check MAILBOX --token-file {path}",
            "Geschrieben nach {path}; verwenden Sie es mit: exdiag check MAILBOX --token-file {path}"
        ))
        .with("path", path.display().to_string()),
    );
    Ok(0)
}
