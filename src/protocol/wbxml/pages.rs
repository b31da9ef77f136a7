//! Which names do the tokens of the code pages have (MS-ASWBXML 2.1.2.1)?

/// A code page and a token of it, from 0x05 to 0x3F.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u8, pub u8);

/// Page, namespace and the names from token 0x05 on; `-` where there is none.
const PAGES: &[(u8, &str, &str)] = &[
    (
        0,
        "AirSync",
        "Sync Responses Add Change Delete Fetch SyncKey ClientId ServerId Status Collection Class Version CollectionId \
         GetChanges MoreAvailable WindowSize Commands Options FilterType Truncation RtfTruncation Conflict Collections \
         ApplicationData DeletesAsMoves NotifyGUID Supported SoftDelete MIMESupport MIMETruncation Wait Limit Partial \
         ConversationMode MaxItems HeartbeatInterval",
    ),
    // of messages only what is read
    (2, "Email", "- - - - - - - - - - DateReceived"),
    (
        6,
        "GetItemEstimate",
        "GetItemEstimate Version Collections Collection Class CollectionId DateTime Estimate Response Status",
    ),
    (
        7,
        "FolderHierarchy",
        "Folders Folder DisplayName ServerId ParentId Type Response Status ContentClass Changes Add Delete Update \
         SyncKey FolderCreate FolderDelete FolderUpdate FolderSync Count Version",
    ),
    (13, "Ping", "Ping AutdState Status HeartbeatInterval Folders Folder Id Class MaxFolders"),
    (
        14,
        "Provision",
        "Provision Policies Policy PolicyType PolicyKey Data Status RemoteWipe EASProvisionDoc DevicePasswordEnabled \
         AlphanumericDevicePasswordRequired RequireStorageCardEncryption PasswordRecoveryEnabled DocumentBrowseEnabled \
         AttachmentsEnabled MinDevicePasswordLength MaxInactivityTimeDeviceLock MaxDevicePasswordFailedAttempts \
         MaxAttachmentSize AllowSimpleDevicePassword DevicePasswordExpiration DevicePasswordHistory AllowStorageCard \
         AllowCamera RequireDeviceEncryption AllowUnsignedApplications AllowUnsignedInstallationPackages \
         MinDevicePasswordComplexCharacters AllowWiFi AllowTextMessaging AllowPOPIMAPEmail AllowBluetooth AllowIrDA \
         RequireManualSyncWhenRoaming AllowDesktopSync MaxCalendarAgeFilter AllowHTMLEmail MaxEmailAgeFilter \
         MaxEmailBodyTruncationSize MaxEmailHTMLBodyTruncationSize RequireSignedSMIMEMessages \
         RequireEncryptedSMIMEMessages RequireSignedSMIMEAlgorithm RequireEncryptionSMIMEAlgorithm \
         AllowSMIMEEncryptionAlgorithmNegotiation AllowSMIMESoftCerts AllowBrowser AllowConsumerEmail \
         AllowRemoteDesktop AllowInternetSharing UnapprovedInROMApplicationList ApplicationName \
         ApprovedApplicationList Hash AccountOnlyRemoteWipe",
    ),
    (
        17,
        "AirSyncBase",
        "BodyPreference Type TruncationSize AllOrNone - Body Data EstimatedDataSize Truncated Attachments Attachment \
         DisplayName FileReference Method ContentId ContentLocation IsInline NativeBodyType ContentType Preview \
         BodyPartPreference BodyPart Status Add Delete ClientId Content Location Annotation Street City State Country \
         PostalCode Latitude Longitude Accuracy Altitude AltitudeAccuracy LocationUri InstanceId",
    ),
    (
        18,
        "Settings",
        "Settings Status Get Set Oof OofState StartTime EndTime OofMessage AppliesToInternal AppliesToExternalKnown \
         AppliesToExternalUnknown Enabled ReplyMessage BodyType DevicePassword Password DeviceInformation Model IMEI \
         FriendlyName OS OSLanguage PhoneNumber UserInformation EmailAddresses SMTPAddress UserAgent EnableOutboundSMS \
         MobileOperator PrimarySmtpAddress Accounts Account AccountId AccountName UserDisplayName SendDisabled - \
         RightsManagementInformation",
    ),
];

/// Every token that has a name here: the token, the namespace of its page, its name.
pub fn tokens() -> impl Iterator<Item = (Tag, &'static str, &'static str)> {
    PAGES.iter().flat_map(|(page, namespace, names)| {
        let named = (0x05..).zip(names.split_whitespace()).filter(|(_, name)| *name != "-");
        named.map(|(token, name)| (Tag(*page, token), *namespace, name))
    })
}

/// The name of a token; `x<page>-<token in hex>` where it has none here.
pub fn name(tag: Tag) -> String {
    let Tag(page, token) = tag;
    tokens()
        .find(|(known, _, _)| *known == tag)
        .map_or_else(|| format!("x{page}-{token:02x}"), |(_, _, name)| name.to_owned())
}

