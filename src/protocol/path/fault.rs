//! What can be wrong with a path, where, and how much does it weigh?

use jiff::Timestamp;

/// A fault of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The certificate at fault: its index among those given, the sent ones first; none where it is
    /// the trust anchor.
    pub index: Option<usize>,
    /// What is wrong.
    pub kind: FaultKind,
}

/// How much a fault weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Clients take it; worth a word.
    Note,
    /// Nobody here can check that part; clients may.
    Unchecked,
    /// The path is valid by RFC 5280, but clients of today refuse the algorithm where the root is a public one.
    Weak,
    /// The path is not valid.
    Broken,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// A part of the certificate cannot be read.
    Malformed {
        /// Which: a lower-case fragment.
        part: String,
        /// Whether clients need it.
        needed: bool,
    },
    /// The signature is not by the key of the certificate that bears the issuer's name.
    BadSignature {
        /// That certificate, where it was given; none where it is an anchor.
        issuer: Option<usize>,
        /// Whether the key identifiers say that it should be; none where they say nothing.
        keys_agree: Option<bool>,
    },
    /// Nobody here can check that algorithm.
    UnknownAlgorithm {
        /// The signature's.
        algorithm: String,
        /// The issuer's key.
        key: String,
        /// Whether one of them is weak besides, so that clients of today do not check it either.
        weak: bool,
    },
    /// The signed part names another signature algorithm than the certificate (RFC 5280, 4.1.1.2).
    AlgorithmMismatch {
        /// In the signed part.
        inner: String,
        /// Beside the signature.
        outer: String,
    },
    /// SHA-1 or older.
    WeakSignature {
        /// The algorithm.
        algorithm: String,
    },
    /// Too short a key, or of an old kind.
    WeakKey {
        /// The key's kind and bits.
        key: String,
        /// Whether it proves nothing any more.
        broken: bool,
    },
    /// A key of no known kind.
    UnknownKey {
        /// Its kind, an OID.
        key: String,
        /// Whether another certificate is signed with it.
        signs: bool,
    },
    /// Its time is over.
    Expired {
        /// notBefore
        not_before: Timestamp,
        /// notAfter
        not_after: Timestamp,
    },
    /// Its time has not come.
    NotYetValid {
        /// notBefore
        not_before: Timestamp,
        /// notAfter
        not_after: Timestamp,
    },
    /// It signs another and is no authority's (RFC 5280, 6.1.4 k).
    NotACa {
        /// Whether it has no basicConstraints at all.
        missing: bool,
    },
    /// It signs another and its keyUsage does not let it (RFC 5280, 6.1.4 n).
    MayNotSign,
    /// It is one authority more than one above allows (RFC 5280, 6.1.4 l).
    PathTooLong {
        /// How many that one allows below itself.
        limit: u32,
        /// That one; none where it is the anchor.
        by: Option<usize>,
    },
    /// The extended key usage holds other purposes than serverAuth.
    WrongPurpose {
        /// Those it holds, OIDs.
        purposes: Vec<String>,
        /// Whether it holds anyExtendedKeyUsage, which most clients take.
        any: bool,
    },
    /// A critical extension that clients do not know (RFC 5280, 4.2).
    UnknownCritical {
        /// Its OID.
        oid: String,
    },
    /// Extensions in a certificate of version 1 or 2 (RFC 5280, 4.1.2.1), or such a version today.
    Version {
        /// The version.
        version: u8,
        /// Whether it has extensions all the same.
        extensions: bool,
    },
    /// It holds a name that an authority above excludes (RFC 5280, 6.1.3 c).
    NameExcluded {
        /// The name.
        name: String,
        /// What excludes it.
        constraint: String,
        /// Whose constraint it is; none where it is the anchor's.
        by: Option<usize>,
    },
    /// It holds a name of a kind for which an authority above permits others only (RFC 5280, 6.1.3 b).
    NameNotPermitted {
        /// The name.
        name: String,
        /// The first of those permitted.
        permitted: Vec<String>,
        /// Whose constraint it is; none where it is the anchor's.
        by: Option<usize>,
    },
    /// More names and constraints than any client compares.
    TooManyNames {
        /// How many comparisons it would take.
        comparisons: u64,
    },
    /// A policy is required, and none holds for all of the path (RFC 5280, 6.1.3 f, 6.1.5 g).
    NoPolicy,
    /// A policy mapping from or to anyPolicy (RFC 5280, 6.1.4 a).
    BadPolicyMapping,
}

impl FaultKind {
    /// How much it weighs.
    pub fn weight(&self) -> Weight {
        match self {
            Self::Malformed { needed: false, .. }
            | Self::WrongPurpose { any: true, .. }
            | Self::Version { extensions: false, .. } => Weight::Note,
            Self::UnknownAlgorithm { weak: false, .. } | Self::UnknownKey { signs: false, .. } => Weight::Unchecked,
            // MD5 can be forged by anybody, and no client has taken it for ten years
            Self::WeakSignature { algorithm } if algorithm.starts_with("md") => Weight::Broken,
            Self::WeakSignature { .. } | Self::WeakKey { broken: false, .. } => Weight::Weak,
            _ => Weight::Broken,
        }
    }

    /// A word for scripts.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::BadSignature { .. } => "bad-signature",
            Self::UnknownAlgorithm { .. } => "unknown-algorithm",
            Self::AlgorithmMismatch { .. } => "algorithm-mismatch",
            Self::WeakSignature { .. } => "weak-signature",
            Self::WeakKey { .. } => "weak-key",
            Self::UnknownKey { .. } => "unknown-key",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::NotACa { .. } => "not-a-ca",
            Self::MayNotSign => "may-not-sign",
            Self::PathTooLong { .. } => "path-too-long",
            Self::WrongPurpose { .. } => "wrong-purpose",
            Self::UnknownCritical { .. } => "unknown-critical",
            Self::Version { .. } => "version",
            Self::NameExcluded { .. } => "name-excluded",
            Self::NameNotPermitted { .. } => "name-not-permitted",
            Self::TooManyNames { .. } => "too-many-names",
            Self::NoPolicy => "no-policy",
            Self::BadPolicyMapping => "bad-policy-mapping",
        }
    }

    /// Whether it is about dates.
    pub fn is_date(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::NotYetValid { .. })
    }
}

impl Fault {
    /// A fault of that certificate.
    pub fn new(index: impl Into<Option<usize>>, kind: FaultKind) -> Self {
        Self { index: index.into(), kind }
    }

    /// How much it weighs.
    pub fn weight(&self) -> Weight {
        if self.is_of_the_anchor() { Weight::Note } else { self.kind.weight() }
    }

    /// Whether it comes from an extension of the anchor's own certificate. By RFC 5280, 6.1.1 d that
    /// binds nobody; OpenSSL refuses it all the same.
    pub fn is_of_the_anchor(&self) -> bool {
        match self.kind {
            FaultKind::WrongPurpose { .. } => self.index.is_none(),
            FaultKind::PathTooLong { by, .. } => by.is_none(),
            _ => false,
        }
    }
}
