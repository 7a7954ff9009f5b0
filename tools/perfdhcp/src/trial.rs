//! A test under way: what both scenarios have in common.

use crate::clients::Clients;
use crate::exchanges::{Exchanges, Micros};
use crate::link::{Link, Outbox, Receiver, now};
use crate::options::Options;
use crate::protocol::{Again, Protocol, Stage};
use hashbrown::HashSet;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Places of the kinds of exchanges.
pub(crate) const FIRST: usize = 0;
pub(crate) const SECOND: usize = 1;
const RENEW: usize = 2;
const RELEASE: usize = 3;

/// A test under way.
pub(crate) struct Trial<'o, P: Protocol> {
    pub(crate) options: &'o Options,
    pub(crate) protocol: P,
    pub(crate) link: Link,
    pub(crate) out: Outbox,
    pub(crate) clients: Clients,
    /// First and second messages, renewals, releases; those that the test has.
    pub(crate) exchanges: [Option<Exchanges>; 4],
    /// Messages in the outbox that count as sent when it is emptied.
    pending: Vec<Pending>,
    /// Messages are kept until they are answered.
    pub(crate) repeats: bool,
    next_xid: u32,
    pub(crate) malformed: u64,
    /// Leases that may be renewed or released.
    leases: VecDeque<P::Lease>,
    /// Addresses that were offered, and those that were given.
    known: [HashSet<IpAddr>; 2],
    /// The first message of each stage (`-x T`).
    pub(crate) specimens: [Option<Vec<u8>>; 2],
    pub(crate) started: Instant,
    pub(crate) started_at: Micros,
    interrupted: Arc<AtomicBool>,
}

/// A message in the outbox.
#[derive(Clone, Copy)]
struct Pending {
    /// Its number in the outbox.
    number: usize,
    kind: usize,
    xid: u32,
}

