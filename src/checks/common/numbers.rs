//! What do the statuses of HTTP and IIS and the codes of Windows mean, as logs and answers of Exchange have them?

use crate::finding::Text;
use crate::text;

/// Where IIS's statuses are listed.
pub const IIS_PAGE: &str =
    "https://learn.microsoft.com/troubleshoot/developer/webapps/iis/www-administration-management/http-status-code";

/// Where ActiveSync's are.
pub const HTTP_PAGE: &str = "https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/e092c310-7609-4a38-90cc-10688f79cf8d";

/// Where Windows' are.
pub const WIN32_PAGE: &str = "https://learn.microsoft.com/windows/win32/debug/system-error-codes";

/// A status of HTTP.
#[derive(Debug)]
pub struct Http {
    /// The number.
    pub number: u16,
    /// Its name.
    pub name: &'static str,
    /// What it means of ActiveSync, EWS and Autodiscover.
    pub words: Text,
    /// Ids of the findings that tell what to do.
    pub findings: &'static [&'static str],
}

/// A code of Windows.
#[derive(Debug)]
pub struct Win32 {
    /// The number, as logs have it.
    pub number: u32,
    /// Its name.
    pub name: &'static str,
    /// What it means beside a request.
    pub words: Text,
}

macro_rules! http {
    ($($number:literal $name:literal [$($finding:literal),*] $en:literal $de:literal)*) => {
        &[$(Http { number: $number, name: $name, findings: &[$($finding),*], words: text!($en, $de) }),*]
    };
}

