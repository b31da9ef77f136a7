//! Can the certificate of the server be trusted: its name, dates, key, signature and origin?
//!
//! Missing or wrong intermediates are the business of `tls-intermediate`. That no TCP connection
//! comes about is told by `activesync`, that no handshake does by `tls-protocol`.

use super::{common, tls_rules};
use crate::evidence::{Stop, View};
use crate::finding::{Code, Finding, Outcome, Sentence, Severity};
use crate::order;
use crate::protocol::chain::{self, AddressTls, ChainAnalysis, End, HostTls};
use crate::protocol::clients;
use crate::protocol::differences::{self, Age, Difference};
use crate::protocol::path::{self, Fault, FaultKind};
use crate::protocol::x509::{AltName, Certificate, Name, Validity};
use crate::{findings, text};
use jiff::Timestamp;

const DAY: i64 = 86_400;

findings! {
    NAME_MISMATCH = "tls.name-mismatch", Fail, Exchange {
        title { en: "The certificate of {server} is for other names: {presented}", de: "Das Zertifikat von {server} gilt für andere Namen: {presented}" }
        meaning {
            en: "Clients ask for {host}, and the certificate does not hold that name. A wildcard covers exactly one label, neither the bare domain nor names two levels down.",
            de: "Clients fragen nach {host}, und das Zertifikat enthält diesen Namen nicht. Ein Platzhalter (*) steht für genau eine Namensstufe, weder für die Domain selbst noch für tiefere Namen.",
        }
        remedy { en: "Bind a certificate that holds {host}", de: "Binden Sie ein Zertifikat, das {host} enthält" }
        steps [
            { en: "See which certificates are there and for which names:", de: "Sehen Sie nach, welche Zertifikate da sind und für welche Namen:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,CertificateDomains,NotAfter,Services" },
            { en: "Bind the right one (request a new one where none holds the name):", de: "Binden Sie das richtige (fordern Sie ein neues an, wenn keines den Namen enthält):", Powershell "Enable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
            { en: "Where a reverse proxy or hosting server answers for {host}, install the certificate there, or correct the DNS record.", de: "Antwortet ein Reverse-Proxy oder Webhoster für {host}, installieren Sie das Zertifikat dort oder berichtigen Sie den DNS-Eintrag." },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/ssl-certificate-name-mismatch"]
    }
    SAN_MISSING = "tls.san-missing", Fail, Exchange {
        title { en: "The certificate of {server} holds no subject alternative name", de: "Das Zertifikat von {server} enthält keinen alternativen Antragstellernamen (SAN)" }
        meaning {
            en: "Clients of today read only the subject alternative names and ignore the common name (RFC 9525). For them this certificate is for no host at all.",
            de: "Heutige Clients lesen nur die alternativen Antragstellernamen (SAN), nicht den allgemeinen Namen (CN) (RFC 9525). Für sie gilt dieses Zertifikat für keinen Host.",
        }
        remedy { en: "Request a certificate with {host} among its alternative names", de: "Fordern Sie ein Zertifikat an, das {host} als alternativen Namen enthält" }
        steps [
            { en: "Request it from the certificate authority, install it and bind it:", de: "Fordern Sie es bei der Zertifizierungsstelle an, installieren und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc9525"]
    }
    EXPIRED = "tls.expired", Fail, Exchange {
        title { en: "The certificate of {server} expired on {date}", de: "Das Zertifikat von {server} ist am {date} abgelaufen" }
        meaning { en: "No client accepts an expired certificate.", de: "Kein Client akzeptiert ein abgelaufenes Zertifikat." }
        remedy { en: "Renew the certificate and bind the new one", de: "Erneuern Sie das Zertifikat und binden Sie das neue" }
        steps [
            { en: "See whether the new one is already there; the expired one has the thumbprint {thumbprint}:", de: "Sehen Sie nach, ob das neue schon da ist; das abgelaufene hat den Fingerabdruck {thumbprint}:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,CertificateDomains,NotAfter,Services" },
            { en: "Bind the new one:", de: "Binden Sie das neue:", Powershell "Enable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS\niisreset" },
            { en: "Where a reverse proxy or balancer ends the TLS connection, replace the certificate there too.", de: "Endet die TLS-Verbindung an einem Reverse-Proxy oder Load Balancer, tauschen Sie das Zertifikat auch dort." },
        ]
        links ["https://microsoft.github.io/CSS-Exchange/Diagnostics/HealthChecker/CertificateCheck/"]
    }
    NOT_YET_VALID = "tls.not-yet-valid", Fail, Exchange {
        title { en: "The certificate of {server} is valid only from {date} on", de: "Das Zertifikat von {server} ist erst ab {date} gültig" }
        meaning {
            en: "Clients refuse a certificate whose time has not come. If {date} is in the past, the clock of the machine that ran exdiag is wrong.",
            de: "Clients lehnen ein Zertifikat ab, dessen Laufzeit noch nicht begonnen hat. Liegt {date} in der Vergangenheit, geht die Uhr des Rechners falsch, auf dem exdiag lief.",
        }
        remedy { en: "Check the clocks, and bind a certificate that is valid today", de: "Prüfen Sie die Uhren, und binden Sie ein Zertifikat, das heute gültig ist" }
        steps [
            { en: "Compare the time of this machine:", de: "Vergleichen Sie die Zeit dieses Rechners:", Shell "date -u" },
            { en: "On the Exchange server, bind the certificate that is valid now:", de: "Binden Sie auf dem Exchange-Server das jetzt gültige Zertifikat:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,NotBefore,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5"]
    }
    EXPIRES_SOON = "tls.expires-soon", Warn, Exchange {
        title { en: "The certificate of {server} expires on {date}, in {days} {days|day|days}", de: "Das Zertifikat von {server} läuft am {date} ab, in {days} {days|Tag|Tagen}" }
        meaning {
            en: "Less than a quarter of its lifetime is left, so an automatic renewal should have happened by now. After that day no client connects any more.",
            de: "Weniger als ein Viertel der Laufzeit ist übrig, eine automatische Erneuerung hätte schon stattfinden sollen. Nach diesem Tag verbindet sich kein Client mehr.",
        }
        remedy { en: "Renew the certificate", de: "Erneuern Sie das Zertifikat" }
        steps [
            { en: "Renew it, or look at why the automatic renewal did not happen, then bind the new one:", de: "Erneuern Sie es, oder prüfen Sie, warum die automatische Erneuerung ausblieb; binden Sie dann das neue:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,CertificateDomains,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://microsoft.github.io/CSS-Exchange/Diagnostics/HealthChecker/CertificateCheck/"]
    }
    SELF_SIGNED = "tls.self-signed", Fail, Exchange {
        title { en: "The certificate of {server} is self-signed", de: "Das Zertifikat von {server} ist selbstsigniert" }
        meaning {
            en: "No authority vouches for it, so only devices on which it was installed by hand accept it. Exchange makes such a certificate (\"{subject}\") when it is installed; it is not meant for clients.",
            de: "Keine Zertifizierungsstelle bürgt dafür, also akzeptieren es nur Geräte, auf denen es von Hand installiert wurde. Exchange legt ein solches Zertifikat („{subject}“) bei der Installation an; für Clients ist es nicht gedacht.",
        }
        remedy { en: "Bind a certificate of a public authority", de: "Binden Sie ein Zertifikat einer öffentlichen Zertifizierungsstelle" }
        steps [
            { en: "See whether one is already there:", de: "Sehen Sie nach, ob schon eines da ist:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Issuer,CertificateDomains,IsSelfSigned,Services" },
            { en: "Bind it:", de: "Binden Sie es:", Powershell "Enable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS\niisreset" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/new-exchangecertificate"]
    }
    PRIVATE_CA = "tls.private-ca", Fail, Exchange {
        title { en: "The certificate of {server} leads to \"{root}\", which is in none of the trust stores looked into", de: "Das Zertifikat von {server} führt zu „{root}“, das in keinem der geprüften Zertifikatspeicher steht" }
        meaning {
            en: "{complete}; it ends at a root that is not publicly trusted, as that of a company's own authority. Devices accept it only where that root was installed; sync services outside never do.",
            de: "{complete}; sie endet an einem Stammzertifikat, dem die Öffentlichkeit nicht vertraut, etwa dem einer firmeneigenen Zertifizierungsstelle. Geräte akzeptieren sie nur, wenn dieses Stammzertifikat installiert wurde; Sync-Dienste außerhalb nie.",
        }
        remedy { en: "Use a certificate of a public authority for what clients outside reach", de: "Verwenden Sie für alles, was Clients von außen erreichen, ein Zertifikat einer öffentlichen Zertifizierungsstelle" }
        steps [
            { en: "Request a public certificate for {host}, install it and bind it:", de: "Fordern Sie ein öffentliches Zertifikat für {host} an, installieren und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS\niisreset" },
            { en: "If only managed devices connect, count the root as installed and look again:", de: "Verbinden sich nur verwaltete Geräte, geben Sie das Stammzertifikat als installiert an und prüfen Sie erneut:", Shell "exdiag tls {endpoint} --cacert root.pem" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/ssl-certificate-trust-failure"]
    }
    WEAK_KEY = "tls.weak-key", Fail, Exchange {
        title { en: "The key of \"{certificate}\" that {server} sends is too weak ({key})", de: "Der Schlüssel von „{certificate}“, das {server} sendet, ist zu schwach ({key})" }
        meaning { en: "Current clients refuse RSA keys below 2048 bits and curves below 256 bits.", de: "Aktuelle Clients lehnen RSA-Schlüssel unter 2048 Bit und Kurven unter 256 Bit ab." }
        remedy { en: "Request a new certificate with RSA 2048 or larger", de: "Fordern Sie ein neues Zertifikat mit RSA 2048 oder größer an" }
        steps [
            { en: "Install the new certificate with its chain and bind it:", de: "Installieren Sie das neue Zertifikat samt Kette und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://support.apple.com/103769"]
    }
    WEAK_SIGNATURE = "tls.weak-signature", Fail, Exchange {
        title { en: "\"{certificate}\" that {server} sends is signed with {algorithm}", de: "„{certificate}“, das {server} sendet, ist mit {algorithm} signiert" }
        meaning { en: "Clients have refused such signatures for years, because they can be forged.", de: "Clients lehnen solche Signaturen seit Jahren ab, weil sie gefälscht werden können." }
        remedy { en: "Have the certificate reissued with SHA-256", de: "Lassen Sie das Zertifikat mit SHA-256 neu ausstellen" }
        steps [
            { en: "Install the new certificate with its chain and bind it:", de: "Installieren Sie das neue Zertifikat samt Kette und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc9155"]
    }
    WRONG_PURPOSE = "tls.wrong-purpose", Fail, Exchange {
        title { en: "\"{certificate}\" in the chain of {server} is not meant for servers", de: "„{certificate}“ in der Kette von {server} ist nicht für Server bestimmt" }
        meaning {
            en: "Its extended key usage does not hold server authentication, so clients refuse it for TLS. It was issued from the wrong template.",
            de: "Die erweiterte Schlüsselverwendung enthält keine Serverauthentifizierung, deshalb lehnen Clients es für TLS ab. Es wurde mit der falschen Vorlage ausgestellt.",
        }
        remedy { en: "Have it reissued as a web server certificate", de: "Lassen Sie es als Webserver-Zertifikat neu ausstellen" }
        steps [
            { en: "Request it with the template \"Web Server\" (or from a public authority) and bind it:", de: "Fordern Sie es mit der Vorlage „Webserver“ (oder bei einer öffentlichen Stelle) an und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12"]
    }
    NOT_A_CA = "tls.not-a-ca", Fail, Exchange {
        title { en: "{server} sends \"{certificate}\" as an authority, but it may not sign certificates", de: "{server} sendet „{certificate}“ als Zertifizierungsstelle, es darf aber keine Zertifikate signieren" }
        meaning {
            en: "A certificate in the chain was signed with a certificate that is not an authority's (basicConstraints or keyUsage, RFC 5280). Every client refuses such a chain.",
            de: "Ein Zertifikat der Kette wurde mit einem signiert, das keiner Zertifizierungsstelle gehört (basicConstraints oder keyUsage, RFC 5280). Jeder Client lehnt eine solche Kette ab.",
        }
        remedy { en: "Use a certificate that a real authority has issued", de: "Verwenden Sie ein Zertifikat, das eine echte Zertifizierungsstelle ausgestellt hat" }
        steps [
            { en: "Request a certificate for {host} from an authority, install it and bind it:", de: "Fordern Sie ein Zertifikat für {host} bei einer Zertifizierungsstelle an, installieren und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9"]
    }
    NAME_CONSTRAINT = "tls.name-constraint", Fail, Exchange {
        title { en: "\"{constrained_by}\" in the chain of {server} may not issue certificates for {name}", de: "„{constrained_by}“ in der Kette von {server} darf keine Zertifikate für {name} ausstellen" }
        meaning {
            en: "That authority carries name constraints, and \"{certificate}\" below it holds a name that they do not allow. Clients refuse the chain, even where the name asked for is allowed.",
            de: "Diese Zertifizierungsstelle trägt Namenseinschränkungen, und „{certificate}“ unter ihr enthält einen Namen, den sie nicht zulassen. Clients lehnen die Kette ab, selbst wenn der gefragte Name erlaubt ist.",
        }
        remedy { en: "Have a certificate issued that holds only allowed names", de: "Lassen Sie ein Zertifikat ausstellen, das nur erlaubte Namen enthält" }
        steps [
            { en: "Compare the names ({presented}) with the constraints of the authority, request anew and bind it:", de: "Vergleichen Sie die Namen ({presented}) mit den Einschränkungen der Stelle, fordern Sie neu an und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10"]
    }
    PATH_TOO_LONG = "tls.path-too-long", Fail, Exchange {
        title { en: "The chain of {server} is longer than \"{limited_by}\" in it allows", de: "Die Kette von {server} ist länger, als „{limited_by}“ darin erlaubt" }
        meaning {
            en: "That authority limits to {limit} how many others may follow below it (pathLenConstraint), and \"{certificate}\" is one too many. Clients refuse the chain.",
            de: "Diese Stelle begrenzt auf {limit}, wie viele weitere unter ihr stehen dürfen (pathLenConstraint), und „{certificate}“ ist eine zu viel. Clients lehnen die Kette ab.",
        }
        remedy { en: "Have the certificate issued by an authority that is allowed to", de: "Lassen Sie das Zertifikat von einer Stelle ausstellen, die das darf" }
        steps [
            { en: "Request it anew, install it with its chain and bind it:", de: "Fordern Sie es neu an, installieren Sie es samt Kette und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9"]
    }
    CA_AS_SERVER = "tls.ca-as-server", Warn, Exchange {
        title { en: "{server} uses the certificate of a certification authority as its own", de: "{server} verwendet das Zertifikat einer Zertifizierungsstelle als sein eigenes" }
        meaning {
            en: "The server's certificate is marked as an authority's (CA:TRUE). Some clients refuse that, and whoever has its key could issue certificates for any name.",
            de: "Das Serverzertifikat ist als das einer Zertifizierungsstelle gekennzeichnet (CA:TRUE). Manche Clients lehnen das ab, und wer den Schlüssel hat, könnte Zertifikate für beliebige Namen ausstellen.",
        }
        remedy { en: "Bind a certificate that is a server's only", de: "Binden Sie ein Zertifikat, das nur dem Server gehört" }
        steps [
            { en: "Request a certificate for {host} and bind it:", de: "Fordern Sie ein Zertifikat für {host} an und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9"]
    }
    ALGORITHM_UNUSUAL = "tls.algorithm-unusual", Warn, Exchange {
        title { en: "The chain of {server} uses a kind of key or signature that not every client can check", de: "Die Kette von {server} nutzt eine Schlüssel- oder Signaturart, die nicht jeder Client prüfen kann" }
        meaning {
            en: "Keys and signatures in the chain: {algorithms}. exdiag cannot check all of them, and some clients cannot either; names and key identifiers fit together.",
            de: "Schlüssel und Signaturen der Kette: {algorithms}. exdiag kann nicht alle prüfen, und manche Clients auch nicht; Namen und Schlüsselkennungen passen zueinander.",
        }
        remedy { en: "Prefer RSA 2048 to 4096, P-256 or P-384 with SHA-256 or SHA-384", de: "Bevorzugen Sie RSA 2048 bis 4096, P-256 oder P-384 mit SHA-256 oder SHA-384" }
        steps [
            { en: "Check with a client of the kind that fails:", de: "Prüfen Sie mit einem Client der Art, die scheitert:", Shell "openssl s_client -connect {host}:{port} -servername {host} -showcerts </dev/null" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc8446#section-4.2.3"]
    }
    ADDRESSES_DIFFER = "tls.addresses-differ", Warn, Network {
        title { en: "{odd}, of the addresses of {host}, differs from the others: {differences}", de: "{odd}, von den Adressen von {host}, weicht von den übrigen ab: {differences}" }
        meaning {
            en: "What a client sees depends on the address it happens to get, so a fault shows only sometimes. Usually one node was forgotten when the certificate was renewed or the settings were changed.",
            de: "Was ein Client sieht, hängt von der Adresse ab, die er zufällig bekommt; ein Fehler zeigt sich dann nur manchmal. Meist wurde beim Erneuern des Zertifikats oder beim Umstellen ein Knoten vergessen.",
        }
        remedy { en: "Install the same certificate, chain and TLS settings on every node", de: "Richten Sie auf jedem Knoten dasselbe Zertifikat, dieselbe Kette und dieselben TLS-Einstellungen ein" }
        steps [
            { en: "On each node behind {host}, compare thumbprint and end date:", de: "Vergleichen Sie auf jedem Knoten hinter {host} Fingerabdruck und Ablaufdatum:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,NotAfter,Services" },
            { en: "Look at one address alone:", de: "Sehen Sie sich eine Adresse allein an:", Shell "openssl s_client -connect {one}:{port} -servername {host} -showcerts </dev/null" },
        ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/load-balancing"]
    }
    MALFORMED = "tls.malformed-certificate", Fail, Exchange {
        title { en: "A certificate that {server} sends cannot be read ({problem})", de: "Ein Zertifikat, das {server} sendet, ist nicht lesbar ({problem})" }
        meaning {
            en: "Certificate {index} of the chain (counted from 0) breaks the rules of its format, so clients refuse it or read it differently.",
            de: "Zertifikat {index} der Kette (ab 0 gezählt) verletzt die Regeln seines Formats; Clients lehnen es ab oder lesen es verschieden.",
        }
        remedy { en: "Have the certificate reissued", de: "Lassen Sie das Zertifikat neu ausstellen" }
        steps [
            { en: "Look at it as sent:", de: "Sehen Sie es sich an, wie es gesendet wird:", Shell "openssl s_client -connect {host}:{port} -servername {host} -showcerts </dev/null" },
            { en: "Install the new certificate with its chain and bind it:", de: "Installieren Sie das neue Zertifikat samt Kette und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-4.1"]
    }
    SIGNATURE_INVALID = "tls.signature-invalid", Fail, Exchange {
        title { en: "The signature of \"{certificate}\" that {server} sends is not valid", de: "Die Signatur von „{certificate}“, das {server} sendet, ist ungültig" }
        meaning {
            en: "The certificate names its issuer and that issuer's key, but the signature does not fit: it was altered or damaged after it was issued. Every client refuses it.",
            de: "Das Zertifikat nennt seinen Aussteller und dessen Schlüssel, aber die Signatur passt nicht dazu: Es wurde nach der Ausstellung verändert oder beschädigt. Jeder Client lehnt es ab.",
        }
        remedy { en: "Install the certificate again from the file that the authority delivered", de: "Installieren Sie das Zertifikat erneut aus der Datei, die die Zertifizierungsstelle geliefert hat" }
        steps [
            { en: "Import the delivered file and bind the certificate:", de: "Importieren Sie die gelieferte Datei und binden Sie das Zertifikat:", Powershell "Import-ExchangeCertificate -FileData ([System.IO.File]::ReadAllBytes('C:\\certificate.cer'))\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
            { en: "If it is not your server that sends it, a device in between replaces certificates: look there.", de: "Sendet es nicht Ihr Server, tauscht ein Gerät dazwischen Zertifikate aus: Prüfen Sie dort." },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-4.1.1.3"]
    }
    UNKNOWN_CRITICAL = "tls.unknown-critical-extension", Fail, Exchange {
        title { en: "\"{certificate}\" that {server} sends carries a critical extension that clients do not know ({oid})", de: "„{certificate}“, das {server} sendet, trägt eine kritische Erweiterung, die Clients nicht kennen ({oid})" }
        meaning {
            en: "Whoever does not know an extension marked critical must refuse the certificate (RFC 5280, 4.2), and clients do.",
            de: "Wer eine als kritisch markierte Erweiterung nicht kennt, muss das Zertifikat ablehnen (RFC 5280, 4.2), und Clients tun das.",
        }
        remedy { en: "Have it reissued without that extension, or with the extension not critical", de: "Lassen Sie es ohne diese Erweiterung oder mit nicht kritischer Erweiterung neu ausstellen" }
        steps [
            { en: "Correct the certificate template at the authority, request anew and bind it:", de: "Berichtigen Sie die Zertifikatvorlage bei der Zertifizierungsstelle, fordern Sie neu an und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-4.2"]
    }
    POLICY_REQUIRED = "tls.policy-required", Fail, Exchange {
        title { en: "The chain of {server} breaks the policy rules of an authority in it", de: "Die Kette von {server} verletzt die Richtlinienregeln einer Zertifizierungsstelle darin" }
        meaning {
            en: "An authority in the chain requires that a certificate policy holds for all below it, and for \"{certificate}\" none does (RFC 5280, 6.1). Clients that process policies refuse the chain.",
            de: "Eine Zertifizierungsstelle der Kette verlangt, dass eine Zertifikatrichtlinie für alles unter ihr gilt, und für „{certificate}“ gilt keine (RFC 5280, 6.1). Clients, die Richtlinien auswerten, lehnen die Kette ab.",
        }
        remedy { en: "Have the certificate issued with a policy that the authority allows", de: "Lassen Sie das Zertifikat mit einer Richtlinie ausstellen, die die Stelle zulässt" }
        steps [
            { en: "Request it anew, install it with its chain and bind it:", de: "Fordern Sie es neu an, installieren Sie es samt Kette und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-6.1"]
    }
    ROOT_EXPIRED = "tls.root-expired", Fail, Exchange {
        title { en: "The chain of {server} leads to the root \"{certificate}\", which is valid only from {from} to {to}", de: "Die Kette von {server} führt zum Stammzertifikat „{certificate}“, das nur von {from} bis {to} gilt" }
        meaning {
            en: "The root is in the trust store, but its own time is over or has not come. OpenSSL, Go, Java and browsers refuse it; a few clients do not look.",
            de: "Das Stammzertifikat steht im Zertifikatspeicher, aber seine eigene Laufzeit ist vorbei oder hat nicht begonnen. OpenSSL, Go, Java und Browser lehnen es ab; wenige Clients sehen nicht hin.",
        }
        remedy { en: "Use a certificate whose chain leads to a root that is valid", de: "Verwenden Sie ein Zertifikat, dessen Kette zu einem gültigen Stammzertifikat führt" }
        steps [
            { en: "Request a certificate for {host} from an authority whose root is valid, install it with its chain and bind it:", de: "Fordern Sie ein Zertifikat für {host} bei einer Stelle an, deren Stammzertifikat gültig ist, installieren Sie es samt Kette und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
            { en: "Where it is a company's own root, renew it and distribute it to all devices.", de: "Ist es das Stammzertifikat der eigenen Firma, erneuern Sie es und verteilen Sie es auf alle Geräte." },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/ssl-certificate-trust-failure"]
    }
    CHAIN_REFUSED = "tls.chain-refused", Fail, Exchange {
        title { en: "The certificate chain of {server} is refused ({problem})", de: "Die Zertifikatskette von {server} wird abgelehnt ({problem})" }
        meaning {
            en: "The chain leads to a trusted root, but breaks a rule on the way that exdiag has no plainer words for.",
            de: "Die Kette führt zu einem vertrauten Stammzertifikat, verletzt aber unterwegs eine Regel, für die exdiag keine einfacheren Worte hat.",
        }
        remedy { en: "Have the certificate reissued, and install the chain that comes with it", de: "Lassen Sie das Zertifikat neu ausstellen, und installieren Sie die mitgelieferte Kette" }
        steps [
            { en: "Look at the chain as sent:", de: "Sehen Sie sich die gesendete Kette an:", Shell "openssl s_client -connect {host}:{port} -servername {host} -showcerts </dev/null" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-6"]
    }
}

/// Judges the certificate of every address.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let hosts = chain::look_at_all(view)?;
    if let Some(outcome) = common::no_handshake(view, &hosts)? {
        return Ok(outcome);
    }
    let now = view.now();
    let mut findings = Vec::new();
    for host in &hosts {
        let judged = host
            .addresses
            .iter()
            .filter_map(|address| Some((address.address, address.probe(host), judge(host, address, now)?)));
        findings.extend(common::by_address(&host.host, host.port, judged.collect()));
        findings.extend(different(view, host)?);
    }
    let findings = common::once(findings);
    if hosts.iter().flat_map(|host| &host.addresses).all(|address| address.chain.is_none()) {
        return Ok(common::see_check("tls-protocol"));
    }
    let known = hosts.iter().flat_map(|host| &host.addresses).filter_map(|address| address.chain.as_ref());
    if findings.is_empty() && known.clone().any(|chain| !chain.stores_known) {
        return Ok(Outcome::inconclusive(Sentence::new(text!(
            "the trust stores were not asked",
            "die Zertifikatspeicher wurden nicht befragt",
        ))));
    }
    let end = known.filter_map(|chain| chain.leaf()?.validity).map(|v| v.not_after).min();
    let Some(end) = end else {
        let note = Sentence::new(text!("no certificate came", "es kam kein Zertifikat"));
        return Ok(Outcome::checked(note, findings));
    };
    let note = if findings.iter().any(|f| f.severity > Severity::Info) {
        Sentence::new(text!("certificate valid until {until}", "Zertifikat gültig bis {until}"))
    } else {
        Sentence::new(text!(
            "name, dates, key and signature are good until {until}",
            "Name, Schlüssel und Signatur sind gut, gültig bis {until}",
        ))
    };
    Ok(Outcome::checked(note.with("until", date(end)), findings))
}

/// What is wrong at one address; `None` where it sends no certificate.
fn judge(host: &HostTls<'_>, address: &AddressTls<'_>, now: Timestamp) -> Option<Vec<Finding>> {
    Some(about_chain(Some(&host.host), address.chain.as_ref()?, now))
}

/// What is wrong with the certificates of one chain, apart from missing or wrong intermediates, which
/// `tls-intermediate` tells. Without a host the name is not judged. Texts with `{server}`, `{host}` and
/// `{port}` are filled by whoever knows them.
pub fn about_chain(host: Option<&str>, chain: &ChainAnalysis, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(leaf) = chain.leaf() else { return found };
    for (index, certificate) in chain.certificates.iter().enumerate() {
        if let Some(flaw) = &certificate.flaw {
            // what no path needs hinders nobody, and no client reads all there is
            let needed = certificate.is_broken && (chain.path.contains(&index) || chain.spoilt() == Some(index));
            let severity = if needed { Severity::Fail } else { Severity::Warn };
            found.push(at(&MALFORMED, chain, Some(index)).with("problem", flaw.as_str()).severity(severity));
        }
    }
    // what a new certificate of the right origin would cure along with itself comes first
    match &chain.end {
        End::SelfSigned => found.push(
            at(&SELF_SIGNED, chain, Some(0))
                .with("subject", leaf.short_name())
                .with("subject_dn", leaf.subject.text.as_str())
                .with("thumbprint", leaf.thumbprint.as_str()),
        ),
        End::UnknownRoot { name, index } if chain.stores_known => {
            let at_fault = index.or(chain.path.last().copied());
            let private = private_ca(chain, at_fault, name, index.is_some());
            found.push(public_all_the_same(chain, now).unwrap_or(private));
        }
        _ => {
            if let Some(root) = chain.repair.as_ref().and_then(|repair| repair.unknown_root.as_ref()) {
                let at_fault = chain.path.last().copied();
                let private = private_ca(chain, at_fault, root, false);
                found.push(public_all_the_same(chain, now).unwrap_or(private));
            }
        }
    }
    let mut faults: Vec<&Fault> = chain.faults.iter().collect();
    // the server's own certificate first, the root last
    order::by_key(&mut faults, |fault| fault.index.unwrap_or(usize::MAX));
    // where a signature cannot hold, what the certificate says below it is worth less
    let unsigned =
        |kind: &FaultKind| matches!(kind, FaultKind::BadSignature { .. } | FaultKind::UnknownKey { signs: true, .. });
    let (unsigned, others): (Vec<&Fault>, Vec<&Fault>) = faults.into_iter().partition(|fault| unsigned(&fault.kind));
    found.extend(unsigned.into_iter().filter_map(|fault| about_fault(chain, fault)));
    if let Some(host) = host {
        name(host, chain, leaf, &mut found);
    }
    if let Some(validity) = leaf.validity {
        dates(chain, validity, now, &mut found);
    }
    found.extend(others.into_iter().filter_map(|fault| about_fault(chain, fault)));
    let anchored = matches!(chain.end, End::Anchor { .. });
    if anchored && leaf.is_ca {
        found.push(at(&CA_AS_SERVER, chain, Some(0)).with("subject", leaf.short_name()));
    }
    // an intermediate whose time is over is the business of `tls-intermediate`
    let explained = || found.iter().any(|f| f.severity == Severity::Fail) || chain.out_of_date().next().is_some();
    if chain.exhausted && !chain.accepted {
        found.push(at(&CHAIN_REFUSED, chain, Some(0)).with("problem", "more certificates than clients try"));
    } else if anchored && !chain.accepted && !explained() {
        let kinds: Vec<&str> = chain.faults.iter().map(|fault| fault.kind.id()).collect();
        found.push(at(&CHAIN_REFUSED, chain, Some(0)).with("problem", kinds));
    }
    found.extend(tls_rules::about_chain(chain, now));
    found
}

/// A finding about one certificate of the chain; about the root where there is no index.
fn at(code: &'static Code, chain: &ChainAnalysis, index: Option<usize>) -> Finding {
    let name = match (index.and_then(|i| chain.certificates.get(i)), &chain.end) {
        (Some(certificate), _) => certificate.short_name(),
        (None, End::Anchor { name, .. }) => name.short.clone(),
        (None, _) => String::new(),
    };
    Finding::new(code).with("certificate", name).with("index", index)
}

/// The words for a fault; none where it is told elsewhere or worth none.
fn about_fault(chain: &ChainAnalysis, fault: &Fault) -> Option<Finding> {
    let about = |code| at(code, chain, fault.index);
    let by = |by: Option<usize>| at(&NAME_CONSTRAINT, chain, by).data.remove("certificate").unwrap_or_default();
    let certificate = fault.index.and_then(|i| chain.certificates.get(i));
    Some(match &fault.kind {
        // told with the certificate, whether or not it is on the path; the leaf's dates with more
        // words, an intermediate's by `tls-intermediate`
        FaultKind::Malformed { .. } | FaultKind::Expired { .. } | FaultKind::NotYetValid { .. }
            if fault.index.is_some() =>
        {
            return None;
        }
        FaultKind::Malformed { part, .. } => about(&CHAIN_REFUSED).with("problem", format!("cannot read {part}")),
        FaultKind::AlgorithmMismatch { inner, outer } => {
            about(&MALFORMED).with("problem", format!("signed with {outer}, says {inner}"))
        }
        FaultKind::Version { version, extensions: true } => {
            about(&MALFORMED).with("problem", format!("extensions in a certificate of version {version}"))
        }
        FaultKind::BadSignature { keys_agree: Some(true), .. } => about(&SIGNATURE_INVALID),
        // another certificate of that name is there, so the right one is missing; the weakness is told
        // by itself; an old version lacks the names, and that is told
        FaultKind::BadSignature { .. } | FaultKind::UnknownAlgorithm { weak: true, .. } | FaultKind::Version { .. } => {
            return None;
        }
        FaultKind::UnknownAlgorithm { .. } => {
            about(&ALGORITHM_UNUSUAL).with("algorithms", algorithms(chain)).severity(Severity::Warn)
        }
        FaultKind::UnknownKey { signs, .. } => about(&ALGORITHM_UNUSUAL)
            .with("algorithms", algorithms(chain))
            .severity(if *signs { Severity::Fail } else { Severity::Warn }),
        FaultKind::WeakKey { key, .. } => about(&WEAK_KEY).with("key", key.as_str()),
        FaultKind::WeakSignature { algorithm } => about(&WEAK_SIGNATURE).with("algorithm", algorithm.as_str()),
        FaultKind::Expired { not_before, not_after } | FaultKind::NotYetValid { not_before, not_after } => {
            about(&ROOT_EXPIRED).with("from", date(*not_before)).with("to", date(*not_after))
        }
        FaultKind::NotACa { missing } => {
            about(&NOT_A_CA).with("reason", if *missing { "no-basic-constraints" } else { "ca-false" })
        }
        FaultKind::MayNotSign => about(&NOT_A_CA).with("reason", "key-usage"),
        FaultKind::PathTooLong { limit, by: whose } => {
            let finding = about(&PATH_TOO_LONG).with("limit", *limit).with("limited_by", by(*whose));
            let severity = if fault.is_of_the_anchor() { Severity::Warn } else { Severity::Fail };
            finding.with("limited_by_index", *whose).severity(severity)
        }
        FaultKind::WrongPurpose { purposes, any } => {
            // most clients take "any purpose", the Baseline Requirements and some clients do not; of a
            // root most do not read it
            let severity = if *any || fault.is_of_the_anchor() { Severity::Warn } else { Severity::Fail };
            about(&WRONG_PURPOSE).with("purposes", purposes.clone()).severity(severity)
        }
        FaultKind::UnknownCritical { oid } => about(&UNKNOWN_CRITICAL).with("oid", oid.as_str()),
        FaultKind::NameExcluded { name, constraint, by: whose } => about(&NAME_CONSTRAINT)
            .with("presented", certificate.map(presented))
            .with("name", name.as_str())
            .with("excluded", constraint.as_str())
            .with("constrained_by", by(*whose))
            .with("constrained_by_index", *whose),
        FaultKind::NameNotPermitted { name, permitted, by: whose } => about(&NAME_CONSTRAINT)
            .with("presented", certificate.map(presented))
            .with("name", name.as_str())
            .with("permitted", permitted.clone())
            .with("constrained_by", by(*whose))
            .with("constrained_by_index", *whose),
        FaultKind::TooManyNames { comparisons } => about(&CHAIN_REFUSED)
            .with("problem", "more names and constraints than clients compare")
            .with("comparisons", *comparisons),
        FaultKind::NoPolicy => about(&POLICY_REQUIRED).with("reason", "no-policy"),
        FaultKind::BadPolicyMapping => about(&POLICY_REQUIRED).with("reason", "bad-mapping"),
    })
}

/// The keys and signatures on the path.
fn algorithms(chain: &ChainAnalysis) -> Vec<String> {
    chain.on_path().map(|(_, c)| format!("{}, {}", c.key, c.signature)).collect()
}

/// A root that the stores looked into do not hold, and others do: the root is public, not a company's.
fn public_all_the_same(chain: &ChainAnalysis, now: Timestamp) -> Option<Finding> {
    let lack = clients::public_root(chain, now)?;
    let finding = common::not_in_store(&lack).severity(Severity::Fail);
    Some(if lack.lacking.is_empty() { finding.with("stores", "system") } else { finding })
}

fn private_ca(chain: &ChainAnalysis, index: Option<usize>, root: &Name, sent: bool) -> Finding {
    let (en, de) = if matches!(chain.end, End::Missing { .. }) {
        (
            "Besides the intermediate, nothing is missing in the chain",
            "Außer dem Zwischenzertifikat fehlt in der Kette nichts",
        )
    } else if chain.path.len() == 1 && !sent {
        (
            "Only the server's own certificate is sent; where its issuer is a root, nothing is missing in the chain",
            "Nur das Serverzertifikat wird gesendet; ist sein Aussteller eine Stammzertifizierungsstelle, fehlt in der Kette nichts",
        )
    } else {
        ("Nothing is missing in the chain", "In der Kette fehlt nichts")
    };
    at(&PRIVATE_CA, chain, index)
        .with("root", root.short.as_str())
        .with("root_dn", root.text.as_str())
        .with("root_sent", sent)
        .with("complete", serde_json::json!({"en": en, "de": de}))
}

/// The name (RFC 9525, 6).
fn name(host: &str, chain: &ChainAnalysis, leaf: &Certificate, found: &mut Vec<Finding>) {
    let Some(mismatch) = leaf.mismatch(host) else { return };
    if leaf.names.is_empty() {
        // a flaw may have hidden them, and is told by itself
        if leaf.flaw.is_none() {
            let finding = at(&SAN_MISSING, chain, Some(0)).with("common_name", leaf.subject.short.as_str());
            found.push(finding.with("reason", mismatch.id()));
        }
        return;
    }
    let names: Vec<String> = leaf.names.iter().take(100).map(ToString::to_string).collect();
    let nearest = nearest(host, leaf);
    found.push(
        at(&NAME_MISMATCH, chain, Some(0))
            .with("names", names)
            .with("nearest", nearest)
            .with("presented", presented(leaf))
            .with("reason", mismatch.id())
            .with("thumbprint", leaf.thumbprint.as_str()),
    );
}

/// The name of the certificate that is spelled most like the host.
fn nearest(host: &str, leaf: &Certificate) -> Option<String> {
    let names = leaf.names.iter().take(1000).filter_map(|name| match name {
        // no longer than a name can be (RFC 1035, 2.3.4): the comparison takes the square of it
        AltName::Dns(name) if name.len() <= 253 => Some(name),
        _ => None,
    });
    names.min_by_key(|name| strsim::levenshtein(name, host)).cloned()
}

/// The first names of a certificate, and how many more there are.
fn presented(leaf: &Certificate) -> String {
    let names: Vec<String> = leaf.names.iter().take(3).map(ToString::to_string).collect();
    let more = leaf.names.len().saturating_sub(names.len());
    if more > 0 { format!("{} (+{more})", names.join(", ")) } else { names.join(", ") }
}

/// The dates of the leaf.
fn dates(chain: &ChainAnalysis, validity: Validity, now: Timestamp, found: &mut Vec<Finding>) {
    let thumbprint = chain.leaf().map(|leaf| leaf.thumbprint.clone());
    let about = |code, moment: Timestamp| {
        at(code, chain, Some(0))
            .with("date", date(moment))
            .with("not_before", validity.not_before.to_string())
            .with("not_after", validity.not_after.to_string())
            .with("thumbprint", thumbprint.clone())
    };
    let left = validity.not_after.as_second() - now.as_second();
    match path::out_of_date(validity, now) {
        Some(FaultKind::NotYetValid { not_before, .. }) => found.push(about(&NOT_YET_VALID, not_before)),
        Some(_) => found.push(about(&EXPIRED, validity.not_after).with("days", -left / DAY)),
        None if left < warn_below(validity) => {
            found.push(about(&EXPIRES_SOON, validity.not_after).with("days", left / DAY));
        }
        None => {}
    }
}

/// Below how many seconds left the end is near: a quarter of the lifetime, 30 days at most. ACME
/// clients renew when a third is left, so a warning means that the renewal is overdue.
fn warn_below(validity: Validity) -> i64 {
    (validity.seconds() / 4).min(30 * DAY)
}

/// Addresses of one host that differ from most, and in what.
fn different(view: &View<'_>, host: &HostTls<'_>) -> Result<Vec<Finding>, Stop> {
    let odd = differences::differences(view, host)?;
    let seen: Vec<serde_json::Value> = host.addresses.iter().filter_map(shown).collect();
    let told = odd.into_iter().map(|odd| {
        let names: Vec<String> = odd.addresses.iter().map(ToString::to_string).collect();
        let one = odd.addresses.first().map(|address| match address {
            std::net::IpAddr::V6(address) => format!("[{address}]"),
            std::net::IpAddr::V4(address) => address.to_string(),
        });
        let severity = if odd.differences.iter().any(Difference::matters) { Severity::Warn } else { Severity::Info };
        let words: Vec<serde_json::Value> = odd.differences.iter().map(difference).collect();
        let mut finding = Finding::new(&ADDRESSES_DIFFER)
            .severity(severity)
            .host(host.host.as_str())
            .port(host.port)
            .with("odd", names)
            .with("one", one.unwrap_or_default())
            .with("differences", words)
            .with("seen", seen.clone());
        if let [address] = odd.addresses.as_slice() {
            finding = finding.address(*address);
        }
        host.addresses
            .iter()
            .filter(|address| address.chain.is_some())
            .fold(finding, |finding, address| finding.seen_in(&address.probe(host)))
    });
    Ok(told.collect())
}

/// What one address sends, for scripts.
fn shown(address: &AddressTls<'_>) -> Option<serde_json::Value> {
    let chain = address.chain.as_ref()?;
    let leaf = chain.leaf()?;
    Some(serde_json::json!({
        "address": address.address.to_string(),
        "leaf_sha256": leaf.fingerprint,
        "not_after": leaf.validity.map(|v| v.not_after.to_string()),
        "sent": chain.certificates.len(),
    }))
}

/// One difference: a word for scripts, and a piece of a sentence in each language.
fn difference(difference: &Difference) -> serde_json::Value {
    let until = |until: &Option<Timestamp>| until.map_or_else(|| "-".to_owned(), date);
    let (en, de) = match difference {
        Difference::Leaf { until: end, age: Age::Ended } => (
            format!("still sends the certificate that ended on {}", until(end)),
            format!("sendet noch das Zertifikat, das am {} abgelaufen ist", until(end)),
        ),
        Difference::Leaf { until: end, age: Age::Older } => (
            format!("still sends an older certificate (until {})", until(end)),
            format!("sendet noch ein älteres Zertifikat (bis {})", until(end)),
        ),
        Difference::Leaf { until: end, age: Age::Other } => (
            format!("sends another certificate (until {})", until(end)),
            format!("sendet ein anderes Zertifikat (bis {})", until(end)),
        ),
        Difference::Lacks(names) => (
            format!("does not send \"{}\"", names.join("\", \"")),
            format!("sendet „{}“ nicht mit", names.join("“, „")),
        ),
        Difference::Adds(names) => {
            (format!("also sends \"{}\"", names.join("\", \"")), format!("sendet zusätzlich „{}“", names.join("“, „")))
        }
        Difference::Order => {
            ("sends the chain in another order".to_owned(), "sendet die Kette in anderer Reihenfolge".to_owned())
        }
        Difference::Version { version, too_old: true } => {
            (format!("speaks only {version}"), format!("spricht nur {version}"))
        }
        Difference::Version { version, too_old: false } => {
            (format!("agrees on {version}"), format!("einigt sich auf {version}"))
        }
        Difference::NoStaple => ("sends no OCSP staple".to_owned(), "sendet keine OCSP-Antwort mit".to_owned()),
        Difference::Staple => ("sends an OCSP staple".to_owned(), "sendet eine OCSP-Antwort mit".to_owned()),
    };
    serde_json::json!({"what": difference.id(), "en": en, "de": de})
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
