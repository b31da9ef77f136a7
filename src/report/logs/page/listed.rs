//! How is told what a list of devices says?

use super::{Page, short};
use crate::evidence::logs::ListedDevice;
use crate::finding::harmless;
use crate::report::fold::indented;
use crate::text;
use colored::Colorize as _;
use jiff::Timestamp;

/// Devices without a request that are told.
const FEW: usize = 5;

impl Page<'_> {
    /// What a list says of a device: whether it is let in, its policy, its times.
    pub fn listed(&self, listed: &ListedDevice) -> String {
        let unknown = self.say(text!("unknown", "unbekannt"));
        let when = |at: Option<Timestamp>| at.map_or_else(|| unknown.to_owned(), short);
        let in_brackets = |text: Option<&String>| text.map(|text| format!(" ({text})")).unwrap_or_default();
        let mut parts = Vec::new();
        if let Some(state) = &listed.access_state {
            parts.push(format!("{state}{}", in_brackets(listed.access_reason.as_ref())));
        }
        if let Some(status) = listed.status.as_ref().filter(|status| *status != "DeviceOk") {
            parts.push(status.clone());
        }
        if let Some(policy) = listed.policy.as_ref().or(listed.policy_state.as_ref()) {
            let state = listed.policy_state.as_ref().filter(|state| *state != policy);
            let words = self.say(text!("policy", "Richtlinie"));
            parts.push(format!("{words} {policy}{}", in_brackets(state)));
        }
        let success = self.say(text!("last success", "letzter Erfolg"));
        parts.push(format!("{success} {}", when(listed.last_success)));
        if listed.last_attempt.is_some() {
            let attempt = self.say(text!("last attempt", "letzter Versuch"));
            parts.push(format!("{attempt} {}", when(listed.last_attempt)));
        }
        if listed.zone_unknown {
            parts.push(self.say(text!("times without a zone", "Zeiten ohne Zeitzone")).to_owned());
        }
        format!("{}: {}", listed.file, parts.join(", "))
    }

    /// Devices of lists that have no request here, one a line.
    pub fn unseen_devices(&self) -> Vec<String> {
        let line = |listed: &ListedDevice| {
            let owner = listed.mailbox.as_ref().or(listed.owner.as_ref()).map_or("-", String::as_str);
            let kind = listed.device_type.as_deref().unwrap_or("-");
            format!("{owner} {kind} {}: {}", listed.device_id, self.listed(listed))
        };
        self.seen.listed.iter().map(line).collect()
    }

    /// Their heading.
    pub fn unseen_title(&self) -> &'static str {
        self.say(text!("Listed, without a request in these logs", "In der Liste, ohne Anfrage in diesen Protokollen"))
    }

    /// The same on a terminal.
    pub(super) fn unseen(&self, out: &mut Vec<String>) {
        let all = self.unseen_devices();
        if all.is_empty() {
            return;
        }
        out.push(format!("  {}", self.unseen_title().bold()));
        for line in all.iter().take(FEW) {
            indented(out, "  ", "    ", &harmless(line));
        }
        if all.len() > FEW {
            let words = self.say(text!("more; --format json has them all", "weitere; --format json hat alle"));
            out.push(format!("  … {} {words}", all.len() - FEW));
        }
        out.push(String::new());
    }
}
