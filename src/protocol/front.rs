//! Which product gave an answer, and what stands in front of it?
//!
//! An answer made by a proxy says nothing about the Exchange server behind it, so findings must
//! not be laid at the wrong door. Only marks that are documented count as certain.

use super::challenge::{self, Word};
use crate::evidence::Response;

/// What gave the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    /// Exchange Server.
    Exchange,
    /// Exchange Online.
    ExchangeOnline,
    /// SOGo.
    Sogo,
    /// Z-Push.
    ZPush,
    /// No mark of any of these: something in front, or another product.
    Unknown,
}

impl Product {
    /// Its name, where it is known.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Exchange => Some("Exchange Server"),
            Self::ExchangeOnline => Some("Exchange Online"),
            Self::Sogo => Some("SOGo"),
            Self::ZPush => Some("Z-Push"),
            Self::Unknown => None,
        }
    }

    /// Whether it is Microsoft's, on-premises or in the cloud.
    pub const fn is_exchange(self) -> bool {
        matches!(self, Self::Exchange | Self::ExchangeOnline)
    }
}

/// What an answer says about where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// What gave it.
    pub product: Product,
    /// The build in `X-OWA-Version`.
    pub version: Option<String>,
    /// The proxy, balancer or web server that shows itself.
    pub in_front: Option<&'static str>,
    /// Whether the marks of `in_front` are documented; otherwise they are only a hint.
    pub certain: bool,
    /// The marks that were seen.
    pub signals: Vec<String>,
}

/// Headers that only Exchange sends.
const EXCHANGE: &[&str] =
    &["x-feserver", "x-owa-version", "x-beserver", "x-diaginfo", "x-calculatedbetarget", "x-calculatedfetarget"];

/// Headers of the front door of Exchange Online.
const ONLINE: &[&str] =
    &["x-feproxyinfo", "x-proxy-routingcorrectness", "x-proxy-backendserverstatus", "x-rum-validated"];

/// Sentences of pages by which a device in front is known.
const ASM_PAGE: &str = "The requested URL was rejected. Please consult with your administrator";
const TMG_PAGE: &str = "Forefront TMG denied";

const HAPROXY_PAGE: &str = "No server is available to handle this request";

/// Whether it is the page of a device that has rejected the request; some send it with status 200.
pub fn is_block_page(response: &Response) -> bool {
    [ASM_PAGE, TMG_PAGE].iter().any(|mark| response.body.text.contains(mark))
}

/// Of a page only the sentences by which a device is known.
pub fn page_marks(page: &str) -> String {
    let marks = [ASM_PAGE, TMG_PAGE, HAPROXY_PAGE].into_iter().filter(|mark| page.contains(mark));
    marks.collect::<Vec<_>>().join("\n")
}

/// Whether somebody else gives this answer to a sign-in than asked for one: `asking` is Exchange Server,
/// the answer bears no mark of it, and says nothing of the credentials.
pub fn is_intercepted(asking: Product, answer: &Response) -> bool {
    let word = challenge::word(answer.status, |name| answer.header(name));
    asking == Product::Exchange && word == Word::Unclear && !recognise(answer).product.is_exchange()
}

/// Reads the marks of an answer.
pub fn recognise(response: &Response) -> Front {
    let mut signals = Vec::new();
    let product = product(response, &mut signals);
    let (in_front, certain) = in_front(response, product, &mut signals);
    let version = response.header("x-owa-version").map(str::to_owned);
    Front { product, version, in_front, certain, signals }
}

/// Whether IIS says that it answers.
pub fn is_iis(response: &Response) -> bool {
    response.header("server").is_some_and(|server| server.starts_with("Microsoft-IIS/"))
}

fn product(response: &Response, signals: &mut Vec<String>) -> Product {
    let header = |name: &str| response.header(name);
    let realm = challenge::offered(response).into_iter().find_map(|c| c.parameter("realm").map(str::to_owned));
    let online = ONLINE.iter().find(|name| header(name).is_some());
    let version = header("x-owa-version").or_else(|| header("ms-server-activesync"));
    if let Some(name) = online {
        signals.push((*name).to_owned());
        return Product::ExchangeOnline;
    }
    if let Some(version) = version.filter(|v| *v == "15.20" || v.starts_with("15.20.")) {
        signals.push(format!("version {version}"));
        return Product::ExchangeOnline;
    }
    if header("x-z-push-version").is_some() || realm.as_deref() == Some("ZPush") {
        signals.push("Z-Push".to_owned());
        return Product::ZPush;
    }
    if realm.as_deref() == Some("SOGo") {
        signals.push("realm SOGo".to_owned());
        return Product::Sogo;
    }
    let marks: Vec<&str> = EXCHANGE.iter().copied().filter(|name| header(name).is_some()).collect();
    // request-id alone is also sent by other products of Microsoft's
    let is_iis = is_iis(response);
    if !marks.is_empty() || (is_iis && header("request-id").is_some()) {
        signals.extend(marks.into_iter().map(str::to_owned));
        return Product::Exchange;
    }
    if is_iis && header("ms-server-activesync").is_some() {
        signals.push("ms-server-activesync".to_owned());
        return Product::Exchange;
    }
    Product::Unknown
}

