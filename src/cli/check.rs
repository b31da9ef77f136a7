//! How do `check`, `autodiscover` and `tls` become runs?

use super::args::{
    AccountArgs, AutodiscoverArgs, CheckArgs, NetworkArgs, OutputArgs, Region, RootArgs, SelectionArgs, SignInArgs,
    TlsArgs, Trust, WaitArgs, WayArgs,
};
use super::baseline::Baseline;
use super::cases;
use super::exit::{Trouble, worse};
use super::exports;
use super::history::Folder;
use super::interrupt::Interrupted;
use super::limits::{limits, with_idle_test};
use super::logs;
use super::network::{connect_to, name_server, resolve, shown, unbracketed};
use super::output::Outputs;
use super::progress::Progress;
use super::redact::Live;
use super::setup::not_set_up;
use super::wait::{self, Try};
use crate::checks::ALL;
use crate::evidence::subject::Service;
use crate::evidence::{self, Mailbox, Server, Subject};
use crate::finding;
use crate::gather::auth::{SecretSources, Secrets};
use crate::gather::offline::Files;
use crate::gather::papers;
use crate::gather::{Settings, SetupError};
use crate::runner::Limits;
use crate::{Diagnosis, diagnose, examine, text};
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// What is to be run: each subject by itself, with the same settings.
#[derive(Debug, Clone)]
pub struct Plan {
    pub subjects: Vec<Subject>,
    pub settings: Settings,
    pub limits: Limits,
    /// The sync service, should there be a key for it.
    pub service: Option<Service>,
}

impl Plan {
    /// Notes in the subject what these secrets make possible, never the secrets themselves.
    pub fn give(&self, subject: &mut Subject, secrets: &Secrets) {
        subject.credential = secrets.credential();
        subject.token = secrets.token_claims();
        subject.service = self.service.clone().filter(|_| secrets.has_service_key());
    }
}

/// `exdiag check`
pub fn check(args: &CheckArgs) -> Result<u8, Trouble> {
    let plan = plan(args)?;
    let secrets = secrets(&args.account.sign_in, args.output.lang.choice().into())?;
    let AccountArgs { nylas_grant, nylas_account, .. } = &args.account;
    let named = nylas_grant.as_ref().map(|_| "--nylas-grant").or(nylas_account.as_ref().map(|_| "--nylas-account"));
    if let Some(option) = named.filter(|_| !secrets.has_service_key()) {
        return Err(Trouble::new(text!(
            "{option} needs a key for the service's API; set NYLAS_API_KEY",
            "{option} braucht einen Schlüssel für die API des Dienstes; setzen Sie NYLAS_API_KEY",
        ))
        .with("option", option));
    }
    if args.idle_test.is_some() && secrets.credential().is_none() {
        return Err(Trouble::new(text!(
            "--idle-test waits in a session, which needs a sign-in; give credentials too, such as --ask-password",
            "--idle-test wartet in einer Sitzung, und die braucht eine Anmeldung; geben Sie auch Anmeldedaten an, etwa mit --ask-password",
        )));
    }
    let files = Kept {
        chain: args.trust.save_chain.as_deref(),
        history: args.history.as_deref().map(Folder),
        baseline: Baseline::open(&args.baseline, &args.output, &format!("exdiag check {}", args.mailboxes.join(" ")))?,
        wait: Some(&args.wait),
    };
    run(&plan, &secrets, &args.output, &files)
}

/// What is kept beside the reports.
#[derive(Debug, Default)]
struct Kept<'a> {
    /// Where a repaired chain goes.
    chain: Option<&'a Path>,
    /// Where all reports go.
    history: Option<Folder<'a>>,
    /// With what the reports are compared.
    baseline: Option<Baseline>,
    /// Whether the run is repeated.
    wait: Option<&'a WaitArgs>,
}

