//! What does an error of Autodiscover mean, who can end it, and how?

use super::asker::{self, Asker, asker};
use super::trace::bounded;
use crate::evidence::{Probe, Subject};
use crate::finding::{Code, Finding, Lang, Owner, Remedy, Severity, Text};
use crate::protocol::autodiscover::certificate::Fault;
use crate::protocol::autodiscover::error::{self, Meaning};
use crate::protocol::autodiscover::{Attempt, Beside, Reason, Step};
use crate::{findings, remedies, text};
use serde_json::{Value, json};

findings! {
    ERROR_ANSWER = "autodiscover.error-answer", Fail, Exchange {
        title { en: "Autodiscover on {host} answers with error {code}: {message}", de: "Autodiscover auf {host} antwortet mit Fehler {code}: {message}" }
        meaning { en: "{cause} The question was read by a server that speaks Autodiscover, so neither DNS nor network is at fault.", de: "{cause} Die Frage hat ein Server gelesen, der Autodiscover spricht; an DNS und Netz liegt es also nicht." }
        remedy { en: "Check the mailbox's addresses and attributes, and the server's own health", de: "Prüfen Sie Adressen und Attribute des Postfachs und den Zustand des Servers selbst" }
        steps [
            { en: "See whether the address belongs to a mailbox:", de: "Sehen Sie nach, ob die Adresse zu einem Postfach gehört:", Powershell "Get-Recipient '{mailbox}' | Format-List Name,RecipientTypeDetails,PrimarySmtpAddress,EmailAddresses" },
            { en: "See what Autodiscover itself has logged:", de: "Sehen Sie nach, was Autodiscover selbst protokolliert hat:", Powershell "Get-EventLog Application -Source 'MSExchange Autodiscover' -Newest 20 | Format-List TimeGenerated,EventID,Message" },
            { en: "See whether the server's services run and which domain controllers it knows:", de: "Sehen Sie nach, ob die Dienste des Servers laufen und welche Domänencontroller er kennt:", Powershell "Test-ServiceHealth\nGet-ExchangeServer -Status | Format-List Name,CurrentDomainControllers" },
        ]
        cases [ADD_ADDRESS, USER_TOKEN, SET_ADDRESSES, PASS_REQUEST_ON, REPAIR_OBJECT, RESTART, REACH_DIRECTORY, TAKE_A_MAILBOX, FOLLOW_MOVE, WAIT, ACCEPT_DOMAIN, LEAVE_TO_EXCHANGE]
        links ["https://learn.microsoft.com/connectivity-analyzer/mobilesync-autodiscover-provider-returned-error-status-xml-response"]
    }
    NO_MOBILESYNC = "autodiscover.no-mobilesync", Fail, Exchange {
        title { en: "Autodiscover on {host} names no ActiveSync address", de: "Autodiscover auf {host} nennt keine ActiveSync-Adresse" }
        meaning {
            en: "{cause} Phones and sync services, which ask for ActiveSync, are given no server.",
            de: "{cause} Wer nach ActiveSync fragt, wie es Smartphones und Sync-Dienste tun, bekommt keinen Server genannt.",
        }
        remedy { en: "Set the external address of ActiveSync, and enable ActiveSync for the mailbox", de: "Setzen Sie die externe Adresse von ActiveSync und schalten Sie ActiveSync für das Postfach ein" }
        steps [
            { en: "See whether the address is set, and set it with the server's public name:", de: "Sehen Sie nach, ob die Adresse gesetzt ist, und setzen Sie sie mit dem öffentlichen Namen des Servers:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,ExternalUrl\nGet-ActiveSyncVirtualDirectory | Set-ActiveSyncVirtualDirectory -ExternalUrl https://mail.{domain}/Microsoft-Server-ActiveSync" },
            { en: "See whether the mailbox may use ActiveSync, and switch it on:", de: "Sehen Sie nach, ob das Postfach ActiveSync verwenden darf, und schalten Sie es ein:", Powershell "Get-CASMailbox '{mailbox}' | Format-List ActiveSyncEnabled\nSet-CASMailbox '{mailbox}' -ActiveSyncEnabled $true" },
        ]
        cases [REPAIR_PROVIDER, SWITCH_ON, LEAVE_TO_EXCHANGE]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/set-activesyncvirtualdirectory", "https://learn.microsoft.com/powershell/module/exchangepowershell/set-casmailbox"]
    }
}

