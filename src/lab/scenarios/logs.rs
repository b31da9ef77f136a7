//! What do the server's own logs show of a mailbox whose server looks well from outside?

use crate::lab::logs::Lines;
use crate::lab::scenario::{Scenario, fault, healthy};

/// A day of a sync service that works.
const WELL: Lines = Lines {
    ago: (26 * 60, 2),
    every: 600,
    user: "anna",
    command: "Sync",
    status: "200.0.0",
    answer: "Fid:5_Ty:Em_Sk:7_S1_As:AllowedG",
    took: 120,
};

/// The same until some hours ago.
const BEFORE: Lines = Lines { ago: (26 * 60, 180), ..WELL };

/// The last hours, in which something is wrong.
const SINCE: Lines = Lines { ago: (179, 2), ..WELL };

/// The scenarios of logs.
pub fn all() -> Vec<Scenario> {
    let of = |name, expected, log: Vec<Lines>, en, de| Scenario { log, ..fault(name, expected, en, de) };
    vec![
        Scenario {
            log: vec![WELL],
            ..healthy(
                "healthy-logs",
                "The logs show a sync that works",
                "Die Protokolle zeigen eine Synchronisierung, die gelingt",
            )
        },
        of(
            "logs-password-changed",
            "auth.log-refused",
            vec![BEFORE, Lines { status: "401.1.1326", answer: "", ..SINCE }],
            "The password was changed, the service does not know",
            "Das Passwort wurde geändert, der Dienst weiß es nicht",
        ),
        of(
            "logs-account-locked",
            "auth.log-refused",
            vec![BEFORE, Lines { status: "401.1.1909", answer: "", ..SINCE }],
            "The account is locked, again and again",
            "Das Konto ist gesperrt, immer wieder",
        ),
        of(
            "logs-quarantined",
            "sync.device-barred",
            vec![Lines { answer: "S1_As:QuarantinedG", ..WELL }],
            "The service's device waits in quarantine",
            "Das Gerät des Dienstes wartet in der Quarantäne",
        ),
        of(
            "logs-provision-loop",
            "sync.provision-loop",
            vec![
                Lines { ago: (300, 2), command: "Provision", answer: "S1_As:AllowedG", ..WELL },
                Lines { ago: (299, 2), answer: "S142_Error:DeviceNotProvisioned_As:AllowedG", ..WELL },
            ],
            "The service cannot keep the device policy",
            "Der Dienst kann die Geräterichtlinie nicht einhalten",
        ),
        of(
            "logs-server-errors",
            "sync.server-errors",
            vec![BEFORE, Lines { status: "500.0.0", answer: "", ..SINCE }],
            "The server breaks down for this mailbox",
            "Der Server bricht bei diesem Postfach ab",
        ),
        of(
            "logs-looping",
            "sync.looping",
            vec![WELL, Lines { ago: (120, 2), every: 30, answer: "Fid:5_Ty:Em_St:F_Sk:0_S1_As:AllowedG", ..WELL }],
            "The service begins anew every half minute",
            "Der Dienst beginnt jede halbe Minute von vorn",
        ),
        of(
            "logs-idle-cut",
            "sync.idle-cut",
            vec![WELL, Lines { ago: (400, 2), command: "Ping", status: "200.0.64", answer: "", took: 300_020, ..WELL }],
            "A firewall cuts waiting requests after five minutes",
            "Eine Firewall schneidet wartende Anfragen nach fünf Minuten ab",
        ),
        of(
            "logs-client-silent",
            "sync.client-silent",
            vec![Lines { user: "ben", ..WELL }],
            "Nobody asks for the mailbox any more",
            "Niemand fragt mehr nach dem Postfach",
        ),
    ]
}
