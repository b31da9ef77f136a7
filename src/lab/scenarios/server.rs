//! Which scenarios are about the server's version, the services beside ActiveSync, and devices in front?

use crate::lab::dns::Data;
use crate::lab::exchange::Edition;
use crate::lab::http::{Answer, asp_net_failure, iis_error, login_page, pool_stopped, redirect};
use crate::lab::scenario::{Door, EXCHANGE_V6, PASSWORD, SECOND, Scenario, fault, healthy};

/// A path that the device in front does not know.
fn unknown_path() -> Answer {
    Answer::new(404).header("Server", "Apache").page("404 Not Found", "<h1>Not Found</h1>")
}

/// A web application firewall that wants none of it.
fn denied() -> Answer {
    Answer::new(403).header("Server", "Apache").page("403 Forbidden", "<h1>Forbidden</h1>")
}

/// The page of F5 ASM for a request that it has blocked; its status is 200.
fn asm_page() -> Answer {
    Answer::new(200).header("Set-Cookie", "TS01a32329=01d2c4; Path=/").page(
        "Request Rejected",
        "The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 5218941",
    )
}

fn cloudflare() -> Answer {
    Answer::new(403)
        .header("Server", "cloudflare")
        .header("CF-RAY", "8f1b2c3d4e5f6a7b-FRA")
        .page("Attention Required!", "<h1>Sorry, you have been blocked</h1>")
}

fn sophos() -> Answer {
    Answer::new(200).header("Server", "Apache").header("Set-Cookie", "PLACK_SESSION=f00d; path=/").page(
        "Sign in",
        "<form method=\"post\"><input name=\"httpd_username\"><input name=\"httpd_password\" type=\"password\"></form>",
    )
}

fn haproxy() -> Answer {
    Answer::new(503)
        .body("text/html", "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n")
}

/// A redirect to a page to sign in at, with a cookie that tells who makes it.
fn portal(location: &str, cookie: &str) -> Answer {
    Answer::new(302).header("Location", location).header("Set-Cookie", format!("{cookie}=1; path=/; secure"))
}

/// The host of EWS, where it has one of its own.
const EWS: &str = "ews.corp.example";

impl Scenario {
    /// With a host of its own for EWS, made of the mail server's door.
    fn ews_apart(self, add: impl Fn(Self, Door) -> Self) -> Self {
        self.record(EWS, Data::Address(SECOND))
            .exchange(|exchange| exchange.external_ews = "https://ews.corp.example/EWS/Exchange.asmx")
            .with_node(add)
    }
}

