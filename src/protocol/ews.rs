//! What is EWS asked about the Inbox, and what does its answer say (MS-OXWSFOLD, GetFolder)?
//!
//! Only counts and codes are read: of a folder its name, of an error its text is left where it is.

use super::version::server_version_info;
use super::xml::{self, escaped};
use crate::evidence::{Content, HttpProbe, Method, SignIn};

/// The user agent of an application that lists of applications name by default: where it is let in and
/// exdiag is not, such a list is in force.
pub const OUTLOOK_FOR_MAC: &str = "MacOutlook/16.89.24090815 (Intelx64 Mac OS X Version 14.6.1 (Build 23G93))";

/// The request. Every server since Exchange 2010 speaks the version that it names.
pub fn request() -> String {
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
     <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
     xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\" \
     xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\">\
     <soap:Header><t:RequestServerVersion Version=\"Exchange2010\"/></soap:Header>\
     <soap:Body><m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>\
     <m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder></soap:Body></soap:Envelope>"
        .to_owned()
}

/// The question, signed in, to EWS at this address.
pub fn question(url: &str, email: &str, as_outlook: bool) -> HttpProbe {
    HttpProbe::new(Method::Post, url)
        .sign_in(SignIn::Given)
        .content(Content::EwsInbox { email: email.to_owned(), as_outlook })
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The build of the server, such as 15.2.1544.11.
    pub version: Option<String>,
    /// The answer.
    pub answer: Answer,
}

/// The answer itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `NoError`
    Inbox {
        /// How many items are in it.
        total: Option<u64>,
    },
    /// Any other response code, also that of a SOAP fault.
    Error {
        /// Its name, such as `ErrorServerBusy`.
        code: String,
        /// How long the server wants to be left alone, in milliseconds.
        back_off_ms: Option<u64>,
    },
    /// No such answer.
    Malformed {
        /// What is wrong: a fragment.
        why: String,
    },
}

const OTHER_ROOT: &str = "its root element is not Envelope";
const NO_CODE: &str = "it holds no response code";

/// Reads an answer.
pub fn parse(body: &str) -> Reply {
    let body = xml::trimmed(body);
    let mut reading = Reading::default();
    let answer = match xml::read(body, &mut reading) {
        Ok(()) => reading.answer(body),
        Err(why) => Answer::Malformed { why },
    };
    Reply { version: server_version_info(body), answer }
}

/// The shortest document that [`parse`] reads as this reply; of one that is malformed, one that is too.
pub fn render(reply: &Reply) -> String {
    let names = ["MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber"];
    let version = reply.version.as_ref().map_or_else(String::new, |version| {
        let parts = names.iter().zip(version.split('.')).map(|(name, part)| format!(" {name}=\"{}\"", escaped(part)));
        format!("<Header><ServerVersionInfo{}/></Header>", parts.collect::<String>())
    });
    let inner = match &reply.answer {
        Answer::Inbox { total } => {
            let total = total.map_or_else(String::new, |total| format!("<TotalCount>{total}</TotalCount>"));
            format!("<ResponseCode>NoError</ResponseCode>{total}")
        }
        Answer::Error { code, back_off_ms } => {
            let wait = back_off_ms.map_or_else(String::new, |ms| format!("<Value Name=\"{BACK_OFF}\">{ms}</Value>"));
            format!("<ResponseCode>{}</ResponseCode>{wait}", escaped(code))
        }
        Answer::Malformed { .. } => return "<Other/>".to_owned(),
    };
    format!("<Envelope>{version}<Body>{inner}</Body></Envelope>")
}

const BACK_OFF: &str = "BackOffMilliseconds";

/// `<t:Value Name="BackOffMilliseconds">297749</t:Value>`, in the detail of an error.
fn back_off(body: &str) -> Option<u64> {
    let (_, rest) = body.split_once(&format!("Name=\"{BACK_OFF}\""))?;
    let (_, rest) = rest.split_once('>')?;
    rest.split('<').next()?.trim().parse().ok()
}

#[derive(Debug, Default)]
struct Reading {
    is_envelope: bool,
    code: Option<String>,
    fault: Option<String>,
    total: Option<u64>,
}

impl xml::Listener for Reading {
    fn open(&mut self, path: &[String], name: &str, _: Option<&str>) {
        if path.is_empty() {
            self.is_envelope = name == "Envelope";
        }
    }

