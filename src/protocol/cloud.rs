//! Is the mailbox's domain one of Microsoft's cloud, how do its users sign in there, and is the mailbox there?
//!
//! Asked only where the DNS or the server points to the cloud, without credentials, and for the domain
//! with a made-up user: only where the mailbox itself lies depends on who asks.

use super::autodiscover::{self, Attempt, Step};
use super::endpoint::{self, Endpoint, Origin};
use super::v2::{self, Protocol};
use super::{eas, trusted};
use crate::evidence::dns::address_type;
use crate::evidence::{HttpProbe, HttpSeen, Method, RecordData, RecordType, Response, Stop, View, view};
use serde_json::Value;

/// One of Microsoft's clouds.
#[derive(Debug, PartialEq, Eq)]
pub struct Cloud {
    /// As Microsoft calls it.
    pub name: &'static str,
    /// Where Exchange Online answers.
    pub exchange: &'static str,
    /// What `autodiscover.` of a domain in it is an alias of; where Microsoft documents none, `direct`.
    pub autodiscover: &'static str,
    /// What answers Autodiscover for whoever knows that the mailbox is there.
    pub direct: &'static str,
    /// Where its users sign in.
    pub login: &'static str,
    /// Whether its sign-in is asked about a domain that another cloud does not know. Not where a cloud shares
    /// it with another one, nor where nobody says that it answers as the others do.
    searched: bool,
    /// Its hosts for mail, and the names above them.
    hosts: &'static [&'static str],
    /// The names above its mail exchangers.
    exchangers: &'static [&'static str],
}

/// The one that most companies are in.
pub static WORLDWIDE: Cloud = Cloud {
    name: "worldwide",
    exchange: "outlook.office365.com",
    autodiscover: "autodiscover.outlook.com",
    direct: "autodiscover-s.outlook.com",
    login: "login.microsoftonline.com",
    searched: true,
    hosts: &["outlook.com", "outlook.office.com", "outlook.office365.com"],
    exchangers: &["mail.protection.outlook.com", "mx.microsoft"],
};

/// All of them.
pub static CLOUDS: &[&Cloud] = &[
    &WORLDWIDE,
    &Cloud {
        name: "US government",
        exchange: "outlook.office365.us",
        autodiscover: "autodiscover.office365.us",
        direct: "autodiscover-s.office365.us",
        login: "login.microsoftonline.us",
        searched: true,
        hosts: &["office365.us"],
        exchangers: &["mail.protection.office365.us"],
    },
    // its users sign in where those of the other do, so only its hosts tell the two apart
    &Cloud {
        name: "US government (DoD)",
        exchange: "outlook-dod.office365.us",
        autodiscover: "autodiscover-s-dod.office365.us",
        direct: "autodiscover-s-dod.office365.us",
        login: "login.microsoftonline.us",
        searched: false,
        hosts: &["outlook-dod.office365.us", "autodiscover-s-dod.office365.us", "autodiscover-dod.office365.us"],
        exchangers: &[],
    },
    &Cloud {
        name: "China (21Vianet)",
        exchange: "partner.outlook.cn",
        autodiscover: "autodiscover.partner.outlook.cn",
        direct: "autodiscover-s.partner.outlook.cn",
        login: "login.partner.microsoftonline.cn",
        searched: true,
        hosts: &["partner.outlook.cn"],
        exchangers: &["mail.protection.partner.outlook.cn"],
    },
    &Cloud {
        name: "France (Bleu)",
        exchange: "outlook.sovcloud.fr",
        autodiscover: "autodiscover-s.outlook.sovcloud.fr",
        direct: "autodiscover-s.outlook.sovcloud.fr",
        login: "login.sovcloud-identity.fr",
        searched: false,
        hosts: &["outlook.sovcloud.fr"],
        exchangers: &["outlook.sovcloud.fr"],
    },
    &Cloud {
        name: "Germany (Delos)",
        exchange: "outlook.sovcloud.de",
        autodiscover: "autodiscover-s.outlook.sovcloud.de",
        direct: "autodiscover-s.outlook.sovcloud.de",
        login: "login.sovcloud-identity.de",
        searched: false,
        hosts: &["outlook.sovcloud.de"],
        exchangers: &["outlook.sovcloud.de"],
    },
];