/// Every one of them, the healthy ones first.
pub fn all() -> Vec<Scenario> {
    let mut all = vec![
        healthy(
            "healthy-mapi-unpublished",
            "A device in front publishes what mobile clients need, not MAPI and the address book",
            "Ein vorgeschaltetes Gerät veröffentlicht, was mobile Clients brauchen, nicht MAPI und Adressbuch",
        )
        .rule(None, "/mapi", &unknown_path())
        .rule(None, "/OAB", &unknown_path()),
        healthy(
            "healthy-no-healthcheck",
            "The proxy in front lets nobody see healthcheck.htm, nor Outlook on the web",
            "Der vorgeschaltete Proxy zeigt niemandem healthcheck.htm und auch nicht Outlook im Web",
        )
        .rule(None, "/owa", &denied())
        .rule(None, "/EWS/healthcheck.htm", &denied())
        .rule(None, "/Microsoft-Server-ActiveSync/healthcheck.htm", &denied()),
        healthy(
            "healthy-mailbox-server-ahead",
            "An update is under way: the server with the mailbox has it, the one in front not yet",
            "Ein Update läuft: Der Server mit dem Postfach hat es schon, der davor noch nicht",
        )
        .password(PASSWORD)
        // 15.2.2650
        .exchange(|exchange| exchange.mailbox_server = "73C28A5A"),
        fault(
            "mailbox-server-forgotten",
            "server.mailbox-server-differs",
            "Subscription Edition in front, the mailbox is still on Exchange 2016",
            "Vorn Subscription Edition, das Postfach liegt noch auf Exchange 2016",
        )
        .password(PASSWORD)
        // 15.1.2507
        .exchange(|exchange| exchange.mailbox_server = "73C189CB"),
        fault(
            "exchange-2013",
            "server.end-of-support",
            "Exchange 2013, which has no Autodiscover v2 and no support",
            "Exchange 2013, das kein Autodiscover v2 kennt und keinen Support hat",
        )
        .exchange(|exchange| {
            exchange.edition = Edition::E2013;
            exchange.versions = "2.0,2.1,2.5,12.0,12.1,14.0,14.1";
        }),
        fault(
            "commands-missing",
            "activesync.commands-missing",
            "A proxy lists only some of the commands of ActiveSync",
            "Ein Proxy führt nur einige der ActiveSync-Befehle auf",
        )
        .exchange(|exchange| exchange.commands = "Sync,FolderSync,Ping,Settings,ItemOperations")
        .password(PASSWORD),
        fault(
            "no-version-header",
            "activesync.no-version-header",
            "A proxy takes the list of versions out of ActiveSync's answer",
            "Ein Proxy entfernt die Liste der Versionen aus der Antwort von ActiveSync",
        )
        .exchange(|exchange| exchange.versions = "")
        .password(PASSWORD),
        fault(
            "unexpected-answer",
            "activesync.unexpected-answer",
            "Something in front of ActiveSync answers what no ActiveSync server does",
            "Etwas vor ActiveSync antwortet, was kein ActiveSync-Server antwortet",
        )
        .activesync(
            &Answer::new(421).header("Server", "nginx").page("421 Misdirected Request", "<h1>Misdirected</h1>"),
        ),
        fault(
            "exchange-2016",
            "server.end-of-support",
            "Exchange 2016 with the last public update",
            "Exchange 2016 mit dem letzten öffentlichen Update",
        )
        .exchange(|exchange| exchange.edition = Edition::E2016),
        fault(
            "exchange-2019",
            "server.end-of-support",
            "Exchange 2019 with the last public update",
            "Exchange 2019 mit dem letzten öffentlichen Update",
        )
        .exchange(|exchange| exchange.edition = Edition::E2019),
        fault(
            "update-missing",
            "server.update-missing",
            "Subscription Edition, a year behind with its updates",
            "Subscription Edition, mit den Updates ein Jahr zurück",
        )
        .exchange(|exchange| exchange.build = Some("15.2.2562.20")),
        fault(
            "forgotten-update",
            "server.update-missing",
            "One of two nodes was forgotten when updates were installed",
            "Einer von zwei Knoten wurde beim Installieren der Updates vergessen",
        )
        .with_node(|scenario, door| scenario.node(SECOND, door))
        .exchange_at(SECOND, |exchange| exchange.build = Some("15.2.2562.29")),
    ];
    all.extend(ews());
    all.extend(devices());
    all
}

/// EWS is broken, and ActiveSync is not.
fn ews() -> Vec<Scenario> {
    let of = |name, expected, en, de, answer: &Answer| fault(name, expected, en, de).rule(None, "/EWS", answer);
    vec![
        of(
            "ews-not-published",
            "server.ews-not-found",
            "The device in front does not know EWS",
            "Das vorgeschaltete Gerät kennt EWS nicht",
            &unknown_path(),
        ),
        of(
            "ews-forbidden",
            "server.ews-refused",
            "A web application firewall refuses EWS to everybody",
            "Eine Web Application Firewall verweigert EWS allen",
            &denied(),
        ),
        of(
            "ews-preauthentication",
            "server.ews-preauthentication",
            "A login page stands in front of EWS, not of ActiveSync",
            "Vor EWS steht eine Anmeldeseite, vor ActiveSync nicht",
            &login_page(),
        ),
        of(
            "ews-redirected",
            "server.ews-redirected",
            "IIS redirects EWS to Outlook on the web",
            "IIS leitet EWS auf Outlook im Web um",
            &redirect(302, "/owa/"),
        ),
        of(
            "ews-pool-stopped",
            "server.ews-unavailable",
            "The application pool of EWS is stopped",
            "Der Anwendungspool von EWS ist angehalten",
            &pool_stopped(),
        ),
        of(
            "ews-server-error",
            "server.ews-unavailable",
            "EWS itself fails on the Exchange server",
            "EWS selbst scheitert auf dem Exchange-Server",
            &asp_net_failure(),
        ),
        of(
            "ews-no-methods",
            "server.ews-refused",
            "EWS wants a sign-in and offers no way to do it",
            "EWS verlangt eine Anmeldung und bietet keinen Weg dazu",
            &iis_error(401, "Unauthorized"),
        ),
        of(
            "ews-throttled",
            "server.ews-throttled",
            "The device in front lets nobody ask EWS so often",
            "Das vorgeschaltete Gerät lässt niemanden EWS so oft fragen",
            &Answer::new(429).header("Server", "nginx").header("Retry-After", "60").page("429 Too Many Requests", ""),
        ),
        fault(
            "ews-unreachable",
            "server.ews-unreachable",
            "EWS has a host of its own, and its port is closed",
            "EWS hat einen eigenen Host, und dessen Port ist geschlossen",
        )
        .ews_apart(|scenario, _| scenario.door(SECOND, 443, Door::Closed)),
        fault(
            "ews-certificate",
            "server.ews-unreachable",
            "EWS has a host of its own, whose certificate is for another name",
            "EWS hat einen eigenen Host, dessen Zertifikat für einen anderen Namen gilt",
        )
        .ews_apart(|scenario, door| {
            scenario.door(SECOND, 443, door).identity(SECOND, |identity| identity.names = &["ex01.corp.example"])
        }),
        fault(
            "ews-ipv6-dead",
            "net.ipv6-dead",
            "EWS has a host of its own, whose IPv6 address does not answer",
            "EWS hat einen eigenen Host, dessen IPv6-Adresse nicht antwortet",
        )
        .ews_apart(|scenario, door| {
            scenario
                .door(SECOND, 443, door)
                .identity(SECOND, |identity| identity.names = &[EWS])
                .record(EWS, Data::Address(EXCHANGE_V6))
                .door(EXCHANGE_V6, 443, Door::Closed)
        }),
    ]
}

