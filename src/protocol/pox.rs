//! What does a plain-XML Autodiscover request look like, and what does the answer say?

pub mod outlook;

use super::xml::{self, DEEPEST, DOCTYPE, ENDS_EARLY, TOO_DEEP, UNKNOWN_ENTITY, escaped};

/// The request in the mobilesync schema for this address (MS-ASCMD, Autodiscover).
pub fn mobilesync_request(email: &str) -> String {
    let email = escaped(email);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006\">\
         <Request><EMailAddress>{email}</EMailAddress>\
         <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006</AcceptableResponseSchema>\
         </Request></Autodiscover>"
    )
}

/// What a body in answer to a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing.
    Empty,
    /// A web page; whether it holds a form to sign in.
    Html {
        /// Whether it asks for a password.
        form: bool,
    },
    /// The address of ActiveSync, as it stands there; it may be empty or wrong.
    MobileSync {
        /// `Server/Url` of type `MobileSync`.
        url: String,
    },
    /// Settings, but none for ActiveSync.
    NoMobileSync,
    /// Settings of other protocols alone: a web host's own Autodiscover.
    OtherProtocols {
        /// Such as `IMAP`, `POP3`, `SMTP`.
        protocols: Vec<String>,
    },
    /// Ask again for this address.
    RedirectAddress {
        /// An SMTP address.
        address: String,
    },
    /// Ask again at this URL.
    RedirectUrl {
        /// The URL.
        url: String,
    },
    /// An error in place of settings.
    Error {
        /// `ErrorCode`, or `Status` of MS-ASCMD.
        code: Option<u32>,
        /// What the server says with it.
        message: String,
    },
    /// XML that is no Autodiscover answer, or no XML at all.
    Malformed {
        /// What is wrong: a fragment.
        why: String,
    },
}

/// The shortest body that [`parse`] reads as this answer; of one that is malformed, one whose fault is
/// of the same kind.
pub fn render(answer: &Answer) -> String {
    let document = |inner: String| format!("<Autodiscover><Response>{inner}</Response></Autodiscover>");
    match answer {
        Answer::Empty => String::new(),
        Answer::Html { form: false } => "<html></html>".to_owned(),
        Answer::Html { form: true } => "<html><form><input type=\"password\"></form></html>".to_owned(),
        Answer::MobileSync { url } => document(format!(
            "<Action><Settings><Server><Type>MobileSync</Type><Url>{}</Url></Server></Settings></Action>",
            escaped(url)
        )),
        Answer::NoMobileSync => document("<Action><Settings></Settings></Action>".to_owned()),
        Answer::OtherProtocols { protocols } => {
            let of = |protocol: &String| format!("<Protocol><Type>{}</Type></Protocol>", escaped(protocol));
            document(format!("<Account>{}</Account>", protocols.iter().map(of).collect::<String>()))
        }
        Answer::RedirectAddress { address } => {
            document(format!("<Action><Redirect>{}</Redirect></Action>", escaped(address)))
        }
        Answer::RedirectUrl { url } => {
            document(format!("<Account><RedirectUrl>{}</RedirectUrl></Account>", escaped(url)))
        }
        Answer::Error { code, message } => {
            let code = code.map(|code| format!("<ErrorCode>{code}</ErrorCode>")).unwrap_or_default();
            document(format!("<Error>{code}<Message>{}</Message></Error>", escaped(message)))
        }
        Answer::Malformed { why } => match why.as_str() {
            TOO_DEEP => "<a>".repeat(DEEPEST + 1),
            UNKNOWN_ENTITY => "<Autodiscover>&x;</Autodiscover>".to_owned(),
            DOCTYPE => "<!DOCTYPE a><Autodiscover/>".to_owned(),
            ENDS_EARLY => "<Autodiscover>".to_owned(),
            NO_ANSWER => "<Autodiscover></Autodiscover>".to_owned(),
            OTHER_ROOT => "<Other/>".to_owned(),
            _ => "<Autodiscover></Other>".to_owned(),
        },
    }
}

const NO_ANSWER: &str = "it holds neither settings nor an error";
const OTHER_ROOT: &str = "its root element is not Autodiscover";

