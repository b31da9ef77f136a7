//! How does what logs tell read in a browser and on paper?

mod pictures;

use super::cause::{remedy, status_of};
use super::tag::Html;
use super::{class, document, mark};
use crate::evidence::logs::{LogDevice, LogServer, LogsSeen};
use crate::finding::{Lang, Severity};
use crate::report::logs::page::device::{name, or_dash};
use crate::report::logs::page::{Page, last_good, short};
use crate::report::{FindingReport, VERSION};
use crate::text;
use std::io::{self, Write};

/// Findings that are told outright; those that are folded below; devices that are told one by one; rows of a table,
/// and those of them that are not folded.
const WHOLE: usize = 3;
const FOLDED: usize = 50;
const DEVICES: usize = 5;
const ROWS: usize = 200;
const TOP: usize = 10;

/// Writes the verdict, the devices asked about or the tables of a server, and what was read, as one document.
pub fn write_logs_html(
    seen: &LogsSeen,
    findings: &[FindingReport],
    about: Option<&str>,
    lang: Lang,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = Page { seen, lang };
    let title = match (about, lang) {
        (Some(about), Lang::En) => format!("What the logs say of {about}"),
        (Some(about), Lang::De) => format!("Was die Protokolle zu {about} sagen"),
        (None, Lang::En) => "What the logs say of the server".to_owned(),
        (None, Lang::De) => "Was die Protokolle zum Server sagen".to_owned(),
    };
    let below = |html: &mut Html| {
        html.element("p", &[("class", "about")], &page.covered(" · "));
        for gap in page.gaps() {
            html.within("p", &[("class", "about")], |html| {
                mark(html, status_of(Severity::Warn), lang);
                html.text(&gap);
            });
        }
    };
    let fill = |html: &mut Html| {
        html.within("article", &[], |html| {
            page.judged(html, findings);
            page.asked(html, findings, about.is_some());
            page.whole(html, about.is_none());
            page.read(html);
        });
    };
    writeln!(out, "{}", document(&title, &format!("exdiag {VERSION}"), lang, below, fill))
}

