//! Key table: from 32-bit keys that are hashes already to small values, by open addressing in one array.
//!
//! A lookup is one masked index and, at half load, one or two comparisons; nothing is hashed again.

/// A fixed map from keys other than zero to values.
#[derive(Debug)]
pub struct KeyTable<V> {
    /// A power of two of slots, at most half of them taken; key 0 marks a free one.
    slots: Vec<(u32, V)>,
    /// Number of slots less one.
    mask: usize,
}

impl<V: Copy + Default> KeyTable<V> {
    /// The table of `entries`. Of a key that comes twice the last value counts; key 0 is left out.
    pub fn new(entries: impl ExactSizeIterator<Item = (u32, V)>) -> Self {
        let n_slots = (2 * entries.len()).next_power_of_two().max(2);
        let mut table = Self { slots: vec![(0, V::default()); n_slots], mask: n_slots - 1 };
        for (key, value) in entries.filter(|&(key, _)| key != 0) {
            let mut at = key as usize & table.mask;
            while table.slots[at].0 != 0 && table.slots[at].0 != key {
                at = (at + 1) & table.mask;
            }
            table.slots[at] = (key, value);
        }
        table
    }

    /// The value of `key`.
    #[inline]
    #[must_use]
    pub fn get(&self, key: u32) -> Option<V> {
        let mut at = key as usize & self.mask;
        loop {
            let (found, value) = self.slots[at];
            if found == 0 {
                return None;
            }
            if found == key {
                return Some(value);
            }
            at = (at + 1) & self.mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_share_a_slot_are_told_apart() {
        let table = KeyTable::new([(1_u32, 10_i8), (9, 90), (17, 17), (0, 5)].into_iter());
        let found: Vec<_> = [1, 9, 17, 25, 0].into_iter().map(|key| table.get(key)).collect();
        assert_eq!(found, [Some(10), Some(90), Some(17), None, None]);
        assert_eq!(KeyTable::<i8>::new([].into_iter()).get(3), None);
    }
}
