//! How does a user of Microsoft's cloud get a token without a browser here?
//!
//! The device code flow (RFC 8628): the user signs in in a browser of theirs, this asks meanwhile whether
//! they have. No password is seen, and nothing is sent but what the endpoints ask for.

use super::auth::{NewToken, Secrets};
use super::fetch::Fetcher;
use super::{Settings, SetupError};
use crate::evidence::Failure;
use crate::protocol::cloud::{self, Cloud, Kind};
use crate::protocol::device::{self, GRANT_TYPE, Pace, Polled, Refusal, Started};
use std::future::Future;
use std::time::Duration;
use url::Url;

/// A server of the real world is not asked more often than this.
const LEAST: Duration = Duration::from_secs(1);
/// So many questions in a row may stay without an answer of the sign-in service.
const MOST_SILENT: u32 = 5;

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The sign-in service could not be talked to.
    Unreachable(Failure),
    /// It says no.
    Refused(Refusal),
    /// The user said no.
    Declined(Refusal),
    /// The code was not used in time.
    Expired,
    /// What answers in its place is no sign-in service.
    Foreign {
        /// The HTTP status.
        status: u16,
    },
}

impl Problem {
    /// A no; that of an answer without a word of RFC 6749, 5.2, is not the sign-in service's.
    fn refused(status: u16, refusal: Refusal) -> Self {
        if refusal == Refusal::default() { Self::Foreign { status } } else { Self::Refused(refusal) }
    }
}

/// How the users of a domain sign in, as the cloud says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The cloud.
    pub cloud: &'static Cloud,
    /// How.
    pub kind: Kind,
    /// The tenant's id, where it is known.
    pub tenant: Option<String>,
    /// Where a federated user signs in.
    pub provider: Option<String>,
}

/// Talks to the sign-in service.
#[derive(Debug)]
pub struct Login {
    fetcher: Fetcher,
    /// Asked in place of the clouds' own.
    authority: Option<Url>,
}

impl Login {
    /// By these settings; `authority` is asked in place of the cloud's own address.
    pub async fn new(settings: Settings, authority: Option<Url>) -> Result<Self, SetupError> {
        Ok(Self { fetcher: super::fetcher(settings, Secrets::default()).await?, authority })
    }

