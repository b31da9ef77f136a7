//! What does Exchange tell Outlook and the clients of EWS, beside those of ActiveSync?

use super::Exchange;
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

/// MS-OXDSCLI: the settings in Outlook's schema. What is for the outside holds no address that is not set.
pub fn outlook_settings(exchange: &Exchange) -> String {
    let (email, inner) = (escape(exchange.user), escape(exchange.internal_ews));
    let version = exchange.mailbox_server;
    let outer = match exchange.external_ews {
        "" => String::new(),
        ews => {
            let ews = escape(ews);
            format!("<ASUrl>{ews}</ASUrl><EwsUrl>{ews}</EwsUrl><OOFUrl>{ews}</OOFUrl>")
        }
    };
    let outside = if exchange.outlook_anywhere {
        format!("<Protocol><Type>EXPR</Type><Server>mail.corp.example</Server><SSL>On</SSL>{outer}</Protocol>")
    } else {
        String::new()
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\
         <Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\">\
         <User><DisplayName>Anna Muster</DisplayName><AutoDiscoverSMTPAddress>{email}</AutoDiscoverSMTPAddress></User>\
         <Account><AccountType>email</AccountType><Action>settings</Action><MicrosoftOnline>False</MicrosoftOnline>\
         <Protocol><Type>EXCH</Type><Server>ex01.corp.local</Server><ServerVersion>{version}</ServerVersion>\
         <EwsUrl>{inner}</EwsUrl></Protocol>\
         {outside}</Account></Response></Autodiscover>"
    )
}

/// MS-OXWSADISC: the answer to GetUserSettings, with an error in place of the settings if there is one.
pub fn soap_settings(exchange: &Exchange, error: Option<&str>) -> String {
    let user = if let Some(code) = error {
        format!("<ErrorCode>{code}</ErrorCode><ErrorMessage>{code}</ErrorMessage>")
    } else {
        let named = [("InternalEwsUrl", exchange.internal_ews), ("ExternalEwsUrl", exchange.external_ews)];
        let of = |(name, url): &(&str, &str)| {
            format!("<UserSetting><Name>{name}</Name><Value>{}</Value></UserSetting>", escape(*url))
        };
        let settings: String = named.iter().filter(|(_, url)| !url.is_empty()).map(of).collect();
        format!(
            "<ErrorCode>NoError</ErrorCode><ErrorMessage>No error.</ErrorMessage><RedirectTarget/><UserSettingErrors/>\
             <UserSettings>{settings}</UserSettings>"
        )
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
