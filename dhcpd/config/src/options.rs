//! Options ready to be sent: what `option-data` became once every value was encoded.
//!
//! A list is written by the operator in each scope (global, shared network, subnet, pool, reservation). The resolved
//! lists are already layered, so that a packet looks in one list of the scope it ended in and copies bytes.
//! Sub-options stand encoded inside their parent option, unless some of them are for classes.

use eval::{ClassId, ClassSet};
use std::borrow::Cow;
pub use wire::options::Family;

/// Code of the standard option with this name in a space (`dhcp4`, `dhcp6`, or one inside of an option).
pub fn code(family: Family, space: &str, name: &str) -> Option<u16> {
    wire::options::by_name(family, space, name).map(|definition| definition.code)
}

/// One option with its payload as it goes on the wire, without code and length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionItem {
    /// Code in its space (`dhcp4`, `dhcp6`, or a vendor's).
    pub code: u16,
    /// Payload.
    pub data: Box<[u8]>,
    /// Sent even to a client that did not ask (`always-send`).
    pub always: bool,
    /// Never sent, whatever other scopes say (`never-send`).
    pub never: bool,
    /// Sent to members of one of these classes only; to all clients if there is none (`client-classes`).
    pub classes: Box<[ClassId]>,
    /// Sub-options that follow `data`, where some of them are for classes; otherwise `data` is the whole payload.
    pub inside: Box<[OptionItem]>,
    /// The vendor whose it is, of an option that may stand once for each (124 and 125 of DHCPv4, 16 and 17 of DHCPv6).
    pub vendor: Option<u32>,
}

impl OptionItem {
    /// An option for everybody who asks for it.
    pub fn new(code: u16, data: &[u8]) -> Self {
        Self { code, data: data.into(), ..Self::default() }
    }

    /// The payload that a member of these classes gets.
    pub fn payload(&self, family: Family, classes: &ClassSet) -> Cow<'_, [u8]> {
        if self.inside.is_empty() {
            return Cow::Borrowed(&self.data);
        }
        let mut payload = self.data.to_vec();
        for (place, item) in self.inside.iter().enumerate() {
            let taken = self.inside.iter().take(place).any(|o| o.code == item.code && classes.passes(&o.classes));
            if !taken && classes.passes(&item.classes) {
                append_sub_option(family, item.code, &item.payload(family, classes), &mut payload);
            }
        }
        Cow::Owned(payload)
    }

    /// Whether the other one would be sent in its place.
    fn stands_for(&self, other: &Self) -> bool {
        (self.code, self.vendor) == (other.code, other.vendor)
    }
}

/// Appends a sub-option: code and length are of one byte in DHCPv4 (RFC 2132 §2), where a long one comes in pieces
/// (RFC 3396), of two in DHCPv6 (RFC 8415 §21.1).
pub(crate) fn append_sub_option(family: Family, code: u16, payload: &[u8], out: &mut Vec<u8>) {
    match family {
        Family::V4 => {
            let (first, rest) = payload.split_at(payload.len().min(255));
            for piece in std::iter::once(first).chain(rest.chunks(255)) {
                out.extend_from_slice(&[code as u8, piece.len() as u8]);
                out.extend_from_slice(piece);
            }
        }
        Family::V6 => {
            out.extend_from_slice(&code.to_be_bytes());
            out.extend_from_slice(&(payload.len() as u16).to_be_bytes());
            out.extend_from_slice(payload);
        }
    }
}

/// Options of one vendor: the space `vendor-ENTERPRISE`, carried in option 125 (v4) or 17 (v6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorOptions {
    /// IANA enterprise number.
    pub enterprise: u32,
    /// The vendor's options, by code. Those of a code that are for classes come first.
    pub items: Vec<OptionItem>,
}

/// The options of a scope, those of the scopes that enclose it included as far as they inherit them, by code. What is
/// for classes comes first among the options of a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionSet {
    items: Vec<OptionItem>,
    vendors: Vec<VendorOptions>,
}

impl OptionSet {
    /// Makes the list of one scope. Where a code stands twice for the same classes, the last one counts.
    pub fn new(items: Vec<OptionItem>, vendors: Vec<VendorOptions>) -> Self {
        let mut set = Self { items: sorted(items), vendors: Vec::new() };
        for vendor in vendors {
            let items = match set.vendors.iter().position(|v| v.enterprise == vendor.enterprise) {
                Some(at) => set.vendors.swap_remove(at).items.into_iter().chain(vendor.items).collect(),
                None => vendor.items,
            };
            set.vendors.push(VendorOptions { enterprise: vendor.enterprise, items: sorted(items) });
        }
        set.vendors.sort_by_key(|v| v.enterprise);
        set
    }

    /// This scope's options over those of the enclosing scope: the inner value wins; `always` and `never` of either
    /// scope hold.
    #[must_use]
    pub fn over(&self, outer: &Self) -> Self {
        let mut vendors: Vec<VendorOptions> = Vec::new();
        for vendor in self.vendors.iter().chain(&outer.vendors) {
            match vendors.iter_mut().find(|v| v.enterprise == vendor.enterprise) {
                Some(inner) => inner.items = layered(&inner.items, &vendor.items),
                None => vendors.push(vendor.clone()),
            }
        }
        vendors.sort_by_key(|v| v.enterprise);
        Self { items: layered(&self.items, &outer.items), vendors }
    }

