//! What does the status of a command mean that did not succeed?

use super::words::{
    ACCOUNT_DISABLED, COMMANDS_BLOCKED, DEVICE_BLOCKED, FOLDER_SYNC_FAILED, POLICY_REFUSED, QUOTA, SIGN_IN_LOST,
    STATUS, STORE_OFFLINE, SYNC_STATE, TOO_MANY_DEVICES, WIPE_REQUESTED, of_limit,
};
use super::{At, reasons};
use crate::checks::common::mailbox::{
    ACCOUNT_BLOCKED, NO_MAILBOX, PASSWORD_EXPIRED, THROTTLED, UNAVAILABLE, USER_DISABLED, WRONG_MAILBOX_SERVER,
    throttled, unavailable, wrong_server,
};
use crate::evidence::{HttpSeen, Probe, Response, SessionAsk};
use crate::finding::{Code, Finding, Owner};
use crate::protocol::front;
use crate::protocol::session::status::Told;
use crate::protocol::session::{self, Kind, Reply, Step, command, status};

impl At<'_, '_> {
    /// MS-ASHTTP 2.2.2.1.1: what a status other than 200 means to one who has signed in.
    pub(super) fn by_http(&self, step: &Step<'_>, response: &Response) -> Finding {
        let status = response.status;
        let of = |code| self.of_step(code, step, format!("HTTP {status}")).with("status", status);
        let evidence = |finding: Finding| finding.seen_in(&Probe::Http(step.probe.clone()));
        let user = session::user(self.view).unwrap_or_default();
        let error = response.header("x-caserrorcode").unwrap_or_default();
        let retry = response.header("retry-after");
        let is_foreign =
            front::is_block_page(response) || (self.is_exchange() && !is_marked(response) && !is_windows(response));
        match status {
            401 => of(&SIGN_IN_LOST),
            300..=399 => of(&COMMANDS_BLOCKED),
            400 | 403..=406 | 410..=417 | 501 if is_foreign => of(&COMMANDS_BLOCKED),
            403 => of(&USER_DISABLED),
            404 if error == "MailboxGuidWithDomainNotFound" => of(&NO_MAILBOX).with("error", error),
            449 => of(&POLICY_REFUSED),
            451 => evidence(wrong_server(self.endpoint, response)),
            456 => of(&ACCOUNT_BLOCKED).with("user", user).with("sign", "HTTP 456"),
            457 => of(&PASSWORD_EXPIRED).with("user", user).with("sign", "HTTP 457"),
            507 => of_limit(of(&QUOTA), status),
            429 => of(&THROTTLED).with("reason", "HTTP 429"),
            502..=504 => match (throttled(self.endpoint, response), retry) {
                (Some(finding), _) => evidence(finding),
                (None, Some(retry)) => of(&THROTTLED).with("reason", format!("Retry-After: {retry}")),
                // Exchange itself says so: what fails lies behind it
                (None, None) if status == 503 && is_marked(response) => of(&STORE_OFFLINE),
                (None, None) => evidence(unavailable(self.endpoint, response)).with("command", command(&step.ask)),
            },
            500 => of(&FOLDER_SYNC_FAILED),
            _ => of(&STATUS).owner(Owner::Network).with("why", reasons::NOT_ACTIVESYNC.said()),
        }
    }

