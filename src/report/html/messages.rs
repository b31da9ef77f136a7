//! What can be copied from the page and sent to those who must act?

use super::tag::Html;
use crate::finding::Lang;
use crate::report::Report;
use crate::report::message::{Envelope, message, owners, role};
use crate::text;

/// A folded block for each of them, with the message as plain text.
pub(super) fn messages(html: &mut Html, report: &Report, lang: Lang) {
    let envelope = Envelope { lang, many: false, attached: "report.json", with_files: false };
    let messages: Vec<_> = owners(report).into_iter().filter_map(|owner| message(report, owner, &envelope)).collect();
    if messages.is_empty() {
        return;
    }
    html.element("h3", &[], text!("Messages to copy", "Anschreiben zum Kopieren").of(lang));
    for message in messages {
        html.within("details", &[], |html| {
            html.element("summary", &[], role(message.owner).of(lang));
            html.element("pre", &[], &message.text(lang));
        });
    }
}
