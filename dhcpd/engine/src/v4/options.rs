//! The options of an answer: what the protocol wants, what the client asks for, what the operator insists on.

use super::query::Query;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::options::{OptionItem, OptionSet, VendorOptions};
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
        for &code in asked {
            self.configured_one(sets, code);
        }
        for code in sets.always() {
            self.configured_one(sets, code);
        }
        for code in BASIC {
            self.configured_one(sets, code);
        }
        if self.has(code::VENDOR_OPTIONS) || !sets.has_no_vendors() {
            self.vendors(query, sets);
        }
    }

    fn configured_one(&mut self, sets: &Sets<'a, '_>, code: u8) {
        if !self.has(code)
            && !sets.never(code)
            && let Some(item) = sets.find(code)
        {
            self.add(code, &item.data);
        }
    }

    /// Adds option 125 with the options of the vendors that the client names (RFC 3925 §4), or that option 125 in the
    /// configuration names.
    fn vendors(&mut self, query: &Query<'_>, sets: &Sets<'a, '_>) {
        let named = query.packet.option(code::VENDOR_OPTIONS).unwrap_or(&[]);
        let class = query.packet.option(code::VENDOR_CLASS).unwrap_or(&[]);
        let configured = match self.find(code::VENDOR_OPTIONS) {
            // The operator wrote the whole option.
            Some(whole) if whole.len() > 4 => return,
            Some(id) => enterprise(id),
            None => None,
        };
        let mut whole: SmallVec<[u8; 64]> = SmallVec::new();
        let mut done: SmallVec<[u32; 4]> = SmallVec::new();
        let asked = vendor_pieces(named).chain(vendor_pieces(class).map(|(id, _)| (id, &[][..])));
        for (id, inside) in asked.chain(configured.map(|id| (id, &[][..]))) {
            if done.contains(&id) {
                continue;
            }
            done.push(id);
            let list = sub_options(inside).find(|(c, _)| id == CABLELABS && *c == CABLELABS_REQUEST_LIST);
            let asked = list.map_or(&[][..], |(_, codes)| codes);
            let start = whole.len();
            whole.extend_from_slice(&id.to_be_bytes());
            whole.push(0);
            for item in sets.vendor_items(id).filter(|item| item.always || asked.contains(&(item.code as u8))) {
                let data = item.data.get(..255).unwrap_or(&item.data);
                whole.extend_from_slice(&[item.code as u8, data.len() as u8]);
                whole.extend_from_slice(data);
            }
            match u8::try_from(whole.len() - start - 5) {
                Ok(len @ 1..) => whole[start + 4] = len,
                // Nothing for the vendor that the operator wrote: its number alone is sent.
                Ok(0) if configured == Some(id) => {}
                // Nothing for this vendor, or more than an option of it can hold.
                _ => whole.truncate(start),
            }
        }
        if !whole.is_empty() {
            self.remove(code::VENDOR_OPTIONS);
            self.make(code::VENDOR_OPTIONS, &whole);
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
        let last = self.has(code::AGENT_OPTIONS).then_some(code::AGENT_OPTIONS);
        for code in self.codes().filter(|code| Some(*code) != last).chain(last) {
            writer.option(code, self.find(code).unwrap_or(&[]));
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
}

impl<'a, 'c> Sets<'a, 'c> {
    /// What members of these classes get; `sets` in the order in which they count.
    pub fn new(classes: &'c ClassSet, sets: impl Iterator<Item = &'a OptionSet>) -> Self {
        Self { classes, sets: sets.filter(|set| !set.is_empty()).collect() }
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
        self.all().any(|set| set.items().iter().any(|item| item.never && item.code == code))
    }

    fn always(&self) -> impl Iterator<Item = u8> {
        self.all().flat_map(|set| set.items()).filter(|item| item.always).map(|item| item.code as u8)
    }

    fn has_no_vendors(&self) -> bool {
        self.all().all(|set| set.vendors().is_empty())
    }

    /// A vendor's options, each once.
    fn vendor_items(&self, enterprise: u32) -> impl Iterator<Item = &'a OptionItem> {
        let of = move |set: &'a OptionSet| -> &'a [OptionItem] {
            set.vendors().iter().find(|v| v.enterprise == enterprise).map_or(&[], |v: &VendorOptions| &v.items)
        };
        let mut seen: SmallVec<[u16; 16]> = SmallVec::new();
        let mut first = move |item: &&OptionItem| {
            let first = !seen.contains(&item.code);
            seen.push(item.code);
            first
        };
        let allowed = self.all().flat_map(of).filter(|item| self.classes.passes(&item.classes));
        allowed.filter(move |item| first(item)).filter(|item| !item.never)
    }
}

fn enterprise(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|id| u32::from_be_bytes(*id))
}

/// Vendors in option 124 or 125, with what they carry.
fn vendor_pieces(payload: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        let id = enterprise(rest)?;
        let (&len, tail) = rest.get(4..)?.split_first()?;
        let (inside, tail) = tail.split_at_checked(len.into())?;
        rest = tail;
        Some((id, inside))
    })
}
