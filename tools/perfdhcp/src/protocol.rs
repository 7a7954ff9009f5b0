//! What a test asks of a family: messages to send, answers to read. DHCPv4 and DHCPv6 are in `v4` and `v6`.

use crate::clients::{Client, Clients};
use std::net::IpAddr;
use std::time::Duration;

/// Which of a client's messages an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// DISCOVER, SOLICIT.
    First,
    /// REQUEST, and what comes later.
    Second,
}

/// Why a lease is spoken of again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Renew,
    Release,
}

/// One family. Messages are appended to buffers; errors are what ends a test.
pub(crate) trait Protocol {
    /// What the exchanges are called: first, second, renewals, releases.
    const TITLES: [&str; 4];
    /// Transaction identifiers are below this; 0: all of 32 bits.
    const XIDS: u32;
    /// The second message has the transaction of the first one (RFC 2131 §4.4.1).
    const ONE_TRANSACTION: bool;
    /// A release is answered.
    const RELEASE_IS_ANSWERED: bool;
    /// An answer that was read.
    type Answer<'a>;
    /// A lease to be renewed or released.
    type Lease;

    /// The message that begins an exchange. `waited`: seconds that the client says it has waited already.
    fn begin(
        &mut self,
        xid: u32,
        client: &Client,
        clients: &mut Clients,
        waited: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), String>;

    /// Reads an answer and its transaction; none if it is no answer that counts. An error tells what is wrong with it.
    fn read<'a>(&self, datagram: &'a [u8]) -> Result<Option<(Stage, u32, Self::Answer<'a>)>, String>;

    /// It gives the client what it asked for.
    fn is_granted(&self, answer: &Self::Answer<'_>) -> bool;

    /// What it gives the client.
    fn given(&self, answer: &Self::Answer<'_>) -> [Option<IpAddr>; 2];

    /// The message that asks for what was offered, `after` so much time.
    fn request(&mut self, xid: u32, offer: &Self::Answer<'_>, after: Duration, out: &mut Vec<u8>)
    -> Result<(), String>;

    /// What is needed to speak of the lease again.
    fn lease(&self, answer: &Self::Answer<'_>) -> Result<Self::Lease, String>;

    /// A message about a lease.
    fn again(&mut self, why: Again, xid: u32, lease: &Self::Lease, out: &mut Vec<u8>) -> Result<(), String>;

    /// What the lease holds.
    fn held(&self, lease: &Self::Lease) -> [Option<IpAddr>; 2];

    /// Client, address and prefix, with commas between.
    fn line(&self, answer: &Self::Answer<'_>) -> String;

    /// The server identifier of the first answer.
    fn first_server(&self) -> Option<Vec<u8>>;

    /// Offsets in the messages: transaction and client of the first and second, server, time and address of the second.
    fn offsets(&self) -> ([(usize, usize); 2], [usize; 3]);
}
