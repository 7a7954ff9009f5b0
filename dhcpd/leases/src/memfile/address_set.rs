//! Sets of addresses in which the gaps are found quickly, however full they are and however large the range.
//!
//! Addresses (or prefixes, counted in their own length) are bits of 64-bit words in an ordered map. A second map has a
//! bit for each word of the first that is full, a third one for the second: a full /8 is passed in 64 steps, and a
//! sparse /64 costs one word a lease.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::RangeInclusive;

/// A set of numbers.
#[derive(Debug, Default)]
pub(super) struct AddressSet {
    /// Level 0 has the members; a bit of level n says that a word of level n - 1 is full.
    levels: [BTreeMap<u128, u64>; 3],
    /// In sets of which ranges are counted: members by block. What is sparse does without.
    blocks: Option<BTreeMap<u128, u32>>,
}

const BITS: u32 = 6;
/// A block has so many numbers, as a power of two.
const BLOCK: u32 = 12;
const FULL: u64 = u64::MAX;

/// The key of a member's word, and its bit in there.
fn word_and_bit(member: u128) -> (u128, u32) {
    (member >> BITS, (member as u32) & 63)
}

impl AddressSet {
    /// A set of which ranges can be counted without a look at each word.
    pub(super) fn counted() -> Self {
        AddressSet { blocks: Some(BTreeMap::new()), ..AddressSet::default() }
    }

    /// The members of `all` within a range that `but` does not have. Not counted.
    pub(super) fn difference(all: &AddressSet, but: Option<&AddressSet>, range: RangeInclusive<u128>) -> Self {
        let mut set = AddressSet::default();
        let (first, last) = range.into_inner();
        for (key, word) in all.words(first, last) {
            let rest = word & !but.map_or(0, |but| but.word(0, key));
            if rest != 0 {
                set.levels[0].insert(key, rest);
            }
            if rest == FULL {
                set.fill(1, key);
            }
        }
        set
    }

    pub(super) fn insert(&mut self, member: u128) {
        if let Some(blocks) = self.blocks.as_mut().filter(|_| !contains(&self.levels[0], member)) {
            *blocks.entry(member >> BLOCK).or_insert(0) += 1;
        }
        self.fill(0, member);
    }

    /// Sets a bit of a level, and of those above what is full by that.
    fn fill(&mut self, level: usize, member: u128) {
        let mut member = member;
        for level in self.levels.iter_mut().skip(level) {
            let (key, bit) = word_and_bit(member);
            let word = level.entry(key).or_insert(0);
            *word |= 1 << bit;
            if *word != FULL {
                return;
            }
            member = key;
        }
    }

    pub(super) fn remove(&mut self, member: u128) {
        if let Some(blocks) = self.blocks.as_mut().filter(|_| contains(&self.levels[0], member))
            && let Entry::Occupied(mut block) = blocks.entry(member >> BLOCK)
        {
            *block.get_mut() -= 1;
            if *block.get() == 0 {
                block.remove();
            }
        }
        let mut member = member;
        for level in &mut self.levels {
            let (key, bit) = word_and_bit(member);
            let Some(word) = level.get_mut(&key) else { return };
            let was_full = *word == FULL;
            *word &= !(1 << bit);
            if *word == 0 {
                level.remove(&key);
            }
            if !was_full {
                return;
            }
            member = key;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.levels[0].is_empty()
    }

    pub(super) fn contains(&self, member: u128) -> bool {
        contains(&self.levels[0], member)
    }

    /// The smallest number from `from` on that is no member.
    pub(super) fn next_absent(&self, from: u128) -> Option<u128> {
        self.next_clear(0, from)
    }

    /// The members of a range, in order.
    pub(super) fn range(&self, range: RangeInclusive<u128>) -> impl Iterator<Item = u128> {
        let (first, last) = range.into_inner();
        let words = (first <= last).then(|| self.levels[0].range(first >> BITS..=last >> BITS));
        words
            .into_iter()
            .flatten()
            .flat_map(|(&key, &word)| bits(word).map(move |bit| key << BITS | u128::from(bit)))
            .filter(move |member| (first..=last).contains(member))
    }

    /// How many members a range has.
    pub(super) fn count(&self, range: RangeInclusive<u128>) -> u64 {
        let (first, last) = range.into_inner();
        let (low, high) = (first >> BLOCK, last >> BLOCK);
        match &self.blocks {
            // Whole blocks lie between those in which the range begins and ends.
            Some(blocks) if low < high => {
                let whole: u64 = blocks.range(low + 1..high).map(|(_, members)| u64::from(*members)).sum();
                whole + self.count_words(first, ((low + 1) << BLOCK) - 1) + self.count_words(high << BLOCK, last)
            }
            _ if first <= last => self.count_words(first, last),
            _ => 0,
        }
    }

    fn count_words(&self, first: u128, last: u128) -> u64 {
        self.words(first, last).map(|(_, word)| u64::from(word.count_ones())).sum()
    }

    /// The words of a range, by their keys; members outside of it are not in them.
    fn words(&self, first: u128, last: u128) -> impl Iterator<Item = (u128, u64)> {
        let (low, high) = (first >> BITS, last >> BITS);
        self.levels[0].range(low..=high).map(move |(&key, &word)| {
            let from = if key == low { u64::MAX << (first as u32 & 63) } else { u64::MAX };
            let to = if key == high { u64::MAX >> (63 - (last as u32 & 63)) } else { u64::MAX };
            (key, word & from & to)
        })
    }

    fn word(&self, level: usize, key: u128) -> u64 {
        self.levels.get(level).and_then(|words| words.get(&key)).copied().unwrap_or(0)
    }

    /// The first bit of a level from `from` on that is not set. Above the highest level nothing is known to be full.
    fn next_clear(&self, level: usize, from: u128) -> Option<u128> {
        if level == self.levels.len() {
            return Some(from);
        }
        let (key, bit) = word_and_bit(from);
        let rest = self.word(level, key) | ((1 << bit) - 1);
        if rest != FULL {
            return Some(key << BITS | u128::from(rest.trailing_ones()));
        }
        let mut key = key + 1;
        loop {
            key = self.next_clear(level + 1, key)?;
            if key > u128::MAX >> BITS {
                return None;
            }
            let word = self.word(level, key);
            if word != FULL {
                return Some(key << BITS | u128::from(word.trailing_ones()));
            }
            key += 1;
        }
    }
}

fn contains(words: &BTreeMap<u128, u64>, member: u128) -> bool {
    let (key, bit) = word_and_bit(member);
    words.get(&key).is_some_and(|word| word >> bit & 1 == 1)
}

/// The numbers of the bits that are set.
fn bits(word: u64) -> impl Iterator<Item = u32> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let bit = (rest != 0).then(|| rest.trailing_zeros())?;
        rest &= rest - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_full_range_is_passed_up_to_its_end() {
        let mut set = AddressSet::default();
        for member in 0..300_000 {
            set.insert(member);
        }
        assert_eq!(set.next_absent(5), Some(300_000));
        set.remove(262_143);
        assert_eq!(set.next_absent(5), Some(262_143));
        assert_eq!(set.next_absent(262_144), Some(300_000));
    }

