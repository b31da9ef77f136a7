//! Can the access token that the user gave work, and what does a server say that refuses it?

use super::entra::APP;
use super::user;
use crate::checks::common::mailbox::AS_ENTRA_SAYS;
use crate::evidence::{Response, Stop, Subject, Token, TokenForm, View};
use crate::finding::{Code, Finding, Owner, Severity};
use crate::findings;
use crate::protocol::challenge::{self, Diagnostics};
use crate::protocol::cloud::membership;
use crate::protocol::eas;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::token::{self, Reach, Unfit};
use serde_json::{Value, json};

findings! {
    EXPIRED = "auth.token-expired", Fail, Caller {
        title { en: "The token of {user} is no longer valid ({sign})", de: "Das Token von {user} gilt nicht mehr ({sign})" }
        meaning {
            en: "{what} An access token lasts about an hour; a refresh token is over when the password changes, an admin revokes it or a policy demands a new sign-in.",
            de: "{what} Ein Zugriffstoken gilt etwa eine Stunde; ein Refresh-Token endet, wenn das Passwort geändert wird, die Administration es widerruft oder eine Richtlinie eine neue Anmeldung verlangt.",
        }
        remedy { en: "{todo}", de: "{todo}" }
        steps [
            { en: "For exdiag, get a new one and use it (where APP stands, put in the client id of your app):", de: "Holen Sie für exdiag ein neues und verwenden Sie es (steht hier APP, setzen Sie die Client-ID Ihrer App ein):", Shell "exdiag login {mailbox} --client-id {app} --output token.txt\nexdiag check {mailbox} --token-file token.txt" },
            { en: "For a sync service, sign in again in its app.", de: "Melden Sie sich für einen Sync-Dienst in dessen App neu an." },
        ]
        links ["https://learn.microsoft.com/entra/identity-platform/access-tokens"]
    }
    AUDIENCE = "auth.token-audience", Fail, Entra {
        title { en: "The access token is not meant for {host}", de: "Das Zugriffstoken ist nicht für {host} bestimmt" }
        meaning {
            en: "Exchange takes a token only if its audience names it; this one has {audience}. Either it was asked for another resource, the host is missing from the service principal of Exchange, or TLS ends in front of the server (offloading).",
            de: "Exchange nimmt ein Token nur, wenn dessen Zielgruppe (audience) es nennt; dieses hat {audience}. Entweder wurde es für eine andere Ressource geholt, der Host fehlt im Dienstprinzipal von Exchange, oder TLS endet vor dem Server (Offloading).",
        }
        remedy { en: "Ask for a token with the right resource; for a server of your own add https://{host}/ to the service principal names of Exchange", de: "Holen Sie ein Token für die richtige Ressource; ergänzen Sie für einen eigenen Server https://{host}/ in den Dienstprinzipalnamen von Exchange" }
        steps [
            { en: "For Exchange Online, the scope has to begin with https://outlook.office.com/:", de: "Für Exchange Online muss der Geltungsbereich mit https://outlook.office.com/ beginnen:", Shell "exdiag login {mailbox} --client-id {app} --output token.txt" },
            { en: "For a server of your own, see which names are there:", de: "Sehen Sie für einen eigenen Server nach, welche Namen eingetragen sind:", Powershell "(Get-MgServicePrincipal -Filter \"AppId eq '00000002-0000-0ff1-ce00-000000000000'\").ServicePrincipalNames" },
            { en: "Add the name that is missing, as an admin of Entra ID:", de: "Ergänzen Sie als Entra-ID-Administrator den fehlenden:", Powershell "Connect-MgGraph -Scopes Application.ReadWrite.All\n$x = Get-MgServicePrincipal -Filter \"AppId eq '00000002-0000-0ff1-ce00-000000000000'\"\n$x.ServicePrincipalNames += 'https://{host}/'\nUpdate-MgServicePrincipal -ServicePrincipalId $x.Id -ServicePrincipalNames $x.ServicePrincipalNames" },
            { en: "Behind a balancer, encrypt again towards Exchange instead of offloading TLS.", de: "Verschlüsseln Sie hinter dem Load Balancer zum Exchange hin erneut, statt TLS dort enden zu lassen." },
        ]
        cases [AS_ENTRA_SAYS]
        links ["https://learn.microsoft.com/microsoft-365/enterprise/configure-exchange-server-for-hybrid-modern-authentication"]
    }
    TOKEN_REJECTED = "auth.token-rejected", Fail, Entra {
        title { en: "{host} refuses the access token of {user}", de: "{host} lehnt das Zugriffstoken von {user} ab" }
        meaning {
            en: "{why} It was sent once and not again.",
            de: "{why} Es wurde einmal gesendet und nicht wieder.",
        }
        remedy { en: "Get a new token for this mailbox and this server, and see that the server trusts its tenant", de: "Holen Sie ein neues Token für dieses Postfach und diesen Server und prüfen Sie, ob der Server dem Mandanten vertraut" }
        steps [
            { en: "Get a new token and try it:", de: "Holen Sie ein neues Token und testen Sie es:", Shell "exdiag login {mailbox} --client-id {app} --output token.txt\nexdiag check {mailbox} --token-file token.txt" },
            { en: "On a server of your own, see whether OAuth is on and whom it trusts:", de: "Sehen Sie auf einem eigenen Server nach, ob OAuth eingeschaltet ist und wem er vertraut:", Powershell "Get-OrganizationConfig | Format-List OAuth2ClientProfileEnabled\nGet-AuthServer | Format-List Name,Type,Realm,Enabled,IsDefaultAuthorizationEndpoint" },
        ]
        links ["https://learn.microsoft.com/microsoft-365/enterprise/configure-exchange-server-for-hybrid-modern-authentication"]
    }
    SCOPE = "auth.token-scope", Fail, Caller {
        title { en: "The access token gives no right to {service}", de: "Das Zugriffstoken berechtigt nicht zu {service}" }
        meaning {
            en: "It holds {scopes}. ActiveSync needs EAS.AccessAsUser.All, EWS needs EWS.AccessAsUser.All; a token without them is refused, or lets the user in and then refuses the mailbox.",
            de: "Es enthält {scopes}. ActiveSync braucht EAS.AccessAsUser.All, EWS braucht EWS.AccessAsUser.All; ein Token ohne sie wird abgelehnt, oder die Anmeldung gelingt und das Postfach bleibt zu.",
        }
        remedy { en: "Add the permission to the app, consent to it, and get a new token", de: "Fügen Sie der App die Berechtigung hinzu, stimmen Sie ihr zu und holen Sie ein neues Token" }
        steps [
            { en: "App registrations, API permissions, Add, APIs my organization uses, \"Office 365 Exchange Online\", Delegated: EAS.AccessAsUser.All and EWS.AccessAsUser.All.", de: "App-Registrierungen, API-Berechtigungen, Hinzufügen, „Von meiner Organisation verwendete APIs“, „Office 365 Exchange Online“, Delegiert: EAS.AccessAsUser.All und EWS.AccessAsUser.All." },
            { en: "Then:", de: "Danach:", Shell "exdiag login {mailbox} --client-id {app} --output token.txt" },
        ]
        links ["https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth"]
    }
    OTHER_ACCOUNT = "auth.token-other-account", Warn, Caller {
        title { en: "The access token is for {other}, not for {mailbox}", de: "Das Zugriffstoken ist für {other}, nicht für {mailbox}" }
        meaning {
            en: "A token opens the mailbox of whoever signed in. Where the sign-in name only differs from the mail address this is as it should be; a token of another tenant or of somebody else opens nothing here.",
            de: "Ein Token öffnet das Postfach der Person, die sich angemeldet hat. Weicht nur der Anmeldename von der Mailadresse ab, ist das in Ordnung; ein Token eines anderen Mandanten oder einer anderen Person öffnet hier nichts.",
        }
        remedy { en: "Sign in as the owner of the mailbox, in the tenant of its domain", de: "Melden Sie sich als Inhaber des Postfachs an, im Mandanten seiner Domain" }
        steps [
            { en: "In a private window of the browser, so that no other account is taken:", de: "In einem privaten Fenster des Browsers, damit kein anderes Konto genommen wird:", Shell "exdiag login {mailbox} --client-id {app} --output token.txt" },
        ]
        links ["https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference"]
    }
    NOT_YET = "auth.token-not-yet-valid", Warn, Caller {
        title { en: "The access token holds from {start} only, by this machine's clock later than now", de: "Das Zugriffstoken gilt erst ab {start}, nach der Uhr dieses Rechners später als jetzt" }
        meaning {
            en: "A token holds from the moment it is issued. Where that lies ahead, the clock of this machine is behind, or the token was made by somebody whose clock is ahead; a server whose clock is right then refuses it.",
            de: "Ein Token gilt ab dem Moment, in dem es ausgestellt wird. Liegt der in der Zukunft, geht die Uhr dieses Rechners nach, oder die Uhr des Ausstellers geht vor; dann lehnt ein Server mit richtiger Uhr es ab.",
        }
        remedy { en: "Set the clock, then get a new token", de: "Stellen Sie die Uhr und holen Sie dann ein neues Token" }
        steps [
            { en: "See how far this machine's clock is off:", de: "Sehen Sie nach, wie weit die Uhr dieses Rechners abweicht:", Shell "w32tm /stripchart /computer:time.windows.com /samples:1 /dataonly" },
            { en: "Get a new one:", de: "Holen Sie ein neues:", Shell "exdiag login {mailbox} --client-id {app} --output token.txt" },
        ]
        links ["https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference"]
    }
    TOO_LONG = "auth.token-too-long", Warn, Entra {
        title { en: "The access token has {length} bytes, more than Windows takes unless told to", de: "Das Zugriffstoken hat {length} Bytes, mehr als Windows von sich aus annimmt" }
        meaning {
            en: "HTTP.sys, which receives requests for Exchange, takes header lines of up to 16,384 bytes and answers longer ones with HTTP 400, before Exchange sees them. Tokens grow with the groups and roles that the app has asked to stand in them.",
            de: "HTTP.sys, das Anfragen für Exchange entgegennimmt, lässt Headerzeilen bis 16.384 Bytes zu und beantwortet längere mit HTTP 400, bevor Exchange sie sieht. Token wachsen mit den Gruppen und Rollen, die darin stehen sollen.",
        }
        remedy { en: "Leave groups out of the app's tokens, or let the server take longer headers", de: "Nehmen Sie die Gruppen aus den Token der App heraus oder lassen Sie den Server längere Header annehmen" }
        steps [
            { en: "App registrations, Token configuration: remove the groups claim, or limit it to groups assigned to the application.", de: "App-Registrierungen, Tokenkonfiguration: Entfernen Sie den Gruppenanspruch oder beschränken Sie ihn auf Gruppen, die der Anwendung zugewiesen sind." },
            { en: "Or on a server of your own, then restart it:", de: "Oder auf einem eigenen Server; starten Sie ihn danach neu:", Powershell "$http = 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters'\nNew-ItemProperty $http -Name MaxFieldLength -PropertyType DWord -Value 65534 -Force\nNew-ItemProperty $http -Name MaxRequestBytes -PropertyType DWord -Value 131072 -Force" },
        ]
        links ["https://learn.microsoft.com/troubleshoot/developer/webapps/iis/iisadmin-service-inetinfo/httpsys-registry-windows"]
    }
    CLAIMS = "auth.token-claims", Info, Caller {
        title { en: "The access token is for {audience}, signed in as {account}, until {until}", de: "Das Zugriffstoken ist für {audience}, angemeldet als {account}, bis {until}" }
        meaning {
            en: "Read from the token itself, without sending it anywhere; nobody has verified its signature. Rights: {rights}; tenant: {tenant}; app: {app}.",
            de: "Aus dem Token selbst gelesen, ohne es irgendwohin zu senden; seine Signatur hat niemand geprüft. Rechte: {rights}; Mandant: {tenant}; App: {app}.",
        }
    }
    OPAQUE = "auth.token-opaque", Info, Caller {
        title { en: "The access token cannot be read here", de: "Das Zugriffstoken lässt sich hier nicht lesen" }
        meaning {
            en: "Only its issuer can read it, as with the tokens of personal accounts (outlook.com). Audience, rights and expiry are not known before the server has judged it.",
            de: "Nur sein Aussteller kann es lesen, wie bei den Token persönlicher Konten (outlook.com). Zielgruppe, Rechte und Ablauf sind erst bekannt, wenn der Server geurteilt hat.",
        }
    }
}

