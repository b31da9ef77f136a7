//! Why does Exchange not let a device in, by the access state that its logs note?

use crate::finding::Text;
use crate::text;
use serde_json::{Value, json};

/// What a state begins with.
const STATES: &[(&str, Text)] = &[
    ("Quarantined", text!("it waits in quarantine", "es wartet in der Quarantäne")),
    ("Blocked", text!("it is blocked", "es ist blockiert")),
];

/// The letters behind it, the longer ones first.
const REASONS: &[(&str, Text)] = &[
    ("AB", text!("an automatic block", "automatische Sperre")),
    ("G", text!("the organisation's default", "Vorgabe der Organisation")),
    ("I", text!("a setting of this mailbox", "Einstellung dieses Postfachs")),
    ("D", text!("a rule for devices", "Regel für Geräte")),
    ("P", text!("a policy", "Richtlinie")),
];

/// In words, where the state bars the device: one that Exchange is still getting to know is not barred.
pub fn barred(state: &str) -> Option<Value> {
    let (rest, what) = STATES.iter().find_map(|(name, what)| Some((state.strip_prefix(name)?, what)))?;
    let Some((_, why)) = REASONS.iter().find(|(letters, _)| rest.starts_with(letters)) else {
        return Some((*what).into());
    };
    Some(json!({"en": format!("{}, reason: {}", what.en, why.en), "de": format!("{}, Grund: {}", what.de, why.de)}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bars_a_device_is_said_in_words_and_what_does_not_is_nothing() {
        let en = |state: &str| barred(state).map(|said| said["en"].as_str().unwrap().to_owned());
        assert_eq!(en("QuarantinedG").as_deref(), Some("it waits in quarantine, reason: the organisation's default"));
        assert_eq!(en("BlockedABR").as_deref(), Some("it is blocked, reason: an automatic block"));
        assert_eq!(en("BlockedX").as_deref(), Some("it is blocked"));
        for state in ["AllowedG", "DeviceDiscovery", "Unknown", ""] {
            assert_eq!(en(state), None, "{state}");
        }
        assert_eq!(barred("BlockedD").unwrap()["de"], "es ist blockiert, Grund: Regel für Geräte");
    }
}
