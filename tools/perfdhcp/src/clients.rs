//! Who asks: hardware addresses, DUIDs and transactions, counted or taken at random.

use crate::options::Options;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A client of the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) mac: [u8; 6],
    /// How many of its last octets make it this one.
    pub(crate) varied: usize,
}

/// The clients that are simulated.
#[derive(Debug)]
pub(crate) struct Clients {
    base: [u8; 6],
    duid: Vec<u8>,
    /// Addresses to choose from instead (`-M`).
    macs: Vec<[u8; 6]>,
    count: u32,
    next: u32,
    random: StdRng,
}

impl Clients {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            base: options.mac,
            duid: options.duid.clone(),
            macs: options.macs.clone(),
            count: options.clients.max(1),
            next: 0,
            random: match options.seed {
                0 => StdRng::from_os_rng(),
                seed => StdRng::seed_from_u64(seed.into()),
            },
        }
    }

    /// The next one: in turn from the base on, or any of a list.
    pub(crate) fn next(&mut self) -> Client {
        if !self.macs.is_empty() {
            let mac = self.macs[self.random.random_range(0..self.macs.len())];
            return Client { mac, varied: mac.len() };
        }
        let mut client = Client { mac: self.base, varied: 0 };
        if self.count == 1 {
            return client;
        }
        let mut number = self.next;
        self.next = (self.next + 1) % self.count;
        // Octet by octet without carrying, so that each number has a place of its own.
        for octet in client.mac.iter_mut().rev() {
            *octet = octet.wrapping_add(number as u8);
            client.varied += 1;
            number >>= 8;
            if number == 0 {
                break;
            }
        }
        client
    }

    /// The client's DUID: that of the command line with the hardware address in the end, or a DUID-LL of an address that was listed.
    pub(crate) fn duid(&self, client: &Client) -> Vec<u8> {
        if !self.macs.is_empty() {
            return [&[0, 3, 0, 1], &client.mac[..]].concat();
        }
        let mut duid = self.duid.clone();
        if self.count > 1
            && let Some(end) = duid.last_chunk_mut()
        {
            *end = client.mac;
        }
        duid
    }

    /// Any number below `count`, which is not 0.
    pub(crate) fn any(&mut self, count: usize) -> usize {
        self.random.random_range(0..count)
    }

    /// Any of a list that is not empty.
    pub(crate) fn any_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.any(list.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn clients(count: u32, seed: u32) -> Clients {
        Clients::new(&Options { clients: count, seed, duid: vec![0, 1, 2, 3, 4, 5, 6, 7], ..Options::new(1) })
    }

    #[test]
    fn one_client_is_the_base() {
        let mut clients = clients(1, 0);
        assert_eq!(clients.next(), Client { mac: Options::new(1).mac, varied: 0 });
        let client = clients.next();
        assert_eq!(clients.duid(&client), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn many_are_different_and_come_again_in_turn() {
        let mut clients = clients(1000, 0);
        let turn = |clients: &mut Clients| (0..1000).map(|_| clients.next().mac).collect::<Vec<_>>();
        let (first, second) = (turn(&mut clients), turn(&mut clients));
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 1000);
        assert_eq!(first, second);
        assert_eq!(first[258], [0x00, 0x0c, 0x01, 0x02, 0x03 + 1, 0x04 + 2]);
        let client = clients.next();
        assert_eq!(clients.duid(&client), [0, 1, 0x00, 0x0c, 0x01, 0x02, 0x03, 0x04]);
    }

    #[test]
    fn so_many_octets_are_varied_as_the_number_needs() {
        let mut clients = clients(70_000, 0);
        let varied: Vec<usize> = (0..70_000).map(|_| clients.next().varied).collect();
        assert_eq!((varied[0], varied[255], varied[256], varied[65_536]), (1, 1, 2, 3));
    }

    #[test]
    fn a_seed_repeats_the_choice() {
        let choice = |seed| {
            (0..50)
                .map({
                    let mut it = clients(1, seed);
                    move |_| it.any(1000)
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(choice(7), choice(7));
        assert_ne!(choice(7), choice(8));
    }
}