/// The statuses that are met.
pub static HTTP: &[Http] = http! {
    200 "OK" [] "The request was carried out. ActiveSync and EWS tell their own faults inside the body: ActiveSync as Status (exdiag explain eas:NUMBER), EWS as ResponseCode. A login page with 200 is no answer of Exchange." "Die Anfrage wurde ausgeführt. ActiveSync und EWS melden eigene Fehler im Inhalt: ActiveSync als Status (exdiag explain eas:NUMMER), EWS als ResponseCode. Eine Anmeldeseite mit 200 ist keine Antwort von Exchange."
    301 "Moved Permanently" ["autodiscover.redirect-insecure", "autodiscover.redirect-foreign-domain"] "On to another address. Autodiscover may do that, to https; ActiveSync and EWS clients do not follow: there it is a proxy or a login page in front." "Weiter zu einer anderen Adresse. Autodiscover darf das, nach https; Clients von ActiveSync und EWS folgen nicht: Dort ist es ein Proxy oder eine Anmeldeseite davor."
    302 "Found" ["autodiscover.redirect-page", "activesync.commands-blocked"] "On to another address. Autodiscover may do that, to https; for ActiveSync and EWS it is nearly always the login page of a proxy or firewall in front (pre-authentication)." "Weiter zu einer anderen Adresse. Autodiscover darf das, nach https; bei ActiveSync und EWS ist es fast immer die Anmeldeseite eines Proxys oder einer Firewall davor (Vorauthentifizierung)."
    400 "Bad Request" ["activesync.commands-blocked"] "The request arrived malformed: a fault of the client, a proxy that changed it, or headers that are too long (a large Kerberos ticket)." "Die Anfrage kam fehlerhaft an: ein Fehler des Clients, ein Proxy, der sie verändert hat, oder zu lange Header (großes Kerberos-Ticket)."
    401 "Unauthorized" ["auth.rejected", "auth.basic-not-offered", "auth.basic-retired"] "Not signed in. Without credentials that is the usual first answer of ActiveSync, EWS and Autodiscover, and tells by WWW-Authenticate which methods there are. With credentials they were refused: the sub-status and the Win32 code in the IIS log say why (exdiag explain 401.1.1326)." "Nicht angemeldet. Ohne Anmeldedaten ist das die übliche erste Antwort von ActiveSync, EWS und Autodiscover und nennt mit WWW-Authenticate die Methoden. Mit Anmeldedaten wurden diese abgelehnt: Unterstatus und Win32-Code im IIS-Protokoll sagen, warum (exdiag explain 401.1.1326)."
    403 "Forbidden" ["activesync.forbidden", "activesync.user-disabled", "server.ews-disabled", "tls.client-certificate-required"] "Signed in, or not even asked, and not allowed. ActiveSync: the mailbox or the device is not allowed, or a client certificate is wanted. EWS: switched off for the mailbox, or the application is blocked. Without a header of Exchange (X-FEServer) it comes from a firewall or proxy in front." "Angemeldet oder gar nicht erst gefragt, und nicht erlaubt. ActiveSync: Postfach oder Gerät ist nicht zugelassen, oder ein Clientzertifikat wird verlangt. EWS: für das Postfach abgeschaltet, oder die Anwendung ist gesperrt. Ohne einen Header von Exchange (X-FEServer) kommt es von Firewall oder Proxy davor."
    404 "Not Found" ["activesync.not-found", "activesync.no-mailbox", "server.ews-not-found", "autodiscover.not-exchange"] "There is no such path: another web server answers, or the virtual directory is gone. Exchange Online says so with X-CasErrorCode: MailboxGuidWithDomainNotFound where the user has no mailbox." "Diesen Pfad gibt es nicht: Ein anderer Webserver antwortet, oder das virtuelle Verzeichnis fehlt. Exchange Online sagt das mit X-CasErrorCode: MailboxGuidWithDomainNotFound, wenn der Benutzer kein Postfach hat."
    405 "Method Not Allowed" ["activesync.options-blocked", "activesync.commands-blocked"] "A proxy or firewall in front does not let OPTIONS or POST through." "Ein Proxy oder eine Firewall davor lässt OPTIONS oder POST nicht durch."
    407 "Proxy Authentication Required" ["net.proxy-required"] "Not the server but the proxy on the way out wants a sign-in." "Nicht der Server, sondern der Proxy auf dem Weg hinaus verlangt eine Anmeldung."
    413 "Content Too Large" [] "What was sent is larger than a proxy, a firewall or IIS allows (a mail with an attachment)." "Was gesendet wurde, ist größer, als Proxy, Firewall oder IIS erlauben (eine Mail mit Anhang)."
    429 "Too Many Requests" ["activesync.throttled", "server.ews-throttled"] "Too many requests in a short time; the answer says how long to wait (Retry-After)." "Zu viele Anfragen in kurzer Zeit; die Antwort sagt, wie lange zu warten ist (Retry-After)."
    440 "Login Time-out" [] "Of Outlook on the web: the session of its login page is over. A client of ActiveSync or EWS that sees it was led to that page." "Von Outlook im Web: Die Sitzung seiner Anmeldeseite ist abgelaufen. Ein Client von ActiveSync oder EWS, der das sieht, wurde auf diese Seite geführt."
    449 "Retry after sending a PROVISION command" ["activesync.policy-refused"] "ActiveSync alone (12.1 and older): the device has to take the policy first. A client that does not, or cannot, never gets mail." "Nur ActiveSync (12.1 und älter): Das Gerät muss erst die Richtlinie annehmen. Ein Client, der das nicht tut oder kann, bekommt nie Mails."
    451 "Redirect" ["activesync.wrong-mailbox-server"] "ActiveSync alone: the mailbox is served by another server, which X-MS-Location names; without it the client has to run Autodiscover again. Autodiscover uses it likewise." "Nur ActiveSync: Das Postfach wird von einem anderen Server bedient, den X-MS-Location nennt; ohne diesen Header muss der Client Autodiscover wiederholen. Autodiscover verwendet es genauso."
    456 "Account blocked" ["auth.account-blocked"] "Of Exchange Online's ActiveSync and Autodiscover: the account is locked or blocked; X-MS-Credential-Service-Url names the page for it." "Von ActiveSync und Autodiscover in Exchange Online: Das Konto ist gesperrt; X-MS-Credential-Service-Url nennt die Seite dazu."
    457 "Password expired" ["auth.password-expired"] "Of Exchange Online's ActiveSync and Autodiscover: the password has expired; X-MS-Credential-Service-Url names the page where it is changed." "Von ActiveSync und Autodiscover in Exchange Online: Das Passwort ist abgelaufen; X-MS-Credential-Service-Url nennt die Seite, auf der es geändert wird."
    500 "Internal Server Error" ["activesync.server-error", "activesync.folder-sync-failed", "autodiscover.server-error"] "The server fails. ActiveSync: often rights on the device container of the user in Active Directory, or a damaged device partnership. EWS: faults of SOAP come with 500 and a ResponseCode in the body. Look into the application log at that time." "Der Server scheitert. ActiveSync: oft Rechte am Geräte-Container des Benutzers im Active Directory oder eine beschädigte Gerätepartnerschaft. EWS: SOAP-Fehler kommen mit 500 und einem ResponseCode im Inhalt. Sehen Sie zu dieser Zeit in das Anwendungsprotokoll."
    501 "Not Implemented" ["activesync.options-blocked", "activesync.commands-blocked"] "The command or method is not known: an old server, or a device in front." "Der Befehl oder die Methode ist nicht bekannt: ein alter Server oder ein Gerät davor."
    502 "Bad Gateway" ["activesync.unavailable", "server.ews-unavailable"] "A proxy, a balancer or Exchange's front end did not get an answer of the server behind it." "Ein Proxy, ein Load Balancer oder das Front-End von Exchange bekam vom Server dahinter keine Antwort."
    503 "Service Unavailable" ["activesync.unavailable", "activesync.store-offline", "activesync.throttled", "server.ews-unavailable"] "Either nothing is behind (the application pool is stopped, the database is not mounted, no node is up), or Exchange slows the client down (Retry-After, X-MS-ASThrottle)." "Entweder ist nichts dahinter (der Anwendungspool steht, die Datenbank ist nicht eingebunden, kein Knoten läuft), oder Exchange bremst den Client (Retry-After, X-MS-ASThrottle)."
    504 "Gateway Timeout" ["activesync.unavailable", "activesync.idle-cut"] "A proxy or balancer got no answer in its time. On a Ping that waits for mail it is a timeout that is too short." "Ein Proxy oder Load Balancer bekam in seiner Frist keine Antwort. Bei einem Ping, der auf Mail wartet, ist es eine zu kurze Frist."
    507 "Insufficient Storage" ["activesync.quota"] "ActiveSync alone: the mailbox, or the server's storage, is full." "Nur ActiveSync: Das Postfach oder der Speicher des Servers ist voll."
};