/// Those that are asked about a domain that another one does not know, each sign-in once.
pub fn searched() -> impl Iterator<Item = &'static Cloud> {
    CLOUDS.iter().copied().filter(|cloud| cloud.searched)
}

/// How long the longest of the names is that this host is, or is below; none where it is below none.
fn below(host: &str, names: &[&str]) -> Option<usize> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    names.iter().filter(|name| trusted::is_under(&host, name)).map(|name| name.len()).max()
}

/// The cloud that a host for mail belongs to: where the names of one are above those of another, the
/// one with the longer name.
pub fn of_host(host: &str) -> Option<&'static Cloud> {
    let known = CLOUDS.iter().filter_map(|cloud| Some((below(host, cloud.hosts)?, *cloud)));
    known.max_by_key(|(length, _)| *length).map(|(_, cloud)| cloud)
}

/// The cloud that a mail exchanger belongs to.
pub fn of_exchanger(host: &str) -> Option<&'static Cloud> {
    CLOUDS.iter().copied().find(|cloud| below(host, cloud.exchangers).is_some())
}

/// What points to Microsoft's cloud.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signs {
    /// The preferred mail exchanger.
    pub mail: Option<&'static Cloud>,
    /// The alias of `autodiscover.`
    pub alias: Option<&'static Cloud>,
    /// The server of ActiveSync, named by the user or by Autodiscover.
    pub server: Option<&'static Cloud>,
    /// An Exchange Server of the company's own that has its users sign in there.
    pub hybrid: bool,
}

impl Signs {
    fn cloud(&self) -> Option<&'static Cloud> {
        self.alias.or(self.mail).or(self.server).or(self.hybrid.then_some(&WORLDWIDE))
    }
}

/// How the users of a domain sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// At Microsoft.
    Managed,
    /// At an identity provider of their own.
    Federated,
    /// The cloud does not know the domain.
    Unknown,
}

/// What a cloud says of a domain.
#[derive(Debug, Clone)]
pub struct Realm {
    /// The cloud that said it.
    pub cloud: &'static Cloud,
    /// How users sign in.
    pub kind: Kind,
    /// The company's name, as its admin wrote it.
    pub brand: Option<String>,
    /// Where a federated user is sent to sign in.
    pub provider: Option<String>,
    /// The tenant's id.
    pub tenant: Option<String>,
    /// The question that was answered.
    pub probe: HttpProbe,
}

/// Where the cloud says that the mailbox is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosted {
    /// In the cloud.
    Here,
    /// It sends whoever asks to this host, which is not the cloud's.
    Elsewhere(String),
    /// It gave no usable answer, or was not asked.
    Unsaid,
}

/// The domain and the mailbox as the cloud sees them.
#[derive(Debug, Clone)]
pub struct Membership {
    /// What points there.
    pub signs: Signs,
    /// What the cloud says of the domain; `None` where it gave no usable answer.
    pub realm: Option<Realm>,
    /// Where it says that the mailbox is.
    pub hosted: Hosted,
    /// The question that says where the mailbox is, where it was asked.
    pub hosted_probe: Option<HttpProbe>,
}

