//! Databases of reservations, as the commands see them.

use super::host::Key;
use schema::json::Node;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;

/// What a database will have answered.
pub type Asked<T> = Pin<Box<dyn Future<Output = Result<T, String>>>>;

/// The databases of a configuration, each known by its place.
pub trait Databases {
    /// How many there are.
    fn count(&self) -> usize;
    /// Reservations in the order of their numbers.
    fn find(&self, at: usize, wanted: Wanted) -> Asked<Vec<Found>>;
    /// Adds a reservation to a subnet.
    fn add(&self, at: usize, subnet: u32, reservation: &Node) -> Asked<()>;
    /// Puts a reservation in the place of the one of its subnet and client, if there is one.
    fn update(&self, at: usize, subnet: u32, reservation: &Node) -> Asked<bool>;
    /// Deletes reservations; how many.
    fn remove(&self, at: usize, wanted: Wanted) -> Asked<usize>;
}

/// Which reservations are meant.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Those of a subnet.
    pub subnet: Option<u32>,
    /// Those that are found by it.
    pub key: Key,
    /// Those behind this number.
    pub after: u64,
    /// At most so many.
    pub limit: Option<u32>,
}

impl Wanted {
    /// All that are found by a key, perhaps in one subnet.
    pub fn all(subnet: Option<u32>, key: Key) -> Self {
        Self { subnet, key, after: 0, limit: None }
    }
}

/// A reservation with its number.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its number where it is kept.
    pub id: u64,
    /// As answers show it.
    pub shown: Value,
}
