//! The options of an answer: what the protocol wants, what the client asks for, what the operator insists on.

use super::query::Query;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::options::{Family, OptionItem, OptionSet, VendorOptions};
use smallvec::SmallVec;
use wire::v4::{Header, MessageType, Writer, code, sub_options};

/// IANA number of CableLabs, whose clients ask for options inside of option 125.
const CABLELABS: u32 = 4491;
/// What they ask with: a list of codes.
const CABLELABS_REQUEST_LIST: u8 = 1;
/// Sent to every client that gets an answer, asked for or not, as Kea does.
const BASIC: [u8; 4] = [code::ROUTERS, code::DNS_SERVERS, code::DOMAIN_NAME, code::SERVER_IDENTIFIER];
/// A client takes messages of this size at least (RFC 2132 §9.10).
const LEAST_MAX_MESSAGE: u16 = 576;
/// IP and UDP headers, which count in option 57.
const HEADERS: usize = 28;

/// Where a payload is: in the snapshot or the query, or among those made for this answer.
#[derive(Clone, Copy, Debug)]
enum Payload<'a> {
    Ready(&'a [u8]),
    Made { start: u16, len: u16 },
}

/// The options of an answer as they gather.
#[derive(Debug)]
pub(super) struct Options<'a> {
    list: SmallVec<[Payload<'a>; 24]>,
    /// Place in `list` by code, of those that are there.
    places: [u8; 256],
    /// Codes that are there, a bit each: what walks them finds them in order.
    present: [u64; 4],
    /// Payloads made for this answer, one behind the other.
    made: SmallVec<[u8; 192]>,
}

#[expect(clippy::indexing_slicing, reason = "a place for each code of eight bits, a bit of four words")]
impl<'a> Options<'a> {
    pub fn new() -> Self {
        Self { list: SmallVec::new(), places: [0; 256], present: [0; 4], made: SmallVec::new() }
    }

    fn find(&self, code: u8) -> Option<&[u8]> {
        let place = usize::from(self.places[usize::from(code)]);
        self.list.get(place).filter(|_| self.has(code)).map(|payload| self.bytes(*payload))
    }

