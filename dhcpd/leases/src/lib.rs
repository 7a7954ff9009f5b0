//! Leases: types, the store trait, memfile.
//!
//! The engine sees [`Leases4`] and [`Leases6`]; who keeps the leases (memfile today, SQL later) is behind them.
//! [`memfile`] keeps them in memory with indexes and in Kea's CSV files, one append and one fdatasync a batch.

pub mod lease;
pub mod memfile;
pub mod messages;
pub mod store;

pub use lease::{ClientId, Duid, HwAddr, Lease4, Lease6, LeaseState, LeaseType, SubnetId};
pub use store::{Closed4, Leases4, Leases6, Range6, StoreError};
