//! What does the state of an account in the sync service's old API (Nylas v2) mean?

use super::refused::both;
use crate::finding::{Finding, Sentence, Severity};
use crate::protocol::nylas::v2::{Account, State};
use crate::{findings, text};

findings! {
    ACCOUNT_STOPPED = "sync.account-stopped", Fail, Sync {
        title { en: "The sync service has stopped syncing {mailbox}", de: "Der Sync-Dienst hat die Synchronisierung von {mailbox} angehalten" }
        meaning {
            en: "The account {account} is in the state {state}: somebody stopped it, or the service did after the same error many times. Nothing is synced until it is started again. The state lags behind the truth by ten minutes to seven hours.",
            de: "Das Konto {account} ist im Zustand {state}: Jemand hat es angehalten, oder der Dienst selbst nach vielen gleichen Fehlern. Bis es wieder gestartet wird, wird nichts synchronisiert. Der Zustand hinkt der Wirklichkeit um zehn Minuten bis sieben Stunden hinterher.",
        }
        remedy { en: "Remove the cause of the errors, then start the account again", de: "Beseitigen Sie die Ursache der Fehler und starten Sie das Konto dann neu" }
        steps [
            { en: "See whether the server is in order, or the password is old:", de: "Prüfen Sie, ob der Server in Ordnung ist oder das Passwort veraltet:", Shell "exdiag check {mailbox} --ask-password" },
            { en: "If the password was changed, sign in again in the app. Otherwise have the owner of the app start the account again: cancel and reactivate it.", de: "Wurde das Passwort geändert, melden Sie sich in der App neu an. Sonst muss der Betreiber der App das Konto neu starten: kündigen und wieder aktivieren.", Shell "curl -X POST -u \"$NYLAS_CLIENT_SECRET:\" https://api.nylas.com/a/$NYLAS_CLIENT_ID/accounts/{account}/downgrade\ncurl -X POST -u \"$NYLAS_CLIENT_SECRET:\" https://api.nylas.com/a/$NYLAS_CLIENT_ID/accounts/{account}/upgrade" },
            { en: "The old API was switched off at the end of 2024: if these addresses no longer answer, connect the mailbox anew in v3.", de: "Die alte API wurde Ende 2024 abgeschaltet: Antworten diese Adressen nicht mehr, verbinden Sie das Postfach in v3 neu." },
        ]
        links ["https://developer.nylas.com/docs/v2/developer-guide-v2/manage-accounts/account-sync-status", "https://v2-5-0.developer.nylas.com/docs/support/troubleshooting/enable-stopped-accounts/"]
    }
    ACCOUNT_INVALID = "sync.account-invalid", Fail, User {
        title { en: "The sync service can no longer sign in to {mailbox}", de: "Der Sync-Dienst kann sich bei {mailbox} nicht mehr anmelden" }
        meaning {
            en: "The account {account} is in the state {state}: the password or the server's settings have changed, or access was withdrawn. The state lags behind the truth by ten minutes to seven hours.",
            de: "Das Konto {account} ist im Zustand {state}: Das Passwort oder die Einstellungen des Servers haben sich geändert, oder der Zugriff wurde entzogen. Der Zustand hinkt der Wirklichkeit um zehn Minuten bis sieben Stunden hinterher.",
        }
        remedy { en: "Sign in again in the app", de: "Melden Sie sich in der App erneut an" }
        steps [
            { en: "In the app, reconnect the mailbox with the password of today. Where the server's settings have changed, the account gets a new id, which the app has to take over.", de: "Verbinden Sie das Postfach in der App mit dem heutigen Passwort neu. Haben sich die Einstellungen des Servers geändert, bekommt das Konto eine neue ID, die die App übernehmen muss." },
            { en: "If it becomes invalid again, have the sign-in tested:", de: "Wird es wieder ungültig, lassen Sie die Anmeldung testen:", Shell "exdiag check {mailbox} --ask-password" },
        ]
        links ["https://developer.nylas.com/docs/v2/developer-guide-v2/manage-accounts/account-sync-status", "https://v2-5-0.developer.nylas.com/docs/the-basics/manage-accounts/invalid-credentials/"]
    }
    ACCOUNT_UNSTEADY = "sync.account-unsteady", Warn, Sync {
        title { en: "The sync service's account of {mailbox} does not run smoothly: {state}", de: "Das Konto von {mailbox} beim Sync-Dienst läuft nicht rund: {state}" }
        meaning {
            en: "{what} The account is {account}. The state lags behind the truth by ten minutes to seven hours.",
            de: "{what} Das Konto ist {account}. Der Zustand hinkt der Wirklichkeit um zehn Minuten bis sieben Stunden hinterher.",
        }
        remedy { en: "Look again in an hour", de: "Prüfen Sie in einer Stunde erneut" }
        steps [
            { en: "See whether the server is in order:", de: "Prüfen Sie, ob der Server in Ordnung ist:", Shell "exdiag check {mailbox} --ask-password" },
            { en: "If the state stays for a day, name the account to the service's support:", de: "Bleibt der Zustand einen Tag lang, nennen Sie dem Support des Dienstes das Konto:", Config "{account}" },
        ]
        links ["https://developer.nylas.com/docs/v2/developer-guide-v2/manage-accounts/account-sync-status"]
    }
    ACCOUNT_RUNS = "sync.account-runs", Info, Sync {
        title { en: "The sync service's account of {mailbox} runs", de: "Das Konto von {mailbox} beim Sync-Dienst läuft" }
        meaning {
            en: "The account {account} is in the state {state}. That is no time of a sync. The state lags behind the truth by ten minutes to seven hours.",
            de: "Das Konto {account} ist im Zustand {state}. Das ist kein Zeitpunkt einer Synchronisierung. Der Zustand hinkt der Wirklichkeit um zehn Minuten bis sieben Stunden hinterher.",
        }
    }
}

