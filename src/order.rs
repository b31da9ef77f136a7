//! In which order do things stand?
//!
//! The standard library's sorting is some 4 kB of machine code for every type and every order; here the
//! places are sorted instead of the things, by one copy of it for all.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Sorts by `order`; equal things stay in their order.
pub fn by<T>(things: &mut [T], mut order: impl FnMut(&T, &T) -> Ordering) {
    let mut places = places(things.len(), &mut |a, b| match (things.get(a), things.get(b)) {
        (Some(a), Some(b)) => order(a, b),
        _ => Ordering::Equal,
    });
    for start in 0..things.len() {
        let mut at = start;
        // one cycle of moves; what has been put in its place is its own
        while let Some(place) = places.get_mut(at) {
            let from = std::mem::replace(place, at);
            if from == start {
                break;
            }
            things.swap(at, from);
            at = from;
        }
    }
}

/// Sorts by what `key` gives for each; equal things stay in their order.
pub fn by_key<T, K: Ord>(things: &mut [T], mut key: impl FnMut(&T) -> K) {
    by(things, |a, b| key(a).cmp(&key(b)));
}

/// Sorts by the things' own order.
pub fn rising<T: Ord>(things: &mut [T]) {
    by(things, T::cmp);
}

/// A set of things. Collecting into one sorts them all first.
pub fn set<T: Ord>(things: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(things);
    set
}

/// A map, of a key's values the last. Collecting into one sorts all pairs first.
pub fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}

/// Which thing comes first, which second and so on.
fn places(len: usize, order: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|a, b| order(*a, *b));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_long_cycle_takes_no_more_moves_than_it_has_things() {
        let count = 300_000_u32;
        for mut things in
            [(1..count).chain([0]).collect::<Vec<_>>(), [count - 1].into_iter().chain(0..count - 1).collect()]
        {
            rising(&mut things);
            assert!(things.into_iter().eq(0..count));
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_standard_library(things in prop::collection::vec((0..9_u8, 0..99_u8), 0..60)) {
            let (mut sorted, mut expected) = (things.clone(), things);
            by_key(&mut sorted, |(key, _)| *key);
            expected.sort_by_key(|(key, _)| *key);
            prop_assert_eq!(&sorted, &expected);
            rising(&mut sorted);
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
        }
    }
}