/// What `exdiag check` is asked to do with these arguments.
pub fn plan(args: &CheckArgs) -> Result<Plan, Trouble> {
    let AccountArgs { server, sign_in, nylas_grant, nylas_account, nylas_region, nylas_api, .. } = &args.account;
    let server = server.as_deref().map(self::server).transpose()?;
    if args.mailboxes.len() > 1 && sign_in.user.is_some() {
        // one wrong password for one account, tried for each mailbox, could lock it
        return Err(Trouble::new(text!(
            "--user names one account; give one mailbox, or leave --user out",
            "--user nennt ein einzelnes Konto; geben Sie ein Postfach an oder lassen Sie --user weg",
        )));
    }
    let user = user(sign_in)?;
    let selected = selected(&args.selection, ALL.iter().map(|check| check.id))?;
    let allow_hosts = allowed_hosts(sign_in)?;
    let limits = with_idle_test(&args.network, args.idle_test, &selected)?;
    let sources = papers::sorted(&args.account.sync_log).map_err(|unfit| unreadable(&unfit))?;
    let mut subjects = Vec::new();
    for address in &args.mailboxes {
        let mut subject = Subject::mailbox(mailbox(address)?);
        subject.server.clone_from(&server);
        subject.user.clone_from(&user);
        subject.allow_hosts.clone_from(&allow_hosts);
        subject.trust = args.trust.roots.trust.into();
        subject.aia = !args.trust.no_aia;
        subject.revocation = !args.trust.no_revocation;
        subject.ask_ecp = args.ask_ecp;
        subject.idle_test = args.idle_test;
        (subject.ipv4, subject.ipv6) = families(&args.network);
        subject.compare_dns = compared(&args.network)?;
        subject.logs = logs::of_mailbox(&sources.logs, address)?;
        subject.papers.clone_from(&sources.papers);
        subject.exports = exports::names(args);
        subject.selected.clone_from(&selected);
        subjects.push(subject);
    }
    let api = match (nylas_api, nylas_region) {
        (Some(url), _) => service_api(url)?,
        (None, Region::Us) => "https://api.us.nylas.com".to_owned(),
        (None, Region::Eu) => "https://api.eu.nylas.com".to_owned(),
    };
    let settings = settings(&args.network.way, families(&args.network), &args.trust.roots)?;
    Ok(Plan {
        subjects,
        settings: Settings { exports: exports::files(args), ..settings },
        limits,
        service: Some(Service { api, grant: nylas_grant.clone(), account: nylas_account.clone() }),
    })
}

fn unreadable(papers::Unfit { path, line }: &papers::Unfit) -> Trouble {
    match line {
        Some(line) => Trouble::new(text!(
            "could not read {path}: it begins like JSON and goes wrong in line {line}; copy the whole answer or notification",
            "{path} lässt sich nicht lesen: Es beginnt wie JSON und bricht in Zeile {line} ab; kopieren Sie die ganze Antwort oder Benachrichtigung",
        ))
        .with("line", line),
        None => Trouble::new(text!(
            "could not use {path}: it is JSON, but no account, grant, notification or error of Nylas; name one of those, or a log of the Exchange server",
            "{path} ist nicht verwendbar: Es ist JSON, aber weder Konto noch Berechtigung, Benachrichtigung oder Fehler von Nylas; nennen Sie so etwas oder ein Protokoll des Exchange-Servers",
        )),
    }
    .with("path", path.display())
}

/// The name of `--user`. RFC 7617, 2: a server takes what stands behind a colon for the password, and would
/// count a failed sign-in.
fn user(sign_in: &SignInArgs) -> Result<Option<String>, Trouble> {
    let Some(name) = sign_in.user.as_deref().map(str::trim) else { return Ok(None) };
    if name.is_empty() || name.contains(|c: char| c == ':' || c.is_control()) {
        return Err(Trouble::new(text!(
            "{name} is no sign-in name: it must not be empty, nor hold a colon or a line break; give DOMAIN\\name or name@domain",
            "{name} ist kein Anmeldename: Er darf nicht leer sein und weder Doppelpunkt noch Zeilenumbruch enthalten; geben Sie DOMÄNE\\Name oder name@domain an",
        ))
        // what stands behind the colon may be the password
        .with("name", format!("{:?}", name.split_once(':').map_or(name, |(name, _)| name))));
    }
    Ok(Some(name.to_owned()))
}

