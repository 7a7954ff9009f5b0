//! Rules for classes of clients, and for what the server does not need to run yet.

use super::Resolver;
use crate::parameters::{Definitions, Encoder, check_classes, check_hooks};
use crate::rules::check_length;
use crate::v4::parameters::ClientClass4;
use schema::Problem;
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
        check_classes(Family::V4, &classes, self.definitions, &mut self.problems);
        for class in &input.client_classes {
            class.valid.check_given(&mut self.problems);
            let definitions = self.class_definitions(class);
            Encoder::new(Family::V4, &definitions).encode(&class.option_data, &mut self.problems);
            check_length(&class.boot.server_hostname, 63, &mut self.problems);
            check_length(&class.boot.boot_file_name, 127, &mut self.problems);
            if let Some(next) =
                class.boot.next_server.as_ref().filter(|next| next.0.is_some_and(|ip| ip.is_broadcast()))
            {
                self.problems.push(Problem::new(next.pos, "must not be the broadcast address"));
            }
        }
    }

    /// Options that are defined for one class: those whose meaning the standards leave open (RFC 2132 §8.4, RFC 3942).
    fn class_definitions(&mut self, class: &ClientClass4) -> Definitions {
        for definition in &class.option_def {
            let outermost = definition.space.as_ref().is_none_or(|space| space.value == "dhcp4");
            if let Some(code) = &definition.code
                && !(outermost && (code.value == 43 || (224..=254).contains(&code.value)))
            {
                self.problems.push(Problem::new(code.pos, "a class defines the options 43 and 224 to 254 only"));
            }
        }
        self.definitions.with(&class.option_def, &mut self.problems)
    }
}
