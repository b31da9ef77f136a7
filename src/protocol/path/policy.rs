//! Does a policy hold for all of a path where one is required (RFC 5280, 6.1)?
//!
//! A TLS client asks for no particular policy, so that a policy holds is all that counts. The tree of
//! RFC 5280 then comes down to the set of policies expected at each level: it cannot grow beyond what
//! the certificates themselves hold.

use super::fault::FaultKind;
use crate::order;
use crate::protocol::x509::Policies;
use std::collections::{BTreeMap, BTreeSet};

const ANY_POLICY: &str = "2.5.29.32.0";

/// Where the certificates from the anchor down to here have led.
#[derive(Debug)]
pub struct State<'a> {
    /// The valid policies of the level and what is expected below for each; none where the tree is empty.
    level: Option<Level<'a>>,
    explicit: usize,
    mapping: usize,
    any: usize,
}

#[derive(Debug, Default)]
struct Level<'a> {
    nodes: BTreeMap<&'a str, BTreeSet<&'a str>>,
    any: bool,
}

impl<'a> State<'a> {
    /// Before the first certificate of a path of that length.
    pub fn new(length: usize) -> Self {
        let level = Some(Level { nodes: BTreeMap::new(), any: true });
        Self { level, explicit: length + 1, mapping: length + 1, any: length + 1 }
    }

    /// Takes the next certificate on the way down; the leaf is the last.
    pub fn next(&mut self, policies: &'a Policies, self_issued: bool, is_leaf: bool) -> Option<FaultKind> {
        self.level = match (&policies.policies, self.level.take()) {
            (Some(held), Some(above)) => {
                let takes_any = self.any > 0 || (!is_leaf && self_issued);
                Some(below(held, &above, takes_any)).filter(|level| level.any || !level.nodes.is_empty())
            }
            _ => None,
        };
        if self.explicit == 0 && self.level.is_none() {
            return Some(FaultKind::NoPolicy);
        }
        if is_leaf {
            // 6.1.5 a, b
            let left = if policies.require_explicit == Some(0) { 0 } else { self.explicit.saturating_sub(1) };
            return (left == 0 && self.level.is_none()).then_some(FaultKind::NoPolicy);
        }
        if policies.mappings.iter().any(|(from, to)| from == ANY_POLICY || to == ANY_POLICY) {
            return Some(FaultKind::BadPolicyMapping);
        }
        self.map(policies);
        // 6.1.4 h
        if !self_issued {
            for counter in [&mut self.explicit, &mut self.mapping, &mut self.any] {
                *counter = counter.saturating_sub(1);
            }
        }
        // 6.1.4 i, j
        let lower = |counter: &mut usize, to: Option<u32>| {
            if let Some(to) = to {
                *counter = (*counter).min(usize::try_from(to).unwrap_or(usize::MAX));
            }
        };
        lower(&mut self.explicit, policies.require_explicit);
        lower(&mut self.mapping, policies.inhibit_mapping);
        lower(&mut self.any, policies.inhibit_any);
        None
    }

    /// 6.1.4 b
    fn map(&mut self, policies: &'a Policies) {
        let Some(level) = &mut self.level else { return };
        let mut mapped: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (from, to) in &policies.mappings {
            mapped.entry(from).or_default().insert(to);
        }
        for (from, to) in mapped {
            if self.mapping == 0 {
                level.nodes.remove(from);
            } else if level.any || level.nodes.contains_key(from) {
                level.nodes.insert(from, to);
            }
        }
        if level.nodes.is_empty() && !level.any {
            self.level = None;
        }
    }
}

/// 6.1.3 d
fn below<'a>(held: &'a [String], above: &Level<'a>, takes_any: bool) -> Level<'a> {
    let expected: BTreeSet<&str> = order::set(above.nodes.values().flatten().copied());
    let mut level = Level::default();
    for policy in held.iter().map(String::as_str) {
        if policy != ANY_POLICY && (expected.contains(policy) || above.any) {
            level.nodes.insert(policy, BTreeSet::from([policy]));
        }
    }
    if takes_any && held.iter().any(|policy| policy == ANY_POLICY) {
        for policy in expected {
            level.nodes.entry(policy).or_insert_with(|| BTreeSet::from([policy]));
        }
        level.any = above.any;
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(policies: &[&str]) -> Policies {
        let policies = policies.iter().map(|text| (*text).to_owned()).collect();
        Policies { policies: Some(policies), ..Policies::default() }
    }

    fn path(all: &[Policies]) -> Option<FaultKind> {
        let mut state = State::new(all.len());
        all.iter().enumerate().find_map(|(i, policies)| state.next(policies, false, i + 1 == all.len()))
    }

    #[test]
    fn rfc5280_6_1_3_f_a_required_policy_must_hold_to_the_end() {
        let mut top = with(&["1.2.3"]);
        assert_eq!(path(&[top.clone(), with(&["1.2.4"])]), None, "nobody requires one");
        top.require_explicit = Some(0);
        assert_eq!(path(&[top.clone(), with(&["1.2.3"])]), None);
        assert_eq!(path(&[top.clone(), with(&["1.2.4"])]), Some(FaultKind::NoPolicy));
        assert_eq!(path(&[top.clone(), Policies::default()]), Some(FaultKind::NoPolicy));
        assert_eq!(path(&[top.clone(), with(&[ANY_POLICY])]), None);
        top.inhibit_any = Some(0);
        assert_eq!(path(&[top, with(&[ANY_POLICY])]), Some(FaultKind::NoPolicy));
    }

    #[test]
    fn rfc5280_6_1_4_b_mappings_rename_and_may_be_forbidden() {
        let mut top = with(&["1.2.3"]);
        top.require_explicit = Some(0);
        top.mappings = vec![("1.2.3".to_owned(), "1.2.9".to_owned())];
        assert_eq!(path(&[top.clone(), with(&["1.2.9"])]), None);
        assert_eq!(path(&[top.clone(), with(&["1.2.3"])]), Some(FaultKind::NoPolicy));
        let mut first = with(&[ANY_POLICY]);
        first.inhibit_mapping = Some(0);
        assert_eq!(path(&[first, top.clone(), with(&["1.2.9"])]), Some(FaultKind::NoPolicy));
        top.mappings = vec![("1.2.3".to_owned(), ANY_POLICY.to_owned())];
        assert_eq!(path(&[top, with(&["1.2.3"])]), Some(FaultKind::BadPolicyMapping));
    }
}