    /// The option with this code that is sent to a member of these classes.
    pub fn find_for(&self, code: u16, classes: &ClassSet) -> Option<&OptionItem> {
        self.items.iter().find(|item| item.code == code && classes.passes(&item.classes))
    }

    /// The options with this code that are sent to a member of these classes: one, or one for each vendor.
    pub fn all_for(&self, code: u16, classes: &ClassSet) -> impl Iterator<Item = &OptionItem> {
        let of = move |item: &&OptionItem| item.code == code && classes.passes(&item.classes);
        let first = move |item: &&OptionItem| {
            let first = self.items.iter().filter(of).find(|other| other.stands_for(item));
            first.is_some_and(|first| std::ptr::eq(first, *item))
        };
        self.items.iter().filter(of).filter(first)
    }

    /// The first option with this code, whomever it is for.
    pub fn find(&self, code: u16) -> Option<&OptionItem> {
        // Scopes have a dozen options: a walk over sorted codes beats a search.
        self.items.iter().find(|item| item.code == code)
    }

    /// All options by code.
    pub fn items(&self) -> &[OptionItem] {
        &self.items
    }

    /// Options by vendor, by enterprise number.
    pub fn vendors(&self) -> &[VendorOptions] {
        &self.vendors
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.vendors.is_empty()
    }
}

/// By code, the last of each for the same classes; first what is for classes, as written.
fn sorted(items: Vec<OptionItem>) -> Vec<OptionItem> {
    let mut last: Vec<OptionItem> = Vec::with_capacity(items.len());
    for item in items {
        match last.iter_mut().find(|other| other.stands_for(&item) && other.classes == item.classes) {
            Some(other) => *other = item,
            None => last.push(item),
        }
    }
    last.sort_by_key(|item| (item.code, item.classes.is_empty()));
    last
}

/// Two sorted lists in one.
fn layered(inner: &[OptionItem], outer: &[OptionItem]) -> Vec<OptionItem> {
    let mut all = inner.to_vec();
    for item in outer {
        // What is for some clients leaves the others to the outer scope.
        match all.iter_mut().find(|mine| mine.stands_for(item) && mine.classes.is_empty()) {
            Some(mine) => {
                mine.always |= item.always;
                mine.never |= item.never;
            }
            None => all.push(item.clone()),
        }
    }
    all.sort_by_key(|item| item.code);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(code: u16, data: &[u8], always: bool) -> OptionItem {
        OptionItem { always, ..OptionItem::new(code, data) }
    }

    #[test]
    fn the_last_of_a_scope_counts_and_the_inner_scope_wins() {
        let outer = OptionSet::new(vec![item(6, &[1], true), item(3, &[1], false), item(3, &[2], false)], vec![]);
        assert_eq!(outer.find(3).map(|i| &*i.data), Some(&[2][..]));
        let inner = OptionSet::new(vec![item(6, &[9], false), item(15, b"x", false)], vec![]);
        let both = inner.over(&outer);
        assert_eq!(both.items().iter().map(|i| i.code).collect::<Vec<_>>(), [3, 6, 15]);
        assert_eq!(both.find(6), Some(&item(6, &[9], true)), "inner value, and always from outside");
    }

    #[test]
    fn vendors_are_layered_each_for_itself() {
        let vendor = |enterprise, items| VendorOptions { enterprise, items };
        let outer = OptionSet::new(vec![], vec![vendor(4491, vec![item(2, &[1], false), item(3, &[1], false)])]);
        let inner = OptionSet::new(vec![], vec![vendor(4491, vec![item(2, &[7], false)]), vendor(9, vec![])]);
        let both = inner.over(&outer);
        assert_eq!(both.vendors().iter().map(|v| v.enterprise).collect::<Vec<_>>(), [9, 4491]);
        assert_eq!(both.vendors()[1].items, [item(2, &[7], false), item(3, &[1], false)]);
    }

    #[test]
    fn options_for_classes_leave_other_clients_to_the_outer_scope() {
        let melon = |code, data: &[u8]| OptionItem { classes: [ClassId::KNOWN].into(), ..item(code, data, false) };
        let outer = OptionSet::new(vec![item(6, &[1], true), melon(3, &[2])], vec![]);
        let inner = OptionSet::new(vec![item(3, &[8], false), melon(6, &[9])], vec![]);
        let both = inner.over(&outer);
        let mut known = ClassSet::default();
        let value = |code, classes: &ClassSet| both.find_for(code, classes).map(|item| item.data[0]);
        assert_eq!([3, 6].map(|code| value(code, &known)), [Some(8), Some(1)]);
        known.add(ClassId::KNOWN);
        assert_eq!([3, 6].map(|code| value(code, &known)), [Some(8), Some(9)], "the inner scope wins");
    }
}
