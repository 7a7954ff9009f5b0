//! What hook points of both families have in common.
//!
//! A library is a value that implements the trait `Hooks` of a family. It says which [`Point`]s it has a say at; it is
//! asked there and nowhere else, so that a point that no library uses costs one branch. Libraries are asked in the order
//! of the configuration. They answer at once: one that had to wait for somebody else would hold its worker's batch. Instead it
//! may keep a reply that is finished ([`Kept`]) and send it later, when it has heard from others.

use crate::{ddns, steps};
use dhcpd_config::classes::ClassSet;
use dhcpd_config::ddns::Ddns;
use dhcpd_config::parameters::hooks::{LeaseQueryRules, Library};
use eval::{BoolExpression, EvalError, StringExpression, Subject, Watch};
use smallvec::SmallVec;
use std::fmt::{Debug, Display};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A place at which libraries are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A datagram came in and has not been looked at.
    Receive,
    /// A query is good; nothing is known about the client yet.
    Query,
    /// The first classes of a query are known.
    Classified,
    /// A query is good, and its first classes are known: who is the client?
    Identify,
    /// The client's subnet was chosen.
    Subnet,
    /// A lease was chosen for the client, or is to be extended.
    Lease,
    /// The name that a client gets was decided about.
    Name,
    /// An answer is ready to be sent.
    Send,
    /// The offers of a batch are about to leave.
    Offered,
    /// What a batch of queries changed is durable, and their answers are about to leave.
    Committed,
    /// The time of leases is over.
    Over,
    /// The server found an address in use.
    Declined,
    /// A command was answered.
    Command,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a packet that is to be dropped must be"]
pub enum Next {
    /// It goes its way.
    Continue,
    /// Nothing more is done about it; the library counted it where it had to be counted.
    Drop,
}

/// A lease that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<L> {
    /// As stored.
    pub lease: L,
    /// The client had it, and it was extended.
    pub extended: bool,
}

/// The finished replies of a batch that have not left yet, by their numbers.
pub trait Replies {
    /// A reply as it stands.
    fn message(&self, number: usize) -> &[u8];

    /// Takes a reply out, so that it does not leave with the others; `None` if that was done before.
    fn take(&mut self, number: usize) -> Option<Box<dyn Departure>>;
}

/// A finished reply with its way to the client.
pub trait Departure: Send {
    /// Sends it.
    fn depart(self: Box<Self>);
}

/// A reply that belongs to a library: it leaves when the library sends it, from whatever thread. Dropped, it never leaves.
pub struct Kept {
    reply: Box<dyn Departure>,
    place: Place,
}

impl Kept {
    pub(crate) fn new(reply: Box<dyn Departure>, place: Place) -> Self {
        Self { reply, place }
    }

    /// Sends it.
    pub fn send(self) {
        drop(self.place);
        self.reply.depart();
    }
}

impl Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept")
    }
}

/// The replies that libraries keep; the next configuration goes on counting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lots {
    /// Offers.
    pub offers: Lot,
    /// Answers to all other queries.
    pub commits: Lot,
}

/// How many replies are kept; no more than `parked-packet-limit`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lot(Arc<AtomicU32>);

/// A reply's place among those that are kept.
pub(crate) struct Place(Arc<AtomicU32>);

impl Lot {
    /// A place, if fewer than `limit` are taken; 0 is no limit.
    pub fn place(&self, limit: u32) -> Option<Place> {
        let place = Place(Arc::clone(&self.0));
        let before = self.0.fetch_add(1, Relaxed);
        (limit == 0 || before < limit).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// When a datagram came, in microseconds since the epoch, as far as somebody wants to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The kernel had it.
    pub received: Option<u64>,
    /// The server read it.
    pub read: Option<u64>,
    /// It waited for one of several threads from then on.
    pub queued: bool,
}

/// What an expression is evaluated on: a packet of either family, the classes it is in, and what it is called in messages.
pub struct Evaluation<'a> {
    /// The packet.
    pub subject: &'a dyn Subject,
    /// Its classes.
    pub classes: &'a ClassSet,
    /// What it is called.
    pub client: &'a dyn Display,
}

