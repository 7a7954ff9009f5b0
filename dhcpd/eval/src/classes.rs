//! Names of classes as small numbers, and the classes of a packet.

use hashbrown::HashMap;
use smallvec::SmallVec;

/// A class that something in the configuration mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(u32);

impl ClassId {
    /// Every packet belongs to it.
    pub const ALL: Self = Self(0);
    /// The client has a reservation.
    pub const KNOWN: Self = Self(1);
    /// The client has none.
    pub const UNKNOWN: Self = Self(2);
    /// The packet is dropped.
    pub const DROP: Self = Self(3);
    /// The packet is one of BOOTP.
    pub const BOOTP: Self = Self(4);
    /// No names are updated for the client.
    pub const SKIP_DDNS: Self = Self(5);
    /// The packet gets no answer of this server.
    pub const REJECT: Self = Self(6);
}

/// The classes that there are constants for, in the order of their numbers.
const FIXED: [&str; 7] = ["ALL", "KNOWN", "UNKNOWN", "DROP", "BOOTP", "SKIP_DDNS", "REJECT"];
/// Classes that the server itself adds: they can be referred to without a definition, and have no test.
const BUILT_IN: [&str; 4] = ["ALL", "KNOWN", "UNKNOWN", "BOOTP"];
/// What the names of classes begin with that are made of what a client says about its vendor.
pub(crate) const VENDOR_PREFIX: &str = "VENDOR_CLASS_";
/// What the names of classes begin with that the server or a hook adds.
const BUILT_IN_PREFIXES: [&str; 4] = [VENDOR_PREFIX, "HA_", "AFTER_", "EXTERNAL_"];

/// Whether a class may be referred to without a definition.
pub fn is_built_in(name: &str) -> bool {
    has_no_test(name)
        || BUILT_IN_PREFIXES.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()))
}

/// Whether a class must not have a test of its own.
pub(crate) fn has_no_test(name: &str) -> bool {
    BUILT_IN.contains(&name)
}

/// All names of classes that the configuration mentions: in definitions, tests, guards, lists and reservations.
#[derive(Clone, Debug)]
pub struct Names {
    ids: HashMap<Box<str>, ClassId>,
    names: Vec<Box<str>>,
    vendors: bool,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { ids: HashMap::new(), names: Vec::new(), vendors: false };
        FIXED.iter().for_each(|name| {
            names.id(name);
        });
        names
    }
}

impl Names {
    /// The number of a name; a new one if nobody mentioned it yet.
    pub fn id(&mut self, name: &str) -> ClassId {
        self.find(name).unwrap_or_else(|| {
            let id = ClassId(self.names.len() as u32);
            self.names.push(name.into());
            self.vendors |= name.starts_with(VENDOR_PREFIX);
            self.ids.insert(name.into(), id);
            id
        })
    }

    /// Whether somebody mentions a class of those that are named after what a client says about its vendor.
    pub fn mention_vendors(&self) -> bool {
        self.vendors
    }

    /// The number of a name that somebody mentioned.
    pub fn find(&self, name: &str) -> Option<ClassId> {
        self.ids.get(name).copied()
    }

    /// The name.
    pub fn name(&self, id: ClassId) -> &str {
        self.names.get(id.0 as usize).map_or("", |name| name)
    }
}

/// The classes of a packet, in the order they were added. Up to 256 classes need no allocation.
///
/// Names made from the packet that nobody mentions (`VENDOR_CLASS_...`, `SPAWN_...`) decide nothing; they are kept to be
/// told.
#[derive(Clone, Debug, Default)]
pub struct ClassSet {
    bits: SmallVec<[u64; 4]>,
    order: SmallVec<[Entry; 16]>,
    /// Names that have no number, one behind the other.
    unlisted: SmallVec<[u8; 128]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Entry {
    Listed(ClassId),
    Unlisted { start: u32, end: u32 },
}

impl ClassSet {
    /// Adds a class, behind those that are there. False if it was there already.
    pub fn add(&mut self, class: ClassId) -> bool {
        let (word, bit) = place(class);
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        let Some(word) = self.bits.get_mut(word).filter(|word| **word & bit == 0) else { return false };
        *word |= bit;
        self.order.push(Entry::Listed(class));
        true
    }

