//! What does Exchange tell Outlook and the clients of EWS, beside those of ActiveSync?

use crate::lab::http::Request;
use crate::protocol::ntlm::{self, Names};
use quick_xml::escape::escape;

/// MS-NLMP: the second message to whoever sends the first, which tells the domain's names.
pub fn ntlm_challenge(request: &Request) -> String {
    match request.sign_in() {
        Some((scheme, ntlm::HELLO)) if scheme.eq_ignore_ascii_case("NTLM") => {
            let name = |text: &str| Some(text.to_owned());
            let names = Names { domain: name("CORP"), dns_domain: name("corp.local"), computer: name("EX01") };
            format!("NTLM {}", ntlm::render(&names))
        }
        _ => "NTLM".to_owned(),
    }
}

/// MS-OXDSCLI: the settings in Outlook's schema.
pub fn outlook_settings(email: &str, ews: &str) -> String {
    let (email, ews) = (escape(email), escape(ews));
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\
         <Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\">\
         <User><DisplayName>Anna Muster</DisplayName><AutoDiscoverSMTPAddress>{email}</AutoDiscoverSMTPAddress></User>\
         <Account><AccountType>email</AccountType><Action>settings</Action><MicrosoftOnline>False</MicrosoftOnline>\
         <Protocol><Type>EXCH</Type><Server>ex01.corp.local</Server><ServerVersion>73C28A02</ServerVersion>\
         <EwsUrl>https://ex01.corp.local/EWS/Exchange.asmx</EwsUrl></Protocol>\
         <Protocol><Type>EXPR</Type><Server>mail.corp.example</Server><SSL>On</SSL><ASUrl>{ews}</ASUrl><EwsUrl>{ews}</EwsUrl>\
         <OOFUrl>{ews}</OOFUrl></Protocol></Account></Response></Autodiscover>"
    )
}

/// MS-OXWSADISC: the answer to GetUserSettings, with an error in place of the settings if there is one.
pub fn soap_settings(ews: &str, error: Option<&str>) -> String {
    let ews = escape(ews);
    let user = match error {
        Some(code) => format!("<ErrorCode>{code}</ErrorCode><ErrorMessage>{code}</ErrorMessage>"),
        None => format!(
            "<ErrorCode>NoError</ErrorCode><ErrorMessage>No error.</ErrorMessage><RedirectTarget/><UserSettingErrors/>\
             <UserSettings><UserSetting><Name>InternalEwsUrl</Name><Value>https://ex01.corp.local/EWS/Exchange.asmx</Value>\
             </UserSetting><UserSetting><Name>ExternalEwsUrl</Name><Value>{ews}</Value></UserSetting></UserSettings>"
        ),
    };
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
         <GetUserSettingsResponseMessage xmlns=\"http://schemas.microsoft.com/exchange/2010/Autodiscover\"><Response>\
         <ErrorCode>NoError</ErrorCode><ErrorMessage/><UserResponses><UserResponse>{user}</UserResponse></UserResponses>\
         </Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>"
    )
}

/// MS-ASCMD: restart with this address.
pub fn redirect_address(address: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\
         <Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006\">\
         <Culture>en:us</Culture><User/><Action><Redirect>{}</Redirect></Action></Response></Autodiscover>",
        escape(address)
    )
}