/// The tenant of all personal accounts.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// What the token's own claims say; `accepted` where the server has taken it, who then knows better.
pub fn findings(view: &View<'_>, endpoint: Option<&Endpoint>, accepted: bool) -> Result<Vec<Finding>, Stop> {
    let subject = view.subject();
    let Some(token) = &subject.token else { return Ok(Vec::new()) };
    let calm = |usual| if accepted { Severity::Info } else { usual };
    let mut found = Vec::new();
    if let Some(length) = token.length.filter(|length| *length > token::FITS_WINDOWS) {
        found.push(Finding::new(&TOO_LONG).severity(calm(Severity::Warn)).with("length", length));
    }
    if token.form == TokenForm::Opaque {
        found.push(Finding::new(&OPAQUE));
        return Ok(found);
    }
    found.push(claims(token));
    let at = |code| endpoint.map_or_else(|| Finding::new(code), |at| Finding::new(code).host(&at.host).port(at.port));
    let unfit = match endpoint {
        Some(endpoint) => eas::token_unfit(view, endpoint),
        // its time is over wherever it would go
        None => token::unfit(token, subject, subject.domain(), view.asked_at()).filter(|why| *why == Unfit::Expired),
    };
    match unfit {
        Some(Unfit::Expired) => {
            let until = token.expires.map(|end| end.to_string()).unwrap_or_default();
            found.push(
                at(&EXPIRED)
                    .with("app", app(Some(token)))
                    .with("user", user(subject))
                    .with("sign", until)
                    .with("what", json!({"en": "Its own expiry is past, so it was not sent.", "de": "Sein eigener Ablauf ist vorbei, es wurde deshalb nicht gesendet."}))
                    .with("todo", json!({"en": "Get a new token", "de": "Holen Sie ein neues Token"})),
            );
            return Ok(found);
        }
        Some(Unfit::Audience) => {
            found.push(
                at(&AUDIENCE).owner(Owner::Caller).with("app", app(Some(token))).with("audience", audience(token)),
            );
            return Ok(found);
        }
        None => {}
    }
    if let Some(start) = token.not_before.filter(|_| token::is_early(token, view.asked_at())) {
        let finding = Finding::new(&NOT_YET).severity(calm(Severity::Warn)).with("app", app(Some(token)));
        found.push(finding.with("start", start.to_string()));
    }
    let scope = |service: &str, usual| {
        let rights: Vec<&String> = token.scopes.iter().chain(&token.roles).collect();
        Finding::new(&SCOPE)
            .severity(calm(usual))
            .with("app", app(Some(token)))
            .with("service", service)
            .with("scopes", json!(rights))
    };
    match token::reach(token) {
        Reach::Nothing => found.push(scope("ActiveSync, EWS", Severity::Fail)),
        Reach::EwsAlone => found.push(scope("ActiveSync", Severity::Warn)),
        Reach::ActiveSync => {}
    }
    if let Some(other) = other_account(view, subject, token)? {
        let finding = Finding::new(&OTHER_ACCOUNT).severity(calm(Severity::Warn));
        found.push(finding.with("app", app(Some(token))).with("other", other));
    }
    Ok(found)
}

