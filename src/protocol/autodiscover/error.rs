//! What does an error in place of settings mean?

/// The meaning of an error code, whichever way it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The server does not know the address.
    AddressUnknown,
    /// It knows the address, but has no settings for it.
    NoSettings,
    /// It did not understand the request.
    RequestInvalid,
    /// It has no provider for what was asked: for ActiveSync, say.
    ProviderMissing,
    /// What the directory holds about the mailbox is faulty.
    ObjectFaulty,
    /// It failed by itself.
    Internal,
    /// It cannot reach the directory.
    DirectoryDown,
    /// The mailbox has no ActiveSync.
    NoMobileMailbox,
    /// The address belongs to something that is no mailbox.
    NotAMailbox,
    /// The mailbox lies elsewhere now.
    Moved,
    /// It is too busy.
    Busy,
    /// It does not know the setting asked for.
    SettingUnknown,
    /// It does not know the domain, or no federation with it.
    DomainUnknown,
    /// It does not offer the protocol asked for.
    ProtocolUnknown,
}

/// The meaning of a plain-XML error: what the message says before what the code does, for Exchange puts
/// several faults under one code (MS-OXDSCLI 2.2.4.1.1.3.2; MS-ASCMD, Autodiscover).
pub fn of_code(code: Option<u32>, message: &str) -> Option<Meaning> {
    let message = message.to_ascii_lowercase();
    let says = |words: &str| message.contains(words);
    if says("only mailboxes and contacts are allowed") {
        return Some(Meaning::NotAMailbox);
    }
    let is_off = says("disabled") || says("not enabled");
    if says("mobile mailbox") || (says("activesync") && is_off) {
        return Some(Meaning::NoMobileMailbox);
    }
    if says("active directory") && (says("not available") || says("unavailable")) {
        return Some(Meaning::DirectoryDown);
    }
    if says("busy") || says("too many requests") {
        return Some(Meaning::Busy);
    }
    if says("mailbox") && (says("has been moved") || says("was moved") || says("has moved")) {
        return Some(Meaning::Moved);
    }
    match code {
        Some(500) => Some(Meaning::AddressUnknown),
        Some(501) => Some(Meaning::NoSettings),
        // of MS-ASCMD's status, 2 is an error of the protocol
        Some(600 | 2) => Some(Meaning::RequestInvalid),
        Some(601) => Some(Meaning::ProviderMissing),
        Some(602) => Some(Meaning::ObjectFaulty),
        Some(603) => Some(Meaning::Internal),
        _ if says("provider") && says("cannot be found") => Some(Meaning::ProviderMissing),
        _ if (says("e-mail address") || says("email address")) && (says("cannot find") || says("can't be found")) => {
            Some(Meaning::AddressUnknown)
        }
        _ => None,
    }
}

/// The meaning of an error that has a name: of SOAP (MS-OXWSADISC 2.2.4.4) or of v2.
pub fn of_name(name: &str) -> Option<Meaning> {
    Some(match name {
        "InvalidUser" | "UserNotFound" => Meaning::AddressUnknown,
        "InvalidRequest" | "MandatoryParameterMissing" => Meaning::RequestInvalid,
        "InvalidSetting" | "SettingIsNotAvailable" => Meaning::SettingUnknown,
        "ServerBusy" => Meaning::Busy,
        "InvalidDomain" | "NotFederated" => Meaning::DomainUnknown,
        "InternalServerError" => Meaning::Internal,
        "InvalidProtocol" | "ProtocolNotSupported" => Meaning::ProtocolUnknown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_oxdscli_every_documented_code_has_a_meaning() {
        let of = |code| of_code(Some(code), "");
        assert_eq!(
            [500, 501, 600].map(of),
            [Some(Meaning::AddressUnknown), Some(Meaning::NoSettings), Some(Meaning::RequestInvalid)]
        );
        assert_eq!(
            [601, 602, 603].map(of),
            [Some(Meaning::ProviderMissing), Some(Meaning::ObjectFaulty), Some(Meaning::Internal)]
        );
        assert_eq!([1, 604].map(of), [None, None]);
    }

    #[test]
    fn what_the_provider_says_counts_more_than_its_code() {
        for (message, meaning) in [
            ("Cannot find mobile mailbox", Meaning::NoMobileMailbox),
            ("Active Directory currently not available", Meaning::DirectoryDown),
            ("The Active Directory is currently unavailable.", Meaning::DirectoryDown),
            ("ActiveSync is disabled for this user", Meaning::NoMobileMailbox),
            ("The server is too busy, try again later", Meaning::Busy),
            ("The mailbox has been moved to another server", Meaning::Moved),
            ("SMTP address x has recipient type y. Only mailboxes and contacts are allowed.", Meaning::NotAMailbox),
            ("Cannot find the e-mail address", Meaning::AddressUnknown),
            ("The email address can't be found.", Meaning::AddressUnknown),
            ("The provider cannot be found", Meaning::ProviderMissing),
        ] {
            assert_eq!(of_code(None, message), Some(meaning), "{message}");
        }
        let in_500 = |message| of_code(Some(500), message);
        assert_eq!(in_500("Cannot find mobile mailbox"), Some(Meaning::NoMobileMailbox));
        assert_eq!(in_500("The Active Directory is currently unavailable."), Some(Meaning::DirectoryDown));
        assert_eq!(in_500("The email address can't be found."), Some(Meaning::AddressUnknown));
    }

    #[test]
    fn ms_oxwsadisc_every_documented_name_has_a_meaning() {
        for name in [
            "InvalidUser",
            "InvalidRequest",
            "InvalidSetting",
            "SettingIsNotAvailable",
            "ServerBusy",
            "InvalidDomain",
            "NotFederated",
            "InternalServerError",
            "InvalidProtocol",
            "ProtocolNotSupported",
            "UserNotFound",
            "MandatoryParameterMissing",
        ] {
            assert!(of_name(name).is_some(), "{name}");
        }
        assert_eq!(of_name("NoError"), None);
    }
}