/// Reads an answer by local names: imitations put elements into either namespace (MS-ASCMD,
/// MS-OXDSCLI). Document types and their entities are refused.
pub fn parse(body: &str) -> Answer {
    let text = xml::trimmed(body);
    if text.is_empty() {
        return Answer::Empty;
    }
    if is_html(text) {
        let lower = text.to_ascii_lowercase();
        return Answer::Html { form: lower.contains("<form") && lower.contains("password") };
    }
    match fields(text) {
        Ok(fields) => fields.answer(),
        Err(why) => Answer::Malformed { why },
    }
}

/// Whether a text is a web page.
pub fn is_html(text: &str) -> bool {
    let head: String = text.chars().take(1024).collect::<String>().to_ascii_lowercase();
    head.starts_with("<!doctype html")
        || head.contains("<html")
        || head.starts_with("<head")
        || head.starts_with("<body")
}

/// The values that matter, as they are met.
#[derive(Debug, Default)]
struct Fields {
    is_autodiscover: bool,
    kind: String,
    url: String,
    mobile_url: Option<String>,
    protocols: Vec<String>,
    redirect_address: Option<String>,
    redirect_url: Option<String>,
    error: bool,
    code: Option<u32>,
    message: String,
    has_settings: bool,
}

fn fields(text: &str) -> Result<Fields, String> {
    let mut fields = Fields::default();
    xml::read(text, &mut fields)?;
    Ok(fields)
}

impl xml::Listener for Fields {
    fn open(&mut self, path: &[String], name: &str, _: Option<&str>) {
        let parent = path.last().map(String::as_str);
        if parent.is_none() {
            self.is_autodiscover = name == "Autodiscover";
        }
        match name {
            "Error" => self.error = true,
            // in the outlook schema a Protocol has an element Server too
            "Server" if parent == Some("Protocol") => {}
            "Server" | "Protocol" => (self.kind, self.url) = (String::new(), String::new()),
            "Settings" | "Account" => self.has_settings = true,
            _ => {}
        }
    }

    fn close(&mut self, path: &[String], name: &str, value: &str) {
        let within = |parent: &str| path.iter().any(|p| p == parent);
        match name {
            "Type" => value.clone_into(&mut self.kind),
            "Url" if within("Server") => value.clone_into(&mut self.url),
            "Server" if self.kind.eq_ignore_ascii_case("MobileSync") => {
                self.mobile_url = Some(std::mem::take(&mut self.url));
            }
            "Protocol" if !self.kind.is_empty() => self.protocols.push(std::mem::take(&mut self.kind)),
            "Redirect" | "RedirectAddr" if !value.is_empty() => self.redirect_address = Some(value.to_owned()),
            "RedirectUrl" if !value.is_empty() => self.redirect_url = Some(value.to_owned()),
            "ErrorCode" => self.code = value.parse().ok(),
            "Status" if within("Error") && self.code.is_none() => self.code = value.parse().ok(),
            "Message" if within("Error") => value.clone_into(&mut self.message),
            _ => {}
        }
    }
}

