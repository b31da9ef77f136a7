//! What does the SOAP form of Autodiscover look like, and what does its answer say (MS-OXWSADISC)?

use super::xml::{self, escaped};

/// What is asked for.
pub const SETTINGS: &[&str] = &[
    "ExternalEwsUrl",
    "InternalEwsUrl",
    "EwsSupportedSchemas",
    "CasVersion",
    "UserMSOnline",
    "AutoDiscoverSMTPAddress",
];

/// The request `GetUserSettings` for this address, as it is put to `url`.
pub fn request(email: &str, url: &str) -> String {
    let settings = SETTINGS.join("</a:Setting><a:Setting>");
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <soap:Envelope xmlns:a=\"http://schemas.microsoft.com/exchange/2010/Autodiscover\" \
         xmlns:wsa=\"http://www.w3.org/2005/08/addressing\" xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <soap:Header><a:RequestedServerVersion>Exchange2010</a:RequestedServerVersion>\
         <wsa:Action>http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/GetUserSettings</wsa:Action>\
         <wsa:To>{}</wsa:To></soap:Header>\
         <soap:Body><a:GetUserSettingsRequestMessage><a:Request>\
         <a:Users><a:User><a:Mailbox>{}</a:Mailbox></a:User></a:Users>\
         <a:RequestedSettings><a:Setting>{settings}</a:Setting></a:RequestedSettings>\
         </a:Request></a:GetUserSettingsRequestMessage></soap:Body></soap:Envelope>",
        escaped(url),
        escaped(email),
    )
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `NoError`: the settings asked for, as far as the server has them.
    Settings(Vec<(String, String)>),
    /// `RedirectAddress` or `RedirectUrl`.
    Redirect {
        /// A mailbox address, or an address of the web.
        to: String,
    },
    /// Any other error code, or a SOAP fault.
    Error {
        /// Its name.
        code: String,
        /// What the server says with it.
        message: String,
    },
    /// No such answer.
    Malformed {
        /// What is wrong: a fragment.
        why: String,
    },
}

impl Answer {
    /// The value of a setting.
    pub fn setting(&self, name: &str) -> Option<&str> {
        match self {
            Self::Settings(all) => all.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str()),
            _ => None,
        }
    }

    /// The address of EWS for clients outside.
    pub fn external_ews_url(&self) -> Option<&str> {
        self.setting("ExternalEwsUrl")
    }

    /// The same, else that for clients inside.
    pub fn ews_url(&self) -> Option<&str> {
        self.external_ews_url().or_else(|| self.setting("InternalEwsUrl"))
    }
}

const OTHER_ROOT: &str = "its root element is not Envelope";
const NO_ANSWER: &str = "it holds no answer to GetUserSettings";

/// Reads an answer. The outer error code counts before the user's.
pub fn parse(body: &str) -> Answer {
    let mut reading = Reading::default();
    match xml::read(xml::trimmed(body), &mut reading) {
        Ok(()) => reading.answer(),
        Err(why) => Answer::Malformed { why },
    }
}

/// The shortest document that [`parse`] reads as this answer; of one that is malformed, one that is too.
pub fn render(answer: &Answer) -> String {
    let inner = match answer {
        Answer::Settings(settings) => {
            let of = |(name, value): &(String, String)| {
                format!("<UserSetting><Name>{}</Name><Value>{}</Value></UserSetting>", escaped(name), escaped(value))
            };
            let all: String = settings.iter().map(of).collect();
            format!("<UserResponse><ErrorCode>NoError</ErrorCode>{all}</UserResponse>")
        }
        Answer::Redirect { to } => format!(
            "<UserResponse><ErrorCode>{}</ErrorCode><RedirectTarget>{}</RedirectTarget></UserResponse>",
            if to.contains("://") { "RedirectUrl" } else { "RedirectAddress" },
            escaped(to)
        ),
        Answer::Error { code, message } => format!(
            "<UserResponse><ErrorCode>{}</ErrorCode><ErrorMessage>{}</ErrorMessage></UserResponse>",
            escaped(code),
            escaped(message)
        ),
        Answer::Malformed { .. } => return "<Other/>".to_owned(),
    };
    format!("<Envelope><Body><Response>{inner}</Response></Body></Envelope>")
}

#[derive(Debug, Default)]
struct Reading {
    is_envelope: bool,
    outer: Option<String>,
    outer_message: String,
    user: Option<String>,
    user_message: String,
    target: String,
    name: String,
    settings: Vec<(String, String)>,
    fault: Option<(String, String)>,
}

impl xml::Listener for Reading {
    fn open(&mut self, path: &[String], name: &str, _: Option<&str>) {
        if path.is_empty() {
            self.is_envelope = name == "Envelope";
        }
        if name == "Fault" {
            self.fault = Some((String::new(), String::new()));
        }
    }

