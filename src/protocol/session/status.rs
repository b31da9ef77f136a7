//! What is a status of ActiveSync called (MS-ASCMD 2.2.2 and 2.2.3.177)?

use crate::evidence::SessionAsk;

/// Statuses of every command, from version 14.0 on.
const COMMON: &[(u16, &str)] = &[
    (101, "InvalidContent"),
    (102, "InvalidWBXML"),
    (103, "InvalidXML"),
    (104, "InvalidDateTime"),
    (105, "InvalidCombinationOfIDs"),
    (106, "InvalidIDs"),
    (107, "InvalidMIME"),
    (108, "DeviceIdMissingOrInvalid"),
    (109, "DeviceTypeMissingOrInvalid"),
    (110, "ServerError"),
    (111, "ServerErrorRetryLater"),
    (112, "ActiveDirectoryAccessDenied"),
    (113, "MailboxQuotaExceeded"),
    (114, "MailboxServerOffline"),
    (115, "SendQuotaExceeded"),
    (116, "MessageRecipientUnresolved"),
    (117, "MessageReplyNotAllowed"),
    (118, "MessagePreviouslySent"),
    (119, "MessageHasNoRecipient"),
    (120, "MailSubmissionFailed"),
    (121, "MessageReplyFailed"),
    (122, "AttachmentIsTooLarge"),
    (123, "UserHasNoMailbox"),
    (124, "UserCannotBeAnonymous"),
    (125, "UserPrincipalCouldNotBeFound"),
    (126, "UserDisabledForSync"),
    (127, "UserOnNewMailboxCannotSync"),
    (128, "UserOnLegacyMailboxCannotSync"),
    (129, "DeviceIsBlockedForThisUser"),
    (130, "AccessDenied"),
    (131, "AccountDisabled"),
    (132, "SyncStateNotFound"),
    (133, "SyncStateLocked"),
    (134, "SyncStateCorrupt"),
    (135, "SyncStateAlreadyExists"),
    (136, "SyncStateVersionInvalid"),
    (137, "CommandNotSupported"),
    (138, "VersionNotSupported"),
    (139, "DeviceNotFullyProvisionable"),
    (140, "RemoteWipeRequested"),
    (141, "LegacyDeviceOnStrictPolicy"),
    (142, "DeviceNotProvisioned"),
    (143, "PolicyRefresh"),
    (144, "InvalidPolicyKey"),
    (145, "ExternallyManagedDevicesNotAllowed"),
    (146, "NoRecurrenceInCalendar"),
    (147, "UnexpectedItemClass"),
    (148, "RemoteServerHasNoSSL"),
    (149, "InvalidStoredRequest"),
    (150, "ItemNotFound"),
    (151, "TooManyFolders"),
    (152, "NoFoldersFound"),
    (153, "ItemsLostAfterMove"),
    (154, "FailureInMoveOperation"),
    (155, "MoveCommandDisallowedForNonPersistentMoveAction"),
    (156, "MoveCommandInvalidDestinationFolder"),
    (160, "AvailabilityTooManyRecipients"),
    (161, "AvailabilityDLLimitReached"),
    (162, "AvailabilityTransientFailure"),
    (163, "AvailabilityFailure"),
    (164, "BodyPartPreferenceTypeNotSupported"),
    (165, "DeviceInformationRequired"),
    (166, "InvalidAccountId"),
    (167, "AccountSendDisabled"),
    (168, "IRM_FeatureDisabled"),
    (169, "IRM_TransientError"),
    (170, "IRM_PermanentError"),
    (171, "IRM_InvalidTemplateID"),
    (172, "IRM_OperationNotPermitted"),
    (173, "NoPicture"),
    (174, "PictureTooLarge"),
    (175, "PictureLimitReached"),
    (176, "BodyPart_ConversationTooLarge"),
    (177, "MaximumDevicesReached"),
];

const FOLDER_SYNC: &[(u16, &str)] =
    &[(6, "ServerError"), (9, "InvalidSyncKey"), (10, "MalformedRequest"), (11, "UnknownError"), (12, "CodeUnknown")];

const SETTINGS: &[(u16, &str)] = &[
    (2, "ProtocolError"),
    (3, "AccessDenied"),
    (4, "ServerUnavailable"),
    (5, "InvalidArguments"),
    (6, "ConflictingArguments"),
    (7, "DeniedByPolicy"),
];

const PROVISION: &[(u16, &str)] = &[(2, "ProtocolError"), (3, "ServerError")];

