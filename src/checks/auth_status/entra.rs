//! What does Entra ID say where it lets nobody in, and who has to do what?
//!
//! The words of its error codes, offline for `exdiag explain`, and the findings about those that an answer
//! holds.

use super::{ACCOUNT_BLOCKED, AS_ENTRA_SAYS, PASSWORD_EXPIRED, REJECTED, token};
use crate::evidence::Subject;
use crate::finding::{Finding, Lang, Owner, Remedy};
use crate::findings;
use crate::protocol::entra::{self, PAGE, Told, Who};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

findings! {
    ENTRA_ERROR = "auth.entra-error", Fail, Entra {
        title { en: "Entra ID does not let {user} in: {number}", de: "Entra ID lässt {user} nicht ein: {number}" }
        meaning {
            en: "{what} As long as that is so, neither a client nor a sync service gets a token for this mailbox.",
            de: "{what} Solange das so ist, bekommt weder ein Client noch ein Sync-Dienst ein Token für dieses Postfach.",
        }
        remedy { en: "{todo}", de: "{todo}" }
        steps [
            { en: "Find the sign-in in the log: Entra admin center, Monitoring & health, Sign-in logs, filtered by user or correlation id.", de: "Suchen Sie die Anmeldung im Protokoll: Entra Admin Center, Überwachung und Integrität, Anmeldeprotokolle, gefiltert nach Benutzer oder Korrelations-ID." },
            { en: "Read again what the number means:", de: "Lesen Sie nach, was die Nummer bedeutet:", Shell "exdiag explain {number}" },
        ]
        links ["https://learn.microsoft.com/entra/identity-platform/reference-error-codes"]
    }
    MFA_REQUIRED = "auth.mfa-required", Fail, User {
        title { en: "A second factor is demanded of {user}: {number}", de: "Von {user} wird ein zweiter Faktor verlangt: {number}" }
        meaning {
            en: "{what} Whoever can only send a password, a sync service above all, never gets past it; app passwords do not help with Exchange Online.",
            de: "{what} Wer nur ein Passwort senden kann, vor allem ein Sync-Dienst, kommt daran nie vorbei; App-Kennwörter helfen bei Exchange Online nicht.",
        }
        remedy { en: "{todo}", de: "{todo}" }
        steps [
            { en: "Connect the mailbox anew in the app by the sign-in of Microsoft 365 (OAuth), and confirm the second factor in the browser.", de: "Verbinden Sie das Postfach in der App neu, über die Anmeldung von Microsoft 365 (OAuth), und bestätigen Sie den zweiten Faktor im Browser." },
            { en: "See which factors the user has:", de: "Sehen Sie nach, welche Faktoren der Benutzer hat:", Powershell "Get-MgUserAuthenticationMethod -UserId '{mailbox}'" },
        ]
        links ["https://learn.microsoft.com/entra/identity/authentication/concept-mfa-howitworks"]
    }
    CONSENT_REQUIRED = "auth.consent-required", Fail, Entra {
        title { en: "The app has no consent for the mailbox of {user}: {number}", de: "Der App fehlt die Zustimmung für das Postfach von {user}: {number}" }
        meaning {
            en: "{what} Until somebody consents, Entra ID gives the app no token, whatever the password.",
            de: "{what} Bis jemand zustimmt, gibt Entra ID der App kein Token, gleich mit welchem Passwort.",
        }
        remedy { en: "{todo}", de: "{todo}" }
        steps [
            { en: "As an admin, open this address and accept (where APP stands, the error has named no app: put in its client id):", de: "Öffnen Sie als Administrator diese Adresse und stimmen Sie zu (steht dort APP, nannte der Fehler keine App: Setzen Sie deren Client-ID ein):", Config "https://login.microsoftonline.com/{domain}/adminconsent?client_id={app}" },
            { en: "See what users themselves may consent to:", de: "Sehen Sie nach, wozu Benutzer selbst zustimmen dürfen:", Powershell "(Get-MgPolicyAuthorizationPolicy).DefaultUserRolePermissions.PermissionGrantPoliciesAssigned" },
        ]
        links ["https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent"]
    }
}

/// Where a user of Exchange Online signs in by hand.
const BY_HAND: &str = "outlook.office365.com";

/// All texts of a finding's particulars, in which an error may be quoted.
pub fn texts(data: &BTreeMap<String, Value>) -> String {
    // a list of numbers is written as the endpoint writes it
    data.iter().map(|(name, value)| format!("\"{name}\": {value}\n")).collect::<Vec<_>>().concat()
}

/// A finding for each code of a text, in the order told.
pub fn about(subject: &Subject, text: &str) -> Vec<Finding> {
    let told = entra::read(text);
    told.numbers.iter().map(|number| of_number(subject, *number, &told)).collect()
}

