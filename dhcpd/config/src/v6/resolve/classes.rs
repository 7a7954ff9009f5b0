//! Rules for classes of clients, and for what the server does not need to run yet.

use super::{Resolver, preferred};
use crate::classes::{Class6, ClassId};

impl Resolver<'_> {
    /// Rules for parameters that are not part of the snapshot.
    pub(super) fn check_rest(&mut self) {
        let input = self.input;
        if let Some(queue) = &input.waiting.dhcp_queue_control {
            queue.check("kea-ring6", &input.multi_threading(), &mut self.problems);
        }
    }

    /// What members of each class get.
    pub(super) fn class_settings(&mut self) -> Vec<(ClassId, Class6)> {
        let mut settings = Vec::new();
        for class in &self.input.client_classes {
            let valid = class.valid.given(&mut self.problems);
            let given = Some(preferred(&class.preferred, &mut self.problems));
            let preferred = given.filter(|lifetime| lifetime.max > 0);
            let options = self.encode(&class.option_data);
            settings.push((class.membership.id(&mut self.classes), Class6 { preferred, valid, options }));
        }
        settings
    }
}