/// Judges the state of an account.
pub fn judge(account: &Account) -> Finding {
    let id = if account.id.is_empty() { &account.account_id } else { &account.id };
    of_state(State::read(&account.sync_state), &account.sync_state, id)
}

/// The one line of an account that runs.
pub fn runs(account: &Account) -> Option<Sentence> {
    let note = text!(
        "the sync service's old API calls the account {state}",
        "die alte API des Sync-Dienstes nennt das Konto {state}",
    );
    (State::read(&account.sync_state) == State::Runs)
        .then(|| Sentence::new(note).with("state", account.sync_state.as_str()))
}

/// Judges a state of the account of that id. `word`: as the service says it.
pub fn of_state(state: State, word: &str, account: &str) -> Finding {
    let what = match state {
        State::Young => both(
            "It is on its first sync, or leaves out single folders for now.",
            "Es ist bei der ersten Synchronisierung oder lässt einzelne Ordner vorerst aus.",
        ),
        State::Errs => both(
            "The service meets errors at the mail server and goes on trying.",
            "Der Dienst trifft beim Mailserver auf Fehler und versucht es weiter.",
        ),
        _ => both(
            "Nobody has described this state: whether it syncs is not known.",
            "Diesen Zustand hat niemand beschrieben: Ob es synchronisiert, ist nicht bekannt.",
        ),
    };
    let finding = match state {
        State::Runs => Finding::new(&ACCOUNT_RUNS),
        State::Stopped => Finding::new(&ACCOUNT_STOPPED),
        State::Invalid => Finding::new(&ACCOUNT_INVALID),
        State::Young | State::Errs | State::Unknown => Finding::new(&ACCOUNT_UNSTEADY).with("what", what),
    };
    finding.with("account", account).with("state", word)
}

/// The same error again and again is no longer a passing one.
pub fn repeated(finding: Finding, times: usize) -> Finding {
    finding.with("times", times).severity(Severity::Fail)
}