macro_rules! iis {
    ($($http:literal, $sub:literal, $en:literal $de:literal)*) => { &[$(($http, $sub, text!($en, $de))),*] };
}

/// Sub-statuses of IIS: status, sub-status, what they mean.
pub static IIS: &[(u16, u16, Text)] = iis! {
    401, 0, "no reason is told; on the back end of Exchange it is a step of the sign-in" "ein Grund ist nicht genannt; im Back-End von Exchange ist es ein Schritt der Anmeldung"
    401, 1, "the sign-in failed; the Win32 code says why" "die Anmeldung ist gescheitert; der Win32-Code sagt, warum"
    401, 2, "no credentials, or a method that the directory does not allow; the usual first answer" "keine Anmeldedaten oder eine Methode, die das Verzeichnis nicht erlaubt; die übliche erste Antwort"
    401, 3, "signed in, but the rights on the file or folder do not allow it" "angemeldet, aber die Rechte an Datei oder Ordner erlauben es nicht"
    401, 4, "a filter of IIS refused it (a module of a firewall or of another product)" "ein Filter von IIS hat abgelehnt (ein Modul einer Firewall oder eines anderen Produkts)"
    401, 5, "the application itself refused it; in Exchange, a token or a user that it does not take" "die Anwendung selbst hat abgelehnt; in Exchange ein Token oder Benutzer, den sie nicht annimmt"
    403, 4, "https is required" "https ist erforderlich"
    403, 6, "the client's address is not allowed" "die Adresse des Clients ist nicht zugelassen"
    403, 7, "a client certificate is required" "ein Clientzertifikat ist erforderlich"
    403, 8, "the client's domain name is not allowed" "der Domainname des Clients ist nicht zugelassen"
    403, 13, "the client certificate is revoked, or that could not be found out" "das Clientzertifikat ist gesperrt, oder das war nicht festzustellen"
    403, 14, "a folder was asked for, and may not be listed" "ein Ordner wurde angefragt und darf nicht aufgelistet werden"
    403, 16, "the client certificate leads to no root that the server trusts" "das Clientzertifikat führt zu keinem Stammzertifikat, dem der Server vertraut"
    403, 17, "the client certificate has expired, or is not valid yet" "das Clientzertifikat ist abgelaufen oder noch nicht gültig"
    404, 0, "there is no such file or path" "diese Datei oder diesen Pfad gibt es nicht"
    404, 2, "the module for it is not allowed (ISAPI and CGI restrictions)" "das Modul dafür ist nicht zugelassen (ISAPI- und CGI-Einschränkungen)"
    404, 3, "there is no handler for this kind of file (a feature of IIS is missing)" "für diese Art Datei gibt es keinen Handler (ein Feature von IIS fehlt)"
    404, 5, "request filtering refused a sequence in the address" "die Anforderungsfilterung hat eine Zeichenfolge in der Adresse abgelehnt"
    404, 6, "request filtering refused the method (OPTIONS, POST)" "die Anforderungsfilterung hat die Methode abgelehnt (OPTIONS, POST)"
    404, 8, "request filtering refused a hidden segment of the path" "die Anforderungsfilterung hat einen verborgenen Teil des Pfads abgelehnt"
    404, 11, "request filtering refused an address that is escaped twice" "die Anforderungsfilterung hat eine doppelt maskierte Adresse abgelehnt"
    404, 13, "the body is larger than request filtering allows (maxAllowedContentLength)" "der Inhalt ist größer, als die Anforderungsfilterung erlaubt (maxAllowedContentLength)"
    404, 14, "the address is longer than request filtering allows" "die Adresse ist länger, als die Anforderungsfilterung erlaubt"
    404, 15, "the query is longer than request filtering allows" "die Abfrage ist länger, als die Anforderungsfilterung erlaubt"
    413, 1, "the body is larger than the directory allows" "der Inhalt ist größer, als das Verzeichnis erlaubt"
    500, 0, "a module or the application failed" "ein Modul oder die Anwendung ist gescheitert"
    500, 19, "a web.config is damaged, or names a module that is missing" "eine web.config ist beschädigt oder nennt ein Modul, das fehlt"
    500, 21, "a module is not known (a feature of IIS or .NET is missing)" "ein Modul ist unbekannt (ein Feature von IIS oder .NET fehlt)"
    502, 3, "the server behind Application Request Routing did not answer" "der Server hinter Application Request Routing hat nicht geantwortet"
    502, 4, "no server behind Application Request Routing was available" "kein Server hinter Application Request Routing war verfügbar"
    503, 0, "the application pool is stopped, or has been switched off after it failed too often" "der Anwendungspool steht oder wurde abgeschaltet, nachdem er zu oft gescheitert ist"
    503, 2, "there are more requests at a time than the server allows" "es sind mehr gleichzeitige Anfragen, als der Server erlaubt"
    503, 3, "the queue of ASP.NET is full" "die Warteschlange von ASP.NET ist voll"
    503, 4, "the queue of FastCGI is full" "die Warteschlange von FastCGI ist voll"
};

