//! What does Autodiscover v2 (JSON, anonymous) ask, and what does its answer say?

use serde_json::Value;

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// The address of ActiveSync.
    ActiveSync,
    /// The address of EWS.
    Ews,
    /// The address of the older Autodiscover.
    AutodiscoverV1,
}

impl Protocol {
    /// As it stands in the query.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ActiveSync => "ActiveSync",
            Self::Ews => "EWS",
            Self::AutodiscoverV1 => "AutodiscoverV1",
        }
    }
}

/// The address that asks a host for a mailbox.
pub fn url(host: &str, email: &str, protocol: Protocol) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("Email", email)
        .append_pair("Protocol", protocol.name())
        .append_pair("RedirectCount", "1")
        .finish();
    format!("https://{host}/autodiscover/autodiscover.json?{query}")
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The address asked for, as it stands there; it may be empty or wrong.
    Url(String),
    /// An error in place of it.
    Error {
        /// Its name.
        code: String,
        /// What the server says with it.
        message: String,
    },
    /// No such answer.
    Other,
}

/// Reads an answer, whatever its status. The names of the members are compared without regard to case.
pub fn parse(body: &str) -> Answer {
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(body.trim_start_matches('\u{feff}')) else {
        return Answer::Other;
    };
    let text = |wanted: &str| {
        let found = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
    };
    match (text("Url"), text("ErrorCode")) {
        (Some(url), _) => Answer::Url(url),
        (None, Some(code)) => Answer::Error { code, message: text("ErrorMessage").unwrap_or_default() },
        (None, None) => Answer::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_percent_encoded() {
        assert_eq!(
            url("autodiscover.corp.example", "anna+x@corp.example", Protocol::ActiveSync),
            "https://autodiscover.corp.example/autodiscover/autodiscover.json?Email=anna%2Bx%40corp.example&Protocol=ActiveSync&RedirectCount=1"
        );
    }

    #[test]
    fn an_error_in_json_is_no_web_page() {
        let error = r#"{"ErrorCode":"ProtocolNotSupported","ErrorMessage":"The given protocol is not supported."}"#;
        let Answer::Error { code, message } = parse(error) else { panic!() };
        assert_eq!((code.as_str(), message.as_str()), ("ProtocolNotSupported", "The given protocol is not supported."));
        assert_eq!(parse(r#"{"protocol":"EWS","url":"https://m/"}"#), Answer::Url("https://m/".to_owned()));
        for other in ["", "[]", "<html>", "{\"Url\": 1}", "{}"] {
            assert_eq!(parse(other), Answer::Other, "{other}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep), Answer::Other);
    }
}
