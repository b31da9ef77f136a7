//! May the mailbox's user work with EWS, as a sync service has to?
//!
//! Asked signed in, once ActiveSync has shown that the sign-in holds, and after its session: whatever
//! EWS says of the credentials then keeps nobody else from an answer.

use super::{about_service as about, service_fault};
use crate::checks::common::{self, exports};
use crate::evidence::{Credential, HttpProbe, HttpSeen, NoAnswer, Probe, Response, Stop, View};
use crate::finding::{Code, Finding, Sentence, Severity};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::ews::{self, Answer, OUTLOOK_FOR_MAC};
use crate::protocol::services::{Answers, Asked, Service, State};
use crate::protocol::{challenge, eas, session, trusted};
use crate::{findings, text};
use serde_json::{Value, json};

findings! {
    DISABLED = "server.ews-disabled", Fail, Exchange {
        title { en: "{mailbox} may not use EWS on {host} ({result})", de: "{mailbox} darf EWS auf {host} nicht verwenden ({result})" }
        meaning {
            en: "EWS refuses this mailbox, whatever the password: EWS is switched off for it or for all, or only listed applications may use it. Sync services reach an Exchange Server on-premises through EWS (Nylas does), so they get nothing, whatever ActiveSync says.",
            de: "EWS lehnt dieses Postfach mit jedem Passwort ab: EWS ist dafür oder für alle ausgeschaltet, oder nur gelistete Anwendungen dürfen es verwenden. Sync-Dienste erreichen einen Exchange Server vor Ort über EWS (so auch Nylas) und bekommen daher nichts, gleich was ActiveSync sagt.",
        }
        remedy { en: "Switch EWS on for the mailbox", de: "Schalten Sie EWS für das Postfach ein" }
        steps [
            { en: "See what holds for the mailbox and for all:", de: "Sehen Sie nach, was für das Postfach und für alle gilt:", Powershell "Get-CASMailbox '{mailbox}' | Format-List Ews*\nGet-OrganizationConfig | Format-List Ews*" },
            { en: "Switch it on:", de: "Schalten Sie es ein:", Powershell "Set-CASMailbox '{mailbox}' -EwsEnabled $true" },
            { en: "If it is off for all, switch it on there, or take the list of applications away:", de: "Ist es für alle aus, schalten Sie es dort ein oder heben Sie die Liste der Anwendungen auf:", Powershell "Set-OrganizationConfig -EwsEnabled $true -EwsApplicationAccessPolicy $null" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/set-casmailbox", "https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-control-access-to-ews-in-exchange"]
    }
    APPLICATION_BLOCKED = "server.ews-application-blocked", Fail, Exchange {
        title { en: "EWS on {host} lets only certain applications into {mailbox}", de: "EWS auf {host} lässt nur bestimmte Anwendungen in {mailbox}" }
        meaning {
            en: "A list decides by the user agent who may use EWS ({shown}). A sync service that is not on it, or is blocked by it, gets HTTP 403 whatever the password.",
            de: "Eine Liste entscheidet nach dem User-Agent, wer EWS verwenden darf ({shown}). Ein Sync-Dienst, der nicht darauf steht oder durch sie gesperrt ist, bekommt mit jedem Passwort HTTP 403.",
        }
        remedy { en: "Put the sync service on the list of those allowed, or take it off the list of those blocked", de: "Setzen Sie den Sync-Dienst auf die Liste der erlaubten Anwendungen oder nehmen Sie ihn von der Liste der gesperrten" }
        steps [
            { en: "See which list holds, for the mailbox and for all:", de: "Sehen Sie nach, welche Liste gilt, für das Postfach und für alle:", Powershell "Get-CASMailbox '{mailbox}' | Format-List Ews*\nGet-OrganizationConfig | Format-List Ews*" },
            { en: "Ask the operator of the sync service for its user agent, and allow it:", de: "Fragen Sie den Betreiber des Sync-Dienstes nach seinem User-Agent und erlauben Sie ihn:", Powershell "Set-CASMailbox '{mailbox}' -EwsAllowList @{Add='<USER AGENT>*'}\nSet-OrganizationConfig -EwsAllowList @{Add='<USER AGENT>*'}" },
            { en: "Or do without the list:", de: "Oder verzichten Sie auf die Liste:", Powershell "Set-CASMailbox '{mailbox}' -EwsApplicationAccessPolicy $null\nSet-OrganizationConfig -EwsApplicationAccessPolicy $null" },
        ]
        links ["https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-control-access-to-ews-in-exchange"]
    }
    SIGN_IN_REFUSED = "server.ews-sign-in-refused", Fail, Exchange {
        title { en: "EWS on {host} refuses the sign-in of {mailbox} (HTTP 401)", de: "EWS auf {host} lehnt die Anmeldung von {mailbox} ab (HTTP 401)" }
        meaning {
            en: "It was sent once over verified TLS. {beside} The directory of EWS has its own settings for Basic, such as the domain that a bare name belongs to.",
            de: "Sie wurde einmal über geprüftes TLS gesendet. {beside} Das Verzeichnis von EWS hat eigene Einstellungen für Basic, etwa die Domäne, zu der ein bloßer Name gehört.",
        }
        remedy { en: "Compare the ways to sign in of EWS with those of ActiveSync", de: "Vergleichen Sie die Anmeldewege von EWS mit denen von ActiveSync" }
        steps [
            { en: "On the Exchange server:", de: "Auf dem Exchange-Server:", Powershell "Get-WebServicesVirtualDirectory | Format-List Server,*Authentication*\nGet-WebConfigurationProperty -PSPath 'IIS:\\Sites\\Default Web Site\\EWS' -Filter system.webServer/security/authentication/basicAuthentication -Name defaultLogonDomain" },
            { en: "Try the name in its other form:", de: "Versuchen Sie den Namen in der anderen Form:", Shell "exdiag check {mailbox} --user 'DOMAIN\\name' --ask-password --only server-version" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/set-webservicesvirtualdirectory"]
    }
    ACCOUNT_REFUSED = "server.ews-account-refused", Fail, Exchange {
        title { en: "EWS on {host} refuses the account of {mailbox} ({result})", de: "EWS auf {host} lehnt das Konto von {mailbox} ab ({result})" }
        meaning {
            en: "The account is disabled or blocked, or its password has expired. Nothing that signs in with it works until that is put right.",
            de: "Das Konto ist deaktiviert oder gesperrt, oder sein Passwort ist abgelaufen. Bis das behoben ist, funktioniert nichts, was sich damit anmeldet.",
        }
        remedy { en: "Enable the account, or give it a new password", de: "Aktivieren Sie das Konto oder geben Sie ihm ein neues Passwort" }
        steps [
            { en: "See its state:", de: "Sehen Sie seinen Zustand nach:", Powershell "Get-ADUser -Filter \"mail -eq '{mailbox}'\" -Properties LockedOut,Enabled,PasswordExpired | Format-List Name,LockedOut,Enabled,PasswordExpired" },
            { en: "Enable and unlock it:", de: "Aktivieren und entsperren Sie es:", Powershell "Get-ADUser -Filter \"mail -eq '{mailbox}'\" | Enable-ADAccount -PassThru | Unlock-ADAccount" },
        ]
        links ["https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode"]
    }
    NO_MAILBOX = "server.ews-no-mailbox", Fail, Exchange {
        title { en: "EWS on {host} finds no mailbox for {mailbox} ({result})", de: "EWS auf {host} findet kein Postfach für {mailbox} ({result})" }
        meaning {
            en: "The sign-in was accepted, but the account has no mailbox on this server: it was moved, removed or never made, or another account signs in than the mailbox's own.",
            de: "Die Anmeldung wurde angenommen, aber das Konto hat auf diesem Server kein Postfach: Es wurde verschoben, entfernt oder nie angelegt, oder es meldet sich ein anderes Konto an als das des Postfachs.",
        }
        remedy { en: "Find out where the mailbox is", de: "Stellen Sie fest, wo das Postfach liegt" }
        steps [
            { en: "See what Exchange has under the address:", de: "Sehen Sie nach, was Exchange unter der Adresse führt:", Powershell "Get-Recipient '{mailbox}' | Format-List RecipientTypeDetails,PrimarySmtpAddress,Database,ExternalEmailAddress" },
        ]
        links ["https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode"]
    }
    STORE_OFFLINE = "server.ews-store-offline", Fail, Exchange {
        title { en: "EWS on {host} does not reach the mailbox database of {mailbox} ({result})", de: "EWS auf {host} erreicht die Postfachdatenbank von {mailbox} nicht ({result})" }
        meaning {
            en: "EWS takes the sign-in, but the database with the mailbox is not mounted, or its server is off. Sync services get no mail until it is back.",
            de: "EWS nimmt die Anmeldung an, aber die Datenbank mit dem Postfach ist nicht bereitgestellt oder ihr Server ist aus. Bis sie wieder da ist, bekommen Sync-Dienste keine Mails.",
        }
        remedy { en: "Mount the database, or start the mailbox server", de: "Stellen Sie die Datenbank bereit oder starten Sie den Postfachserver" }
        steps [
            { en: "See whether the database is mounted:", de: "Sehen Sie nach, ob die Datenbank bereitgestellt ist:", Powershell "Get-Mailbox '{mailbox}' | Format-List Database,ServerName\nGet-MailboxDatabaseCopyStatus * | Format-Table Name,Status,ContentIndexState" },
            { en: "Mount it:", de: "Stellen Sie sie bereit:", Powershell "Mount-Database (Get-Mailbox '{mailbox}').Database" },
        ]
        links ["https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode"]
    }
    BUSY = "server.ews-busy", Warn, Exchange {
        title { en: "EWS on {host} throttles {mailbox} ({result})", de: "EWS auf {host} drosselt {mailbox} ({result})" }
        meaning {
            en: "The sign-in works, but the budget of this user is used up, or too many connections are open for it: {wait}. A sync service meets the same limit, is slowed down, and falls behind.",
            de: "Die Anmeldung gelingt, aber das Kontingent dieses Benutzers ist ausgeschöpft, oder es sind zu viele Verbindungen für ihn offen: {wait}. Ein Sync-Dienst trifft auf dieselbe Grenze, wird gebremst und hinkt hinterher.",
        }
        remedy { en: "Find what asks so much, or give the mailbox a throttling policy of its own", de: "Finden Sie, was so viel fragt, oder geben Sie dem Postfach eine eigene Drosselungsrichtlinie" }
        steps [
            { en: "See which policy holds:", de: "Sehen Sie nach, welche Richtlinie gilt:", Powershell "Get-ThrottlingPolicyAssociation '{mailbox}' | Format-List ThrottlingPolicyId\nGet-ThrottlingPolicy | Format-List Name,Ews*" },
            { en: "Give the mailbox one of its own (the number is an example):", de: "Geben Sie dem Postfach eine eigene (die Zahl ist ein Beispiel):", Powershell "New-ThrottlingPolicy SyncService -EwsMaxConcurrency 60\nSet-ThrottlingPolicyAssociation '{mailbox}' -ThrottlingPolicy SyncService" },
        ]
        links ["https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange"]
    }
    ERROR = "server.ews-error", Fail, Exchange {
        title { en: "EWS on {host} does not open the Inbox of {mailbox} ({result})", de: "EWS auf {host} öffnet den Posteingang von {mailbox} nicht ({result})" }
        meaning {
            en: "The sign-in works, but the question for the Inbox fails: {what}. A sync service gets the same answer.",
            de: "Die Anmeldung gelingt, aber die Frage nach dem Posteingang scheitert: {what}. Ein Sync-Dienst bekommt dieselbe Antwort.",
        }
        remedy { en: "Look the code up, then read the event log of the server", de: "Schlagen Sie den Code nach und lesen Sie dann das Ereignisprotokoll des Servers" }
        steps [
            { en: "See where the mailbox is, and whether it is being moved:", de: "Sehen Sie nach, wo das Postfach liegt und ob es gerade verschoben wird:", Powershell "Get-Mailbox '{mailbox}' | Format-List Database,ServerName\nGet-MoveRequest -Identity '{mailbox}' -ErrorAction SilentlyContinue | Format-List Status,TargetDatabase" },
            { en: "See what EWS has logged last:", de: "Sehen Sie nach, was EWS zuletzt protokolliert hat:", Powershell "Get-EventLog Application -Source 'MSExchange Web Services' -Newest 20 | Format-List TimeGenerated,EventID,Message" },
        ]
        links ["https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode"]
    }
    WORKS = "server.ews-works", Info, Exchange {
        title { en: "EWS on {host} opens the Inbox of {mailbox}, with {total} {total|item|items}", de: "EWS auf {host} öffnet den Posteingang von {mailbox}, mit {total} {total|Element|Elementen}" }
        meaning {
            en: "Asked as a sync service asks, signed in as the mailbox's user. No message was read.",
            de: "Gefragt wie von einem Sync-Dienst, angemeldet als Benutzer des Postfachs. Keine Nachricht wurde gelesen.",
        }
    }
    NOT_TRIED = "server.ews-not-tried", Info, Caller {
        title { en: "Whether {mailbox} may use EWS on {host} was not tried", de: "Ob {mailbox} EWS auf {host} verwenden darf, wurde nicht versucht" }
        meaning {
            en: "EWS can be switched off for one mailbox, which only a sign-in shows. None was sent to it: {why}.",
            de: "EWS lässt sich für ein einzelnes Postfach ausschalten, was nur eine Anmeldung zeigt. Dorthin wurde keine gesendet: {why}.",
        }
        remedy { en: "Try it by hand, or have an administrator look it up", de: "Versuchen Sie es von Hand oder lassen Sie es in Exchange nachsehen" }
        steps [
            { en: "curl signs in the way Windows does; of its last answer, 200 or 500 is in order, 403 means that EWS is refused to this user:", de: "curl meldet sich an, wie Windows es tut; als letzte Antwort ist 200 oder 500 in Ordnung, 403 heißt, dass EWS diesem Benutzer verwehrt ist:", Shell "curl -i --ntlm --user '{mailbox}' -H 'Content-Type: text/xml' -d '<x/>' {url}" },
            { en: "Or give exdiag what Exchange has on record:", de: "Oder geben Sie exdiag, was in Exchange eingetragen ist:", Powershell "Get-CASMailbox '{mailbox}' | ConvertTo-Json -Depth 3 > casmailbox.json", Shell "exdiag check {mailbox} --casmailbox casmailbox.json" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-casmailbox"]
    }
}

/// What came of asking for the Inbox.
#[derive(Debug)]
pub enum Signed<'a> {
    /// There is nobody to sign in, or another check tells why it was in vain.
    No,
    /// No sign-in was sent, for this reason.
    NotTried(Box<(HttpProbe, Sentence)>),
    /// It was asked.
    Asked(Box<Inbox<'a>>),
}

/// The question for the Inbox, and what came.
#[derive(Debug)]
pub struct Inbox<'a> {
    probe: HttpProbe,
    seen: &'a HttpSeen,
    /// Whether ActiveSync took the same sign-in.
    accepted: bool,
    credential: Credential,
    /// The same question as another application, where the first was answered with 403.
    as_outlook: Option<(HttpProbe, &'a HttpSeen)>,
}

impl<'a> Signed<'a> {
    /// Looks at EWS signed in, where it stands behind a sign-in that the credentials fit.
    pub fn look(view: &View<'a>, endpoint: &Endpoint, answers: &Answers<'a>) -> Result<Self, Stop> {
        let subject = view.subject();
        let (Some(credential), Some(mailbox)) = (subject.credential, &subject.mailbox) else { return Ok(Self::No) };
        let Some(anonymous) = answers.of(Service::Ews).filter(|ews| ews.state() == Some(State::Healthy)) else {
            return Ok(Self::No);
        };
        let online = anonymous.at().is_some_and(|(host, _)| trusted::is_microsoft(&host));
        let Some(response) = anonymous.response().filter(|_| !online) else { return Ok(Self::No) };
        let probe = ews::question(&anonymous.probe.url, &mailbox.address, false);
        let offered = challenge::offered(response);
        if !challenge::fits(&offered, credential) {
            return Ok(Self::NotTried(Box::new((probe, unfit(credential, &offered)))));
        }
        let Some(accepted) = accepted(view, endpoint)? else { return Ok(Self::No) };
        let seen = match view.http(&probe)? {
            Ok(seen) => seen,
            Err(NoAnswer::NotRecorded) => return Ok(Self::No),
            Err(why) => return Ok(Self::NotTried(Box::new((probe, common::why_unanswered(why))))),
        };
        let as_outlook = if seen.response().is_some_and(|response| response.status == 403) {
            let probe = ews::question(&anonymous.probe.url, &mailbox.address, true);
            view.http(&probe)?.ok().map(|seen| (probe, seen))
        } else {
            None
        };
        Ok(Self::Asked(Box::new(Inbox { probe, seen, accepted, credential, as_outlook })))
    }

    /// The question and the answer, for whoever reads the build in it.
    pub fn answer(&self) -> Option<(&HttpProbe, &'a HttpSeen, &'a Response)> {
        match self {
            Self::Asked(inbox) => Some((&inbox.probe, inbox.seen, inbox.seen.response()?)),
            Self::No | Self::NotTried(..) => None,
        }
    }

    /// What it means.
    pub fn judge(&self, endpoint: &Endpoint) -> Option<Finding> {
        match self {
            Self::No => None,
            Self::NotTried(tried) => {
                let (probe, why) = &**tried;
                let why = json!({"en": why.say(crate::finding::Lang::En), "de": why.say(crate::finding::Lang::De)});
                // what was not asked is no evidence
                let mut finding = about(&NOT_TRIED, endpoint, &asked(probe, Err(&NoAnswer::NotRecorded)));
                finding.evidence.clear();
                Some(finding.with("why", why))
            }
            Self::Asked(inbox) => Some(inbox.judge(endpoint)),
        }
    }
}

/// What EWS said, with what Get-CASMailbox says of it.
pub fn judged(view: &View<'_>, endpoint: &Endpoint, signed: &Signed<'_>) -> Result<Vec<Finding>, Stop> {
    let said = signed.judge(endpoint);
    let Some((told, mailbox)) = exports::account(view)? else { return Ok(said.into_iter().collect()) };
    let about = |code: &'static Code| told.beside(Finding::new(code).host(&endpoint.host).port(endpoint.port));
    let code = said.as_ref().map(|finding| finding.code.id);
    let refused = said.clone().filter(|_| code == Some(DISABLED.id) || code == Some(APPLICATION_BLOCKED.id));
    let works = code == Some(WORKS.id) || code == Some(BUSY.id);
    let (list, names) = match mailbox.ews_policy.as_deref() {
        Some("EnforceAllowList") => (Some("EwsAllowList"), &mailbox.ews_allowed),
        Some("EnforceBlockList") => (Some("EwsBlockList"), &mailbox.ews_blocked),
        _ => (None, &mailbox.ews_blocked),
    };
    let shown = list.map(|list| format!("{}: {list} {{{}}}", told.export.file, names.join(", ")));
    Ok(match (mailbox.ews_enabled, refused, shown) {
        (Some(false), Some(finding), _) => vec![told.beside(finding)],
        (Some(false), None, _) if works => said.into_iter().chain([told.disagrees("EWS", false)]).collect(),
        // that it was not tried matters no longer
        (Some(false), None, _) => {
            let known = about(&DISABLED).with("result", format!("{}: EwsEnabled False", told.export.file));
            said.into_iter().filter(|finding| finding.code.id != NOT_TRIED.id).chain([known]).collect()
        }
        (_, Some(finding), Some(shown)) => {
            let listed = about(&APPLICATION_BLOCKED).with("shown", shown).with("list", list);
            vec![finding.evidence.iter().fold(listed, Finding::seen_in)]
        }
        (Some(true), Some(finding), None) => vec![finding, told.disagrees("EWS", true)],
        (_, None, Some(shown)) if !works => {
            let severity = if list == Some("EwsAllowList") { Severity::Warn } else { Severity::Info };
            let listed = about(&APPLICATION_BLOCKED).with("shown", shown).with("list", list).severity(severity);
            said.into_iter().chain([listed]).collect()
        }
        _ => said.into_iter().collect(),
    })
}

/// Why no sign-in was sent where none of the ways fits.
fn unfit(credential: Credential, offered: &[challenge::Challenge]) -> Sentence {
    let names: Vec<String> = offered.iter().map(challenge::Challenge::name).collect();
    Sentence::new(match credential {
        Credential::Password => text!(
            "EWS offers only {methods}, and exdiag sends a password by Basic alone",
            "EWS bietet nur {methods} an, und exdiag sendet ein Passwort nur über Basic",
        ),
        Credential::Token => text!(
            "EWS offers only {methods}, and a token goes by Bearer alone",
            "EWS bietet nur {methods} an, und ein Token geht nur über Bearer",
        ),
    })
    .with("methods", names)
}

/// Whether ActiveSync has taken the sign-in, once that and its session are over; `None` where it has
/// not, so that no further one may be sent.
fn accepted(view: &View<'_>, endpoint: &Endpoint) -> Result<Option<bool>, Stop> {
    let Some(options) = eas::signed_in(view, endpoint)? else { return Ok(Some(false)) };
    // one that could not be sent there has not been refused either
    let Ok(seen) = view.http(&options)? else { return Ok(Some(false)) };
    let Some(response) = seen.response() else { return Ok(None) };
    match response.status {
        200 => {
            if view.subject().selected.iter().any(|id| id == "activesync-session") {
                session::walk(view, endpoint, &eas::offer(response))?;
            }
            Ok(Some(true))
        }
        300..=399 | 401 | 456 | 457 => Ok(None),
        status => Ok(Some(matches!(status, 403 | 449 | 451))),
    }
}

fn asked<'a>(probe: &HttpProbe, seen: Result<&'a HttpSeen, &'a NoAnswer>) -> Asked<'a> {
    Asked { service: Service::Ews, probe: probe.clone(), seen }
}

impl Inbox<'_> {
    fn judge(&self, endpoint: &Endpoint) -> Finding {
        let asked = asked(&self.probe, Ok(self.seen));
        let of = |code: &'static Code, result: String| {
            about(code, endpoint, &asked).with("result", result).with("signed_in", true)
        };
        let Some(response) = self.seen.response() else {
            let why = json!({"en": "no connection came about", "de": "es kam keine Verbindung zustande"});
            let fault = service_fault(endpoint, &asked).map(|finding| finding.with("signed_in", true));
            return fault.unwrap_or_else(|| about(&NOT_TRIED, endpoint, &asked).with("why", why));
        };
        let status = response.status;
        let by_status = |code| of(code, format!("HTTP {status}")).with("status", status);
        let retry = response.header("retry-after");
        match status {
            200 | 500 => self.by_code(endpoint, &asked, response),
            401 => {
                let (en, de) = match (self.credential, self.accepted) {
                    (Credential::Password, true) => (
                        "ActiveSync takes the same name and password.",
                        "ActiveSync nimmt denselben Namen und dasselbe Passwort an.",
                    ),
                    (Credential::Password, false) => {
                        ("Name or password may be wrong.", "Name oder Passwort können falsch sein.")
                    }
                    (Credential::Token, true) => {
                        ("ActiveSync takes the same token.", "ActiveSync nimmt dasselbe Token an.")
                    }
                    (Credential::Token, false) => {
                        ("The token may not be valid here.", "Das Token gilt hier vielleicht nicht.")
                    }
                };
                let beside = json!({"en": en, "de": de});
                by_status(&SIGN_IN_REFUSED).with("beside", beside)
            }
            403 => self.refused(by_status(&DISABLED), endpoint),
            456 | 457 => by_status(&ACCOUNT_REFUSED),
            429 => by_status(&BUSY).with("wait", waiting(None)),
            503 if retry.is_some() => {
                let seconds = retry.and_then(|text| text.trim().parse::<u64>().ok());
                by_status(&BUSY).with("wait", waiting(seconds))
            }
            _ => service_fault(endpoint, &asked)
                .unwrap_or_else(|| by_status(&ERROR).with("what", meaning_of("")))
                .with("signed_in", true),
        }
    }

    /// HTTP 403: a list of applications where another one is let in, else whatever it may be.
    fn refused(&self, disabled: Finding, endpoint: &Endpoint) -> Finding {
        let let_in = self.as_outlook.as_ref().filter(|(_, seen)| {
            let response = seen.response().filter(|response| response.status == 200);
            response.is_some_and(|response| matches!(ews::parse(&response.body.text).answer, Answer::Inbox { .. }))
        });
        let Some((probe, _)) = let_in else { return disabled };
        let shown = json!({
            "en": "Outlook for Mac is let in, exdiag is not",
            "de": "Outlook für Mac wird eingelassen, exdiag nicht",
        });
        about(&APPLICATION_BLOCKED, endpoint, &asked(&self.probe, Ok(self.seen)))
            .with("shown", shown)
            .with("status", 403)
            .with("let_in", OUTLOOK_FOR_MAC)
            .with("signed_in", true)
            .seen_in(&Probe::Http(probe.clone()))
    }

    fn by_code(&self, endpoint: &Endpoint, asked: &Asked<'_>, response: &Response) -> Finding {
        let of = |code: &'static Code, result: &str| {
            about(code, endpoint, asked).with("result", result).with("signed_in", true)
        };
        match ews::parse(&response.body.text).answer {
            Answer::Inbox { total } => {
                let total = total.map_or(Value::from("?"), Value::from);
                about(&WORKS, endpoint, asked).with("total", total).with("signed_in", true)
            }
            Answer::Error { code, back_off_ms } => {
                let of = |finding| of(finding, &code).with("response_code", code.as_str());
                match code.as_str() {
                    "ErrorAccessDenied" => self.refused(of(&DISABLED), endpoint),
                    "ErrorServerBusy" | "ErrorExceededConnectionCount" | "ErrorExceededSubscriptionCount" => {
                        of(&BUSY).with("wait", waiting(back_off_ms.map(|ms| ms.div_ceil(1000))))
                    }
                    "ErrorNonExistentMailbox" | "ErrorMissingEmailAddress" | "ErrorNoMailbox" => of(&NO_MAILBOX),
                    "ErrorMailboxStoreUnavailable" | "ErrorMailboxFailover" => of(&STORE_OFFLINE),
                    "ErrorAccountDisabled" | "ErrorPasswordExpired" | "ErrorPasswordChangeRequired" => {
                        of(&ACCOUNT_REFUSED)
                    }
                    passing @ ("ErrorInternalServerTransientError" | "ErrorMailboxMoveInProgress") => {
                        of(&ERROR).with("what", meaning_of(passing)).severity(Severity::Warn)
                    }
                    other => of(&ERROR).with("what", meaning_of(other)),
                }
            }
            // a page of an error, in place of an answer
            Answer::Malformed { .. } if response.status == 500 => {
                service_fault(endpoint, asked).unwrap_or_else(|| of(&ERROR, "HTTP 500")).with("signed_in", true)
            }
            Answer::Malformed { why } => of(&ERROR, "HTTP 200")
                .with("malformed", why)
                .with("what", json!({"en": "what comes back is no answer of EWS", "de": "was zurückkommt, ist keine Antwort von EWS"})),
        }
    }
}

/// For how long the server wants to be left alone.
fn waiting(seconds: Option<u64>) -> Value {
    match seconds {
        Some(seconds) => json!({
            "en": format!("it wants to be left alone for {seconds} s"),
            "de": format!("er will {seconds} s lang nicht gefragt werden"),
        }),
        None => json!({"en": "it does not say for how long", "de": "wie lange, sagt er nicht"}),
    }
}

/// What a response code means (MS-OXWSCDATA, `ResponseCodeType`), as far as it is met here.
fn meaning_of(code: &str) -> Value {
    let (en, de) = match code {
        "ErrorItemNotFound" | "ErrorFolderNotFound" => (
            "the mailbox has no Inbox that this account may see",
            "das Postfach hat keinen Posteingang, den dieses Konto sehen darf",
        ),
        "ErrorMailboxMoveInProgress" => ("the mailbox is being moved", "das Postfach wird gerade verschoben"),
        "ErrorInternalServerTransientError" => {
            ("the server has a passing error", "der Server hat einen vorübergehenden Fehler")
        }
        "ErrorInternalServerError" => (
            "the server has an error that its event log explains",
            "der Server hat einen Fehler, den sein Ereignisprotokoll erklärt",
        ),
        "ErrorADUnavailable" | "ErrorADOperation" => {
            ("the server does not reach Active Directory", "der Server erreicht das Active Directory nicht")
        }
        "ErrorQuotaExceeded" => ("the mailbox is full", "das Postfach ist voll"),
        _ => ("the server says no more than the code", "der Server sagt nicht mehr als den Code"),
    };
    json!({"en": en, "de": de})
}
