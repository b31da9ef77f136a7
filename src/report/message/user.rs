//! What is written to the person who owns the mailbox: what is the matter, what can they do, who does the rest?
//!
//! In everyday words: no command, no code but the one line at the end by which the support desk finds the case.

use super::{Envelope, Message, fitting, lines, role};
use crate::finding::{Lang, Owner, Sentence, Severity, Text};
use crate::report::lead::{label, when};
use crate::report::{CauseReport, Report};
use crate::text;
use serde_json::Value;

/// What is said of a finding to somebody who knows nothing of servers.
struct Plain {
    /// A few words for the subject.
    subject: Text,
    /// What is the matter, with its gap `{mailbox}`.
    matter: Text,
    /// What the person can do; `{place}` is where they sign in by hand.
    steps: &'static [Text],
}

const BY_HAND: Text = text!(
    "Open {place} in the browser and sign in there with the password that you use now. If that fails, the password is wrong or the account is locked: then reply to this message.",
    "Öffnen Sie {place} im Browser und melden Sie sich dort mit Ihrem jetzigen Passwort an. Gelingt das nicht, ist das Passwort falsch oder das Konto gesperrt: Antworten Sie dann auf diese Nachricht.",
);
const ENTER_ANEW: Text = text!(
    "Enter the password that works in the browser anew in your phone, tablet or app.",
    "Tragen Sie das Passwort, das im Browser gilt, in Smartphone, Tablet oder App neu ein.",
);
const NO_GUESSES: Text = text!(
    "Do not try several passwords in a row: that may lock your account.",
    "Probieren Sie nicht mehrere Passwörter nacheinander aus: Das kann Ihr Konto sperren.",
);
const RECONNECT: Text = text!(
    "Open the app and connect the mailbox anew there. It may be called \"Sign in again\" or \"Reconnect\".",
    "Öffnen Sie die App und verbinden Sie das Postfach dort neu. Oft heißt das „Erneut anmelden“ oder „Neu verbinden“.",
);
const CHANGE: Text = text!(
    "Choose a new password: in the browser at {place}, or at your computer at work with Ctrl+Alt+Del.",
    "Vergeben Sie ein neues Passwort: im Browser unter {place} oder am Arbeitsplatzrechner mit Strg+Alt+Entf.",
);
const EVERYWHERE: Text = text!(
    "Enter the new password wherever the old one is stored: phone, tablet, home computer, apps.",
    "Tragen Sie das neue Passwort überall ein, wo das alte gespeichert ist: Smartphone, Tablet, Rechner zu Hause, Apps.",
);

const REFUSED: Plain = Plain {
    subject: text!("Please check your password", "Bitte prüfen Sie Ihr Passwort"),
    matter: text!(
        "The mail server does not accept the password that is stored for your mailbox {mailbox}. Mail, calendar and contacts therefore do not arrive on your phone or in your app.",
        "der Mailserver nimmt das Passwort nicht an, das für Ihr Postfach {mailbox} hinterlegt ist. E-Mails, Termine und Kontakte kommen deshalb auf dem Smartphone oder in der App nicht an.",
    ),
    steps: &[BY_HAND, ENTER_ANEW, NO_GUESSES],
};
const APP_SIGNED_OUT: Plain = Plain {
    subject: text!("Please sign in again in the app", "Bitte melden Sie sich in der App neu an"),
    matter: text!(
        "The app that fetches your mailbox {mailbox} is no longer signed in, most often because the password was changed. Until you sign in there again, nothing new arrives in it.",
        "die App, die Ihr Postfach {mailbox} abruft, ist nicht mehr angemeldet, meist weil das Passwort geändert wurde. Bis Sie sich dort neu anmelden, kommt in ihr nichts Neues an.",
    ),
    steps: &[RECONNECT, NO_GUESSES],
};
/// Where nothing of its own is said.
const GENERAL: Plain = Plain {
    subject: text!("Please sign in anew", "Bitte melden Sie sich neu an"),
    matter: text!(
        "The sign-in to your mailbox {mailbox} does not work. Mail, calendar and contacts therefore do not arrive on your phone or in your app.",
        "die Anmeldung an Ihrem Postfach {mailbox} gelingt nicht. E-Mails, Termine und Kontakte kommen deshalb auf dem Smartphone oder in der App nicht an.",
    ),
    steps: &[
        text!(
            "Open {place} in the browser and sign in there. If something is asked of you, such as a new password or a confirmation, do that.",
            "Öffnen Sie {place} im Browser und melden Sie sich dort an. Wird etwas von Ihnen verlangt, etwa ein neues Passwort oder eine Bestätigung, erledigen Sie das.",
        ),
        RECONNECT,
    ],
};

const EMPTY: Text =
    text!("Empty the folder \"Deleted Items\" in Outlook.", "Leeren Sie in Outlook den Ordner „Gelöschte Elemente“.",);
