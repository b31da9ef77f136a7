//! Which of Microsoft's clouds do a domain's records point to?

use crate::evidence::dns::address_type;
use crate::evidence::{DnsSeen, RecordData, RecordType, Stop, View};

/// One of Microsoft's clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cloud {
    /// Its name.
    pub name: &'static str,
    /// The host that answers Autodiscover for whoever knows that the mailbox is there.
    pub autodiscover: &'static str,
    /// What `autodiscover.` of a domain is an alias of.
    pub alias: &'static str,
    /// Below these the mail exchangers of its domains lie.
    pub exchangers: &'static [&'static str],
}

/// The clouds that are open to customers. (That of GCC is the worldwide one.)
pub const CLOUDS: &[Cloud] = &[
    Cloud {
        name: "Exchange Online",
        autodiscover: "autodiscover-s.outlook.com",
        alias: "autodiscover.outlook.com",
        exchangers: &["mail.protection.outlook.com", "mx.microsoft"],
    },
    Cloud {
        name: "Exchange Online (US Government, GCC High)",
        autodiscover: "autodiscover-s.office365.us",
        alias: "autodiscover.office365.us",
        exchangers: &["mail.protection.office365.us"],
    },
    Cloud {
        name: "Exchange Online (US Government, DoD)",
        autodiscover: "autodiscover-s-dod.office365.us",
        alias: "autodiscover-dod.office365.us",
        exchangers: &[],
    },
    Cloud {
        name: "Exchange Online (21Vianet)",
        autodiscover: "autodiscover-s.partner.outlook.cn",
        alias: "autodiscover.partner.outlook.cn",
        exchangers: &["mail.protection.partner.outlook.cn"],
    },
    Cloud {
        name: "Exchange Online (Bleu)",
        autodiscover: "autodiscover-s.outlook.sovcloud.fr",
        alias: "autodiscover.outlook.sovcloud.fr",
        exchangers: &["outlook.sovcloud.fr"],
    },
    Cloud {
        name: "Exchange Online (Delos)",
        autodiscover: "autodiscover-s.outlook.sovcloud.de",
        alias: "autodiscover.outlook.sovcloud.de",
        exchangers: &["outlook.sovcloud.de"],
    },
];

/// The cloud that a name of a domain's records belongs to: the target of `autodiscover.`, or a mail
/// exchanger.
pub fn of_name(name: &str) -> Option<&'static Cloud> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let is_below = |suffix: &str| name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    CLOUDS.iter().find(|cloud| {
        name == cloud.alias || name == cloud.autodiscover || cloud.exchangers.iter().any(|suffix| is_below(suffix))
    })
}

/// The cloud that the records of a domain point to: `autodiscover.` before the mail exchangers.
pub fn of_domain(view: &View<'_>, domain: &str) -> Result<Option<&'static Cloud>, Stop> {
    let subdomain = format!("autodiscover.{domain}");
    let alias = view.dns(&subdomain, address_type(!view.subject().ipv4));
    let exchangers = view.dns(domain, RecordType::Mx)?;
    let answer = |seen: &DnsSeen| seen.answer.clone();
    let aliases = alias?.ok().and_then(answer).map(|answer| answer.alias_chain(&subdomain)).unwrap_or_default();
    let exchangers = exchangers.ok().and_then(answer).into_iter().flat_map(|answer| answer.answers);
    let exchangers = exchangers.filter_map(|record| match record.data {
        RecordData::Mx { exchange, .. } => Some(exchange),
        _ => None,
    });
    Ok(aliases.into_iter().chain(exchangers).find_map(|name| of_name(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::trusted;

    #[test]
    fn each_cloud_is_known_by_its_alias_and_its_exchangers() {
        for (name, host) in [
            ("autodiscover.outlook.com", "autodiscover-s.outlook.com"),
            ("corp-example.mail.protection.outlook.com.", "autodiscover-s.outlook.com"),
            ("corp-example.o-v1.mx.microsoft", "autodiscover-s.outlook.com"),
            ("corp-example.mail.protection.office365.us", "autodiscover-s.office365.us"),
            ("autodiscover-dod.office365.us", "autodiscover-s-dod.office365.us"),
            ("corp.mail.protection.partner.outlook.cn", "autodiscover-s.partner.outlook.cn"),
            ("autodiscover.outlook.sovcloud.de", "autodiscover-s.outlook.sovcloud.de"),
        ] {
            assert_eq!(of_name(name).map(|cloud| cloud.autodiscover), Some(host), "{name}");
        }
        for name in ["mail.corp.example", "notmail.protection.outlook.com.example", "evilmx.microsoft", ""] {
            assert_eq!(of_name(name), None, "{name}");
        }
        assert!(CLOUDS.iter().all(|cloud| trusted::is_microsoft(cloud.autodiscover)));
    }
}
