//! Which words stand in so many texts that one alone names nobody?

use std::collections::HashSet;
use std::sync::LazyLock;

/// Names of roles that mailboxes have, and words of the protocols and of their error texts. A mailbox
/// called so is still hidden in its address and wherever else a field says whose name it is.
const WORDS: &[&str] = &[
    "admin admins administrative area basis computers configuration controllers employees groups members",
    "organization protected recipients restricted secure secured staff users webdav zarafa zpush zimbra kopano",
    "abuse account accounts action active activesync admin administrator alert all allowed and anonymous answer",
    "apache api app asp aspx auth authentication authorization autodiscover backend basic bearer billing blocked",
    "body boss buchhaltung bug bytes cached calendar cas cert certificate check chef client close cloud code com",
    "common company connect connection connector contact content corp customer data date debug default delivery demo",
    "denied desktop detail device devices direct directory display dns domain domains download eas email",
    "empty empfang enabled encoding encrypted end endpoint enterprise entra error errors event ews example exchange exdiag",
    "external failed failure false file files folder forbidden form found free frontend full get given global",
    "grant group guest handshake header headers health hello help helpdesk host hostmaster hosts html http https",
    "iis image imap inbox index info information input integrated internal internet invalid invoice ios iphone",
    "jobs json kerberos key kontakt language last left link list local localhost location log login logon logout",
    "logs mail mailbox mailer-daemon mailserver main management marketing message messages method microsoft missing",
    "mobile mobilesync monitor move moved name names native negotiate net network new news newest newsletter nginx",
    "no-reply noauth node none noreply not ntlm null number oauth object offers office office365 online only open",
    "options order org origin other outlook owa page partner password path personal phone ping policy pop pop3",
    "port post postfach postmaster presse private product protocol proxy public query quota read realm reason",
    "received redirect refused remote reply report request required reset resource response result retry root route",
    "rpc sales schema scope script search security send sent server service services session set setting settings",
    "shared shop sign site smtp sogo source spam ssl start state status store string style success support sync system",
    "table task team technik temp tenant test text the time title tls token true type unauthorized unavailable",
    "unknown update upload url user username users value vertrieb version view virtual web webmail webmaster",
    "windows with work wrong www xml yes zentrale",
];

/// Whether a word, in lower case, says nothing of anybody.
pub fn is_common(word: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.iter().flat_map(|line| line.split(' ')).collect());
    ALL.contains(word)
}

/// Whether all words of a text are such, or numbers.
pub fn is_plain(text: &str) -> bool {
    let words = text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).all(|word| is_common(&word))
}

/// Words behind which somebody is called by name, in lower case.
const GREETINGS: &[&str] = &[
    "dear",
    "frau",
    "hallo",
    "hello",
    "herr",
    "herrn",
    "hi",
    "lieber",
    "liebe",
    "mr",
    "mrs",
    "ms",
    "of",
    "von",
    "welcome",
    "willkommen",
];

/// Whether it is one.
pub fn is_greeting(word: &str) -> bool {
    GREETINGS.contains(&word)
}

/// Words that names of log files and exports are made of, and the folders that they lie in.
const FILES: &[&str] = &[
    "access answer apache archive backend c cas casmailbox csv d device devices e eas error ews ex exchange export",
    "frontend grant gz haproxy home html http httpproxy iis inetpub json list lists log logfiles logging logs",
    "mailbox mailboxlog microsoft mobile mobiledevice mobiledevicestatistics nginx nylas opt photo jpg program files",
    "program report rr server srv stdin sync tmp txt u ul users v var w3svc webhook windows x xml zip",
];

/// Whether a name of a file or folder is made of such words and of numbers alone.
pub fn is_plain_file(name: &str) -> bool {
    let words = name.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).all(|word| FILES.iter().any(|line| line.split(' ').any(|plain| plain == word)))
        || name.to_ascii_lowercase().starts_with("w3svc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_logs_are_told_from_files_of_people() {
        for plain in ["u_ex261122.log", "W3SVC1", "HttpProxy_2026112200-1.LOG.gz", "casmailbox.json", "-", "C:"] {
            assert!(is_plain_file(plain), "{plain}");
        }
        for named in ["muster.csv", "log of anna.txt", "zweigwerk"] {
            assert!(!is_plain_file(named), "{named}");
        }
    }
}