impl Evaluation<'_> {
    /// The value of an expression.
    pub fn text(&self, expression: &StringExpression) -> Result<Vec<u8>, EvalError> {
        expression.value(self.subject, self.classes, self).map(|value| value.to_vec())
    }

    /// Whether an expression is true.
    pub fn holds(&self, expression: &BoolExpression) -> Result<bool, EvalError> {
        expression.matches(self.subject, self.classes, self)
    }
}

impl Watch for Evaluation<'_> {
    fn wants_steps(&self) -> bool {
        steps::wanted()
    }

    fn step(&self, message: &'static str, text: &str) {
        steps::write(message, self.client, text);
    }
}

/// The name of a client, before it is made of its address where it has none: Kea's `ddns4_update` and `ddns6_update`.
#[derive(Debug)]
pub struct Naming<'a> {
    /// Number of the subnet.
    pub subnet: Option<u32>,
    /// The name; empty if there is none.
    pub hostname: String,
    /// The server updates the address record.
    pub forward: bool,
    /// The server updates the PTR record.
    pub reverse: bool,
    /// Names end in a dot here.
    pub(crate) trailing_dot: bool,
    pub(crate) policy: &'a Ddns,
}

impl Naming<'_> {
    /// A name with `ddns-qualifying-suffix`, unless it is fully qualified.
    pub fn qualified(&self, name: &str) -> String {
        ddns::qualify(name, self.policy, self.trailing_dot)
    }
}

/// Who a client is, as a library sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// What its reservations may be under; empty if there is nothing.
    pub flex_id: SmallVec<[u8; 32]>,
    /// What counts in the place of the client identifier or DUID that it sent; empty if that counts.
    pub client_id: SmallVec<[u8; 32]>,
}

impl Identity {
    /// Takes over what another library says; the later one counts.
    pub(crate) fn take(&mut self, other: Self) {
        if !other.flex_id.is_empty() {
            self.flex_id = other.flex_id;
        }
        if !other.client_id.is_empty() {
            self.client_id = other.client_id;
        }
    }
}

/// The libraries of a configuration, in its order.
#[derive(Debug)]
pub struct Libraries<H: ?Sized> {
    list: Vec<(Points, Arc<H>)>,
    all: Points,
}

/// A set of points, a bit each.
#[derive(Clone, Copy, Debug, Default)]
struct Points(u16);

impl Points {
    fn has(self, point: Point) -> bool {
        self.0 >> point as u8 & 1 == 1
    }
}

impl<H: ?Sized + Debug> Libraries<H> {
    /// These libraries, each with the points at which it has a say.
    pub fn new(list: impl IntoIterator<Item = (&'static [Point], Arc<H>)>) -> Self {
        let bits = |points: &[Point]| Points(points.iter().fold(0, |bits, point| bits | 1 << *point as u8));
        let list: Vec<_> = list.into_iter().map(|(points, library)| (bits(points), library)).collect();
        let all = Points(list.iter().fold(0, |bits, (points, _)| bits | points.0));
        Self { list, all }
    }

    /// Whether any has a say there.
    pub(crate) fn at(&self, point: Point) -> bool {
        self.all.has(point)
    }

    /// Those that have a say there.
    pub(crate) fn of(&self, point: Point) -> impl Iterator<Item = &H> {
        self.list.iter().filter(move |(points, _)| points.has(point)).map(|(_, library)| &**library)
    }

    /// Asks one after the other until one has it dropped.
    pub(crate) fn ask(&self, point: Point, mut ask: impl FnMut(&H) -> Next) -> Next {
        let dropped = self.at(point) && self.of(point).any(|library| ask(library) == Next::Drop);
        if dropped { Next::Drop } else { Next::Continue }
    }
}

/// Whether somebody wants to know when datagrams came.
pub(crate) fn keep_times(libraries: &[Library]) -> bool {
    libraries.iter().any(|library| matches!(library, Library::Perfmon(_)))
}

/// How lease queries are answered, if they are.
pub(crate) fn lease_query_rules(libraries: &[Library]) -> Option<&LeaseQueryRules> {
    libraries.iter().find_map(|library| if let Library::LeaseQuery(rules) = library { Some(rules) } else { None })
}

impl<H: ?Sized> Default for Libraries<H> {
    fn default() -> Self {
        Self { list: Vec::new(), all: Points::default() }
    }
}
