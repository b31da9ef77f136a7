//! Does `autodiscover.` lead to the cloud if, and only if, the mailbox is there?

use crate::checks::common::resolve::{Name, cached};
use crate::evidence::dns::address_type;
use crate::evidence::{Probe, SignIn, Stop, View};
use crate::finding::{Finding, Owner, Severity};
use crate::findings;
use crate::protocol::autodiscover::{Reason, Step, Walk};
use crate::protocol::cloud::{Hosted, Kind, Membership, Realm, of_host};
use crate::protocol::endpoint::{Endpoint, Origin, own_server_is_down};
use serde_json::json;

findings! {
    TARGET_WRONG = "dns.exchange-online-target-wrong", Fail, Dns {
        title { en: "The mailbox is in Exchange Online ({cloud}), but {host} does not lead there", de: "Das Postfach liegt in Exchange Online ({cloud}), aber {host} führt nicht dorthin" }
        meaning {
            en: "Microsoft's cloud knows the domain and claims the mailbox, but {host} leads to {target}. Apps that look for the mailbox there do not find it.",
            de: "Die Microsoft-Cloud kennt die Domain und beansprucht das Postfach, aber {host} führt zu {target}. Apps, die das Postfach dort suchen, finden es nicht.",
        }
        remedy { en: "Make {host} an alias of {wanted}", de: "Machen Sie {host} zu einem Alias von {wanted}" }
        steps [
            { en: "Correct the record in the zone, in place of all others of that name:", de: "Berichtigen Sie den Eintrag in der Zone, anstelle aller anderen dieses Namens:", Zone "{host}. 3600 IN CNAME {wanted}." },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox} --only dns,autodiscover" },
        ]
        links ["https://learn.microsoft.com/microsoft-365/enterprise/external-domain-name-system-records"]
    }
    TARGET_WITHOUT_MAILBOX = "dns.cloud-target-without-mailbox", Fail, Dns {
        title { en: "{host} leads to Exchange Online, but the mailbox is not there", de: "{host} führt zu Exchange Online, aber das Postfach liegt nicht dort" }
        meaning {
            en: "{reason} Apps that are sent to the cloud do not find the mailbox.",
            de: "{reason} Apps, die in die Cloud geschickt werden, finden das Postfach nicht.",
        }
        remedy { en: "Point {host} to the company's own Exchange Server as long as mailboxes are there", de: "Lassen Sie {host} auf den eigenen Exchange-Server zeigen, solange dort Postfächer liegen" }
        steps [
            { en: "Correct the record in the zone:", de: "Berichtigen Sie den Eintrag in der Zone:", Zone "{host}. 3600 IN CNAME mail.{domain}." },
            { en: "In a hybrid organisation, see that the cloud knows where the mailbox is (as a mail user with the company's address):", de: "Prüfen Sie in einer Hybrid-Organisation, ob die Cloud weiß, wo das Postfach liegt (als Mail-User mit der Firmenadresse):", Powershell "Connect-ExchangeOnline\nGet-Recipient {mailbox} | Format-List RecipientTypeDetails,ExternalEmailAddress\nGet-OrganizationRelationship | Format-List DomainNames,TargetAutodiscoverEpr" },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox}" },
        ]
        links ["https://learn.microsoft.com/exchange/exchange-hybrid"]
    }
    MAILBOX_TWICE = "dns.mailbox-claimed-twice", Warn, Exchange {
        title { en: "Exchange Online and {server} both answer for the mailbox {mailbox}", de: "Exchange Online und {server} antworten beide für das Postfach {mailbox}" }
        meaning {
            en: "{reason} After a move to the cloud, the company's own Exchange sends clients on there.",
            de: "{reason} Nach einem Umzug in die Cloud schickt der eigene Exchange Clients dorthin weiter.",
        }
        remedy { en: "Find out where the mailbox is, and let only that side answer for it", de: "Stellen Sie fest, wo das Postfach liegt, und lassen Sie nur diese Seite dafür antworten" }
        steps [
            { en: "On the Exchange Server; a moved mailbox is a remote mailbox there:", de: "Auf dem Exchange-Server; ein umgezogenes Postfach ist dort ein Remotepostfach:", Powershell "Get-Recipient {mailbox} | Format-List RecipientTypeDetails,PrimarySmtpAddress\nGet-RemoteMailbox {mailbox} | Format-List RemoteRoutingAddress,ExchangeGuid" },
            { en: "In the cloud:", de: "In der Cloud:", Powershell "Connect-ExchangeOnline\nGet-Recipient {mailbox} | Format-List RecipientTypeDetails,ExternalEmailAddress" },
            { en: "Compare on both sides which of the two is in use, before anything is removed:", de: "Vergleichen Sie auf beiden Seiten, welches von beiden benutzt wird, bevor etwas entfernt wird:", Powershell "Get-MailboxStatistics {mailbox} | Format-List ItemCount,TotalItemSize,LastLogonTime" },
        ]
        links ["https://learn.microsoft.com/exchange/exchange-hybrid"]
    }
}