/// Of the one policy in an answer to Provision.
const POLICY: &[(u16, &str)] =
    &[(2, "NoPolicyForClient"), (3, "PolicyTypeUnknown"), (4, "PolicyDataCorrupt"), (5, "WrongPolicyKey")];

const SYNC: &[(u16, &str)] = &[
    (3, "InvalidSyncKey"),
    (4, "ProtocolError"),
    (5, "ServerError"),
    (6, "ConversionError"),
    (7, "Conflict"),
    (8, "ObjectNotFound"),
    (9, "MailboxFull"),
    (12, "FolderHierarchyChanged"),
    (13, "IncompleteRequest"),
    (14, "InvalidWait"),
    (15, "TooManyCollections"),
    (16, "Retry"),
];

const ESTIMATE: &[(u16, &str)] = &[(2, "InvalidCollection"), (3, "SyncStateNotPrimed"), (4, "InvalidSyncKey")];

const PING: &[(u16, &str)] = &[
    (1, "HeartbeatExpired"),
    (2, "ChangesFound"),
    (3, "MissingParameters"),
    (4, "SyntaxError"),
    (5, "HeartbeatOutOfRange"),
    (6, "TooManyFolders"),
    (7, "FolderHierarchyChanged"),
    (8, "ServerError"),
];

/// The statuses that only one command has, by the command's name in logs and in the specification; those of the
/// policy in an answer to Provision stand by themselves.
pub const BY_COMMAND: &[(&str, &[(u16, &str)])] = &[
    ("FolderSync", FOLDER_SYNC),
    ("Settings", SETTINGS),
    ("Provision", PROVISION),
    ("Policy", POLICY),
    ("Sync", SYNC),
    ("GetItemEstimate", ESTIMATE),
    ("Ping", PING),
];

/// What a status of every command is called; `None` where there is no such one.
pub fn common(number: u16) -> Option<&'static str> {
    COMMON.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// A status that an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The number.
    pub number: u16,
    /// Whether it is that of the one policy or folder in the answer, not that of the command.
    pub is_inner: bool,
}

/// What the status of an answer to this command is called; `unknown` where the specification, as far
/// as it is known here, has no such one.
pub fn name(ask: &SessionAsk, told: Told) -> &'static str {
    let own = match ask {
        SessionAsk::FolderSync => FOLDER_SYNC,
        SessionAsk::DeviceInformation => SETTINGS,
        SessionAsk::Provision | SessionAsk::Acknowledge if told.is_inner => POLICY,
        SessionAsk::Provision | SessionAsk::Acknowledge => PROVISION,
        SessionAsk::Open { .. } | SessionAsk::Newest { .. } | SessionAsk::Lately { .. } => SYNC,
        SessionAsk::Estimate { .. } => ESTIMATE,
        SessionAsk::Ping { .. } => PING,
    };
    COMMON.iter().chain(own).find(|(number, _)| *number == told.number).map_or("unknown", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ask: &SessionAsk, number: u16) -> &'static str {
        name(ask, Told { number, is_inner: false })
    }

    #[test]
    fn ms_ascmd_the_same_number_means_something_else_in_each_command() {
        let open = SessionAsk::Open { folder: "5".to_owned() };
        assert_eq!(of(&open, 4), "ProtocolError");
        assert_eq!(of(&SessionAsk::FolderSync, 9), "InvalidSyncKey");
        assert_eq!(of(&SessionAsk::FolderSync, 177), "MaximumDevicesReached");
        assert_eq!(of(&open, 178), "unknown");
        let ping = SessionAsk::Ping { folder: "5".to_owned(), heartbeat: 60 };
        assert_eq!(of(&ping, 5), "HeartbeatOutOfRange");
    }

    #[test]
    fn ms_asprov_a_policy_has_other_statuses_than_the_command() {
        assert_eq!(of(&SessionAsk::Provision, 3), "ServerError");
        assert_eq!(name(&SessionAsk::Provision, Told { number: 3, is_inner: true }), "PolicyTypeUnknown");
        assert_eq!(name(&SessionAsk::Acknowledge, Told { number: 4, is_inner: true }), "PolicyDataCorrupt");
    }

    #[test]
    fn ms_ascmd_2_2_2_every_number_of_the_common_list_has_its_name_once() {
        let numbers: Vec<u16> = COMMON.iter().map(|(number, _)| *number).collect();
        let all: Vec<u16> = (101..=177).filter(|number| !(157..=159).contains(number)).collect();
        assert_eq!(numbers, all);
    }
}
