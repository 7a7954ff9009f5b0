//! What is free in the order in which it became free: the allocator `flq`.
//!
//! Ranges of other allocators have no queue, and pay nothing. In front of a queue is what nobody held when it was made,
//! in no order, and is known by not having been passed yet; behind that comes what was given back or offered since, one
//! by one.

use super::address_set::AddressSet;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

/// The queues of a table, by the first number of their range; ranges do not overlap.
#[derive(Debug, Default)]
pub(super) struct Queues {
    by_first: BTreeMap<u128, Queue>,
}

impl Queues {
    /// Has queues for these ranges, and for no others. `held` tells what somebody holds of a new one.
    pub(super) fn keep(&mut self, ranges: &[RangeInclusive<u128>], held: impl Fn(RangeInclusive<u128>) -> AddressSet) {
        let mut before = std::mem::take(&mut self.by_first);
        for range in ranges.iter().filter(|range| !range.is_empty()) {
            let (first, last) = (*range.start(), *range.end());
            let known = before.remove(&first).filter(|queue| queue.last == last);
            self.by_first.insert(first, known.unwrap_or_else(|| Queue::new(last, held(first..=last))));
        }
    }

    /// The next of a range. It goes to the end, so that another client is offered another one. `held` is asked where
    /// there is no queue yet; `closed` tells of a number that does not count where the row of them ends that it begins.
    pub(super) fn next(
        &mut self,
        range: RangeInclusive<u128>,
        from: u128,
        held: impl FnOnce() -> AddressSet,
        closed: impl Fn(u128) -> Option<u128>,
    ) -> Option<u128> {
        let (first, last) = range.into_inner();
        if first > last {
            return None;
        }
        if self.by_first.get(&first).is_none_or(|queue| queue.last != last) {
            self.by_first.retain(|other, queue| *other > last || queue.last < first);
            self.by_first.insert(first, Queue::new(last, held()));
        }
        self.by_first.get_mut(&first)?.next(first, from.clamp(first, last), closed)
    }

    /// Somebody holds it now.
    pub(super) fn taken(&mut self, number: u128) {
        if let Some(queue) = self.of(number) {
            queue.passed.insert(number);
            queue.leave(number);
        }
    }

    /// Nobody holds it any more.
    pub(super) fn freed(&mut self, number: u128) {
        if let Some(queue) = self.of(number)
            && queue.passed.contains(number)
            && !queue.places.contains_key(&number)
        {
            queue.line_up(number);
        }
    }

    fn of(&mut self, number: u128) -> Option<&mut Queue> {
        let (_, queue) = self.by_first.range_mut(..=number).next_back()?;
        (number <= queue.last).then_some(queue)
    }
}

#[derive(Debug)]
struct Queue {
    last: u128,
    /// What is not in the front part: held by somebody, or lined up behind.
    passed: AddressSet,
    line: BTreeMap<u64, u128>,
    places: HashMap<u128, u64>,
    next_place: u64,
}

impl Queue {
    fn new(last: u128, held: AddressSet) -> Self {
        Queue { last, passed: held, line: BTreeMap::new(), places: HashMap::new(), next_place: 0 }
    }

    fn next(&mut self, first: u128, from: u128, closed: impl Fn(u128) -> Option<u128>) -> Option<u128> {
        if let Some(new) = self.new_in(from, self.last, &closed).or_else(|| self.new_in(first, from, &closed)) {
            self.passed.insert(new);
            self.line_up(new);
            return Some(new);
        }
        for _ in 0..self.line.len() {
            let (_, number) = self.line.pop_first()?;
            self.places.remove(&number);
            self.line_up(number);
            if closed(number).is_none() {
                return Some(number);
            }
        }
        None
    }

    /// One that never had its turn.
    fn new_in(&self, low: u128, high: u128, closed: impl Fn(u128) -> Option<u128>) -> Option<u128> {
        let mut from = low;
        loop {
            let number = self.passed.next_absent(from).filter(|number| *number <= high)?;
            match closed(number) {
                None => return Some(number),
                Some(row_end) => from = row_end.checked_add(1)?,
            }
        }
    }

