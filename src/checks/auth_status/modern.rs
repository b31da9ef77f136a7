//! Is OAuth offered as clients need it: with a place to sign in, and with trust in the users' tenant?

use super::Server;
use crate::evidence::{Credential, Stop, View};
use crate::finding::{Finding, Severity};
use crate::findings;
use crate::protocol::challenge::Challenge;
use crate::protocol::cloud::membership;
use crate::protocol::trusted;
use serde_json::json;

findings! {
    BEARER_ONLY = "auth.bearer-only", Warn, Exchange {
        title { en: "{host} takes only OAuth tokens for ActiveSync, no password", de: "{host} nimmt für ActiveSync nur OAuth-Token an, kein Passwort" }
        meaning {
            en: "Modern authentication is on and Basic is blocked. A sync service that signs in with a password cannot connect; one that can do OAuth with this server can.",
            de: "Moderne Authentifizierung ist eingeschaltet, Basic ist gesperrt. Ein Sync-Dienst, der sich mit Passwort anmeldet, kann nicht verbinden; einer, der mit diesem Server OAuth beherrscht, schon.",
        }
        remedy { en: "Connect with OAuth, or allow Basic for this mailbox by an authentication policy", de: "Verbinden Sie mit OAuth oder erlauben Sie Basic für dieses Postfach per Authentifizierungsrichtlinie" }
        steps [
            { en: "See which policy holds for the mailbox and for all:", de: "Sehen Sie nach, welche Richtlinie für das Postfach und für alle gilt:", Powershell "Get-User '{mailbox}' | Format-List AuthenticationPolicy\nGet-OrganizationConfig | Format-List DefaultAuthenticationPolicy,OAuth2ClientProfileEnabled\nGet-AuthenticationPolicy | Format-List Name,*ActiveSync" },
            { en: "See what the directory itself offers:", de: "Sehen Sie nach, was das Verzeichnis selbst anbietet:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,Name,BasicAuthEnabled" },
        ]
        links ["https://github.com/MicrosoftDocs/OfficeDocs-Exchange/blob/HEAD/Exchange/ExchangeServer/clients/outlook-for-ios-and-android/use-hybrid-modern-auth.md"]
    }
    BEARER_INCOMPLETE = "auth.bearer-incomplete", Warn, Exchange {
        title { en: "{host} offers OAuth but does not say where to sign in", de: "{host} bietet OAuth an, sagt aber nicht, wo man sich anmeldet" }
        meaning {
            en: "The Bearer challenge has no authorization_uri: the authorisation server is not set as the default one. Clients with modern authentication cannot get a token.",
            de: "Im Bearer-Angebot fehlt authorization_uri: Der Autorisierungsserver ist nicht als Standard eingestellt. Clients mit moderner Authentifizierung bekommen kein Token.",
        }
        remedy { en: "Make the Entra authorisation server the default", de: "Machen Sie den Autorisierungsserver von Entra zum Standard" }
        steps [
            { en: "See which one is the default:", de: "Sehen Sie nach, welcher der Standard ist:", Powershell "Get-AuthServer | Format-List Name,IsDefaultAuthorizationEndpoint,AuthorizationEndpoint" },
            { en: "Set it, and switch modern authentication on:", de: "Stellen Sie ihn ein und schalten Sie moderne Authentifizierung ein:", Powershell "Set-AuthServer -Identity EvoSTS -IsDefaultAuthorizationEndpoint $true\nSet-OrganizationConfig -OAuth2ClientProfileEnabled $true" },
        ]
        links ["https://github.com/MicrosoftDocs/OfficeDocs-Exchange/blob/HEAD/Exchange/ExchangeServer/clients/outlook-for-ios-and-android/use-hybrid-modern-auth.md"]
    }
    ISSUER_OTHER = "auth.issuer-not-trusted", Warn, Exchange {
        title { en: "{host} takes tokens of another tenant than that of {domain}", de: "{host} nimmt Token eines anderen Mandanten an als dem von {domain}" }
        meaning {
            en: "The server offers OAuth and trusts {trusted}; the users of {domain} sign in to the tenant {tenant}. Their tokens are refused.",
            de: "Der Server bietet OAuth an und vertraut {trusted}; die Benutzer aus {domain} melden sich beim Mandanten {tenant} an. Ihre Token werden abgelehnt.",
        }
        remedy { en: "Have Exchange trust the tenant of the domain", de: "Lassen Sie Exchange dem Mandanten der Domain vertrauen" }
        steps [
            { en: "See which tenants are trusted:", de: "Sehen Sie nach, welchen Mandanten vertraut wird:", Powershell "Get-AuthServer | Format-List Name,Type,Realm,Enabled,DomainName" },
            { en: "Run the Hybrid Configuration Wizard for the right tenant, or add it:", de: "Führen Sie den Hybridkonfigurations-Assistenten für den richtigen Mandanten aus oder fügen Sie ihn hinzu:", Powershell "New-AuthServer -Name 'EvoSTS - {domain}' -Type AzureAD -AuthMetadataUrl 'https://login.windows.net/{domain}/federationmetadata/2007-06/federationmetadata.xml'\nSet-AuthServer -Identity 'EvoSTS - {domain}' -DomainName {domain} -IsDefaultAuthorizationEndpoint $true" },
        ]
        links ["https://learn.microsoft.com/microsoft-365/enterprise/configure-exchange-server-for-hybrid-modern-authentication"]
    }
    MODERN = "auth.modern-offered", Info, Exchange {
        title { en: "{host} offers OAuth; clients sign in at {place}", de: "{host} bietet OAuth an; Clients melden sich bei {place} an" }
        meaning {
            en: "Modern authentication is set up for ActiveSync: authorization_uri {uri}, trusted tenants {trusted}.",
            de: "Moderne Authentifizierung ist für ActiveSync eingerichtet: authorization_uri {uri}, vertraute Mandanten {trusted}.",
        }
    }
}

