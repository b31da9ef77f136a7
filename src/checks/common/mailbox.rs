//! What does a server say of the mailbox and of whoever uses it, whichever check has asked?

use crate::evidence::Response;
use crate::finding::{Code, Finding, Owner};
use crate::protocol::endpoint::{Endpoint, Origin};
use crate::protocol::front::{self, Product};
use crate::{findings, remedies};

findings! {
    WRONG_MAILBOX_SERVER = "activesync.wrong-mailbox-server", Fail, Exchange {
        title { en: "{host} is not the right server for this mailbox ({result})", de: "{host} ist nicht der richtige Server für dieses Postfach ({result})" }
        meaning {
            en: "The mailbox was moved, or another server serves it better. Clients that do not follow this answer stay without mail.",
            de: "Das Postfach wurde verschoben, oder ein anderer Server ist dafür zuständig. Clients, die dieser Antwort nicht folgen, bekommen keine Mails.",
        }
        remedy { en: "Set the account up again with the right server, and correct Autodiscover", de: "Richten Sie das Konto mit dem richtigen Server neu ein und korrigieren Sie Autodiscover" }
        steps [
            { en: "On Exchange, see where the mailbox lies, and compare the addresses of the sites:", de: "Sehen Sie in Exchange nach, wo das Postfach liegt, und vergleichen Sie die Adressen der Standorte:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,InternalUrl,ExternalUrl\nGet-Recipient '{mailbox}' | Format-List RecipientTypeDetails,Database,ExternalEmailAddress" },
            { en: "Check the mailbox at the right server (where SERVER stands here, the answer has named none: put in the public name of the one found above):", de: "Prüfen Sie das Postfach beim richtigen Server (steht hier SERVER, hat die Antwort keinen genannt: Setzen Sie den öffentlichen Namen des eben gefundenen ein):", Shell "exdiag check {mailbox} --server {next}" },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/a907164a-907c-48b4-b2ef-44a06867f03f"]
    }
    USER_DISABLED = "activesync.user-disabled", Fail, Exchange {
        title { en: "{mailbox} may not use ActiveSync", de: "{mailbox} darf ActiveSync nicht verwenden" }
        meaning {
            en: "Whatever the password, the access is forbidden: ActiveSync is switched off for the mailbox, the device is not allowed, or a policy forbids this way to sign in.",
            de: "Der Zugriff ist verboten, gleich mit welchem Passwort: ActiveSync ist für das Postfach ausgeschaltet, das Gerät nicht zugelassen, oder eine Richtlinie verbietet diese Art der Anmeldung.",
        }
        remedy { en: "Switch ActiveSync on for the mailbox", de: "Schalten Sie ActiveSync für das Postfach ein" }
        steps [
            { en: "See what holds for the mailbox:", de: "Sehen Sie nach, was für das Postfach gilt:", Powershell "Get-CASMailbox '{mailbox}' | Format-List ActiveSyncEnabled,ActiveSyncAllowedDeviceIDs,ActiveSyncBlockedDeviceIDs" },
            { en: "Switch it on:", de: "Schalten Sie es ein:", Powershell "Set-CASMailbox '{mailbox}' -ActiveSyncEnabled $true" },
            { en: "If it is on already, see whether a device or this way to sign in is kept out:", de: "Ist es schon eingeschaltet, sehen Sie nach, ob ein Gerät oder diese Art der Anmeldung gesperrt ist:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Format-List DeviceId,DeviceType,DeviceAccessState,DeviceAccessStateReason\nGet-User '{mailbox}' | Format-List AuthenticationPolicy\nGet-AuthenticationPolicy | Format-List Name,*ActiveSync" },
            { en: "Let the device in, or allow passwords for ActiveSync in that policy (put in the id and the name from above for DEVICE and POLICY):", de: "Lassen Sie das Gerät zu oder erlauben Sie Passwörter für ActiveSync in dieser Richtlinie (setzen Sie für DEVICE und POLICY die Kennung und den Namen von oben ein):", Powershell "Set-CASMailbox '{mailbox}' -ActiveSyncAllowedDeviceIDs @{Add='DEVICE'}\nSet-AuthenticationPolicy POLICY -BlockLegacyAuthActiveSync:$false" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
    NO_MAILBOX = "activesync.no-mailbox", Fail, Exchange {
        title { en: "{host} knows no mailbox for {mailbox}", de: "{host} kennt kein Postfach für {mailbox}" }
        meaning {
            en: "The sign-in was accepted, but the server finds no mailbox behind the account, or one without a licence ({error}).",
            de: "Die Anmeldung wurde angenommen, aber der Server findet zum Konto kein Postfach oder nur eines ohne Lizenz ({error}).",
        }
        remedy { en: "Give the account a mailbox or a licence, or finish the move of the mailbox", de: "Geben Sie dem Konto ein Postfach oder eine Lizenz oder schließen Sie den Umzug des Postfachs ab" }
        steps [
            { en: "See what the mailbox is:", de: "Sehen Sie nach, was das Postfach ist:", Powershell "Get-Recipient '{mailbox}' | Format-List RecipientTypeDetails,PrimarySmtpAddress" },
            { en: "If an Exchange Server of your own has nothing of that name, give the account a mailbox there:", de: "Hat ein eigener Exchange-Server nichts unter diesem Namen, geben Sie dem Konto dort ein Postfach:", Powershell "Enable-Mailbox '{mailbox}'" },
            { en: "In Exchange Online, see which licences the account has, and assign one that holds Exchange (put its SkuId in place of SKUID):", de: "Sehen Sie in Exchange Online nach, welche Lizenzen das Konto hat, und weisen Sie eine mit Exchange zu (setzen Sie deren SkuId statt SKUID ein):", Powershell "Connect-MgGraph -Scopes User.ReadWrite.All,Organization.Read.All\nGet-MgUserLicenseDetail -UserId '{mailbox}'\nGet-MgSubscribedSku | Format-Table SkuPartNumber,SkuId,ConsumedUnits\nSet-MgUserLicense -UserId '{mailbox}' -AddLicenses @{SkuId='SKUID'} -RemoveLicenses @()" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/enable-mailbox", "https://learn.microsoft.com/microsoft-365/enterprise/assign-licenses-to-user-accounts-with-microsoft-365-powershell"]
    }
    UNAVAILABLE = "activesync.unavailable", Fail, Exchange {
        title { en: "ActiveSync on {host} is not available", de: "ActiveSync auf {host} ist nicht verfügbar" }
        meaning {
            en: "Something answers at {host}, but the service behind it does not work: its application pool is stopped, the device in front finds no healthy server or cuts the connection, or the server is overloaded.",
            de: "Unter {host} antwortet etwas, aber der Dienst dahinter arbeitet nicht: Sein Anwendungspool ist gestoppt, das Gerät davor findet keinen gesunden Server oder kappt die Verbindung, oder der Server ist überlastet.",
        }
        remedy { en: "Bring up what does not work: the device in front of {host}, or the application pool behind it", de: "Bringen Sie in Ordnung, was nicht arbeitet: das Gerät vor {host} oder den Anwendungspool dahinter" }
        steps [
            { en: "Look into the log of the firewall, proxy or balancer in front: does it pass requests on, and which servers behind it does it take for healthy?", de: "Sehen Sie ins Log von Firewall, Proxy oder Load Balancer davor: Reicht das Gerät Anfragen weiter, und welche Server dahinter hält es für gesund?" },
            { en: "Where nothing stands in front, or it is in order: see on the Exchange server whether pool and component are active:", de: "Steht nichts davor oder ist es in Ordnung: Prüfen Sie auf dem Exchange-Server, ob Pool und Komponente aktiv sind:", Powershell "Import-Module WebAdministration\nGet-WebAppPoolState MSExchangeSyncAppPool\nGet-ServerComponentState $env:COMPUTERNAME -Component ActiveSyncProxy" },
            { en: "Start the pool where it is stopped:", de: "Starten Sie den Pool, falls er gestoppt ist:", Powershell "Start-WebAppPool MSExchangeSyncAppPool" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
    PASSWORD_EXPIRED = "auth.password-expired", Fail, User {
        title { en: "The password of {user} has expired", de: "Das Passwort von {user} ist abgelaufen" }
        meaning {
            en: "The server says so itself ({sign}). Until the password is changed, no client and no sync service can sign in.",
            de: "Das sagt der Server selbst ({sign}). Bis das Passwort geändert ist, kann sich weder ein Client noch ein Sync-Dienst anmelden.",
        }
        remedy { en: "Change the password, then enter the new one wherever it is stored", de: "Ändern Sie das Passwort und tragen Sie das neue überall ein, wo es gespeichert ist" }
        steps [
            { en: "Change it in Outlook on the web or on a domain computer:", de: "Ändern Sie es in Outlook im Web oder an einem Domänenrechner:", Config "https://{host}/owa" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --only auth-status --ask-password" },
        ]
        cases [AS_ENTRA_SAYS]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/9f9ddc60-a7a0-4265-8e67-71c2fabd517c"]
    }
    ACCOUNT_BLOCKED = "auth.account-blocked", Fail, Exchange {
        title { en: "The account {user} is blocked", de: "Das Konto {user} ist gesperrt" }
        meaning {
            en: "The server says so itself ({sign}): it is locked after failed sign-ins, disabled, or must be confirmed in a browser first.",
            de: "Das sagt der Server selbst ({sign}): Es ist nach Fehlversuchen gesperrt, deaktiviert oder muss erst im Browser bestätigt werden.",
        }
        remedy { en: "Unblock the account, and find the device that still uses an old password", de: "Entsperren Sie das Konto und suchen Sie das Gerät, das noch ein altes Passwort verwendet" }
        steps [
            { en: "In Active Directory:", de: "Im Active Directory:", Powershell "Get-ADUser -Filter \"mail -eq '{mailbox}'\" -Properties LockedOut,Enabled | Format-List Name,LockedOut,Enabled\nGet-ADUser -Filter \"mail -eq '{mailbox}'\" | Unlock-ADAccount" },
            { en: "Have the user sign in once in a browser.", de: "Lassen Sie die Person sich einmal im Browser anmelden." },
        ]
        cases [AS_ENTRA_SAYS]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/e092c310-7609-4a38-90cc-10688f79cf8d"]
    }
    THROTTLED = "activesync.throttled", Warn, Exchange {
        title { en: "{host} throttles: {reason}", de: "{host} drosselt: {reason}" }
        meaning {
            en: "The server slows this user or device down because of too many requests. The credentials have nothing to do with it.",
            de: "Der Server bremst diesen Benutzer oder dieses Gerät wegen zu vieler Anfragen. Mit den Anmeldedaten hat das nichts zu tun.",
        }
        remedy { en: "Wait, then ask less often, or give the service a throttling policy of its own", de: "Warten Sie, fragen Sie dann seltener, oder geben Sie dem Dienst eine eigene Drosselungsrichtlinie" }
        steps [
            { en: "See which policy holds:", de: "Sehen Sie nach, welche Richtlinie gilt:", Powershell "Get-ThrottlingPolicyAssociation '{mailbox}' | Format-List ThrottlingPolicyId\nGet-ThrottlingPolicy | Format-List Name,Eas*" },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/618181c9-6365-42e4-ad9b-9db23016ae7b"]
    }
}

remedies! {
    AS_ENTRA_SAYS {
        en: "Entra ID says so ({number}): {todo}",
        de: "Das sagt Entra ID ({number}): {todo}",
        steps [
            { en: "Read again what the number means:", de: "Lesen Sie nach, was die Nummer bedeutet:", Shell "exdiag explain {number}" },
            { en: "Find the sign-in in the log: Entra admin center, Monitoring & health, Sign-in logs, filtered by user or correlation id.", de: "Suchen Sie die Anmeldung im Protokoll: Entra Admin Center, Überwachung und Integrität, Anmeldeprotokolle, gefiltert nach Benutzer oder Korrelations-ID." },
        ]
    }
}

/// A finding about the endpoint.
pub fn about(code: &'static Code, endpoint: &Endpoint) -> Finding {
    Finding::new(code).host(&endpoint.host).port(endpoint.port).url(&endpoint.url)
}

/// [MS-ASHTTP] throttling headers; a negative back-off is budget that is still left.
pub fn throttled(endpoint: &Endpoint, response: &Response) -> Option<Finding> {
    let back_off = response.header("x-ms-backoffduration");
    let waits = back_off.filter(|text| text.split_once('/').is_some_and(|(_, s)| !s.trim().starts_with('-')));
    let reason = response
        .header("x-ms-asthrottle")
        .or_else(|| waits.map(|duration| response.header("x-ms-backoffreason").unwrap_or(duration)))?;
    let mut finding = about(&THROTTLED, endpoint).with("status", response.status).with("reason", reason);
    if let Some(duration) = back_off {
        finding = finding.with("back_off", duration);
    }
    Some(finding)
}

/// HTTP 451, with the server that it names.
pub fn wrong_server(endpoint: &Endpoint, response: &Response) -> Finding {
    let location = response.header("x-ms-location");
    let next = location.and_then(|url| Endpoint::parse(url, Origin::User)).map(|e| e.host);
    // where the server names none, the reader fills the gap of the command
    let finding = about(&WRONG_MAILBOX_SERVER, endpoint)
        .with("status", response.status)
        .with("result", format!("HTTP {}", response.status))
        .with("next", next.unwrap_or_else(|| "SERVER".to_owned()));
    match location {
        Some(location) => finding.with("location", location),
        None => finding,
    }
}

/// 502 to 504, by what made the answer.
pub fn unavailable(endpoint: &Endpoint, response: &Response) -> Finding {
    let front = front::recognise(response);
    let retry = response.header("retry-after");
    let (kind, owner) = match response.status {
        502 | 504 => ("gateway", Owner::Network),
        _ if front.in_front == Some("Microsoft HTTP.sys") => ("application-pool", Owner::Exchange),
        _ if retry.is_some() => ("throttled", Owner::Exchange),
        _ if front.product != Product::Unknown => ("exchange", Owner::Exchange),
        _ => ("balancer", Owner::Network),
    };
    let mut finding = about(&UNAVAILABLE, endpoint).owner(owner).with("status", response.status).with("kind", kind);
    if let Some(retry) = retry {
        finding = finding.with("retry_after", retry);
    }
    finding
}
