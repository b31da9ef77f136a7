//! How are successes and failures drawn over time?

use crate::evidence::logs::{LogHour, Spell};
use crate::report::html::tag::Html;
use crate::report::logs::page::{Page, short};
use crate::text;

/// The last hours that are drawn: two weeks.
const HOURS: usize = 336;

/// The width of the strip of one device, and the height of a picture.
const WIDE: i64 = 1000;
const HIGH: u64 = 100;

impl Page<'_> {
    /// What the colours mean.
    fn legend(&self, html: &mut Html) {
        html.within("ul", &[("class", "legend")], |html| {
            for (class, word) in [("good", text!("worked", "gelungen")), ("bad", text!("failed", "gescheitert"))] {
                html.within("li", &[], |html| {
                    let size = [("width", "14"), ("height", "10"), ("aria-hidden", "true")];
                    html.within("svg", &size, |html| {
                        html.empty("rect", &[("class", class), ("width", "14"), ("height", "10")]);
                    });
                    html.text(self.say(word));
                });
            }
        });
    }

    /// Requests by the hour, failures on top, and the same as a table.
    pub(super) fn hours_drawn(&self, html: &mut Html, hours: &[LogHour]) {
        let hours = hours.get(hours.len().saturating_sub(HOURS)..).unwrap_or_default();
        let (Some(first), Some(last)) = (hours.first(), hours.last()) else { return };
        let number = |hour: &LogHour| hour.from.as_second().div_euclid(3600);
        let most = hours.iter().map(|hour| hour.requests).max().unwrap_or(0).max(1);
        let wide = (number(last) - number(first) + 1) * 10;
        html.element("h3", &[], self.say(text!("By the hour", "Nach Stunden")));
        html.within("figure", &[], |html| {
            let (said, to) =
                (text!("UTC, at most so many requests in an hour:", "UTC, Anfragen je Stunde höchstens:"), "–");
            let line = format!("{} {to} {} {} {most}", short(first.from), short(last.from), self.say(said));
            html.element("figcaption", &[], &line);
            self.legend(html);
            let attributes = [
                ("class", "hours"),
                ("viewBox", &*format!("0 0 {wide} {HIGH}")),
                ("preserveAspectRatio", "none"),
                ("aria-hidden", "true"),
                ("focusable", "false"),
            ];
            html.within("svg", &attributes, |html| {
                for hour in hours {
                    let x = ((number(hour) - number(first)) * 10 + 1).to_string();
                    let scaled = |count: u64| count.saturating_mul(HIGH).div_ceil(most).min(HIGH);
                    let (all, failed) = (scaled(hour.requests), scaled(hour.failed.min(hour.requests)));
                    for (class, top, high) in
                        [("bad", HIGH - all, failed), ("good", HIGH - all + failed, all.saturating_sub(failed))]
                    {
                        if high > 0 {
                            let (y, high) = (top.to_string(), high.to_string());
                            let place = [("class", class), ("x", &x), ("y", &y), ("width", "8"), ("height", &high)];
                            html.empty("rect", &place);
                        }
                    }
                }
            });
        });
        html.within("details", &[], |html| {
            html.element("summary", &[], self.say(text!("The numbers", "Die Zahlen")));
            let heads = [
                text!("Hour (UTC)", "Stunde (UTC)"),
                text!("Requests", "Anfragen"),
                text!("Failed", "Fehler"),
                text!("401", "401"),
                text!("5xx", "5xx"),
            ];
            let rows = hours.iter().map(|hour| {
                let counts = [hour.requests, hour.failed, hour.refused, hour.server_errors];
                [short(hour.from)].into_iter().chain(counts.map(|count| count.to_string())).collect()
            });
            let caption = text!("Requests and failures by the hour", "Anfragen und Fehler nach Stunden");
            Self::columns(html, self.say(caption), &heads.map(|head| self.say(head)), &rows.collect::<Vec<_>>());
        });
    }

    /// What one device went through, as a strip; the rows above tell it in words.
    pub(super) fn spells(&self, html: &mut Html, spells: &[Spell]) {
        let (Some(first), Some(last)) = (spells.first(), spells.last()) else { return };
        if spells.len() < 2 {
            return;
        }
        let (from, to) = (first.from.as_second(), last.to.as_second());
        let x_of = |at: i64| (at - from).saturating_mul(WIDE) / (to - from).max(1);
        html.within("figure", &[], |html| {
            html.element("figcaption", &[], &format!("{} – {} UTC", short(first.from), short(last.to)));
            self.legend(html);
            let attributes = [
                ("width", "100%"),
                ("height", "14"),
                ("viewBox", "0 0 1000 10"),
                ("preserveAspectRatio", "none"),
                ("aria-hidden", "true"),
                ("focusable", "false"),
            ];
            html.within("svg", &attributes, |html| {
                for spell in spells {
                    let x = x_of(spell.from.as_second()).clamp(0, WIDE - 4);
                    let wide = (x_of(spell.to.as_second()) - x).clamp(4, WIDE);
                    let class = if spell.code == "ok" { "good" } else { "bad" };
                    let (x, wide) = (x.to_string(), wide.to_string());
                    html.empty("rect", &[("class", class), ("x", &x), ("width", &wide), ("height", "10")]);
                }
            });
        });
    }
}
