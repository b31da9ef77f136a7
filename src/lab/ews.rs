//! What does EWS answer to whoever has signed in (MS-OXWSFOLD)?

use super::http::{Answer, Request, iis};

/// How EWS treats the mailbox. All but the first take Basic beside the ways of Windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ews {
    /// Exchange's default: no Basic, so that no password is sent.
    Windows,
    /// The Inbox is opened.
    Good,
    /// `EwsEnabled` is off for the mailbox.
    Disabled,
    /// A list of applications lets only Outlook in.
    Listed,
    /// The sign-in that ActiveSync takes is refused.
    Refused,
    /// This response code.
    Code(&'static str),
    /// The user's budget is used up: a fault.
    Busy,
}

impl Ews {
    /// The answer to a request that is signed in, by a server of this build.
    pub fn answer(self, request: &Request, build: &str) -> Answer {
        if request.method != "POST" || !request.body.contains("<t:DistinguishedFolderId Id=\"inbox\"/>") {
            return iis(200).page("Service", "<h1>Exchange Web Services</h1>");
        }
        match self {
            Self::Disabled => iis(403),
            Self::Listed if !request.user_agent.starts_with("MacOutlook/") => iis(403),
            Self::Busy => soap(500, build, BUSY),
            Self::Code(code) => soap(
                200,
                build,
                &message(&format!("<m:MessageText>{code}</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>")),
            ),
            Self::Windows | Self::Good | Self::Listed | Self::Refused => soap(200, build, &message(INBOX)),
        }
    }
}

const INBOX: &str = "<m:ResponseCode>NoError</m:ResponseCode><m:Folders><t:Folder>\
    <t:FolderId Id=\"AAMkADZmMGQ1YjFl\" ChangeKey=\"AQAAABYA\"/><t:DisplayName>Posteingang</t:DisplayName>\
    <t:TotalCount>214</t:TotalCount><t:ChildFolderCount>1</t:ChildFolderCount><t:UnreadCount>9</t:UnreadCount>\
    </t:Folder></m:Folders>";

const BUSY: &str = "<s:Fault><faultcode xmlns:a=\"http://schemas.microsoft.com/exchange/services/2006/types\">a:ErrorServerBusy</faultcode>\
    <faultstring xml:lang=\"en-US\">The server cannot service this request right now. Try again later.</faultstring>\
    <detail><e:ResponseCode xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">ErrorServerBusy</e:ResponseCode>\
    <t:MessageXml xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\">\
    <t:Value Name=\"BackOffMilliseconds\">297749</t:Value></t:MessageXml></detail></s:Fault>";

fn message(inner: &str) -> String {
    format!(
        "<m:GetFolderResponse xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\" \
         xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\"><m:ResponseMessages>\
         <m:GetFolderResponseMessage>{inner}</m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>"
    )
}

fn soap(status: u16, build: &str, body: &str) -> Answer {
    let mut parts = build.split('.');
    let mut part = || parts.next().unwrap_or("0");
    let parts = format!(
        " MajorVersion=\"{}\" MinorVersion=\"{}\" MajorBuildNumber=\"{}\" MinorBuildNumber=\"{}\"",
        part(),
        part(),
        part(),
        part()
    );
    let envelope = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header>\
         <h:ServerVersionInfo{parts} Version=\"V2017_07_11\" xmlns:h=\"http://schemas.microsoft.com/exchange/services/2006/types\"/>\
         </s:Header><s:Body>{body}</s:Body></s:Envelope>"
    );
    iis(status).body("text/xml; charset=utf-8", envelope)
}
