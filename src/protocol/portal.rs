//! Does an answer want somebody to sign in on a page, in place of the protocol?

use crate::evidence::Response;

/// Marks of a path that leads to a page for signing in.
const LOGIN: &[&str] = &[
    "/my.policy",
    "/vpn/",
    "logon",
    "login",
    "cookieauth.dll",
    "/adfs/",
    "saml",
    "oauth2",
    "/sso",
    "signin",
    "lm_auth_proxy",
];

/// Where a redirect leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// To a page for signing in, which something in front wants to be filled in first.
    ToSignIn,
    /// Elsewhere on the same server: IIS's own redirect, as of a web site to Outlook on the web.
    Elsewhere,
}

/// Where the redirect of a request to `url`, below the path `own`, leads.
pub fn leads(url: &str, own: &str, location: &str) -> Leads {
    let base = url::Url::parse(url).ok();
    let target = base.as_ref().and_then(|base| base.join(location).ok());
    let host_of = |url: &Option<url::Url>| url.as_ref().and_then(url::Url::host_str).unwrap_or_default().to_owned();
    let (asked, host) = (host_of(&base), host_of(&target));
    let path = target.as_ref().map(|target| target.path().to_ascii_lowercase()).unwrap_or_default();
    let same_host = host == asked || host.is_empty();
    let is_protocol = path.starts_with(&own.to_ascii_lowercase());
    // Outlook on the web has a page for signing in too, but a redirect there is IIS's own
    let is_own = same_host && (path == "/" || path.starts_with("/owa") || path.starts_with("/ecp"));
    let is_login = LOGIN.iter().any(|mark| path.contains(mark)) || !same_host;
    if is_login && !is_own && !is_protocol { Leads::ToSignIn } else { Leads::Elsewhere }
}

/// A page with a form to sign in, in place of an answer.
pub fn is_form(response: &Response) -> bool {
    let body = response.body.text.to_ascii_lowercase();
    response.status == 200
        && body.contains("<form")
        && ["type=\"password\"", "type='password'", "type=password"].iter().any(|mark| body.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_to_sign_in_is_told_from_one_that_iis_makes() {
        let of = |location| leads("https://mail.corp.example/EWS/Exchange.asmx", "/EWS", location);
        for login in [
            "/my.policy",
            "https://sts.corp.example/adfs/ls/?wa=wsignin1.0",
            "https://login.microsoftonline.com/x/oauth2/authorize",
            "/CookieAuth.dll?GetLogon?curl=Z2F",
            "/vpn/index.html",
            "/lm_auth_proxy?LMLogon",
        ] {
            assert_eq!(of(login), Leads::ToSignIn, "{login}");
        }
        for own in ["/", "/owa", "https://mail.corp.example/owa/auth/logon.aspx?url=x", "/ews/", ""] {
            assert_eq!(of(own), Leads::Elsewhere, "{own}");
        }
    }
}
