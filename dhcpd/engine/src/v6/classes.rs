//! Which classes a client is in, as the stages of a query find it out.

use super::exchange::Exchange;
use super::messages::*;
use super::query::{Label, Query};
use super::refusal::{DropStage, Refusal};
use crate::hooks::{Next, Point};
use crate::steps;
use dhcpd_config::classes::{Class6, ClassId, ClassSet, Classifier};
use eval::{Names, Outcome, Subject6, Watch};
use leases::{LeaseType, Leases6};
use smallvec::SmallVec;
use std::fmt;

impl<'a, L: Leases6> Exchange<'a, '_, L> {
    /// The classes that decide about the subnet.
    pub(super) fn receive_classes(&mut self) -> Result<(), Refusal> {
        for class in self.query.classes {
            self.classes.add(*class);
        }
        self.ask_libraries()?;
        self.stage(|classifier, subject, set, told| classifier.receive(subject, set, told));
        self.tell_libraries()?;
        self.go_on(DropStage::Received)
    }

    fn ask_libraries(&mut self) -> Result<(), Refusal> {
        let libraries = &self.snapshot.libraries;
        if !libraries.at(Point::Query) {
            return Ok(());
        }
        let (request, mut classes) = (self.query.request(&self.classes), SmallVec::new());
        if libraries.ask(Point::Query, |library| library.query(&request, &mut classes)) == Next::Drop {
            log::event!(DHCP6_HOOK_PACKET_RCVD_SKIP, client = self.query.label());
            return Err(Refusal::Library);
        }
        classes.into_iter().for_each(|class| _ = self.classes.add(class));
        Ok(())
    }

    fn tell_libraries(&self) -> Result<(), Refusal> {
        let request = self.query.request(&self.classes);
        match self.snapshot.libraries.ask(Point::Classified, |library| library.classified(&request)) {
            Next::Continue => Ok(()),
            Next::Drop => {
                log::event!(DHCP6_HOOK_PACKET_RCVD_SKIP, client = self.query.label());
                Err(Refusal::Library)
            }
        }
    }

    /// The classes of a global reservation that is looked for before the subnet is chosen.
    pub(super) fn early_classes(&mut self) -> Result<(), Refusal> {
        let config = &self.snapshot.config;
        if config.early_global_reservations {
            self.hosts.look_globally(config, self.query, self.mac.as_ref());
            if let Some(host) = self.hosts.global {
                self.reserve(&host.classes);
                self.known(true);
                self.go_on(DropStage::Early)?;
            }
        }
        Ok(())
    }

    /// The classes that the reservations bring. One of a subnet in a shared network waits, since the subnet may change.
    pub(super) fn reserved_classes(&mut self) -> Result<(), Refusal> {
        let early = self.snapshot.config.early_global_reservations;
        let alone = self.subnet().is_some_and(|subnet| subnet.network.is_none());
        let host = self.subnet.and_then(|at| self.hosts.current(at));
        if let Some(host) = host.filter(|_| alone || self.hosts.global.is_some() && !early) {
            self.reserve(&host.classes);
        }
        self.known(!self.hosts.is_empty());
        let (client, classes) = (self.query.label(), self.classes());
        log::event!(DHCP6_CLASSES_ASSIGNED_AFTER_SUBNET_SELECTION, client, classes);
        self.go_on(DropStage::Reserved)
    }

    /// The last of its classes, now that the scopes that it is served from are chosen.
    pub(super) fn finish_classes(&mut self) {
        let mut lists: SmallVec<[&'a [ClassId]; 4]> = SmallVec::new();
        for given in &self.given {
            let Some(subnet) = self.snapshot.config.subnets.list().get(given.subnet) else { continue };
            lists.extend(match given.kind {
                LeaseType::Na => given.pool.and_then(|at| subnet.pools.get(at)).map(|pool| &*pool.additional),
                LeaseType::Pd => given.pool.and_then(|at| subnet.pd_pools.get(at)).map(|pool| &*pool.additional),
            });
        }
        if let (Some(at), Some(subnet)) = (self.subnet, self.subnet()) {
            let host = self.hosts.in_subnet(at).filter(|_| subnet.network.is_some());
            for class in host.map_or(&[][..], |host| &host.classes) {
                self.classes.add(*class);
            }
            lists.push(&subnet.additional);
        }
        self.stage(|classifier, subject, set, told| {
            classifier.additional(&lists, subject, set, &Told { additional: true, ..*told });
        });
        let (client, name) = (self.query.label(), self.query.kind().name());
        log::event!(DHCP6_CLASSES_ASSIGNED, client, name, classes = self.classes());
        if log::enabled!(DHCP6_CLASS_UNCONFIGURED) {
            for class in self.snapshot.config.classes.classifier.undefined(&self.classes) {
                log::event!(DHCP6_CLASS_UNCONFIGURED, client, class);
            }
        }
    }

    /// What members of the client's classes get, the first class first.
    pub(super) fn settings(&self) -> impl Iterator<Item = &'a Class6> {
        self.snapshot.config.classes.of(&self.classes)
    }

    /// The classes so far, for messages.
    pub(super) fn classes(&self) -> List<'_> {
        List { set: &self.classes, names: self.snapshot.config.classes.classifier.names() }
    }

    /// Whether the client is refused as a member of the class REJECT.
    pub(super) fn is_rejected(&self) -> bool {
        let rejected = self.classes.contains(ClassId::REJECT);
        if rejected {
            log::event!(DHCP6_PACKET_REJECT_CLASS, client = self.query.who(), packet = self.query.details());
        }
        rejected
    }

    /// Whether the client may be served from a subnet, an index.
    pub(super) fn may_use(&self, subnet: usize) -> bool {
        self.snapshot.config.subnets.list().get(subnet).is_some_and(|subnet| subnet.guard.admits(&self.classes))
    }

    /// Whether the client may have a lease of a pool, an index.
    pub(super) fn may_use_pool(&self, subnet: usize, kind: LeaseType, pool: usize) -> bool {
        let Some(subnet) = self.snapshot.config.subnets.list().get(subnet) else { return false };
        let guard = match kind {
            LeaseType::Na => subnet.pools.get(pool).map(|pool| &pool.guard),
            LeaseType::Pd => subnet.pd_pools.get(pool).map(|pool| &pool.guard),
        };
        guard.is_some_and(|guard| guard.admits(&self.classes))
    }

    fn reserve(&mut self, classes: &[ClassId]) {
        self.stage(|classifier, subject, set, told| classifier.reserve(classes, subject, set, told));
    }

    fn known(&mut self, found: bool) {
        let class = if found { "KNOWN" } else { "UNKNOWN" };
        log::event!(DHCP6_CLASS_ASSIGNED, client = self.query.label(), class);
        self.stage(|classifier, subject, set, told| classifier.known(found, subject, set, told));
    }

    fn go_on(&self, stage: DropStage) -> Result<(), Refusal> {
        if self.classes.contains(ClassId::DROP) { Err(Refusal::Class(stage)) } else { Ok(()) }
    }

    fn stage(&mut self, run: impl FnOnce(&Classifier, &Subject6<'_, '_>, &mut ClassSet, &Told<'_>)) {
        let classifier = &self.snapshot.config.classes.classifier;
        let Query { packet, received, .. } = self.query;
        let subject = Subject6 { packet, arrival: received.arrival(), length: received.message.len() };
        let told = Told { client: self.query.label(), names: classifier.names(), additional: false };
        run(classifier, &subject, &mut self.classes, &told);
    }
}