impl Page<'_> {
    /// What is wrong, who must act and how; of good news one line each.
    fn judged(&self, html: &mut Html, findings: &[FindingReport]) {
        let (faults, good): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.severity > Severity::Info);
        let Some((first, others)) = faults.split_first() else {
            let (status, sentence) = self.headline();
            html.within("section", &[("class", &format!("cause {}", class(status)))], |html| {
                html.within("h2", &[], |html| {
                    mark(html, status, self.lang);
                    html.text(sentence);
                });
                self.good(html, &good);
            });
            return;
        };
        self.finding(html, first, "h2");
        if !others.is_empty() {
            html.element("h3", &[], self.say(text!("Also found", "Außerdem gefunden")));
        }
        let (whole, folded) = others.split_at_checked(WHOLE - 1).unwrap_or((others, &[]));
        for finding in whole {
            self.finding(html, finding, "h4");
        }
        let folded_one = |html: &mut Html, finding: &&FindingReport| {
            html.within("details", &[], |html| {
                html.within("summary", &[], |html| {
                    mark(html, status_of(finding.severity), self.lang);
                    html.text(&finding.title);
                });
                self.told(html, finding);
            });
        };
        let told: Vec<&FindingReport> = folded.iter().take(FOLDED).copied().collect();
        self.folded(html, &told, TOP, |html, findings| {
            for finding in findings {
                folded_one(html, finding);
            }
        });
        self.more(html, folded.len(), FOLDED);
        self.good(html, &good);
    }

    fn finding(&self, html: &mut Html, finding: &FindingReport, heading: &'static str) {
        let status = status_of(finding.severity);
        html.within("section", &[("class", &format!("cause {}", class(status)))], |html| {
            html.within(heading, &[], |html| {
                mark(html, status, self.lang);
                html.text(&finding.title);
            });
            self.told(html, finding);
        });
    }

    fn told(&self, html: &mut Html, finding: &FindingReport) {
        html.element("p", &[], &finding.detail);
        if let Some(remedy) = &finding.remediation {
            self::remedy(html, remedy, self.lang);
        }
        html.within("p", &[("class", "quiet")], |html| {
            html.element("code", &[], &finding.code);
        });
    }

    fn good(&self, html: &mut Html, good: &[&FindingReport]) {
        let told = good.get(..ROWS).unwrap_or(good);
        self.folded(html, told, TOP, |html, findings| {
            for finding in findings {
                html.within("p", &[], |html| {
                    mark(html, status_of(finding.severity), self.lang);
                    html.text(&finding.title).text(" ");
                    html.element("span", &[("class", "quiet")], &finding.detail);
                });
            }
        });
        self.more(html, good.len(), ROWS);
    }

    /// The first ones outright, the others folded below, with how many these are. Paper shows them all.
    fn folded<T>(&self, html: &mut Html, all: &[T], top: usize, tell: impl Fn(&mut Html, &[T])) {
        let (first, others) = all.split_at_checked(top).unwrap_or((all, &[]));
        tell(html, first);
        if !others.is_empty() {
            html.within("details", &[], |html| {
                let words = self.say(text!("more", "weitere"));
                html.element("summary", &[], &format!("{} {words}", others.len()));
                tell(html, others);
            });
        }
    }

    /// That rows are left out.
    fn more(&self, html: &mut Html, all: usize, told: usize) {
        if all > told {
            let words = self.say(text!("more; --format json has them all", "weitere; --format json hat alle"));
            html.element("p", &[("class", "quiet")], &format!("… {} {words}", all - told));
        }
    }

    /// Devices: one by one where few are told, else as a table.
    fn asked(&self, html: &mut Html, findings: &[FindingReport], all: bool) {
        let devices = &self.seen.devices;
        if devices.is_empty() {
            return;
        }
        html.element("h3", &[], self.say(text!("Devices", "Geräte")));
        if all || devices.len() <= DEVICES {
            let told = devices.get(..ROWS).unwrap_or(devices);
            self.folded(html, told, DEVICES, |html, devices| {
                for device in devices {
                    self.rows_of(html, device, findings);
                }
            });
        } else {
            self.table_of_devices(html);
        }
        self.more(html, devices.len(), ROWS);
    }

    fn rows_of(&self, html: &mut Html, device: &LogDevice, findings: &[FindingReport]) {
        html.element("h4", &[], &name(device));
        html.within("table", &[("class", "checks")], |html| {
            let caption = text!(
                "Lines are named as (file:number); times are UTC",
                "Zeilen sind als (Datei:Nummer) genannt; Zeiten sind UTC"
            );
            html.element("caption", &[], self.say(caption));
            html.within("tbody", &[], |html| {
                for row in self.rows(device, findings).iter().filter(|row| !row.value.is_empty()) {
                    html.within("tr", &[], |html| {
                        html.within("th", &[("scope", "row")], |html| {
                            if let Some(severity) = row.mark {
                                mark(html, status_of(severity), self.lang);
                            }
                            html.text(row.name);
                        });
                        html.element("td", &[], row.value.trim_end());
                    });
                }
            });
        });
        self.spells(html, &device.timeline);
    }

    fn table_of_devices(&self, html: &mut Html) {
        let heads = [
            text!("Account", "Konto"),
            text!("Device", "Gerät"),
            text!("Requests", "Anfragen"),
            text!("Last success", "Letzter Erfolg"),
            text!("Failures in a row", "Fehler in Folge"),
        ];
        let rows = self.seen.devices.iter().take(ROWS).map(|device| {
            vec![
                or_dash(device.user.as_ref()).to_owned(),
                format!("{} {}", or_dash(device.device_type.as_ref()), or_dash(device.device_id.as_ref())),
                device.hits.to_string(),
                last_good(device).map_or_else(|| "-".to_owned(), short),
                device.failures_in_a_row.to_string(),
            ]
        });
        let caption = text!("Those with the most requests first", "Die mit den meisten Anfragen zuerst");
        self.rows_folded(html, self.say(caption), &heads.map(|head| self.say(head)), &rows.collect::<Vec<_>>());
    }

    /// A table of which only the first rows are told outright.
    fn rows_folded(&self, html: &mut Html, caption: &str, heads: &[&str], rows: &[Vec<String>]) {
        self.folded(html, rows, TOP, |html, rows| Self::columns(html, caption, heads, rows));
    }

    /// A table whose first column names its rows.
    fn columns(html: &mut Html, caption: &str, heads: &[&str], rows: &[Vec<String>]) {
        html.within("table", &[], |html| {
            html.element("caption", &[], caption);
            html.within("thead", &[], |html| {
                html.within("tr", &[], |html| {
                    for head in heads {
                        html.element("th", &[("scope", "col")], head);
                    }
                });
            });
            html.within("tbody", &[], |html| {
                for row in rows {
                    html.within("tr", &[], |html| {
                        for (column, cell) in row.iter().enumerate() {
                            if column == 0 {
                                html.element("th", &[("scope", "row")], cell);
                            } else {
                                html.element("td", &[], cell);
                            }
                        }
                    });
                }
            });
        });
    }

    /// The server: its hours, statuses, clients and lists. `all`: nobody was asked about.
    fn whole(&self, html: &mut Html, all: bool) {
        let none = LogServer::default();
        let server = self.seen.server.as_deref().unwrap_or(&none);
        let clients = self.agents(server);
        self.list(html, self.say(text!("Clients", "Clients")), &clients);
        self.list(html, self.unseen_title(), &self.unseen_devices());
        let head = text!("EWS: accepted last, as HTTP says", "EWS: zuletzt angenommen, laut HTTP");
        self.list(html, self.say(head), &self.ews_clients());
        if !all {
            return;
        }
        self.hours_drawn(html, &server.hours);
        let sums = self.sums();
        if !sums.is_empty() {
            html.element("h3", &[], self.say(text!("Answers", "Antworten")));
            let heads =
                [text!("HTTP.sub.win32", "HTTP.Sub.Win32"), text!("Requests", "Anfragen"), text!("Devices", "Geräte")];
            let caption = text!("Requests and devices by status", "Anfragen und Geräte nach Status");
            let rows = sums.iter().take(ROWS).map(|(status, (requests, devices))| {
                vec![(*status).to_owned(), requests.to_string(), devices.to_string()]
            });
            self.rows_folded(html, self.say(caption), &heads.map(|head| self.say(head)), &rows.collect::<Vec<_>>());
            self.more(html, sums.len(), ROWS);
        }
        for list in self.lists(server, ROWS) {
            self.list(html, list.title, &list.rows);
        }
    }

    fn list(&self, html: &mut Html, title: &str, rows: &[String]) {
        if rows.is_empty() {
            return;
        }
        html.element("h3", &[], title);
        self.folded(html, rows.get(..ROWS).unwrap_or(rows), TOP, |html, rows| {
            html.within("ul", &[], |html| {
                for row in rows {
                    html.element("li", &[], row.trim_end());
                }
            });
        });
        self.more(html, rows.len(), ROWS);
    }

    /// The files, with what was left out of them.
    fn read(&self, html: &mut Html) {
        html.element("h3", &[], self.say(text!("Files", "Dateien")));
        let files = &self.seen.files;
        self.folded(html, files.get(..ROWS).unwrap_or(files), TOP, |html, files| {
            html.within("dl", &[], |html| {
                for file in files {
                    html.element("dt", &[], &file.path).element("dd", &[], &self.file(file));
                }
            });
        });
        if let Some(rest) = self.further_files(ROWS) {
            html.element("p", &[("class", "quiet")], &rest);
        }
    }
}
