//! Does `exdiag login` get a token by the device code flow, and say what to do where it does not?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

const TENANT: &str = "7c1f0d2e-5b0a-4a53-9f5e-2d6a1c3b4e5f";
const APP: &str = "2b1d1f2e-0000-4000-8000-000000000001";
const STARTED: &str = r#"{"device_code":"device-geheim","user_code":"K4X9PQ","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,"interval":0,"message":"x"}"#;
const PENDING: &str = r#"{"error":"authorization_pending","error_description":"AADSTS70016: pending"}"#;
const TOKEN: &str = r#"{"token_type":"Bearer","access_token":"ey.geheim.x","refresh_token":"never-printed"}"#;

/// A sign-in service on loopback: answers by path, the token endpoint one after the other, its last for good.
struct Service {
    authority: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(realm: &'static str, begun: &'static str, polls: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&requests);
        thread::spawn(move || {
            let mut asked = 0;
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                let whole = |bytes: &[u8]| {
                    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
                    let length =
                        head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                    body.len() >= length.unwrap_or(0)
                };
                while !whole(&request) {
                    match stream.read(&mut buffer) {
                        Ok(length @ 1..) => request.extend(&buffer[..length]),
                        _ => break,
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let issuer = format!(r#"{{"issuer":"https://login.microsoftonline.com/{TENANT}/v2.0"}}"#);
                let (status, body) = if path.starts_with("/getuserrealm.srf") {
                    (200, realm.to_owned())
                } else if path.ends_with("openid-configuration") {
                    (200, issuer)
                } else if path.ends_with("/devicecode") {
                    (if begun.contains("device_code") { 200 } else { 400 }, begun.to_owned())
                } else {
                    asked += 1;
                    let answer = polls[(asked - 1).min(polls.len() - 1)];
                    (if answer.contains("access_token") { 200 } else { 400 }, answer.to_owned())
                };
                noted.lock().unwrap().push(request);
                let head =
                    format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all((head + &body).as_bytes());
            }
        });
        Self { authority, requests }
    }

    fn managed(polls: &'static [&'static str]) -> Self {
        Self::start(r#"{"NameSpaceType":"Managed"}"#, STARTED, polls)
    }

    fn paths(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|one| one.split(' ').nth(1).unwrap().to_owned()).collect()
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = exdiag(&["login", "anna@corp.example", "--authority", &self.authority, "--lang", "en"]);
        command.args(more);
        command
    }

    fn run(&self, more: &[&str]) -> (i32, String, String) {
        told(&self.command(&[&["--client-id", APP], more].concat()).output().unwrap())
    }
}

