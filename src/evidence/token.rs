//! What does an access token say of itself, as far as that can be read without asking anybody?

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The claims of an access token that somebody who diagnoses needs. Never the token, and nobody has
/// verified its signature.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Token {
    /// Whether it can be read at all.
    pub form: TokenForm,
    /// `aud`: whom it is meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// `scp`: what the user has delegated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// `roles`: what an app without a user may do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// `tid`: the tenant's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// `upn`, `preferred_username` or `unique_name`: who signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `appid` or `azp`: the client id of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// `idtyp`: `app` of one that was given to an application without a person, `user` of a person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `iss`: who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// `ver`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How long it is, bytes; of old reports nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// `nbf`: from when on it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub not_before: Option<Timestamp>,
    /// `exp`: until when it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub expires: Option<Timestamp>,
}

/// The form of a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenForm {
    /// A JWT (RFC 7519): its claims can be read.
    Jwt,
    /// Only its issuer can read it, as the tokens of personal accounts are.
    #[default]
    Opaque,
}
