//! What is a request to the lab, and what is an answer?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A request, as far as any of the lab's servers looks at it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The host asked for, lower case, without port.
    pub host: String,
    /// The method.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent.
    pub query: String,
    /// The value of `Authorization`.
    pub authorization: Option<String>,
    /// The value of `User-Agent`.
    pub user_agent: String,
    /// The value of `X-MS-PolicyKey`.
    pub policy_key: Option<String>,
    /// The body, lossy UTF-8.
    pub body: String,
    /// The body as sent.
    pub bytes: Vec<u8>,
}

impl Request {
    /// Whether the path is this one or lies below it; IIS compares without regard to case.
    pub fn is_at(&self, path: &str) -> bool {
        let (asked, path) = (self.path.to_ascii_lowercase(), path.to_ascii_lowercase());
        asked.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The scheme of the authorization, and what stands behind it.
    pub fn sign_in(&self) -> Option<(&str, &str)> {
        let value = self.authorization.as_deref()?.trim();
        Some(value.split_once(' ').map_or((value, ""), |(scheme, rest)| (scheme, rest.trim())))
    }

    /// The access token of a Bearer sign-in (RFC 6750), where there is one.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.sign_in()?;
        (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token)
    }

    /// User name and password of a Basic sign-in (RFC 7617).
    pub fn basic(&self) -> Option<(String, String)> {
        let (_, encoded) = self.sign_in().filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Basic"))?;
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, doubles included.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer without headers and body.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// An answer that never comes.
    pub fn never() -> Self {
        Self::new(0)
    }

    /// Whether it never comes.
    pub fn is_never(&self) -> bool {
        self.status == 0
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with this body.
    #[must_use]
    pub fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", kind)
    }

    /// The same with an HTML page of this title and text.
    #[must_use]
    pub fn page(self, title: &str, text: &str) -> Self {
        self.body(
            "text/html; charset=utf-8",
            format!(
                "<!DOCTYPE html>\r\n<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n{text}\r\n</body>\r\n</html>\r\n"
            ),
        )
    }
}

/// A redirect of a plain web server.
pub fn redirect(status: u16, location: impl Into<String>) -> Answer {
    Answer::new(status)
        .header("Server", "nginx")
        .header("Location", location)
        .page("Moved", "<center><h1>Moved</h1></center>\r\n<hr><center>nginx</center>")
}

/// Exchange's site where ASP.NET fails.
pub fn asp_net_failure() -> Answer {
    iis(500).page(
        "Runtime Error",
        "<span><h1>Server Error in '/Autodiscover' Application.<hr width=100% size=1></h1>\
         <h2><i>Runtime Error</i></h2></span>",
    )
}

/// What HTTP.sys says where the application pool is stopped: IIS is not reached.
pub fn pool_stopped() -> Answer {
    Answer::new(503).header("Server", "Microsoft-HTTPAPI/2.0").page(
        "Service Unavailable",
        "<h2>Service Unavailable</h2>\r\n<hr><p>HTTP Error 503. The service is unavailable.</p>",
    )
}

/// What HTTP.sys says of a header that is longer than it takes: IIS is not reached.
pub fn header_too_long() -> Answer {
    Answer::new(400)
        .header("Server", "Microsoft-HTTPAPI/2.0")
        .page("Bad Request", "<h2>Bad Request - Request Too Long</h2>\r\n<hr><p>HTTP Error 400.</p>")
}

/// A web application firewall that does not know the method.
pub fn method_blocked() -> Answer {
    Answer::new(405).header("Server", "Apache").header("Allow", "GET, HEAD, POST").page(
        "405 Method Not Allowed",
        "<h1>Method Not Allowed</h1>\r\n<p>The requested method OPTIONS is not allowed for this URL.</p>",
    )
}

/// F5 APM, which wants every visitor to sign in at its own page first.
pub fn login_page() -> Answer {
    Answer::new(302)
        .header("Server", "BigIP")
        .header("Location", "/my.policy")
        .header("Set-Cookie", "LastMRH_Session=5b1c7f3a; path=/; secure")
        .header("Set-Cookie", "MRHSession=8fd2e0b65a2d4e0c9a17c2d45b1c7f3a; path=/; secure")
}

/// Another groupware that wants a sign-in, known by its realm.
pub fn groupware(realm: &str) -> Answer {
    Answer::new(401)
        .header("Server", "nginx")
        .header("WWW-Authenticate", format!("Basic realm=\"{realm}\""))
        .page("401 Unauthorized", "<h1>Unauthorized</h1>")
}

/// Autodiscover v2 that does not give out the address of a protocol.
pub fn protocol_not_supported() -> Answer {
    let json = r#"{"ErrorCode":"ProtocolNotSupported","ErrorMessage":"The given protocol is not supported."}"#;
    iis(400).header("jsonerror", "true").body("application/json; charset=utf-8", json)
}

/// IIS and ASP.NET.
pub fn iis(status: u16) -> Answer {
    Answer::new(status).header("Server", "Microsoft-IIS/10.0").header("X-Powered-By", "ASP.NET")
}

/// IIS's own page for an error.
pub fn iis_error(status: u16, sentence: &str) -> Answer {
    iis(status).page(
        sentence,
        &format!(
            "<div id=\"header\"><h1>Server Error</h1></div>\r\n\
             <div id=\"content\"><fieldset><h2>{status} - {sentence}</h2></fieldset></div>"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7617_a_password_may_hold_colons() {
        let request = Request {
            host: "mail.corp.example".to_owned(),
            method: "OPTIONS".to_owned(),
            path: "/microsoft-server-activesync".to_owned(),
            query: String::new(),
            authorization: Some(format!("basic {}", STANDARD.encode("anna@corp.example:a:b"))),
            user_agent: String::new(),
            policy_key: None,
            body: String::new(),
            bytes: Vec::new(),
        };
        assert_eq!(request.basic(), Some(("anna@corp.example".to_owned(), "a:b".to_owned())));
        assert!(request.is_at("/Microsoft-Server-ActiveSync"));
        assert!(!request.is_at("/microsoft"));
    }
}