/// The tokens that are written or read.
#[expect(missing_docs, reason = "they are called as the specification calls them")]
pub mod tags {
    use super::Tag;

    pub const SYNC: Tag = Tag(0, 0x05);
    pub const ADD: Tag = Tag(0, 0x07);
    pub const SYNC_KEY: Tag = Tag(0, 0x0b);
    pub const SERVER_ID: Tag = Tag(0, 0x0d);
    pub const STATUS: Tag = Tag(0, 0x0e);
    pub const COLLECTION: Tag = Tag(0, 0x0f);
    pub const CLASS: Tag = Tag(0, 0x10);
    pub const COLLECTION_ID: Tag = Tag(0, 0x12);
    pub const GET_CHANGES: Tag = Tag(0, 0x13);
    pub const MORE_AVAILABLE: Tag = Tag(0, 0x14);
    pub const WINDOW_SIZE: Tag = Tag(0, 0x15);
    pub const COMMANDS: Tag = Tag(0, 0x16);
    pub const OPTIONS: Tag = Tag(0, 0x17);
    pub const FILTER_TYPE: Tag = Tag(0, 0x18);
    pub const COLLECTIONS: Tag = Tag(0, 0x1c);
    pub const APPLICATION_DATA: Tag = Tag(0, 0x1d);
    pub const MIME_SUPPORT: Tag = Tag(0, 0x22);
    pub const DATE_RECEIVED: Tag = Tag(2, 0x0f);
    pub const ESTIMATES: Tag = Tag(6, 0x05);
    pub const ESTIMATE_COLLECTIONS: Tag = Tag(6, 0x07);
    pub const ESTIMATE_COLLECTION: Tag = Tag(6, 0x08);
    pub const ESTIMATE_COLLECTION_ID: Tag = Tag(6, 0x0a);
    pub const ESTIMATE: Tag = Tag(6, 0x0c);
    pub const ESTIMATE_RESPONSE: Tag = Tag(6, 0x0d);
    pub const ESTIMATE_STATUS: Tag = Tag(6, 0x0e);
    pub const FOLDER_NAME: Tag = Tag(7, 0x07);
    pub const FOLDER_ID: Tag = Tag(7, 0x08);
    pub const FOLDER_PARENT: Tag = Tag(7, 0x09);
    pub const FOLDER_TYPE: Tag = Tag(7, 0x0a);
    pub const FOLDER_STATUS: Tag = Tag(7, 0x0c);
    pub const FOLDER_CHANGES: Tag = Tag(7, 0x0e);
    pub const FOLDER_ADD: Tag = Tag(7, 0x0f);
    pub const FOLDER_KEY: Tag = Tag(7, 0x12);
    pub const FOLDER_SYNC: Tag = Tag(7, 0x16);
    pub const FOLDER_COUNT: Tag = Tag(7, 0x17);
    pub const PING: Tag = Tag(13, 0x05);
    pub const PING_STATUS: Tag = Tag(13, 0x07);
    pub const PING_HEARTBEAT: Tag = Tag(13, 0x08);
    pub const PING_FOLDERS: Tag = Tag(13, 0x09);
    pub const PING_FOLDER: Tag = Tag(13, 0x0a);
    pub const PING_ID: Tag = Tag(13, 0x0b);
    pub const PING_CLASS: Tag = Tag(13, 0x0c);
    pub const PROVISION: Tag = Tag(14, 0x05);
    pub const POLICIES: Tag = Tag(14, 0x06);
    pub const POLICY: Tag = Tag(14, 0x07);
    pub const POLICY_TYPE: Tag = Tag(14, 0x08);
    pub const POLICY_KEY: Tag = Tag(14, 0x09);
    pub const POLICY_DATA: Tag = Tag(14, 0x0a);
    pub const PROVISION_STATUS: Tag = Tag(14, 0x0b);
    pub const REMOTE_WIPE: Tag = Tag(14, 0x0c);
    pub const PROVISION_DOC: Tag = Tag(14, 0x0d);
    pub const PASSWORD_ENABLED: Tag = Tag(14, 0x0e);
    pub const ACCOUNT_ONLY_WIPE: Tag = Tag(14, 0x3b);
    pub const BODY_PREFERENCE: Tag = Tag(17, 0x05);
    pub const BODY_TYPE: Tag = Tag(17, 0x06);
    pub const TRUNCATION_SIZE: Tag = Tag(17, 0x07);
    pub const SETTINGS: Tag = Tag(18, 0x05);
    pub const SETTINGS_STATUS: Tag = Tag(18, 0x06);
    pub const SET: Tag = Tag(18, 0x08);
    pub const DEVICE_INFORMATION: Tag = Tag(18, 0x16);
    pub const MODEL: Tag = Tag(18, 0x17);
    pub const FRIENDLY_NAME: Tag = Tag(18, 0x19);
    pub const OS: Tag = Tag(18, 0x1a);
    pub const USER_AGENT: Tag = Tag(18, 0x20);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_aswbxml_the_last_token_of_each_page_has_its_name() {
        for (page, token, expected) in [
            (0, 0x29, "HeartbeatInterval"),
            (0, 0x1d, "ApplicationData"),
            (2, 0x0f, "DateReceived"),
            (6, 0x0e, "Status"),
            (7, 0x18, "Version"),
            (13, 0x0d, "MaxFolders"),
            (14, 0x2c, "MaxEmailHTMLBodyTruncationSize"),
            (14, 0x3b, "AccountOnlyRemoteWipe"),
            (17, 0x0a, "Body"),
            (17, 0x2d, "InstanceId"),
            (18, 0x2b, "RightsManagementInformation"),
        ] {
            assert_eq!(name(Tag(page, token)), expected);
        }
        assert_eq!(name(Tag(17, 0x09)), "x17-09");
        assert_eq!(name(Tag(0, 0x04)), "x0-04");
        assert!(PAGES.iter().all(|(_, _, names)| names.split_whitespace().count() <= 0x3b));
    }

