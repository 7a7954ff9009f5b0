//! Records at fixed places, named by a number of four bytes.

/// Names a record in a [`Slab`] and in the indexes over it.
pub(super) type Handle = u32;

/// Records; places given back are used again.
#[derive(Debug)]
pub(super) struct Slab<T> {
    slots: Vec<Option<T>>,
    vacant: Vec<Handle>,
}

impl<T> Slab<T> {
    pub(super) fn get(&self, handle: Handle) -> Option<&T> {
        self.slots.get(handle as usize)?.as_ref()
    }

    pub(super) fn reserve(&mut self, records: usize) {
        self.slots.reserve(records);
    }

    pub(super) fn insert(&mut self, record: T) -> Handle {
        match self.vacant.pop() {
            Some(handle) => {
                self.slots[handle as usize] = Some(record);
                handle
            }
            None => {
                self.slots.push(Some(record));
                (self.slots.len() - 1) as Handle
            }
        }
    }

    /// Puts another record in the place of `handle`; the one that was there.
    pub(super) fn replace(&mut self, handle: Handle, record: T) -> Option<T> {
        self.slots.get_mut(handle as usize)?.replace(record)
    }

    pub(super) fn remove(&mut self, handle: Handle) -> Option<T> {
        let record = self.slots.get_mut(handle as usize)?.take()?;
        self.vacant.push(handle);
        Some(record)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.vacant.len()
    }

    /// All records, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().flatten()
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { slots: Vec::new(), vacant: Vec::new() }
    }
}
