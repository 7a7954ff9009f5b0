//! What is promised leaves when it is durable: a thread that waits for the disk, so that workers need not.
//!
//! Workers hand over what their batches changed with the answers that promise it. All that has come meanwhile shares the
//! next sync, whichever worker it is from; and a disk that stalls holds up those who are promised something, not
//! those who are offered something.

use crate::sockets::Bound;
use crate::worker::{Leaving, Protocol};
use engine::hooks::Replies;
use leases::memfile::{Mark, Store, Table};
use ncr::NameChangeRequest;
use net::TxBatch;
use net::batch::BATCH;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{JoinHandle, sleep};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Most batches that wait; workers that have more wait themselves, and their packets in the sockets.
const MOST_WAITING: usize = 16;

/// Where hardly anything comes, a sync waits so long for company: each costs the machine as much as ten answers.
const GATHER: Duration = Duration::from_micros(250);
/// Fewer answers than that from one sync are hardly anything.
const FEW: usize = 4;

/// What libraries are to hear when it is durable, before the answers leave.
pub type Tell = Box<dyn FnOnce(&mut dyn Replies) + Send>;

/// What a batch of packets led to.
pub struct Settled<T: Table> {
    /// Where it is to be durable.
    pub store: Arc<Store<T>>,
    /// Up to here.
    pub mark: Mark,
    /// For libraries.
    pub tell: Option<Tell>,
    /// For D2.
    pub name_changes: Vec<NameChangeRequest>,
}

/// The same with the answers that rest on it.
struct Promise<T: Table> {
    settled: Settled<T>,
    /// The mark of the first batch of packets in it: a database does not try again what failed, so that all must have come to be.
    first: Mark,
    replies: TxBatch,
    sockets: Arc<[Arc<Bound>]>,
}

/// What waits for the disk.
pub struct Queue<T: Table> {
    state: Mutex<State<T>>,
    filled: Condvar,
    emptied: Condvar,
    outlet: Outlet,
}

struct State<T: Table> {
    waiting: Vec<Promise<T>>,
    /// Batches that left, whose buffers are used again.
    spare: Vec<TxBatch>,
    ended: bool,
}

/// Where things go, and who is told of what failed.
struct Outlet {
    name_changes: UnboundedSender<Vec<NameChangeRequest>>,
    send_failed: fn(&io::Error),
    held_back: fn(usize),
}

/// The thread. Dropped, it ends when nothing waits any more.
pub struct Writer<T: Table> {
    queue: Arc<Queue<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Table + Send + 'static> Writer<T> {
    /// Starts it.
    pub fn start<P: Protocol<Table = T>>(name_changes: UnboundedSender<Vec<NameChangeRequest>>) -> io::Result<Self> {
        let outlet = Outlet { name_changes, send_failed: P::send_failed, held_back: P::held_back };
        let state = Mutex::new(State { waiting: Vec::new(), spare: Vec::new(), ended: false });
        let queue = Arc::new(Queue { state, filled: Condvar::new(), emptied: Condvar::new(), outlet });
        let served = queue.clone();
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || served.run())?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// For a worker.
    pub fn queue(&self) -> Arc<Queue<T>> {
        self.queue.clone()
    }
}

impl<T: Table> Drop for Writer<T> {
    fn drop(&mut self) {
        self.queue.state.lock().ended = true;
        self.queue.filled.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl<T: Table> Queue<T> {
    /// Sees to it that `replies` leave when what was settled is durable. Takes them away.
    pub fn take(&self, mut settled: Settled<T>, replies: &mut TxBatch, sockets: &Arc<[Arc<Bound>]>) {
        if !settled.store.is_slow() {
            let first = settled.mark;
            return self.outlet.let_go(first, &mut settled, replies, sockets);
        }
        let mut state = self.state.lock();
        // What one worker has to wait with is one batch as far as it goes; a library knows answers by their numbers in their batch.
        let last = state.waiting.iter_mut().rfind(|promise| Arc::ptr_eq(&promise.sockets, sockets));
        let fits = |promise: &&mut Promise<T>| {
            let same = Arc::ptr_eq(&promise.settled.store, &settled.store);
            same && settled.tell.is_none() && promise.replies.len() + replies.len() <= BATCH
        };
        if let Some(promise) = last.filter(fits) {
            promise.settled.mark = settled.mark;
            promise.settled.name_changes.append(&mut settled.name_changes);
            return promise.replies.append(replies);
        }
        self.emptied.wait_while(&mut state, |state| state.waiting.len() >= MOST_WAITING);
        let replies = mem::replace(replies, state.spare.pop().unwrap_or_default());
        state.waiting.push(Promise { first: settled.mark, settled, replies, sockets: sockets.clone() });
        if state.waiting.len() == 1 {
            self.filled.notify_one();
        }
    }

    fn run(&self) {
        let (_lines, _samples) = (log::batch(), stats::batch());
        let (mut taken, mut done) = (Vec::new(), Vec::new());
        let mut last = usize::MAX;
        loop {
            {
                let mut state = self.state.lock();
                state.spare.append(&mut done);
                let idle = state.waiting.is_empty();
                self.filled.wait_while(&mut state, |state| state.waiting.is_empty() && !state.ended);
                if idle && last < FEW && !state.ended {
                    MutexGuard::unlocked(&mut state, || sleep(GATHER));
                }
                mem::swap(&mut state.waiting, &mut taken);
                if taken.is_empty() {
                    return;
                }
            }
            self.emptied.notify_all();
            last = taken.iter().map(|promise| promise.replies.len()).sum();
            for Promise { first, mut settled, mut replies, sockets } in taken.drain(..) {
                // As with a worker: a defect costs its batch.
                let left =
                    catch_unwind(AssertUnwindSafe(|| self.outlet.let_go(first, &mut settled, &mut replies, &sockets)));
                replies.discard();
                if left.is_ok() {
                    done.push(replies);
                }
            }
            log::flush();
        }
    }
}

impl Outlet {
    /// Waits until it is durable, and lets the answers leave. Only what is on disk is promised: after a failed write nobody hears of these leases.
    fn let_go<T: Table>(&self, first: Mark, settled: &mut Settled<T>, replies: &mut TxBatch, sockets: &[Arc<Bound>]) {
        match settled.store.sync_to(settled.mark).and_then(|()| settled.store.sync_to(first)) {
            Ok(()) => {
                if let Some(tell) = settled.tell.take() {
                    tell(&mut Leaving { batch: replies, sockets, failed: self.send_failed });
                    stats::flush();
                }
                replies.flush(|i| &sockets[i].socket, |e| (self.send_failed)(&e));
            }
            Err(_) => {
                (self.held_back)(replies.len());
                replies.discard();
            }
        }
        if !settled.name_changes.is_empty() {
            let _ = self.name_changes.send(mem::take(&mut settled.name_changes)); // fails only while the daemon ends
        }
    }
}