    /// Adds a class by a name made from the packet.
    pub fn add_named(&mut self, names: &Names, name: &str) -> bool {
        if let Some(class) = names.find(name) {
            return self.add(class);
        }
        if self.unlisted().any(|other| other == name) {
            return false;
        }
        let start = self.unlisted.len() as u32;
        self.unlisted.extend_from_slice(name.as_bytes());
        self.order.push(Entry::Unlisted { start, end: self.unlisted.len() as u32 });
        true
    }

    /// Takes a class away.
    pub fn remove(&mut self, class: ClassId) {
        let (word, bit) = place(class);
        if let Some(word) = self.bits.get_mut(word).filter(|word| **word & bit != 0) {
            *word &= !bit;
            self.order.retain(|entry| *entry != Entry::Listed(class));
        }
    }

    /// Whether the packet belongs to a class.
    pub fn contains(&self, class: ClassId) -> bool {
        let (word, bit) = place(class);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Whether the packet may use what is guarded by these classes: it belongs to one, or there are none.
    pub fn passes(&self, guard: &[ClassId]) -> bool {
        guard.is_empty() || guard.iter().any(|class| self.contains(*class))
    }

    /// Classes in the order they were added; those nobody mentions are left out.
    pub fn iter(&self) -> impl Iterator<Item = ClassId> {
        self.order.iter().filter_map(|entry| match entry {
            Entry::Listed(class) => Some(*class),
            Entry::Unlisted { .. } => None,
        })
    }

    /// Names of all classes in the order they were added.
    pub fn names<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = &'a str> {
        self.order.iter().map(|entry| match entry {
            Entry::Listed(class) => names.name(*class),
            Entry::Unlisted { start, end } => self.text(*start, *end),
        })
    }

    fn unlisted(&self) -> impl Iterator<Item = &str> {
        self.order.iter().filter_map(|entry| match entry {
            Entry::Listed(_) => None,
            Entry::Unlisted { start, end } => Some(self.text(*start, *end)),
        })
    }

    fn text(&self, start: u32, end: u32) -> &str {
        let bytes = self.unlisted.get(start as usize..end as usize).unwrap_or(&[]);
        std::str::from_utf8(bytes).unwrap_or("")
    }
}

fn place(class: ClassId) -> (usize, u64) {
    (class.0 as usize / 64, 1 << (class.0 % 64))
}

/// Bytes as they can stand in the name of a class: letters, digits and ``!#$&*+-./:?@^_|~`` as they are, the percent
/// sign doubled, others as `%` and two digits.
#[expect(clippy::indexing_slicing, reason = "sixteen digits, indexed by four bits")]
pub fn escape(bytes: &[u8]) -> impl Iterator<Item = u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|&byte| {
        let digit = |value: u8| DIGITS[usize::from(value & 15)];
        let (text, len) = match byte {
            b'%' => (*b"%%%", 2),
            _ if byte.is_ascii_alphanumeric() || b"!#$&*+-./:?@^_|~".contains(&byte) => ([byte; 3], 1),
            _ => ([b'%', digit(byte >> 4), digit(byte)], 3),
        };
        text.into_iter().take(len)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn classes_keep_their_order() {
        let mut names = Names::default();
        let gold = names.id("gold");
        let mut set = ClassSet::default();
        assert!(set.add(gold) && set.add(ClassId::ALL) && !set.add(gold));
        assert!(set.add_named(&names, "VENDOR_CLASS_x") && !set.add_named(&names, "VENDOR_CLASS_x"));
        assert!(set.add_named(&names, "DROP"));
        assert_eq!(set.names(&names).collect::<Vec<_>>(), ["gold", "ALL", "VENDOR_CLASS_x", "DROP"]);
        assert!(set.contains(ClassId::DROP) && !set.contains(ClassId::KNOWN));
        set.remove(gold);
        assert_eq!(set.iter().collect::<Vec<_>>(), [ClassId::ALL, ClassId::DROP]);
        assert!(set.passes(&[]) && set.passes(&[gold, ClassId::ALL]) && !set.passes(&[gold]));
    }

    #[test]
    fn some_names_are_built_in() {
        for name in ["ALL", "BOOTP", "VENDOR_CLASS_docsis3.0", "HA_server1", "EXTERNAL_x", "AFTER_x"] {
            assert!(is_built_in(name), "{name}");
        }
        for name in ["DROP", "VENDOR_CLASS_", "SPAWN_a_b", "all", ""] {
            assert!(!is_built_in(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn different_bytes_have_different_names(a: [u8; 3], b: [u8; 3]) {
            prop_assert_eq!(a == b, escape(&a).eq(escape(&b)));
        }
    }
}
