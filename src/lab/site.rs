//! What does each of the lab's sites answer?

use super::exchange::Exchange;
use super::http::{Answer, Request, redirect};
use super::pki::{AIA_PATH, CRL_PATH, OCSP_PATH, Pki, ROOT_CRL_PATH};
use super::scenario::{Product, Site};

impl Site {
    /// The answer to a request; what the authorities publish comes from `pki`.
    pub fn answer(&self, request: &Request, pki: &Pki) -> Answer {
        let rule = self.rules.iter().find(|rule| {
            request.is_at(rule.path) && rule.method.is_none_or(|method| request.method.eq_ignore_ascii_case(method))
        });
        match (rule, &self.product) {
            (Some(rule), Product::Exchange(exchange)) => marked(exchange, rule.answer.clone()),
            (Some(rule), _) => rule.answer.clone(),
            (None, Product::Exchange(exchange)) => exchange.answer(request),
            (None, Product::Front(exchange, status)) => front(exchange, *status, request),
            (None, Product::Echo(exchange)) => echo(exchange, request),
            (None, Product::Capitals(exchange)) if is_let_through(request) => exchange.answer(request),
            (None, Product::Capitals(_) | Product::Mute) => not_found(),
            (None, Product::Website) => website(request),
            (None, Product::StartPage) => start_page(),
            (None, Product::Panel) => panel(request),
            (None, Product::Redirect(status, location)) => redirect(*status, *location),
            (None, Product::Issuer) => authority(request, pki),
            (None, Product::Nylas(nylas)) => nylas.answer(request),
            (None, Product::Cloud(cloud)) => cloud.answer(request),
        }
    }
}

/// What an authority publishes: its certificate, its revocation list and its parent's, and what
/// it knows of one certificate (RFC 6960, A.1).
fn authority(request: &Request, pki: &Pki) -> Answer {
    let found = |kind: &str, body: Vec<u8>| Answer::new(200).body(kind, body);
    let published = match request.path.as_str() {
        AIA_PATH => return found("application/pkix-cert", pki.issuer_der()),
        CRL_PATH => pki.crl(),
        ROOT_CRL_PATH => pki.root_crl(),
        OCSP_PATH if request.method == "POST" => {
            return found("application/ocsp-response", pki.ocsp(&request.bytes));
        }
        _ => return not_found(),
    };
    published.map_or_else(|_| Answer::new(500), |crl| found("application/pkix-crl", crl))
}

/// What IIS answers on an Exchange server went through Exchange's modules; what comes from HTTP.sys
/// or from a device in front did not.
fn marked(exchange: &Exchange, answer: Answer) -> Answer {
    let is_iis = answer.headers.iter().any(|(name, value)| *name == "Server" && value.starts_with("Microsoft-IIS/"));
    if is_iis { exchange.marked(answer) } else { answer }
}

/// Whether a proxy that looks at the case passes a request on.
fn is_let_through(request: &Request) -> bool {
    !request.is_at("/autodiscover") || request.path.starts_with("/Autodiscover/")
}

/// A front that was left in the mode of its developers: what signs somebody in comes back in headers, in a
/// cookie, in an address and, where the answer is a page, in the page.
fn echo(exchange: &Exchange, request: &Request) -> Answer {
    let answer = exchange.answer(request);
    let Some(sent) = request.authorization.clone() else { return answer };
    let secret = request.basic().map(|(_, password)| password).or_else(|| request.bearer().map(str::to_owned));
    let secret = secret.unwrap_or_default();
    let escaped: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let answer = answer
        .header("Authorization", sent.clone())
        .header("X-Debug-Authorization", sent.clone())
        .header("Set-Cookie", format!("sid={escaped}; path=/"))
        .header("X-Request-Uri", format!("https://anna:{escaped}@mail.corp.example/?password={escaped}"));
    if answer.status < 400 {
        return answer;
    }
    let marked = secret.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!("<html><body><pre>{sent}\n{secret}\n{escaped}\n{marked}</pre></body></html>");
    answer.header("X-Error", secret.replace(|letter: char| !letter.is_ascii_graphic(), "")).body("text/html", page)
}

/// A front that has its own way to refuse.
fn front(exchange: &Exchange, status: u16, request: &Request) -> Answer {
    let answer = exchange.answer(request);
    if answer.status == 401 && request.basic().is_some() {
        return Answer::new(status).header("Server", "nginx").page("No", "<h1>No</h1>");
    }
    answer
}

fn website(request: &Request) -> Answer {
    if request.path == "/" { start_page() } else { not_found() }
}

fn start_page() -> Answer {
    Answer::new(200).header("Server", "nginx").page("Corp", "<h1>Corp</h1>\r\n<p>Real estate since 1987.</p>")
}

fn not_found() -> Answer {
    Answer::new(404)
        .header("Server", "nginx")
        .page("404 Not Found", "<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>")
}

/// A web host's own Autodiscover: whoever asks gets the host's IMAP server (MS-OXDSCLI).
fn panel(request: &Request) -> Answer {
    if !request.is_at("/autodiscover/autodiscover.xml") {
        return not_found();
    }
    let server = |kind: &str, host: &str, port: u16| {
        format!(
            "<Protocol><Type>{kind}</Type><Server>{host}</Server><Port>{port}</Port><SSL>on</SSL>\
             <SPA>off</SPA><AuthRequired>on</AuthRequired></Protocol>"
        )
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\
         <Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\">\
         <Account><AccountType>email</AccountType><Action>settings</Action>{}{}</Account></Response></Autodiscover>",
        server("IMAP", "imap.hoster.example", 993),
        server("SMTP", "smtp.hoster.example", 465),
    );
    Answer::new(200).header("Server", "Apache").body("application/xml; charset=utf-8", body)
}
