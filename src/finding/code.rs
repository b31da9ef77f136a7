//! What does the catalogue hold about one kind of finding?

use super::Text;
use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but somebody should act.
    Warn,
    /// Broken.
    Fail,
}

/// Who must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// Whoever runs the domain's DNS.
    Dns,
    /// Whoever runs the domain's web site.
    Web,
    /// The Exchange admin.
    Exchange,
    /// Firewall, proxy or load balancer.
    Network,
    /// The Entra ID admin.
    Entra,
    /// The sync service or the app.
    Sync,
    /// The mailbox user.
    User,
    /// Whoever runs exdiag.
    Caller,
}

impl Owner {
    /// The word for it in reports and on the command line.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Web => "web",
            Self::Exchange => "exchange",
            Self::Network => "network",
            Self::Entra => "entra",
            Self::Sync => "sync",
            Self::User => "user",
            Self::Caller => "caller",
        }
    }

    /// The owner as a reader knows them.
    pub const fn title(self) -> Text {
        match self {
            Self::Dns => Text { en: "whoever runs the domain's DNS", de: "wer das DNS der Domain verwaltet" },
            Self::Web => Text { en: "whoever runs the domain's web site", de: "wer die Website der Domain betreibt" },
            Self::Exchange => Text { en: "the Exchange admin", de: "die Exchange-Administration" },
            Self::Network => Text {
                en: "the network admin (firewall, proxy, load balancer)",
                de: "die Netzwerk-Administration (Firewall, Proxy, Load Balancer)",
            },
            Self::Entra => Text { en: "the Entra ID admin", de: "die Entra-ID-Administration" },
            Self::Sync => Text { en: "the sync service or the app", de: "der Sync-Dienst oder die App" },
            Self::User => Text { en: "the mailbox user", de: "die Person, der das Postfach gehört" },
            Self::Caller => Text { en: "you, on this machine", de: "Sie, auf diesem Rechner" },
        }
    }
}

/// Where a command is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shell {
    /// The Exchange Management Shell or Windows `PowerShell`.
    Powershell,
    /// Any system's command line.
    Shell,
    /// A line of a DNS zone.
    Zone,
    /// A piece of a server's configuration.
    Config,
}

/// A command or setting to copy; gaps are filled like those of a text.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Where it is typed.
    pub shell: Shell,
    /// The command; lines are separated by `\n`.
    pub text: &'static str,
}

/// One step of a remedy, with the commands that do it.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// What to do.
    pub text: Text,
    /// How.
    pub commands: &'static [Command],
}

/// An entry of the catalogue.
#[derive(Debug)]
pub struct Code {
    /// `area.kebab-name`, stable once released.
    pub id: &'static str,
    /// The usual severity.
    pub severity: Severity,
    /// Who usually must act.
    pub owner: Owner,
    /// What is so, in one sentence.
    pub title: Text,
    /// What it means for whom.
    pub meaning: Text,
    /// What to do, in one sentence; always there for warn and fail.
    pub remedy: Option<Text>,
    /// How, step by step.
    pub steps: &'static [Step],
    /// What to do in single cases, in place of that.
    pub cases: &'static [&'static Remedy],
    /// Where to read more.
    pub links: &'static [&'static str],
}

impl Code {
    /// Whether both languages say the same, and warn and fail have a remedy.
    pub const fn is_consistent(&self) -> bool {
        if !self.title.is_consistent() || !self.meaning.is_consistent() {
            return false;
        }
        match (&self.remedy, self.severity) {
            (None, Severity::Warn | Severity::Fail) => return false,
            (Some(remedy), _) if !remedy.is_consistent() => return false,
            _ => {}
        }
        are_consistent(self.steps)
    }
}

/// What to do in one case of a finding, where it is not what its code says.
#[derive(Debug)]
pub struct Remedy {
    /// In one sentence.
    pub text: Text,
    /// How, step by step.
    pub steps: &'static [Step],
}

impl Remedy {
    /// Whether both languages say the same.
    pub const fn is_consistent(&self) -> bool {
        self.text.is_consistent() && are_consistent(self.steps)
    }
}

const fn are_consistent(mut steps: &[Step]) -> bool {
    while let Some((first, rest)) = steps.split_first() {
        if !first.text.is_consistent() {
            return false;
        }
        steps = rest;
    }
    true
}

/// Declares findings: id, severity, owner and the words in both languages.
///
/// Also makes `FINDINGS`, the list of what the file declares. A missing language, a gap that
/// only one language has, or a warn or fail without a remedy does not compile.
#[macro_export]
macro_rules! findings {
    ($(
        $name:ident = $id:literal, $severity:ident, $owner:ident {
            title { en: $ten:literal, de: $tde:literal $(,)? }
            meaning { en: $men:literal, de: $mde:literal $(,)? }
            $( remedy { en: $ren:literal, de: $rde:literal $(,)? } )?
            $( steps [ $(
                { en: $sen:literal, de: $sde:literal $(, $shell:ident $cmd:literal)* $(,)? }
            ),* $(,)? ] )?
            $( cases [ $($case:ident),* $(,)? ] )?
            $( links [ $($link:literal),* $(,)? ] )?
        }
    )*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $ten)]
            pub static $name: $crate::finding::Code = $crate::finding::Code {
                id: $id,
                severity: $crate::finding::Severity::$severity,
                owner: $crate::finding::Owner::$owner,
                title: $crate::finding::Text { en: $ten, de: $tde },
                meaning: $crate::finding::Text { en: $men, de: $mde },
                remedy: $crate::findings!(@option $( $crate::finding::Text { en: $ren, de: $rde } )?),
                steps: $crate::findings!(@steps $( $( { en: $sen, de: $sde $(, $shell $cmd)* } )* )?),
                cases: &[ $( $( &$case ),* )? ],
                links: &[ $( $($link),* )? ],
            };
            const _: () = assert!($name.is_consistent(), concat!($id, ": a language, a placeholder or a remedy is missing"));
        )*
        /// Every finding that this file declares.
        pub static FINDINGS: &[&$crate::finding::Code] = &[ $( &$name ),* ];
    };
    (@option) => { None };
    (@option $value:expr) => { Some($value) };
    (@steps $( { en: $en:literal, de: $de:literal $(, $shell:ident $cmd:literal)* } )*) => {
        &[ $( $crate::finding::Step {
            text: $crate::finding::Text { en: $en, de: $de },
            commands: &[ $( $crate::finding::Command {
                shell: $crate::finding::Shell::$shell,
                text: $cmd,
            } ),* ],
        } ),* ]
    };
}

/// Declares what to do in the cases of a finding, in both languages; the finding names them in `cases`.
#[macro_export]
macro_rules! remedies {
    ($(
        $name:ident { en: $ren:literal, de: $rde:literal, steps [ $(
            { en: $sen:literal, de: $sde:literal $(, $shell:ident $cmd:literal)* $(,)? }
        ),* $(,)? ] }
    )*) => {
        $(
            pub static $name: $crate::finding::Remedy = $crate::finding::Remedy {
                text: $crate::finding::Text { en: $ren, de: $rde },
                steps: $crate::findings!(@steps $( { en: $sen, de: $sde $(, $shell $cmd)* } )*),
            };
            const _: () = assert!($name.is_consistent(), "a language or a placeholder is missing");
        )*
    };
}
