//! How are parts of lines hashed, as fast as a log needs it and so that nobody can make them collide?

use std::hash::{BuildHasher, Hasher, RandomState};

/// A key drawn at random: whoever writes names into a log does not know which of them meet.
#[derive(Debug, Clone)]
pub struct Keyed([u64; 2]);

impl Default for Keyed {
    fn default() -> Self {
        let random = RandomState::new();
        Self([random.hash_one(0_u8), random.hash_one(1_u8) | 1])
    }
}

impl BuildHasher for Keyed {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        let Self([state, key]) = *self;
        Folded { state, key }
    }
}

/// Eight bytes at a time: a product of 128 bits, folded.
#[derive(Debug)]
pub struct Folded {
    state: u64,
    key: u64,
}

impl Folded {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the product")]
    fn word(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.key);
        self.state = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        self.word(rest.iter().fold(rest.len() as u64, |word, byte| word << 8 | u64::from(*byte)));
    }

    fn write_usize(&mut self, number: usize) {
        self.word(number as u64);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_differs_little_is_spread_well_and_the_key_differs_between_tables() {
        let keyed = Keyed::default();
        let hashes: Vec<u64> =
            (0..20_000).map(|i| keyed.hash_one(format!("user{i:05}\0CORP\\user{i:05}\0d{i}\0").as_bytes())).collect();
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), hashes.len());
        for shift in [0, 24, 57] {
            let low: HashSet<u64> = hashes.iter().map(|hash| hash >> shift & 0x7f).collect();
            assert_eq!(low.len(), 128, "{shift}");
        }
        assert_ne!(keyed.hash_one(&b"ab"[..]), keyed.hash_one(&b"ab\0"[..]));
        assert_ne!(keyed.hash_one(&b"ab"[..]), Keyed::default().hash_one(&b"ab"[..]));
    }
    #[test]
    fn zeros_in_front_of_a_short_part_tell_it_apart() {
        let hash = |bytes: &[u8]| {
            let mut hasher = Folded { state: 7, key: 9 };
            hasher.write(bytes);
            hasher.finish()
        };
        assert_ne!(hash(b"ab"), hash(b"\0ab"));
        assert_ne!(hash(b"\0\0\0\0\0\0\0\0"), hash(b"\0\0\0\0\0\0\0\0\0"));
    }
}