remedies! {
    ADD_ADDRESS {
        en: "Check the spelling, then add the address to the mailbox and accept its domain",
        de: "Prüfen Sie die Schreibweise, tragen Sie die Adresse dann am Postfach ein und nehmen Sie ihre Domain als akzeptierte Domäne auf",
        steps [
            { en: "See whether anything has this address:", de: "Sehen Sie nach, ob etwas diese Adresse hat:", Powershell "Get-Recipient '{mailbox}' | Format-List Name,RecipientTypeDetails,PrimarySmtpAddress,EmailAddresses" },
            { en: "If nothing has, add it to the mailbox (put the mailbox's alias in place of ALIAS):", de: "Wenn nichts sie hat, tragen Sie sie am Postfach ein (setzen Sie dessen Alias statt ALIAS ein):", Powershell "Set-Mailbox ALIAS -EmailAddresses @{Add='{mailbox}'}" },
            { en: "See whether the domain is accepted, and accept it if not:", de: "Sehen Sie nach, ob die Domain akzeptiert wird, und nehmen Sie sie sonst auf:", Powershell "Get-AcceptedDomain | Format-Table Name,DomainName,DomainType\nNew-AcceptedDomain -Name '{domain}' -DomainName '{domain}' -DomainType Authoritative" },
        ]
    }
    USER_TOKEN {
        en: "Ask with the token of a person, not of an application",
        de: "Fragen Sie mit dem Token einer Person, nicht einer Anwendung",
        steps [
            { en: "In Entra ID, give the application the delegated permission EAS.AccessAsUser.All and let the person sign in; then run exdiag with that token:", de: "Geben Sie der Anwendung in Entra ID die delegierte Berechtigung EAS.AccessAsUser.All und lassen Sie die Person sich anmelden; starten Sie exdiag dann mit diesem Token:", Shell "exdiag check {mailbox} --token-file token.txt" },
            { en: "If that fails in the same way, the address really is unknown:", de: "Scheitert es genauso, ist die Adresse wirklich unbekannt:", Powershell "Get-Recipient '{mailbox}' | Format-List Name,RecipientTypeDetails,PrimarySmtpAddress,EmailAddresses" },
        ]
    }
    SET_ADDRESSES {
        en: "Set the external addresses of the services, or the target of the mail user",
        de: "Setzen Sie die externen Adressen der Dienste oder das Ziel des E-Mail-Benutzers",
        steps [
            { en: "See what the recipient is:", de: "Sehen Sie nach, was der Empfänger ist:", Powershell "Get-Recipient '{mailbox}' | Format-List RecipientTypeDetails,ExternalEmailAddress" },
            { en: "If it is a mailbox, set the external addresses with the server's public name:", de: "Ist es ein Postfach, setzen Sie die externen Adressen mit dem öffentlichen Namen des Servers:", Powershell "Get-ActiveSyncVirtualDirectory | Set-ActiveSyncVirtualDirectory -ExternalUrl https://mail.{domain}/Microsoft-Server-ActiveSync\nGet-WebServicesVirtualDirectory | Set-WebServicesVirtualDirectory -ExternalUrl https://mail.{domain}/EWS/Exchange.asmx" },
            { en: "If it is a mail user, set where its mailbox lies (put that address in place of TARGET):", de: "Ist es ein E-Mail-Benutzer, setzen Sie, wo sein Postfach liegt (setzen Sie diese Adresse statt TARGET ein):", Powershell "Set-MailUser '{mailbox}' -ExternalEmailAddress TARGET" },
        ]
    }
    PASS_REQUEST_ON {
        en: "Let the request reach Exchange unchanged",
        de: "Lassen Sie die Anfrage unverändert bis zu Exchange durch",
        steps [
            { en: "Ask Exchange itself, past the proxy or firewall (put its inner address in place of ADDRESS); if that works, the device in front changes the request:", de: "Fragen Sie Exchange selbst, an Proxy oder Firewall vorbei (setzen Sie seine innere Adresse statt ADDRESS ein); gelingt das, verändert das Gerät davor die Anfrage:", Shell "exdiag check {mailbox} --only autodiscover --resolve {host}:443:ADDRESS --ask-password" },
            { en: "On that device, switch off whatever rewrites bodies or the header Content-Type for /autodiscover, and pass POST on with its body.", de: "Schalten Sie auf diesem Gerät ab, was unter /autodiscover Inhalte oder den Header Content-Type umschreibt, und reichen Sie POST samt Inhalt weiter." },
            { en: "If Exchange itself answers so, restart its Autodiscover:", de: "Antwortet Exchange selbst so, starten Sie sein Autodiscover neu:", Powershell "Restart-WebAppPool MSExchangeAutodiscoverAppPool" },
        ]
    }
    REPAIR_PROVIDER {
        en: "Repair ActiveSync's part of Autodiscover on the server",
        de: "Reparieren Sie den ActiveSync-Teil von Autodiscover auf dem Server",
        steps [
            { en: "See whether the directory of ActiveSync exists, and create it where it does not:", de: "Sehen Sie nach, ob das Verzeichnis von ActiveSync existiert, und legen Sie es an, wo es fehlt:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,Name,ExternalUrl\nNew-ActiveSyncVirtualDirectory -WebSiteName 'Default Web Site'" },
            { en: "Compare the configuration of Autodiscover with that of a healthy server of the same build, or run the setup of the installed update again, which restores it:", de: "Vergleichen Sie die Konfiguration von Autodiscover mit der eines gesunden Servers desselben Builds oder führen Sie das Setup des installierten Updates erneut aus, das sie wiederherstellt:", Powershell "Get-Content \"$exinstall\\ClientAccess\\Autodiscover\\web.config\"" },
            { en: "Then restart it:", de: "Starten Sie es danach neu:", Powershell "Restart-WebAppPool MSExchangeAutodiscoverAppPool" },
        ]
    }
    REPAIR_OBJECT {
        en: "Repair the mailbox's object in Active Directory",
        de: "Reparieren Sie das Objekt des Postfachs im Active Directory",
        steps [
            { en: "See what Exchange warns of and whether it thinks the object valid:", de: "Sehen Sie nach, wovor Exchange warnt und ob es das Objekt für gültig hält:", Powershell "Get-Mailbox '{mailbox}' | Format-List IsValid,Alias,Database,ServerName,PrimarySmtpAddress\nGet-CASMailbox '{mailbox}' | Format-List IsValid,ActiveSyncEnabled" },
            { en: "Let Exchange complete what is missing:", de: "Lassen Sie Exchange ergänzen, was fehlt:", Powershell "Set-Mailbox '{mailbox}' -ApplyMandatoryProperties" },
        ]
    }
    RESTART {
        en: "Read the event log and restart the Autodiscover application pool",
        de: "Lesen Sie das Ereignisprotokoll und starten Sie den Anwendungspool von Autodiscover neu",
        steps [
            { en: "See what Autodiscover has logged:", de: "Sehen Sie nach, was Autodiscover protokolliert hat:", Powershell "Get-EventLog Application -Source 'MSExchange Autodiscover' -Newest 20 | Format-List TimeGenerated,EventID,Message" },
            { en: "Restart it:", de: "Starten Sie es neu:", Powershell "Restart-WebAppPool MSExchangeAutodiscoverAppPool" },
        ]
    }
    REACH_DIRECTORY {
        en: "Let the Exchange server reach its domain controllers again",
        de: "Sorgen Sie dafür, dass der Exchange-Server seine Domänencontroller wieder erreicht",
        steps [
            { en: "On the Exchange server, see which domain controllers it uses, and whether one can be found at all:", de: "Sehen Sie auf dem Exchange-Server nach, welche Domänencontroller er benutzt und ob überhaupt einer zu finden ist:", Powershell "Get-ExchangeServer -Status | Format-List Name,CurrentDomainControllers,CurrentGlobalCatalogs\nnltest /dsgetdc:$env:USERDNSDOMAIN" },
            { en: "See whether the services that need the directory run:", de: "Sehen Sie nach, ob die Dienste laufen, die das Verzeichnis brauchen:", Powershell "Test-ServiceHealth" },
            { en: "Once a domain controller answers, let Exchange look for it anew; this restarts the Exchange services that depend on it:", de: "Sobald ein Domänencontroller antwortet, lassen Sie Exchange neu danach suchen; das startet die davon abhängigen Exchange-Dienste neu:", Powershell "Restart-Service MSExchangeADTopology -Force" },
        ]
    }
    SWITCH_ON {
        en: "Switch ActiveSync on for the mailbox",
        de: "Schalten Sie ActiveSync für das Postfach ein",
        steps [
            { en: "See whether it is off, and whether the mailbox is one at all:", de: "Sehen Sie nach, ob es ausgeschaltet ist und ob es überhaupt ein Postfach ist:", Powershell "Get-CASMailbox '{mailbox}' | Format-List ActiveSyncEnabled\nGet-Recipient '{mailbox}' | Format-List RecipientTypeDetails" },
            { en: "Switch it on:", de: "Schalten Sie es ein:", Powershell "Set-CASMailbox '{mailbox}' -ActiveSyncEnabled $true" },
        ]
    }
    TAKE_A_MAILBOX {
        en: "Use the address of a mailbox, or correct what has this address",
        de: "Verwenden Sie die Adresse eines Postfachs oder berichtigen Sie, was diese Adresse hat",
        steps [
            { en: "See what has the address:", de: "Sehen Sie nach, was die Adresse hat:", Powershell "Get-Recipient '{mailbox}' | Format-List Name,RecipientTypeDetails,PrimarySmtpAddress,EmailAddresses" },
            { en: "If it rightly is a group or a contact, set the account up with a mailbox's own address. If it should be that of a mailbox, take it from the group (GROUP) and give it to the mailbox (ALIAS):", de: "Ist es zu Recht eine Gruppe oder ein Kontakt, richten Sie das Konto mit der eigenen Adresse eines Postfachs ein. Soll sie einem Postfach gehören, nehmen Sie sie der Gruppe (GROUP) und geben Sie sie dem Postfach (ALIAS):", Powershell "Set-DistributionGroup GROUP -EmailAddresses @{Remove='{mailbox}'}\nSet-Mailbox ALIAS -EmailAddresses @{Add='{mailbox}'}" },
        ]
    }
    FOLLOW_MOVE {
        en: "Finish the move, and let Autodiscover lead to where the mailbox lies now",
        de: "Schließen Sie den Umzug ab und lassen Sie Autodiscover dorthin führen, wo das Postfach jetzt liegt",
        steps [
            { en: "See where it lies, and whether the move is over:", de: "Sehen Sie nach, wo es liegt und ob der Umzug abgeschlossen ist:", Powershell "Get-Recipient '{mailbox}' | Format-List RecipientTypeDetails,Database,ExternalEmailAddress\nGet-MoveRequest '{mailbox}' | Format-List Status,TargetDatabase" },
            { en: "If it lies in Exchange Online, its remote mailbox has to name the address there:", de: "Liegt es in Exchange Online, muss sein Remote-Postfach die dortige Adresse nennen:", Powershell "Get-RemoteMailbox '{mailbox}' | Format-List RemoteRoutingAddress" },
            { en: "Until then, name the new server (put it in place of SERVER):", de: "Bis dahin nennen Sie den neuen Server (setzen Sie ihn statt SERVER ein):", Shell "exdiag check {mailbox} --server SERVER" },
        ]
    }
    WAIT {
        en: "Wait and ask again; if it stays so, take load off the server",
        de: "Warten Sie und fragen Sie erneut; bleibt es so, entlasten Sie den Server",
        steps [
            { en: "In some minutes:", de: "In einigen Minuten:", Shell "exdiag check {mailbox} --only autodiscover --ask-password" },
            { en: "See how many requests wait, and which policy throttles the mailbox:", de: "Sehen Sie nach, wie viele Anfragen warten und welche Richtlinie das Postfach drosselt:", Powershell "Get-Counter '\\ASP.NET\\Requests Queued'\nGet-ThrottlingPolicyAssociation '{mailbox}' | Format-List ThrottlingPolicyId" },
        ]
    }
    ACCEPT_DOMAIN {
        en: "Accept the domain, or set up the relationship with the organisation that has it",
        de: "Nehmen Sie die Domain als akzeptierte Domäne auf oder richten Sie die Beziehung zu der Organisation ein, der sie gehört",
        steps [
            { en: "See which domains are accepted, and accept this one if it belongs here:", de: "Sehen Sie nach, welche Domains akzeptiert werden, und nehmen Sie diese auf, wenn sie hierher gehört:", Powershell "Get-AcceptedDomain | Format-Table Name,DomainName,DomainType\nNew-AcceptedDomain -Name '{domain}' -DomainName '{domain}' -DomainType Authoritative" },
            { en: "If it belongs to another organisation, see the relationship with it:", de: "Gehört sie einer anderen Organisation, sehen Sie sich die Beziehung zu ihr an:", Powershell "Get-OrganizationRelationship | Format-List Name,Enabled,DomainNames,TargetAutodiscoverEpr" },
        ]
    }
    LEAVE_TO_EXCHANGE {
        en: "Let the web site of {domain} answer 404 for /autodiscover",
        de: "Lassen Sie die Website von {domain} für /autodiscover mit 404 antworten",
        steps [
            { en: "In the web server's configuration, for example nginx:", de: "In der Konfiguration des Webservers, zum Beispiel nginx:", Config "location ~* ^/autodiscover/ { return 404; }" },
        ]
    }
}