    #[test]
    fn the_last_number_has_no_next() {
        let mut set = AddressSet::default();
        for member in u128::MAX - 200..=u128::MAX {
            set.insert(member);
        }
        assert_eq!(set.next_absent(u128::MAX - 100), None);
        assert_eq!(set.next_absent(u128::MAX - 201), Some(u128::MAX - 201));
    }

    proptest! {
        #[test]
        fn members_of_ranges_are_counted(
            changes in prop::collection::vec((any::<bool>(), 0u128..20_000), 0..900),
            (a, b) in (0u128..21_000, 0u128..21_000),
        ) {
            let (mut set, mut model) = (AddressSet::counted(), BTreeSet::new());
            for (insert, member) in changes {
                if insert {
                    set.insert(member);
                    model.insert(member);
                } else {
                    let member = model.range(member..).next().copied().unwrap_or(member);
                    set.remove(member);
                    model.remove(&member);
                }
            }
            let range = a.min(b)..=a.max(b);
            prop_assert_eq!(set.count(range.clone()), model.range(range).count() as u64);
            prop_assert_eq!(set.blocks.unwrap().values().sum::<u32>(), model.len() as u32);
        }

        #[test]
        fn it_is_a_set(changes in prop::collection::vec((any::<bool>(), 0u128..600), 0..900), from in 0u128..700) {
            let (mut set, mut model) = (AddressSet::default(), BTreeSet::new());
            for member in 100..500 {
                set.insert(member);
                model.insert(member);
            }
            for (insert, member) in changes {
                if insert {
                    set.insert(member);
                    model.insert(member);
                } else {
                    set.remove(member);
                    model.remove(&member);
                }
            }
            prop_assert!((0..700).all(|member| set.contains(member) == model.contains(&member)));
            prop_assert_eq!(set.next_absent(from), (from..).find(|n| !model.contains(n)));
            prop_assert_eq!(set.count(from..=from + 99), model.range(from..=from + 99).count() as u64);
            prop_assert!(set.range(from..=from + 99).eq(model.range(from..=from + 99).copied()));
            let even = (0..600).step_by(2).fold(AddressSet::default(), |mut set, member| {
                set.insert(member);
                set
            });
            let odd = AddressSet::difference(&set, Some(&even), from..=from + 99);
            let members = || model.range(from..=from + 99).copied().filter(|member| member % 2 == 1);
            prop_assert!(odd.range(0..=u128::MAX).eq(members()));
            let all = AddressSet::difference(&set, None, from..=from + 399);
            prop_assert_eq!(all.next_absent(from), (from..).find(|n| *n > from + 399 || !model.contains(n)));
        }
    }
}