/// `exdiag autodiscover`
pub fn autodiscover(mut args: AutodiscoverArgs) -> Result<u8, Trouble> {
    let mut subject = Subject::mailbox(mailbox(&args.mailbox)?);
    subject.user = user(&args.sign_in)?;
    subject.allow_hosts = allowed_hosts(&args.sign_in)?;
    subject.trust = args.roots.trust.into();
    (subject.ipv4, subject.ipv6) = families(&args.network);
    subject.compare_dns = compared(&args.network)?;
    subject.selected = vec!["autodiscover".to_owned()];
    let plan = Plan {
        subjects: vec![subject],
        settings: settings(&args.network.way, families(&args.network), &args.roots)?,
        limits: limits(&args.network),
        service: None,
    };
    // the trace is what this command is for
    args.output.verbose = !args.output.quiet;
    let files = Kept {
        baseline: Baseline::open(&args.baseline, &args.output, &format!("exdiag autodiscover {}", args.mailbox))?,
        wait: Some(&args.wait),
        ..Kept::default()
    };
    run(&plan, &secrets(&args.sign_in, args.output.lang.choice().into())?, &args.output, &files)
}

/// What `exdiag tls` checks.
const TLS_CHECKS: &[&str] = &["tls-chain", "tls-intermediate", "tls-protocol", "revocation", "clients"];

/// `exdiag tls`
pub fn tls(args: &TlsArgs) -> Result<u8, Trouble> {
    if let Some(path) = &args.files.cases {
        return cases::cases(path);
    }
    let Some(name) = args.server.as_ref().or(args.files.name.as_ref()) else {
        // clap has seen to it
        return Err(Trouble::verbatim("no server is named".to_owned()));
    };
    let subject = Subject {
        mailbox: None,
        server: Some(server(name)?),
        user: None,
        credential: None,
        token: None,
        service: None,
        allow_hosts: Vec::new(),
        trust: args.trust.roots.trust.into(),
        aia: !args.trust.no_aia,
        revocation: !args.trust.no_revocation,
        ask_ecp: false,
        ipv4: families(&args.network).0,
        ipv6: families(&args.network).1,
        compare_dns: compared(&args.network)?,
        exports: Vec::new(),
        logs: None,
        papers: Vec::new(),
        history: None,
        idle_test: None,
        selected: selected(&args.selection, TLS_CHECKS.iter().copied())?,
    };
    let baseline = Baseline::open(&args.baseline, &args.output, &format!("exdiag tls {name}"))?;
    if let Some(chain) = &args.files.chain {
        return offline(args, subject, chain, baseline.as_ref());
    }
    let plan = Plan {
        subjects: vec![subject],
        settings: settings(&args.network.way, families(&args.network), &args.trust.roots)?,
        limits: limits(&args.network),
        service: None,
    };
    let files = Kept { chain: args.trust.save_chain.as_deref(), history: None, baseline, wait: Some(&args.wait) };
    run(&plan, &Secrets::default(), &args.output, &files)
}

/// `exdiag tls --chain`
fn offline(args: &TlsArgs, mut subject: Subject, chain: &Path, baseline: Option<&Baseline>) -> Result<u8, Trouble> {
    // there is one address, and its family is nobody's choice
    (subject.ipv4, subject.ipv6) = (true, false);
    // a file shakes no hands
    subject.selected.retain(|id| id != "tls-protocol");
    let files = Files {
        chain: chain.to_owned(),
        name: subject.server.as_ref().map_or_else(String::new, |server| server.host.clone()),
        aia_dir: args.files.aia_dir.clone(),
        crl: args.files.crl.clone(),
        ocsp: args.files.ocsp.clone(),
        cacert: args.trust.roots.cacert.clone(),
    };
    let mut outputs = Outputs::open(&args.output, false, args.trust.save_chain.as_deref())?;
    let diagnosis = runtime()?
        .block_on(examine(subject, &files, args.files.at, limits(&args.network)))
        .map_err(|error| not_set_up(&error))?;
    let (report, code) = outputs.report_of(diagnosis, baseline)?;
    outputs.write(&report);
    Ok(outputs.finish(code))
}

