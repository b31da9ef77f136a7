//! How is a cause told: what is so, who must act, what to do?

use super::tag::Html;
use super::{class, mark};
use crate::finding::{Lang, Severity, Status};
use crate::report::lead::WHO;
use crate::report::{CauseReport, Remediation};
use crate::text;

/// A cause with its heading.
pub(super) fn cause(html: &mut Html, cause: &CauseReport, heading: &'static str, lang: Lang) {
    let status = status_of(cause.severity);
    html.within("section", &[("class", &format!("cause {}", class(status)))], |html| {
        html.within(heading, &[], |html| {
            mark(html, status, lang);
            html.text(&cause.title);
        });
        html.element("p", &[], &cause.summary);
        if !cause.explains.is_empty() {
            let also = text!("It also explains: ", "Das erklärt auch: ").of(lang);
            html.element("p", &[("class", "quiet")], &format!("{also}{}", cause.explains.join(", ")));
        }
        if let Some(remedy) = &cause.remediation {
            self::remedy(html, remedy, lang);
        }
        html.within("p", &[("class", "quiet")], |html| {
            html.element("code", &[], &cause.code);
        });
    });
}

/// Who must act, and how.
pub(super) fn remedy(html: &mut Html, remedy: &Remediation, lang: Lang) {
    let who = format!("{}: {}", WHO.of(lang), remedy.owner.title().of(lang));
    html.element("p", &[("class", "who")], &who);
    if remedy.steps.is_empty() {
        html.element("p", &[], &format!("{}.", remedy.summary.trim_end_matches('.')));
    } else {
        html.within("ol", &[("class", "steps")], |html| {
            for (number, step) in (1..).zip(&remedy.steps) {
                html.within("li", &[], |html| {
                    html.text(step);
                    for command in remedy.commands.iter().filter(|command| command.step == number) {
                        html.within("pre", &[], |html| {
                            html.element("code", &[], &command.text);
                        });
                    }
                });
            }
        });
    }
    for link in &remedy.links {
        html.within("p", &[], |html| {
            html.text(text!("See ", "Siehe ").of(lang));
            match link.strip_prefix("https://") {
                Some(rest) => html.element("a", &[("href", link), ("rel", "noreferrer")], rest),
                // whatever it is, nobody is to follow it
                None => html.text(link),
            };
        });
    }
}

/// The status that a severity makes.
pub(super) const fn status_of(severity: Severity) -> Status {
    match severity {
        Severity::Fail => Status::Fail,
        Severity::Warn => Status::Warn,
        Severity::Info => Status::Pass,
    }
}
