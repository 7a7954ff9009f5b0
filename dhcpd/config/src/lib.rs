//! Dhcp4 and Dhcp6 parameters, and the resolved immutable snapshot.
//!
//! What was written (parameters with their positions) is resolved into what the server runs with: [`v4::snapshot`] and
//! [`v6::snapshot`], over the parts they share.

pub mod classes;
pub mod common;
pub mod ddns;
#[cfg(any(test, feature = "generate"))]
pub mod generate;
pub mod hosts;
pub mod lifetime;
pub mod options;
pub mod parameters;
mod printer;
pub mod remote;
mod rules;
pub mod v4;
pub mod v6;
pub mod values;
