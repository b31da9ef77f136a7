//! Do an authority's answers, the stapled one, or the logs speak against a chain?

use crate::evidence::{Stop, TlsSeen, View};
use crate::protocol::chain::{ChainAnalysis, End};
use crate::protocol::revocation::lookup::{self, StapleFault};

/// What speaks against a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Withdrawn {
    /// An authority has taken one of its certificates back.
    pub revoked: bool,
    /// What is wrong with the stapled response.
    pub staple: Option<Staple>,
    /// It stands in fewer logs than some clients want.
    pub few_logs: bool,
}

/// What is wrong with a stapled response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staple {
    /// The certificate demands one, and none came.
    Missing,
    /// It does not hold.
    Invalid {
        /// Whether the certificate demands one.
        demanded: bool,
    },
}

/// Looks at what speaks against a chain. `private`: its server has private addresses only.
pub fn look(view: &View<'_>, seen: &TlsSeen, chain: &ChainAnalysis, private: bool) -> Result<Withdrawn, Stop> {
    if chain.end == End::SelfSigned {
        return Ok(Withdrawn::default());
    }
    // what nobody is going to tell of is not asked for either
    let ask = view.subject().selected.iter().any(|check| check == "revocation");
    let known = lookup::look(view, seen, chain, private, ask)?;
    let demanded = known.path.first().is_some_and(|leaf| leaf.must_staple);
    let staple = known.fault_of_staple().map(|fault| match fault {
        StapleFault::Missing => Staple::Missing,
        StapleFault::Invalid { .. } => Staple::Invalid { demanded },
    });
    Ok(Withdrawn {
        revoked: known.is_revoked(),
        // what a server would send beside its certificates is in no file
        staple: staple.filter(|fault| !(known.file && *fault == Staple::Missing)),
        few_logs: known.logs().is_some_and(|count| count.found < count.needed),
    })
}
