//! Locks on parts of running (RFC 5717).

use crate::rpc::{Datastore, RpcError, Tag};

use super::denied;

/// A lock on nodes of running, and on all that is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialLock {
    /// Its number.
    pub id: u32,
    /// Session.
    pub session: u32,
    /// Date and time, RFC 3339.
    pub since: String,
    /// The expressions that selected the nodes.
    pub selects: Vec<String>,
    /// Paths of the nodes.
    pub nodes: Vec<String>,
}

/// The locks on parts that are held.
#[derive(Debug, Default)]
pub struct PartialLocks {
    held: Vec<PartialLock>,
    last: u32,
}

impl PartialLocks {
    /// All of them.
    pub fn held(&self) -> &[PartialLock] {
        &self.held
    }

    /// Takes a lock, all of it or nothing; its number is given to it.
    pub fn acquire(&mut self, mut lock: PartialLock) -> Result<u32, RpcError> {
        if let Some(holder) = lock.nodes.iter().find_map(|node| self.holder(node, lock.session)) {
            return Err(denied(Datastore::Running, holder));
        }
        self.last = self.last.checked_add(1).unwrap_or(1);
        lock.id = self.last;
        self.held.push(lock);
        Ok(self.last)
    }

    /// Gives a lock back. Only its holder may (RFC 5717 §2.4.2).
    pub fn release(&mut self, id: u32, session: u32) -> Result<(), RpcError> {
        let held = self.held.iter().position(|lock| lock.id == id && lock.session == session);
        let Some(at) = held else {
            let message = format!("the session holds no lock {id}");
            return Err(RpcError::protocol(Tag::InvalidValue, message).with("bad-element", "lock-id"));
        };
        self.held.remove(at);
        Ok(())
    }

    /// Gives all locks of a session back.
    pub fn release_all(&mut self, session: u32) {
        self.held.retain(|lock| lock.session != session);
    }

    /// Whether a session other than this one holds a part.
    pub fn is_held_by_others(&self, session: u32) -> bool {
        self.held.iter().any(|lock| lock.session != session)
    }

    /// The session other than this one that holds a node, something in it, or what it is in.
    pub fn holder(&self, path: &str, session: u32) -> Option<u32> {
        let others = self.held.iter().filter(|lock| lock.session != session);
        let holds = |lock: &&PartialLock| lock.nodes.iter().any(|node| is_within(node, path) || is_within(path, node));
        others.into_iter().find(holds).map(|lock| lock.session)
    }
}

/// Whether a path leads to a node or into it.
fn is_within(path: &str, node: &str) -> bool {
    path.strip_prefix(node).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(session: u32, node: &str) -> PartialLock {
        let (since, selects) = Default::default();
        PartialLock { id: 0, session, since, selects, nodes: vec![node.to_string()] }
    }

    #[test]
    fn a_node_is_held_with_all_in_it() {
        let mut locks = PartialLocks::default();
        assert_eq!(locks.acquire(lock(1, "/m:a/b[id='1']")).unwrap(), 1);
        for (path, holder) in [
            ("/m:a/b[id='1']", Some(1)),
            ("/m:a/b[id='1']/c", Some(1)),
            ("/m:a", Some(1)),
            ("/m:a/b[id='12']", None),
            ("/m:a/b", None),
        ] {
            assert_eq!(locks.holder(path, 2), holder, "{path}");
            assert_eq!(locks.holder(path, 1), None, "{path}");
            assert_eq!(locks.acquire(lock(2, path)).is_ok(), holder.is_none(), "{path}");
        }
        assert!(locks.release(1, 2).is_err(), "only the holder");
        locks.release(1, 1).unwrap();
        assert_eq!(locks.acquire(lock(1, "/m:a/b[id='1']/c")).unwrap(), 4);
        assert!(locks.is_held_by_others(1) && locks.is_held_by_others(2));
        locks.release_all(2);
        assert!(!locks.is_held_by_others(1));
    }
}