/// What an error means, as a sentence, who can end it and how, where that is not the code's general way.
struct Case {
    cause: Text,
    owner: Owner,
    remedy: Option<&'static Remedy>,
}

fn case(meaning: Option<Meaning>, asker: Asker<'_>) -> Case {
    let (owner, remedy) = match meaning {
        Some(Meaning::AddressUnknown) => match asker {
            Asker::Person => (Owner::Exchange, Some(&ADD_ADDRESS)),
            Asker::Unsaid => (Owner::Entra, Some(&USER_TOKEN)),
            Asker::App(_) => (Owner::Caller, None),
        },
        Some(Meaning::NoSettings | Meaning::ProtocolUnknown) => (Owner::Exchange, Some(&SET_ADDRESSES)),
        Some(Meaning::RequestInvalid) => (Owner::Network, Some(&PASS_REQUEST_ON)),
        Some(Meaning::ProviderMissing) => (Owner::Exchange, Some(&REPAIR_PROVIDER)),
        Some(Meaning::ObjectFaulty) => (Owner::Exchange, Some(&REPAIR_OBJECT)),
        Some(Meaning::Internal) => (Owner::Exchange, Some(&RESTART)),
        Some(Meaning::DirectoryDown) => (Owner::Exchange, Some(&REACH_DIRECTORY)),
        Some(Meaning::NoMobileMailbox) => (Owner::Exchange, Some(&SWITCH_ON)),
        Some(Meaning::NotAMailbox) => (Owner::Exchange, Some(&TAKE_A_MAILBOX)),
        Some(Meaning::Moved) => (Owner::Exchange, Some(&FOLLOW_MOVE)),
        Some(Meaning::Busy) => (Owner::Exchange, Some(&WAIT)),
        Some(Meaning::DomainUnknown) => (Owner::Exchange, Some(&ACCEPT_DOMAIN)),
        Some(Meaning::SettingUnknown) | None => (Owner::Exchange, None),
    };
    Case { cause: cause(meaning, asker), owner, remedy }
}

