//! How do the checks and the clients read as tables?

use super::tag::Html;
use super::{class, mark};
use crate::evidence::SentKind;
use crate::finding::{Lang, Status};
use crate::report::lead::{client_name, client_word, groups, listed, note, status_word};
use crate::report::{ClientReport, Report};
use crate::text;

/// The checklist.
pub(super) fn checks(html: &mut Html, report: &Report, lang: Lang) {
    html.element("h3", &[], text!("Checks", "Prüfungen").of(lang));
    html.within("table", &[("class", "checks")], |html| {
        let caption = text!("In the order of the troubleshooting sequence", "In der Reihenfolge der Fehlersuche");
        html.element("caption", &[], caption.of(lang));
        head(html, [text!("Check", "Prüfung").of(lang), text!("Result", "Ergebnis").of(lang)]);
        html.within("tbody", &[], |html| {
            for group in groups(report) {
                html.within("tr", &[("class", "group")], |html| {
                    html.element("th", &[("colspan", "2"), ("scope", "rowgroup")], group);
                });
                for check in listed(report).filter(|check| check.group == group) {
                    html.within("tr", &[], |html| {
                        html.within("th", &[("scope", "row")], |html| {
                            mark(html, check.status, lang);
                            html.element("code", &[], &check.id);
                        });
                        html.within("td", &[], |html| {
                            word(html, check.status, status_word(check.status, lang));
                            html.text(" ").text(note(check));
                        });
                    });
                }
            }
        });
    });
}

/// What each family of clients would see.
pub(super) fn clients(html: &mut Html, report: &Report, lang: Lang) {
    if report.clients.is_empty() {
        return;
    }
    html.element("h3", &[], text!("Clients", "Clients").of(lang));
    html.within("table", &[("class", "checks")], |html| {
        let caption = text!(
            "What each family of clients makes of the server, and what it finds by Autodiscover",
            "Was jede Familie von Clients vom Server hält und was sie mit Autodiscover findet",
        );
        html.element("caption", &[], caption.of(lang));
        head(html, [text!("Client", "Client").of(lang), text!("Result", "Ergebnis").of(lang)]);
        html.within("tbody", &[], |html| {
            for client in &report.clients {
                html.within("tr", &[], |html| {
                    html.within("th", &[("scope", "row")], |html| {
                        mark(html, client.status, lang);
                        html.text(client_name(&client.id, lang));
                    });
                    html.within("td", &[], |html| one(html, client, lang));
                });
            }
        });
    });
}

fn one(html: &mut Html, client: &ClientReport, lang: Lang) {
    word(html, client.status, client_word(client.status, lang));
    for code in &client.because {
        html.text(" ").element("code", &[], code);
    }
    let Some(road) = &client.autodiscover else { return };
    html.empty("br", &[]);
    let requests = match (road.requests, lang) {
        (1, Lang::En) => "1 request".to_owned(),
        (count, Lang::En) => format!("{count} requests"),
        (1, Lang::De) => "1 Anfrage".to_owned(),
        (count, Lang::De) => format!("{count} Anfragen"),
    };
    let said = match (&road.host, lang) {
        (Some(host), Lang::En) => format!("Autodiscover leads to {host} after {} ms ({requests})", road.ms),
        (Some(host), Lang::De) => format!("Autodiscover führt nach {} ms zu {host} ({requests})", road.ms),
        (None, Lang::En) => format!("Autodiscover leads nowhere, after {} ms ({requests})", road.ms),
        (None, Lang::De) => format!("Autodiscover führt nirgendwohin, nach {} ms ({requests})", road.ms),
    };
    html.element("span", &[("class", "quiet")], &said);
}

/// Every place that received a credential.
pub(super) fn credentials(html: &mut Html, report: &Report, lang: Lang) {
    html.element("h3", &[], text!("Credentials", "Anmeldedaten").of(lang));
    if report.credentials_sent_to.is_empty() {
        let none = text!("None were sent to anybody.", "Es wurden keine gesendet.");
        html.element("p", &[], none.of(lang));
        return;
    }
    html.within("ul", &[], |html| {
        for sent in &report.credentials_sent_to {
            let what = match sent.credential {
                SentKind::Password => text!("the password", "das Passwort"),
                SentKind::Token => text!("the access token", "das Zugriffstoken"),
                SentKind::ServiceKey => {
                    text!("the key of the sync service's API", "der Schlüssel der API des Sync-Dienstes")
                }
            };
            html.element("li", &[], &format!("{}:{}: {}", sent.host, sent.port, what.of(lang)));
        }
    });
}

/// The heads of two columns.
pub(super) fn head(html: &mut Html, columns: [&str; 2]) {
    html.within("thead", &[], |html| {
        html.within("tr", &[], |html| {
            for column in columns {
                html.element("th", &[("scope", "col")], column);
            }
        });
    });
}

fn word(html: &mut Html, status: Status, word: &str) {
    html.element("span", &[("class", &format!("word {}", class(status)))], word);
}
