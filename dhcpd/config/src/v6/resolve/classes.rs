//! Rules for classes of clients, and for what the server does not need to run yet.

use super::{Resolver, preferred};
use crate::parameters::check_hooks;
use crate::rules::Unique;

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
        let mut names = Unique::default();
        for class in &self.input.client_classes {
            class.membership.check(&mut self.problems);
            if let Some(name) = &class.membership.name {
                let what = || format!("the class `{}`", name.value);
                names.check(&name.value, name.pos, what, &mut self.problems);
            }
            class.valid.check_given(&mut self.problems);
            self.encoder.encode(&class.option_data, &mut self.problems);
            preferred(&class.preferred, &mut self.problems);
        }
    }
}
