//! Which hosts may receive the mailbox's credentials (contract, section 5)?

use crate::evidence::Subject;

/// Microsoft's own hosts, every cloud; a name below one of them counts too.
const MICROSOFT: &[&str] = &[
    "outlook.com",
    "outlook.office.com",
    "outlook.office365.com",
    "office365.us",
    "partner.outlook.cn",
    "outlook.sovcloud.fr",
    "outlook.sovcloud.de",
];

/// Where Microsoft's clouds say how the users of a domain sign in. No credential goes there from here.
const LOGIN: &[&str] = &[
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.sovcloud-identity.fr",
    "login.sovcloud-identity.de",
];

/// Whether the host is one of those by which Microsoft's clouds sign their users in.
pub fn is_login(host: &str) -> bool {
    LOGIN.contains(&host)
}

/// Whether credentials may go to this host: under the mailbox's domain (not its parents), named
/// by the user, or a Microsoft cloud host. A domain that is itself a public suffix is nobody's own:
/// anybody can register a name below it.
pub fn may_receive(subject: &Subject, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    subject
        .mailbox
        .as_ref()
        .is_some_and(|mailbox| is_under(&host, &mailbox.domain) && !is_public_suffix(&mailbox.domain))
        || subject.server.as_ref().is_some_and(|server| server.host == host)
        || subject.allow_hosts.contains(&host)
        || is_microsoft(&host)
}

/// Whether everybody may register names below this one (<https://publicsuffix.org>); names in A-labels, in lower
/// case. What is no such name counts as one: nothing is trusted for it.
pub fn is_public_suffix(domain: &str) -> bool {
    psl2::lookup(domain).is_none_or(|found| found.is_public_suffix())
}

/// Whether a name is a public suffix that is listed as one.
pub fn is_listed_suffix(name: &str) -> bool {
    psl2::lookup(name).is_some_and(|found| found.is_known() && found.is_public_suffix())
}

/// The domain that somebody registered and a host lies in, such as `corp.example` of `mail.corp.example`; the host
/// in lower case, with U-labels too.
pub fn registered_domain(host: &str) -> Option<&str> {
    let found = psl2::compat::domain_str(host.trim_end_matches('.'))?;
    std::str::from_utf8(found.as_bytes()).ok()
}

/// Whether the host is one of Microsoft's cloud hosts for mail.
pub fn is_microsoft(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    MICROSOFT.iter().any(|known| is_under(&host, known))
}

/// Whether the host is this domain or a name below it.
pub fn is_under(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Subject;

    #[test]
    fn credentials_go_under_the_domain_but_never_to_its_parents() {
        let subject = Subject::mailbox("anna@mail.corp.example".parse().unwrap());
        assert!(may_receive(&subject, "mail.corp.example"));
        assert!(may_receive(&subject, "Autodiscover.mail.corp.example."));
        assert!(may_receive(&subject, "autodiscover-s.outlook.com"));
        // no password goes there, however the name is written
        assert!(is_microsoft("Outlook.Office365.com."));
        for host in [
            "corp.example",
            "autodiscover.corp.example",
            "autodiscover.example",
            "xmail.corp.example",
            "notoutlook.com",
        ] {
            assert!(!may_receive(&subject, host), "{host}");
        }
    }

    #[test]
    fn contract_5_never_to_autodiscover_of_a_public_suffix() {
        // listed, by a wildcard, in A-labels, of the list's private part, by a wildcard with rules below it
        for suffix in ["co.uk", "foo.kawasaki.jp", "xn--55qx5d.cn", "github.io", "ex.futurecms.at"] {
            let mut subject = Subject::mailbox(format!("anna@{suffix}").parse().unwrap());
            for host in [suffix.to_owned(), format!("autodiscover.{suffix}"), format!("mail.{suffix}")] {
                assert!(!may_receive(&subject, &host), "{host}");
            }
            subject.allow_hosts = vec![format!("mail.{suffix}")];
            assert!(may_receive(&subject, &format!("mail.{suffix}")), "{suffix}: what the user names stays allowed");
        }
        for domain in ["corp.co.uk", "city.kawasaki.jp", "www.ck", "corp.example", "corp.de", "corp.local"] {
            let subject = Subject::mailbox(format!("anna@{domain}").parse().unwrap());
            assert!(may_receive(&subject, &format!("autodiscover.{domain}")), "{domain}");
        }
    }
}