    /// Codes that are there, in order.
    fn codes(&self) -> impl Iterator<Item = u8> + use<> {
        self.present.into_iter().zip([0u8, 64, 128, 192]).flat_map(|(mut word, base)| {
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as u8)?;
                word &= word - 1;
                Some(base + bit)
            })
        })
    }

    /// Calls back with the options that are there, by code.
    fn each(&self, mut each: impl FnMut(u8, &[u8])) {
        for (mut word, base) in self.present.into_iter().zip([0u8, 64, 128, 192]) {
            while word != 0 {
                let code = base + word.trailing_zeros() as u8;
                word &= word - 1;
                if let Some(payload) = self.list.get(usize::from(self.places[usize::from(code)])) {
                    each(code, self.bytes(*payload));
                }
            }
        }
    }

    fn bytes(&self, payload: Payload<'a>) -> &[u8] {
        match payload {
            Payload::Ready(bytes) => bytes,
            Payload::Made { start, len } => {
                self.made.get(usize::from(start)..usize::from(start) + usize::from(len)).unwrap_or(&[])
            }
        }
    }

    pub fn has(&self, code: u8) -> bool {
        self.present[usize::from(code >> 6)] >> (code & 63) & 1 == 1
    }

    fn push(&mut self, code: u8, payload: Payload<'a>) {
        // There are fewer places than codes, but for an option that is removed and added again.
        if let (false, Ok(place)) = (self.has(code), u8::try_from(self.list.len())) {
            self.present[usize::from(code >> 6)] |= 1 << (code & 63);
            self.places[usize::from(code)] = place;
            self.list.push(payload);
        }
    }

    /// Adds an option, unless it is there.
    pub fn add(&mut self, code: u8, payload: &'a [u8]) {
        self.push(code, Payload::Ready(payload));
    }

    /// Adds an option made for this answer, unless it is there.
    pub fn make(&mut self, code: u8, payload: &[u8]) {
        // An answer that makes 64 KiB of options would not fit a datagram.
        if let (Ok(start), Ok(len)) = (u16::try_from(self.made.len()), u16::try_from(payload.len())) {
            self.made.extend_from_slice(payload);
            self.push(code, Payload::Made { start, len });
        }
    }

    pub fn remove(&mut self, code: u8) {
        self.present[usize::from(code >> 6)] &= !(1 << (code & 63));
    }

    /// Adds the configured options that the client asks for or that are always sent.
    pub fn configured(&mut self, query: &'a Query<'a>, sets: &Sets<'a, '_>) {
        let asked = query.packet.option(code::PARAMETER_REQUEST_LIST).unwrap_or(&[]);
        let mut vendors = !sets.has_no_vendors();
        for code in asked.iter().copied().chain(sets.always()).chain(BASIC) {
            match code {
                code::VENDOR_OPTIONS => vendors = true,
                code::VENDOR_CLASS => self.vendor_classes(sets),
                _ => self.configured_one(sets, code),
            }
        }
        if vendors {
            self.vendors(query, sets);
        }
    }

    fn configured_one(&mut self, sets: &Sets<'a, '_>, code: u8) {
        if self.has(code) || sets.never(code) {
            return;
        }
        match sets.find(code) {
            Some(item) if item.inside.is_empty() => self.add(code, &item.data),
            Some(item) => self.make(code, &item.payload(Family::V4, sets.classes)),
            None => {}
        }
    }

    /// Adds option 124, once for each vendor (RFC 3925 §3).
    fn vendor_classes(&mut self, sets: &Sets<'a, '_>) {
        if !self.has(code::VENDOR_CLASS) && !sets.never(code::VENDOR_CLASS) {
            let whole: SmallVec<[u8; 64]> =
                sets.by_vendor(code::VENDOR_CLASS).iter().flat_map(|item| item.data.iter().copied()).collect();
            if !whole.is_empty() {
                self.make(code::VENDOR_CLASS, &whole);
            }
        }
    }

    /// Adds option 125 with the options of the vendors that the client names (RFC 3925 §4), or that option 125 in the
    /// configuration names if it is asked for.
    fn vendors(&mut self, query: &Query<'_>, sets: &Sets<'a, '_>) {
        let code = code::VENDOR_OPTIONS;
        let named = query.packet.option(code).unwrap_or(&[]);
        let class = query.packet.option(code::VENDOR_CLASS).unwrap_or(&[]);
        let wanted = !sets.never(code) && (query.asks_for(code) || sets.always().any(|always| always == code));
        let carriers = if wanted { sets.by_vendor(code) } else { SmallVec::new() };
        let mut vendors: SmallVec<[u32; 4]> = vendor_blocks(named).chain(vendor_blocks(class)).map(|b| b.0).collect();
        vendors.extend(carriers.iter().filter_map(|item| item.vendor));
        vendors.sort_unstable();
        vendors.dedup();
        let mut whole: SmallVec<[u8; 64]> = SmallVec::new();
        for id in vendors {
            let carrier = carriers.iter().find(|item| item.vendor == Some(id));
            // The operator wrote the whole option.
            if let Some(carrier) = carrier.filter(|item| item.data.len() > 4) {
                whole.extend_from_slice(&carrier.data);
                continue;
            }
            let inside = vendor_blocks(named).find(|block| block.0 == id).map_or(&[][..], |block| block.1);
            let list = sub_options(inside).find(|(c, _)| id == CABLELABS && *c == CABLELABS_REQUEST_LIST);
            let start = whole.len();
            whole.extend_from_slice(&id.to_be_bytes());
            whole.push(0);
            for item in sets.vendor_items(id, list.map_or(&[], |(_, codes)| codes)) {
                let payload = item.payload(Family::V4, sets.classes);
                let payload = payload.get(..255).unwrap_or(&payload);
                whole.extend_from_slice(&[item.code as u8, payload.len() as u8]);
                whole.extend_from_slice(payload);
            }
            match u8::try_from(whole.len() - start - 5) {
                // Nothing for the vendor that the operator wrote: its number alone is sent.
                Ok(0) if carrier.is_some() => {}
                Ok(len @ 1..) => whole.get_mut(start + 4).into_iter().for_each(|place| *place = len),
                // Nothing for this vendor, or more than an option of it can hold.
                _ => whole.truncate(start),
            }
        }
        if !whole.is_empty() {
            self.make(code, &whole);
        }
    }

    /// Appends the whole packet: the message type first, then by code, the relay's option last (RFC 3046 §2.2). Where the
    /// client says what it can take (option 57), options that the protocol does not need are left out from the end.
    pub fn write(&mut self, out: &mut Vec<u8>, header: &Header<'_>, message_type: MessageType, max_size: Option<u16>) {
        if let Some(max) = max_size {
            self.shrink(usize::from(max.max(LEAST_MAX_MESSAGE)) - HEADERS);
        }
        let mut writer = Writer::new(out, header);
        writer.option(code::MESSAGE_TYPE, &[message_type.0]);
        self.each(|code, payload| match code {
            code::AGENT_OPTIONS => {}
            code::VENDOR_CLASS | code::VENDOR_OPTIONS => each_vendor(&mut writer, code, payload),
            _ => writer.option(code, payload),
        });
        if let Some(agent) = self.find(code::AGENT_OPTIONS) {
            writer.option(code::AGENT_OPTIONS, agent);
        }
        writer.finish();
    }

    fn shrink(&mut self, limit: usize) {
        let size = |options: &Self, code| Writer::option_len(options.find(code).map_or(0, <[u8]>::len));
        let sizes: usize = self.codes().map(|code| size(self, code)).sum();
        let mut total = Writer::EMPTY_LEN + Writer::option_len(1) + sizes;
        while total > limit {
            let Some(last) = self.codes().filter(|code| !is_needed(*code)).last() else { return };
            total -= size(self, last);
            self.remove(last);
        }
    }
}

