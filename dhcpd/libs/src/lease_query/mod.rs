//! `libdhcp_lease_query.so`: what others ask about leases.
//!
//! Queries by UDP are the engine's. Here are those over TCP, which are answered with any number of leases (RFC 6926, RFC 5460): a few
//! leases at a time, so that clients are served meanwhile. The connections are somebody else's.

pub mod messages;
mod v4;
mod v6;

pub use v4::{Bulk4, Query4};
pub use v6::{Bulk6, Query6};

use control::{Answer, Table};
use dhcpd_config::parameters::hooks::LeaseQueryRules;
use leases::lease::UnixSeconds;
use leases::memfile;
use leases::memfile::Store;
use std::fmt::Display;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Adds `extended-info4-upgrade` or `extended-info6-upgrade`: there is nothing to be upgraded in memory and files, whose relay
/// information is looked at when they are read.
pub fn add(table: &mut Table, command: &'static str) {
    table.add(command, |_| Answer::done("Upgraded 0 leases"));
}

/// Most leases that are looked at while the store is held.
const STEP: usize = 256;

/// Queries of a family over TCP.
pub trait Bulk: 'static {
    /// A configuration in effect.
    type Snapshot;
    /// Leases.
    type Table: memfile::Table;
    /// A query that is being answered.
    type Query: Query;

    /// Who may ask, if anybody may.
    fn rules(snapshot: &Self::Snapshot) -> Option<&LeaseQueryRules>;

    /// Reads a message of this requester.
    fn read(snapshot: &Self::Snapshot, message: &[u8], requester: IpAddr) -> Result<Self::Query, Unread>;

    /// Answers the next part of a query: whole messages, each behind its length, are appended to `out`. Whether it is done.
    fn go_on(
        query: &mut Self::Query,
        snapshot: &Self::Snapshot,
        store: &Store<Self::Table>,
        now: UnixSeconds,
        out: &mut Vec<u8>,
    ) -> bool;
}

/// A query that is being answered; it is shown as messages name it.
pub trait Query: Display {
    /// What tells it from others of its connection.
    fn transaction(&self) -> u32;
}

/// Why a message over TCP is not answered; its connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is no message.
    Malformed(String),
    /// It is no lease query, but of this type.
    OtherType(&'static str),
    /// It is one that must not be: what it is, and why.
    Invalid(String, String),
}

/// Appends a message behind its length (RFC 5460 §5.1, RFC 6926 §6.1). One that is too long is left out: leases do not make such ones.
fn framed(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> bool) {
    let start = out.len();
    out.extend_from_slice(&[0, 0]);
    let written = write(out);
    match (u16::try_from(out.len() - start - 2), out.get_mut(start..start + 2)) {
        (Ok(length), Some(place)) if written => place.copy_from_slice(&length.to_be_bytes()),
        _ => out.truncate(start),
    }
}

/// The output of a future over memfile, which has nothing to wait for.
fn ready<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Whether a text has these digits in it, in whichever case: a cheap look before JSON is read.
fn has_digits(text: &str, digits: &str) -> bool {
    let (text, digits) = (text.as_bytes(), digits.as_bytes());
    text.windows(digits.len().max(1)).any(|part| part.eq_ignore_ascii_case(digits))
}
