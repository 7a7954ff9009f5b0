//! Rules for classes of clients, and for what the server does not need to run yet.

use super::Resolver;
use crate::classes::{Class4, ClassId};
use crate::parameters::{Definitions, Encoder};
use crate::rules::{check_length, check_next_server};
use crate::v4::parameters::ClientClass4;
use schema::{Given, Problem};
use wire::options::Family;

impl Resolver<'_> {
    /// Rules for parameters that are not part of the snapshot.
    pub(super) fn check_rest(&mut self) {
        let input = self.input;
        if let Some(queue) = &input.waiting.dhcp_queue_control {
            queue.check("kea-ring4", &input.multi_threading(), &mut self.problems);
        }
    }

    /// What members of each class get.
    pub(super) fn class_settings(&mut self) -> Vec<(ClassId, Class4)> {
        let mut settings = Vec::new();
        for class in &self.input.client_classes {
            let valid = class.valid.given(&mut self.problems);
            let definitions = self.class_definitions(class);
            let encoder = Encoder::new(Family::V4, &definitions);
            let options = encoder.encode(&class.option_data, &mut self.classes, &mut self.problems);
            check_length(&class.boot.server_hostname, 63, &mut self.problems);
            check_length(&class.boot.boot_file_name, 127, &mut self.problems);
            check_next_server(&class.boot.next_server, &mut self.problems);
            let text = |given: &Given<String>| given.as_ref().map_or("", |text| &text.value).into();
            let given = Class4 {
                valid,
                offer_lifetime: class.offer_lifetime.as_ref().map(|given| given.value),
                next_server: class
                    .boot
                    .next_server
                    .as_ref()
                    .and_then(|given| given.0)
                    .filter(|ip| !ip.is_unspecified()),
                server_hostname: text(&class.boot.server_hostname),
                file: text(&class.boot.boot_file_name),
                options,
            };
            settings.push((class.membership.id(&mut self.classes), given));
        }
        settings
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