fn about(code: &'static Code, case: &Case) -> Finding {
    let finding = Finding::new(code).owner(case.owner).with("cause", both(case.cause));
    case.remedy.into_iter().fold(finding, Finding::remedy)
}

/// To the token of an application every address is unknown.
fn code_of(meaning: Option<Meaning>, asker: Asker<'_>) -> &'static Code {
    match (meaning, asker) {
        (Some(Meaning::AddressUnknown), Asker::App(_)) => &asker::APP_ONLY_TOKEN,
        _ => &ERROR_ANSWER,
    }
}

/// The finding about an error in place of settings.
pub fn finding(code: Option<u32>, message: &str, asker: Asker<'_>, beside: &Beside) -> Finding {
    let meaning = error::of_code(code, message);
    let case = case(meaning, asker);
    let finding = match meaning {
        Some(Meaning::ProviderMissing | Meaning::NoMobileMailbox) => about(&NO_MOBILESYNC, &case),
        _ => about(code_of(meaning, asker), &case),
    };
    let finding = asker::named(finding, asker);
    let finding = finding
        .with("code", code.map_or_else(|| "-".to_owned(), |code| code.to_string()))
        .with("message", bounded(message));
    // who answers Outlook at the same address is Exchange, and works as far as that
    let answers_outlook = beside
        .attempts
        .iter()
        .any(|attempt| attempt.step == Step::Outlook && matches!(attempt.reason, Reason::Settings { .. }));
    if meaning != Some(Meaning::ProviderMissing) || !answers_outlook {
        return finding;
    }
    let but = text!(
        "To Outlook's question the same server gives settings, so only ActiveSync's part of Autodiscover fails.",
        "Auf Outlooks Frage gibt derselbe Server Einstellungen heraus; es scheitert also nur der ActiveSync-Teil von Autodiscover.",
    );
    let said = |lang| format!("{} {}", case.cause.of(lang), but.of(lang));
    finding.with("cause", json!({"en": said(Lang::En), "de": said(Lang::De)})).with("outlook_answered", true)
}

/// Settings came, and ActiveSync is not among them.
pub fn without_mobilesync() -> Finding {
    Finding::new(&NO_MOBILESYNC).with(
        "cause",
        both(text!(
            "The answer holds settings, but none for ActiveSync: its external address is not set, or the mailbox may not use it.",
            "Die Antwort enthält Einstellungen, aber keine für ActiveSync: Seine externe Adresse ist nicht gesetzt, oder das Postfach darf es nicht verwenden.",
        )),
    )
}

/// The same said by the domain's web site, which nobody needs to ask.
pub fn of_web_site(finding: Finding) -> Finding {
    finding.severity(Severity::Info).owner(Owner::Web).remedy(&LEAVE_TO_EXCHANGE)
}

/// An error in one of the other ways of asking, where ActiveSync's has brought something: it keeps only
/// their clients.
pub fn beside(subject: &Subject, attempt: &Attempt) -> Option<Finding> {
    let (code, message) = match &attempt.reason {
        Reason::Refused { code, message } if attempt.step == Step::Soap => (code.clone(), message),
        Reason::Error { code: Some(code), message } if attempt.step == Step::Outlook => (code.to_string(), message),
        _ => return None,
    };
    let meaning = error::of_name(&code).or_else(|| error::of_code(code.parse().ok(), message));
    let severity = if meaning == Some(Meaning::Busy) { Severity::Warn } else { Severity::Info };
    let asker = match asker(subject, attempt) {
        // something has been brought, so it is not the token
        Asker::Unsaid => Asker::Person,
        known => known,
    };
    let case = case(meaning, asker);
    Some(
        asker::named(about(code_of(meaning, asker), &case), asker)
            .severity(severity)
            .host(&attempt.host)
            .url(&attempt.probe.url)
            .with("code", bounded(&code))
            .with("message", bounded(message))
            .with("step", attempt.step.name())
            .seen_in(&Probe::Http(attempt.probe.clone())),
    )
}

/// What an error means, as a sentence.
pub fn cause(meaning: Option<Meaning>, asker: Asker<'_>) -> Text {
    let Some(meaning) = meaning else {
        return text!("The code is not documented.", "Der Code ist nicht dokumentiert.");
    };
    match meaning {
        Meaning::AddressUnknown if matches!(asker, Asker::App(_)) => text!(
            "The token is an application's own: this way of asking wants one of a person, and says of no address anything else.",
            "Das Token gehört einer Anwendung selbst: Dieser Weg verlangt das Token einer Person und sagt bei jeder Adresse dasselbe.",
        ),
        Meaning::AddressUnknown if matches!(asker, Asker::Unsaid) => text!(
            "The server does not know the address. It says the same to every token of an application: this way of asking wants one of a user.",
            "Der Server kennt die Adresse nicht. Dasselbe sagt er zu jedem Token einer Anwendung: Dieser Weg verlangt das Token einer Person.",
        ),
        Meaning::AddressUnknown => text!(
            "The server does not know the address: it is misspelt, not stamped on the mailbox, or its domain is not accepted there.",
            "Der Server kennt die Adresse nicht: Sie ist falsch geschrieben, am Postfach nicht eingetragen, oder ihre Domain ist dort keine akzeptierte Domäne.",
        ),
        Meaning::NoSettings => text!(
            "The server knows the address, but has no settings for it: external addresses are not set, or it is a mail user without a target.",
            "Der Server kennt die Adresse, hat aber keine Einstellungen dazu: Externe Adressen fehlen, oder es ist ein E-Mail-Benutzer ohne Ziel.",
        ),
        Meaning::RequestInvalid => text!(
            "The server did not understand the request. To a browser, which sends none, that is healthy; exdiag sent a right one, so something in front changes it.",
            "Der Server hat die Anfrage nicht verstanden. Bei einem Browser, der keine sendet, ist das gesund; exdiag hat eine richtige gesendet, also verändert sie etwas davor.",
        ),
        Meaning::ProviderMissing => text!(
            "The server has no provider for ActiveSync; its configuration is damaged or it is no Exchange.",
            "Der Server hat keinen Provider für ActiveSync; seine Konfiguration ist beschädigt, oder er ist kein Exchange.",
        ),
        Meaning::ObjectFaulty => text!(
            "What the directory holds about this mailbox is faulty.",
            "Was das Verzeichnis über dieses Postfach enthält, ist fehlerhaft.",
        ),
        Meaning::Internal => text!(
            "The server failed while it made the answer; its event log says why.",
            "Der Server ist beim Erstellen der Antwort gescheitert; sein Ereignisprotokoll nennt den Grund.",
        ),
        Meaning::DirectoryDown => text!(
            "The server cannot reach its domain controllers.",
            "Der Server erreicht seine Domänencontroller nicht.",
        ),
        Meaning::NoMobileMailbox => {
            text!(
                "The server knows the mailbox, but ActiveSync is switched off for it, or ActiveSync is not for this kind of mailbox.",
                "Der Server kennt das Postfach, aber ActiveSync ist dafür ausgeschaltet, oder für diese Art von Postfach gibt es kein ActiveSync.",
            )
        }
        Meaning::NotAMailbox => text!(
            "The address belongs to a group or to something else that is no mailbox.",
            "Die Adresse gehört einer Gruppe oder etwas anderem, das kein Postfach ist.",
        ),
        Meaning::Moved => text!(
            "The server says that the mailbox was moved, but not where to.",
            "Der Server sagt, das Postfach sei verschoben worden, aber nicht wohin.",
        ),
        Meaning::Busy => text!(
            "The server is too busy and wants the client to come again later.",
            "Der Server ist überlastet; der Client soll später wiederkommen.",
        ),
        Meaning::SettingUnknown => {
            text!("The server does not know one of the settings.", "Der Server kennt eine der Einstellungen nicht.")
        }
        Meaning::DomainUnknown => text!(
            "The server does not know the domain, or no federation with it.",
            "Der Server kennt die Domain nicht oder keinen Verbund mit ihr.",
        ),
        Meaning::ProtocolUnknown => text!(
            "The server does not publish the address of this protocol.",
            "Der Server gibt die Adresse dieses Protokolls nicht heraus.",
        ),
    }
}

/// A text as a piece of a sentence that comes in both languages.
pub fn both(text: Text) -> Value {
    json!({"en": text.en, "de": text.de})
}

/// What is wrong with a certificate, as the end of a sentence that it begins.
pub fn certificate(fault: Option<Fault>) -> Text {
    match fault {
        Some(Fault::Expired) => text!("has expired", "ist abgelaufen"),
        Some(Fault::NotYetValid) => text!("is not valid yet", "gilt noch nicht"),
        Some(Fault::OtherName) => text!("is for another name", "gilt für einen anderen Namen"),
        Some(Fault::Untrusted) => {
            text!("is of no authority that is trusted", "stammt von keiner vertrauenswürdigen Stelle")
        }
        None => text!("is not accepted by clients", "wird von Clients nicht akzeptiert"),
    }
}

/// What is wrong with an answer that cannot be used, in both languages where it is known.
pub fn malformed(why: &str) -> Value {
    let known = [
        text!("it is empty", "sie ist leer"),
        text!("it is nested too deeply", "sie ist zu tief verschachtelt"),
        text!("it uses an unknown entity", "sie verwendet eine unbekannte Entität"),
        text!("it has a document type", "sie hat einen Dokumenttyp"),
        text!("it ends early", "sie endet vorzeitig"),
        text!("it holds neither settings nor an error", "sie enthält weder Einstellungen noch einen Fehler"),
        text!("its root element is not Autodiscover", "ihr Wurzelelement ist nicht Autodiscover"),
        text!("it is no text", "sie ist kein Text"),
        text!("it is no JSON with an address", "sie ist kein JSON mit einer Adresse"),
        text!("it is larger than any answer of Autodiscover", "sie ist größer als jede Antwort von Autodiscover"),
        text!(
            "it is no HTTP, or its headers are more than any client reads",
            "sie ist kein HTTP, oder sie hat mehr Header, als ein Client liest"
        ),
        text!(
            "it redirects to an address longer than any client follows",
            "sie leitet zu einer Adresse weiter, die länger ist, als ein Client verfolgt"
        ),
        text!(
            "it redirects to something that is no mailbox address",
            "sie leitet zu etwas weiter, das keine Postfachadresse ist"
        ),
    ];
    known.into_iter().find(|text| text.en == why).map_or_else(|| Value::from(why), both)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Credential, HttpProbe, Method, SignIn, Token};
    use crate::protocol::autodiscover::Verdict;

    fn commands(finding: &Finding) -> String {
        let steps = finding.remedy.map_or(finding.code.steps, |case| case.steps);
        steps.iter().flat_map(|step| step.commands).map(|command| command.text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_kind_of_error_has_its_own_owner_and_the_command_that_ends_it() {
        for (code, message, id, owner, command) in [
            (500, "The email address can't be found.", "error-answer", Owner::Exchange, "Set-Mailbox ALIAS"),
            (
                500,
                "The Active Directory is currently unavailable.",
                "error-answer",
                Owner::Exchange,
                "MSExchangeADTopology",
            ),
            (500, "Only mailboxes and contacts are allowed", "error-answer", Owner::Exchange, "Set-DistributionGroup"),
            (500, "Cannot find mobile mailbox", "no-mobilesync", Owner::Exchange, "-ActiveSyncEnabled $true"),
            (500, "ActiveSync is disabled for this user", "no-mobilesync", Owner::Exchange, "-ActiveSyncEnabled $true"),
            (500, "The server is too busy", "error-answer", Owner::Exchange, "Requests Queued"),
            (500, "The mailbox has been moved", "error-answer", Owner::Exchange, "Get-MoveRequest"),
            (501, "", "error-answer", Owner::Exchange, "Set-MailUser"),
            (600, "Invalid Request", "error-answer", Owner::Network, "--resolve {host}:443:ADDRESS"),
            (601, "Provider is not available", "no-mobilesync", Owner::Exchange, "New-ActiveSyncVirtualDirectory"),
            (602, "", "error-answer", Owner::Exchange, "-ApplyMandatoryProperties"),
            (603, "", "error-answer", Owner::Exchange, "Restart-WebAppPool MSExchangeAutodiscoverAppPool"),
            (777, "", "error-answer", Owner::Exchange, "Get-Recipient '{mailbox}'"),
        ] {
            let found = finding(Some(code), message, Asker::Person, &Beside::default());
            assert_eq!(
                (found.code.id, found.owner),
                (format!("autodiscover.{id}").as_str(), owner),
                "{code} {message}"
            );
            assert!(commands(&found).contains(command), "{code} {message}: {}", commands(&found));
        }
        let (of_soap, of_domain) =
            (case(Some(Meaning::ProtocolUnknown), Asker::Person), case(Some(Meaning::DomainUnknown), Asker::Person));
        assert_eq!(of_soap.remedy.map(|remedy| remedy.text.en), Some(SET_ADDRESSES.text.en));
        assert_eq!(of_domain.remedy.map(|remedy| remedy.text.en), Some(ACCEPT_DOMAIN.text.en));
        let of_token = finding(Some(500), "", Asker::Unsaid, &Beside::default());
        assert_eq!(of_token.owner, Owner::Entra);
        assert!(commands(&of_token).contains("--token-file"));
    }

    #[test]
    fn only_an_applications_token_makes_an_unknown_address_a_matter_of_the_token() {
        let app =
            Token { app: Some("2b1d".to_owned()), roles: vec!["full_access_as_app".to_owned()], ..Token::default() };
        let person = Token { scopes: vec!["EAS.AccessAsUser.All".to_owned()], ..Token::default() };
        let signed = asked(Step::Subdomain, Reason::NotThere).probe.sign_in(SignIn::Given);
        let of = |token: &Token, step: Step, sign_in: SignIn, message: &str| {
            let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
            (subject.credential, subject.token) = (Some(Credential::Token), Some(token.clone()));
            let mut attempt = asked(step, Reason::NotThere);
            attempt.probe = signed.clone().sign_in(sign_in);
            let found = finding(Some(500), message, asker(&subject, &attempt), &Beside::default());
            (found.code.id, found.owner, commands(&found))
        };
        let unknown = "The email address can't be found.";
        let (id, owner, steps) = of(&app, Step::Subdomain, SignIn::Given, unknown);
        assert_eq!((id, owner), (asker::APP_ONLY_TOKEN.id, Owner::Caller));
        assert!(steps.contains("exdiag login") && !steps.contains("ALIAS"), "{steps}");
        for (token, step, sign_in, message) in [
            (&person, Step::Subdomain, SignIn::Given, unknown),
            (&app, Step::Subdomain, SignIn::None, unknown),
            (&app, Step::Soap, SignIn::Given, unknown),
        ] {
            let (id, owner, steps) = of(token, step, sign_in, message);
            assert_eq!((id, owner), (ERROR_ANSWER.id, Owner::Exchange), "{step:?} {sign_in:?}");
            assert!(steps.contains("Set-Mailbox ALIAS"), "{steps}");
        }
        assert_eq!(of(&app, Step::Subdomain, SignIn::Given, "Cannot find mobile mailbox").0, NO_MOBILESYNC.id);
    }

    fn asked(step: Step, reason: Reason) -> Attempt {
        Attempt {
            step,
            road: 0,
            hop: 0,
            email: "anna@corp.example".to_owned(),
            probe: HttpProbe::new(Method::Post, "https://autodiscover.corp.example/autodiscover/autodiscover.xml"),
            host: "autodiscover.corp.example".to_owned(),
            verdict: Verdict::Normal,
            reason,
            status: Some(200),
            address: None,
            verified: Some(true),
            ms: 1,
        }
    }

    #[test]
    fn an_error_in_another_way_of_asking_has_the_steps_of_its_meaning_too() {
        let refused = |code: &str| Reason::Refused { code: code.to_owned(), message: String::new() };
        let subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        let beside = |attempt| beside(&subject, &attempt);
        let busy = beside(asked(Step::Soap, refused("ServerBusy"))).unwrap();
        assert_eq!((busy.severity, busy.owner), (Severity::Warn, Owner::Exchange));
        assert!(commands(&busy).contains("Requests Queued"), "{}", commands(&busy));
        let unknown = beside(asked(Step::Soap, refused("InvalidUser"))).unwrap();
        assert_eq!(unknown.severity, Severity::Info);
        assert!(commands(&unknown).contains("Set-Mailbox ALIAS"), "{}", commands(&unknown));
        assert!(beside(asked(Step::JsonEws, refused("ServerBusy"))).is_none());
    }

    #[test]
    fn a_token_that_has_brought_something_is_not_what_another_way_of_asking_refuses() {
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        (subject.credential, subject.token) = (Some(Credential::Token), Some(Token::default()));
        let message = "The email address can't be found.".to_owned();
        let mut attempt = asked(Step::Outlook, Reason::Error { code: Some(500), message });
        attempt.probe = attempt.probe.sign_in(SignIn::Given);
        let found = beside(&subject, &attempt).unwrap();
        assert_eq!((found.owner, found.severity), (Owner::Exchange, Severity::Info));
        assert!(commands(&found).contains("Set-Mailbox ALIAS"), "{}", commands(&found));
    }

    #[test]
    fn only_activesyncs_part_fails_where_outlook_is_given_settings_at_the_same_server() {
        let settings = Reason::Settings { url: String::new() };
        let outlook = Beside { attempts: vec![asked(Step::Outlook, settings)], ..Beside::default() };
        let is_told = |code, beside: &Beside| {
            finding(Some(code), "", Asker::Person, beside).data.contains_key("outlook_answered")
        };
        assert!(is_told(601, &outlook));
        assert!(!is_told(601, &Beside::default()));
        assert!(!is_told(603, &outlook));
    }

    #[test]
    fn of_the_domains_web_site_nobody_wants_autodiscover() {
        let found = of_web_site(finding(Some(600), "Invalid Request", Asker::Person, &Beside::default()));
        assert_eq!((found.severity, found.owner), (Severity::Info, Owner::Web));
        assert!(commands(&found).contains("return 404"), "{}", commands(&found));
    }
}
