//! Whether clients are answered: several may switch that off, and each must switch it on again.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether clients are answered: `dhcp-disable`, `dhcp-enable`, and servers that share clients; and whether the lease file is
/// being cleaned up.
#[derive(Debug, Default)]
pub struct Service {
    disabled: AtomicBool,
    origins: Mutex<Origins>,
    cleaning: AtomicBool,
}

#[derive(Debug, Default)]
struct Origins {
    /// Who switched it off, and by which command.
    off: BTreeMap<Origin, u64>,
    commands: u64,
}

/// Who switches: a number, in ranges by its kind.
pub type Origin = u32;

/// An operator.
pub const USER: Origin = 1;
/// This server, in the first of its relationships with others; those behind follow.
pub const HA_LOCAL: Origin = 1000;
/// A partner of this server, likewise.
pub const HA_REMOTE: Origin = 2000;
/// A database that is away, and what follows.
pub const DATABASE: Origin = 3000;

impl Service {
    /// Clients are not answered.
    pub fn is_disabled(&self) -> bool {
        self.disabled.load(Relaxed)
    }

    /// Switches off. What is returned goes with [`enable_after`](Self::enable_after).
    pub fn disable(&self, origin: Origin) -> u64 {
        let mut origins = self.origins.lock();
        origins.commands += 1;
        let command = origins.commands;
        origins.off.insert(origin, command);
        self.disabled.store(true, Relaxed);
        command
    }

    /// Switches on, unless another one has it switched off.
    pub fn enable(&self, origin: Origin) {
        let mut origins = self.origins.lock();
        origins.off.remove(&origin);
        self.disabled.store(!origins.off.is_empty(), Relaxed);
    }

    /// Switches on if nobody of this origin has switched since.
    pub fn enable_after(&self, origin: Origin, command: u64) {
        if self.origins.lock().off.get(&origin) == Some(&command) {
            self.enable(origin);
        }
    }

    /// A cleanup of the lease file begins, unless one goes on.
    pub fn begin_cleanup(&self) -> bool {
        !self.cleaning.swap(true, Relaxed)
    }

    /// It is over.
    pub fn end_cleanup(&self) {
        self.cleaning.store(false, Relaxed);
    }

    /// Who has it switched off.
    pub fn origins(&self) -> Vec<Origin> {
        self.origins.lock().off.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_must_switch_it_on_again() {
        let service = Service::default();
        let first = service.disable(USER);
        service.disable(HA_REMOTE + 1);
        service.enable(USER);
        assert!(service.is_disabled());
        service.enable(HA_REMOTE + 1);
        assert!(!service.is_disabled());
        let second = service.disable(USER);
        service.enable_after(USER, first);
        assert_eq!(service.origins(), [USER], "an older command's time is over");
        service.enable_after(USER, second);
        assert!(!service.is_disabled());
    }
}