const ARCHIVE: Text = text!(
    "Delete or archive mail that is old or has large attachments, in \"Sent Items\" too.",
    "Löschen oder archivieren Sie alte E-Mails und solche mit großen Anhängen, auch unter „Gesendete Elemente“.",
);

/// What is said of a mailbox without room. `status`: that of ActiveSync or of HTTP.
fn quota(status: Option<u64>) -> &'static Plain {
    match status {
        // SendQuotaExceeded: what is received is not kept back
        Some(115) => &Plain {
            subject: text!("You cannot send mail at the moment", "Sie können zurzeit nicht senden"),
            matter: text!(
                "Your mailbox {mailbox} has reached the limit from which on nothing more is sent from it. You cannot send mail until there is room in it again.",
                "Ihr Postfach {mailbox} hat die Grenze erreicht, ab der nichts mehr daraus gesendet wird. Sie können keine E-Mails senden, bis darin wieder Platz ist.",
            ),
            steps: &[EMPTY, ARCHIVE],
        },
        // both may also mean the storage of the server
        Some(9 | 507) => &Plain {
            subject: text!("No room left for your mailbox", "Kein Platz mehr für Ihr Postfach"),
            matter: text!(
                "There is no room left for new mail in your mailbox {mailbox}: either it is full itself, or the server on which it lies is. Therefore nothing new arrives on your phone or in your app.",
                "für neue E-Mails in Ihrem Postfach {mailbox} ist kein Platz mehr: Entweder ist es selbst voll oder der Server, auf dem es liegt. Deshalb kommt auf dem Smartphone oder in der App nichts Neues an.",
            ),
            steps: &[
                EMPTY,
                ARCHIVE,
                text!(
                    "If it goes on, or if your mailbox was not full at all, reply to this message: then the server has to be looked at, and you need not delete any more.",
                    "Bleibt es dabei oder war Ihr Postfach gar nicht voll, antworten Sie auf diese Nachricht: Dann muss der Server geprüft werden, und Sie brauchen nichts weiter zu löschen.",
                ),
            ],
        },
        _ => &Plain {
            subject: text!("Your mailbox is full", "Ihr Postfach ist voll"),
            matter: text!(
                "Your mailbox {mailbox} is full. Therefore nothing new arrives on your phone or in your app.",
                "Ihr Postfach {mailbox} ist voll. Deshalb kommt auf dem Smartphone oder in der App nichts Neues an.",
            ),
            steps: &[EMPTY, ARCHIVE],
        },
    }
}

/// The status that a cause's finding holds, where it holds one.
fn status(report: &Report, cause: &CauseReport) -> Option<u64> {
    let mut findings = report.checks.iter().flat_map(|check| &check.findings);
    let finding = findings.find(|finding| finding.code == cause.code && finding.title == cause.title)?;
    finding.data.get("status")?.as_u64()
}

