//! Requests that wait for their turn, and the clients whose turn it is.

use std::collections::{HashSet, VecDeque};

use ncr::{Dhcid, NameChangeRequest};

/// Requests that may wait; when as many do, the socket is left alone.
pub const QUEUE_MAX: usize = 1024;
/// When this few wait, requests are received again.
pub const QUEUE_RESUME: usize = QUEUE_MAX * 80 / 100;
/// Requests that are carried out at a time.
pub const TRANSACTIONS_MAX: usize = 32;

/// Requests in the order of their arrival. A client has one transaction at a time, so that its requests are carried out in
/// this order; those of other clients pass by.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: VecDeque<NameChangeRequest>,
    running: HashSet<Dhcid>,
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// This request; its client is busy until [`Queue::finish`]. Boxed: the other answers are small.
    Start(Box<NameChangeRequest>),
    /// Nothing waits.
    Empty,
    /// As many requests as allowed are being carried out.
    AtMaximum,
    /// Those that wait are all of clients that are busy.
    NoneEligible,
}

impl Queue {
    /// Adds a request at the end.
    pub fn push(&mut self, request: NameChangeRequest) {
        self.waiting.push_back(request);
    }

    /// Takes the request that is to be carried out next.
    pub fn start(&mut self) -> Next {
        if self.waiting.is_empty() {
            return Next::Empty;
        }
        if self.running.len() >= TRANSACTIONS_MAX {
            return Next::AtMaximum;
        }
        let eligible = self.waiting.iter().position(|request| !self.running.contains(&request.dhcid));
        match eligible.and_then(|index| self.waiting.remove(index)) {
            Some(request) => {
                self.running.insert(request.dhcid.clone());
                Next::Start(Box::new(request))
            }
            None => Next::NoneEligible,
        }
    }

    /// The client's request was carried out.
    pub fn finish(&mut self, client: &Dhcid) {
        self.running.remove(client);
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Requests that are being carried out.
    pub fn running(&self) -> usize {
        self.running.len()
    }
}

#[cfg(test)]
mod tests {
    use ncr::{ChangeType, ConflictResolutionMode, Name};

    use super::*;

    /// A request of a client; the number tells it from the client's others.
    fn request(client: u8, number: u32) -> NameChangeRequest {
        NameChangeRequest {
            change_type: ChangeType::Add,
            forward_change: true,
            reverse_change: true,
            fqdn: Name::parse("host.example.").unwrap(),
            ip_address: [192, 0, 2, client].into(),
            dhcid: Dhcid::from_rdata(&[client]).unwrap(),
            lease_length: number,
            conflict_resolution_mode: ConflictResolutionMode::CheckWithDhcid,
        }
    }

    fn started(queue: &mut Queue) -> (u8, u32) {
        match queue.start() {
            Next::Start(request) => (request.dhcid.rdata()[0], request.lease_length),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_client_keeps_its_order_and_others_pass_by() {
        let mut queue = Queue::default();
        for (client, number) in [(1, 1), (1, 2), (2, 3), (1, 4)] {
            queue.push(request(client, number));
        }
        assert_eq!(started(&mut queue), (1, 1));
        assert_eq!(started(&mut queue), (2, 3));
        assert_eq!(queue.start(), Next::NoneEligible);
        assert_eq!((queue.waiting(), queue.running()), (2, 2));
        queue.finish(&Dhcid::from_rdata(&[1]).unwrap());
        assert_eq!(started(&mut queue), (1, 2));
        queue.finish(&Dhcid::from_rdata(&[1]).unwrap());
        assert_eq!(started(&mut queue), (1, 4));
        assert_eq!(queue.start(), Next::Empty);
    }

    #[test]
    fn no_more_than_the_maximum_are_carried_out() {
        let mut queue = Queue::default();
        for client in 0..=TRANSACTIONS_MAX as u8 {
            queue.push(request(client, 0));
        }
        for client in 0..TRANSACTIONS_MAX as u8 {
            assert_eq!(started(&mut queue), (client, 0));
        }
        assert_eq!(queue.start(), Next::AtMaximum);
        queue.finish(&Dhcid::from_rdata(&[7]).unwrap());
        assert_eq!(started(&mut queue), (TRANSACTIONS_MAX as u8, 0));
    }
}