/// Classes in messages: `ALL, VENDOR_CLASS_docsis3.0, KNOWN`.
pub(super) struct List<'a> {
    set: &'a ClassSet,
    names: &'a Names,
}

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.set.names(self.names).enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name}")?;
        }
        Ok(())
    }
}

/// Writes what tests come to.
#[derive(Clone, Copy)]
struct Told<'a> {
    client: Label<'a>,
    names: &'a Names,
    additional: bool,
}

impl Watch for Told<'_> {
    fn wants_steps(&self) -> bool {
        steps::wanted()
    }

    fn wants_all(&self) -> bool {
        log::enabled!(DHCP6_CLASSES_ASSIGNED) || log::enabled!(DHCPSRV_EVAL_RESULT) || steps::wanted()
    }

    fn step(&self, message: &'static str, text: &str) {
        steps::write(message, &self.client, text);
    }

    fn outcome(&self, class: ClassId, outcome: Outcome<'_>) {
        let (client, class) = (self.client, self.names.name(class));
        match outcome {
            Outcome::Test(result) if self.additional => {
                log::event!(DHCP6_ADDITIONAL_CLASS_EVAL_RESULT, client, class, result);
            }
            Outcome::TestFailed(reason) if self.additional => {
                log::event!(DHCP6_ADDITIONAL_CLASS_EVAL_ERROR, client, class, reason);
            }
            Outcome::Test(result) => log::event!(DHCPSRV_EVAL_RESULT, client, class, result),
            Outcome::TestFailed(reason) => log::event!(DHCPSRV_EVAL_ERROR, client, class, reason),
            Outcome::Template(value) => log::event!(DHCPSRV_TEMPLATE_EVAL_RESULT, client, class, value),
            Outcome::TemplateFailed(reason) => log::event!(DHCPSRV_TEMPLATE_EVAL_ERROR, client, class, reason),
            Outcome::NoTest => log::event!(DHCP6_ADDITIONAL_CLASS_NO_TEST, class),
            Outcome::Undefined => log::event!(DHCP6_ADDITIONAL_CLASS_UNDEFINED, class),
        }
    }
}
