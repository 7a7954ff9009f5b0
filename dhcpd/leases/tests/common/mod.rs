//! What the tests of the store share.

use dhcpd_leases::memfile::Options;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The value of a future that is ready, as memfile's are.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("memfile made somebody wait"),
    }
}

/// Options of a store on a file, without waiting for the disk.
pub fn at(path: &Path) -> Options {
    Options { path: Some(path.to_owned()), sync: false, ..Options::default() }
}
