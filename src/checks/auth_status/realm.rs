//! How do the domain's users sign in to Microsoft's cloud, and can they?

use crate::evidence::{FailKind, Failure, HttpOutcome, HttpProbe, HttpSeen, Method, Phase, Probe, Stop, View};
use crate::finding::{Finding, Owner, Severity};
use crate::findings;
use crate::protocol::cloud::{Kind, Membership, Realm, membership};
use serde_json::{Value, json};

findings! {
    REALM_MANAGED = "auth.realm-managed", Info, Entra {
        title { en: "Users of {domain} sign in at Microsoft ({cloud})", de: "Personen aus {domain} melden sich bei Microsoft an ({cloud})" }
        meaning {
            en: "The domain belongs to a tenant of Entra ID ({tenant}), which checks the passwords itself.",
            de: "Die Domain gehört zu einem Mandanten von Entra ID ({tenant}), der die Passwörter selbst prüft.",
        }
    }
    REALM_FEDERATED = "auth.realm-federated", Info, Entra {
        title { en: "Users of {domain} sign in at {provider}", de: "Personen aus {domain} melden sich bei {provider} an" }
        meaning {
            en: "The domain is federated in Microsoft's cloud ({cloud}, tenant {tenant}): an identity provider of its own checks the passwords. If that one fails, nobody gets in.",
            de: "Die Domain ist in der Microsoft-Cloud ({cloud}, Mandant {tenant}) eine Verbunddomäne: Ein eigener Identitätsanbieter prüft die Passwörter. Fällt er aus, kommt niemand hinein.",
        }
    }
    REALM_UNKNOWN = "auth.realm-unknown", Fail, Entra {
        title { en: "Microsoft's cloud does not know the domain {domain}", de: "Die Microsoft-Cloud kennt die Domain {domain} nicht" }
        meaning {
            en: "The DNS leads mail or apps to Exchange Online, but none of the clouds asked ({clouds}) has a tenant with this domain. Nobody can sign in with an address of it.",
            de: "Das DNS führt Mail oder Apps zu Exchange Online, aber keine der gefragten Clouds ({clouds}) hat einen Mandanten mit dieser Domain. Niemand kann sich mit einer Adresse daraus anmelden.",
        }
        remedy { en: "Add the domain to the tenant and verify it, or point the DNS to where the mailboxes are", de: "Fügen Sie die Domain dem Mandanten hinzu und bestätigen Sie sie, oder lassen Sie das DNS dorthin zeigen, wo die Postfächer liegen" }
        steps [
            { en: "See which domains the tenant has, and whether they are verified:", de: "Sehen Sie nach, welche Domains der Mandant hat und ob sie bestätigt sind:", Powershell "Connect-MgGraph -Scopes Domain.ReadWrite.All\nGet-MgDomain | Format-Table Id,IsVerified,AuthenticationType" },
            { en: "Add the domain, publish the TXT record that it asks for, and confirm:", de: "Fügen Sie die Domain hinzu, veröffentlichen Sie den verlangten TXT-Eintrag und bestätigen Sie:", Powershell "New-MgDomain -Id {domain}\nGet-MgDomainVerificationDnsRecord -DomainId {domain}\nConfirm-MgDomain -DomainId {domain}" },
        ]
        links ["https://learn.microsoft.com/microsoft-365/admin/setup/add-domain"]
    }
    FEDERATION_UNREACHABLE = "auth.federation-unreachable", Fail, Entra {
        title { en: "{host}, where users of {domain} sign in, cannot be used: {why}", de: "{host}, wo sich Personen aus {domain} anmelden, ist nicht nutzbar: {why}" }
        meaning {
            en: "The domain is federated: Microsoft's cloud sends its users to {host} to sign in. As long as that server is not reachable from the internet with a certificate that everybody trusts, nobody gets into the cloud, whatever the password.",
            de: "Die Domain ist eine Verbunddomäne: Die Microsoft-Cloud schickt Anmeldungen zu {host}. Solange dieser Server nicht aus dem Internet und mit einem allgemein vertrauten Zertifikat erreichbar ist, kommt niemand in die Cloud, gleich mit welchem Passwort.",
        }
        remedy { en: "Publish the identity provider {host} again, with a certificate of a public authority", de: "Veröffentlichen Sie den Identitätsanbieter {host} wieder, mit dem Zertifikat einer öffentlichen Zertifizierungsstelle" }
        steps [
            { en: "Try it from outside the company network:", de: "Testen Sie von außerhalb des Firmennetzes:", Shell "curl -v https://{host}/adfs/ls/idpinitiatedsignon.aspx\nexdiag tls {host}" },
            { en: "On the AD FS server and its web application proxy:", de: "Auf dem AD-FS-Server und seinem Webanwendungsproxy:", Powershell "Get-Service adfssrv,appproxysvc\nGet-AdfsSslCertificate\nGet-WebApplicationProxySslCertificate" },
            { en: "If the provider is gone for good, let Microsoft check the passwords:", de: "Gibt es den Anbieter nicht mehr, lassen Sie Microsoft die Passwörter prüfen:", Powershell "Update-MgDomain -DomainId {domain} -AuthenticationType Managed" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/administration/federated-users-cannot-connect-to-exchange-online-mailbox"]
    }
}

/// What there is to say of the sign-in to Microsoft's cloud; nothing where nothing points there.
pub fn findings(view: &View<'_>) -> Result<Vec<Finding>, Stop> {
    let Some(member) = membership(view)? else { return Ok(Vec::new()) };
    let Some(realm) = &member.realm else { return Ok(Vec::new()) };
    let about = |code| {
        Finding::new(code)
            .with("cloud", realm.cloud.name)
            .with("login", realm.cloud.login)
            .with("brand", realm.brand.clone())
            .with("tenant", realm.tenant.clone().unwrap_or_else(|| "-".to_owned()))
            .seen_in(&Probe::Http(realm.probe.clone()))
    };
    Ok(match realm.kind {
        Kind::Managed => vec![about(&REALM_MANAGED)],
        Kind::Unknown => unknown(&member, about(&REALM_UNKNOWN)).into_iter().collect(),
        Kind::Federated => {
            let provider = realm.provider.as_deref().and_then(|url| url::Url::parse(url).ok());
            let host = provider.as_ref().and_then(|url| url.host_str()).unwrap_or("-").to_owned();
            let mut found = vec![about(&REALM_FEDERATED).with("provider", host.as_str())];
            found.extend(unreachable(view, &member, realm, provider)?);
            found
        }
    })
}

/// Only the DNS's own word makes it a fault: a server may name a cloud to sign in at that this domain
/// has nothing to do with.
fn unknown(member: &Membership, finding: Finding) -> Option<Finding> {
    let signs = &member.signs;
    let named = signs.alias.or(signs.mail)?;
    // mail alone may go through Microsoft's filter; who is signed in there is another matter
    let in_use = signs.alias.is_some() || signs.server.is_some();
    // without mail there, it is the alias that leads astray, and the check dns tells it
    let severity = if in_use && signs.mail.is_some() { Severity::Fail } else { Severity::Warn };
    let clouds = ["worldwide", "US government", "China (21Vianet)"];
    let clouds: Vec<&str> =
        std::iter::once(named.name).chain(clouds.into_iter().filter(|c| *c != named.name)).collect();
    Some(finding.severity(severity).with("clouds", clouds))
}

/// Whether the identity provider can be reached, as everybody's browser would have to.
fn unreachable(
    view: &View<'_>,
    member: &Membership,
    realm: &Realm,
    provider: Option<url::Url>,
) -> Result<Option<Finding>, Stop> {
    let Some(mut url) = provider.filter(|url| url.scheme() == "https") else { return Ok(None) };
    let Some(host) = url.host_str().map(str::to_owned) else { return Ok(None) };
    // what stands behind the path names the user
    url.set_query(None);
    url.set_fragment(None);
    let probe = HttpProbe::new(Method::Get, url.to_string());
    let Ok(seen) = view.http(&probe)? else { return Ok(None) };
    let Some(why) = why(seen) else { return Ok(None) };
    // a company's own server takes its passwords itself
    let severity = if member.signs.server.is_some() { Severity::Fail } else { Severity::Warn };
    Ok(Some(
        Finding::new(&FEDERATION_UNREACHABLE)
            .severity(severity)
            .owner(Owner::Entra)
            .host(&host)
            .with("why", why)
            .with("tenant", realm.tenant.clone())
            .seen_in(&Probe::Http(probe))
            .seen_in(&Probe::Http(realm.probe.clone())),
    ))
}

fn why(seen: &HttpSeen) -> Option<Value> {
    let (en, de) = match &seen.outcome {
        HttpOutcome::Response(_) if seen.verified == Some(false) => {
            ("its certificate is not trusted", "sein Zertifikat ist nicht vertrauenswürdig")
        }
        HttpOutcome::Response(response) if matches!(response.status, 502..=504) => {
            ("it fails with a server error", "er meldet einen Serverfehler")
        }
        // a proxy on the way out says nothing of the provider
        HttpOutcome::Response(_) | HttpOutcome::Failed(Failure { phase: Phase::Proxy, .. }) => return None,
        HttpOutcome::Failed(Failure { kind: FailKind::NoAddress, .. }) => {
            ("its name has no address", "sein Name hat keine Adresse")
        }
        HttpOutcome::Failed(Failure { kind: FailKind::Timeout, .. }) => ("it does not answer", "er antwortet nicht"),
        HttpOutcome::Failed(Failure { kind: FailKind::Refused, .. }) => {
            ("it refuses connections", "er lehnt Verbindungen ab")
        }
        HttpOutcome::Failed(Failure { phase: Phase::Handshake, .. }) => {
            ("TLS does not come about", "TLS kommt nicht zustande")
        }
        HttpOutcome::Failed(_) => ("the connection breaks off", "die Verbindung bricht ab"),
    };
    Some(json!({"en": en, "de": de}))
}
