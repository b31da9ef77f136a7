//! Which secrets are there, and who may get them? The only file that sees one.

use crate::evidence::Credential;
use secrecy::SecretString;
use std::path::PathBuf;

/// Where secrets are read from.
#[derive(Debug, Clone, Default)]
pub struct SecretSources {
    /// `--password-stdin`
    pub password_stdin: bool,
    /// `--password-file F`
    pub password_file: Option<PathBuf>,
    /// `--ask-password`
    pub ask_password: bool,
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
    /// Which kind of credential is there; a token goes before a password.
    pub fn credential(&self) -> Option<Credential> {
        match (&self.token, &self.password) {
            (Some(_), _) => Some(Credential::Token),
            (None, Some(_)) => Some(Credential::Password),
            (None, None) => None,
        }
    }

    /// Whether there is a key for the sync service's API.
    pub fn has_service_key(&self) -> bool {
        self.service_key.is_some()
    }
}
