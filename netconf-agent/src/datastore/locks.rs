//! Locks on datastores (RFC 6241 §7.5), and on parts of running.

use std::collections::BTreeMap;

use super::PartialLocks;
use crate::rpc::{Datastore, RpcError, Tag};

/// Who holds a datastore, since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Session.
    pub session: u32,
    /// Date and time, RFC 3339, for ietf-netconf-monitoring.
    pub since: String,
}

/// The locks that are held.
#[derive(Debug, Default)]
pub struct Locks {
    held: BTreeMap<Datastore, Lock>,
    /// On parts of running.
    pub parts: PartialLocks,
}

impl Locks {
    /// Who holds a datastore.
    pub fn holder(&self, datastore: Datastore) -> Option<u32> {
        self.lock(datastore).map(|lock| lock.session)
    }

    /// The lock on a datastore.
    pub fn lock(&self, datastore: Datastore) -> Option<&Lock> {
        self.held.get(&datastore)
    }

    /// Takes a lock.
    pub fn acquire(&mut self, datastore: Datastore, session: u32, since: String) -> Result<(), RpcError> {
        let part = self.parts.held().first().filter(|_| datastore == Datastore::Running);
        match self.holder(datastore).or_else(|| part.map(|part| part.session)) {
            Some(holder) => Err(denied(datastore, holder)),
            None => {
                self.held.insert(datastore, Lock { session, since });
                Ok(())
            }
        }
    }

    /// Gives a lock back. Only its holder may (RFC 6241 §7.6).
    pub fn release(&mut self, datastore: Datastore, session: u32) -> Result<(), RpcError> {
        match self.holder(datastore) {
            Some(holder) if holder == session => {
                self.held.remove(&datastore);
                Ok(())
            }
            Some(holder) => {
                let message = format!("session {holder} holds the lock on {}", datastore.name());
                Err(RpcError::protocol(Tag::OperationFailed, message))
            }
            None => Err(RpcError::protocol(Tag::OperationFailed, format!("{} is not locked", datastore.name()))),
        }
    }

    /// Gives all locks of a session back.
    pub fn release_all(&mut self, session: u32) {
        self.held.retain(|_, lock| lock.session != session);
        self.parts.release_all(session);
    }

    /// An error if another session holds the datastore.
    pub fn check(&self, datastore: Datastore, session: u32) -> Result<(), RpcError> {
        match self.holder(datastore) {
            Some(holder) if holder != session => {
                let message = format!("session {holder} holds the lock on {}", datastore.name());
                Err(RpcError::protocol(Tag::InUse, message))
            }
            _ => Ok(()),
        }
    }
}

/// The refusal of a lock, with the session that has it; 0 for something that is no session (RFC 6241 §7.5).
pub fn denied(datastore: Datastore, holder: u32) -> RpcError {
    let message = match holder {
        0 => format!("{} has changes that were not committed", datastore.name()),
        holder => format!("session {holder} holds the lock on {}", datastore.name()),
    };
    RpcError::protocol(Tag::LockDenied, message).with("session-id", holder.to_string())
}