/// Runs a plan: opens whatever is written to first, then asks the network, one subject after
/// the other, until all are done or the user interrupts.
fn run(plan: &Plan, secrets: &Secrets, output: &OutputArgs, files: &Kept<'_>) -> Result<u8, Trouble> {
    let mut outputs = Outputs::open(output, plan.subjects.len() > 1, files.chain)?;
    let mut code = 0;
    runtime()?.block_on(async {
        let interrupted = Interrupted::listen();
        let one = async |subject: &Subject, outputs: &Outputs| -> Result<Try, Trouble> {
            let mut subject = subject.clone();
            plan.give(&mut subject, secrets);
            if let Some(folder) = &files.history {
                let (history, troubles) = folder.of(subject.label());
                subject.history = history;
                // what is not remembered takes nothing from this run
                for trouble in &troubles {
                    outputs.say(trouble);
                }
            }
            let shows = Live::of(output);
            let diagnosis =
                watched(shows, subject, plan.settings.clone(), secrets.clone(), plan.limits, interrupted.happened())
                    .await
                    .map_err(|error| not_set_up(&error))?;
            // what is remembered of a mailbox has to name it
            let whole = files.history.as_ref().map(|_| diagnosis.report(outputs.wording()));
            let (report, code) = outputs.report_of(diagnosis, files.baseline.as_ref())?;
            Ok(Try { report, code, whole })
        };
        let mut settle = |tried: &Try, outputs: &mut Outputs| {
            code = worse(code, tried.code);
            outputs.write(&tried.report);
            if !tried.is_cut()
                && let (Some(folder), Some(whole)) = (&files.history, &tried.whole)
                && let Err(trouble) = folder.keep(whole)
            {
                outputs.lose(trouble);
            }
        };
        if let Some(patience) = files.wait.and_then(|wait| wait::Patience::of(wait, outputs.wording())) {
            let lang = outputs.wording().lang;
            let again = async |at: usize| match plan.subjects.get(at) {
                Some(subject) => one(subject, &outputs).await.map(Some),
                None => Ok(None),
            };
            let tell = |sentence: &finding::Sentence| wait::tell(sentence, lang, output.quiet);
            for done in &wait::repeat(patience, again, interrupted.happened(), tell).await? {
                settle(done, &mut outputs);
            }
            return Ok(());
        }
        for subject in &plan.subjects {
            let tried = one(subject, &outputs).await?;
            settle(&tried, &mut outputs);
            if tried.is_cut() {
                break;
            }
        }
        Ok(())
    })?;
    Ok(outputs.finish(code))
}

/// A run with the list of checks that fills in place.
pub async fn watched(
    shows: Live,
    subject: Subject,
    settings: Settings,
    secrets: Secrets,
    limits: Limits,
    cancelled: impl Future<Output = ()> + Send,
) -> Result<Diagnosis, SetupError> {
    let mut progress = Progress::new(shows, subject.label(), &subject.selected);
    diagnose(subject, settings, secrets, limits, cancelled, &mut |event| progress.tell(&event)).await
}

/// The runtime of the commands that ask the network; the others start without one.
pub fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
        Trouble::new(text!(
            "could not start: {error}; close other programs and try again",
            "Start nicht möglich: {error}; schließen Sie andere Programme und versuchen Sie es erneut",
        ))
        .with_system(&error)
    })
}

