//! What does a plain-XML Autodiscover request look like, and what does the answer say?

/// The request in the mobilesync schema for this address (MS-ASCMD, Autodiscover).
pub fn mobilesync_request(email: &str) -> String {
    let email = quick_xml::escape::escape(email);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006\">\
         <Request><EMailAddress>{email}</EMailAddress>\
         <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006</AcceptableResponseSchema>\
         </Request></Autodiscover>"
    )
}
