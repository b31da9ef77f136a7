//! What has changed between two reports, and is it worse?
//!
//! Pure: two reports in, a [`Comparison`] out. Both have been judged by the same rules before, so that what differs
//! differs in the facts.

mod account;
mod certificates;
mod judged;
mod names;
mod news;
mod page;
mod paper;
mod run;
mod server;
mod vantage;

pub use news::{write_news_markdown, write_news_text};
pub use page::write_comparison_text;
pub use paper::write_comparison_markdown;

use super::json::write_harmless;
use super::{FailOn, Kept, Report, Target, Tool, VERSION, Wording};
use crate::evidence::NoAnswer;
use crate::finding::{Lang, Sentence, Severity, Status, Text};
use crate::order;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{self, Write};

/// The version of a comparison's shape: a minor adds, never removes.
pub const DIFF_SCHEMA_VERSION: &str = "1.0";

/// What two reports differ in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Semver: a minor adds, never removes.
    pub schema_version: String,
    /// What compared them.
    pub tool: Tool,
    /// How the newer one is beside the older one.
    pub turn: Turn,
    /// The exit code: 0 nothing got worse, 1 something did, 3 a comparison was not possible.
    pub exit_code: u8,
    /// Whether both are about the same mailbox or server.
    pub same_target: bool,
    /// The older report; null where its target has none.
    pub old: Option<Side>,
    /// The newer report; null where its target has none.
    pub new: Option<Side>,
    /// What is typical of two runs from two places, as far as it was seen.
    pub places: Vec<Hint>,
    /// What differs, by area.
    pub changes: Vec<Change>,
    /// Checks of which one of the two has no answer: nothing can be said of them.
    pub not_compared: Vec<NotCompared>,
    /// Codes of findings of severity fail that both have, with their places counted.
    pub still_failing: Vec<String>,
}

/// One of the two reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// What it is about.
    pub target: Target,
    /// When the run began (RFC 3339, UTC).
    pub started_at: String,
    /// The status by the rules of today.
    pub status: Status,
    /// The status that was written then, where it was another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_status: Option<Status>,
    /// The version that wrote it, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_by: Option<String>,
    /// The first cause, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// How a newer report is beside an older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// Something fails, or warns, that did not.
    Worse,
    /// Something is in order that was not, and nothing got worse.
    Better,
    /// Facts differ, verdicts do not.
    Changed,
    /// Nothing differs.
    Same,
    /// One of them is missing, or the newer one has no answers.
    Incomparable,
}

/// What a change belongs to; in this order they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Status of the whole and the first cause.
    Verdict,
    /// How the checks ended.
    Checks,
    /// Findings that came, went or weigh otherwise.
    Findings,
    /// DNS.
    Names,
    /// What the servers showed.
    Certificates,
    /// The endpoint, and what answers there.
    Server,
    /// Sign-in and sync.
    Account,
    /// Families of clients.
    Clients,
    /// Times, where they differ by a lot.
    Times,
    /// How the two runs were made.
    Run,
}

impl Area {
    const fn title(self) -> Text {
        match self {
            Self::Verdict => Text { en: "Verdict", de: "Urteil" },
            Self::Checks => Text { en: "Checks", de: "Prüfungen" },
            Self::Findings => Text { en: "Findings", de: "Befunde" },
            Self::Names => Text { en: "DNS", de: "DNS" },
            Self::Certificates => Text { en: "Certificates and TLS", de: "Zertifikate und TLS" },
            Self::Server => Text { en: "Server", de: "Server" },
            Self::Account => Text { en: "Sign-in and sync", de: "Anmeldung und Synchronisierung" },
            Self::Clients => Text { en: "Clients", de: "Clients" },
            Self::Times => Text { en: "Times", de: "Zeiten" },
            Self::Run => Text { en: "How the two runs were made", de: "Wie die beiden Läufe gemacht wurden" },
        }
    }
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What it belongs to.
    pub area: Area,
    /// What kind of change it is, such as `finding-came` or `renewed`.
    pub what: String,
    /// What it is about: a check, a code, a name, an address.
    pub about: String,
    /// Whether that is worse or better; `none` where that is nobody's to say.
    pub trend: Trend,
    /// How bad the worse of both is, where it is a verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// How it was; null where it was not there.
    pub old: Value,
    /// How it is; null where it is not there.
    pub new: Value,
    /// The same in words.
    pub said: String,
}

/// Whether a change is for the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// For the worse.
    Worse,
    /// For the better.
    Better,
    /// Neither.
    None,
}

impl Change {
    fn new(area: Area, what: &str, about: impl Into<String>, (old, new): (Value, Value), said: String) -> Self {
        Self { area, what: what.to_owned(), about: about.into(), trend: Trend::None, severity: None, old, new, said }
    }

    /// Two values, said as they are; `None` where they are the same.
    fn between<T: PartialEq + Serialize>(
        area: Area,
        what: &str,
        about: impl Into<String>,
        (old, new): (&T, &T),
        say: impl Fn(&T) -> String,
        lang: Lang,
    ) -> Option<Self> {
        let value = |side: &T| serde_json::to_value(side).unwrap_or_default();
        (old != new).then(|| Self::new(area, what, about, (value(old), value(new)), arrow(&say(old), &say(new), lang)))
    }

    fn with_trend(mut self, trend: Trend, severity: Option<Severity>) -> Self {
        (self.trend, self.severity) = (trend, severity);
        self
    }
}

/// `A → B`
fn arrow(old: &str, new: &str, lang: Lang) -> String {
    Sentence::new(crate::text!("{old} → {new}", "{old} → {new}")).with("old", old).with("new", new).say(lang)
}