fn secrets(args: &SignInArgs, lang: finding::Lang) -> Result<Secrets, Trouble> {
    let sources = SecretSources {
        password_stdin: args.password_stdin,
        password_file: args.password_file.clone(),
        ask_password: args.ask_password,
        prompt: text!("Password: ", "Passwort: ").of(lang).to_owned(),
        token_file: args.token_file.clone(),
    };
    Secrets::read(&sources).map_err(|error| not_set_up(&error))
}

pub fn mailbox(text: &str) -> Result<Mailbox, Trouble> {
    text.parse().map_err(|error| {
        use evidence::subject::MailboxError;
        Trouble::new(match error {
            MailboxError::NoAt => text!(
                "{text} is not a mailbox address: it has no @; give it as name@domain",
                "{text} ist keine Postfachadresse: Das @ fehlt; geben Sie sie als name@domain an",
            ),
            MailboxError::NoLocalPart => text!(
                "{text} is not a mailbox address: there is nothing before the @; give it as name@domain",
                "{text} ist keine Postfachadresse: Vor dem @ steht nichts; geben Sie sie als name@domain an",
            ),
            MailboxError::BadDomain => text!(
                "{text} is not a mailbox address: what stands behind the @ is not a domain name; give it as name@domain",
                "{text} ist keine Postfachadresse: Hinter dem @ steht kein Domainname; geben Sie sie als name@domain an",
            ),
            MailboxError::BadCharacter => text!(
                "{text} is not a mailbox address: it holds a character that an address cannot have, or is too long; give it as name@domain",
                "{text} ist keine Postfachadresse: Sie enthält ein Zeichen, das eine Adresse nicht haben kann, oder ist zu lang; geben Sie sie als name@domain an",
            ),
        })
        .with("text", shown(text))
    })
}

fn server(text: &str) -> Result<Server, Trouble> {
    text.parse().map_err(|_| {
        Trouble::new(text!(
            "{text} names no server; give a host name or an https address, without a password in it",
            "{text} nennt keinen Server; geben Sie einen Hostnamen oder eine https-Adresse an, ohne Passwort darin",
        ))
        // an address may hold a password, which stands in no error
        .with("text", format!("{:?}", text.rsplit_once('@').map_or(text, |(_, host)| host)))
    })
}

/// The hosts of `--allow-host`, as they stand in an address.
fn allowed_hosts(args: &SignInArgs) -> Result<Vec<String>, Trouble> {
    let parse = |text: &String| {
        // an address of the web is no host, though one is parsed from it
        let host = text.trim().trim_end_matches('.');
        let is_host = host.parse::<IpAddr>().is_ok()
            || !host.is_empty() && !host.contains(['/', ':', '@', '?', '#', '%', '*', ' ']) && host.len() <= 253;
        let bare = unbracketed(host);
        match bare.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => Some(format!("[{address}]")),
            Ok(address) => Some(address.to_string()),
            Err(_) if is_host => url::Host::parse(host).ok().map(|host| host.to_string()),
            Err(_) => None,
        }
        .ok_or_else(|| {
            Trouble::new(text!(
                "--allow-host {text} is not a host name; give one such as mail.hoster.example, without https:// and path",
                "--allow-host {text} ist kein Hostname; geben Sie einen wie mail.hoster.example an, ohne https:// und Pfad",
            ))
            // an address may hold a password, which stands in no error
            .with("text", format!("{:?}", text.rsplit_once('@').map_or(text.as_str(), |(_, host)| host)))
        })
    };
    args.allow_host.iter().map(parse).collect()
}

fn service_api(text: &str) -> Result<String, Trouble> {
    let parsed = url::Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.host_str().is_some());
    match parsed {
        Some(url) if url.username().is_empty() && url.password().is_none() => {
            Ok(url.as_str().trim_end_matches('/').to_owned())
        }
        _ => Err(Trouble::new(text!(
            "--nylas-api needs an https address, such as https://api.eu.nylas.com",
            "--nylas-api braucht eine https-Adresse wie https://api.eu.nylas.com",
        ))),
    }
}