/// What Microsoft's cloud says of domain and mailbox; `None` where nothing points there, or where the
/// domain is Microsoft's own.
pub fn membership(view: &View<'_>) -> Result<Option<Membership>, Stop> {
    let Some(mailbox) = &view.subject().mailbox else { return Ok(None) };
    if of_host(&mailbox.domain).is_some() {
        return Ok(None);
    }
    let (mail, alias) = (of_mail(view, &mailbox.domain), of_alias(view, &mailbox.domain));
    if let Ok(Some(early)) = mail.and_then(|mail| Ok(alias?.or(mail))) {
        // what the DNS alone says does not wait for the server
        let _ = realm(view, early, &mailbox.domain, true);
    }
    let server = of_server(view);
    let (mail, alias, (server, hybrid)) = (mail?, alias?, server?);
    let signs = Signs { mail, alias, server, hybrid };
    let Some(cloud) = signs.cloud() else { return Ok(None) };
    let realm = realm(view, cloud, &mailbox.domain, mail.or(alias).is_some())?;
    let known = realm.as_ref().filter(|realm| realm.kind != Kind::Unknown);
    let (hosted, hosted_probe) = match known {
        Some(realm) => {
            let (hosted, probe) = asked_of(view, realm.cloud, &mailbox.address)?;
            (hosted, Some(probe))
        }
        None => (Hosted::Unsaid, None),
    };
    Ok(Some(Membership { signs, realm, hosted, hosted_probe }))
}

