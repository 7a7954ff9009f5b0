//! What a worker takes from a socket in one turn: a batch, or with a ring (`dhcp-queue-control`) all that has arrived, of
//! which the newest are served and the others shed.
//!
//! Kea has a thread that moves packets from the sockets to a ring from which old packets fall out. Here a packet waits in
//! its socket; at its turn the worker empties the socket into what is such a ring, without another thread.

use net::batch::BATCH;
use net::{RxBatch, Socket};
use std::collections::VecDeque;
use std::io;
use std::ops::Range;

/// Most batches read in a row: packets that go on coming must not keep a worker from serving.
const ROUNDS: usize = 64;

/// Packets taken from a socket, in batches, and buffers for more.
#[derive(Default)]
pub struct Intake {
    /// Most packets that may have waited, if not any number.
    pub ring: Option<usize>,
    /// The oldest batch first, each with the packets of it that are to be served.
    filled: VecDeque<(RxBatch, Range<usize>)>,
    spare: Vec<RxBatch>,
}

impl Intake {
    /// Takes what there is at a socket; how many packets were shed.
    pub fn receive(&mut self, socket: &Socket) -> io::Result<usize> {
        self.spare.extend(self.filled.drain(..).map(|(batch, _)| batch));
        let Some(capacity) = self.ring else {
            self.receive_batch(socket)?;
            return Ok(0);
        };
        let mut shed = 0;
        for _ in 0..ROUNDS {
            let count = match self.receive_batch(socket) {
                Ok(count) => count,
                // What came before the trouble is served.
                Err(_) if !self.filled.is_empty() => break,
                Err(error) => return Err(error),
            };
            shed += self.shed(self.len().saturating_sub(capacity));
            if count < BATCH {
                break;
            }
        }
        Ok(shed)
    }

    /// The batches with those of their packets that are to be served.
    pub fn batches(&self) -> impl Iterator<Item = (&RxBatch, Range<usize>)> {
        self.filled.iter().map(|(batch, packets)| (batch, packets.clone()))
    }

    /// Packets to be served.
    pub fn len(&self) -> usize {
        self.filled.iter().map(|(_, packets)| packets.len()).sum()
    }

    fn receive_batch(&mut self, socket: &Socket) -> io::Result<usize> {
        let mut batch = self.spare.pop().unwrap_or_default();
        let received = batch.receive(socket);
        let count = *received.as_ref().unwrap_or(&0);
        match count {
            0 => self.spare.push(batch),
            _ => self.filled.push_back((batch, 0..count)),
        }
        received
    }

    /// Sheds so many packets, the oldest first.
    fn shed(&mut self, surplus: usize) -> usize {
        let mut left = surplus;
        while let Some((_, packets)) = self.filled.front_mut().filter(|_| left > 0) {
            let here = left.min(packets.len());
            packets.start += here;
            left -= here;
            if packets.start == packets.end {
                self.spare.extend(self.filled.pop_front().map(|(batch, _)| batch));
            }
        }
        surplus - left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::Share;
    use std::net::{Ipv4Addr, UdpSocket};

    /// Numbers of the packets taken, and how many were shed.
    fn taken(ring: Option<usize>, sent: u32) -> (Vec<u32>, usize) {
        let lo = net::interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap();
        let probe = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        let socket = Socket::udp4(&lo, Ipv4Addr::LOCALHOST, port, Share::WHOLE).unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        (0..sent).for_each(|n| _ = client.send_to(&n.to_be_bytes(), (Ipv4Addr::LOCALHOST, port)).unwrap());
        let mut intake = Intake { ring, ..Intake::default() };
        let shed = intake.receive(&socket).unwrap();
        let number =
            |batch: &RxBatch, i| u32::from_be_bytes(batch.datagram(i, &socket).unwrap().message.try_into().unwrap());
        let numbers = intake.batches().flat_map(|(batch, packets)| packets.map(move |i| number(batch, i)));
        (numbers.collect(), shed)
    }

    #[test]
    fn a_ring_keeps_the_newest() {
        assert_eq!(taken(Some(64), 600), ((536..600).collect(), 536));
        assert_eq!(taken(Some(300), 600), ((300..600).collect(), 300));
        assert_eq!(taken(Some(64), 10), ((0..10).collect(), 0));
    }

    #[test]
    fn without_a_ring_nothing_is_shed() {
        assert_eq!(taken(None, 300), ((0..256).collect(), 0));
    }
}