/// The ids of `--only` without those of `--skip`, in the order of the sequence.
fn selected(args: &SelectionArgs, default: impl IntoIterator<Item = &'static str>) -> Result<Vec<String>, Trouble> {
    let known: Vec<&str> = ALL.iter().map(|check| check.id).collect();
    for id in args.only.iter().chain(&args.skip) {
        if !known.contains(&id.trim()) {
            let near = known.iter().map(|known| (strsim::jaro_winkler(id, known), known));
            let near = near.filter(|(likeness, _)| *likeness > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
            return Err(match near {
                Some((_, near)) => Trouble::new(text!(
                    "{id} is not a check; did you mean {near}? There are {known}",
                    "{id} ist keine Prüfung; meinten Sie {near}? Es gibt {known}",
                ))
                .with("near", near),
                None => Trouble::new(text!(
                    "{id} is not a check; there are {known}",
                    "{id} ist keine Prüfung; es gibt {known}",
                )),
            }
            .with("id", format!("{id:?}"))
            .with("known", known.join(", ")));
        }
    }
    let named = |list: &[String], id: &str| list.iter().any(|named| named.trim() == id);
    let default: Vec<&str> = default.into_iter().collect();
    Ok(known
        .into_iter()
        .filter(|id| if args.only.is_empty() { default.contains(id) } else { named(&args.only, id) })
        .filter(|id| !named(&args.skip, id))
        .map(str::to_owned)
        .collect())
}

/// IPv4 and IPv6, as far as they are used.
fn families(args: &NetworkArgs) -> (bool, bool) {
    (!args.ipv6, !args.ipv4)
}

pub fn settings(way: &WayArgs, (ipv4, ipv6): (bool, bool), roots: &RootArgs) -> Result<Settings, Trouble> {
    let name_servers: Vec<SocketAddr> =
        way.dns_servers.iter().map(|text| name_server("--dns-servers", text)).collect::<Result<_, _>>()?;
    Ok(Settings {
        name_servers: (!name_servers.is_empty()).then_some(name_servers),
        resolve: way.resolve.iter().map(|text| resolve(text)).collect::<Result<_, _>>()?,
        connect_to: way.connect_to.iter().map(|text| connect_to(text)).collect::<Result<_, _>>()?,
        cacert: roots.cacert.clone(),
        trust: roots.trust.into(),
        proxy: way.proxy.clone(),
        ipv4,
        ipv6,
        connect_timeout: Duration::from_secs_f64(way.connect_timeout),
        ..Settings::default()
    })
}

impl From<Trust> for evidence::Trust {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::System => Self::System,
            Trust::Mozilla => Self::Mozilla,
            Trust::Both => Self::Both,
        }
    }
}

/// The second resolver.
fn compared(args: &NetworkArgs) -> Result<Option<SocketAddr>, Trouble> {
    args.compare_dns.as_deref().map(|text| name_server("--compare-dns", text)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contract_1_an_allowed_host_is_one_that_an_address_can_name() {
        let of = |host: &str| {
            let args = SignInArgs {
                user: None,
                password_stdin: false,
                password_file: None,
                ask_password: false,
                token_file: None,
                allow_host: vec![host.to_owned()],
            };
            allowed_hosts(&args).map(|mut hosts| hosts.remove(0)).map_err(|_| ())
        };
        for (given, host) in [
            ("Mail.Hoster.example.", "mail.hoster.example"),
            ("m\u{fc}ller.example", "xn--mller-kva.example"),
            ("exch01", "exch01"),
            ("192.0.2.1", "192.0.2.1"),
            // as an address of the web writes it
            ("2001:DB8::1", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
        ] {
            assert_eq!(of(given).as_deref(), Ok(host), "{given}");
        }
        for wrong in ["https://foo/", "foo/", "foo:443", "u:p@foo", "", " ", "*.hoster.example", "a b", "foo?x"] {
            assert_eq!(of(wrong), Err(()), "{wrong}");
        }
    }
}
