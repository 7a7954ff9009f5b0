//! Rules for classes of clients, and for what the server does not need to run yet.

use super::{Resolver, preferred};
use crate::parameters::{check_classes, check_hooks};
use wire::options::Family;

impl Resolver<'_> {
    /// Rules for parameters that are not part of the snapshot.
    pub(super) fn check_rest(&mut self) {
        let input = self.input;
        check_hooks(&input.hooks_libraries, &mut self.problems);
        if let Some(queue) = &input.waiting.dhcp_queue_control {
            queue.check(&input.multi_threading(), &mut self.problems);
        }
        self.check_classes();
    }

    fn check_classes(&mut self) {
        let input = self.input;
        let classes: Vec<_> = input.client_classes.iter().map(|class| (class.pos, &class.membership)).collect();
        check_classes(Family::V6, &classes, self.definitions, &mut self.problems);
        for class in &input.client_classes {
            class.valid.check_given(&mut self.problems);
            self.encoder.encode(&class.option_data, &mut self.problems);
            preferred(&class.preferred, &mut self.problems);
        }
    }
}