macro_rules! win32 {
    ($($number:literal $name:literal $en:literal $de:literal)*) => {
        &[$(Win32 { number: $number, name: $name, words: text!($en, $de) }),*]
    };
}

/// Codes of Windows beside requests, as logs have them.
pub static WIN32: &[Win32] = win32! {
    0 "ERROR_SUCCESS" "nothing failed in Windows" "in Windows ist nichts gescheitert"
    2 "ERROR_FILE_NOT_FOUND" "the file is not there; beside 404 that is usual" "die Datei ist nicht da; neben 404 ist das üblich"
    5 "ERROR_ACCESS_DENIED" "access denied; beside 401.2 that is the usual first answer, and no fault" "Zugriff verweigert; neben 401.2 ist das die übliche erste Antwort und kein Fehler"
    64 "ERROR_NETNAME_DELETED" "the client, or a device on the way, has closed the connection before the answer; on Ping, always after the same time: the idle timeout of a firewall or balancer" "der Client oder ein Gerät auf dem Weg hat die Verbindung vor der Antwort geschlossen; bei Ping immer nach derselben Zeit: das Leerlauf-Timeout einer Firewall oder eines Load Balancers"
    121 "ERROR_SEM_TIMEOUT" "nothing came from the client in time" "vom Client kam nicht rechtzeitig etwas"
    995 "ERROR_OPERATION_ABORTED" "the request was given up, mostly since the connection had ended" "die Anfrage wurde aufgegeben, meist weil die Verbindung geendet hatte"
    1229 "ERROR_CONNECTION_INVALID" "the connection had ended before the answer" "die Verbindung hatte vor der Antwort geendet"
    1236 "ERROR_CONNECTION_ABORTED" "the connection was cut before the answer; on Ping, always after the same time: the idle timeout of a firewall or balancer" "die Verbindung wurde vor der Antwort gekappt; bei Ping immer nach derselben Zeit: das Leerlauf-Timeout einer Firewall oder eines Load Balancers"
    1311 "ERROR_NO_LOGON_SERVERS" "no domain controller could be reached" "kein Domänencontroller war zu erreichen"
    1326 "ERROR_LOGON_FAILURE" "the user name or the password is wrong" "Benutzername oder Passwort ist falsch"
    1327 "ERROR_ACCOUNT_RESTRICTION" "the account has a restriction, such as an empty password" "das Konto unterliegt einer Einschränkung, etwa einem leeren Passwort"
    1328 "ERROR_INVALID_LOGON_HOURS" "the account may not sign in at this time" "das Konto darf sich zu dieser Zeit nicht anmelden"
    1329 "ERROR_INVALID_WORKSTATION" "the account may not sign in at this computer" "das Konto darf sich an diesem Computer nicht anmelden"
    1330 "ERROR_PASSWORD_EXPIRED" "the password has expired" "das Passwort ist abgelaufen"
    1331 "ERROR_ACCOUNT_DISABLED" "the account is disabled" "das Konto ist deaktiviert"
    1355 "ERROR_NO_SUCH_DOMAIN" "the domain is not there or cannot be reached" "die Domäne gibt es nicht, oder sie ist nicht zu erreichen"
    1385 "ERROR_LOGON_TYPE_NOT_GRANTED" "this kind of sign-in is not granted: Basic needs the right to sign in over the network or locally" "diese Art der Anmeldung ist nicht gewährt: Basic braucht das Recht, sich über das Netz oder lokal anzumelden"
    1793 "ERROR_ACCOUNT_EXPIRED" "the account has expired" "das Konto ist abgelaufen"
    1907 "ERROR_PASSWORD_MUST_CHANGE" "the password has to be changed before the first sign-in" "das Passwort muss vor der ersten Anmeldung geändert werden"
    1909 "ERROR_ACCOUNT_LOCKED_OUT" "the account is locked: somebody, often a forgotten client, has tried a wrong password too often" "das Konto ist gesperrt: Jemand, oft ein vergessener Client, hat zu oft ein falsches Passwort probiert"
    2_148_074_248 "SEC_E_INVALID_TOKEN" "the sign-in came damaged: NTLM through a proxy that shares connections" "die Anmeldung kam beschädigt an: NTLM über einen Proxy, der Verbindungen teilt"
    2_148_074_252 "SEC_E_LOGON_DENIED" "the user name or the password is wrong (NTLM, Negotiate)" "Benutzername oder Passwort ist falsch (NTLM, Negotiate)"
    2_148_074_254 "SEC_E_NO_CREDENTIALS" "the first step of NTLM or Negotiate; no fault where a success follows" "der erste Schritt von NTLM oder Negotiate; kein Fehler, wenn ein Erfolg folgt"
    2_148_074_257 "SEC_E_NO_AUTHENTICATING_AUTHORITY" "no domain controller could be reached" "kein Domänencontroller war zu erreichen"
    2_148_074_274 "SEC_E_WRONG_PRINCIPAL" "Kerberos: the service principal name belongs to another account" "Kerberos: Der Dienstprinzipalname (SPN) gehört zu einem anderen Konto"
    2_148_074_310 "SEC_E_BAD_BINDINGS" "Extended Protection refused it: TLS ends at a device on the way" "Extended Protection hat abgelehnt: TLS endet an einem Gerät auf dem Weg"
};

