//! What does a sign-in service answer to a form, or to a plain question?

use super::{Asking, Fetcher, Missed};
use crate::evidence::{FailKind, Failure, Phase};
use crate::gather::auth::Secrets;
use crate::gather::dns::Resolver;
use crate::gather::roots::Loading;
use crate::gather::{Settings, SetupError, is_usable_proxy, proxies};
use url::Url;

/// An answer with a token has some 5 KiB.
const LARGEST_ANSWER: usize = 256 * 1024;

impl Fetcher {
    /// One that signs in nowhere itself.
    pub async fn new(settings: Settings) -> Result<Self, SetupError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        if !settings.proxy.as_deref().is_none_or(is_usable_proxy) {
            return Err(SetupError::Proxy);
        }
        let resolver = Resolver::new(&settings)?;
        let roots = Loading::start(settings.trust, settings.cacert.as_deref()).await?;
        let proxies = proxies(settings.proxy.as_deref());
        Ok(Self { resolver, roots, secrets: Secrets::default(), proxies, settings })
    }

    /// Status and body of an answer, to a GET or to a form that is posted; follows no redirect.
    pub async fn exchange(&self, url: &Url, form: Option<&[(&str, &str)]>) -> Result<(u16, Vec<u8>), Failure> {
        let post = form.map(|pairs| {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            ("application/x-www-form-urlencoded", body.into_bytes())
        });
        let within = self.settings.connect_timeout + self.settings.response_timeout;
        let asking = Asking { authorization: None, limit: LARGEST_ANSWER, trusted: true, within, post };
        match self.send(url, asking).await {
            Ok(fetched) => Ok((fetched.status, fetched.body)),
            Err(Missed::Private) => Err(Failure::new(Phase::Resolve, FailKind::NoAddress)),
            Err(Missed::Failed(failure)) => Err(failure),
        }
    }
}
