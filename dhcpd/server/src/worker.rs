//! A worker: a thread that takes packets in batches and answers them.
//!
//! One turn: wait, receive what has arrived, hold the lease store while the engine decides, send the replies that promise
//! nothing, hand the others to the [`Writer`](crate::writer). A system call, a lock or a wake-up is paid once for a batch. Everything
//! that changes (configuration, sockets) comes as one [`Setup`] between two turns, so a packet sees one state.

use crate::intake::Intake;
use crate::load::Load;
use crate::retire::Retire;
use crate::sockets::Bound;
use crate::writer::{Queue, Settled};
use engine::hooks::Departure;
use leases::StoreError;
use leases::memfile::Table;
use ncr::NameChangeRequest;
use net::{Destination, Parcel, RxBatch, TxBatch, Waker, wait};
use parking_lot::Mutex;
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::mpsc::UnboundedSender;

/// Most batches of one socket that a worker still answers when it stops: what fits into a receive buffer.
const LAST_BATCHES: usize = 32;

/// What a family does with a batch.
pub trait Protocol: Send + 'static {
    /// What configures it.
    type Config: Send + 'static;
    /// Leases.
    type Table: Table + Send + 'static;
    /// 4 or 6.
    const FAMILY: u8;

    /// Goes over to another configuration, and to these sockets; the configuration before.
    fn configure(&mut self, config: Self::Config, sockets: &[Arc<Bound>]) -> Self::Config;

    /// Decides about these packets of those that `rx` received from `sockets[at]`.
    fn serve(&mut self, sockets: &[Arc<Bound>], at: usize, rx: &RxBatch, packets: Range<usize>, replies: &mut Replies);

    /// What the last batch led to, if it changed or promised anything.
    fn settled(&mut self) -> Option<Settled<Self::Table>>;

    /// Reclaims up to `limit` expired leases, and makes that durable: were the rows of many left to the last step, clients
    /// would wait while they are written. How many, and whether there may be more. `forget`: they are removed, or kept as reclaimed
    /// ones, whatever the configuration says.
    fn reclaim(&mut self, limit: usize, forget: Option<bool>) -> Result<(usize, bool), StoreError>;

    /// Forgets up to `limit` leases that were reclaimed more than `hold` seconds ago, durably; how many.
    fn forget_reclaimed(&mut self, hold: u32, limit: usize) -> Result<usize, StoreError>;

    /// Tells libraries of offers before they leave.
    fn tell_offers(&mut self, _replies: &mut Leaving<'_>) {}

    /// What D2 is to be told and is not in what was [settled](Self::settled).
    fn name_changes(&mut self) -> &mut Vec<NameChangeRequest>;

    /// The kernel refused a reply.
    fn send_failed(error: &io::Error);

    /// So many packets were too old to be served: newer ones fill the ring.
    fn shed(&mut self, count: usize);

    /// So many replies must not leave: what they promise is not durable.
    fn held_back(count: usize);
}

/// The replies of a batch.
#[derive(Default)]
pub struct Replies {
    /// Those that promise nothing leave at once.
    pub plain: TxBatch,
    /// Those that promise leases leave when these are durable.
    pub promises: TxBatch,
}

impl Replies {
    /// The buffer of the next reply.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        self.plain.buffer()
    }

    /// The reply in [`buffer`](Self::buffer) is complete; its number among those that leave together with it.
    pub fn push(&mut self, promises: bool, socket: usize, interface: u32, destination: Destination) -> usize {
        if promises {
            self.promises.take_over(&mut self.plain);
        }
        let batch = if promises { &mut self.promises } else { &mut self.plain };
        batch.push(socket, interface, destination);
        batch.len() - 1
    }
}

/// Replies that are about to leave: libraries may keep some.
pub struct Leaving<'a> {
    /// The replies.
    pub batch: &'a mut TxBatch,
    /// The sockets that they leave by.
    pub sockets: &'a [Arc<Bound>],
    /// Told what the kernel refused.
    pub failed: fn(&io::Error),
}

/// A reply that a library keeps, with the socket that it is to leave by.
struct Kept {
    parcel: Parcel,
    bound: Arc<Bound>,
    failed: fn(&io::Error),
}

impl engine::hooks::Replies for Leaving<'_> {
    fn message(&self, number: usize) -> &[u8] {
        self.batch.message(number)
    }

    fn take(&mut self, number: usize) -> Option<Box<dyn Departure>> {
        let parcel = self.batch.take(number)?;
        let bound = Arc::clone(self.sockets.get(parcel.socket())?);
        Some(Box::new(Kept { parcel, bound, failed: self.failed }))
    }
}

impl Departure for Kept {
    fn depart(self: Box<Self>) {
        if let Err(error) = self.parcel.send(&self.bound.socket) {
            (self.failed)(&error);
        }
    }
}

