//! What would other logs show of the requests in a front end's IIS log?

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The ActiveSync requests of an IIS log, by the names of its columns.
fn requests(log: &str) -> Vec<BTreeMap<String, String>> {
    let mut names: Vec<String> = Vec::new();
    let mut out = Vec::new();
    for line in log.lines() {
        if let Some(fields) = line.strip_prefix("#Fields: ") {
            names = fields.split(' ').map(str::to_owned).collect();
        } else if line.contains("/Microsoft-Server-ActiveSync") {
            out.push(names.iter().cloned().zip(line.split(' ').map(str::to_owned)).collect());
        }
    }
    out
}

/// The HttpProxy log of that server, as Exchange 2016 writes it with fewer columns.
pub fn http_proxy(log: &str, server: &str) -> String {
    const HEADER: &str = "DateTime,RequestId,MajorVersion,Protocol,UrlHost,UrlStem,AuthenticationType,IsAuthenticated,AuthenticatedUser,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,Method,TotalRequestTime,UrlQuery,GenericErrors";
    let mut out = format!(
        "{HEADER}\r\n#Software: Microsoft Exchange Server\r\n#Version: 15.01.2507.006\r\n#Log-type: HttpProxy Logs\r\n#Fields: {HEADER}\r\n"
    );
    for request in requests(log) {
        let (query, id) = request["cs-uri-query"].split_once("cafeReqId=").unwrap();
        let query = query.split("&CorrelationID").next().unwrap();
        let user = if request["cs-username"] == "-" { "" } else { &request["cs-username"] };
        let status = &request["sc-status"];
        let _ = write!(
            out,
            "{}T{}.123Z,{},15,Eas,mail.corp.example,{},Basic,{},{user},{},203.0.113.9,{server},{status},{},{},{},?{query},\"a, \"\"b\"\"\"\r\n",
            request["date"],
            request["time"],
            id.trim_end_matches(';'),
            request["cs-uri-stem"],
            !user.is_empty() && status != "401",
            request["cs(User-Agent)"].replace('+', " "),
            if status == "401" { "" } else { status },
            request["cs-method"],
            request["time-taken"],
        );
    }
    out
}

/// The combined format, in the time of central Europe.
pub fn combined(log: &str) -> String {
    let mut out = String::new();
    for request in requests(log) {
        let at: jiff::Timestamp = format!("{}T{}Z", request["date"], request["time"]).parse().unwrap();
        let local = jiff::Timestamp::from_second(at.as_second() + 3600).unwrap();
        let local = local.strftime("%d/%b/%Y:%H:%M:%S");
        let query = request["cs-uri-query"].split("&CorrelationID").next().unwrap();
        let ms: u64 = request["time-taken"].parse().unwrap();
        let _ = writeln!(
            out,
            "203.0.113.9 - - [{local} +0100] \"{} {}?{query} HTTP/1.1\" {} 433 \"-\" \"{}\" rt={}.{:03}",
            request["cs-method"],
            request["cs-uri-stem"],
            request["sc-status"],
            request["cs(User-Agent)"],
            ms / 1000,
            ms % 1000
        );
    }
    out
}