fn exdiag(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.args(args);
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"]
    {
        command.env_remove(name);
    }
    command
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn rfc8628_the_token_alone_goes_to_standard_output() {
    let service = Service::managed(&[PENDING, PENDING, TOKEN]);
    let (code, out, err) = service.run(&[]);
    assert_eq!((code, out.as_str()), (0, "ey.geheim.x\n"), "{err}");
    assert!(err.contains("The code is good for 15 minutes."), "{err}");
    assert!(
        err.contains("K4X9PQ") && err.contains("https://microsoft.com/devicelogin") && err.contains(TENANT),
        "{err}"
    );
    for secret in ["device-geheim", "ey.geheim", "never-printed"] {
        assert!(!err.contains(secret), "{err}");
    }
    let token = format!("/{TENANT}/oauth2/v2.0/token");
    assert_eq!(
        service.paths(),
        [
            "/getuserrealm.srf?login=exdiag%40corp.example&json=1".to_owned(),
            "/corp.example/v2.0/.well-known/openid-configuration".to_owned(),
            format!("/{TENANT}/oauth2/v2.0/devicecode"),
            token.clone(),
            token.clone(),
            token,
        ]
    );
    let requests = service.requests.lock().unwrap();
    let scope = "scope=https%3A%2F%2Foutlook.office.com%2FEAS.AccessAsUser.All+https%3A%2F%2Foutlook.office.com%2FEWS.AccessAsUser.All";
    assert!(requests[2].contains(scope) && requests[2].contains(&format!("client_id={APP}")), "{}", requests[2]);
    assert!(
        requests[3].contains("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"),
        "{}",
        requests[3]
    );
    assert!(!requests.iter().any(|request| request.to_ascii_lowercase().contains("authorization:")));
}

#[test]
fn what_the_user_names_is_asked_for() {
    let service = Service::managed(&[TOKEN]);
    let (code, _, err) = service.run(&["--tenant", "consumers", "--scope", "https://mail.corp.example/.default"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(service.paths(), ["/consumers/oauth2/v2.0/devicecode", "/consumers/oauth2/v2.0/token"]);
    assert!(service.requests.lock().unwrap()[0].contains("scope=https%3A%2F%2Fmail.corp.example%2F.default"));
    let personal = Service::managed(&[TOKEN]);
    let mut command = exdiag(&["login", "anna@outlook.com", "--client-id", APP, "--authority", &personal.authority]);
    assert_eq!(told(&command.output().unwrap()).0, 0);
    assert_eq!(personal.paths()[0], "/consumers/oauth2/v2.0/devicecode");
}

#[cfg(unix)]
#[test]
fn a_token_file_is_its_owners_alone_and_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token.txt");
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let name = path.to_str().unwrap();
    let refused = Service::managed(&[r#"{"error":"expired_token"}"#]);
    assert_eq!(refused.run(&["--output", name]).0, 3);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old", "nothing is there before the token is");
    let (code, out, err) = Service::managed(&[TOKEN]).run(&["--output", name]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "ey.geheim.x\n");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no other file is left");
    let unwritable = Service::managed(&[TOKEN]);
    assert_eq!(unwritable.run(&["--output", "/nowhere/at/all/token.txt"]).0, 2);
    assert!(unwritable.paths().is_empty(), "an input error sends nothing");
}

#[test]
fn where_the_consent_is_missing_its_address_is_printed() {
    let address = format!("https://login.microsoftonline.com/{TENANT}/adminconsent?client_id={APP}");
    for description in ["AADSTS65001: not consented", "AADSTS90094: admin consent", "AADSTS650056: misconfigured"] {
        let answer = format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#);
        let polls: &'static [&'static str] = Box::leak(Box::new([Box::leak(answer.into_boxed_str()) as &str]));
        let (code, out, err) = Service::managed(polls).run(&[]);
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.contains(&address) && err.contains(description), "{err}");
        assert!(!err.contains("APP") && !err.contains("organizations"), "the gaps are filled: {err}");
    }
    let (code, _, err) = Service::managed(&[r#"{"error":"authorization_declined"}"#]).run(&[]);
    assert!(code == 1 && err.contains(&address), "{err}");
}

#[test]
fn a_refusal_is_decoded_in_both_languages() {
    const BLOCKED: &str = r#"{"error":"access_denied_by_policy","error_description":"AADSTS53003: Access has been blocked.\r\nTrace ID: 0000aaaa-11bb-cccc-dd33-eeeeee333333\r\nTimestamp: 2026-11-22 20:00:00Z\u001b[31m","error_codes":[53003]}"#;
    let (code, _, err) = Service::managed(&[BLOCKED]).run(&[]);
    assert_eq!(code, 1);
    assert!(err.contains("A policy of Conditional Access blocks") && err.contains("0000aaaa-11bb"), "{err}");
    assert!(!err.contains('\u{1b}'), "what a server says steers no terminal");
    let unknown_app = Service::start(
        r#"{"NameSpaceType":"Managed"}"#,
        r#"{"error":"unauthorized_client","error_description":"AADSTS700016: no such application"}"#,
        &[TOKEN],
    );
    let mut command =
        exdiag(&["login", "anna@corp.example", "--authority", &unknown_app.authority, "--client-id", APP]);
    let (code, out, err) = told(&command.args(["--lang", "de"]).output().unwrap());
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("Der Mandant kennt keine App mit dieser Client-ID"), "{err}");
}

#[test]
fn without_an_app_it_says_how_to_register_one_and_sends_nothing() {
    let service = Service::managed(&[TOKEN]);
    let (code, out, err) = told(&service.command(&[]).output().unwrap());
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("--client-id") && err.contains("Allow public client flows"), "{err}");
    let german = told(&exdiag(&["login", "anna@corp.example", "--lang", "de"]).output().unwrap());
    assert!(german.0 == 2 && german.2.contains("Öffentliche Clientflows zulassen"), "{}", german.2);
    assert!(service.paths().is_empty());
}

#[test]
fn only_this_machine_is_asked_without_tls() {
    for wrong in ["http://login.example", "ftp://127.0.0.1", "https://user:geheim@login.example", "nothing"] {
        let output =
            exdiag(&["login", "anna@corp.example", "--client-id", APP, "--authority", wrong]).output().unwrap();
        let (code, _, err) = told(&output);
        assert!(code == 2 && err.contains("--authority") && !err.contains("geheim"), "{wrong}: {err}");
    }
    let output = exdiag(&["login", "anna@corp.example", "--client-id", "a b"]).output().unwrap();
    assert_eq!(told(&output).0, 2);
}

#[test]
fn the_domain_says_who_checks_the_password() {
    let federated = Service::start(
        r#"{"NameSpaceType":"Federated","AuthURL":"https://sts.corp.example/adfs/ls/?x"}"#,
        STARTED,
        &[TOKEN],
    );
    let (code, _, err) = federated.run(&[]);
    assert!(code == 0 && err.contains("sts.corp.example"), "{err}");
    let unknown = Service::start(r#"{"NameSpaceType":"Unknown"}"#, STARTED, &[TOKEN]);
    let (code, out, err) = unknown.run(&[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("No tenant") && unknown.paths().len() == 1, "{err}");
}

#[test]
fn nobody_there_is_inconclusive() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command =
        exdiag(&["login", "anna@corp.example", "--client-id", APP, "--authority", &format!("http://{closed}")]);
    let (code, out, _) = told(&command.output().unwrap());
    assert_eq!((code, out.as_str()), (3, ""));
}

#[test]
fn what_is_no_sign_in_service_has_said_no_to_nobody() {
    const PAGE: &str = "<html>Welcome to the hotel</html>";
    const MANAGED: &str = r#"{"NameSpaceType":"Managed"}"#;
    for (place, service) in [
        ("realm", Service::start(PAGE, STARTED, &[TOKEN])),
        ("devicecode", Service::start(MANAGED, PAGE, &[TOKEN])),
        ("token", Service::start(MANAGED, STARTED, &[PAGE])),
    ] {
        let (code, out, err) = service.run(&[]);
        assert_eq!((code, out.as_str()), (3, ""), "{place}: {err}");
        assert!(err.contains("something else answers (HTTP ") && err.contains("--proxy"), "{place}: {err}");
    }
    // an error page that passes does not end the sign-in
    let (code, out, err) = Service::managed(&[PENDING, PAGE, PENDING, PAGE, TOKEN]).run(&[]);
    assert_eq!((code, out.as_str()), (0, "ey.geheim.x\n"), "{err}");
}

#[test]
fn only_silence_in_a_row_ends_the_wait() {
    const PAGE: &str = "<html>Bad gateway</html>";
    let (code, out, err) =
        Service::managed(&[PAGE, PAGE, PAGE, PAGE, PAGE, PENDING, PAGE, PAGE, PAGE, PAGE, PAGE, TOKEN]).run(&[]);
    assert_eq!((code, out.as_str()), (0, "ey.geheim.x\n"), "{err}");
    assert_eq!(Service::managed(&[PAGE, PAGE, PAGE, PAGE, PAGE, PAGE, TOKEN]).run(&[]).0, 3);
}

#[cfg(unix)]
#[test]
fn a_device_or_a_link_stays_what_it_is() {
    use std::os::unix::fs::FileTypeExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (link, target) = (folder.path().join("link"), folder.path().join("token.txt"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let (code, _, err) = Service::managed(&[TOKEN]).run(&["--output", link.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink(), "the link is still one");
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "ey.geheim.x\n");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    let (code, _, err) = Service::managed(&[TOKEN]).run(&["--output", pipe.to_str().unwrap()]);
    assert_eq!((code, reader.join().unwrap().as_str()), (0, "ey.geheim.x\n"), "{err}");
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_without_a_token() {
    let service = Service::managed(&[PENDING]);
    let mut child =
        service.command(&["--client-id", APP]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !service.paths().iter().any(|path| path.ends_with("/token")) {
        thread::yield_now();
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let (code, out, _) = told(&child.wait_with_output().unwrap());
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("Interrupted"), "{err}");
}