/// Entra ID as an issuer: worldwide, and in China.
const ENTRA: &[&str] = &["00000001-0000-0000-c000-000000000000", "00000001-0002-0000-c000-000000000000"];

/// What is to be said of OAuth at a server of the company's own.
pub(super) fn findings(
    view: &View<'_>,
    server: &Server<'_>,
    credential: Option<Credential>,
) -> Result<Vec<Finding>, Stop> {
    if server.is_online() || !server.offers("Bearer") {
        return Ok(Vec::new());
    }
    let basic = server.offers("Basic");
    let mut found = Vec::new();
    if !basic && credential.is_none() {
        found.push(server.about(&BEARER_ONLY));
    }
    let Some(bearer) = server.challenges().find(|challenge| challenge.is_complete_bearer()) else {
        let severity = if basic { Severity::Warn } else { Severity::Fail };
        found.push(server.about(&BEARER_INCOMPLETE).severity(severity));
        return Ok(found);
    };
    let trusted = trusted_tenants(bearer);
    let uri = bearer.parameter("authorization_uri").unwrap_or_default();
    found.push(
        server
            .about(&MODERN)
            .with("place", place(uri))
            .with("uri", uri)
            .with("trusted", if trusted.is_empty() { json!("-") } else { json!(trusted) }),
    );
    let realm = membership(view)?.and_then(|member| member.realm).and_then(|realm| realm.tenant);
    let Some(tenant) = realm.filter(|_| !trusted.is_empty()) else { return Ok(found) };
    if !trusted.iter().any(|one| one == "*" || one.eq_ignore_ascii_case(&tenant)) {
        found.push(server.about(&ISSUER_OTHER).with("trusted", json!(trusted)).with("tenant", tenant));
    }
    Ok(found)
}

/// The tenants whose tokens are taken; `*` is all of them.
fn trusted_tenants(bearer: &Challenge) -> Vec<String> {
    let issuers = bearer.parameter("trusted_issuers").unwrap_or_default().split(',');
    let of_entra = issuers.filter_map(|issuer| issuer.trim().split_once('@')).filter(|(app, _)| ENTRA.contains(app));
    of_entra.map(|(_, realm)| realm.to_owned()).collect()
}

fn place(uri: &str) -> String {
    let host = url::Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if trusted::is_login(&host) || host == "login.windows.net" { format!("Entra ID ({host})") } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::challenge::parse;

    #[test]
    fn the_tenants_that_a_server_trusts_are_those_of_entra_alone() {
        let line = "Bearer client_id=\"x\", trusted_issuers=\"00000001-0000-0000-c000-000000000000@t1, \
                    00000004-0000-0ff1-ce00-000000000000@corp.example,00000001-0000-0000-c000-000000000000@*\"";
        assert_eq!(trusted_tenants(&parse([line])[0]), ["t1", "*"]);
        assert!(trusted_tenants(&parse(["Bearer"])[0]).is_empty());
        assert_eq!(place("https://login.windows.net/common/oauth2/authorize"), "Entra ID (login.windows.net)");
        assert_eq!(place("https://sts.corp.example/adfs/oauth2/authorize"), "sts.corp.example");
    }
}