    #[test]
    fn the_tokens_used_are_called_what_the_table_says() {
        for (tag, expected) in [
            (tags::SYNC, "Sync"),
            (tags::ADD, "Add"),
            (tags::SYNC_KEY, "SyncKey"),
            (tags::SERVER_ID, "ServerId"),
            (tags::STATUS, "Status"),
            (tags::COLLECTION, "Collection"),
            (tags::CLASS, "Class"),
            (tags::COLLECTION_ID, "CollectionId"),
            (tags::GET_CHANGES, "GetChanges"),
            (tags::MORE_AVAILABLE, "MoreAvailable"),
            (tags::WINDOW_SIZE, "WindowSize"),
            (tags::COMMANDS, "Commands"),
            (tags::OPTIONS, "Options"),
            (tags::FILTER_TYPE, "FilterType"),
            (tags::COLLECTIONS, "Collections"),
            (tags::APPLICATION_DATA, "ApplicationData"),
            (tags::MIME_SUPPORT, "MIMESupport"),
            (tags::ESTIMATES, "GetItemEstimate"),
            (tags::ESTIMATE_COLLECTIONS, "Collections"),
            (tags::ESTIMATE_COLLECTION, "Collection"),
            (tags::ESTIMATE_COLLECTION_ID, "CollectionId"),
            (tags::ESTIMATE, "Estimate"),
            (tags::ESTIMATE_RESPONSE, "Response"),
            (tags::ESTIMATE_STATUS, "Status"),
            (tags::FOLDER_NAME, "DisplayName"),
            (tags::FOLDER_ID, "ServerId"),
            (tags::FOLDER_PARENT, "ParentId"),
            (tags::FOLDER_TYPE, "Type"),
            (tags::FOLDER_STATUS, "Status"),
            (tags::FOLDER_CHANGES, "Changes"),
            (tags::FOLDER_ADD, "Add"),
            (tags::FOLDER_KEY, "SyncKey"),
            (tags::FOLDER_SYNC, "FolderSync"),
            (tags::FOLDER_COUNT, "Count"),
            (tags::DATE_RECEIVED, "DateReceived"),
            (tags::PING, "Ping"),
            (tags::PING_STATUS, "Status"),
            (tags::PING_HEARTBEAT, "HeartbeatInterval"),
            (tags::PING_FOLDERS, "Folders"),
            (tags::PING_FOLDER, "Folder"),
            (tags::PING_ID, "Id"),
            (tags::PING_CLASS, "Class"),
            (tags::ACCOUNT_ONLY_WIPE, "AccountOnlyRemoteWipe"),
            (tags::PROVISION, "Provision"),
            (tags::POLICIES, "Policies"),
            (tags::POLICY, "Policy"),
            (tags::POLICY_TYPE, "PolicyType"),
            (tags::POLICY_KEY, "PolicyKey"),
            (tags::POLICY_DATA, "Data"),
            (tags::PROVISION_STATUS, "Status"),
            (tags::REMOTE_WIPE, "RemoteWipe"),
            (tags::PROVISION_DOC, "EASProvisionDoc"),
            (tags::PASSWORD_ENABLED, "DevicePasswordEnabled"),
            (tags::BODY_PREFERENCE, "BodyPreference"),
            (tags::BODY_TYPE, "Type"),
            (tags::TRUNCATION_SIZE, "TruncationSize"),
            (tags::SETTINGS, "Settings"),
            (tags::SETTINGS_STATUS, "Status"),
            (tags::SET, "Set"),
            (tags::DEVICE_INFORMATION, "DeviceInformation"),
            (tags::MODEL, "Model"),
            (tags::FRIENDLY_NAME, "FriendlyName"),
            (tags::OS, "OS"),
            (tags::USER_AGENT, "UserAgent"),
        ] {
            assert_eq!(name(tag), expected);
        }
    }
}
