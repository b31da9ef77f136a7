//! Which secrets are there, and who may get them? The only file that sees one.
//!
//! The rules are those of the contract, section 5. A diagnosis never locks an account: one
//! refused sign-in, and nobody signs in again in that run; nor after one that stayed without an answer.
//! After one whose answer does not tell whether it was refused, only hosts that have accepted the
//! credentials get them again; after a redirect, one further sign-in is tried.

mod echo;
mod files;
mod known;

use super::{SetupError, Unfit};
use crate::evidence::{Credential, HeldBack, Subject, Token};
use crate::protocol::challenge::Word;
use crate::protocol::endpoint::USUAL;
use crate::protocol::token::{self, Given};
use crate::protocol::trusted::{is_microsoft, may_receive};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use files::{first_line, first_line_of, whole_text_of};
use hyper::header::HeaderValue;
use jiff::Timestamp;
use known::Known;
use secrecy::{ExposeSecret as _, SecretString};
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Where secrets are read from.
#[derive(Debug, Clone, Default)]
pub struct SecretSources {
    /// `--password-stdin`
    pub password_stdin: bool,
    /// `--password-file F`
    pub password_file: Option<PathBuf>,
    /// `--ask-password`
    pub ask_password: bool,
    /// What is asked on the terminal, such as `Password for anna@corp.example: `.
    pub prompt: String,
    /// `--token-file F`
    pub token_file: Option<PathBuf>,
}

/// The user's secrets. They print as nothing and are wiped when dropped.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    password: Option<SecretString>,
    token: Option<SecretString>,
    service_key: Option<SecretString>,
}

impl Secrets {
    /// Reads what the user gave; may ask on the terminal. What is named but empty is an error, an
    /// empty variable of the environment is none.
    pub fn read(sources: &SecretSources) -> Result<Self, SetupError> {
        Self::read_from(sources, &mut std::io::stdin().lock(), &|name| std::env::var_os(name))
    }

    fn read_from(
        sources: &SecretSources,
        stdin: &mut dyn BufRead,
        variable: &dyn Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Self, SetupError> {
        let variable = |name: &str| match variable(name) {
            Some(value) if !value.is_empty() => {
                Some(value.into_string().map_err(|_| SetupError::unfit(name, Unfit::NotUtf8))).transpose()
            }
            _ => Ok(None),
        };
        let named_password = if sources.password_stdin {
            let mut line = Vec::new();
            let from = "standard input";
            stdin.read_until(b'\n', &mut line).map_err(|error| SetupError::unreadable(from, error))?;
            Some(first_line(line, from)?)
        } else if let Some(path) = &sources.password_file {
            Some(first_line_of(path)?)
        } else if sources.ask_password {
            let typed = rpassword::prompt_password(&sources.prompt)
                .map_err(|error| SetupError::unreadable("the terminal", error))?;
            Some(first_line(typed.into_bytes(), "the terminal")?)
        } else {
            None
        };
        let token = match &sources.token_file {
            Some(path) => Some((whole_text_of(path)?, path.display().to_string())),
            // what stands on the command line goes before the environment
            None if named_password.is_some() => None,
            None => variable("EXDIAG_TOKEN")?.map(|token| (token, "EXDIAG_TOKEN".to_owned())),
        };
        let password = match named_password {
            Some(password) => Some(password),
            None => variable("EXDIAG_PASSWORD")?,
        };
        let service_key = variable("NYLAS_API_KEY")?.map(|key| bearer_token(&key, "NYLAS_API_KEY")).transpose()?;
        let token = token.map(|(token, from)| bearer_token(&token, &from)).transpose()?;
        Ok(Self { password: password.map(SecretString::from), token, service_key })
    }

    /// Secrets that are known already, for the lab.
    pub fn from_parts(password: Option<&str>, token: Option<&str>, service_key: Option<&str>) -> Self {
        let secret = |text: Option<&str>| text.map(SecretString::from);
        Self { password: secret(password), token: secret(token), service_key: secret(service_key) }
    }

    /// Which kind of credential is there; a token goes before a password.
    pub fn credential(&self) -> Option<Credential> {
        match (&self.token, &self.password) {
            (Some(_), _) => Some(Credential::Token),
            (None, Some(_)) => Some(Credential::Password),
            (None, None) => None,
        }
    }

    /// What the access token says of itself.
    pub fn token_claims(&self) -> Option<Token> {
        self.token.as_ref().map(|token| token::read(token.expose_secret()))
    }

    /// Whether there is a key for the sync service's API.
    pub fn has_service_key(&self) -> bool {
        self.service_key.is_some()
    }

    /// The `Authorization` for the sync service's API.
    pub(super) fn service_authorization(&self) -> Option<HeaderValue> {
        self.service_key.as_ref().and_then(|key| sensitive(&format!("Bearer {}", key.expose_secret())))
    }

    /// Whether the text holds the key of the service's API, the only secret that the service was given.
    pub(super) fn service_echoes(&self, text: &str) -> bool {
        self.service_key.as_ref().is_some_and(|key| echo::holds(text, key.expose_secret(), None, &[]))
    }
}

/// An access token that the user has just signed in for. It prints as nothing.
#[derive(Debug, Clone)]
pub struct NewToken(SecretString);

impl NewToken {
    /// Keeps it.
    pub(super) fn new(token: String) -> Self {
        Self(SecretString::from(token))
    }

