//! Interfaces, raw and UDP sockets, batches: how DHCP packets come in and go out.
//!
//! A worker owns one [`RxBatch`], one [`TxBatch`] and its own [`Socket`]s. Where several workers serve one address the
//! kernel spreads clients over them ([`bpf::Share`]): a client's packets all arrive at the same worker, in order,
//! without a lock. What a packet means is not known here.

pub mod batch;
pub mod bpf;
pub mod drops;
pub mod echo;
pub mod frame;
pub mod interfaces;
pub mod socket;
pub mod wait;

pub use batch::{Datagram, Destination, Parcel, RxBatch, TxBatch};
pub use bpf::Share;
pub use drops::DropWatch;
pub use echo::{Echo, EchoSocket};
pub use interfaces::{Interface, interfaces};
pub use socket::Socket;
pub use wait::{LinkWatch, Waker, wait, wait_at_most};
