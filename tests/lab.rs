//! Is the lab what its scenarios declare?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::lab::{Lab, LabOptions, find, scenarios};
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const MAIL: &str = "mail.corp.example";
const ACTIVESYNC: &str = "/Microsoft-Server-ActiveSync";
const XML: &str = "/autodiscover/autodiscover.xml";
const JSON: &str = "/autodiscover/autodiscover.json?Email=anna%40corp.example&Protocol=ActiveSync";

/// How long something that must stay silent is listened to.
const SILENCE: Duration = Duration::from_millis(150);

/// The lab, and how its arguments lead to it.
struct World {
    lab: Lab,
    name_server: SocketAddr,
    roots: Vec<CertificateDer<'static>>,
    connect_to: BTreeMap<String, SocketAddr>,
}

impl World {
    async fn of(name: &str) -> Self {
        let lab = Lab::start(find(name).unwrap(), LabOptions::default()).await.unwrap();
        Self::around(lab)
    }

    fn around(lab: Lab) -> Self {
        let arguments = lab.arguments();
        let all = |option: &str| -> Vec<String> {
            arguments.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].clone()).collect()
        };
        let connect_to = all("--connect-to").into_iter().map(|rule| {
            let (from, port) = rule.rsplit_once(':').unwrap();
            let (from, host) = from.rsplit_once(':').unwrap();
            (from.to_owned(), format!("{host}:{port}").parse().unwrap())
        });
        Self {
            name_server: all("--dns-servers")[0].parse().unwrap(),
            roots: CertificateDer::pem_file_iter(&all("--cacert")[0]).unwrap().map(Result::unwrap).collect(),
            connect_to: connect_to.collect(),
            lab,
        }
    }

    async fn ask_dns(&self, name: &str, rtype: RecordType) -> Message {
        let question = question(name, rtype);
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(&question.to_vec().unwrap(), self.name_server).await.unwrap();
        let mut buffer = [0; 4096];
        let length = timeout(Duration::from_secs(5), socket.recv(&mut buffer)).await.unwrap().unwrap();
        let answer = Message::from_vec(&buffer[..length]).unwrap();
        assert_eq!((answer.metadata.id, &answer.queries), (question.metadata.id, &question.queries));
        answer
    }

    async fn addresses(&self, name: &str) -> Vec<String> {
        let mut all = Vec::new();
        for rtype in [RecordType::A, RecordType::AAAA] {
            for record in self.ask_dns(name, rtype).await.answers {
                match record.data {
                    RData::A(address) => all.push(address.to_string()),
                    RData::AAAA(address) => all.push(format!("[{}]", address.0)),
                    _ => {}
                }
            }
        }
        all
    }

    async fn connect(&self, address: &str, port: u16) -> io::Result<TcpStream> {
        let exact = self.connect_to.get(&format!("{address}:{port}"));
        let place = exact.or_else(|| self.connect_to.get(&format!("{address}:"))).unwrap();
        TcpStream::connect(place).await
    }

    /// A request over TLS to the first address of a host, whatever its certificate.
    async fn https(&self, host: &str, request: &str) -> Answer {
        let address = self.addresses(host).await.remove(0);
        let (stream, _) = self.handshake(&address, host).await.unwrap();
        exchange(stream, host, request).await
    }

    async fn handshake(
        &self,
        address: &str,
        host: &str,
    ) -> io::Result<(tokio_rustls::client::TlsStream<TcpStream>, Shown)> {
        let mut store = RootCertStore::empty();
        for root in &self.roots {
            store.add(root.clone()).unwrap();
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider));
        let recorder = Arc::new(Recorder { verifier: verifier.build().unwrap(), shown: Mutex::default() });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        let stream = self.connect(address, 443).await?;
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let shown = recorder.shown.lock().unwrap().clone();
        Ok((stream, shown))
    }
}

fn question(name: &str, rtype: RecordType) -> Message {
    let mut question = Message::new(4711, MessageType::Query, OpCode::Query);
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(Name::from_ascii(format!("{name}.")).unwrap(), rtype));
    question
}

/// What a server showed, and whether it was good.
#[derive(Debug, Clone, Default)]
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    error: Option<String>,
}

