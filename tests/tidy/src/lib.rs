//! Holds what ARCHITECTURE.md says about the house: which room may know which, and what must be absent where.
//!
//! The tests read the workspace's metadata and sources; there is nothing to run here.

#[cfg(test)]
mod arrows;
#[cfg(test)]
mod sources;