    fn line_up(&mut self, number: u128) {
        self.leave(number);
        self.line.insert(self.next_place, number);
        self.places.insert(number, self.next_place);
        self.next_place += 1;
    }

    fn leave(&mut self, number: u128) {
        if let Some(place) = self.places.remove(&number) {
            self.line.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeSet, VecDeque};

    fn next(queues: &mut Queues, held: &[u128]) -> Option<u128> {
        let set = || {
            let mut set = AddressSet::default();
            held.iter().for_each(|&number| set.insert(number));
            set
        };
        queues.next(10..=14, 12, set, |_| None)
    }

    #[test]
    fn what_is_given_back_comes_last() {
        let mut queues = Queues::default();
        let given: BTreeSet<_> = (0..4).filter_map(|_| next(&mut queues, &[11])).collect();
        assert_eq!(given, BTreeSet::from([10, 12, 13, 14]));
        given.iter().for_each(|&number| queues.taken(number));
        assert_eq!(next(&mut queues, &[]), None);
        [13, 11, 10].iter().for_each(|&number| queues.freed(number));
        assert_eq!([(); 4].map(|()| next(&mut queues, &[])), [Some(13), Some(11), Some(10), Some(13)]);
    }

    #[test]
    fn a_range_with_other_bounds_starts_anew() {
        let mut queues = Queues::default();
        assert_eq!(next(&mut queues, &[10, 12, 13, 14]), Some(11));
        let held = || {
            [10, 11].into_iter().fold(AddressSet::default(), |mut set, number| {
                set.insert(number);
                set
            })
        };
        assert_eq!(queues.next(10..=12, 10, held, |_| None), Some(12));
        assert_eq!(queues.by_first.len(), 1);
    }

    #[test]
    fn a_range_that_stays_keeps_its_order() {
        let (mut queues, none) = (Queues::default(), |_| AddressSet::default());
        queues.keep(&[10..=12, 20..=22], none);
        (10..=12).for_each(|number| queues.taken(number));
        [12, 10].iter().for_each(|&number| queues.freed(number));
        queues.keep(&[10..=12, 30..=32], none);
        assert_eq!(queues.by_first.keys().copied().collect::<Vec<_>>(), [10, 30]);
        assert_eq!([(); 2].map(|()| queues.next(10..=12, 10, AddressSet::default, |_| None)), [Some(12), Some(10)]);
    }

    proptest! {
        /// Against a queue of all that is free. What it begins with is in no order.
        #[test]
        fn it_is_a_queue(steps in prop::collection::vec((0u8..4, 10u128..15), 0..60), shut in 9u128..16) {
            let mut queues = Queues::default();
            let closed = |number| (number == shut).then_some(number);
            let mut front: BTreeSet<u128> = (10..15).collect();
            let mut line = VecDeque::new();
            let mut free: BTreeSet<u128> = front.clone();
            for (step, number) in steps {
                match step {
                    0 if free.remove(&number) => {
                        queues.taken(number);
                        front.remove(&number);
                        line.retain(|other| *other != number);
                    }
                    1 if free.insert(number) => {
                        // Before it is first asked, a queue knows of nothing.
                        let unknown = queues.by_first.is_empty();
                        queues.freed(number);
                        if unknown { front.insert(number); } else { line.push_back(number); }
                    }
                    2 | 3 => {
                        let held = || (10..15).filter(|number| !free.contains(number)).fold(AddressSet::default(), |mut set, number| {
                            set.insert(number);
                            set
                        });
                        let found = queues.next(10..=14, number, held, closed);
                        let new = front.iter().any(|number| closed(*number).is_none());
                        let expected = line.iter().copied().find(|number| closed(*number).is_none());
                        match found {
                            Some(found) if new => prop_assert!(front.remove(&found) && closed(found).is_none()),
                            found => {
                                prop_assert_eq!(found, expected);
                                let passed = line.iter().position(|number| Some(*number) == found).unwrap_or(0);
                                line.rotate_left(passed);
                                line.pop_front().filter(|_| found.is_none()).into_iter().for_each(|number| line.push_front(number));
                            }
                        }
                        line.extend(found);
                    }
                    _ => {}
                }
            }
        }
    }
}