/// The status of HTTP with that number.
pub fn http(number: u16) -> Option<&'static Http> {
    HTTP.iter().find(|known| known.number == number)
}

/// What a sub-status of IIS means.
pub fn iis(http: u16, sub: u16) -> Option<Text> {
    IIS.iter().find(|known| (known.0, known.1) == (http, sub)).map(|known| known.2)
}

/// The code of Windows with that number, or with that of an HRESULT that wraps it (0x8007....).
pub fn win32(number: u32) -> Option<&'static Win32> {
    let bare = if number >> 16 == 0x8007 { number & 0xffff } else { number };
    WIN32.iter().find(|known| known.number == bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_stands_once_and_in_order() {
        assert!(HTTP.is_sorted_by(|a, b| a.number < b.number));
        assert!(IIS.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        assert!(WIN32.is_sorted_by(|a, b| a.number < b.number));
        let all = crate::checks::catalogue();
        for id in HTTP.iter().flat_map(|known| known.findings) {
            assert!(all.iter().any(|code| code.id == *id), "{id}");
        }
    }

    #[test]
    fn an_hresult_is_the_code_that_it_wraps() {
        assert_eq!(win32(0x8007_052e).map(|known| known.number), Some(1326));
        assert_eq!(win32(0x8009_030e).map(|known| known.name), Some("SEC_E_NO_CREDENTIALS"));
        assert!(win32(7).is_none());
    }
}
