//! In which words is a session that fails told, and what it leaves behind?

use crate::finding::{Finding, Text};
use crate::{findings, remedies, text};

findings! {
    DEVICE_BLOCKED = "activesync.device-blocked", Fail, Exchange {
        title { en: "Exchange does not let {device} into {mailbox}, {shown}", de: "Exchange lässt {device} nicht in {mailbox}, {shown}" }
        meaning {
            en: "Exchange lets only certain devices in: this one ({device_id}) is blocked, or waits for a decision (quarantine). New devices and sync services fare no better.",
            de: "Exchange lässt nur bestimmte Geräte zu: Dieses ({device_id}) ist gesperrt oder wartet auf eine Entscheidung (Quarantäne). Neuen Geräten und Sync-Diensten geht es genauso.",
        }
        remedy { en: "Allow {device_id}, and the device of the sync service where that is another", de: "Lassen Sie {device_id} zu, und das Gerät des Sync-Dienstes, wenn das ein anderes ist" }
        steps [
            { en: "See which devices are blocked or in quarantine, and why:", de: "Sehen Sie nach, welche Geräte gesperrt oder in Quarantäne sind und warum:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Format-List DeviceId,DeviceType,DeviceUserAgent,DeviceAccessState,DeviceAccessStateReason\nGet-ActiveSyncOrganizationSettings | Format-List DefaultAccessLevel\nGet-ActiveSyncDeviceAccessRule | Format-Table QueryString,Characteristic,AccessLevel\nGet-CASMailbox '{mailbox}' | Format-List ActiveSyncAllowedDeviceIDs,ActiveSyncBlockedDeviceIDs" },
            { en: "Allow a device for this mailbox, by its id:", de: "Lassen Sie ein Gerät für dieses Postfach zu, mit seiner Kennung:", Powershell "Set-CASMailbox '{mailbox}' -ActiveSyncAllowedDeviceIDs @{Add='{device_id}'}" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
    DEVICE_QUARANTINED = "activesync.device-quarantined", Warn, Exchange {
        title { en: "Exchange keeps {device} in quarantine for {mailbox}, {shown}", de: "Exchange hält {device} für {mailbox} in Quarantäne, {shown}" }
        meaning {
            en: "This is how Exchange treats a device ({device_id}) that an administrator has to allow first: in place of the mailbox it sees a single message and hardly a folder. New devices and sync services get no mail either.",
            de: "So behandelt Exchange ein Gerät ({device_id}), das erst zugelassen werden muss: Statt des Postfachs sieht es eine einzige Nachricht und kaum einen Ordner. Auch neue Geräte und Sync-Dienste bekommen dann keine Mails.",
        }
        remedy { en: "Allow {device_id}, and the device of the sync service where that is another", de: "Lassen Sie {device_id} zu, und das Gerät des Sync-Dienstes, wenn das ein anderes ist" }
        steps [
            { en: "See which devices wait for a decision:", de: "Sehen Sie nach, welche Geräte auf eine Entscheidung warten:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Format-List DeviceId,DeviceType,DeviceAccessState,DeviceAccessStateReason" },
            { en: "Allow a device for this mailbox, by its id:", de: "Lassen Sie ein Gerät für dieses Postfach zu, mit seiner Kennung:", Powershell "Set-CASMailbox '{mailbox}' -ActiveSyncAllowedDeviceIDs @{Add='{device_id}'}" },
        ]
        cases [CONDITIONAL_ACCESS]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/set-activesyncorganizationsettings", "https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-conditions"]
    }
    SINGLE_MESSAGE = "activesync.single-message", Info, Exchange {
        title { en: "The Inbox of {mailbox} shows a single message", de: "Der Posteingang von {mailbox} zeigt eine einzige Nachricht" }
        meaning {
            en: "A new mailbox looks so, but also one whose device {device_id} waits for a decision (quarantine) or is one too many: Exchange then shows a notice in place of the mail.",
            de: "So sieht ein neues Postfach aus, aber auch eines, dessen Gerät {device_id} auf eine Entscheidung wartet (Quarantäne) oder überzählig ist: Exchange zeigt dann statt der Mails eine Mitteilung.",
        }
        remedy { en: "If there should be more mail, see how Exchange treats the device", de: "Wenn mehr Mails da sein müssten, sehen Sie nach, wie Exchange das Gerät behandelt" }
        steps [
            { en: "On Exchange:", de: "In Exchange:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Format-List DeviceId,DeviceType,DeviceAccessState,DeviceAccessStateReason" },
        ]
        links ["https://techcommunity.microsoft.com/t5/exchange-team-blog/controlling-exchange-activesync-device-access-using-the-allow/ba-p/588930"]
    }
    COMMANDS_BLOCKED = "activesync.commands-blocked", Fail, Network {
        title { en: "{host} lets OPTIONS through to ActiveSync, but not {command} ({result})", de: "{host} lässt OPTIONS zu ActiveSync durch, aber nicht {command} ({result})" }
        meaning {
            en: "The sign-in works, but something in front of the server answers the commands itself: a web application firewall that does not like POST with a binary body, or a login page. Clients find the server and get no mail.",
            de: "Die Anmeldung gelingt, aber etwas vor dem Server beantwortet die Befehle selbst: eine Web Application Firewall, der POST mit binärem Inhalt nicht gefällt, oder eine Anmeldeseite. Clients finden den Server und bekommen keine Mails.",
        }
        remedy { en: "Let POST through to /Microsoft-Server-ActiveSync unchanged, without a login page", de: "Lassen Sie POST unverändert zu /Microsoft-Server-ActiveSync durch, ohne Anmeldeseite" }
        steps [
            { en: "In the firewall or proxy, except this path from body inspection, antivirus and pre-authentication, and allow:", de: "Nehmen Sie diesen Pfad in Firewall oder Proxy von Inhaltsprüfung, Virenscan und Vorauthentifizierung aus und erlauben Sie:", Config "POST /Microsoft-Server-ActiveSync?Cmd=...&User=...&DeviceId=...&DeviceType=...\nContent-Type: application/vnd.ms-sync.wbxml" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --server {endpoint} --only activesync-session --ask-password" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/an-http-403-received-because-is-denied-specified-url"]
    }
    QUERY_BLOCKED = "activesync.query-blocked", Fail, Network {
        title { en: "Something in front of {host} refuses ActiveSync's plain queries ({result})", de: "Etwas vor {host} lehnt die Klartext-Abfragen von ActiveSync ab ({result})" }
        meaning {
            en: "ActiveSync has two forms of address. The same {command} that is refused with ?Cmd=...&User=... goes through with the query in base64. Clients that use the plain form, which is most of them, get no mail; the others work.",
            de: "ActiveSync kennt zwei Formen der Adresse. Derselbe Befehl {command}, der mit ?Cmd=...&User=... abgelehnt wird, kommt mit der Abfrage in Base64 durch. Clients mit der Klartextform, also die meisten, bekommen keine Mails; die anderen funktionieren.",
        }
        remedy { en: "Let queries with user names through to /Microsoft-Server-ActiveSync", de: "Lassen Sie Abfragen mit Benutzernamen zu /Microsoft-Server-ActiveSync durch" }
        steps [
            { en: "Find the rule in the log of the firewall or proxy (it may dislike the @, the backslash or the percent signs), and except the path from it:", de: "Suchen Sie die Regel im Log von Firewall oder Proxy (vielleicht stören das @, der Backslash oder die Prozentzeichen) und nehmen Sie den Pfad davon aus:", Config "/Microsoft-Server-ActiveSync?Cmd=...&User={mailbox}&DeviceId={device_id}&DeviceType={device_type}" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --server {endpoint} --only activesync-session --ask-password" },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/abb5236f-9e5c-42aa-9c07-e49bb0a53f97"]
    }
    SIGN_IN_LOST = "activesync.sign-in-lost", Fail, Exchange {
        title { en: "{host} takes the sign-in for OPTIONS, but not for {command} ({result})", de: "{host} nimmt die Anmeldung für OPTIONS an, aber nicht für {command} ({result})" }
        meaning {
            en: "So the password is right. On the way to the mailbox the sign-in gets lost: the back end's directory has other methods than those it was installed with, a proxy takes the header out of POST, or the nodes behind one name differ. It was not tried again.",
            de: "Das Passwort stimmt also. Auf dem Weg zum Postfach geht die Anmeldung verloren: Das Verzeichnis des Back-Ends hat andere Methoden als bei der Installation, ein Proxy entfernt den Header bei POST, oder die Knoten hinter einem Namen unterscheiden sich. Es wurde nicht erneut versucht.",
        }
        remedy { en: "Restore the sign-in methods of the back end, and pass the header Authorization on", de: "Stellen Sie die Anmeldemethoden des Back-Ends wieder her und reichen Sie den Header Authorization weiter" }
        steps [
            { en: "Compare the directories of all servers. In the front end Basic alone is in order, in the back end what Setup has set:", de: "Vergleichen Sie die Verzeichnisse aller Server. Richtig ist im Front-End Basic allein, im Back-End, was das Setup eingestellt hat:", Powershell "Get-ActiveSyncVirtualDirectory -ShowMailboxVirtualDirectories | Format-List Server,Name,BasicAuthEnabled,WindowsAuthEnabled,*AuthenticationMethods" },
        ]
        links ["https://learn.microsoft.com/exchange/clients/default-virtual-directory-settings"]
    }
    SYNC_STATE = "activesync.sync-state", Warn, Exchange {
        title { en: "What {host} remembers of exdiag's device is of no use any more ({result})", de: "Was {host} sich zum Gerät von exdiag gemerkt hat, ist unbrauchbar geworden ({result})" }
        meaning {
            en: "A session that starts from nothing was answered as if an earlier one were damaged. Other devices of {mailbox} may be in order; a sync service with this status has to be set up again.",
            de: "Eine Sitzung, die bei null beginnt, wurde beantwortet, als wäre eine frühere beschädigt. Andere Geräte von {mailbox} können in Ordnung sein; ein Sync-Dienst mit diesem Status muss neu eingerichtet werden.",
        }
        remedy { en: "Remove the device on the server, then run exdiag again", de: "Entfernen Sie das Gerät auf dem Server und starten Sie exdiag dann erneut" }
        steps [
            { en: "On Exchange (for a sync service, its device's id):", de: "In Exchange (bei einem Sync-Dienst die Kennung seines Geräts):", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Where-Object DeviceId -eq '{device_id}' | Remove-MobileDevice -Confirm:$false" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --only activesync-session --ask-password" },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ascmd/95cb9d7c-d33d-4b94-9366-d59911c7a060"]
    }
    IDLE_CUT = "activesync.idle-cut", Warn, Network {
        title { en: "An idle connection to {host} was cut after {seconds} s ({how})", de: "Eine ruhende Verbindung zu {host} wurde nach {seconds} s gekappt ({how})" }
        meaning {
            en: "For mail at once, clients keep one request open for up to half an hour (Ping). This one should have lasted {heartbeat} s. A firewall, proxy or balancer on the way has a shorter timer, so mail comes late, and the server sees one reconnection after the other. What shows itself there, or has a timer of that length: {suspect}.",
            de: "Damit Mails sofort kommen, halten Clients eine Anfrage bis zu einer halben Stunde offen (Ping). Diese hätte {heartbeat} s dauern sollen. Eine Firewall, ein Proxy oder ein Load Balancer auf dem Weg hat eine kürzere Frist, daher kommen Mails spät, und der Server sieht eine Neuverbindung nach der anderen. Was sich dort zeigt oder eine Frist dieser Länge hat: {suspect}.",
        }
        remedy { en: "Raise the idle timeout on every device on the way to 30 minutes", de: "Erhöhen Sie das Leerlauf-Timeout auf jedem Gerät auf dem Weg auf 30 Minuten" }
        steps [
            { en: "In nginx, for example, where the requests of /Microsoft-Server-ActiveSync are passed on (balancers and firewalls: the TCP idle timeout of the virtual server or rule):", de: "In nginx zum Beispiel dort, wo die Anfragen an /Microsoft-Server-ActiveSync weitergereicht werden (Load Balancer und Firewalls: das TCP-Leerlauf-Timeout des virtuellen Servers oder der Regel):", Config "proxy_read_timeout 1800s;\nproxy_send_timeout 1800s;" },
            { en: "Look again, for as many minutes as clients wait:", de: "Prüfen Sie erneut, so viele Minuten, wie Clients warten:", Shell "exdiag check {mailbox} --only activesync-session --ask-password --idle-test 30" },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ascmd/3fa88a42-b013-4e37-96cb-db8273dbd243", "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout"]
    }
    IDLE_HELD = "activesync.idle-held", Info, Network {
        title { en: "An idle connection to {host} lives for {seconds} s at least", de: "Eine ruhende Verbindung zu {host} hält mindestens {seconds} s" }
        meaning {
            en: "A Ping of up to {heartbeat} s was answered by the server itself, so nothing on the way cut it before.",
            de: "Ein Ping von bis zu {heartbeat} s wurde vom Server selbst beantwortet, also hat ihn vorher nichts auf dem Weg gekappt.",
        }
    }
    TOO_MANY_DEVICES = "activesync.too-many-devices", Fail, Exchange {
        title { en: "{mailbox} has as many devices as it may have", de: "{mailbox} hat so viele Geräte, wie erlaubt sind" }
        meaning {
            en: "Exchange refuses another device partnership (status 177): neither a new telephone nor a sync service can connect until old ones are removed.",
            de: "Exchange lehnt eine weitere Gerätepartnerschaft ab (Status 177): Weder ein neues Smartphone noch ein Sync-Dienst kann sich verbinden, bis alte entfernt sind.",
        }
        remedy { en: "Remove devices that are no longer used, or raise the limit", de: "Entfernen Sie Geräte, die nicht mehr verwendet werden, oder erhöhen Sie die Grenze" }
        steps [
            { en: "See which devices there are, the longest unused first:", de: "Sehen Sie nach, welche Geräte es gibt, die am längsten unbenutzten zuerst:", Powershell "Get-MobileDeviceStatistics -Mailbox '{mailbox}' | Sort-Object LastSuccessSync | Format-Table DeviceId,DeviceModel,LastSuccessSync" },
            { en: "Remove one (put its DeviceId from that list in place of DEVICE):", de: "Entfernen Sie eines (setzen Sie seine DeviceId aus dieser Liste statt DEVICE ein):", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Where-Object DeviceId -eq 'DEVICE' | Remove-MobileDevice" },
            { en: "Or see which policy holds for the mailbox (none: the global one):", de: "Oder sehen Sie nach, welche Richtlinie für das Postfach gilt (keine: die globale):", Powershell "Get-ThrottlingPolicyAssociation '{mailbox}' | Format-List ThrottlingPolicyId\nGet-ThrottlingPolicy | Format-List Name,EasMaxDevices" },
            { en: "On Exchange Server, give the mailbox a policy with a higher limit (name and number are examples):", de: "Geben Sie dem Postfach auf Exchange Server eine Richtlinie mit höherer Grenze (Name und Zahl sind Beispiele):", Powershell "New-ThrottlingPolicy ManyDevices -EasMaxDevices 200 -ThrottlingPolicyScope Regular\nSet-ThrottlingPolicyAssociation '{mailbox}' -ThrottlingPolicy ManyDevices" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/new-throttlingpolicy"]
    }
    POLICY_REFUSED = "activesync.policy-refused", Fail, Exchange {
        title { en: "The device policy of {mailbox} keeps exdiag's device out ({result})", de: "Die Geräterichtlinie von {mailbox} sperrt das Gerät von exdiag aus ({result})" }
        meaning {
            en: "The policy could not be agreed on, or demands what this kind of device cannot prove. Sync services, which are no telephones either, fail in the same way.",
            de: "Die Richtlinie kam nicht zustande oder verlangt, was ein solches Gerät nicht nachweisen kann. Sync-Dienste, die ebenfalls keine Smartphones sind, scheitern genauso.",
        }
        remedy { en: "Allow devices that cannot fulfil the whole policy, or give the mailbox another one", de: "Lassen Sie Geräte zu, die nicht die ganze Richtlinie erfüllen können, oder weisen Sie dem Postfach eine andere zu" }
        steps [
            { en: "See which policy holds:", de: "Sehen Sie nach, welche Richtlinie gilt:", Powershell "Get-CASMailbox '{mailbox}' | Format-List ActiveSyncMailboxPolicy\nGet-MobileDeviceMailboxPolicy | Format-List Name,AllowNonProvisionableDevices,AllowExternalDeviceManagement,PasswordEnabled,RequireDeviceEncryption" },
            { en: "Allow such devices in that policy (put its name in place of POLICY):", de: "Lassen Sie solche Geräte in dieser Richtlinie zu (setzen Sie ihren Namen statt POLICY ein):", Powershell "Set-MobileDeviceMailboxPolicy POLICY -AllowNonProvisionableDevices $true" },
            { en: "Where the status is 145, allow devices that somebody else manages:", de: "Lautet der Status 145, lassen Sie Geräte zu, die jemand anderes verwaltet:", Powershell "Set-MobileDeviceMailboxPolicy POLICY -AllowExternalDeviceManagement $true" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
    WIPE_REQUESTED = "activesync.wipe-requested", Fail, Exchange {
        title { en: "An administrator has ordered a wipe of exdiag's device {device_id}", de: "Für das Gerät {device_id} von exdiag wurde eine Fernlöschung angeordnet" }
        meaning {
            en: "The order was reported here and not acknowledged: exdiag deletes nothing and told the server nothing. As long as it stands, this device gets no mail of {mailbox}; see whether other devices have one too.",
            de: "Die Anordnung wird hier gemeldet und nicht bestätigt: exdiag löscht nichts und hat dem Server nichts mitgeteilt. Solange sie besteht, bekommt dieses Gerät keine Mails von {mailbox}; sehen Sie nach, ob sie auch für andere Geräte besteht.",
        }
        remedy { en: "Cancel the wipe if it was not meant, or remove the device", de: "Nehmen Sie die Fernlöschung zurück, wenn sie nicht gewollt ist, oder entfernen Sie das Gerät" }
        steps [
            { en: "See for which devices a wipe is ordered:", de: "Sehen Sie nach, für welche Geräte eine Fernlöschung angeordnet ist:", Powershell "Get-MobileDeviceStatistics -Mailbox '{mailbox}' | Format-List DeviceId,Status,DeviceWipeRequestTime,DeviceWipeAckTime" },
            { en: "Cancel it for exdiag's device:", de: "Nehmen Sie sie für das Gerät von exdiag zurück:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Where-Object DeviceId -eq '{device_id}' | Clear-MobileDevice -Cancel" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/clear-mobiledevice"]
    }
    FOLDER_SYNC_FAILED = "activesync.folder-sync-failed", Fail, Exchange {
        title { en: "{host} signs {mailbox} in, but {command} fails ({result})", de: "{host} meldet {mailbox} an, aber {command} scheitert ({result})" }
        meaning {
            en: "Name and password are right, yet the mailbox cannot be synced. Where it is HTTP 500 or ActiveDirectoryAccessDenied for one user alone, Exchange usually may not write the device below the user object, because its permissions are not inherited (members of admin groups).",
            de: "Name und Passwort stimmen, trotzdem lässt sich das Postfach nicht synchronisieren. Betrifft HTTP 500 oder ActiveDirectoryAccessDenied nur eine Person, darf Exchange das Gerät meist nicht unter dem Benutzerobjekt anlegen, weil es keine Berechtigungen erbt (Mitglieder von Admin-Gruppen).",
        }
        remedy { en: "Read the server's event log, and switch inheritance on for the user object", de: "Lesen Sie das Ereignisprotokoll des Servers und schalten Sie die Vererbung am Benutzerobjekt ein" }
        steps [
            { en: "See what ActiveSync has logged last (event 1053: permissions):", de: "Sehen Sie nach, was ActiveSync zuletzt protokolliert hat (Ereignis 1053: Berechtigungen):", Powershell "Get-EventLog Application -Source 'MSExchange ActiveSync' -Newest 20 | Format-List TimeGenerated,EventID,Message" },
            { en: "See whether the user is a protected one (1 means that inheritance is switched off again and again):", de: "Sehen Sie nach, ob das Konto ein geschütztes ist (1 heißt, dass die Vererbung immer wieder abgeschaltet wird):", Powershell "Get-ADUser -Filter \"mail -eq '{mailbox}'\" -Properties adminCount | Format-List Name,adminCount,DistinguishedName" },
            { en: "Switch inheritance on (Active Directory Users and Computers, Security, Advanced), or use an account without admin rights for mail.", de: "Schalten Sie die Vererbung ein (Active Directory-Benutzer und -Computer, Sicherheit, Erweitert) oder verwenden Sie für Mails ein Konto ohne Admin-Rechte." },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/event-1053-activesync-not-have-sufficient-permissions-to-create-container"]
    }
    ACCOUNT_DISABLED = "activesync.account-disabled", Fail, Exchange {
        title { en: "The account of {mailbox} is disabled", de: "Das Konto von {mailbox} ist deaktiviert" }
        meaning {
            en: "The server took the sign-in but says that the account may not be used ({result}).",
            de: "Der Server nahm die Anmeldung an, sagt aber, dass das Konto nicht verwendet werden darf ({result}).",
        }
        remedy { en: "Enable the account in Active Directory", de: "Aktivieren Sie das Konto im Active Directory" }
        steps [
            { en: "See its state, and enable it:", de: "Sehen Sie seinen Zustand nach und aktivieren Sie es:", Powershell "Get-ADUser -Filter \"mail -eq '{mailbox}'\" -Properties LockedOut,Enabled | Format-List Name,LockedOut,Enabled\nGet-ADUser -Filter \"mail -eq '{mailbox}'\" | Enable-ADAccount" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/eas-devices-still-sync-with-disabled-account"]
    }
    STORE_OFFLINE = "activesync.store-offline", Fail, Exchange {
        title { en: "The mailbox database of {mailbox} is not available ({result})", de: "Die Postfachdatenbank von {mailbox} ist nicht verfügbar ({result})" }
        meaning {
            en: "ActiveSync itself answers and takes the sign-in, but the server that holds the mailbox does not.",
            de: "ActiveSync selbst antwortet und nimmt die Anmeldung an, der Server mit dem Postfach jedoch nicht.",
        }
        remedy { en: "Mount the database, or start the mailbox server", de: "Stellen Sie die Datenbank bereit oder starten Sie den Postfachserver" }
        steps [
            { en: "See whether the database is mounted:", de: "Sehen Sie nach, ob die Datenbank bereitgestellt ist:", Powershell "Get-Mailbox '{mailbox}' | Format-List Database,ServerName\nGet-MailboxDatabaseCopyStatus * | Format-Table Name,Status,ContentIndexState" },
            { en: "Mount it:", de: "Stellen Sie sie bereit:", Powershell "Mount-Database (Get-Mailbox '{mailbox}').Database" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/exchange-activesync-returned-http-503-error"]
    }
    QUOTA = "activesync.quota", Fail, User {
        title { en: "The mailbox {mailbox} has reached a limit: {limit} ({result})", de: "Das Postfach {mailbox} stößt an eine Grenze: {limit} ({result})" }
        meaning {
            en: "{why} This lasts until there is room again.",
            de: "{why} Das bleibt so, bis wieder Platz ist.",
        }
        remedy { en: "Delete or archive mail, or raise the quota", de: "Löschen oder archivieren Sie Mails oder erhöhen Sie das Kontingent" }
        steps [
            { en: "In Outlook or Outlook on the web, empty the deleted items, and delete or archive what is large and old.", de: "Leeren Sie in Outlook oder Outlook im Web die gelöschten Elemente und löschen oder archivieren Sie, was groß und alt ist." },
            { en: "If that is not enough, have the Exchange admin see how full it is:", de: "Reicht das nicht, lassen Sie die Exchange-Administration nachsehen, wie voll es ist:", Powershell "Get-MailboxStatistics '{mailbox}' | Format-List TotalItemSize,StorageLimitStatus\nGet-Mailbox '{mailbox}' | Format-List ProhibitSendQuota,ProhibitSendReceiveQuota,UseDatabaseQuotaDefaults" },
            { en: "And raise the quota (the numbers are examples):", de: "Und das Kontingent erhöhen (die Zahlen sind Beispiele):", Powershell "Set-Mailbox '{mailbox}' -UseDatabaseQuotaDefaults $false -ProhibitSendQuota 20GB -ProhibitSendReceiveQuota 22GB" },
        ]
        cases [SERVER_FULL]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ascmd/95cb9d7c-d33d-4b94-9366-d59911c7a060"]
    }
    STATUS = "activesync.status", Fail, Exchange {
        title { en: "{host} ends the session of {mailbox} at {command}: {result}", de: "{host} beendet die Sitzung von {mailbox} bei {command}: {result}" }
        meaning {
            en: "{why} The sign-in itself works.",
            de: "{why} Die Anmeldung selbst gelingt.",
        }
        remedy { en: "Look the status up; if it does not pass, read the server's log of this device", de: "Schlagen Sie den Status nach; geht er nicht vorüber, lesen Sie das Protokoll des Servers für dieses Gerät" }
        steps [
            { en: "See whether it passes: run exdiag again after some minutes, during a move after its end.", de: "Sehen Sie, ob es vorübergeht: Starten Sie exdiag nach einigen Minuten erneut, bei einem Umzug nach dessen Ende.", Shell "exdiag check {mailbox} --only activesync-session --ask-password" },
            { en: "Otherwise switch the log of the mailbox on, run exdiag again, and have the log sent:", de: "Schalten Sie sonst das Protokoll des Postfachs ein, starten Sie exdiag erneut und lassen Sie sich das Protokoll senden:", Powershell "Set-CASMailbox '{mailbox}' -ActiveSyncDebugLogging $true\nGet-MobileDeviceStatistics -Mailbox '{mailbox}' -GetMailboxLog -NotificationEmailAddresses '{mailbox}'" },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ascmd/95cb9d7c-d33d-4b94-9366-d59911c7a060"]
    }
    DEVICE_LEFT = "activesync.device-left", Info, Exchange {
        title { en: "The session left a device partnership in {mailbox}: {device_id}", de: "Die Sitzung hat in {mailbox} eine Gerätepartnerschaft hinterlassen: {device_id}" }
        meaning {
            en: "Exchange lists every device that has synced. This one is of type {device_type} and the same in every run, so it is there once; nothing else in the mailbox was changed. A device policy, where there is one, was confirmed so that the session could go on, though exdiag has nothing to enforce it on. The device can stay, or be removed.",
            de: "Exchange führt jedes Gerät auf, das synchronisiert hat. Dieses ist vom Typ {device_type} und in jedem Lauf dasselbe, steht also nur einmal da; sonst wurde im Postfach nichts verändert. Eine Geräterichtlinie, falls es eine gibt, wurde bestätigt, damit die Sitzung weitergeht; durchsetzen kann exdiag sie nirgends. Das Gerät kann bleiben oder entfernt werden.",
        }
        remedy { en: "Remove it if it is not wanted", de: "Entfernen Sie es, wenn es nicht erwünscht ist" }
        steps [
            { en: "On Exchange:", de: "In Exchange:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Where-Object DeviceId -eq '{device_id}' | Remove-MobileDevice -Confirm:$false" },
            { en: "On Z-Push:", de: "In Z-Push:", Shell "z-push-admin -a remove -u '{mailbox}' -d {device_id}" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/remove-mobiledevice"]
    }
}

remedies! {
    CONDITIONAL_ACCESS {
        en: "Let {device_id} in, and the device of the sync service, in Exchange or in Conditional Access, whichever keeps it out",
        de: "Lassen Sie {device_id} und das Gerät des Sync-Dienstes zu, in Exchange oder im bedingten Zugriff, je nachdem, was es fernhält",
        steps [
            { en: "See why it waits:", de: "Sehen Sie nach, warum es wartet:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Format-List DeviceId,DeviceType,DeviceAccessState,DeviceAccessStateReason" },
            { en: "If Exchange's own rules are the reason, allow the device for this mailbox:", de: "Sind die eigenen Regeln von Exchange der Grund, lassen Sie das Gerät für dieses Postfach zu:", Powershell "Set-CASMailbox '{mailbox}' -ActiveSyncAllowedDeviceIDs @{Add='{device_id}'}" },
            { en: "Where a policy of Conditional Access blocks Exchange ActiveSync, the user gets a single message as well. See which policies cover these clients, and exempt the user there:", de: "Sperrt eine Richtlinie für den bedingten Zugriff Exchange ActiveSync, bekommt der Benutzer ebenfalls eine einzige Nachricht. Sehen Sie nach, welche Richtlinien diese Clients erfassen, und nehmen Sie den Benutzer dort aus:", Powershell "Connect-MgGraph -Scopes Policy.Read.All\nGet-MgIdentityConditionalAccessPolicy | Where-Object { $_.Conditions.ClientAppTypes -contains 'exchangeActiveSync' } | Format-List DisplayName,State" },
        ]
    }
    SERVER_FULL {
        en: "Find out whether the mailbox or the server is full, and make room there",
        de: "Stellen Sie fest, ob das Postfach oder der Server voll ist, und schaffen Sie dort Platz",
        steps [
            { en: "In Outlook or Outlook on the web, empty the deleted items, and delete or archive what is large and old.", de: "Leeren Sie in Outlook oder Outlook im Web die gelöschten Elemente und löschen oder archivieren Sie, was groß und alt ist." },
            { en: "If it goes on, have the Exchange admin see how full the mailbox is, and where it lies:", de: "Bleibt es dabei, lassen Sie die Exchange-Administration nachsehen, wie voll das Postfach ist und wo es liegt:", Powershell "Get-MailboxStatistics '{mailbox}' | Format-List TotalItemSize,StorageLimitStatus,DatabaseName,ServerName" },
            { en: "On that server, see how much room its disks have. Logs that no backup clears often fill them:", de: "Sehen Sie auf diesem Server nach, wie viel Platz seine Datenträger haben. Oft füllen sie sich mit Protokollen, die keine Sicherung abräumt:", Powershell "Get-Volume | Format-Table DriveLetter,FileSystemLabel,SizeRemaining,Size\nGet-MailboxDatabase -Status | Format-Table Name,Server,DatabaseSize,AvailableNewMailboxSpace,LastFullBackup" },
        ]
    }
}

/// Which limit a mailbox has reached.
#[derive(Debug)]
pub(super) struct Limit {
    /// In a title, behind the mailbox and a colon.
    said: Text,
    /// What it means.
    pub means: Text,
    /// Whether it may be the server's own.
    is_servers: bool,
}

/// The limit that a status of ActiveSync or HTTP tells of: MS-ASCMD 2.2.2 and 2.2.3.177.17, MS-ASHTTP 2.2.2.1.1.
pub(super) const fn limit(status: u16) -> Limit {
    match status {
        115 => Limit {
            said: text!("its quota for sending is used up", "Sein Sendekontingent ist ausgeschöpft"),
            means: text!(
                "The quota for sending is used up: nothing more is sent from the mailbox, while what arrives for it is still kept.",
                "Das Sendekontingent ist ausgeschöpft: Aus dem Postfach wird nichts mehr gesendet, was eingeht, wird weiterhin angenommen."
            ),
            is_servers: false,
        },
        9 | 507 => Limit {
            said: text!("it is full, or its server is", "Es selbst oder sein Server ist voll"),
            means: text!(
                "Either the quota of the mailbox is used up, or the storage of the server on which it lies, so clients and sync services cannot sync any more.",
                "Entweder ist das Kontingent des Postfachs ausgeschöpft oder der Speicher des Servers, auf dem es liegt, daher können Clients und Sync-Dienste nicht mehr synchronisieren."
            ),
            is_servers: true,
        },
        _ => Limit {
            said: text!("it is full", "Es ist voll"),
            means: text!(
                "The quota is used up, so clients and sync services cannot sync any more.",
                "Das Kontingent ist ausgeschöpft, daher können Clients und Sync-Dienste nicht mehr synchronisieren."
            ),
            is_servers: false,
        },
    }
}

/// The finding with what the status says of the limit.
pub(super) fn of_limit(finding: Finding, status: u16) -> Finding {
    let Limit { said, means, is_servers } = limit(status);
    let finding = finding.with("limit", said).with("why", means);
    if is_servers { finding.remedy(&SERVER_FULL) } else { finding }
}

/// The same in Microsoft's cloud, where Conditional Access may be what keeps the device out.
pub(super) fn of_cloud(finding: Finding) -> Finding {
    finding.remedy(&CONDITIONAL_ACCESS)
}