#[derive(Debug)]
struct Recorder {
    verifier: Arc<WebPkiServerVerifier>,
    shown: Mutex<Shown>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.verifier.verify_server_cert(leaf, others, name, ocsp, now);
        let chain = std::iter::once(leaf).chain(others).map(|certificate| certificate.clone().into_owned()).collect();
        *self.shown.lock().unwrap() = Shown { chain, error: verdict.err().map(|error| format!("{error:?}")) };
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// One request by hand; `request` is its first line, further headers, and a body behind an empty line.
async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, host: &str, request: &str) -> Answer {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let headers: Vec<&str> = headers.lines().collect();
    let headers = if headers.is_empty() { String::new() } else { headers.join("\r\n") + "\r\n" };
    let length = body.len();
    let message = format!(
        "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(message.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}

fn signed_in(method: &str, path: &str, user: &str, password: &str, body: &str) -> String {
    format!("{method} {path}\nAuthorization: Basic {}\n\n{body}", STANDARD.encode(format!("{user}:{password}")))
}

fn mobilesync(email: &str) -> String {
    exdiag::protocol::pox::mobilesync_request(email)
}

#[tokio::test]
async fn rfc1035_the_name_server_answers_by_udp_and_tcp_alike() {
    let world = World::of("healthy").await;
    let by_udp = world.ask_dns("AutoDiscover.Corp.Example", RecordType::A).await;
    assert_eq!((by_udp.metadata.response_code, by_udp.answers.len()), (ResponseCode::NoError, 1));
    let mut stream = TcpStream::connect(world.name_server).await.unwrap();
    let question = question("AutoDiscover.Corp.Example", RecordType::A).to_vec().unwrap();
    stream.write_u16(u16::try_from(question.len()).unwrap()).await.unwrap();
    stream.write_all(&question).await.unwrap();
    let mut answer = vec![0; usize::from(stream.read_u16().await.unwrap())];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(Message::from_vec(&answer).unwrap(), by_udp);
}

#[tokio::test]
async fn rfc2308_negative_answers_hold_the_soa_of_the_zone() {
    let world = World::of("healthy").await;
    for (name, rtype, code, zone) in [
        ("nothing.corp.example", RecordType::A, ResponseCode::NXDomain, "corp.example."),
        ("mail.corp.example", RecordType::AAAA, ResponseCode::NoError, "corp.example."),
        ("example", RecordType::A, ResponseCode::NoError, "."),
        ("exch01.corp.local", RecordType::A, ResponseCode::NXDomain, "."),
    ] {
        let answer = world.ask_dns(name, rtype).await;
        assert_eq!((answer.metadata.response_code, answer.answers.len()), (code, 0), "{name}");
        let soa = &answer.authorities[0];
        assert_eq!((soa.record_type(), soa.name.to_ascii().as_str()), (RecordType::SOA, zone), "{name}");
    }
}

#[tokio::test]
async fn dns_faults_are_as_declared() {
    let dangling = World::of("dangling-alias").await.ask_dns("autodiscover.corp.example", RecordType::A).await;
    assert_eq!(dangling.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(dangling.answers[0].record_type(), RecordType::CNAME);
    let broken = World::of("dns-servfail").await.ask_dns("corp.example", RecordType::MX).await;
    assert_eq!(broken.metadata.response_code, ResponseCode::ServFail);
    let gone = World::of("domain-not-found").await.ask_dns("corp.example", RecordType::A).await;
    assert_eq!(gone.metadata.response_code, ResponseCode::NXDomain);
    let silent = World::of("dns-silent").await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let question = question("corp.example", RecordType::A).to_vec().unwrap();
    socket.send_to(&question, silent.name_server).await.unwrap();
    assert!(timeout(SILENCE, socket.recv(&mut [0; 512])).await.is_err());
}

#[tokio::test]
async fn exchange_is_what_a_client_meets_without_credentials() {
    let world = World::of("healthy").await;
    let options = world.https(MAIL, &format!("OPTIONS {ACTIVESYNC}")).await;
    assert_eq!(
        (options.status, options.headers("www-authenticate")),
        (401, vec![r#"Basic realm="mail.corp.example""#])
    );
    assert_eq!(options.headers("server"), ["Microsoft-IIS/10.0"]);
    assert!(!options.headers("request-id").is_empty() && !options.headers("x-feserver").is_empty());

    let bearer = world.https(MAIL, &format!("GET {ACTIVESYNC}\nAuthorization: Bearer ")).await;
    assert!(bearer.headers("www-authenticate")[0].starts_with("Bearer client_id="), "{}", bearer.head);
    assert!(bearer.headers("x-ms-diagnostics")[0].starts_with("4000000;"));

    let pox =
        world.https("autodiscover.corp.example", &format!("POST {XML}\n\n{}", mobilesync("anna@corp.example"))).await;
    assert_eq!((pox.status, pox.headers("www-authenticate").len()), (401, 3));
    assert_eq!(pox.headers("x-soap-enabled"), ["True"]);

    let v2 = world.https("autodiscover.corp.example", &format!("GET {JSON}")).await;
    assert_eq!(v2.status, 200);
    let json: serde_json::Value = serde_json::from_slice(&v2.body).unwrap();
    assert_eq!(json["Url"], "https://mail.corp.example/Microsoft-Server-ActiveSync");
    assert_eq!(world.https("corp.example", &format!("POST {XML}")).await.status, 404);

    let journal = world.lab.journal();
    assert_eq!(journal.len(), 5);
    assert!(journal.iter().all(|entry| entry.tls && !entry.credential), "{journal:?}");
    assert_eq!(journal[1].scheme.as_deref(), Some("Bearer"));
    assert_eq!((journal[3].host.as_str(), journal[3].path.as_str()), ("autodiscover.corp.example", JSON));
}

#[tokio::test]
async fn ms_ascmd_a_signed_in_user_gets_the_address_and_the_protocol() {
    let world = World::of("healthy-signed-in").await;
    let password = world.lab.password.clone().unwrap();
    let ask = |method: &str, path: &str, body: &str| signed_in(method, path, "Anna@corp.example", &password, body);
    let pox = world.https(MAIL, &ask("POST", XML, &mobilesync("anna@corp.example"))).await;
    assert_eq!(pox.status, 200);
    assert!(pox.text().contains("<autodiscover:Type>MobileSync</autodiscover:Type>"), "{}", pox.text());
    let browser = world.https(MAIL, &ask("GET", XML, "")).await;
    assert!(browser.text().contains("<ErrorCode>600</ErrorCode>"), "{}", browser.text());
    let options = world.https(MAIL, &ask("OPTIONS", ACTIVESYNC, "")).await;
    assert_eq!((options.status, options.headers("ms-server-activesync")), (200, vec!["15.2"]));
    assert!(options.headers("ms-asprotocolversions")[0].ends_with("16.1"));
    let wrong = world.https(MAIL, &signed_in("OPTIONS", ACTIVESYNC, "anna@corp.example", "wrong", "")).await;
    assert_eq!(wrong.status, 401);
    let journal = world.lab.journal();
    assert!(journal.iter().all(|entry| entry.credential && entry.scheme.as_deref() == Some("Basic")));
}

#[tokio::test]
async fn every_sign_in_fault_answers_as_declared() {
    for (name, status, header) in [
        ("wrong-password", 401, "www-authenticate"),
        ("password-expired", 457, "x-ms-credential-service-url"),
        ("account-blocked", 456, "x-ms-credential-service-url"),
        ("moved-mailbox", 451, "x-ms-location"),
        ("old-protocol", 200, "ms-asprotocolversions"),
    ] {
        let world = World::of(name).await;
        let password = world.lab.password.clone().unwrap();
        let answer = world.https(MAIL, &signed_in("OPTIONS", ACTIVESYNC, "anna@corp.example", &password, "")).await;
        assert_eq!(answer.status, status, "{name}");
        assert!(!answer.headers(header).is_empty(), "{name}: {}", answer.head);
    }
}

#[tokio::test]
async fn every_answer_in_place_of_exchange_is_as_declared() {
    for (name, request, status, server) in [
        ("not-published", format!("OPTIONS {ACTIVESYNC}"), 404, "Microsoft-IIS/10.0"),
        ("forbidden", format!("OPTIONS {ACTIVESYNC}"), 403, "Microsoft-IIS/10.0"),
        ("options-blocked", format!("OPTIONS {ACTIVESYNC}"), 405, "Apache"),
        ("options-blocked", format!("POST {ACTIVESYNC}"), 401, "Microsoft-IIS/10.0"),
        ("preauthentication", format!("OPTIONS {ACTIVESYNC}"), 302, "BigIP"),
        ("app-pool-stopped", format!("OPTIONS {ACTIVESYNC}"), 503, "Microsoft-HTTPAPI/2.0"),
        ("eas-server-error", format!("OPTIONS {ACTIVESYNC}"), 500, "Microsoft-IIS/10.0"),
        ("server-error", format!("GET {JSON}"), 500, "Microsoft-IIS/10.0"),
        ("windows-only", format!("OPTIONS {ACTIVESYNC}"), 401, "Microsoft-IIS/10.0"),
        ("exchange-2013", format!("GET {JSON}"), 404, "Microsoft-IIS/10.0"),
        ("healthy-modern-auth", format!("OPTIONS {ACTIVESYNC}"), 401, "Microsoft-IIS/10.0"),
    ] {
        let answer = World::of(name).await.https(MAIL, &request).await;
        assert_eq!((answer.status, answer.headers("server")), (status, vec![server]), "{name}");
        let offers = answer.headers("www-authenticate").join(" ");
        match name {
            "windows-only" => assert_eq!(offers, "Negotiate NTLM"),
            "healthy-modern-auth" => assert!(offers.contains("authorization_uri=") && offers.contains("Basic")),
            _ => {}
        }
    }
}

#[tokio::test]
async fn rfc5280_each_chain_is_sent_and_judged_as_declared() {
    for (name, length, error) in [
        ("healthy", 2, None),
        ("intermediate-missing", 1, Some("UnknownIssuer")),
        ("intermediate-wrong", 2, Some("UnknownIssuer")),
        ("intermediate-expired", 2, Some("Expired")),
        ("chain-order", 3, None),
        ("expired", 2, Some("Expired")),
        ("not-yet-valid", 2, Some("NotValidYet")),
        ("expires-soon", 2, None),
        ("name-mismatch", 2, Some("NotValidForName")),
        ("self-signed", 1, Some("UnknownIssuer")),
        ("private-ca", 3, Some("UnknownIssuer")),
    ] {
        let world = World::of(name).await;
        let (_, shown) = world.handshake("203.0.113.7", MAIL).await.unwrap();
        assert_eq!(shown.chain.len(), length, "{name}");
        match error {
            None => assert_eq!(shown.error, None, "{name}"),
            Some(error) => assert!(shown.error.clone().unwrap().contains(error), "{name}: {:?}", shown.error),
        }
    }
}

#[tokio::test]
async fn healthy_nodes_share_their_certificate() {
    let world = World::of("healthy-two-nodes").await;
    let addresses = world.addresses(MAIL).await;
    assert_eq!(addresses, ["203.0.113.7", "[2001:db8::7]"]);
    let first = world.handshake(&addresses[0], MAIL).await.unwrap().1;
    assert_eq!(world.handshake(&addresses[1], MAIL).await.unwrap().1.chain, first.chain);
}

#[tokio::test]
async fn only_the_forgotten_node_lacks_the_intermediate() {
    let world = World::of("forgotten-node").await;
    assert_eq!(world.addresses(MAIL).await, ["203.0.113.7", "203.0.113.8"]);
    assert_eq!(world.handshake("203.0.113.7", MAIL).await.unwrap().1.error, None);
    assert_eq!(world.handshake("203.0.113.8", MAIL).await.unwrap().1.chain.len(), 1);
}

#[tokio::test]
async fn rfc5280_4_2_2_1_the_missing_issuer_lies_where_aia_says() {
    let world = World::of("intermediate-missing").await;
    let (_, shown) = world.handshake("203.0.113.7", MAIL).await.unwrap();
    let (_, leaf) = x509_parser::parse_x509_certificate(&shown.chain[0]).unwrap();
    let url = leaf.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        x509_parser::extensions::ParsedExtension::AuthorityInfoAccess(access) => {
            access.accessdescs.first().map(|first| first.access_location.to_string())
        }
        _ => None,
    });
    assert!(url.unwrap().contains("http://aia.corp.example/r1.der"));
    let address = world.addresses("aia.corp.example").await.remove(0);
    let stream = world.connect(&address, 80).await.unwrap();
    let answer = exchange(stream, "aia.corp.example", "GET /r1.der").await;
    let (_, issuer) = x509_parser::parse_x509_certificate(&answer.body).unwrap();
    assert_eq!(issuer.subject(), leaf.issuer());
    assert!(issuer.subject().to_string().contains("Lab Issuing CA R1"));
}

#[tokio::test]
async fn a_closed_port_refuses_and_a_firewall_stays_silent() {
    let closed = World::of("port-closed").await;
    assert_eq!(closed.connect("203.0.113.7", 443).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(closed.connect("203.0.113.7", 80).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    let dropping = World::of("firewall-drops").await;
    match timeout(SILENCE, dropping.connect("203.0.113.7", 443)).await {
        Err(_) => {}
        // where the system cannot drop, nobody answers
        Ok(stream) => assert!(timeout(SILENCE, stream.unwrap().read(&mut [0; 1])).await.is_err()),
    }
    let dead = World::of("ipv6-dead").await;
    assert_eq!(dead.addresses(MAIL).await, ["203.0.113.7", "[2001:db8::7]"]);
}

#[tokio::test]
async fn what_is_not_tls_and_who_wants_a_certificate() {
    let plain = World::of("plain-http-on-443").await;
    assert!(plain.handshake("203.0.113.7", MAIL).await.is_err());
    let stream = plain.connect("203.0.113.7", 443).await.unwrap();
    assert_eq!(exchange(stream, MAIL, "GET /").await.status, 200);
    let in_time = World::of("client-certificate").await;
    let error = in_time.handshake("203.0.113.7", MAIL).await.unwrap_err();
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
    let late = World::of("client-certificate-late").await;
    // RFC 8446, 4.4.2.4: the client learns of it only by what it reads next
    let (mut stream, shown) = late.handshake("203.0.113.7", MAIL).await.unwrap();
    assert_eq!(shown.error, None);
    let error = stream.read(&mut [0; 1]).await.unwrap_err();
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
}

#[tokio::test]
async fn the_sync_service_answers_only_its_key() {
    let world = World::of("healthy-sync").await;
    let grant = find("healthy-sync").unwrap().options[3];
    let path = format!("/v3/grants/{grant}");
    assert_eq!(world.https("api.nylas.example", &format!("GET {path}")).await.status, 401);
    let key = format!("Authorization: Bearer {}", world.lab.service_key.as_deref().unwrap());
    let answer = world.https("api.nylas.example", &format!("GET {path}\n{key}")).await;
    let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((&json["data"]["grant_status"], &json["data"]["provider"]), (&"valid".into(), &"ews".into()));
    let messages = world.https("api.nylas.example", &format!("GET {path}/messages?limit=1\n{key}")).await;
    assert!(messages.text().contains("\"date\""));
    let unknown = World::of("grant-unknown").await;
    assert_eq!(unknown.https("api.nylas.example", &format!("GET {path}\n{key}")).await.status, 404);
}

#[tokio::test]
async fn nothing_leads_out_of_loopback() {
    for scenario in scenarios() {
        let lab = Lab::start(scenario, LabOptions::default()).await.unwrap();
        let world = World::around(lab);
        assert!(world.name_server.ip().is_loopback());
        assert!(world.connect_to.values().all(|place| place.ip().is_loopback()), "{}", scenario.name);
        for address in scenario.addresses() {
            let host = if address.is_ipv6() { format!("[{address}]:") } else { format!("{address}:") };
            assert!(world.connect_to.contains_key(&host), "{}: {address} is asked for real", scenario.name);
        }
    }
}

#[tokio::test]
async fn a_round_trip_delays_each_flight_of_the_server() {
    let round_trip = Duration::from_millis(40);
    let lab = Lab::start(find("healthy").unwrap(), LabOptions { round_trip }).await.unwrap();
    let world = World::around(lab);
    let start = Instant::now();
    world.ask_dns(MAIL, RecordType::A).await;
    assert!(start.elapsed() >= round_trip);
    let start = Instant::now();
    let (stream, _) = world.handshake("203.0.113.7", MAIL).await.unwrap();
    let shaken = start.elapsed();
    assert!(shaken >= round_trip, "{shaken:?}");
    let start = Instant::now();
    assert_eq!(exchange(stream, MAIL, &format!("OPTIONS {ACTIVESYNC}")).await.status, 401);
    let answered = start.elapsed();
    // session tickets travel beside the answer, not before it
    assert!(answered >= round_trip && answered < 2 * round_trip + Duration::from_millis(30), "{answered:?}");
}

#[tokio::test]
async fn it_ends_when_it_is_dropped() {
    let world = World::of("healthy").await;
    let place = world.connect_to["203.0.113.7:443"];
    let root = world.lab.arguments()[4].clone();
    assert!(TcpStream::connect(place).await.is_ok() && std::path::Path::new(&root).exists());
    drop(world);
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(place).await.is_err() && !std::path::Path::new(&root).exists());
}
