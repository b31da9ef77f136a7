//! What does a sign-in service answer to a form, or to a plain question?

use super::{Asking, Fetcher, Missed};
use crate::evidence::{FailKind, Failure, Phase};
use url::Url;

/// An answer with a token has some 5 KiB.
const LARGEST_ANSWER: usize = 256 * 1024;

impl Fetcher {
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