/// A device answers in place of the mail server, all paths alike; Autodiscover is published apart.
fn devices() -> Vec<Scenario> {
    let of = |name, expected, en, de, answer: &Answer| fault(name, expected, en, de).apart().in_front(answer);
    let page = "activesync.preauthentication";
    vec![
        of("portal-f5", page, "F5 APM signs visitors in", "F5 APM meldet Besucher an", &login_page()),
        of(
            "portal-citrix",
            page,
            "Citrix NetScaler signs visitors in",
            "Citrix NetScaler meldet Besucher an",
            &portal("/vpn/index.html", "NSC_TMAA"),
        ),
        of(
            "portal-kemp",
            page,
            "Kemp LoadMaster signs visitors in",
            "Kemp LoadMaster meldet Besucher an",
            &portal("/lm_auth_proxy?LMLogon", "LMDATA"),
        ),
        of(
            "portal-tmg",
            page,
            "Forefront TMG signs visitors in",
            "Forefront TMG meldet Besucher an",
            &portal("/CookieAuth.dll?GetLogon?curl=Z2F&reason=0", "cadata"),
        ),
        of(
            "portal-adfs",
            page,
            "A Web Application Proxy sends visitors to AD FS",
            "Ein Webanwendungsproxy schickt Besucher zu AD FS",
            &portal("https://sts.corp.example/adfs/ls/?wa=wsignin1.0", "EdgeAccessCookie"),
        ),
        of(
            "portal-entra",
            page,
            "The Entra application proxy sends visitors to Microsoft's sign-in",
            "Der Entra-Anwendungsproxy schickt Besucher zur Microsoft-Anmeldung",
            &portal("https://login.microsoftonline.com/common/oauth2/authorize", "AzureAppProxyAccessCookie_1"),
        ),
        of("portal-sophos", page, "Sophos WAF signs visitors in", "Die Sophos WAF meldet Besucher an", &sophos()),
        of(
            "waf-f5",
            "activesync.forbidden",
            "F5 ASM blocks every request, with status 200",
            "F5 ASM blockiert jede Anfrage, mit Status 200",
            &asm_page(),
        ),
        of(
            "waf-cloudflare",
            "activesync.forbidden",
            "Cloudflare blocks every request",
            "Cloudflare blockiert jede Anfrage",
            &cloudflare(),
        ),
        of(
            "balancer-empty",
            "activesync.unavailable",
            "The balancer finds no healthy server",
            "Der Load Balancer findet keinen gesunden Server",
            &haproxy(),
        ),
        of(
            "gateway-fails",
            "activesync.unavailable",
            "The gateway in front does not reach Exchange",
            "Das vorgeschaltete Gateway erreicht Exchange nicht",
            &Answer::new(502)
                .header("Server", "Microsoft-Azure-Application-Gateway/v2")
                .page("502 Bad Gateway", "<center><h1>502 Bad Gateway</h1></center>"),
        ),
        fault(
            "eas-redirected",
            "activesync.redirected",
            "IIS redirects ActiveSync to Outlook on the web",
            "IIS leitet ActiveSync auf Outlook im Web um",
        )
        .activesync(&redirect(302, "/owa/")),
    ]
}