/// The cloud that the records of a domain point to: `autodiscover.` before the mail exchanger.
pub fn of_domain(view: &View<'_>, domain: &str) -> Result<Option<&'static Cloud>, Stop> {
    let (alias, mail) = (of_alias(view, domain), of_mail(view, domain));
    Ok(alias?.or(mail?))
}

fn of_mail(view: &View<'_>, domain: &str) -> Result<Option<&'static Cloud>, Stop> {
    let answer = view.dns(domain, RecordType::Mx)?.ok().and_then(|seen| seen.answer.as_ref());
    let exchangers = answer.into_iter().flat_map(|answer| &answer.answers).filter_map(|record| match &record.data {
        RecordData::Mx { preference, exchange } => Some((*preference, exchange)),
        _ => None,
    });
    Ok(exchangers.min().and_then(|(_, exchange)| of_exchanger(exchange)))
}

fn of_alias(view: &View<'_>, domain: &str) -> Result<Option<&'static Cloud>, Stop> {
    of_name(view, &format!("autodiscover.{domain}"))
}

/// The cloud that a host belongs to, by its own name or by one that it is an alias of.
pub fn of_name(view: &View<'_>, host: &str) -> Result<Option<&'static Cloud>, Stop> {
    if let Some(cloud) = of_host(host) {
        return Ok(Some(cloud));
    }
    let answer = view.dns(host, address_type(!view.subject().ipv4))?.ok().and_then(|seen| seen.answer.as_ref());
    Ok(answer.into_iter().flat_map(|answer| answer.alias_chain(host)).find_map(|alias| of_host(&alias)))
}

/// The cloud of the endpoint, and whether it is a server of the company's own that leads there.
fn of_server(view: &View<'_>) -> Result<(Option<&'static Cloud>, bool), Stop> {
    let Some(endpoint) = endpoint::endpoint(view)? else { return Ok((None, false)) };
    if let Some(cloud) = of_host(&endpoint.host) {
        return Ok((Some(cloud), false));
    }
    let offered = eas::challenges(view, &endpoint)?.unwrap_or_default();
    let leads = |uri: &str| {
        let host = Endpoint::parse(uri, Origin::Guess).map(|at| at.host).unwrap_or_default();
        trusted::is_login(&host) || host == "login.windows.net"
    };
    let hybrid = offered.iter().filter_map(|challenge| challenge.parameter("authorization_uri")).any(leads);
    Ok((None, hybrid))
}

/// What the cloud says of the domain; where it does not know it, and the DNS is sure of a cloud, what
/// another one says.
fn realm(view: &View<'_>, cloud: &'static Cloud, domain: &str, everywhere: bool) -> Result<Option<Realm>, Stop> {
    let first = realm_at(view, cloud, domain)?;
    if !everywhere || first.as_ref().is_none_or(|realm| realm.kind != Kind::Unknown) {
        return Ok(first);
    }
    let others = searched().filter(|other| other.login != cloud.login);
    let others = view::all(others.map(|other| realm_at(view, other, domain)))?;
    Ok(others.into_iter().flatten().find(|realm| realm.kind != Kind::Unknown).or(first))
}

/// The answers of `getuserrealm` for a made-up user, and of the OpenID configuration of the domain.
fn realm_at(view: &View<'_>, cloud: &'static Cloud, domain: &str) -> Result<Option<Realm>, Stop> {
    let user =
        HttpProbe::new(Method::Get, format!("https://{}/getuserrealm.srf?login=exdiag%40{domain}&json=1", cloud.login));
    let tenant =
        HttpProbe::new(Method::Get, format!("https://{}/{domain}/v2.0/.well-known/openid-configuration", cloud.login));
    let (user_seen, tenant_seen) = (json(view, &user), json(view, &tenant));
    let (user_seen, tenant_seen) = (user_seen?, tenant_seen?);
    let Some(said) = user_seen else { return Ok(None) };
    let Some((kind, provider)) = kind_of(&said) else { return Ok(None) };
    let tenant = tenant_seen.as_ref().and_then(tenant_in);
    Ok(Some(Realm { cloud, kind, brand: text(&said, "FederationBrandName"), provider, tenant, probe: user }))
}

fn text(said: &Value, name: &str) -> Option<String> {
    said.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// How users sign in, and where the federated ones do.
fn kind_of(said: &Value) -> Option<(Kind, Option<String>)> {
    let kind = match text(said, "NameSpaceType")?.as_str() {
        "Managed" => Kind::Managed,
        "Federated" => Kind::Federated,
        "Unknown" => Kind::Unknown,
        _ => return None,
    };
    Some((kind, text(said, "AuthURL").filter(|_| kind == Kind::Federated)))
}

/// Reads an answer of `getuserrealm`: how users sign in, and where the federated ones do.
pub fn read_realm(body: &[u8]) -> Option<(Kind, Option<String>)> {
    kind_of(&serde_json::from_slice(body).ok()?)
}

/// Reads the tenant's id from an OpenID configuration.
pub fn read_tenant(body: &[u8]) -> Option<String> {
    tenant_in(&serde_json::from_slice(body).ok()?)
}

fn tenant_in(said: &Value) -> Option<String> {
    tenant_of(said.get("issuer")?.as_str()?)
}

/// The id in `https://login.microsoftonline.com/<id>/v2.0`.
fn tenant_of(issuer: &str) -> Option<String> {
    let id = url::Url::parse(issuer).ok()?.path_segments()?.next()?.to_owned();
    let is_id = id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    is_id.then_some(id)
}

/// An answer from whoever it claims to be from; of others nothing counts.
fn verified<'a>(view: &View<'a>, probe: &HttpProbe) -> Result<Option<&'a Response>, Stop> {
    let seen = view.http(probe)?.ok().filter(|seen| seen.verified == Some(true));
    Ok(seen.and_then(HttpSeen::response))
}

fn json(view: &View<'_>, probe: &HttpProbe) -> Result<Option<Value>, Stop> {
    let response = verified(view, probe)?.filter(|response| response.status == 200);
    Ok(response.and_then(|response| serde_json::from_str(&response.body.text).ok()))
}

/// Where the cloud says that the mailbox is, and the question that it says it to: one that the walk of
/// Autodiscover has put to this cloud, since v2 says the same at each of its hosts; else one of its own, where
/// none was put, or none told.
fn asked_of(view: &View<'_>, cloud: &'static Cloud, address: &str) -> Result<(Hosted, HttpProbe), Stop> {
    let attempts = autodiscover::walk(view)?.map(|walk| walk.attempts).unwrap_or_default();
    let of_cloud = |attempt: &&Attempt| {
        matches!(attempt.step, Step::Json | Step::Cloud)
            && attempt.email == address
            && of_host(&attempt.host) == Some(cloud)
    };
    for attempt in attempts.iter().filter(of_cloud) {
        let said = hosted(view, &attempt.probe)?;
        if said != Hosted::Unsaid {
            return Ok((said, attempt.probe.clone()));
        }
    }
    let probe = HttpProbe::new(Method::Get, v2::url(cloud.exchange, address, Protocol::ActiveSync));
    Ok((hosted(view, &probe)?, probe))
}

/// What the cloud's Autodiscover v2 says of the mailbox: its own address, or the way to another host.
fn hosted(view: &View<'_>, probe: &HttpProbe) -> Result<Hosted, Stop> {
    let Some(response) = verified(view, probe)? else { return Ok(Hosted::Unsaid) };
    let host = |url: &str| Endpoint::parse(url, Origin::V2).map(|endpoint| endpoint.host);
    let to = match response.status {
        200 => {
            let answer: Option<Value> = serde_json::from_str(&response.body.text).ok();
            answer.and_then(|answer| host(answer.get("Url")?.as_str()?))
        }
        301 | 302 | 303 | 307 | 308 => response.header("location").and_then(host),
        _ => None,
    };
    Ok(match to {
        // from one of its hosts to another is no answer yet
        Some(host) if of_host(&host).is_some() && response.status != 200 => Hosted::Unsaid,
        Some(host) if of_host(&host).is_some() => Hosted::Here,
        Some(host) => Hosted::Elsewhere(host),
        None => Hosted::Unsaid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_is_known_by_its_own_names() {
        for &cloud in CLOUDS {
            assert_eq!(of_host(cloud.exchange), Some(cloud), "{}", cloud.name);
            assert_eq!(of_host(cloud.autodiscover), Some(cloud), "{}", cloud.name);
            assert_eq!(of_host(cloud.direct), Some(cloud), "{}", cloud.name);
            assert!(trusted::is_microsoft(cloud.exchange) && trusted::is_login(cloud.login), "{}", cloud.name);
        }
        let name = |host: &str| of_exchanger(host).map(|cloud| cloud.name);
        assert_eq!(name("corp-example.mail.protection.outlook.com"), Some("worldwide"));
        assert_eq!(name("corp-example.p-v1.mx.microsoft"), Some("worldwide"));
        assert_eq!(name("corp-example.mail.protection.partner.outlook.cn"), Some("China (21Vianet)"));
        assert_eq!(name("corp-example.mail.protection.office365.us."), Some("US government"));
        assert_eq!(of_host("Autodiscover-DoD.office365.us").map(|cloud| cloud.name), Some("US government (DoD)"));
        assert_eq!(of_host("autodiscover.office365.us").map(|cloud| cloud.name), Some("US government"));
        for other in ["mail.corp.example", "notmail.protection.outlook.com.example", "evilmx.microsoft", ""] {
            assert_eq!(name(other), None, "{other}");
        }
        assert_eq!(of_host("notoutlook.com"), None);
    }

    #[test]
    fn a_domain_is_searched_for_at_each_documented_sign_in_once() {
        let mut logins: Vec<&str> = searched().map(|cloud| cloud.login).collect();
        logins.sort_unstable();
        assert_eq!(
            logins,
            ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"]
        );
        assert!(searched().any(|cloud| cloud.name == "US government"), "its names say no more than its sign-in does");
    }

    #[test]
    fn a_tenant_is_told_by_its_id_alone() {
        let id = "7c1f0d2e-5b0a-4a53-9f5e-2d6a1c3b4e5f";
        assert_eq!(tenant_of(&format!("https://login.microsoftonline.com/{id}/v2.0")).as_deref(), Some(id));
        for other in ["https://login.microsoftonline.com/corp.example/v2.0", "https://login.microsoftonline.com/", "x"]
        {
            assert_eq!(tenant_of(other), None, "{other}");
        }
    }
}