fn of_number(subject: &Subject, number: u32, told: &Told) -> Finding {
    let known = entra::find(number);
    // what is done about these at a server of one's own does not help in the cloud
    let in_the_cloud = Some(&AS_ENTRA_SAYS);
    let (code, case): (_, Option<&'static Remedy>) = match known.map(|code| code.finding) {
        Some(id) if id == MFA_REQUIRED.id => (&MFA_REQUIRED, None),
        Some(id) if id == CONSENT_REQUIRED.id => (&CONSENT_REQUIRED, None),
        Some(id) if id == REJECTED.id => (&REJECTED, in_the_cloud),
        Some(id) if id == PASSWORD_EXPIRED.id => (&PASSWORD_EXPIRED, in_the_cloud),
        Some(id) if id == ACCOUNT_BLOCKED.id => (&ACCOUNT_BLOCKED, in_the_cloud),
        Some(id) if id == token::AUDIENCE.id => (&token::AUDIENCE, in_the_cloud),
        Some(id) if id == token::EXPIRED.id => (&token::EXPIRED, None),
        // of the realm, its own question tells more than a number
        _ => (&ENTRA_ERROR, None),
    };
    let name = format!("AADSTS{number}");
    let app = told.app.as_deref().unwrap_or(APP);
    let (what, todo) = if let Some(code) = known {
        let (mailbox, domain) = (subject.label(), subject.domain());
        let here = Known { mailbox, domain, tenant: domain, app };
        let remedy = code.remedy.map(|text| here.fill(text.trim_end_matches('.')));
        let [en, de] = &remedy;
        (both(code.meaning), both([en, de]))
    } else {
        let todo = ["Read what Microsoft says about it", "Lesen Sie, was Microsoft dazu sagt"];
        let [en, de] = todo.map(|text| format!("{text}: {PAGE}{number}"));
        (both(UNKNOWN), both([&en, &de]))
    };
    let user = super::user(subject);
    let mut finding = Finding::new(code)
        .host(BY_HAND)
        .owner(known.map_or(code.owner, |known| owner(known.who)))
        .with("user", user)
        .with("number", name.as_str())
        .with("sign", name.as_str())
        .with("audience", told.resource.as_deref().unwrap_or("-"))
        .with("name", "DOMAIN\\name")
        .with("forms", json!(["UPN"]))
        .with("what", what)
        .with("todo", todo)
        .with("app", app)
        .with("link", format!("{PAGE}{number}"));
    for (key, value) in
        [("correlation_id", &told.correlation), ("trace_id", &told.trace), ("timestamp", &told.timestamp)]
    {
        if let Some(value) = value {
            finding = finding.with(key, value.as_str());
        }
    }
    finding.remedy = case;
    finding
}

const UNKNOWN: [&str; 2] = ["exdiag does not know this number.", "exdiag kennt diese Nummer nicht."];

/// Stands where the client id of the app is not known.
pub const APP: &str = "APP";

/// What fills the gaps of the table's texts.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The address, for MAILBOX.
    pub mailbox: &'a str,
    /// Its domain, for DOMAIN.
    pub domain: &'a str,
    /// What the sign-in page takes for the tenant, for TENANT.
    pub tenant: &'a str,
    /// The client id of the app, for APP.
    pub app: &'a str,
}

impl Known<'_> {
    /// Without a mailbox: the gaps stay for the reader, but the sign-in page finds the tenant of an admin itself.
    pub const fn nothing() -> Self {
        Self { mailbox: "MAILBOX", domain: "DOMAIN", tenant: "organizations", app: APP }
    }

    fn fill(&self, text: &str) -> String {
        let Self { mailbox, domain, tenant, app } = self;
        // the address last, for a gap's name may stand in it
        text.replace("TENANT", tenant).replace(APP, app).replace("DOMAIN", domain).replace("MAILBOX", mailbox)
    }
}

/// The gaps that a text still has, as a sentence; empty where there is none.
fn gaps(text: &str, lang: Lang) -> String {
    let all = [
        ("MAILBOX", ["the mailbox's address", "die Adresse des Postfachs"]),
        ("DOMAIN", ["its domain", "deren Domain"]),
        (APP, ["the client id of the app", "die Client-ID der App"]),
    ];
    let open: Vec<String> = all
        .iter()
        .filter(|(name, _)| text.contains(name))
        .map(|(name, what)| format!("{name}: {}", pick(lang, *what)))
        .collect();
    let put = pick(lang, ["Put in", "Setzen Sie ein"]);
    if open.is_empty() { String::new() } else { format!("\n{put}: {}.\n", open.join("; ")) }
}

/// A text in both languages, as it fills a gap.
fn both([en, de]: [&str; 2]) -> Value {
    json!({"en": en, "de": de})
}