    /// MS-ASCMD 2.2.2: what a status in the document means; `http` where that came with another one
    /// than 200.
    pub(super) fn by_status(&self, step: &Step<'_>, reply: &Reply, http: Option<u16>) -> Finding {
        let told = reply.telling_status();
        let result = match (reply.kind, told) {
            (Kind::Empty, _) => "HTTP 200, 0 bytes".to_owned(),
            (Kind::Foreign, _) => "HTTP 200, no WBXML".to_owned(),
            (Kind::Document, Some(told)) => {
                let status = format!("{} {}", told.number, status::name(&step.ask, told));
                http.map_or_else(|| status.clone(), |http| format!("HTTP {http}, {status}"))
            }
            (Kind::Document, None) => "no Status".to_owned(),
        };
        let number = told.map(|told| told.number).unwrap_or_default();
        let of = |code| self.of_step(code, step, result.clone()).with("status", number);
        let error = told.map(|told| status::name(&step.ask, told)).unwrap_or_default();
        if reply.wipe.is_some() {
            return of(&WIPE_REQUESTED);
        }
        match (reply.kind, matches!(step.ask, SessionAsk::Provision | SessionAsk::Acknowledge)) {
            // the server has a policy, and nothing that it could tell this device of it
            (Kind::Empty, true) if number != 140 => return of(&POLICY_REFUSED),
            (Kind::Empty | Kind::Foreign, _) if number != 140 => return of(&COMMANDS_BLOCKED),
            _ => {}
        }
        let code = finding_of(&step.ask, told.unwrap_or(Told { number, is_inner: false }));
        let finding = of(code);
        match number {
            123 | 125 => finding.with("error", error),
            // the server that serves it is not named
            127 | 128 => finding.with("next", "SERVER"),
            _ if code.id == QUOTA.id => of_limit(finding, number),
            _ if code.id == STATUS.id => {
                let reason = reasons::of(number, is_sync(&step.ask));
                finding.severity(reason.severity).owner(reason.owner).with("why", reason.said())
            }
            _ => finding,
        }
    }

    /// The connection ended without an answer, although OPTIONS was answered.
    pub(super) fn unheard(&self, step: &Step<'_>, seen: &HttpSeen) -> Finding {
        let silent = seen.failure().is_some_and(crate::evidence::Failure::is_silence);
        let (kind, owner) = if silent { ("hangs", Owner::Exchange) } else { ("cut", Owner::Network) };
        let result = if silent { "timeout" } else { "connection closed" };
        self.of_step(&UNAVAILABLE, step, result).owner(owner).with("kind", kind)
    }
}

/// Whether a command is a Sync.
pub(super) const fn is_sync(ask: &SessionAsk) -> bool {
    matches!(ask, SessionAsk::Open { .. } | SessionAsk::Newest { .. } | SessionAsk::Lately { .. })
}

/// MS-ASCMD 2.2.2: the finding that a status of a command belongs to.
pub(super) fn finding_of(ask: &SessionAsk, told: Told) -> &'static Code {
    let is_policy = matches!(ask, SessionAsk::Provision | SessionAsk::Acknowledge);
    let is_sync = is_sync(ask);
    let is_folder_sync = *ask == SessionAsk::FolderSync;
    match told.number {
        140 => &WIPE_REQUESTED,
        113 | 115 => &QUOTA,
        9 if is_sync => &QUOTA,
        114 => &STORE_OFFLINE,
        123 | 125 => &NO_MAILBOX,
        124 => &SIGN_IN_LOST,
        126 | 130 => &USER_DISABLED,
        127 | 128 => &WRONG_MAILBOX_SERVER,
        129 => &DEVICE_BLOCKED,
        131 => &ACCOUNT_DISABLED,
        132 | 134..=136 => &SYNC_STATE,
        3 if is_sync => &SYNC_STATE,
        9 if is_folder_sync => &SYNC_STATE,
        139 | 141..=145 => &POLICY_REFUSED,
        177 => &TOO_MANY_DEVICES,
        3..=5 if is_policy && told.is_inner => &POLICY_REFUSED,
        110 | 112 => &FOLDER_SYNC_FAILED,
        6 | 10..=12 if is_folder_sync => &FOLDER_SYNC_FAILED,
        _ => &STATUS,
    }
}

/// Whether an answer has the marks of Exchange.
pub(super) fn is_marked(response: &Response) -> bool {
    front::recognise(response).product.is_exchange()
}