/// Judges where `autodiscover.` leads against where the cloud says that the mailbox is.
///
/// Where the company's own server does not answer or fails, that is told, and the cloud's word is no sure one.
pub fn judge(view: &View<'_>, member: &Membership, subdomain: &Name<'_>, walk: &Walk) -> Result<Option<Finding>, Stop> {
    let is_down = walk.is_cut_off() || walk.is_silent() || own_server_is_down(view, walk)?;
    Ok(misled(view, member, subdomain, walk, is_down))
}

fn misled(view: &View<'_>, member: &Membership, subdomain: &Name<'_>, walk: &Walk, is_down: bool) -> Option<Finding> {
    let realm = member.realm.as_ref()?;
    let finding = if let Some(alias) = member.signs.alias {
        // one of Microsoft's clouds knows nothing of another's mailboxes
        let strays = alias != realm.cloud && member.hosted == Hosted::Here;
        if strays { Some(wrong(subdomain)) } else { without_mailbox(member, realm, walk) }
    } else {
        elsewhere(member, realm, subdomain, walk).filter(|_| !is_down)
    }?;
    let family = address_type(!view.subject().ipv4);
    let mut finding = finding
        .host(&subdomain.host)
        .with("wanted", realm.cloud.autodiscover)
        .with("cloud", realm.cloud.name)
        .with("cached", cached(&subdomain.seen, &subdomain.host))
        .seen_in(&Probe::dns(&subdomain.host, family))
        .seen_in(&Probe::Http(realm.probe.clone()));
    if let Some(probe) = &member.hosted_probe {
        finding = finding.seen_in(&Probe::Http(probe.clone()));
    }
    Some(finding)
}

/// The alias leads to the cloud.
fn without_mailbox(member: &Membership, realm: &Realm, walk: &Walk) -> Option<Finding> {
    // mail goes there, so the domain should be there: the check auth-status tells it
    if realm.kind == Kind::Unknown && member.signs.mail.is_some() {
        return None;
    }
    let reason = match (realm.kind, &member.hosted) {
        (Kind::Unknown, _) => json!({
            "en": "The cloud does not know the domain.",
            "de": "Die Cloud kennt die Domain nicht.",
        }),
        // a hybrid organisation: the cloud sends on to the company's own server, and that one answers
        (_, Hosted::Elsewhere(_)) if walk.json.is_some() || walk.settings.is_some() => return None,
        (_, Hosted::Elsewhere(host)) => json!({
            "en": format!("The cloud sends whoever asks for it back to {host}, where nobody answers for it."),
            "de": format!("Die Cloud schickt jeden, der danach fragt, zurück zu {host}, wo niemand dafür antwortet."),
        }),
        (_, Hosted::Here | Hosted::Unsaid) => return None,
    };
    Some(Finding::new(&TARGET_WITHOUT_MAILBOX).with("reason", reason))
}