fn plain(report: &Report, cause: &CauseReport) -> &'static Plain {
    match cause.code.as_str() {
        "activesync.quota" => quota(status(report, cause)),
        "auth.rejected" | "auth.log-refused" => &REFUSED,
        "sync.account-invalid" | "sync.grant-invalid" | "auth.token-expired" => &APP_SIGNED_OUT,
        "auth.password-expired" => &Plain {
            subject: text!("Your password has expired", "Ihr Passwort ist abgelaufen"),
            matter: text!(
                "The password of your mailbox {mailbox} has expired. Until you choose a new one, no mail arrives on your phone or in your app.",
                "das Passwort Ihres Postfachs {mailbox} ist abgelaufen. Bis Sie ein neues vergeben, kommen auf dem Smartphone oder in der App keine E-Mails an.",
            ),
            steps: &[CHANGE, EVERYWHERE],
        },
        "auth.password-expires" => &Plain {
            subject: text!("Your password expires soon", "Ihr Passwort läuft bald ab"),
            matter: text!(
                "The password of your mailbox {mailbox} expires soon. From then on no mail would arrive on your phone or in your app.",
                "das Passwort Ihres Postfachs {mailbox} läuft bald ab. Danach kämen auf dem Smartphone oder in der App keine E-Mails mehr an.",
            ),
            steps: &[CHANGE, EVERYWHERE],
        },
        "auth.mfa-required" => &Plain {
            subject: text!("Please confirm the sign-in of the app", "Bitte bestätigen Sie die Anmeldung der App"),
            matter: text!(
                "Your mailbox {mailbox} asks for a second confirmation besides the password, such as a code on your phone. The app that fetches it sends the password alone and is not let in.",
                "Ihr Postfach {mailbox} verlangt neben dem Passwort eine zweite Bestätigung, etwa einen Code auf dem Smartphone. Die App, die es abruft, sendet nur das Passwort und wird nicht eingelassen.",
            ),
            steps: &[
                text!(
                    "Remove the mailbox from the app and add it again. Choose the sign-in of Microsoft 365 there, not name and password.",
                    "Entfernen Sie das Postfach aus der App und fügen Sie es neu hinzu. Wählen Sie dabei die Anmeldung von Microsoft 365, nicht Name und Passwort.",
                ),
                text!(
                    "Confirm the sign-in in the browser window that opens.",
                    "Bestätigen Sie die Anmeldung im Browserfenster, das sich öffnet.",
                ),
            ],
        },
        "auth.log-mixed" => &Plain {
            subject: text!("An old password is still stored", "Ein altes Passwort ist noch gespeichert"),
            matter: text!(
                "The sign-in to your mailbox {mailbox} works at times and fails at times. Most likely one of your devices or apps still has an old password.",
                "die Anmeldung an Ihrem Postfach {mailbox} gelingt mal und scheitert mal. Vermutlich ist auf einem Ihrer Geräte oder in einer App noch ein altes Passwort gespeichert.",
            ),
            steps: &[
                EVERYWHERE,
                text!(
                    "Remove the mailbox from devices and apps that you no longer use.",
                    "Entfernen Sie das Postfach von Geräten und aus Apps, die Sie nicht mehr nutzen.",
                ),
            ],
        },
        "auth.account-blocked" => &Plain {
            subject: text!("Your account is locked", "Ihr Konto ist gesperrt"),
            matter: text!(
                "Your account for the mailbox {mailbox} is locked at the moment, most often after several sign-ins with a wrong password.",
                "Ihr Konto für das Postfach {mailbox} ist zurzeit gesperrt, meist nach mehreren Anmeldungen mit falschem Passwort.",
            ),
            steps: &[
                text!(
                    "Switch off the fetching of mail on your phone and in your apps, and wait for half an hour.",
                    "Schalten Sie den Mailabruf auf dem Smartphone und in Ihren Apps aus und warten Sie eine halbe Stunde.",
                ),
                BY_HAND,
                ENTER_ANEW,
            ],
        },
        "activesync.status" => &Plain {
            subject: text!("Your mailbox has too many folders", "Ihr Postfach hat zu viele Ordner"),
            matter: text!(
                "Your mailbox {mailbox} has more folders than a phone or an app can take. Therefore it is not synced there.",
                "Ihr Postfach {mailbox} hat mehr Ordner, als ein Smartphone oder eine App aufnehmen kann. Deshalb wird es dort nicht synchronisiert.",
            ),
            steps: &[text!(
                "Merge or delete folders that you no longer need, or move old ones to an archive.",
                "Fassen Sie Ordner zusammen, löschen Sie nicht mehr benötigte oder verschieben Sie alte in ein Archiv.",
            )],
        },
        _ => &GENERAL,
    }
}