/// Whether Windows itself answered, below any module of Exchange.
fn is_windows(response: &Response) -> bool {
    response.header("server").is_some_and(|server| server.starts_with("Microsoft-"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{endpoint, evidence, response, step};
    use super::*;
    use crate::evidence::View;
    use crate::finding::{Lang, Severity, fill};

    fn judged(ask: SessionAsk, reply: &Reply) -> Finding {
        let (evidence, endpoint) = (evidence(), endpoint());
        At { view: &View::new(&evidence), endpoint: &endpoint }.by_status(&step(ask), reply, None)
    }

    fn by_reply(ask: SessionAsk, reply: &Reply) -> &'static str {
        judged(ask, reply).code.id
    }

    fn by_number(ask: SessionAsk, number: u16) -> &'static str {
        by_reply(ask, &Reply { status: Some(number), ..Reply::default() })
    }

    #[test]
    fn ms_ascmd_each_status_has_its_finding() {
        for (number, code) in [
            (108, "activesync.status"),
            (110, "activesync.folder-sync-failed"),
            (111, "activesync.status"),
            (112, "activesync.folder-sync-failed"),
            (113, "activesync.quota"),
            (114, "activesync.store-offline"),
            (115, "activesync.quota"),
            (123, "activesync.no-mailbox"),
            (124, "activesync.sign-in-lost"),
            (125, "activesync.no-mailbox"),
            (126, "activesync.user-disabled"),
            (127, "activesync.wrong-mailbox-server"),
            (128, "activesync.wrong-mailbox-server"),
            (129, "activesync.device-blocked"),
            (130, "activesync.user-disabled"),
            (131, "activesync.account-disabled"),
            (132, "activesync.sync-state"),
            (133, "activesync.status"),
            (134, "activesync.sync-state"),
            (135, "activesync.sync-state"),
            (136, "activesync.sync-state"),
            (137, "activesync.status"),
            (139, "activesync.policy-refused"),
            (140, "activesync.wipe-requested"),
            (141, "activesync.policy-refused"),
            (142, "activesync.policy-refused"),
            (143, "activesync.policy-refused"),
            (144, "activesync.policy-refused"),
            (145, "activesync.policy-refused"),
            (177, "activesync.too-many-devices"),
            (6, "activesync.folder-sync-failed"),
            (9, "activesync.sync-state"),
            (10, "activesync.folder-sync-failed"),
            (11, "activesync.folder-sync-failed"),
            (12, "activesync.folder-sync-failed"),
            (178, "activesync.status"),
        ] {
            assert_eq!(by_number(SessionAsk::FolderSync, number), code, "{number}");
        }
        let open = SessionAsk::Open { folder: "5".to_owned() };
        assert_eq!(by_number(open.clone(), 9), "activesync.quota");
        assert_eq!(by_number(open.clone(), 3), "activesync.sync-state");
        assert_eq!(by_number(open, 5), "activesync.status");
    }

    #[test]
    fn ms_ascmd_what_is_full_is_said_by_the_status() {
        let open = SessionAsk::Open { folder: "5".to_owned() };
        let title = |finding: &Finding, lang| fill(finding.code.title.of(lang), &finding.arguments(), lang);
        for (ask, number, en, de, servers) in [
            (&SessionAsk::FolderSync, 113, ": it is full (113 ", ": Es ist voll (113 ", false),
            (
                &SessionAsk::FolderSync,
                115,
                ": its quota for sending is used up (115",
                ": Sein Sendekontingent ist",
                false,
            ),
            (&open, 9, "it is full, or its server is (9 MailboxFull)", "Es selbst oder sein Server ist voll", true),
        ] {
            let finding = judged(ask.clone(), &Reply { status: Some(number), ..Reply::default() });
            assert!(title(&finding, Lang::En).contains(en) && title(&finding, Lang::De).contains(de), "{number}");
            assert_eq!(finding.remedy.is_some(), servers, "{number}");
        }
        let (evidence, endpoint, response) = (evidence(), endpoint(), response(507, &[]));
        let at = At { view: &View::new(&evidence), endpoint: &endpoint };
        let title = title(&at.by_http(&step(SessionAsk::FolderSync), &response), Lang::En);
        assert!(title.contains(": it is full, or its server is (HTTP 507)"), "{title}");
    }

    #[test]
    fn ms_ascmd_a_status_that_passes_by_itself_is_a_warning() {
        let severity = |ask: &SessionAsk, number| {
            judged(ask.clone(), &Reply { status: Some(number), ..Reply::default() }).severity
        };
        let open = SessionAsk::Open { folder: "5".to_owned() };
        for (ask, number) in [(&SessionAsk::FolderSync, 111), (&SessionAsk::FolderSync, 133), (&open, 16)] {
            assert_eq!(severity(ask, number), Severity::Warn, "{number}");
        }
        for (ask, number) in [(&SessionAsk::FolderSync, 16), (&open, 5), (&open, 138), (&SessionAsk::FolderSync, 110)] {
            assert_eq!(severity(ask, number), Severity::Fail, "{number}");
        }
    }

    #[test]
    fn ms_asprov_a_policy_is_refused_by_its_own_status_not_by_that_of_the_command() {
        let inner = |inner| Reply { status: Some(1), inner: Some(inner), ..Reply::default() };
        for number in 3..=5 {
            assert_eq!(by_reply(SessionAsk::Acknowledge, &inner(number)), "activesync.policy-refused", "{number}");
        }
        assert_eq!(by_number(SessionAsk::Provision, 3), "activesync.status");
        let empty = Reply { kind: Kind::Empty, ..Reply::default() };
        assert_eq!(by_reply(SessionAsk::Provision, &empty), "activesync.policy-refused");
        assert_eq!(by_reply(SessionAsk::FolderSync, &empty), "activesync.commands-blocked");
    }

    #[test]
    fn ms_ashttp_each_http_status_has_its_finding() {
        let of = |status, headers: &[(&str, &str)]| {
            let (evidence, endpoint, response) = (evidence(), endpoint(), response(status, headers));
            let at = At { view: &View::new(&evidence), endpoint: &endpoint };
            at.by_http(&step(SessionAsk::FolderSync), &response).code.id
        };
        let exchange = ("x-feserver", "EX01");
        assert_eq!(of(401, &[]), "activesync.sign-in-lost");
        assert_eq!(of(403, &[exchange]), "activesync.user-disabled");
        assert_eq!(of(403, &[("server", "Microsoft-IIS/10.0")]), "activesync.user-disabled");
        assert_eq!(of(403, &[("server", "Apache")]), "activesync.commands-blocked");
        let error = ("x-caserrorcode", "MailboxGuidWithDomainNotFound");
        assert_eq!(of(404, &[exchange, error]), "activesync.no-mailbox");
        assert_eq!(of(404, &[exchange]), "activesync.status");
        assert_eq!(of(405, &[]), "activesync.commands-blocked");
        assert_eq!(of(302, &[("location", "/my.policy")]), "activesync.commands-blocked");
        assert_eq!(of(449, &[]), "activesync.policy-refused");
        assert_eq!(of(451, &[("x-ms-location", "https://a.corp.example/x")]), "activesync.wrong-mailbox-server");
        assert_eq!(of(456, &[]), "auth.account-blocked");
        assert_eq!(of(457, &[]), "auth.password-expired");
        assert_eq!(of(500, &[]), "activesync.folder-sync-failed");
        assert_eq!(of(503, &[("x-ms-asthrottle", "RecentCommands")]), "activesync.throttled");
        assert_eq!(of(503, &[("retry-after", "30")]), "activesync.throttled");
        assert_eq!(of(503, &[exchange]), "activesync.store-offline");
        assert_eq!(of(503, &[("server", "Microsoft-HTTPAPI/2.0")]), "activesync.unavailable");
        assert_eq!(of(504, &[("server", "nginx")]), "activesync.unavailable");
        assert_eq!(of(507, &[]), "activesync.quota");
    }
}