/// What is typical of two runs from two places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hint {
    /// `split-dns`, `inspection`, `ipv6`, `proxy` or `trust-store`.
    pub id: String,
    /// The names or addresses where it shows.
    pub about: Vec<String>,
    /// What it means for the comparison.
    pub said: String,
}

/// A check of which one of the two has no answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotCompared {
    /// The check.
    pub check: String,
    /// How it ended in the older report.
    pub old: Status,
    /// How it ended in the newer report.
    pub new: Status,
    /// Why there is no answer.
    pub reason: Option<String>,
}

/// A report as it was kept, and judged by the rules of today.
#[derive(Debug, Clone)]
pub struct Judged {
    /// By the rules of today.
    pub report: Report,
    /// The status that was written then, where it is known.
    pub stored_status: Option<Status>,
    /// The version that wrote it, where it is known.
    pub written_by: Option<String>,
}

impl Judged {
    /// A kept report, judged again.
    pub fn again(kept: Kept, judge: impl FnOnce(crate::evidence::Evidence) -> Report) -> Self {
        let Kept { evidence, status, version } = kept;
        Self { report: judge(evidence), stored_status: status, written_by: version }
    }

    /// A report of this very run.
    pub fn fresh(report: Report) -> Self {
        Self { report, stored_status: None, written_by: Some(VERSION.to_owned()) }
    }

    /// What it is about: two reports about the same mailbox, or the same server, are equal in it.
    pub fn about(&self) -> About {
        let Target { mailbox, domain, server } = &self.report.target;
        match mailbox {
            Some(mailbox) => About::Mailbox(mailbox.to_lowercase()),
            None => About::Server(domain.to_lowercase(), server.clone()),
        }
    }

    fn side(&self) -> Side {
        let cause = self.report.causes.first();
        Side {
            target: self.report.target.clone(),
            started_at: self.report.started_at.clone(),
            status: self.report.status,
            stored_status: self.stored_status.filter(|stored| *stored != self.report.status),
            written_by: self.written_by.clone(),
            cause: cause.map(|cause| cause.title.clone()),
            code: cause.map(|cause| cause.code.clone()),
        }
    }
}

/// The mailbox, or the server, that a report is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// Its address in small letters.
    Mailbox(String),
    /// Its domain in small letters, and its address where it was named.
    Server(String, Option<String>),
}

/// Compares two reports; the wording says the language, and from which severity on a change for the worse counts.
pub fn compare(old: &Judged, new: &Judged, wording: Wording) -> Comparison {
    let (before, after, lang) = (&old.report, &new.report, wording.lang);
    let mut changes = judged::changes(before, after, lang);
    changes.extend(names::changes(&before.evidence, &after.evidence, lang));
    changes.extend(certificates::changes(before, after, lang));
    changes.extend(server::changes(&before.evidence, &after.evidence, lang));
    changes.extend(account::changes(before, after, lang));
    changes.extend(run::changes(old, new, lang));
    order::by_key(&mut changes, |change| change.area);
    let not_compared = judged::not_compared(before, after);
    let counts = |change: &&Change| {
        change.trend == Trend::Worse
            && match wording.fail_on {
                FailOn::Warn => change.severity >= Some(Severity::Warn),
                FailOn::Fail => change.severity == Some(Severity::Fail),
            }
    };
    let is_blind = after.evidence.cut_short == Some(NoAnswer::Cancelled) || judged::is_blind(before, after);
    let any = |trend| changes.iter().any(|change| change.trend == trend);
    let (turn, exit_code) = match (changes.iter().any(|change| counts(&change)), is_blind) {
        (true, _) => (Turn::Worse, 1),
        (false, true) => (Turn::Incomparable, 3),
        (false, false) if any(Trend::Worse) => (Turn::Worse, 0),
        (false, false) if any(Trend::Better) => (Turn::Better, 0),
        (false, false) if changes.iter().all(|change| change.area >= Area::Times) => (Turn::Same, 0),
        (false, false) => (Turn::Changed, 0),
    };
    Comparison {
        turn,
        exit_code,
        same_target: old.about() == new.about(),
        old: Some(old.side()),
        new: Some(new.side()),
        places: vantage::hints(before, after, lang),
        changes,
        not_compared,
        still_failing: judged::still_failing(before, after),
        ..Comparison::empty()
    }
}

impl Comparison {
    fn empty() -> Self {
        Self {
            schema_version: DIFF_SCHEMA_VERSION.to_owned(),
            tool: Tool { name: "exdiag".to_owned(), version: VERSION.to_owned() },
            turn: Turn::Incomparable,
            exit_code: 3,
            same_target: false,
            old: None,
            new: None,
            places: Vec::new(),
            changes: Vec::new(),
            not_compared: Vec::new(),
            still_failing: Vec::new(),
        }
    }

    /// A target that only the older, or only the newer, has a report of.
    pub fn alone(old: Option<&Judged>, new: Option<&Judged>) -> Self {
        Self { old: old.map(Judged::side), new: new.map(Judged::side), ..Self::empty() }
    }

    /// What it is about: the newer one's target, or the older one's.
    pub fn label(&self) -> &str {
        let side = self.new.as_ref().or(self.old.as_ref());
        side.map(|side| side.target.mailbox.as_deref().unwrap_or(&side.target.domain)).unwrap_or_default()
    }
}

/// Writes a comparison as JSON: indented, or as one line of several.
pub fn write_comparison_json(comparison: &Comparison, is_line: bool, out: &mut dyn Write) -> io::Result<()> {
    let json = if is_line { serde_json::to_string(comparison) } else { serde_json::to_string_pretty(comparison) };
    write_harmless(&json?, out)
}

/// The JSON Schema of a comparison.
pub fn diff_schema() -> schemars::Schema {
    schemars::schema_for!(Comparison)
}
