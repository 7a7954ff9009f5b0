//! DHCPv4: parameters and the snapshot they resolve to.

pub mod parameters;
mod printer;
mod resolve;
pub mod snapshot;

pub use printer::config_get;
pub use resolve::load;

#[cfg(test)]
mod tests;