/// The message; `None` where nobody has to act, or where it is about no mailbox.
pub(super) fn message(report: &Report, envelope: &Envelope<'_>) -> Option<Message> {
    let lang = envelope.lang;
    let is_theirs = |cause: &&CauseReport| cause.remediation.as_ref().is_some_and(|r| r.owner == Owner::User);
    let is_callers = |cause: &CauseReport| cause.remediation.as_ref().is_some_and(|r| r.owner == Owner::Caller);
    let (theirs, others): (Vec<&CauseReport>, Vec<&CauseReport>) = report.causes.iter().partition(is_theirs);
    // what ails the machine or the sign-in of the support alone says nothing of the mailbox
    let (callers, others): (Vec<&CauseReport>, Vec<&CauseReport>) =
        others.into_iter().partition(|cause| is_callers(cause));
    if theirs.is_empty() && (others.is_empty() || report.target.mailbox.is_none()) {
        return None;
    }
    let mailbox = label(report);
    let mut matters: Vec<&Plain> = Vec::new();
    for cause in &theirs {
        let plain = plain(report, cause);
        if !matters.iter().any(|known| known.matter == plain.matter) {
            matters.push(plain);
        }
    }
    let mut out = vec![text!("Hello,", "Guten Tag,").of(lang).to_owned(), String::new()];
    let paragraph = |sentence: &Sentence, out: &mut Vec<String>| {
        lines(out, "", &sentence.say(lang));
        out.push(String::new());
    };
    for (number, plain) in matters.iter().enumerate() {
        let said = Sentence::new(plain.matter).with("mailbox", mailbox).say(lang);
        // in German the first one goes on behind the comma of the greeting
        lines(&mut out, "", &if number > 0 { capital(&said) } else { said });
        out.push(String::new());
    }
    if matters.is_empty() {
        paragraph(&Sentence::new(nothing_of_theirs(&others, &callers)).with("mailbox", mailbox), &mut out);
    }
    let mut steps: Vec<Text> = Vec::new();
    for step in matters.iter().flat_map(|plain| plain.steps) {
        if !steps.contains(step) {
            steps.push(*step);
        }
    }
    if !steps.is_empty() {
        let title = text!("What you can do", "Was Sie tun können").of(lang);
        out.extend([title.to_owned(), "-".repeat(title.chars().count()), String::new()]);
    }
    for (number, step) in (1..).zip(&steps) {
        let said = Sentence::new(*step).with("place", place(&theirs)).say(lang);
        lines(&mut out, &format!("{number}. "), &said);
        out.push(String::new());
    }
    let mut roles: Vec<&str> = Vec::new();
    for owner in others.iter().filter_map(|cause| cause.remediation.as_ref()).map(|remedy| remedy.owner) {
        let who = role(owner).of(lang);
        if !roles.contains(&who) {
            roles.push(who);
        }
    }
    if !roles.is_empty() {
        let rest = if steps.is_empty() {
            text!(
                "You need not do anything: others are taking care of it ({roles}).",
                "Sie müssen nichts tun: Darum kümmern sich andere ({roles}).",
            )
        } else {
            text!(
                "Others are taking care of the rest ({roles}); you need not do anything about that.",
                "Um den Rest kümmern sich andere ({roles}); dafür müssen Sie nichts tun.",
            )
        };
        paragraph(&Sentence::new(rest).with("roles", roles), &mut out);
    }
    let ask = if steps.is_empty() {
        text!("If you have questions, reply to this message.", "Bei Fragen antworten Sie auf diese Nachricht.")
    } else {
        text!(
            "If that does not help, or if you have questions, reply to this message; we will go on from there.",
            "Hilft das nicht oder haben Sie Fragen, antworten Sie auf diese Nachricht; wir kümmern uns dann weiter darum.",
        )
    };
    paragraph(&ask.into(), &mut out);
    if report.redacted.is_some() {
        paragraph(&super::HIDDEN.into(), &mut out);
    }
    out.extend([text!("Kind regards", "Mit freundlichen Grüßen").of(lang).to_owned(), String::new()]);
    let first = theirs.first().or(others.first()).map(|cause| cause.code.as_str()).unwrap_or_default();
    lines(&mut out, "", &reference(report, first, lang));
    let lines = out.iter().flat_map(|line| [line.trim_end(), "\n"]);
    let words = matters
        .first()
        .map_or(text!("We are working on your mailbox", "Wir arbeiten an Ihrem Postfach"), |plain| plain.subject);
    Some(Message { owner: Owner::User, subject: fitting(words.of(lang), mailbox, lang), body: lines.collect() })
}

/// What is the matter, where others have to act. `callers`: what failed on the way of whoever ran exdiag.
fn nothing_of_theirs(others: &[&CauseReport], callers: &[&CauseReport]) -> Text {
    let fails = |causes: &[&CauseReport]| causes.iter().any(|cause| cause.severity == Severity::Fail);
    if fails(others) {
        text!(
            "Your mailbox {mailbox} cannot be fetched by every phone, app and sync service at the moment.",
            "Ihr Postfach {mailbox} lässt sich zurzeit nicht von jedem Smartphone, jeder App und jedem Sync-Dienst abrufen.",
        )
    } else if fails(callers) {
        text!(
            "When your mailbox {mailbox} was checked, something was found that has to be put right.",
            "bei der Prüfung Ihres Postfachs {mailbox} fiel etwas auf, das in Ordnung gebracht werden muss.",
        )
    } else {
        text!(
            "Your mailbox {mailbox} can be reached; when it was checked, something was found that has to be put right.",
            "Ihr Postfach {mailbox} ist erreichbar; bei der Prüfung fiel etwas auf, das in Ordnung gebracht werden muss.",
        )
    }
}

/// Where the person signs in by hand: the address of the first step that names one.
fn place(theirs: &[&CauseReport]) -> Value {
    let commands = theirs.iter().filter_map(|cause| cause.remediation.as_ref()).flat_map(|remedy| &remedy.commands);
    let page = commands
        .map(|command| command.text.as_str())
        .find(|text| text.starts_with("https://") && text.ends_with("/owa") && !text.contains(char::is_whitespace));
    page.map_or_else(|| text!("Outlook on the web", "Outlook im Web").into(), Value::from)
}

/// The one line with codes: by it the support desk finds the case again.
fn reference(report: &Report, code: &str, lang: Lang) -> String {
    Sentence::new(text!("Reference: {code}, {when} UTC", "Kennung: {code}, {when} UTC"))
        .with("code", code)
        .with("when", when(report))
        .say(lang)
}

/// With a capital at its beginning.
fn capital(said: &str) -> String {
    let mut letters = said.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