    /// What it says of itself.
    pub fn claims(&self) -> Token {
        token::read(self.0.expose_secret())
    }

    /// Writes it and the end of its line, to where the user wants it.
    pub fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        out.write_all(self.0.expose_secret().as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

/// Hands out the mailbox's credentials, to whom the rules allow and one at a time.
#[derive(Debug, Clone)]
pub struct Authorizer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    subject: Subject,
    secrets: Secrets,
    known: Mutex<Known>,
    /// Held from the request to its answer.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// Leave to sign in once. Say how it ended with [`SignInTurn::answered`]; dropped without, it counts
/// as unanswered if it was [`SignInTurn::sent`].
#[derive(Debug)]
pub struct SignInTurn {
    authorizer: Arc<Inner>,
    host: String,
    header: HeaderValue,
    credential: Credential,
    open: bool,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Authorizer {
    /// An authorizer for one run: it remembers a refusal.
    pub fn new(subject: Subject, secrets: Secrets) -> Self {
        Self(Arc::new(Inner { subject, secrets, known: Mutex::default(), turn: Arc::default() }))
    }

    /// Whether the rules let the credentials go to this address at all, its certificate aside.
    /// Where they do not, nothing needs to be sent.
    pub fn may_sign_in(&self, url: &url::Url) -> Result<(), HeldBack> {
        self.header(url).map(|_| ())
    }

    /// The header for a sign-in at this address, over a connection whose chain and name were
    /// `verified` or not. Waits while another sign-in is under way.
    pub async fn sign_in(&self, url: &url::Url, verified: bool) -> Result<SignInTurn, HeldBack> {
        let (header, credential) = self.header(url)?;
        if !verified {
            return Err(HeldBack::CertificateNotVerified);
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let inner = &self.0;
        let mut turn = None;
        if !inner.known().has_accepted(&host) {
            let waited = Arc::clone(&inner.turn).lock_owned().await;
            // it may have been accepted meanwhile
            turn = (!inner.known().has_accepted(&host)).then_some(waited);
        }
        inner.known().allows(&host)?;
        Ok(SignInTurn { authorizer: Arc::clone(inner), host, header, credential, open: false, _turn: turn })
    }

    /// Whether the text holds what signs in, should this server have sent it back.
    pub(super) fn echoes(&self, url: &url::Url, text: &str) -> bool {
        let Inner { subject, secrets, .. } = &*self.0;
        let mailbox = subject.mailbox.as_ref().map(|mailbox| mailbox.address.as_str());
        let user = subject.user.as_deref().or(mailbox);
        // what was said in the open stands in answers anyway
        let server = subject.server.as_ref();
        let public: Vec<String> = [Some(url.as_str()), user, mailbox, server.map(|server| server.path.as_str())]
            .into_iter()
            .flatten()
            .chain(subject.allow_hosts.iter().map(String::as_str))
            .map(str::to_owned)
            .chain(USUAL.iter().map(|name| format!("{name}.{}", subject.domain())))
            .collect();
        let mut given = [&secrets.password, &secrets.token].into_iter().flatten();
        given.any(|secret| echo::holds(text, secret.expose_secret(), user, &public))
    }

    /// User name and password as Basic sends them; `None` where one is missing.
    fn basic(&self) -> Option<String> {
        let Inner { subject, secrets, .. } = &*self.0;
        let mailbox = subject.mailbox.as_ref().map(|mailbox| mailbox.address.as_str());
        let user = subject.user.as_deref().or(mailbox)?;
        let password = secrets.password.as_ref()?;
        // RFC 7617, 2.1: UTF-8, whether or not the server says so
        Some(BASE64.encode(format!("{user}:{}", password.expose_secret())))
    }

    fn header(&self, url: &url::Url) -> Result<(HeaderValue, Credential), HeldBack> {
        let Inner { subject, secrets, .. } = &*self.0;
        let credential = secrets.credential().ok_or(HeldBack::NoCredentials)?;
        if url.scheme() != "https" {
            return Err(HeldBack::NotHttps);
        }
        let host = url.host_str().unwrap_or_default();
        if !may_receive(subject, host) {
            return Err(HeldBack::ForeignHost);
        }
        self.0.known().allows(host)?;
        let header = match (credential, &secrets.token) {
            (Credential::Token, Some(secret)) => {
                let secret = secret.expose_secret();
                // in vain a token goes nowhere
                match token::unfit(&token::read(secret), subject, host, Timestamp::now()) {
                    Some(token::Unfit::Expired) => return Err(HeldBack::TokenExpired),
                    Some(token::Unfit::Audience) => return Err(HeldBack::TokenAudience),
                    None => format!("Bearer {secret}"),
                }
            }
            (Credential::Password, _) => {
                if is_microsoft(host) {
                    return Err(HeldBack::BasicRetired);
                }
                format!("Basic {}", self.basic().ok_or(HeldBack::NoCredentials)?)
            }
            (Credential::Token, None) => return Err(HeldBack::NoCredentials),
        };
        sensitive(&header).map(|header| (header, credential)).ok_or(HeldBack::NoCredentials)
    }
}

impl Inner {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SignInTurn {
    /// The value of `Authorization`; it prints as nothing.
    pub fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// Says that the header goes out now; not where another sign-in has closed the way since the leave was given.
    pub fn sent(&mut self) -> Result<(), HeldBack> {
        let mut known = self.authorizer.known();
        known.allows(&self.host)?;
        self.open = true;
        known.sent(&self.host);
        Ok(())
    }

    /// What it holds.
    pub fn credential(&self) -> Credential {
        self.credential
    }

    /// Says what the answer tells of the credentials, and ends the turn.
    pub fn answered(mut self, word: Word) {
        self.open = false;
        self.authorizer.known().answered(&self.host, word);
    }
}

impl Drop for SignInTurn {
    fn drop(&mut self) {
        if self.open {
            self.authorizer.known().unanswered();
        }
    }
}

/// A token, in whatever form it was saved.
fn bearer_token(text: &str, from: &str) -> Result<SecretString, SetupError> {
    Err(SetupError::unfit(
        from,
        match token::find(text) {
            Given::Token(token) => return Ok(SecretString::from(token)),
            Given::Error(_) => Unfit::TokenError,
            Given::Other => Unfit::TokenAnswer,
            Given::Nothing => Unfit::NoToken,
        },
    ))
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Mailbox;
    use futures_util::poll;
    use std::ffi::OsString;
    use std::pin::pin;
    use url::Url;

    fn subject() -> Subject {
        Subject::mailbox("änna@corp.example".parse::<Mailbox>().unwrap())
    }

    fn with_password() -> Authorizer {
        Authorizer::new(subject(), Secrets::from_parts(Some("gehe:im ü"), None, None))
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn exchange() -> Url {
        url("https://mail.corp.example/Microsoft-Server-ActiveSync")
    }

    fn held_back<T>(result: Result<T, HeldBack>) -> Option<HeldBack> {
        result.err()
    }

    #[tokio::test]
    async fn rfc7617_basic_is_utf8_and_the_user_name_goes_before_the_address() {
        let turn = with_password().sign_in(&exchange(), true).await.unwrap();
        let expected = format!("Basic {}", BASE64.encode("änna@corp.example:gehe:im ü"));
        assert_eq!(turn.header().to_str().unwrap(), expected);
        assert_eq!(turn.credential(), Credential::Password);
        let named = Subject { user: Some("CORP\\anna".to_owned()), ..subject() };
        let authorizer = Authorizer::new(named, Secrets::from_parts(Some("x"), None, None));
        let turn = authorizer.sign_in(&exchange(), true).await.unwrap();
        assert_eq!(turn.header().to_str().unwrap(), format!("Basic {}", BASE64.encode("CORP\\anna:x")));
    }

    #[tokio::test]
    async fn rfc6750_a_token_goes_as_bearer_and_before_a_password() {
        let authorizer = Authorizer::new(subject(), Secrets::from_parts(Some("x"), Some("ey.J"), None));
        let turn = authorizer.sign_in(&exchange(), true).await.unwrap();
        assert_eq!(turn.header().to_str().unwrap(), "Bearer ey.J");
        assert_eq!(turn.credential(), Credential::Token);
    }

    #[tokio::test]
    async fn contract_5_only_over_verified_tls_and_only_to_hosts_that_may() {
        let authorizer = with_password();
        let to = async |address: &str, verified| held_back(authorizer.sign_in(&url(address), verified).await);
        assert_eq!(to("http://mail.corp.example/", true).await, Some(HeldBack::NotHttps));
        assert_eq!(to("https://mail.corp.example/", false).await, Some(HeldBack::CertificateNotVerified));
        assert_eq!(to("https://autodiscover.example/", true).await, Some(HeldBack::ForeignHost));
        assert_eq!(to("https://corp.example.evil.example/", true).await, Some(HeldBack::ForeignHost));
        assert_eq!(to("https://outlook.office365.com/", true).await, Some(HeldBack::BasicRetired));
        let nothing = Authorizer::new(subject(), Secrets::default());
        assert_eq!(nothing.may_sign_in(&exchange()), Err(HeldBack::NoCredentials));
        assert_eq!(authorizer.may_sign_in(&exchange()), Ok(()));
        let token = Authorizer::new(subject(), Secrets::from_parts(None, Some("t"), None));
        assert_eq!(token.may_sign_in(&url("https://outlook.office365.com/")), Ok(()));
        let allowed = Subject { allow_hosts: vec!["mail.hoster.example".to_owned()], ..subject() };
        let authorizer = Authorizer::new(allowed, Secrets::from_parts(Some("x"), None, None));
        assert_eq!(authorizer.may_sign_in(&url("https://mail.hoster.example/")), Ok(()));
    }

    #[tokio::test]
    async fn contract_5_after_a_first_401_nobody_signs_in_again() {
        let authorizer = with_password();
        let first = authorizer.sign_in(&exchange(), true).await.unwrap();
        let other = url("https://autodiscover.corp.example/autodiscover/autodiscover.xml");
        let mut second = pin!(authorizer.sign_in(&other, true));
        assert!(poll!(&mut second).is_pending(), "one at a time");
        first.answered(said(401));
        assert_eq!(held_back(second.await), Some(HeldBack::SignInRefused));
        assert_eq!(authorizer.may_sign_in(&exchange()), Err(HeldBack::SignInRefused));
        assert_eq!(held_back(authorizer.clone().sign_in(&exchange(), true).await), Some(HeldBack::SignInRefused));
    }

    #[tokio::test]
    async fn where_the_sign_in_was_accepted_several_may_be_under_way() {
        let authorizer = with_password();
        authorizer.sign_in(&exchange(), true).await.unwrap().answered(said(200));
        let one = authorizer.sign_in(&exchange(), true).await.unwrap();
        let two = authorizer.sign_in(&exchange(), true).await.unwrap();
        let other = url("https://autodiscover.corp.example/");
        let elsewhere = authorizer.sign_in(&other, true).await.unwrap();
        let third = url("https://corp.example/");
        let mut more = pin!(authorizer.sign_in(&third, true));
        let waits = poll!(&mut more).is_pending();
        assert!(waits, "another host may think otherwise of the password");
        two.answered(said(401));
        elsewhere.answered(said(200));
        one.answered(said(200));
        assert_eq!(held_back(more.await), Some(HeldBack::SignInRefused));
    }

    #[tokio::test]
    async fn contract_5_a_leave_to_sign_in_ends_with_what_another_answer_says() {
        for (status, rule) in [(401, Some(HeldBack::SignInRefused)), (503, None)] {
            let authorizer = with_password();
            tried(&authorizer, "mail", 200).await.unwrap();
            let one = authorizer.sign_in(&exchange(), true).await.unwrap();
            let mut two = authorizer.sign_in(&exchange(), true).await.unwrap();
            one.answered(said(status));
            assert_eq!(held_back(two.sent()), rule, "{status}");
            drop(two);
            assert_eq!(held_back(authorizer.sign_in(&exchange(), true).await), rule.or(Some(HeldBack::SignInUnclear)));
        }
    }

    #[tokio::test]
    async fn contract_5_of_all_leaves_given_before_a_redirect_one_is_used() {
        let authorizer = with_password();
        tried(&authorizer, "mail", 200).await.unwrap();
        let one = authorizer.sign_in(&exchange(), true).await.unwrap();
        let mut two = authorizer.sign_in(&exchange(), true).await.unwrap();
        let mut three = authorizer.sign_in(&exchange(), true).await.unwrap();
        one.answered(said(302));
        assert_eq!((two.sent(), three.sent()), (Ok(()), Err(HeldBack::SignInUnclear)));
        two.answered(said(302));
        assert_eq!(tried(&authorizer, "mail", 200).await, Err(HeldBack::SignInUnclear));
    }

    #[tokio::test]
    async fn a_redirect_opens_nothing() {
        let authorizer = with_password();
        authorizer.sign_in(&exchange(), true).await.unwrap().answered(said(302));
        let _first = authorizer.sign_in(&exchange(), true).await.unwrap();
        let again = exchange();
        let mut second = pin!(authorizer.sign_in(&again, true));
        assert!(poll!(&mut second).is_pending());
    }

    #[tokio::test]
    async fn contract_5_after_an_answer_that_says_nothing_of_the_password_only_who_has_accepted_it_gets_it() {
        for status in [403, 404, 456, 457, 500, 503] {
            let authorizer = with_password();
            assert_eq!(tried(&authorizer, "mail", status).await, Ok(()));
            for host in ["mail", "autodiscover"] {
                assert_eq!(tried(&authorizer, host, 200).await, Err(HeldBack::SignInUnclear), "{status}");
            }
            let authorizer = with_password();
            assert_eq!(tried(&authorizer, "autodiscover", 200).await, Ok(()));
            assert_eq!(tried(&authorizer, "mail", status).await, Ok(()));
            assert_eq!(tried(&authorizer, "mail", 200).await, Err(HeldBack::SignInUnclear), "{status}");
            assert_eq!(tried(&authorizer, "autodiscover", 200).await, Ok(()), "{status}");
        }
    }

    #[tokio::test]
    async fn who_has_accepted_the_credentials_may_fail_afterwards() {
        let authorizer = with_password();
        for status in [200, 403, 500, 503, 200] {
            assert_eq!(tried(&authorizer, "mail", status).await, Ok(()), "{status}");
        }
        assert_eq!(tried(&authorizer, "ews", 200).await, Ok(()), "the password is right, whatever fails there");
    }

    #[tokio::test]
    async fn contract_5_after_a_sign_in_without_an_answer_nobody_signs_in_again() {
        let authorizer = with_password();
        drop(authorizer.sign_in(&exchange(), true).await.unwrap());
        let mut turn = authorizer.sign_in(&exchange(), true).await.unwrap();
        turn.sent().unwrap();
        drop(turn);
        assert_eq!(held_back(authorizer.sign_in(&exchange(), true).await), Some(HeldBack::SignInUnclear));
    }

    /// What an answer of this status says.
    fn said(status: u16) -> Word {
        crate::protocol::challenge::word(status, |_| None)
    }

    /// One sign-in at that host, answered so.
    async fn tried(authorizer: &Authorizer, host: &str, status: u16) -> Result<(), HeldBack> {
        let mut turn = authorizer.sign_in(&url(&format!("https://{host}.corp.example/")), true).await?;
        turn.sent()?;
        turn.answered(said(status));
        Ok(())
    }

    #[tokio::test]
    async fn contract_5_after_a_redirect_one_further_sign_in_and_no_more_until_it_is_accepted() {
        let unclear = Err(HeldBack::SignInUnclear);
        for further in [302, 404, 503] {
            let authorizer = with_password();
            assert_eq!(tried(&authorizer, "mail", 302).await, Ok(()));
            assert_eq!(tried(&authorizer, "mail", further).await, Ok(()));
            assert_eq!(tried(&authorizer, "mail", 200).await, unclear);
            assert_eq!(authorizer.may_sign_in(&exchange()), unclear);
        }
        let authorizer = with_password();
        assert_eq!(tried(&authorizer, "autodiscover", 302).await, Ok(()));
        for _ in 0..3 {
            assert_eq!(tried(&authorizer, "mail", 200).await, Ok(()), "it has accepted the credentials");
        }
        assert_eq!(tried(&authorizer, "autodiscover", 302).await, unclear);
        assert_eq!(tried(&authorizer, "mail", 302).await, Ok(()));
        assert_eq!(tried(&authorizer, "mail", 200).await, unclear, "what redirects has accepted nothing");
    }

    #[tokio::test]
    async fn no_secret_is_ever_printed() {
        let secrets = Secrets::from_parts(Some("pass-w"), Some("tok-n"), Some("key-n"));
        let authorizer = Authorizer::new(subject(), secrets.clone());
        let turn = authorizer.sign_in(&exchange(), true).await.unwrap();
        let printed = format!("{secrets:?} {authorizer:?} {turn:?} {:?}", secrets.service_authorization());
        for secret in ["pass-w", "tok-n", "key-n", &BASE64.encode("pass-w")] {
            assert!(!printed.contains(secret), "{printed}");
        }
        assert!(
            authorizer.echoes(&exchange(), "no: pass-w")
                && secrets.service_echoes("bad key") != secrets.service_echoes("key-n")
        );
    }

    #[test]
    fn secrets_are_read_from_where_the_user_says() {
        let none = |_: &str| None;
        let set = |name: &str| Some(OsString::from(format!("of-{name}\n")));
        let of = |sources: &SecretSources, stdin: &str, variable: &dyn Fn(&str) -> Option<OsString>| {
            let secrets = Secrets::read_from(sources, &mut stdin.as_bytes(), variable)?;
            let shown = [&secrets.password, &secrets.token, &secrets.service_key];
            Ok::<_, SetupError>(shown.map(|s| s.as_ref().map(|s| s.expose_secret().to_owned())))
        };
        let some = |text: &str| Some(text.to_owned());
        let stdin = SecretSources { password_stdin: true, ..SecretSources::default() };
        assert_eq!(of(&stdin, "ge heim \r\nmore\n", &none).unwrap()[0], some("ge heim "));
        assert_eq!(of(&SecretSources::default(), "x", &none).unwrap(), [None, None, None]);
        let all = of(&SecretSources::default(), "", &set).unwrap();
        assert_eq!(all[1..], [some("of-EXDIAG_TOKEN"), some("of-NYLAS_API_KEY")]);
        let named = of(&stdin, "named", &set).unwrap();
        assert_eq!(named[..2], [some("named"), None], "the command line goes before the environment");

        let file = tempfile::NamedTempFile::new().unwrap();
        let password = SecretSources { password_file: Some(file.path().to_owned()), ..SecretSources::default() };
        let token = SecretSources { token_file: Some(file.path().to_owned()), ..SecretSources::default() };
        let error = of(&password, "", &none).unwrap_err();
        assert!(error.to_string().contains(file.path().to_str().unwrap()));
        std::fs::write(file.path(), "\u{feff}ey.J \nrest").unwrap();
        assert_eq!(of(&password, "", &none).unwrap()[0], some("ey.J "));
        std::fs::write(file.path(), [0xff, 0xfe, b'e', 0, b'y', 0, b'\r', 0, b'\n', 0]).unwrap();
        assert_eq!(of(&token, "", &none).unwrap()[1], some("ey"), "as PowerShell writes it");
        std::fs::write(file.path(), r#"{"access_token":"ey.J"}"#).unwrap();
        assert_eq!(of(&token, "", &none).unwrap()[1], some("ey.J"));
        std::fs::write(file.path(), "two words").unwrap();
        let error = of(&token, "", &none).unwrap_err();
        assert!(!error.to_string().contains("two words"), "an error holds no secret");
        std::fs::write(file.path(), [0xff, 0xfe, b'x', 0]).unwrap();
        assert_eq!(of(&password, "", &none).unwrap()[0], some("x"), "as PowerShell writes it");
        assert!(of(&stdin, "\n", &none).is_err());
        assert_eq!(of(&SecretSources::default(), "", &|_| Some(OsString::new())).unwrap(), [None, None, None]);
    }
}
