//! What is each text of a report, by the field that it stands in?

use crate::evidence::redact::Kind;
use crate::protocol::der;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::sync::LazyLock;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role<'a> {
    /// Free text, which may hold anything.
    Text,
    /// A word of the report itself: it names nobody.
    Fixed,
    /// A value of this kind, whole.
    Whole(Kind),
    /// A sign-in name: `DOMAIN\name`, an address or the bare name.
    SignIn,
    /// A host name.
    Host,
    /// An IP address, perhaps with a port.
    Address,
    /// The id of a tenant.
    Tenant,
    /// The name of a company.
    Organisation,
    /// What a device, or a program, calls itself: a product, and perhaps whose it is.
    Thing,
    /// How the owner of a device calls it, hidden whole.
    Friendly,
    /// The value of this header.
    Header(&'a str),
    /// A certificate or another signed structure, DER in base64.
    Signed,
}

/// Fields whose values are words of the report or of a protocol.
const FIXED: &[&str] = &[
    "access",
    "access_state",
    "ask",
    "by",
    "cipher",
    "client",
    "command",
    "credential",
    "credential_sent",
    "format",
    "grant_status",
    "hello",
    "kind",
    "method",
    "NameSpaceType",
    "phase",
    "policy_key",
    "protocol",
    "Protocol",
    "provider",
    "rcode",
    "result",
    "rtype",
    "rule",
    "scope",
    "scopes",
    "selected",
    "sign_in",
    "site",
    "status",
    "store",
    "stores",
    "sync_key",
    "sync_state",
    "transport",
    "trust",
    "type",
    "version",
    "what",
    "why",
    "worked_by",
];

/// Fields that an object has which tells of a person.
const PERSON: &[&str] =
    &["given_name", "family_name", "givenName", "surname", "preferred_username", "unique_name", "userPrincipalName"];

fn is_fixed(name: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| FIXED.iter().copied().collect());
    ALL.contains(name)
}

/// Fields that hold DER in base64.
const SIGNED: &[&str] = &[
    "certificate",
    "certificates",
    "chain",
    "crl",
    "issuer_key",
    "name_constraints",
    "ocsp",
    "request",
    "response",
    "spki",
    "subject",
];

/// What the field is that has this name in this object; `within` is the field that the object stands in.
fn of_field<'a>(name: &str, within: &str, object: &Map<String, Value>) -> Role<'a> {
    let has = |names: &[&str]| names.iter().any(|name| object.contains_key(*name));
    match name {
        "kind" | "model" if within == "devices" => Role::Thing,
        "agent" | "device_type" | "device_model" => Role::Thing,
        "friendly_name" | "friendlyName" | "FriendlyName" | "DeviceFriendlyName" | "deviceFriendlyName"
        | "deviceName" | "device_name" => Role::Friendly,
        _ if is_fixed(name) => Role::Fixed,
        "user" | "mailbox" | "username" | "user_name" | "upn" | "preferred_username" | "unique_name"
        | "userPrincipalName" => Role::SignIn,
        "device_id" | "devices_allowed" | "devices_blocked" => Role::Whole(Kind::Device),
        "id" if within == "devices" => Role::Whole(Kind::Device),
        "grant" | "grant_id" | "account" | "account_id" | "application_id" | "namespace_id" => {
            Role::Whole(Kind::Account)
        }
        "id" if has(&["ask", "account_id", "grant_status", "sync_state", "provider", "email_address"]) => {
            Role::Whole(Kind::Account)
        }
        "tenant" => Role::Tenant,
        "name" if within == "folder_list" => Role::Whole(Kind::Folder),
        "display_name" | "displayName" | "DisplayName" | "UserDisplayName" | "given_name" | "givenName"
        | "middle_name" | "family_name" | "surname" => Role::Whole(Kind::Name),
        // a person's, of a directory or of OpenID
        "name" if has(PERSON) || has(&["grant_status", "sync_state", "email_address"]) => Role::Whole(Kind::Name),
        "FederationBrandName" | "organization_unit" => Role::Organisation,
        "path" if within == "files" => Role::Whole(Kind::File),
        "file" if has(&["line", "content", "what", "last_success"]) => Role::Whole(Kind::File),
        "owner" if has(&["last_success"]) => Role::Whole(Kind::Name),
        "folder" if has(&["gaps"]) => Role::Whole(Kind::File),
        "host" | "domain" | "target" | "exchange" | "mname" | "ews_host" | "allow_hosts" | "DomainName" => Role::Host,
        "name" if has(&["rtype", "ttl", "port"]) => Role::Host,
        // a mailbox's is a text with an @
        "address" if has(&["domain"]) => Role::Text,
        "address" | "server" | "name_servers" | "compare_dns" => Role::Address,
        _ => Role::Text,
    }
}

/// Shows every text below this value with what it is.
pub fn walk(value: &mut Value, within: &str, role: Role<'_>, each: &mut dyn FnMut(&mut String, Role<'_>)) {
    match value {
        Value::String(text) => each(text, role),
        Value::Array(items) if within == "headers" => {
            for pair in items {
                if let Some([Value::String(name), Value::String(text)]) = pair.as_array_mut().map(Vec::as_mut_slice) {
                    each(text, Role::Header(name));
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, within, role, each)),
        Value::Object(fields) => {
            let roles: Vec<Role<'_>> =
                fields.iter().map(|(name, value)| of_value(name, value, within, fields)).collect();
            for ((name, value), role) in fields.iter_mut().zip(roles) {
                walk(value, name, role, each);
            }
        }
        _ => {}
    }
}

fn of_value<'a>(name: &str, value: &Value, within: &str, fields: &Map<String, Value>) -> Role<'a> {
    let first = value.as_str().or_else(|| value.as_array()?.first()?.as_str());
    if SIGNED.contains(&name) && first.is_some_and(is_der) {
        return Role::Signed;
    }
    of_field(name, within, fields)
}

fn is_der(text: &str) -> bool {
    STANDARD.decode(text).is_ok_and(|bytes| der::any(&bytes).is_some())
}
