//! Who asked Autodiscover, as far as its answer depends on it?

use super::trace::bounded;
use crate::evidence::{Credential, SignIn, Subject, Token};
use crate::finding::Finding;
use crate::findings;
use crate::protocol::autodiscover::{Attempt, Step};
use crate::protocol::token::{self, Holder};

findings! {
    APP_ONLY_TOKEN = "autodiscover.app-only-token", Fail, Caller {
        title { en: "The access token is an application's own, and Autodiscover on {host} finds no mailbox for it", de: "Das Zugriffstoken gehört einer Anwendung selbst, und Autodiscover auf {host} findet dazu kein Postfach" }
        meaning {
            en: "The token was issued to the application without a person (client credentials; it says {claim}). Autodiscover by plain XML knows tokens of persons alone and answers such a one with error {code}, whatever the address, as Microsoft documents it for Exchange Online: whether {mailbox} exists is not said. For ActiveSync, too, only delegated permissions are documented.",
            de: "Das Token wurde der Anwendung ohne eine Person ausgestellt (Client Credentials; darin steht {claim}). Autodiscover per XML kennt nur Token von Personen und antwortet auf ein solches bei jeder Adresse mit Fehler {code}, wie es Microsoft für Exchange Online beschreibt: Ob es {mailbox} gibt, ist damit nicht gesagt. Auch für ActiveSync sind nur delegierte Berechtigungen beschrieben.",
        }
        remedy { en: "Get a token as a person (delegated permission), not as the application", de: "Holen Sie das Token als Person (delegierte Berechtigung), nicht als Anwendung" }
        steps [
            { en: "See which delegated permissions the application has (Scope); EAS.AccessAsUser.All has to be among them:", de: "Sehen Sie nach, welche delegierten Berechtigungen die Anwendung hat (Scope); EAS.AccessAsUser.All muss darunter sein:", Powershell "Connect-MgGraph -Scopes Application.Read.All,DelegatedPermissionGrant.Read.All\n$sp = Get-MgServicePrincipal -Filter \"AppId eq '{app}'\"\nGet-MgOauth2PermissionGrant -Filter \"clientId eq '$($sp.Id)'\" | Format-List Scope,ConsentType" },
            { en: "If it is not, add it: App registrations, API permissions, Add, APIs my organization uses, \"Office 365 Exchange Online\", Delegated: EAS.AccessAsUser.All; then \"Grant admin consent\".", de: "Wenn nicht, fügen Sie sie hinzu: App-Registrierungen, API-Berechtigungen, Hinzufügen, „Von meiner Organisation verwendete APIs“, „Office 365 Exchange Online“, Delegiert: EAS.AccessAsUser.All; danach „Administratorzustimmung erteilen“." },
            { en: "Sign in as the owner of the mailbox, and look again with that token:", de: "Melden Sie sich als Inhaber des Postfachs an und prüfen Sie mit diesem Token erneut:", Shell "exdiag login {mailbox} --client-id {app} --output token.txt\nexdiag check {mailbox} --token-file token.txt" },
            { en: "If Autodiscover answers a person's token in the same way, the address really is unknown:", de: "Antwortet Autodiscover auf das Token einer Person genauso, ist die Adresse wirklich unbekannt:", Powershell "Get-Recipient '{mailbox}' | Format-List Name,RecipientTypeDetails,PrimarySmtpAddress,EmailAddresses" },
            { en: "A service that has to do without a person can only use EWS (application permission full_access_as_app) and Autodiscover by SOAP.", de: "Ein Dienst, der ohne Person auskommen muss, kann nur EWS (Anwendungsberechtigung full_access_as_app) und Autodiscover per SOAP verwenden." },
        ]
        links ["https://github.com/MicrosoftDocs/OfficeDocs-Support/blob/HEAD/Exchange/ExchangeOnline/development/pox-autodiscover-not-supported-oauth-client-credentials-grant.md", "https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference"]
    }
}

/// Who asked, as far as the answer depends on it.
#[derive(Debug, Clone, Copy)]
pub enum Asker<'a> {
    /// A person, or nobody.
    Person,
    /// Whoever holds a token that does not say whose it is.
    Unsaid,
    /// An application, with this token of its own.
    App(&'a Token),
}

/// Who asked at this attempt. By SOAP an application may ask too.
pub fn asker<'a>(subject: &'a Subject, attempt: &Attempt) -> Asker<'a> {
    let is_by_token = subject.credential == Some(Credential::Token) && attempt.probe.sign_in == SignIn::Given;
    if !is_by_token || attempt.step == Step::Soap {
        return Asker::Person;
    }
    match subject.token.as_ref().map(|token| (token::holder(token), token)) {
        Some((Some(Holder::App), token)) => Asker::App(token),
        Some((Some(Holder::Person), _)) => Asker::Person,
        Some((None, _)) | None => Asker::Unsaid,
    }
}

/// With what the reader needs to know of the asker's token.
pub fn named(finding: Finding, asker: Asker<'_>) -> Finding {
    let Asker::App(token) = asker else { return finding };
    let claim = match &token.kind {
        Some(kind) => format!("idtyp: {kind}"),
        None => format!("roles: {}", token.roles.join(" ")),
    };
    finding.with("claim", bounded(&claim)).with("app", token.app.as_deref().unwrap_or("APP"))
}
