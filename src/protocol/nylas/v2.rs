//! What did the sync service's old API (Nylas v2, shut down at the end of 2024) say of an account?
//!
//! Shapes by its published description and its clients. The state lags behind the truth by ten minutes to
//! seven hours.

use serde::Deserialize;

/// An account, as `GET /account` and `GET /a/{client_id}/accounts/{id}` show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// The same, in answers that have both.
    pub account_id: String,
    /// The mailbox address.
    pub email_address: String,
    /// The same, as the management endpoint calls it.
    pub email: String,
    /// Such as `eas` or `exchange`.
    pub provider: String,
    /// How its sync stands, in the service's own word.
    pub sync_state: String,
    /// When it was connected, in seconds since 1970; never a time of a sync.
    pub linked_at: Option<i64>,
}

impl Account {
    /// Whether this is its id.
    pub fn is(&self, id: &str) -> bool {
        self.id == id || self.account_id == id
    }
}

/// Reads an account; `None` where the text is not of that shape.
pub fn account(text: &str) -> Option<Account> {
    serde_json::from_str::<Account>(text).ok().filter(|account| !account.sync_state.is_empty())
}

/// What a state means. The words are those of the endpoint for one account, of the management endpoint and of
/// notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It syncs.
    Runs,
    /// It has not got to the end of its first sync, or leaves folders out.
    Young,
    /// The service meets errors and tries on.
    Errs,
    /// The service has stopped it.
    Stopped,
    /// The user has to sign in again.
    Invalid,
    /// A word that nobody has described.
    Unknown,
}

impl State {
    /// Reads the word of an account or of a notification (`account.sync_error`).
    pub fn read(word: &str) -> Self {
        let word = word.trim().trim_start_matches("account.").replace(['_', ' '], "-").to_ascii_lowercase();
        match word.as_str() {
            "running" | "valid" => Self::Runs,
            "partial" | "initializing" | "downloading" | "connected" => Self::Young,
            "sync-error" | "exception" => Self::Errs,
            "stopped" => Self::Stopped,
            "invalid" | "invalid-credentials" => Self::Invalid,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_one_that_has_a_state() {
        let found = account(
            r#"{"id":"a1","account_id":"a1","object":"account","name":"Anna","provider":"eas",
            "organization_unit":"folder","sync_state":"invalid-credentials","linked_at":1600000000,
            "email_address":"anna@corp.example"}"#,
        )
        .unwrap();
        assert!(found.is("a1") && !found.is("a2"));
        assert_eq!(State::read(&found.sync_state), State::Invalid);
        assert_eq!(account(r#"{"id":"a1"}"#), None);
        assert_eq!(account("<html>"), None);
    }

    #[test]
    fn an_unknown_word_is_never_a_good_one() {
        for (word, state) in [
            ("running", State::Runs),
            ("valid", State::Runs),
            ("partial", State::Young),
            ("account.connected", State::Young),
            ("account.sync_error", State::Errs),
            ("Sync-Error", State::Errs),
            ("exception", State::Errs),
            ("stopped", State::Stopped),
            ("invalid", State::Invalid),
            ("invalid-credentials", State::Invalid),
            ("ok", State::Unknown),
            ("", State::Unknown),
        ] {
            assert_eq!(State::read(word), state, "{word}");
        }
    }
}
