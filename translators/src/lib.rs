//! YANG-modelled JSON (RFC 7951) to and from Kea JSON: pure functions over values, driven by the parameter tables.
//!
//! [`to_yang`] shows a daemon's configuration as the data of its [`Model`]; [`to_kea`] turns such data back. Nearly all
//! of it is one walk over the tables in which every parameter is declared once; what the two forms say differently
//! (pools, reservations, the keys of options) has a function of its own, picked by the table.
//!
//! ietf-dhcpv6-server is of another make than the Kea models and has a walk of its own, in `ietf`.
//!
//! The models cannot hold all that a JSON file says: some parameters have no node, lists that the system orders lose
//! their order, `10.0.0.1-10.0.0.9` and `10.0.0.1 - 10.0.0.9` are one pool. [`to_kea`] therefore takes the JSON that
//! the data came from: whatever the data does not contradict stays as it was written there. So JSON to YANG to JSON
//! gives the same JSON, and an edit changes what it names and nothing else.
//!
//! Knows no libyang, no file, no socket. Whether the data is valid by its schema is libyang's to say, whether the
//! configuration makes sense is the daemon's.

mod claim;
mod edit;
mod elder;
mod error;
mod from_yang;
mod ietf;
mod into_yang;
mod merge;
mod model;
mod own;
mod path;
mod scalar;
mod shape;
mod special;
#[cfg(test)]
mod tests;

pub use claim::{Claim, ClaimedNode};
pub use edit::{Edit, Entry, Touched};
pub use error::{LeftOut, TranslateError};
pub use from_yang::{entries_to_kea, to_kea};
pub use ietf::{State, Watched, add_state, watched};
pub use into_yang::{Translation, to_yang};
pub use model::Model;
pub use own::without_inherited;
pub use path::instance_path;
