//! A message that is changed after it was written: options come and go.

use super::{Message, Writer};

/// A message taken apart into its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    kind: super::MessageType,
    transaction_id: u32,
    /// In the order in which they are written.
    options: Vec<(u16, Vec<u8>)>,
}

impl Draft {
    /// Takes a message apart; what stands behind an option that does not fit is lost.
    pub fn new(message: &Message<'_>) -> Self {
        let options = message.options.iter().map_while(Result::ok);
        Self {
            kind: message.kind,
            transaction_id: message.transaction_id,
            options: options.map(|option| (option.code, option.data.to_vec())).collect(),
        }
    }

    /// The first option with a code.
    pub fn option(&self, code: u16) -> Option<&[u8]> {
        self.options.iter().find(|(other, _)| *other == code).map(|(_, data)| data.as_slice())
    }

    /// All options with a code, to be changed.
    pub fn options_mut(&mut self, code: u16) -> impl Iterator<Item = &mut Vec<u8>> {
        self.options.iter_mut().filter(move |(other, _)| *other == code).map(|(_, data)| data)
    }

    /// Puts an option behind all others.
    pub fn add(&mut self, code: u16, data: Vec<u8>) {
        self.options.push((code, data));
    }

    /// Puts an option in the place of the first one with its code, or behind all others.
    pub fn set(&mut self, code: u16, data: Vec<u8>) {
        match self.options.iter_mut().find(|(other, _)| *other == code) {
            Some((_, place)) => *place = data,
            None => self.add(code, data),
        }
    }

    /// Takes all options with a code away; whether there were any.
    pub fn remove(&mut self, code: u16) -> bool {
        let before = self.options.len();
        self.options.retain(|(other, _)| *other != code);
        self.options.len() < before
    }

    /// Appends the message.
    pub fn write(&self, out: &mut Writer<'_>) {
        out.message(self.kind, self.transaction_id);
        self.options.iter().for_each(|(code, data)| out.option(*code, data));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v6::MessageType;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_draft_that_is_not_changed_is_the_same_message(
            tid in 0u32..1 << 24,
            options in proptest::collection::vec((any::<u16>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..6),
        ) {
            let mut bytes = Vec::new();
            let mut out = Writer::new(&mut bytes);
            out.message(MessageType::REPLY, tid);
            options.iter().for_each(|(code, data)| out.option(*code, data));
            out.finish().unwrap();
            let mut again = Vec::new();
            let mut out = Writer::new(&mut again);
            Draft::new(&Message::parse(&bytes, 0).unwrap()).write(&mut out);
            out.finish().unwrap();
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn options_come_and_go() {
        let bytes = [7, 0, 0, 1, 0, 3, 0, 1, 9, 0, 3, 0, 1, 8, 0, 1, 0, 0];
        let mut draft = Draft::new(&Message::parse(&bytes, 0).unwrap());
        draft.options_mut(3).for_each(|data| data.push(0));
        draft.set(1, vec![5]);
        draft.set(2, vec![6]);
        assert_eq!((draft.option(3), draft.option(2), draft.option(7)), (Some(&[9, 0][..]), Some(&[6][..]), None));
        assert!(draft.remove(3) && !draft.remove(3));
        let mut again = Vec::new();
        draft.write(&mut Writer::new(&mut again));
        assert_eq!(again, [7, 0, 0, 1, 0, 1, 0, 1, 5, 0, 2, 0, 1, 6]);
    }
}
