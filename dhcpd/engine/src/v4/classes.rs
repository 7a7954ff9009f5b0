//! Which classes a client is in, as the stages of a query find it out.

use super::Snapshot;
use super::messages::*;
use super::query::{Label, Query};
use super::refusal::{DropStage, Refusal};
use crate::hooks::{Next, Point};
use crate::steps;
use dhcpd_config::classes::{Class4, ClassId, ClassSet};
use dhcpd_config::hosts::GLOBAL;
use dhcpd_config::v4::snapshot::Host4;
use eval::{Names, Outcome, Subject4, Watch};
use log::event;
use smallvec::SmallVec;
use std::fmt;

/// A client's classes so far.
pub(super) struct Members<'a> {
    pub snapshot: &'a Snapshot,
    pub query: &'a Query<'a>,
    set: &'a mut ClassSet,
    /// The client's global reservation, where it is looked for before the subnet is chosen.
    pub early: Option<&'a Host4>,
}

impl<'a> Members<'a> {
    /// The classes that decide about the subnet.
    pub fn receive(snapshot: &'a Snapshot, query: &'a Query<'a>, set: &'a mut ClassSet) -> Result<Self, Refusal> {
        let mut members = Self { snapshot, query, set, early: None };
        members.add(query.classes);
        members.ask_libraries()?;
        members.stage(|classifier, subject, set, told| classifier.receive(subject, set, told));
        members.tell_libraries()?;
        members.go_on(DropStage::Received)?;
        query.identify(&snapshot.libraries, members.set);
        if snapshot.config.early_global_reservations {
            let hosts = query.reserved(&snapshot.config.hosts, GLOBAL);
            let identifiers = query.identifiers(&snapshot.config.host_identifiers);
            members.early = identifiers.iter().find_map(|id| hosts.find(*id));
            if let Some(host) = members.early {
                members.reserve(&host.classes);
                members.known(true);
                members.go_on(DropStage::Early)?;
            }
        }
        Ok(members)
    }

    fn ask_libraries(&mut self) -> Result<(), Refusal> {
        let libraries = &self.snapshot.libraries;
        if !libraries.at(Point::Query) {
            return Ok(());
        }
        let (request, mut classes) = (self.query.request(self.set), SmallVec::new());
        if libraries.ask(Point::Query, |library| library.query(&request, &mut classes)) == Next::Drop {
            event!(DHCP4_HOOK_PACKET_RCVD_SKIP, query = self.query.label());
            return Err(Refusal::Library);
        }
        self.add(&classes);
        Ok(())
    }

    fn tell_libraries(&self) -> Result<(), Refusal> {
        let request = self.query.request(self.set);
        match self.snapshot.libraries.ask(Point::Classified, |library| library.classified(&request)) {
            Next::Continue => Ok(()),
            Next::Drop => {
                event!(DHCP4_HOOK_PACKET_RCVD_SKIP, query = self.query.label());
                Err(Refusal::Library)
            }
        }
    }

    /// The classes so far.
    pub fn set(&self) -> &ClassSet {
        self.set
    }

    /// Whether the client is in a class.
    pub fn contain(&self, class: ClassId) -> bool {
        self.set.contains(class)
    }

    /// What members of the client's classes get, the first class first.
    pub fn settings(&self) -> impl Iterator<Item = &'a Class4> + use<'_, 'a> {
        self.snapshot.config.classes.of(self.set)
    }

    /// Adds the classes of a reservation; tests may ask for them.
    pub fn reserve(&mut self, classes: &[ClassId]) {
        self.stage(|classifier, subject, set, told| classifier.reserve(classes, subject, set, told));
    }

    /// Adds classes whatever tests say.
    pub fn add(&mut self, classes: &[ClassId]) {
        classes.iter().for_each(|class| {
            self.set.add(*class);
        });
    }

    /// Adds KNOWN or UNKNOWN, and what depends on it.
    pub fn known(&mut self, found: bool) {
        event!(DHCP4_CLASS_ASSIGNED, query = self.query.label(), class = if found { "KNOWN" } else { "UNKNOWN" });
        self.stage(|classifier, subject, set, told| classifier.known(found, subject, set, told));
    }

    /// Whether the client is served, now that reservations are known.
    pub fn reserved(&self) -> Result<(), Refusal> {
        event!(DHCP4_CLASSES_ASSIGNED_AFTER_SUBNET_SELECTION, query = self.query.label(), classes = self.list());
        self.go_on(DropStage::Reserved)
    }

    /// Adds the classes that the chosen scopes name.
    pub fn additional(&mut self, lists: &[&[ClassId]]) {
        self.stage(|classifier, subject, set, told| {
            classifier.additional(lists, subject, set, &Told { additional: true, ..*told });
        });
        let (query, name) = (self.query.label(), self.query.message_type.name());
        event!(DHCP4_CLASSES_ASSIGNED, query, name, classes = self.list());
        if log::enabled!(DHCP4_CLASS_UNCONFIGURED) {
            for class in self.snapshot.config.classes.classifier.undefined(self.set) {
                event!(DHCP4_CLASS_UNCONFIGURED, query, class);
            }
        }
    }

    fn go_on(&self, stage: DropStage) -> Result<(), Refusal> {
        if self.contain(ClassId::DROP) { Err(Refusal::Class(stage)) } else { Ok(()) }
    }

    fn stage(&mut self, run: impl FnOnce(&eval::Classifier, &Subject4<'_, '_>, &mut ClassSet, &Told<'_>)) {
        let classifier = &self.snapshot.config.classes.classifier;
        let subject = Subject4 {
            packet: self.query.packet,
            arrival: self.query.received.arrival(),
            remembered: self.query.stashed,
        };
        let told = Told { query: self.query.label(), names: classifier.names(), additional: false };
        run(classifier, &subject, self.set, &told);
    }

    /// They in messages.
    pub fn list(&self) -> List<'_> {
        List { set: self.set, names: self.snapshot.config.classes.classifier.names() }
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
    query: Label<'a>,
    names: &'a Names,
    additional: bool,
}

impl Watch for Told<'_> {
    fn wants_steps(&self) -> bool {
        steps::wanted()
    }

    fn wants_all(&self) -> bool {
        log::enabled!(DHCP4_CLASSES_ASSIGNED) || log::enabled!(DHCPSRV_EVAL_RESULT) || steps::wanted()
    }

    fn step(&self, message: &'static str, text: &str) {
        steps::write(message, &self.query, text);
    }

    fn outcome(&self, class: ClassId, outcome: Outcome<'_>) {
        let (query, class) = (self.query, self.names.name(class));
        match outcome {
            Outcome::Test(result) if self.additional => {
                event!(DHCP4_ADDITIONAL_CLASS_EVAL_RESULT, query, class, result);
            }
            Outcome::TestFailed(reason) if self.additional => {
                event!(DHCP4_ADDITIONAL_CLASS_EVAL_ERROR, query, class, reason);
            }
            Outcome::Test(result) => event!(DHCPSRV_EVAL_RESULT, query, class, result),
            Outcome::TestFailed(reason) => event!(DHCPSRV_EVAL_ERROR, query, class, reason),
            Outcome::Template(value) => event!(DHCPSRV_TEMPLATE_EVAL_RESULT, query, class, value),
            Outcome::TemplateFailed(reason) => event!(DHCPSRV_TEMPLATE_EVAL_ERROR, query, class, reason),
            Outcome::NoTest => event!(DHCP4_ADDITIONAL_CLASS_NO_TEST, class),
            Outcome::Undefined => event!(DHCP4_ADDITIONAL_CLASS_UNDEFINED, class),
        }
    }
}