/// A new state for a worker.
pub struct Setup<C> {
    /// Configuration.
    pub config: C,
    /// Its sockets.
    pub sockets: Vec<Arc<Bound>>,
    /// How many of them it reads; another worker reads the rest.
    pub read: usize,
    /// Capacity of the ring that packets pass, if there is one.
    pub ring: Option<usize>,
}

/// A running worker, seen from outside.
pub struct Worker<C> {
    mailbox: Arc<Mailbox<C>>,
    /// How busy it is.
    pub load: Arc<Load>,
    thread: Option<JoinHandle<()>>,
}

struct Mailbox<C> {
    order: Mutex<Option<Order<C>>>,
    waker: Waker,
}

enum Order<C> {
    Change(Setup<C>),
    Stop,
}

impl<C: Send + 'static> Worker<C> {
    /// Starts a thread of this name.
    pub fn start<P: Protocol<Config = C>>(
        name: String,
        mut protocol: P,
        name_changes: UnboundedSender<Vec<NameChangeRequest>>,
        writer: Arc<Queue<P::Table>>,
        retire: Retire<C>,
    ) -> io::Result<Self> {
        let mailbox = Arc::new(Mailbox { order: Mutex::new(None), waker: Waker::new()? });
        let load = Arc::new(Load::default());
        let (inbox, told) = (mailbox.clone(), load.clone());
        let serve = move || run(&mut protocol, &inbox, &told, &name_changes, &writer, &retire);
        let thread = std::thread::Builder::new().name(name).spawn(serve)?;
        Ok(Self { mailbox, load, thread: Some(thread) })
    }

    /// Hands a new state over; it counts from the worker's next turn on.
    pub fn change(&self, setup: Setup<C>) {
        *self.mailbox.order.lock() = Some(Order::Change(setup));
        self.mailbox.waker.wake();
    }
}

impl<C> Drop for Worker<C> {
    fn drop(&mut self) {
        *self.mailbox.order.lock() = Some(Order::Stop);
        self.mailbox.waker.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run<P: Protocol>(
    protocol: &mut P,
    inbox: &Mailbox<P::Config>,
    load: &Load,
    d2: &UnboundedSender<Vec<NameChangeRequest>>,
    writer: &Queue<P::Table>,
    retire: &Retire<P::Config>,
) {
    let mut intake = Intake::default();
    let mut replies = Replies::default();
    let mut sockets: Arc<[Arc<Bound>]> = Arc::default();
    let mut read = 0;
    let mut ready = Vec::new();
    let mut last = false;
    let (_lines, _samples) = (log::batch(), stats::batch());
    loop {
        if wait(sockets.iter().take(read).map(|b| &b.socket), &inbox.waker, &mut ready).is_err() {
            continue;
        }
        match inbox.order.lock().take() {
            Some(Order::Stop) => {
                // What waits is answered: others will not see it.
                (ready, last) = ((0..read).collect(), true);
            }
            Some(Order::Change(setup)) => {
                retire.free(protocol.configure(setup.config, &setup.sockets));
                (sockets, read) = (setup.sockets.into(), setup.read);
                intake.ring = setup.ring;
                ready.clear(); // numbers of the sockets before; the next wait tells again
            }
            None => {}
        }
        for at in ready.drain(..) {
            for _ in 0..if last { LAST_BATCHES } else { 1 } {
                // A defect that a packet brings to light costs its batch, not the service: the panic is logged by the hook,
                // the store's lock is released by unwinding, and the clients ask again.
                let turn = || turn(protocol, &sockets, at, &mut intake, load, writer, &mut replies);
                match catch_unwind(AssertUnwindSafe(turn)) {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(_) => replies = Replies::default(),
                }
            }
        }
        if !protocol.name_changes().is_empty() {
            let _ = d2.send(std::mem::take(protocol.name_changes())); // fails only while the daemon ends
        }
        stats::flush();
        log::flush();
        if last {
            return;
        }
    }
}

/// Serves what waits at a socket, or a batch of it; how many packets.
fn turn<P: Protocol>(
    protocol: &mut P,
    sockets: &Arc<[Arc<Bound>]>,
    at: usize,
    intake: &mut Intake,
    load: &Load,
    writer: &Queue<P::Table>,
    replies: &mut Replies,
) -> usize {
    match intake.receive(&sockets[at].socket) {
        Ok(0) => {}
        Ok(shed) => protocol.shed(shed),
        Err(_) => return 0,
    }
    let packets = intake.len();
    if packets > 0 {
        load.took(packets);
    }
    for (rx, packets) in intake.batches() {
        protocol.serve(sockets, at, rx, packets, replies);
        stats::flush(); // who has an answer sees it counted
        protocol.tell_offers(&mut Leaving { batch: &mut replies.plain, sockets, failed: P::send_failed });
        replies.plain.flush(|i| &sockets[i].socket, |e| P::send_failed(&e));
        if let Some(settled) = protocol.settled() {
            writer.take(settled, &mut replies.promises, sockets);
        }
    }
    packets
}