/// It leads elsewhere, or nowhere.
fn elsewhere(member: &Membership, realm: &Realm, subdomain: &Name<'_>, walk: &Walk) -> Option<Finding> {
    if member.hosted != Hosted::Here || realm.kind == Kind::Unknown {
        return None;
    }
    let named = walk.settings.as_deref().or(walk.json.as_deref());
    let server = named.and_then(|url| Endpoint::parse(url, Origin::V2)).map(|endpoint| endpoint.host);
    // the cloud's own names are no road of the domain
    let reached = walk.attempts.iter().filter(|attempt| attempt.step != Step::Cloud).any(|attempt| {
        matches!(attempt.reason, Reason::SignInWanted | Reason::Settings { .. }) && of_host(&attempt.host).is_some()
    });
    if reached || server.as_deref().is_some_and(|server| of_host(server).is_some()) {
        return None;
    }
    if let Some(server) = server {
        return Some(claimed_twice(member, walk).owner(Owner::Exchange).with("server", server));
    }
    // an Exchange Server of the company's own answers: where its mailboxes are it has not said
    if walk.won.is_some() {
        return None;
    }
    // mail alone decides: a tenant may hold the domain for other services than mail
    let is_known = !subdomain.is_empty() || subdomain.is_wholly_empty();
    member.signs.mail.filter(|_| is_known).map(|_| wrong(subdomain))
}

/// The cloud should send on whoever asks for a mailbox of the company's own server, and does not. It is
/// known to answer for mailboxes that it does not hold, so that counts only where the company is joined with
/// it and its server has told the signed-in user that the mailbox is there.
fn claimed_twice(member: &Membership, walk: &Walk) -> Finding {
    let is_told = walk.attempts.iter().any(|attempt| {
        attempt.probe.sign_in == SignIn::Given && matches!(&attempt.reason, Reason::Settings { url } if !url.is_empty())
    });
    let (severity, reason) = if is_told && member.signs.hybrid {
        let reason = json!({
            "en": "The company's own Exchange has told the signed-in user that the mailbox is on its server. The cloud, asked without a sign-in, names its own address too, in place of sending on to the company's server. Either there are two mailboxes of one address, or the cloud does not know where the mailbox is; free/busy and apps that ask the cloud then go astray.",
            "de": "Der eigene Exchange hat nach der Anmeldung gesagt, dass das Postfach auf seinem Server liegt. Die Cloud nennt, ohne Anmeldung gefragt, ebenfalls ihre eigene Adresse, statt zum eigenen Server weiterzuschicken. Entweder gibt es zwei Postfächer mit einer Adresse, oder die Cloud weiß nicht, wo das Postfach liegt; Frei/Gebucht-Abfragen und Apps, die die Cloud fragen, landen dann falsch.",
        });
        (Severity::Warn, reason)
    } else {
        let reason = json!({
            "en": "Both were asked without a sign-in, and each names its own address. The cloud usually sends on whoever asks for a mailbox of the company's own server, but it may also answer for a mailbox that it does not hold: this alone is no fault. It matters only if the mailbox was moved, or if mail or appointments are missing.",
            "de": "Beide wurden ohne Anmeldung gefragt, und jeder nennt seine eigene Adresse. Die Cloud schickt in der Regel jeden weiter, der nach einem Postfach auf dem eigenen Server fragt, antwortet aber mitunter auch für ein Postfach, das sie nicht hat: Das allein ist kein Fehler. Wichtig ist es nur, wenn das Postfach umgezogen ist oder Mails oder Termine fehlen.",
        });
        (Severity::Info, reason)
    };
    Finding::new(&MAILBOX_TWICE).severity(severity).with("reason", reason)
}

/// `autodiscover.` is to be an alias of the cloud's.
fn wrong(subdomain: &Name<'_>) -> Finding {
    let target = match (subdomain.chain.last(), subdomain.addresses.first()) {
        (Some(alias), _) => json!(alias),
        (None, Some((address, _))) => json!(address.to_string()),
        (None, None) => json!({"en": "nowhere", "de": "keinem Ziel"}),
    };
    Finding::new(&TARGET_WRONG).with("target", target)
}
