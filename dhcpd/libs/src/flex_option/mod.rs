//! `libdhcp_flex_option.so`: options that expressions make, change and take away, in answers or in queries.

mod change;
mod inside;
pub mod messages;

use change::{Applied, apply};
use dhcpd_config::classes::ClassSet;
use dhcpd_config::parameters::hooks::{FlexOptionRule, FlexOptionRules, OptionChange, Side, ValueChange};
use engine::hooks::{Evaluation, Next, Point};
use engine::{v4, v6};
use eval::{Subject4, Subject6};
use messages::*;
use smallvec::SmallVec;

/// The library at work.
#[derive(Debug)]
pub struct FlexOption {
    rules: FlexOptionRules,
    points: &'static [Point],
}

impl FlexOption {
    /// By its parameters.
    pub fn new(rules: &FlexOptionRules) -> Self {
        let to = |side| rules.iter().any(|rule| rule.destination == side);
        let points: &[Point] = match (to(Side::Query), to(Side::Response)) {
            (false, false) => &[],
            (true, false) => &[Point::Receive],
            (false, true) => &[Point::Send],
            (true, true) => &[Point::Receive, Point::Send],
        };
        rules.iter().filter(|rule| rule.destination == Side::Query).for_each(warn);
        Self { rules: rules.clone(), points }
    }

    fn rules(&self, destination: Side) -> impl Iterator<Item = &FlexOptionRule> {
        self.rules.iter().filter(move |rule| rule.destination == destination)
    }
}

/// Says what will not work as it seems: in queries, options are changed before classes are known.
fn warn(rule: &FlexOptionRule) {
    let code = rule.code;
    if let Some((_, class)) = &rule.class {
        log::event!(FLEX_OPTION_CONFIG_USELESS_CLASS, code, class);
    }
    match &rule.change {
        OptionChange::Whole(change) => {
            if let Some(expression) = of_members(change) {
                log::event!(FLEX_OPTION_CONFIG_USELESS_MEMBER, code, expression);
            }
        }
        OptionChange::Inside { rules, .. } => {
            for sub in rules {
                if let Some((_, class)) = &sub.class {
                    log::event!(FLEX_OPTION_CONFIG_SUB_USELESS_CLASS, sub = sub.code, code, class);
                }
                if let Some(expression) = of_members(&sub.change) {
                    log::event!(FLEX_OPTION_CONFIG_SUB_USELESS_MEMBER, sub = sub.code, code, expression);
                }
            }
        }
    }
}

/// The expression, if it asks for classes.
fn of_members(change: &ValueChange) -> Option<String> {
    match change {
        ValueChange::Add(expression, _) | ValueChange::Supersede(expression, _) => {
            (!expression.classes().is_empty()).then(|| expression.to_string())
        }
        ValueChange::Remove(expression) => (!expression.classes().is_empty()).then(|| expression.to_string()),
    }
}

impl v4::hooks::Hooks for FlexOption {
    fn points(&self) -> &'static [Point] {
        self.points
    }

    fn receive(&self, incoming: &mut v4::hooks::Incoming<'_>) -> Next {
        let mut classes = ClassSet::default();
        incoming.classes.iter().for_each(|class| _ = classes.add(*class));
        for rule in self.rules(Side::Query) {
            let Ok(packet) = wire::v4::Packet::parse_leniently(&incoming.message) else { break };
            let subject = Subject4 { packet: &packet, arrival: incoming.received.arrival(), remembered: None };
            let mut draft = wire::v4::Draft::new(&packet);
            let on = Evaluation { subject: &subject, classes: &classes, client: &incoming.label() };
            if apply(rule, &on, &mut draft) == Applied::Changed {
                let mut message = Vec::with_capacity(incoming.message.len());
                draft.write(&mut message);
                incoming.message = message.into();
            }
        }
        Next::Continue
    }

    fn send(&self, outgoing: &mut v4::hooks::Outgoing<'_>) -> Next {
        let query = outgoing.query;
        outgoing.change(|draft| {
            for rule in self.rules(Side::Response) {
                if rule.source == Side::Query {
                    query.evaluate(|on| _ = apply(rule, on, draft));
                    continue;
                }
                let mut answer = Vec::new();
                draft.write(&mut answer);
                let Ok(packet) = wire::v4::Packet::parse_leniently(&answer) else { continue };
                let subject = Subject4 { packet: &packet, arrival: query.received.arrival(), remembered: None };
                let on = Evaluation { subject: &subject, classes: query.classes, client: &query.label };
                _ = apply(rule, &on, draft);
            }
        });
        Next::Continue
    }
}

impl v6::hooks::Hooks for FlexOption {
    fn points(&self) -> &'static [Point] {
        self.points
    }

    fn receive(&self, incoming: &mut v6::hooks::Incoming<'_>) -> Next {
        let mut classes = ClassSet::default();
        incoming.classes.iter().for_each(|class| _ = classes.add(*class));
        for rule in self.rules(Side::Query) {
            if let Some(message) = change_query(rule, incoming, &classes) {
                incoming.message = message.into();
            }
        }
        Next::Continue
    }

    fn send(&self, outgoing: &mut v6::hooks::Outgoing<'_, '_>) -> Next {
        let query = outgoing.query;
        outgoing.change(|draft| {
            for rule in self.rules(Side::Response) {
                if rule.source == Side::Query {
                    query.evaluate(|on| _ = apply(rule, on, draft));
                    continue;
                }
                let mut answer = Vec::new();
                let mut writer = wire::v6::Writer::new(&mut answer);
                draft.write(&mut writer);
                let written = writer.finish();
                let Ok(message) = wire::v6::Message::parse(&answer, 0) else { continue };
                if written.is_err() {
                    continue;
                }
                let packet = wire::v6::Packet { relays: SmallVec::new(), message };
                let arrival = query.received.arrival();
                let subject = Subject6 { packet: &packet, arrival, length: answer.len() };
                let on = Evaluation { subject: &subject, classes: query.classes, client: &query.label };
                _ = apply(rule, &on, draft);
            }
        });
        Next::Continue
    }
}

/// The query as a rule leaves it, if the rule changes it.
fn change_query(rule: &FlexOptionRule, incoming: &v6::hooks::Incoming<'_>, classes: &ClassSet) -> Option<Vec<u8>> {
    let packet = wire::v6::Packet::parse(&incoming.message).ok()?;
    let subject = Subject6 { packet: &packet, arrival: incoming.received.arrival(), length: incoming.message.len() };
    let mut draft = wire::v6::Draft::new(&packet.message);
    let applied = apply(rule, &Evaluation { subject: &subject, classes, client: &incoming.label() }, &mut draft);
    if applied == Applied::Changed { packet.carrying(&draft) } else { None }
}
