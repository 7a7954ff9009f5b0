//! kea-dhcp4 and kea-dhcp6: wiring, workers, reload.
//!
//! The engine decides about packets, net moves them, leases keeps what was promised, process lives: here they meet.

mod announce;
mod backend;
mod bulk;
mod commands;
mod d2_client;
mod database;
mod dhcp;
mod duid;
mod extended_info;
mod family;
mod ha;
mod hosts;
mod housekeeping;
mod intake;
mod libraries;
mod load;
mod machine;
pub mod messages;
mod plane;
mod positions;
mod remote;
mod retire;
mod sanity;
mod select_test;
mod sockets;
mod v4;
mod v6;
mod wanted;
mod worker;
mod writer;

/// The DHCPv4 daemon.
pub type Dhcp4 = dhcp::Dhcp<v4::V4>;
/// The DHCPv6 daemon.
pub type Dhcp6 = dhcp::Dhcp<v6::V6>;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{SystemTime, UNIX_EPOCH};

/// A thread that builds or frees a large configuration must not hold up workers that need a little memory: with glibc's allocator they
/// share locks, which it holds for milliseconds while it puts free pieces together.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Name and version of this product.
const PRODUCT: &str = concat!("Takahe ", env!("CARGO_PKG_VERSION"));

/// Whether replies go to whoever sent the query, for tests (an environment variable of Kea's).
fn replies_to_source() -> bool {
    std::env::var("KEA_TEST_SEND_RESPONSES_TO_SOURCE").is_ok_and(|value| value == "ENABLED")
}

/// Seconds since 1970.
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Microseconds since 1970.
fn unix_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros().try_into().unwrap_or(u64::MAX))
}

/// Has the kernel tell when datagrams come, where that changes with a configuration.
fn tell_times(sockets: &[Arc<sockets::Bound>], before: bool, now: bool) {
    if before || now {
        sockets.iter().for_each(|bound| _ = bound.socket.tell_times(now));
    }
}

/// The output of a future that has nothing to wait for, as those over memfile: ready at the first poll, or `None`.
fn ready<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// An error of a configuration without the path of the parameter.
fn place(error: &schema::ConfigError) -> String {
    match error.line {
        0 => error.reason.clone(),
        _ => format!("{}:{}:{}: {}", error.file, error.line, error.column, error.reason),
    }
}
