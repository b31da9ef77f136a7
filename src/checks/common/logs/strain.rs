//! Does a client strain the server, or the server slow the client down, though requests get through?

use super::limits::Thresholds;
use super::{about, yes};
use crate::evidence::logs::LogDevice;
use crate::finding::{Code, Finding, Severity};
use crate::{findings, text};

findings! {
    LOOPING = "sync.looping", Warn, Sync {
        title { en: "{who} goes in circles: {what}", de: "{who} dreht sich im Kreis: {what}" }
        meaning {
            en: "In one day: {day} requests, one folder {resyncs} times from sync key 0; in one minute: {minute}; with one sync key in a row: {same_key}. A healthy client has 150 to 500 requests a day. Exchange may block such a device by itself.",
            de: "An einem Tag: {day} Anfragen, ein Ordner {resyncs}-mal ab Synchronisierungsschlüssel 0; in einer Minute: {minute}; mit einem Schlüssel in Folge: {same_key}. Ein gesunder Client hat 150 bis 500 Anfragen am Tag. Exchange kann ein solches Gerät von sich aus sperren.",
        }
        remedy { en: "Set the account up anew on the client", de: "Richten Sie das Konto auf dem Client neu ein" }
        steps [
            { en: "Remove the account from the device or the service, then its partnership, and add it again:", de: "Entfernen Sie das Konto vom Gerät oder Dienst, dann die Partnerschaft, und fügen Sie es neu hinzu:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Where-Object DeviceId -eq '{device}' | Remove-MobileDevice" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/remove-mobiledevice"]
    }
    PROVISION_LOOP = "sync.provision-loop", Warn, Exchange {
        title { en: "{who} asks for the policy again and again: {count} {count|time|times} without a success after it", de: "{who} fragt immer wieder nach der Richtlinie: {count}-mal ohne Erfolg danach" }
        meaning {
            en: "A client fetches the policy (Provision) and acknowledges it before it syncs. Here no Sync, FolderSync or Ping worked afterwards: the client cannot keep the policy, or says so and is not believed.",
            de: "Ein Client holt die Richtlinie (Provision) und bestätigt sie, bevor er synchronisiert. Hier gelang danach kein Sync, FolderSync oder Ping: Der Client kann die Richtlinie nicht einhalten, oder seine Bestätigung wird nicht angenommen.",
        }
        remedy { en: "Give the mailbox a policy that the client can keep", de: "Geben Sie dem Postfach eine Richtlinie, die der Client einhalten kann" }
        steps [
            { en: "See which policy holds:", de: "Sehen Sie nach, welche Richtlinie gilt:", Powershell "Get-CASMailbox '{mailbox}' | Format-List ActiveSyncMailboxPolicy" },
            { en: "A sync service keeps no password rules of a phone: allow devices that cannot, in a policy of their own.", de: "Ein Sync-Dienst hält keine Passwortregeln eines Telefons ein: Lassen Sie in einer eigenen Richtlinie Geräte zu, die das nicht können.", Powershell "New-MobileDeviceMailboxPolicy -Name 'Sync' -AllowNonProvisionableDevices $true\nSet-CASMailbox '{mailbox}' -ActiveSyncMailboxPolicy 'Sync'" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/set-mobiledevicemailboxpolicy"]
    }
    AUTO_BLOCKED = "sync.auto-blocked", Warn, Sync {
        title { en: "Exchange blocked {who} automatically for a time", de: "Exchange hat {who} zeitweise automatisch gesperrt" }
        meaning {
            en: "{count} {count|request|requests} met the block, which has been lifted since. Exchange bars a device that asks too often or always the same, and lets it in again by itself after some time.",
            de: "{count} {count|Anfrage traf|Anfragen trafen} auf die Sperre, die inzwischen aufgehoben ist. Exchange sperrt ein Gerät, das zu oft oder immer dasselbe fragt, und lässt es nach einiger Zeit von selbst wieder zu.",
        }
        remedy { en: "Find out what the client repeats", de: "Stellen Sie fest, was der Client wiederholt" }
        steps [
            { en: "Look in the logs which requests come before the block, and how many:", de: "Sehen Sie in den Protokollen nach, welche Anfragen der Sperre vorausgehen und wie viele:", Shell "exdiag logs W3SVC1 --mailbox {mailbox}" },
            { en: "See the thresholds that the server has:", de: "Sehen Sie die Schwellwerte des Servers an:", Powershell "Get-ActiveSyncDeviceAutoblockThreshold | Format-List" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-activesyncdeviceautoblockthreshold"]
    }
    HEARTBEAT = "sync.heartbeat-short", Warn, Network {
        title { en: "The Pings of {who} wait for {seconds} s only", de: "Die Pings von {who} warten nur {seconds} s" }
        meaning {
            en: "That is the mean of {count}. A client shortens its wait when something cuts it; Exchange itself raises an event at so short a mean, as it costs the server requests and the device its battery.",
            de: "Das ist das Mittel von {count}. Ein Client wartet kürzer, wenn etwas ihn abschneidet; Exchange selbst meldet ein so kurzes Mittel als Ereignis, weil es den Server Anfragen und das Gerät Akku kostet.",
        }
        remedy { en: "Raise the idle timeout of everything between the Internet and Exchange", de: "Erhöhen Sie das Leerlauf-Zeitlimit aller Geräte zwischen Internet und Exchange" }
        steps [
            { en: "Set it to at least 30 minutes for the path /Microsoft-Server-ActiveSync, on firewall, proxy and load balancer; in nginx, for example:", de: "Setzen Sie es für den Pfad /Microsoft-Server-ActiveSync auf mindestens 30 Minuten, auf Firewall, Proxy und Load Balancer; in nginx zum Beispiel:", Config "proxy_read_timeout 1800s;\nproxy_send_timeout 1800s;" },
        ]
        links ["https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-ascmd/f7ad2c0d-37e2-4a17-a2d6-fc8e98a1f9a8"]
    }
    SERVER_ERRORS = "sync.server-errors", Warn, Exchange {
        title { en: "The server answers {who} with errors of its own: {count} of {all}", de: "Der Server antwortet {who} mit eigenen Fehlern: {count} von {all}" }
        meaning {
            en: "The statuses are {codes}. After several of them some clients begin anew and fetch everything again. 503 also stands for throttling, and for an application pool that is down.",
            de: "Die Status sind {codes}. Nach mehreren davon beginnen manche Clients von vorn und holen alles neu. 503 steht auch für Drosselung und für einen Anwendungspool, der nicht läuft.",
        }
        remedy { en: "Look for the cause on the server", de: "Suchen Sie die Ursache auf dem Server" }
        steps [
            { en: "See whether the application pools run:", de: "Sehen Sie nach, ob die Anwendungspools laufen:", Powershell "Get-WebAppPoolState MSExchangeSyncAppPool" },
            { en: "Look at the health of the protocol:", de: "Sehen Sie den Zustand des Protokolls an:", Powershell "Get-HealthReport -Identity $env:COMPUTERNAME -HealthSet ActiveSync" },
        ]
        links ["https://learn.microsoft.com/troubleshoot/developer/webapps/iis/www-administration-management/http-status-code"]
    }
    THROTTLED = "sync.throttled", Warn, Exchange {
        title { en: "Exchange slows {who} down", de: "Exchange bremst {who}" }
        meaning {
            en: "{count} {count|request was|requests were} delayed by throttling, for up to {ms} ms. Budget overdrawn at the end: {overdrawn}.",
            de: "{count} {count|Anfrage wurde|Anfragen wurden} durch Drosselung verzögert, bis zu {ms} ms. Budget am Ende überzogen: {overdrawn}.",
        }
        remedy { en: "Let the client ask less, or give the account a policy of its own", de: "Lassen Sie den Client seltener fragen oder geben Sie dem Konto eine eigene Richtlinie" }
        steps [
            { en: "See which policy holds:", de: "Sehen Sie nach, welche Richtlinie gilt:", Powershell "Get-ThrottlingPolicyAssociation '{mailbox}' | Format-List" },
            { en: "Where a sync service works on this account, give it a policy that does not slow it down:", de: "Arbeitet mit diesem Konto ein Sync-Dienst, geben Sie ihm eine Richtlinie, die ihn nicht bremst:", Powershell "New-ThrottlingPolicy -Name 'Sync' -EasRechargeRate Unlimited -EasCutoffBalance Unlimited -EasMaxBurst Unlimited\nSet-ThrottlingPolicyAssociation '{mailbox}' -ThrottlingPolicy 'Sync'" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/new-throttlingpolicy"]
    }
    SLOW = "sync.backend-slow", Warn, Exchange {
        title { en: "The mailbox server takes long for the Syncs of {who}", de: "Der Postfachserver braucht lange für die Synchronisierungen von {who}" }
        meaning {
            en: "Of {count} {count|Sync|Syncs} {over_2s} waited for more than 2 s for it, {over_10s} for more than 10 s; the longest {max} ms. The client waits all that time, and may give up.",
            de: "Von {count} {count|Synchronisierung|Synchronisierungen} {over_2s|wartete|warteten} {over_2s} mehr als 2 s auf ihn, {over_10s} mehr als 10 s; die längste {max} ms. So lange wartet auch der Client, und gibt vielleicht auf.",
        }
        remedy { en: "Look at the load of the mailbox server and the size of the mailbox", de: "Sehen Sie die Last des Postfachservers und die Größe des Postfachs an" }
        steps [
            { en: "A folder with very many items is slow for everybody:", de: "Ein Ordner mit sehr vielen Elementen ist für alle langsam:", Powershell "Get-MailboxFolderStatistics '{mailbox}' | Sort-Object ItemsInFolder -Descending | Select-Object -First 5 FolderPath,ItemsInFolder" },
            { en: "Look at the health of the store:", de: "Sehen Sie den Zustand des Informationsspeichers an:", Powershell "Get-HealthReport -Identity $env:COMPUTERNAME -HealthSet Store" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailboxfolderstatistics"]
    }
    CUT = "sync.idle-cut", Warn, Network {
        title { en: "Waiting requests of {who} are cut after {seconds} s", de: "Wartende Anfragen von {who} werden nach {seconds} s abgeschnitten" }
        meaning {
            en: "{count} of them ended after the same time because the connection was gone. That is the idle timeout of a firewall, proxy or load balancer; new mail then arrives late.",
            de: "{count} davon {count|endete|endeten} nach derselben Zeit, weil die Verbindung weg war. Das ist das Leerlauf-Zeitlimit einer Firewall, eines Proxys oder Load Balancers; neue Mails kommen dann verspätet an.",
        }
        remedy { en: "Raise the idle timeout to at least 30 minutes", de: "Erhöhen Sie das Leerlauf-Zeitlimit auf mindestens 30 Minuten" }
        steps [
            { en: "Look for a timer of {seconds} s on every device between the Internet and Exchange, for the path /Microsoft-Server-ActiveSync.", de: "Suchen Sie auf jedem Gerät zwischen Internet und Exchange ein Zeitlimit von {seconds} s, für den Pfad /Microsoft-Server-ActiveSync." },
            { en: "In nginx, for example, where these requests are passed on:", de: "In nginx zum Beispiel dort, wo diese Anfragen weitergereicht werden:", Config "proxy_read_timeout 1800s;\nproxy_send_timeout 1800s;" },
        ]
        links ["https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout"]
    }
}

/// A finding, and how bad it is: from the first limit on a warning, from the second on a failure.
fn weighed(device: &LogDevice, code: &'static Code, value: u64, limits: (i64, i64)) -> Option<Finding> {
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    let finding = (value >= limits.0).then(|| about(device, code))?;
    Some(if value >= limits.1 { finding.severity(Severity::Fail) } else { finding })
}

fn percent(part: u64, all: u64) -> u64 {
    (part * 100).checked_div(all).unwrap_or(0)
}

/// Judges one device. `barred`: Exchange does not let it in, which says more.
pub fn judge(device: &LogDevice, limits: &Thresholds, barred: bool, out: &mut Vec<Finding>) {
    let l = limits;
    let circles = [
        (
            device.resyncs,
            (l.resyncs_per_day, l.resyncs_per_day_fail),
            text!("it begins anew", "die Synchronisierung beginnt von vorn"),
        ),
        (
            device.same_key,
            (l.same_key, l.same_key_fail),
            text!("it repeats a sync key", "ein Synchronisierungsschlüssel wiederholt sich"),
        ),
        (
            device.peak.day,
            (l.hits_per_day, l.hits_per_day_fail),
            text!("too many requests a day", "zu viele Anfragen am Tag"),
        ),
        (
            device.peak.minute,
            (l.hits_per_minute, l.hits_per_minute_fail),
            text!("too many requests a minute", "zu viele Anfragen in der Minute"),
        ),
    ];
    let circle = circles
        .into_iter()
        .filter_map(|(value, limits, what)| Some((weighed(device, &LOOPING, value, limits)?, what)))
        .reduce(|worst, next| if next.0.severity > worst.0.severity { next } else { worst });
    out.extend(circle.map(|(finding, what)| {
        finding
            .with("what", what)
            .with("day", device.peak.day)
            .with("minute", device.peak.minute)
            .with("resyncs", device.resyncs)
            .with("same_key", device.same_key)
    }));
    let provisions = weighed(device, &PROVISION_LOOP, device.provisions, (l.provisions, l.provisions_fail));
    out.extend(provisions.map(|finding| finding.with("count", device.provisions)));
    if device.auto_blocked > 0 && !barred {
        out.push(about(device, &AUTO_BLOCKED).with("count", device.auto_blocked));
    }
    if let Some(wait) = &device.heartbeat
        && i64::try_from(wait.count).unwrap_or(i64::MAX) >= l.heartbeat_samples
        && i64::try_from(wait.mean_s).unwrap_or(i64::MAX) <= l.heartbeat_seconds
    {
        out.push(about(device, &HEARTBEAT).with("seconds", wait.mean_s).with("count", wait.count));
    }
    let errors: Vec<(&String, &u64)> = device.statuses.iter().filter(|(status, _)| status.starts_with('5')).collect();
    let count: u64 = errors.iter().map(|(_, count)| **count).sum();
    // one error is an accident, whatever its share of a few requests
    if i64::try_from(count).unwrap_or(i64::MAX) >= l.failures {
        let share = percent(count, device.hits);
        let limits = (l.server_errors_percent, l.server_errors_percent_fail);
        let codes = errors.iter().map(|(code, count)| format!("{code} ({count})")).collect::<Vec<_>>().join(", ");
        let finding = weighed(device, &SERVER_ERRORS, share, limits);
        out.extend(finding.map(|f| f.with("count", count).with("all", device.hits).with("codes", codes)));
    }
    if device.throttled > 0 || device.overdrawn {
        let worst = device.overdrawn || i64::try_from(device.throttled_ms).unwrap_or(i64::MAX) >= l.throttle_ms_fail;
        let finding = about(device, &THROTTLED)
            .with("count", device.throttled)
            .with("ms", device.throttled_ms)
            .with("overdrawn", yes(device.overdrawn));
        out.push(if worst { finding.severity(Severity::Fail) } else { finding });
    }
    if let Some(calls) = device.mailbox_server.as_ref().filter(|calls| calls.over_2s >= 3) {
        let slow = i64::try_from(percent(calls.over_2s, calls.count)).unwrap_or(i64::MAX) >= l.slow_percent;
        let dead = i64::try_from(percent(calls.over_10s, calls.count)).unwrap_or(i64::MAX) >= l.slow_percent_fail;
        let finding = about(device, &SLOW)
            .with("count", calls.count)
            .with("over_2s", calls.over_2s)
            .with("over_10s", calls.over_10s)
            .with("max", calls.max_ms);
        if slow || dead {
            out.push(if dead { finding.severity(Severity::Fail) } else { finding });
        }
    }
    if let Some((seconds, count)) = device.cut_after.iter().max_by_key(|(_, count)| **count)
        && i64::try_from(*count).unwrap_or(i64::MAX) >= l.cuts
    {
        out.push(about(device, &CUT).with("seconds", seconds.as_str()).with("count", *count));
    }
}