/// Writes an option for each vendor, as Kea does; to a receiver they are one (RFC 3396).
fn each_vendor(writer: &mut Writer<'_>, code: u8, payload: &[u8]) {
    let mut rest = payload;
    while let Some(len) = rest.get(4).map(|len| 5 + usize::from(*len)) {
        let (block, others) = rest.split_at(len.min(rest.len()));
        writer.option(code, block);
        rest = others;
    }
    if !rest.is_empty() {
        writer.option(code, rest);
    }
}

/// Options without which an answer is none.
fn is_needed(code: u8) -> bool {
    matches!(
        code,
        code::SUBNET_MASK
            | code::ROUTERS
            | code::LEASE_TIME
            | code::SERVER_IDENTIFIER
            | code::RENEWAL_TIME
            | code::REBINDING_TIME
            | code::CLIENT_IDENTIFIER
            | code::AGENT_OPTIONS
            | code::SUBNET_SELECTION
    )
}

/// The options that are configured for a client, scope by scope.
pub(super) struct Sets<'a, 'c> {
    classes: &'c ClassSet,
    /// Those that come first: of the reservation, of pool, subnet and network, of the classes, of the server.
    sets: SmallVec<[&'a OptionSet; 6]>,
    /// Some of them say that an option is never sent.
    nevers: bool,
}

impl<'a, 'c> Sets<'a, 'c> {
    /// What members of these classes get; `sets` in the order in which they count.
    pub fn new(classes: &'c ClassSet, sets: impl Iterator<Item = &'a OptionSet>) -> Self {
        let sets: SmallVec<[&OptionSet; 6]> = sets.filter(|set| !set.is_empty()).collect();
        let nevers = sets.iter().any(|set| set.items().iter().any(|item| item.never));
        Self { classes, sets, nevers }
    }

    fn all(&self) -> impl Iterator<Item = &'a OptionSet> {
        self.sets.iter().copied()
    }

    fn find(&self, code: u8) -> Option<&'a OptionItem> {
        self.all().find_map(|set| set.find_for(code.into(), self.classes))
    }

    /// Whether a scope says so, whomever its option is for.
    fn never(&self, code: u8) -> bool {
        let code = u16::from(code);
        self.nevers && self.all().any(|set| set.items().iter().any(|item| item.never && item.code == code))
    }

    fn always(&self) -> impl Iterator<Item = u8> {
        self.all().flat_map(|set| set.items()).filter(|item| item.always).map(|item| item.code as u8)
    }

    fn has_no_vendors(&self) -> bool {
        self.all().all(|set| set.vendors().is_empty())
    }

    /// An option that stands once for each vendor: the first one of each.
    fn by_vendor(&self, code: u8) -> SmallVec<[&'a OptionItem; 2]> {
        let mut list: SmallVec<[&OptionItem; 2]> = SmallVec::new();
        for item in self.all().flat_map(|set| set.all_for(code.into(), self.classes)) {
            if item.vendor.is_some() && !list.iter().any(|other| other.vendor == item.vendor) {
                list.push(item);
            }
        }
        list
    }

    /// A vendor's options, as far as they are asked for or always sent, by code. What one scope says about sending holds
    /// for all.
    fn vendor_items(&self, enterprise: u32, asked: &[u8]) -> SmallVec<[&'a OptionItem; 8]> {
        let of = move |set: &'a OptionSet| -> &'a [OptionItem] {
            set.vendors().iter().find(|v| v.enterprise == enterprise).map_or(&[], |v: &VendorOptions| &v.items)
        };
        let all = || self.all().flat_map(of);
        let mut list: SmallVec<[&OptionItem; 8]> = SmallVec::new();
        for item in all().filter(|item| self.classes.passes(&item.classes)) {
            let same = || all().filter(|other| other.code == item.code);
            let wanted = asked.contains(&(item.code as u8)) || same().any(|other| other.always);
            if wanted && !same().any(|other| other.never) && !list.iter().any(|other| other.code == item.code) {
                list.push(item);
            }
        }
        list.sort_unstable_by_key(|item| item.code);
        list
    }
}

fn enterprise(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|id| u32::from_be_bytes(*id))
}

/// Vendors in option 124 or 125, with what they carry.
fn vendor_blocks(payload: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        let id = enterprise(rest)?;
        let (&len, tail) = rest.get(4..)?.split_first()?;
        let (inside, tail) = tail.split_at_checked(len.into())?;
        rest = tail;
        Some((id, inside))
    })
}