    /// The cloud that is asked first: the one that the user named by its address, else the worldwide one.
    pub fn first(&self) -> &'static Cloud {
        let named = self.authority.as_ref().and_then(Url::host_str).and_then(cloud::of_login);
        named.unwrap_or(&cloud::WORLDWIDE)
    }

    /// In which cloud, and in which tenant, the users of a domain sign in; of a domain that none knows,
    /// what the first one says.
    pub async fn home(&self, domain: &str) -> Result<Home, Problem> {
        let (mut unknown, mut foreign) = (None, 0);
        // with an address of the user's own there is one cloud only
        let first = self.first();
        let others = cloud::searched().filter(|cloud| self.authority.is_none() && *cloud != first);
        for cloud in std::iter::once(first).chain(others) {
            let mut url = self.base(cloud)?;
            url.set_path("/getuserrealm.srf");
            url.set_query(Some(&format!("login=exdiag%40{domain}&json=1")));
            let (status, body) = match self.fetcher.exchange(&url, None).await {
                Ok(answer) => answer,
                // of the others it is only wanted whether they know it
                Err(_) if unknown.is_some() => continue,
                Err(failure) => return Err(Problem::Unreachable(failure)),
            };
            let Some((kind, provider)) = cloud::read_realm(&body) else {
                foreign = status;
                continue;
            };
            if kind == Kind::Unknown {
                unknown.get_or_insert(Home { cloud, kind, tenant: None, provider: None });
                continue;
            }
            url.set_query(None);
            url.set_path(&format!("/{domain}/v2.0/.well-known/openid-configuration"));
            let (_, body) = self.fetcher.exchange(&url, None).await.map_err(Problem::Unreachable)?;
            return Ok(Home { cloud, kind, tenant: cloud::read_tenant(&body), provider });
        }
        unknown.ok_or(Problem::Foreign { status: foreign })
    }

    /// Begins a sign-in at a tenant, for an app and these scopes.
    pub async fn start(&self, cloud: &Cloud, tenant: &str, app: &str, scope: &str) -> Result<Started, Problem> {
        let url = self.endpoint(cloud, tenant, "devicecode")?;
        let (status, body) = self
            .fetcher
            .exchange(&url, Some(&[("client_id", app), ("scope", scope)]))
            .await
            .map_err(Problem::Unreachable)?;
        device::started(&body).map_err(|refusal| Problem::refused(status, refusal))
    }

    /// Asks for the token until there is an answer, and `wait`s in between.
    pub async fn finish<W: Future<Output = ()>>(
        &self,
        cloud: &Cloud,
        tenant: &str,
        app: &str,
        started: &Started,
        wait: impl Fn(Duration) -> W,
    ) -> Result<NewToken, Problem> {
        let url = self.endpoint(cloud, tenant, "token")?;
        let form = [("grant_type", GRANT_TYPE), ("client_id", app), ("device_code", started.device_code.as_str())];
        let least = if device::is_here(&url) { Duration::ZERO } else { LEAST };
        let mut pace = Pace::new(started, least);
        let mut silent = 0;
        while let Some(time) = pace.wait() {
            wait(time).await;
            let problem = match self.fetcher.exchange(&url, Some(&form)).await {
                Ok((status, body)) => match device::polled(&body) {
                    Polled::Token(token) => return Ok(NewToken::new(token)),
                    Polled::Pending => None,
                    Polled::SlowDown => {
                        pace.slow_down();
                        None
                    }
                    Polled::Expired => return Err(Problem::Expired),
                    Polled::Declined(refusal) => return Err(Problem::Declined(refusal)),
                    Polled::Refused(refusal) => match Problem::refused(status, refusal) {
                        // a balancer's word, that may pass while the user signs in
                        foreign @ Problem::Foreign { .. } => Some(foreign),
                        refused => return Err(refused),
                    },
                },
                Err(failure) => Some(Problem::Unreachable(failure)),
            };
            match problem {
                None => silent = 0,
                Some(problem) if silent == MOST_SILENT => return Err(problem),
                Some(_) => {
                    silent += 1;
                    pace.back_off();
                }
            }
        }
        Err(Problem::Expired)
    }

    fn base(&self, cloud: &Cloud) -> Result<Url, Problem> {
        match &self.authority {
            Some(authority) => Ok(authority.clone()),
            None => Url::parse(&format!("https://{}/", cloud.login)).map_err(|_| Problem::Foreign { status: 0 }),
        }
    }

    fn endpoint(&self, cloud: &Cloud, tenant: &str, name: &str) -> Result<Url, Problem> {
        let mut url = self.base(cloud)?;
        url.set_path(&format!("/{tenant}/oauth2/v2.0/{name}"));
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fetch::lab::{Web, acceptor, authority, fetcher, here, http};
    use super::*;
    use std::sync::Mutex;

    const TENANT: &str = "7c1f0d2e-5b0a-4a53-9f5e-2d6a1c3b4e5f";
    const LOGINS: [&str; 2] = ["login.microsoftonline.com", "login.microsoftonline.us"];

    /// The sign-in of two clouds, which answers so whatever it is asked; and what it was asked.
    async fn login(answer: impl Fn(&str) -> String + Clone + Send + Sync + 'static) -> (Login, Web) {
        let root = authority();
        let web = Web::start(Some(acceptor(&root, LOGINS.map(str::to_owned))), move |head| {
            http(200, "", answer(head).as_bytes())
        })
        .await;
        let fetcher = fetcher(web.port, Some(&root), here(&LOGINS.map(|host| (host, 443)))).await;
        (Login { fetcher, authority: None }, web)
    }

    #[tokio::test]
    async fn a_domain_that_the_worldwide_cloud_does_not_know_is_looked_for_in_the_others() {
        let realm = |head: &str| {
            let kind = if head.contains("host: login.microsoftonline.us") { "Managed" } else { "Unknown" };
            let issuer = format!("https://login.microsoftonline.us/{TENANT}/v2.0");
            format!(r#"{{"NameSpaceType":"{kind}","issuer":"{issuer}"}}"#)
        };
        let (mut login, web) = login(realm).await;
        let home = login.home("corp.example").await.unwrap();
        assert_eq!((home.cloud.login, home.kind, home.tenant.as_deref()), (LOGINS[1], Kind::Managed, Some(TENANT)));
        assert_eq!(web.heads().len(), 3);
        // whoever names the address means that cloud alone
        login.authority = Url::parse("https://login.microsoftonline.com/").ok();
        assert_eq!(login.home("corp.example").await.unwrap().kind, Kind::Unknown);
        assert_eq!(web.heads().len(), 4);
    }

    #[tokio::test]
    async fn a_server_of_the_real_world_is_not_asked_more_than_once_a_second() {
        let (login, _) = login(|_| r#"{"token_type":"Bearer","access_token":"ey.J.x"}"#.to_owned()).await;
        let started =
            br#"{"device_code":"d","user_code":"u","verification_uri":"https://login.example/","interval":0}"#;
        let started = device::started(started).unwrap();
        let waits = Mutex::new(Vec::new());
        let wait = |time| {
            waits.lock().unwrap().push(time);
            std::future::ready(())
        };
        login.finish(&cloud::WORLDWIDE, TENANT, "app", &started, wait).await.unwrap();
        assert_eq!(*waits.lock().unwrap(), [LEAST]);
    }
}
