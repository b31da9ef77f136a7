//! Which headers name a server, and which of them does a check read?

use crate::protocol::headers::TEXTS;

/// Headers whose value is the name of a server inside.
pub const NAME_SERVERS: &[&str] = &[
    "x-beserver",
    "x-calculatedbetarget",
    "x-calculatedfetarget",
    "x-diaginfo",
    "x-feproxyinfo",
    "x-feserver",
    "x-targetbeserver",
];

/// Further headers that stay: their values are numbers, versions and words of a protocol.
const PLAIN: &[&str] = &[
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "date",
    "ms-asprotocolcommands",
    "ms-asprotocolversions",
    "ms-server-activesync",
    "public",
    "x-ms-credentials-expire",
    "x-powered-by",
    "x-soap-enabled",
    "x-wssecurity-enabled",
];

/// Whether a check reads its value, or it can name nobody.
pub fn is_read(name: &str) -> bool {
    TEXTS.contains(&name) || PLAIN.contains(&name)
}

/// The names in such a header.
pub fn servers(value: &str) -> impl Iterator<Item = &str> {
    value.split([',', ';', ' ', '~']).filter(|name| !name.is_empty())
}

/// The realms in a challenge: what it says of who asks.
pub fn realms(value: &str) -> impl Iterator<Item = &str> {
    let lower = value.to_ascii_lowercase();
    let places: Vec<usize> = lower.match_indices("realm").map(|(at, word)| at + word.len()).collect();
    places.into_iter().filter_map(move |at| {
        let rest = value.get(at..)?.trim_start().strip_prefix('=')?.trim_start();
        let realm = match rest.strip_prefix('"') {
            Some(quoted) => quoted.get(..quoted.find('"')?)?,
            None => rest.split([',', ' ']).next()?,
        };
        Some(realm.trim()).filter(|realm| !realm.is_empty())
    })
}

/// Parameters of a query whose value is a sign-in name.
pub const USER_KEYS: &[&str] = &[
    "email",
    "login",
    "login_hint",
    "loginname",
    "mailbox",
    "samaccountname",
    "uid",
    "upn",
    "user",
    "userid",
    "username",
    "userprincipalname",
];

/// A cookie without what a balancer writes of its pool into the name.
pub fn cookie(value: &str) -> String {
    const BALANCER: &str = "BIGipServer";
    match value.split_once('=') {
        Some((name, rest)) if name.trim().starts_with(BALANCER) => format!("{BALANCER}={rest}"),
        _ => value.to_owned(),
    }
}