fn owner(who: Who) -> Owner {
    match who {
        Who::User => Owner::User,
        Who::Entra => Owner::Entra,
        Who::Caller => Owner::Caller,
        Who::Sync => Owner::Sync,
        Who::Exchange => Owner::Exchange,
        Who::Network => Owner::Network,
    }
}

/// The numbers that a word or a pasted text names: `53003`, `AADSTS53003`, a page, the JSON of an answer;
/// `None` where it names none.
pub fn told(text: &str) -> Option<Told> {
    let bare = text.trim();
    let is_number = (5..=7).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit());
    let told = if is_number { entra::read(&format!("AADSTS{bare}")) } else { entra::read(text) };
    (!told.numbers.is_empty()).then_some(told)
}

/// Whether the table knows the number.
pub fn is_known(number: u32) -> bool {
    entra::find(number).is_some()
}

/// Whether one of the numbers says that the consent to the app is missing.
pub fn is_about_consent(told: &Told) -> bool {
    told.numbers.iter().filter_map(|number| entra::find(*number)).any(|code| code.finding == CONSENT_REQUIRED.id)
}

/// What the numbers mean and what to do, Markdown; the ids of the text in front.
pub fn explain(told: &Told, known: &Known<'_>, lang: Lang) -> String {
    let known = Known { app: told.app.as_deref().unwrap_or(known.app), ..*known };
    let mut out = String::new();
    let ids = [
        (&told.timestamp, "Time", "Zeit"),
        (&told.correlation, "Correlation id", "Korrelations-ID"),
        (&told.trace, "Trace id", "Ablaufverfolgungs-ID"),
    ];
    for (value, en, de) in ids {
        if let Some(value) = value {
            let _ = writeln!(out, "{}: {value}", pick(lang, [en, de]));
        }
    }
    if !out.is_empty() {
        let hint = pick(
            lang,
            [
                "By them the sign-in is found in the Entra admin center (Monitoring & health, Sign-in logs).",
                "Damit ist die Anmeldung im Entra Admin Center zu finden (Überwachung und Integrität, Anmeldeprotokolle).",
            ],
        );
        let _ = writeln!(out, "\n{hint}\n");
    }
    let sections: Vec<String> = told.numbers.iter().map(|number| section(*number, &known, lang)).collect();
    out + &sections.join("\n")
}

fn section(number: u32, known: &Known<'_>, lang: Lang) -> String {
    let [finding, who, act, more] = [
        ["Finding", "Befund"],
        ["Who must act", "Wer handeln muss"],
        ["What to do", "Was zu tun ist"],
        ["Read more", "Mehr dazu"],
    ]
    .map(|pair| pick(lang, pair));
    let Some(code) = entra::find(number) else {
        return format!("# AADSTS{number}\n\n{}\n\n## {more}\n\n- <{PAGE}{number}>\n", pick(lang, UNKNOWN));
    };
    let remedy = known.fill(pick(lang, code.remedy));
    format!(
        "# AADSTS{number}\n\n**{}**\n\n{finding}: {} · {who}: {}\n\n## {act}\n\n{remedy}\n{}\n## {more}\n\n- <{PAGE}{number}>\n",
        pick(lang, code.meaning),
        code.finding,
        owner(code.who).title().of(lang),
        gaps(&remedy, lang),
    )
}

const fn pick(lang: Lang, [en, de]: [&'static str; 2]) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::De => de,
    }
}

/// All codes as one page of the documentation, Markdown.
pub fn page(lang: Lang) -> String {
    let mut out = String::from(pick(
        lang,
        [
            "# Error codes of Entra ID\n\nWhat `exdiag explain AADSTS53003` knows offline; it also takes a pasted error text, or one on standard \
         input (`-`). Put in the mail address for MAILBOX, its domain for DOMAIN, the app's client id for APP.\n\n| code | finding | who must act | what it means | what to do |\n| --- | --- | --- | --- | --- |\n",
            "# Fehlercodes von Entra ID\n\nWas `exdiag explain AADSTS53003` ohne Netz weiß; auch ein eingefügter Fehlertext oder einer auf der \
         Standardeingabe (`-`) wird gelesen. Setzen Sie für MAILBOX die Mailadresse ein, für DOMAIN deren Domain, für APP die Client-ID der App.\n\n| Code | Befund | wer handeln muss | was er bedeutet | was zu tun ist |\n| --- | --- | --- | --- | --- |\n",
        ],
    ));
    for code in entra::table() {
        let _ = writeln!(
            out,
            "| AADSTS{} | {} | {} | {} | {} |",
            code.number,
            code.finding,
            owner(code.who).title().of(lang),
            pick(lang, code.meaning),
            Known::nothing().fill(pick(lang, code.remedy)).replace('|', "\\|"),
        );
    }
    out
}