fn claims(token: &Token) -> Finding {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let rights: Vec<&String> = token.scopes.iter().chain(&token.roles).collect();
    Finding::new(&CLAIMS)
        .with("audience", audience(token))
        .with("account", or_dash(&token.user))
        .with("until", token.expires.map_or_else(|| "-".to_owned(), |end| end.to_string()))
        .with("rights", if rights.is_empty() { json!("-") } else { json!(rights) })
        .with("tenant", or_dash(&token.tenant))
        .with("app", or_dash(&token.app))
}

/// The app that a new token is to be for: that of the old one, where it says so.
fn app(token: Option<&Token>) -> &str {
    token.and_then(|token| token.app.as_deref()).unwrap_or(APP)
}

fn audience(token: &Token) -> &str {
    token.audience.as_deref().unwrap_or("-")
}

/// Whose token it is, where it is not the mailbox's.
fn other_account(view: &View<'_>, subject: &Subject, token: &Token) -> Result<Option<Value>, Stop> {
    let Some(mailbox) = &subject.mailbox else { return Ok(None) };
    let realm = membership(view)?.and_then(|member| member.realm).and_then(|realm| realm.tenant);
    if let Some(tenant) = &token.tenant {
        if tenant == PERSONAL && realm.is_some() {
            return Ok(Some(json!({"en": "a personal account", "de": "ein persönliches Konto"})));
        }
        if realm.as_ref().is_some_and(|realm| !realm.eq_ignore_ascii_case(tenant)) {
            return Ok(Some(json!({"en": format!("tenant {tenant}"), "de": format!("den Mandanten {tenant}")})));
        }
    }
    let named = subject.user.as_deref();
    let is_own = |user: &String| {
        user.eq_ignore_ascii_case(&mailbox.address) || named.is_some_and(|named| named.eq_ignore_ascii_case(user))
    };
    Ok(token.user.as_ref().filter(|user| !is_own(user)).map(|user| json!(user)))
}