impl<'o, P: Protocol> Trial<'o, P> {
    pub(crate) fn new(options: &'o Options, protocol: P, link: Link, interrupted: Arc<AtomicBool>) -> Self {
        let patience = options.drop_time.map(Duration::from_secs_f64);
        let wanted = [true, !options.half, options.renew_rate > 0, options.release_rate > 0];
        let exchanges = std::array::from_fn(|kind| {
            let title = P::TITLES[kind];
            let patience = patience.get(kind).copied();
            wanted[kind].then(|| Exchanges::new(title, patience, options.shows('t'), options.shows('l')))
        });
        Self {
            options,
            protocol,
            link,
            out: Outbox::new(),
            clients: Clients::new(options),
            exchanges,
            pending: Vec::new(),
            repeats: false,
            next_xid: 0,
            malformed: 0,
            leases: VecDeque::new(),
            known: Default::default(),
            specimens: [None, None],
            started: Instant::now(),
            started_at: now(),
            interrupted,
        }
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Relaxed)
    }

    fn xid(&mut self) -> u32 {
        let xid = self.next_xid;
        self.next_xid = xid.wrapping_add(1);
        if P::XIDS != 0 && self.next_xid == P::XIDS {
            self.next_xid = 0;
        }
        xid
    }

    /// Begins exchanges; `counted` unless they are to warm the server up.
    pub(crate) fn begin(&mut self, count: u64, counted: bool) -> Result<(), String> {
        let waited = self.options.pretended_seconds(self.started.elapsed().as_secs());
        for _ in 0..count {
            let (client, xid) = (self.clients.next(), self.xid());
            self.protocol.begin(xid, &client, &mut self.clients, waited, self.out.buffer())?;
            let number = self.out.push(&self.link);
            self.keep_specimen(FIRST, number);
            if counted {
                self.pending.push(Pending { number, kind: FIRST, xid });
            }
            self.flush_if_full()?;
        }
        Ok(())
    }

    fn keep_specimen(&mut self, stage: usize, number: usize) {
        if self.options.shows('T') && self.specimens[stage].is_none() {
            self.specimens[stage] = Some(self.out.message(number).to_vec());
        }
    }

    fn flush_if_full(&mut self) -> Result<(), String> {
        if self.out.is_full() { self.flush() } else { Ok(()) }
    }

    /// Sends what waits.
    pub(crate) fn flush(&mut self) -> Result<(), String> {
        let now = now();
        for Pending { number, kind, xid } in self.pending.drain(..) {
            let message = self.repeats.then(|| self.out.message(number).into());
            if let Some(exchanges) = &mut self.exchanges[kind] {
                exchanges.sent(xid, now, message, kind != RELEASE || P::RELEASE_IS_ANSWERED);
            }
        }
        self.out.flush(&self.link)
    }

    /// Takes what came and sends what follows from it; how many came.
    pub(crate) fn receive(&mut self, receiver: &mut Receiver) -> Result<usize, String> {
        let mut all = 0;
        loop {
            let count = receiver.take(|datagram, time| self.take(datagram, time))?;
            self.flush()?;
            all += count;
            // The next turn begins with what came meanwhile.
            if count < net::batch::BATCH || all > 4 * net::batch::BATCH {
                return Ok(all);
            }
        }
    }

    fn take(&mut self, datagram: &[u8], time: Micros) -> Result<(), String> {
        match self.protocol.read(datagram) {
            Err(reason) => {
                self.malformed += 1;
                println!("Incorrect DHCP packet received{reason}");
                Ok(())
            }
            Ok(None) => Ok(()),
            Ok(Some((Stage::First, xid, answer))) => self.first(xid, &answer, time),
            Ok(Some((Stage::Second, xid, answer))) => self.second(xid, &answer, time),
        }
    }

    /// An offer: it is asked for.
    fn first(&mut self, xid: u32, offer: &P::Answer<'_>, time: Micros) -> Result<(), String> {
        let Some(delay) = self.answered(FIRST, xid, offer, time) else {
            return Ok(());
        };
        if !self.is_good(FIRST, offer) || self.options.half {
            return Ok(());
        }
        let xid = if P::ONE_TRANSACTION { xid } else { self.xid() };
        self.protocol.request(xid, offer, delay, self.out.buffer())?;
        let number = self.out.push(&self.link);
        self.keep_specimen(SECOND, number);
        self.pending.push(Pending { number, kind: SECOND, xid });
        self.flush_if_full()
    }

    /// A lease, or the answer to what was said about one later.
    fn second(&mut self, xid: u32, answer: &P::Answer<'_>, time: Micros) -> Result<(), String> {
        if self.answered(SECOND, xid, answer, time).is_some() {
            let again = self.exchanges[RENEW].is_some() || self.exchanges[RELEASE].is_some();
            if self.is_good(SECOND, answer) && again {
                self.leases.push_back(self.protocol.lease(answer)?);
            }
            return Ok(());
        }
        if [RENEW, RELEASE].into_iter().all(|kind| self.answered(kind, xid, answer, time).is_none())
            && let Some(exchanges) = &mut self.exchanges[SECOND]
        {
            exchanges.orphans += 1;
        }
        Ok(())
    }

    /// How long a message of this kind waited for the answer, if one did.
    fn answered(&mut self, kind: usize, xid: u32, answer: &P::Answer<'_>, time: Micros) -> Option<Duration> {
        let exchanges = self.exchanges[kind].as_mut()?;
        let delay = exchanges.answered(xid, time);
        match (delay, &mut exchanges.leases) {
            (None, _) if kind == FIRST => exchanges.orphans += 1,
            (Some(_), Some(leases)) => leases.push(self.protocol.line(answer)),
            _ => {}
        }
        delay
    }

    /// It gives what was asked for; whether nobody else has it is looked up.
    fn is_good(&mut self, kind: usize, answer: &P::Answer<'_>) -> bool {
        let Some(exchanges) = &mut self.exchanges[kind] else { return false };
        if !self.protocol.is_granted(answer) {
            exchanges.rejected += 1;
            return false;
        }
        if self.options.unique {
            let given = self.protocol.given(answer).into_iter().flatten();
            exchanges.not_unique += given.filter(|address| !self.known[kind].insert(*address)).count() as u64;
        }
        true
    }

    /// Renews or releases so many leases, each of them any that is held, as far as there are some.
    pub(crate) fn again(&mut self, why: Again, count: u64) -> Result<(), String> {
        for _ in 0..count.min(self.leases.len() as u64) {
            let any = self.clients.any(self.leases.len());
            let Some(lease) = self.leases.swap_remove_back(any) else { break };
            let (xid, kind) = (self.xid(), if why == Again::Renew { RENEW } else { RELEASE });
            self.protocol.again(why, xid, &lease, self.out.buffer())?;
            let number = self.out.push(&self.link);
            self.pending.push(Pending { number, kind, xid });
            if why == Again::Release {
                for address in self.protocol.held(&lease).into_iter().flatten() {
                    self.known.iter_mut().for_each(|known| {
                        known.remove(&address);
                    });
                }
            }
            self.flush_if_full()?;
        }
        Ok(())
    }

    /// Forgets leases beyond those of five seconds: long tests would keep millions that nobody renews.
    pub(crate) fn forget(&mut self) {
        let most = 5 * (self.options.renew_rate as usize + self.options.release_rate as usize);
        let excess = self.leases.len().saturating_sub(most);
        self.leases.drain(..excess);
    }

    /// Messages that an answer may still come for.
    pub(crate) fn waiting(&mut self) -> usize {
        self.exchanges.iter_mut().flatten().map(|exchanges| exchanges.waiting().len()).sum()
    }
}