impl Fields {
    fn answer(self) -> Answer {
        let is_mail_only = |p: &String| matches!(p.to_ascii_uppercase().as_str(), "IMAP" | "POP3" | "SMTP");
        if !self.is_autodiscover {
            Answer::Malformed { why: OTHER_ROOT.to_owned() }
        } else if let Some(url) = self.mobile_url {
            Answer::MobileSync { url }
        } else if let Some(address) = self.redirect_address {
            Answer::RedirectAddress { address }
        } else if let Some(url) = self.redirect_url {
            Answer::RedirectUrl { url }
        } else if self.error {
            Answer::Error { code: self.code, message: self.message }
        } else if !self.protocols.is_empty() && self.protocols.iter().all(is_mail_only) {
            Answer::OtherProtocols { protocols: self.protocols }
        } else if self.has_settings || !self.protocols.is_empty() {
            Answer::NoMobileSync
        } else {
            Answer::Malformed { why: NO_ANSWER.to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(inner: &str) -> String {
        format!(
            "\u{feff}<?xml version=\"1.0\"?><Autodiscover xmlns:a=\"x\"><a:Response>{inner}</a:Response></Autodiscover>"
        )
    }

    #[test]
    fn ms_ascmd_the_url_of_the_server_of_type_mobilesync_counts() {
        let cert = "<Server><Type>CertEnroll</Type><Url>https://ca</Url></Server>";
        let eas = "<a:Server><a:Type>MobileSync</a:Type><a:Url>https://m/x?a=1&amp;b=2</a:Url></a:Server>";
        let body = response(&format!("<Action><Settings>{eas}{cert}</Settings></Action>"));
        assert_eq!(parse(&body), Answer::MobileSync { url: "https://m/x?a=1&b=2".to_owned() });
        let body = response(&format!("<Action><Settings>{cert}</Settings></Action>"));
        assert_eq!(parse(&body), Answer::NoMobileSync);
    }

    #[test]
    fn every_other_answer_is_told_apart() {
        let is = |body: &str, answer: Answer| assert_eq!(parse(body), answer, "{body}");
        is(" ", Answer::Empty);
        is("<!DOCTYPE html><p>", Answer::Html { form: false });
        is("<html><form><input type=password></html>", Answer::Html { form: true });
        is(
            &response("<Action><Redirect>a@b.example</Redirect></Action>"),
            Answer::RedirectAddress { address: "a@b.example".into() },
        );
        is(
            &response("<Account><Action>redirectUrl</Action><RedirectUrl>https://x/</RedirectUrl></Account>"),
            Answer::RedirectUrl { url: "https://x/".into() },
        );
        is(
            &response("<Error Id=\"1\"><ErrorCode>600</ErrorCode><Message>Invalid Request</Message></Error>"),
            Answer::Error { code: Some(600), message: "Invalid Request".into() },
        );
        is(
            &response(
                "<Account><Protocol><Type>IMAP</Type><Server>x</Server></Protocol><Protocol><Type>SMTP</Type></Protocol></Account>",
            ),
            Answer::OtherProtocols { protocols: vec!["IMAP".into(), "SMTP".into()] },
        );
        is(&response("<Account><Protocol><Type>EXCH</Type></Protocol></Account>"), Answer::NoMobileSync);
        for odd in ["{}", "<a>", "<Autodiscover>", "<clientConfig/>", "<!DOCTYPE x [<!ENTITY e \"y\">]><Autodiscover/>"]
        {
            assert!(matches!(parse(odd), Answer::Malformed { .. }), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn an_answer_written_anew_is_read_as_the_same(text in "[a-zA-Z<>&;/:.?=@\"' -]{1,40}", code in any::<Option<u16>>()) {
            let text = text.trim().to_owned();
            prop_assume!(!text.is_empty());
            for answer in [
                Answer::Empty,
                Answer::Html { form: true },
                Answer::Html { form: false },
                Answer::MobileSync { url: text.clone() },
                Answer::MobileSync { url: String::new() },
                Answer::NoMobileSync,
                Answer::OtherProtocols { protocols: vec!["IMAP".into(), "SMTP".into()] },
                Answer::RedirectAddress { address: text.clone() },
                Answer::RedirectUrl { url: text.clone() },
                Answer::Error { code: code.map(u32::from), message: text.clone() },
            ] {
                prop_assert_eq!(parse(&render(&answer)), answer);
            }
            for why in [TOO_DEEP, UNKNOWN_ENTITY, DOCTYPE, ENDS_EARLY, NO_ANSWER, OTHER_ROOT] {
                let answer = Answer::Malformed { why: why.to_owned() };
                prop_assert_eq!(parse(&render(&answer)), answer);
            }
            let other = parse(&render(&Answer::Malformed { why: text }));
            let is_malformed = matches!(other, Answer::Malformed { .. });
            prop_assert!(is_malformed);
        }

        #[test]
        fn no_body_breaks_the_parser(body in "[<>/a-zA-Z&; \"=!\\[\\]?-]{0,200}") {
            parse(&body);
        }
    }
}