/// What a 401 says of the token: the finding that it is, with the server's reasons.
pub fn refused(response: &Response, token: Option<&Token>, said: impl FnOnce(&'static Code) -> Finding) -> Finding {
    let said = |code| said(code).with("app", app(token));
    let diagnostics = challenge::diagnostics(response);
    let category = diagnostics.as_ref().map(|said| said.category.as_str()).unwrap_or_default();
    let number = diagnostics.as_ref().map_or(0, |said| said.number);
    let reason = diagnostics.as_ref().map(|said| said.reason.as_str()).unwrap_or_default();
    // 2000003 invalid_resource is the one number whose meaning is sure
    if category == "invalid_resource" || (category.is_empty() && number == 2_000_003) {
        let audience = token.map_or("-", audience).to_owned();
        return said(&AUDIENCE).with("audience", audience);
    }
    if category == "token_expired" || reason.to_ascii_lowercase().contains("expired") {
        return said(&EXPIRED)
            .with("what", json!({"en": "The server says so itself.", "de": "Das sagt der Server selbst."}))
            .with("todo", json!({"en": "Get a new token", "de": "Holen Sie ein neues Token"}));
    }
    let bearer = challenge::offered(response).into_iter().find(|challenge| challenge.is("Bearer"));
    let wants_claims = bearer.is_some_and(|bearer| {
        bearer.parameter("claims").is_some() || bearer.parameter("error") == Some("insufficient_claims")
    });
    said(&TOKEN_REJECTED).with("why", why(category, wants_claims, diagnostics.as_ref()))
}

const UNSAID: [&str; 2] = [
    "The server does not say why. Usually it has expired or is meant for another server, or the mailbox is not the token's.",
    "Der Server sagt nicht, warum. Meist ist es abgelaufen oder für einen anderen Server bestimmt, oder das Postfach gehört nicht zum Token.",
];

/// The same where nobody says why.
pub fn unsaid(finding: Finding, token: Option<&Token>) -> Finding {
    finding.with("app", app(token)).with("why", why("", false, None))
}

fn why(category: &str, wants_claims: bool, diagnostics: Option<&Diagnostics>) -> Value {
    let [en, de] = match category {
        _ if wants_claims => [
            "The server wants a token that was issued after the last change of the account or its policies (continuous access evaluation).",
            "Der Server will ein Token, das nach der letzten Änderung am Konto oder an dessen Richtlinien ausgestellt wurde (fortlaufende Zugriffsauswertung).",
        ],
        "invalid_signature" | "invalid_token" => [
            "The server cannot read it or does not accept its signature: it is damaged, or of an issuer that the server does not know.",
            "Der Server kann es nicht lesen oder erkennt die Signatur nicht an: Es ist beschädigt oder von einem Aussteller, den der Server nicht kennt.",
        ],
        "invalid_user" | "invalid_grant" => [
            "The server finds no mailbox for the user of the token.",
            "Der Server findet zum Benutzer des Tokens kein Postfach.",
        ],
        "invalid_tenant" | "invalid_issuer" | "invalid_client" => [
            "The server does not trust the tenant or the app that the token comes from.",
            "Der Server vertraut dem Mandanten oder der App nicht, von denen das Token kommt.",
        ],
        "oauth_not_available" => [
            "OAuth is not switched on for this domain or mailbox on the server.",
            "OAuth ist auf dem Server für diese Domain oder dieses Postfach nicht eingeschaltet.",
        ],
        _ => UNSAID,
    };
    match diagnostics.filter(|said| !said.reason.is_empty()) {
        Some(said) => json!({
            "en": format!("{en} Its words: \"{}\"", said.reason),
            "de": format!("{de} Seine Worte: „{}“", said.reason),
        }),
        None => json!({"en": en, "de": de}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Body;

    #[test]
    fn what_the_server_says_of_a_token_decides_by_its_category_or_its_words() {
        let of = |said: &str| {
            let response = Response {
                status: 401,
                headers: vec![("x-ms-diagnostics".to_owned(), said.to_owned())],
                body: Body { text: String::new(), length: 0, truncated: false },
            };
            refused(&response, None, Finding::new).code.id
        };
        assert_eq!(of("2000008;reason=\"Its time is over.\";error_category=\"token_expired\""), "auth.token-expired");
        assert_eq!(of("2000008;reason=\"The token is expired.\";error_category=\"x\""), "auth.token-expired");
        assert_eq!(of("2000003;reason=\"\";error_category=\"\""), "auth.token-audience");
        assert_eq!(of("2000001;reason=\"no\";error_category=\"invalid_token\""), "auth.token-rejected");
    }
}