fn in_front(response: &Response, product: Product, signals: &mut Vec<String>) -> (Option<&'static str>, bool) {
    let server = response.header("server").unwrap_or_default().to_ascii_lowercase();
    let shown = || format!("Server: {}", response.header("server").unwrap_or_default());
    let location = response.header("location").unwrap_or_default().to_ascii_lowercase();
    let body = &response.body.text;
    let cookies: Vec<&str> =
        response.headers_named("set-cookie").filter_map(|line| line.split('=').next()).map(str::trim).collect();
    let cookie = |matches: &dyn Fn(&str) -> bool| cookies.iter().copied().find(|name| matches(name));
    let has_header = |name: &str| response.header(name).map(|_| name.to_owned());
    let any_cookie = |names: &[&str]| cookie(&|c| names.contains(&c)).map(|c| format!("Set-Cookie: {c}"));
    let to = |path: &str| location.contains(path).then(|| format!("Location: {path}"));

    // documented first, then hints; within each the more particular first
    let begins = |starts: &[&str]| {
        cookie(&|c| starts.iter().any(|start| c.starts_with(start))).map(|c| format!("Set-Cookie: {c}"))
    };
    let is_server = |names: &[&str]| {
        let product = server.split('/').next().unwrap_or_default();
        names.contains(&product).then(shown)
    };
    let known: [(&'static str, bool, Option<String>); 22] = [
        ("Cloudflare", true, has_header("cf-ray").or_else(|| (server == "cloudflare").then(shown))),
        ("Azure Application Gateway", true, server.starts_with("microsoft-azure-application-gateway").then(shown)),
        ("F5 APM", true, to("/my.policy").or_else(|| any_cookie(&["MRHSession", "LastMRH_Session", "F5_ST"]))),
        (
            "F5 ASM",
            true,
            body.contains(ASM_PAGE)
                .then(|| format!("\"{ASM_PAGE}\""))
                .or_else(|| cookie(&is_asm_cookie).map(|c| format!("Set-Cookie: {c}"))),
        ),
        (
            "F5 BIG-IP",
            true,
            cookie(&|c| c.starts_with("BIGipServer"))
                .map(|_| "Set-Cookie: BIGipServer".to_owned())
                .or_else(|| is_server(&["bigip", "big-ip"])),
        ),
        ("Imperva", true, has_header("x-iinfo").or_else(|| begins(&["visid_incap_", "incap_ses_"]))),
        ("Akamai", true, is_server(&["akamaighost"])),
        ("AWS Elastic Load Balancing", true, is_server(&["awselb"]).or_else(|| any_cookie(&["AWSALB", "AWSELB"]))),
        ("Azure Front Door", true, has_header("x-azure-ref").filter(|_| product != Product::ExchangeOnline)),
        ("HAProxy", true, body.contains(HAPROXY_PAGE).then(|| format!("\"{HAPROXY_PAGE}\""))),
        (
            "Citrix NetScaler",
            false,
            begins(&["NSC_", "citrix_ns_id"]).or_else(|| to("/vpn/index.html")).or_else(|| to("/logon/logonpoint/")),
        ),
        ("Kemp LoadMaster", false, to("/lm_auth_proxy")),
        (
            "Forefront TMG",
            false,
            to("/cookieauth.dll").or_else(|| body.contains(TMG_PAGE).then(|| format!("\"{TMG_PAGE}\""))),
        ),
        (
            "Entra Application Proxy",
            false,
            begins(&["AzureAppProxyAccessCookie"])
                .or_else(|| location.contains("msappproxy.net").then(|| "Location: msappproxy.net".to_owned())),
        ),
        ("AD FS Web Application Proxy", false, to("/adfs/ls/").or_else(|| any_cookie(&["EdgeAccessCookie"]))),
        ("IIS ARR", false, has_header("x-arr-log-id").or_else(|| any_cookie(&["ARRAffinity"]))),
        ("Sophos WAF", false, any_cookie(&["PLACK_SESSION"])),
        ("Barracuda", false, begins(&["barra_counter_session", "BNI__BARRACUDA_LB_COOKIE"])),
        ("FortiWeb", false, begins(&["cookiesession1", "FORTIWAFSID"])),
        ("Microsoft HTTP.sys", false, server.starts_with("microsoft-httpapi/").then(shown)),
        ("nginx", true, (server == "nginx" || server.starts_with("nginx/")).then(shown)),
        ("Apache", true, (server == "apache" || server.starts_with("apache/")).then(shown)),
    ];
    for (name, certain, mark) in known {
        // IIS in front of Exchange is Exchange's own
        if let Some(mark) = mark.filter(|_| !(product.is_exchange() && name == "Microsoft HTTP.sys")) {
            signals.push(mark);
            return (Some(name), certain);
        }
    }
    (None, true)
}

/// `TS` and 8 hexadecimal digits
fn is_asm_cookie(name: &str) -> bool {
    name.strip_prefix("TS").is_some_and(|rest| rest.len() == 8 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Body;

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        Response {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Body { text: String::new(), length: 0, truncated: false },
        }
    }

    #[test]
    fn exchange_is_known_by_headers_that_no_proxy_sends() {
        let front = recognise(&response(
            401,
            &[("server", "Microsoft-IIS/10.0"), ("x-feserver", "EX01"), ("x-owa-version", "15.2.2562.46")],
        ));
        assert_eq!((front.product, front.in_front), (Product::Exchange, None));
        assert_eq!(front.version.as_deref(), Some("15.2.2562.46"));
        assert_eq!(recognise(&response(401, &[("server", "Microsoft-IIS/10.0")])).product, Product::Unknown);
        let behind_nginx = recognise(&response(401, &[("server", "nginx"), ("x-feserver", "EX01")]));
        assert_eq!((behind_nginx.product, behind_nginx.in_front), (Product::Exchange, Some("nginx")));
    }

    #[test]
    fn exchange_online_is_known_by_build_15_20() {
        let front = recognise(&response(401, &[("x-owa-version", "15.20.9000.1"), ("x-feserver", "AM1")]));
        assert_eq!(front.product, Product::ExchangeOnline);
        assert_eq!(recognise(&response(401, &[("x-owa-version", "15.2.2562.1")])).product, Product::Exchange);
    }

    #[test]
    fn other_servers_are_known_by_their_realm() {
        let of = |realm: &str| recognise(&response(401, &[("www-authenticate", realm), ("server", "nginx")])).product;
        assert_eq!(of("basic realm=\"SOGo\""), Product::Sogo);
        assert_eq!(of("Basic realm=\"ZPush\""), Product::ZPush);
        assert_eq!(of("Basic realm=\"Restricted\""), Product::Unknown);
    }

    #[test]
    fn what_is_only_believed_about_a_proxy_is_marked_as_a_hint() {
        let f5 = recognise(&response(302, &[("location", "/my.policy"), ("set-cookie", "MRHSession=; path=/")]));
        assert_eq!((f5.in_front, f5.certain), (Some("F5 APM"), true));
        let asm = recognise(&response(200, &[("set-cookie", "TS01a32329=; Path=/")]));
        assert_eq!((asm.in_front, asm.certain), (Some("F5 ASM"), true));
        assert_eq!(recognise(&response(200, &[("set-cookie", "TSession=; Path=/")])).in_front, None);
        let tmg = recognise(&response(302, &[("location", "/CookieAuth.dll?GetLogon?curl=Z2F")]));
        assert_eq!((tmg.in_front, tmg.certain), (Some("Forefront TMG"), false));
        let pool = recognise(&response(503, &[("server", "Microsoft-HTTPAPI/2.0")]));
        assert_eq!((pool.in_front, pool.certain), (Some("Microsoft HTTP.sys"), false));
        let kemp = recognise(&response(302, &[("location", "/lm_auth_proxy?LMLogon")]));
        assert_eq!((kemp.in_front, kemp.certain), (Some("Kemp LoadMaster"), false));
        let netscaler = recognise(&response(200, &[("set-cookie", "NSC_mbwtfsw=; Path=/")]));
        assert_eq!((netscaler.in_front, netscaler.certain), (Some("Citrix NetScaler"), false));
        let entra =
            "https://login.microsoftonline.com/x/oauth2/authorize?redirect_uri=https%3a%2f%2fmail.msappproxy.net";
        assert_eq!(recognise(&response(302, &[("location", entra)])).in_front, Some("Entra Application Proxy"));
        for (server, name) in
            [("BigIP", "F5 BIG-IP"), ("AkamaiGHost", "Akamai"), ("awselb/2.0", "AWS Elastic Load Balancing")]
        {
            assert_eq!(recognise(&response(503, &[("server", server)])).in_front, Some(name));
        }
        let azure = recognise(&response(403, &[("server", "Microsoft-Azure-Application-Gateway/v2")]));
        assert_eq!((azure.in_front, azure.certain), (Some("Azure Application Gateway"), true));
    }
}