    fn close(&mut self, _: &[String], name: &str, value: &str) {
        match name {
            "ResponseCode" if self.code.is_none() => self.code = Some(value.to_owned()),
            "TotalCount" if self.total.is_none() => self.total = value.parse().ok(),
            // a prefix of a namespace tells nothing
            "faultcode" => self.fault = Some(value.rsplit(':').next().unwrap_or(value).to_owned()),
            _ => {}
        }
    }
}

impl Reading {
    fn answer(self, body: &str) -> Answer {
        if !self.is_envelope {
            return Answer::Malformed { why: OTHER_ROOT.to_owned() };
        }
        match self.code.or(self.fault) {
            None => Answer::Malformed { why: NO_CODE.to_owned() },
            Some(code) if code == "NoError" => Answer::Inbox { total: self.total },
            Some(code) => Answer::Error { code, back_off_ms: back_off(body) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "<s:Header><h:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"1\" MajorBuildNumber=\"2507\" \
        MinorBuildNumber=\"61\" Version=\"V2017_07_11\" xmlns:h=\"http://schemas.microsoft.com/exchange/services/2006/types\"/></s:Header>";

    fn envelope(body: &str) -> String {
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">{HEADER}<s:Body>{body}</s:Body></s:Envelope>"
        )
    }

    #[test]
    fn ms_oxwsfold_an_inbox_is_read_by_its_count_alone() {
        let body = envelope(
            "<m:GetFolderResponse xmlns:m=\"m\" xmlns:t=\"t\"><m:ResponseMessages><m:GetFolderResponseMessage ResponseClass=\"Success\">\
             <m:ResponseCode>NoError</m:ResponseCode><m:Folders><t:Folder><t:FolderId Id=\"AAMk\" ChangeKey=\"AQ\"/>\
             <t:DisplayName>Posteingang</t:DisplayName><t:TotalCount>214</t:TotalCount><t:ChildFolderCount>3</t:ChildFolderCount>\
             <t:UnreadCount>9</t:UnreadCount></t:Folder></m:Folders></m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>",
        );
        let reply = parse(&body);
        assert_eq!(reply.version.as_deref(), Some("15.1.2507.61"));
        assert_eq!(reply.answer, Answer::Inbox { total: Some(214) });
        let kept = render(&reply);
        assert!(!kept.contains("AAMk") && !kept.contains("Posteingang"), "{kept}");
    }

    #[test]
    fn h5_a_fault_tells_its_code_and_how_long_to_wait() {
        let fault = envelope(
            "<s:Fault><faultcode xmlns:a=\"x\">a:ErrorServerBusy</faultcode><faultstring xml:lang=\"en-US\">The server cannot \
             service this request right now. Try again later.</faultstring><detail><e:ResponseCode xmlns:e=\"e\">ErrorServerBusy\
             </e:ResponseCode><e:Message xmlns:e=\"e\">x</e:Message><t:MessageXml xmlns:t=\"t\"><t:Value Name=\"Policy\">x</t:Value>\
             <t:Value Name=\"BackOffMilliseconds\">297749</t:Value></t:MessageXml></detail></s:Fault>",
        );
        let busy = Answer::Error { code: "ErrorServerBusy".to_owned(), back_off_ms: Some(297_749) };
        assert_eq!(parse(&fault).answer, busy);
        let bare =
            envelope("<s:Fault><faultcode>a:ErrorAccessDenied</faultcode><faultstring>no</faultstring></s:Fault>");
        let denied = Answer::Error { code: "ErrorAccessDenied".to_owned(), back_off_ms: None };
        assert_eq!(parse(&bare).answer, denied);
        for odd in ["", "{}", "<html></html>", &envelope(""), "<!DOCTYPE a><Envelope/>"] {
            assert!(matches!(parse(odd).answer, Answer::Malformed { .. }), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn a_reply_written_anew_is_read_as_the_same(code in "Error[A-Za-z<>&\"]{1,20}", number in any::<u64>(), has in any::<bool>()) {
            let some = has.then_some(number);
            let version = has.then(|| "15.2.1544.11".to_owned());
            for answer in [Answer::Inbox { total: some }, Answer::Error { code: code.clone(), back_off_ms: some }] {
                let reply = Reply { version: version.clone(), answer };
                prop_assert_eq!(parse(&render(&reply)), reply);
            }
        }

        #[test]
        fn no_body_breaks_the_parser(body in "[<>/a-zA-Z&; \"=!\\[\\]?-]{0,200}") {
            parse(&body);
        }
    }
}