    fn close(&mut self, path: &[String], name: &str, value: &str) {
        let within = |around: &str| path.iter().any(|name| name == around);
        let of_setting = within("UserSettingErrors");
        match name {
            // of one setting that is not there
            "ErrorCode" | "ErrorMessage" if of_setting => {}
            "ErrorCode" if within("UserResponse") => self.user = Some(value.to_owned()),
            "ErrorCode" => self.outer = Some(value.to_owned()),
            "ErrorMessage" if within("UserResponse") => value.clone_into(&mut self.user_message),
            "ErrorMessage" => value.clone_into(&mut self.outer_message),
            "RedirectTarget" => value.clone_into(&mut self.target),
            "Name" if within("UserSetting") => value.clone_into(&mut self.name),
            "Value" if within("UserSetting") && self.settings.len() < SETTINGS.len() => {
                self.settings.push((std::mem::take(&mut self.name), value.to_owned()));
            }
            "faultcode" | "faultstring" => {
                if let Some((code, message)) = &mut self.fault {
                    // a prefix of a namespace tells nothing
                    let code_value = value.rsplit(':').next().unwrap_or(value);
                    if name == "faultcode" { code_value.clone_into(code) } else { value.clone_into(message) }
                }
            }
            _ => {}
        }
    }
}

impl Reading {
    fn answer(self) -> Answer {
        if !self.is_envelope {
            return Answer::Malformed { why: OTHER_ROOT.to_owned() };
        }
        if let Some((code, message)) = self.fault {
            return Answer::Error { code, message };
        }
        let is_error = |code: &Option<String>| code.as_ref().is_some_and(|code| code != "NoError");
        let (code, message) = match (is_error(&self.outer), self.user) {
            (true, _) => (self.outer.unwrap_or_default(), self.outer_message),
            (false, Some(user)) => (user, self.user_message),
            (false, None) => return Answer::Malformed { why: NO_ANSWER.to_owned() },
        };
        match code.as_str() {
            "NoError" => Answer::Settings(self.settings),
            "RedirectAddress" | "RedirectUrl" if !self.target.is_empty() => Answer::Redirect { to: self.target },
            _ => Answer::Error { code, message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn envelope(inner: &str) -> String {
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><h:ServerVersionInfo xmlns:h=\"x\">\
             <h:MajorVersion>15</h:MajorVersion></h:ServerVersionInfo></s:Header><s:Body>{inner}</s:Body></s:Envelope>"
        )
    }

    fn response(outer: &str, user: &str) -> String {
        envelope(&format!(
            "<GetUserSettingsResponseMessage><Response><ErrorCode>{outer}</ErrorCode><ErrorMessage/>\
             <UserResponses><UserResponse>{user}</UserResponse></UserResponses></Response></GetUserSettingsResponseMessage>"
        ))
    }

    #[test]
    fn ms_oxwsadisc_the_outer_error_code_counts_before_the_users() {
        let settings = response(
            "NoError",
            "<ErrorCode>NoError</ErrorCode><UserSettingErrors><UserSettingError><ErrorCode>SettingIsNotAvailable</ErrorCode>\
             <ErrorMessage>x</ErrorMessage></UserSettingError></UserSettingErrors><UserSettings>\
             <UserSetting><Name>InternalEwsUrl</Name><Value>https://ex01.corp.local/EWS/Exchange.asmx</Value></UserSetting>\
             <UserSetting><Name>ExternalEwsUrl</Name><Value>https://mail.corp.example/EWS/Exchange.asmx</Value></UserSetting>\
             </UserSettings>",
        );
        assert_eq!(parse(&settings).ews_url(), Some("https://mail.corp.example/EWS/Exchange.asmx"));
        let busy = response("ServerBusy", "<ErrorCode>NoError</ErrorCode>");
        assert_eq!(parse(&busy), Answer::Error { code: "ServerBusy".to_owned(), message: String::new() });
        let unknown = response("NoError", "<ErrorCode>InvalidUser</ErrorCode><ErrorMessage>no such</ErrorMessage>");
        assert_eq!(parse(&unknown), Answer::Error { code: "InvalidUser".to_owned(), message: "no such".to_owned() });
        for (code, to) in [("RedirectAddress", "anna@corp.mail.onmicrosoft.com"), ("RedirectUrl", "https://x/y.svc")] {
            let answer =
                response("NoError", &format!("<ErrorCode>{code}</ErrorCode><RedirectTarget>{to}</RedirectTarget>"));
            assert_eq!(parse(&answer), Answer::Redirect { to: to.to_owned() });
        }
    }

    #[test]
    fn a_fault_and_what_is_no_soap_are_told_apart() {
        let fault =
            envelope("<s:Fault><faultcode>a:InternalServiceFault</faultcode><faultstring>no</faultstring></s:Fault>");
        assert_eq!(parse(&fault), Answer::Error { code: "InternalServiceFault".to_owned(), message: "no".to_owned() });
        for odd in ["", "{}", "<html></html>", &envelope(""), "<!DOCTYPE a><Envelope/>"] {
            assert!(matches!(parse(odd), Answer::Malformed { .. }), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn an_answer_written_anew_is_read_as_the_same(text in "[a-zA-Z<>&;/.?=@\"']{1,40}") {
            for answer in [
                Answer::Settings(vec![(text.clone(), text.clone())]),
                Answer::Settings(Vec::new()),
                Answer::Redirect { to: text.clone() },
                Answer::Error { code: format!("x{text}"), message: text.clone() },
            ] {
                prop_assert_eq!(parse(&render(&answer)), answer);
            }
            let malformed = parse(&render(&Answer::Malformed { why: text }));
            let is_malformed = matches!(malformed, Answer::Malformed { .. });
            prop_assert!(is_malformed);
        }

        #[test]
        fn no_body_breaks_the_parser(body in "[<>/a-zA-Z&; \"=!\\[\\]?-]{0,200}") {
            parse(&body);
        }
    }
}
