//! The commands of the library, and what it adds to `status-get`. Answers are Kea's.

use super::duties::{SiteOf, state_of};
use super::family::Family;
use super::group::Group;
use super::link::Failure;
use super::machine::Cause;
use super::messages::*;
use super::partner::{Skew, date_time};
use crate::service::Origin;
use control::{Answer, Code, Request, Table};
use dhcpd_config::parameters::hooks::{HaMode, HaRole, HaState};
use log::event;
use serde_json::{Map, Value, json};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// The groups that commands are about.
pub type Groups<F> = Rc<[Arc<Group<F>>]>;

/// Adds the commands.
pub fn add<F: Family>(table: &mut Table, groups: &Groups<F>, site: &SiteOf<F>) {
    macro_rules! on {
        ($($name:literal => $run:path,)*) => {$({
            let groups = groups.clone();
            table.add($name, move |request| answered($run(&groups, &Given::of(&request))));
        })*};
    }
    on! {
        "ha-continue" => resume,
        "ha-heartbeat" => heartbeat,
        "ha-maintenance-notify" => maintenance_notify,
        "ha-reset" => reset,
        "ha-scopes" => scopes,
        "ha-sync-complete-notify" => sync_complete_notify,
    }
    let (all, of) = (groups.clone(), site.clone());
    table.add_async("ha-sync", move |request| {
        let (all, of) = (all.clone(), of.clone());
        async move { answered(sync(&all, &of, &Given::of(&request)).await) }
    });
    let all = groups.clone();
    table.add_async("ha-maintenance-start", move |_| maintenance_start(all.clone()));
    let all = groups.clone();
    table.add_async("ha-maintenance-cancel", move |_| maintenance_cancel(all.clone()));
}

/// What `status-get` tells.
pub fn status<F: Family>(groups: &[Arc<Group<F>>]) -> Value {
    let shown =
        |group: &Arc<Group<F>>| json!({ "ha-mode": group.rules.mode.to_string(), "ha-servers": group.servers() });
    groups.iter().map(shown).collect()
}

fn answered(result: Result<Answer, String>) -> Answer {
    result.unwrap_or_else(Answer::error)
}

/// The arguments of a command.
struct Given {
    command: String,
    arguments: Option<Value>,
}

impl Given {
    fn of(request: &Request) -> Self {
        Self { command: request.command.clone(), arguments: request.arguments() }
    }

    /// The arguments, if there are any.
    fn map(&self) -> Result<Option<&Map<String, Value>>, String> {
        match &self.arguments {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(_) => Err(format!("arguments in the '{}' command are not a map", self.command)),
        }
    }

    /// The arguments, which must be there.
    fn required(&self) -> Result<&Map<String, Value>, String> {
        self.map()?.ok_or_else(|| format!("arguments not found in the '{}' command", self.command))
    }

    /// One of the arguments.
    fn mandatory(&self, key: &str) -> Result<&Value, String> {
        self.required()?.get(key).ok_or_else(|| format!("'{key}' is mandatory for the '{}' command", self.command))
    }

    /// The group with the server that is named, or the first one.
    fn group<'a, F: Family>(&self, groups: &'a Groups<F>) -> Result<&'a Arc<Group<F>>, String> {
        let found = match self.map()?.and_then(|map| map.get("server-name")) {
            None => groups.first(),
            Some(Value::String(name)) => {
                let found = groups.iter().find(|group| group.rules.find(name).is_some());
                return found.ok_or_else(|| format!("{name} matches no configured 'server-name'"));
            }
            Some(_) => return Err(format!("'server-name' must be a string in the '{}' command", self.command)),
        };
        found.ok_or_else(|| "no relationship is configured".to_owned())
    }
}

fn heartbeat<F: Family>(groups: &Groups<F>, given: &Given) -> Result<Answer, String> {
    Ok(Answer::done("HA peer status returned.").and(given.group(groups)?.report()))
}

fn resume<F: Family>(groups: &Groups<F>, given: &Given) -> Result<Answer, String> {
    let group = given.group(groups)?;
    let was_paused = group.with(|machine| machine.resume());
    group.wake.notify_one();
    let text = if was_paused { "HA state machine continues." } else { "HA state machine is not paused." };
    Ok(Answer::done(text))
}

fn reset<F: Family>(groups: &Groups<F>, given: &Given) -> Result<Answer, String> {
    let group = given.group(groups)?;
    if group.with(|machine| machine.state()) == HaState::Waiting {
        return Ok(Answer::done("HA state machine already in WAITING state."));
    }
    group.go(None, HaState::Waiting, Cause::Heard);
    group.wake.notify_one();
    Ok(Answer::done("HA state machine reset."))
}

fn scopes<F: Family>(groups: &Groups<F>, given: &Given) -> Result<Answer, String> {
    let Value::Array(list) = given.mandatory("scopes")? else {
        return Err("'scopes' must be a list in the 'ha-scopes' command".to_owned());
    };
    let names: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
    let names = names.ok_or("scope name must be a string in the 'scopes' argument")?;
    let group = given.group(groups)?;
    let mut scopes = 0;
    for name in names {
        let at = group.rules.find(name);
        scopes |= 1
            << at
                .ok_or_else(|| format!("invalid server name specified '{name}' while enabling/disabling HA scopes"))?;
    }
    group.with(|machine| {
        machine.scopes = scopes;
        group.show(machine);
    });
    Ok(Answer::done("New HA scopes configured."))
}

async fn sync<F: Family>(groups: &Groups<F>, site: &SiteOf<F>, given: &Given) -> Result<Answer, String> {
    let Value::String(name) = given.mandatory("server-name")? else {
        return Err("'server-name' must be a string in the 'ha-sync' command".to_owned());
    };
    let seconds = match given.required()?.get("max-period") {
        None => 0,
        Some(period) => period
            .as_u64()
            .filter(|seconds| *seconds > 0)
            .ok_or("'max-period' must be a positive integer in the 'ha-sync' command")?,
    };
    let group = given.group(groups)?;
    let at = group.rules.find(name).ok_or_else(|| format!("no configuration specified for server {name}"))?;
    let Some(link) = group.links.get(at).and_then(Option::as_ref) else {
        return Err(format!("'{name}' points to local server but should point to a partner"));
    };
    let synchronized = group.synchronize(link, seconds, site).await;
    group.wake.notify_one();
    synchronized.map(|()| Answer::done("Lease database synchronization complete."))
}

fn sync_complete_notify<F: Family>(groups: &Groups<F>, given: &Given) -> Result<Answer, String> {
    let number = |value: &Value, key: &str| {
        let origin = value.as_u64().and_then(|number| Origin::try_from(number).ok());
        origin.ok_or_else(|| format!("'{key}' must be an integer in the 'ha-sync-complete-notify' command"))
    };
    let map = given.map()?;
    let origin = match map.map(|map| (map.get("origin-id"), map.get("origin"))) {
        Some((Some(id), _)) => Some(number(id, "origin-id")?),
        // The word that older versions say tells nothing more than no word.
        Some((None, Some(origin))) if origin != "ha-partner" => Some(number(origin, "origin")?),
        _ => None,
    };
    given.group(groups)?.fetched(origin);
    Ok(Answer::done("Server successfully notified about the synchronization completion."))
}

fn maintenance_notify<F: Family>(groups: &Groups<F>, given: &Given) -> Result<Answer, String> {
    let Value::Bool(cancel) = given.mandatory("cancel")? else {
        return Err("'cancel' must be a boolean in the 'ha-maintenance-notify' command".to_owned());
    };
    let partner = match given.required()?.get("state") {
        None => None,
        Some(Value::String(name)) => Some(state_of(name)?),
        Some(_) => return Err("'state' must be a string in the 'ha-maintenance-notify' command".to_owned()),
    };
    let group = given.group(groups)?;
    let (state, previous) = group.with(|machine| (machine.state(), machine.previous()));
    if *cancel {
        if state != HaState::InMaintenance {
            let reason = "Unable to cancel the maintenance for the server not in the in-maintenance state.";
            return Err(reason.to_owned());
        }
        group.cancel_maintenance(previous, partner);
        return Ok(Answer::done("Server maintenance canceled."));
    }
    if let HaState::Backup | HaState::PartnerInMaintenance | HaState::Terminated = state {
        let text = format!("Unable to transition the server from the {state} to in-maintenance state.");
        return Ok(Answer::new(Code::MaintenanceNotAllowed, text));
    }
    group.go(None, HaState::InMaintenance, Cause::Heard);
    Ok(Answer::done("Server is in-maintenance state."))
}

async fn maintenance_start<F: Family>(groups: Groups<F>) -> Answer {
    let mut answer = Answer::error("no relationship is configured");
    for group in groups.iter() {
        answer = answered(group.start_maintenance().await);
        if answer.result != Code::Success {
            break;
        }
    }
    answer
}

async fn maintenance_cancel<F: Family>(groups: Groups<F>) -> Answer {
    let mut answer = Answer::error("no relationship is configured");
    for group in groups.iter() {
        answer = answered(group.end_maintenance().await);
    }
    answer
}

impl<F: Family> Group<F> {
    /// The partner is to be maintained.
    async fn start_maintenance(&self) -> Result<Answer, String> {
        let state = self.with(|machine| machine.state());
        let (server, link) = match (state, self.partner()) {
            (HaState::Backup | HaState::InMaintenance | HaState::PartnerInMaintenance | HaState::Terminated, _)
            | (_, None) => {
                return Err(format!(
                    "Unable to transition the server from the {state} to partner-in-maintenance state."
                ));
            }
            (_, Some(link)) => (self.name(), link),
        };
        match self.notify(link, false).await {
            Ok(_) => {
                self.go(None, HaState::PartnerInMaintenance, Cause::MaintenanceStart);
                let text = "Server is now in the partner-in-maintenance state and its partner is in-maintenance state. \
                            The partner can be now safely shut down.";
                Ok(Answer::done(text))
            }
            Err(failure @ Failure::Refused(result, _)) if result != Code::Error as i64 => {
                event!(HA_MAINTENANCE_NOTIFY_FAILED, server, peer = link.label, reason = failure);
                Err(format!(
                    "Unable to transition to the partner-in-maintenance state. The partner server responded with the \
                     following message to the ha-maintenance-notify command: {failure}."
                ))
            }
            Err(failure) => {
                match &failure {
                    Failure::Communication(reason) => {
                        event!(HA_MAINTENANCE_NOTIFY_COMMUNICATIONS_FAILED, server, peer = link.label, reason);
                    }
                    Failure::Refused(..) => {
                        event!(HA_MAINTENANCE_NOTIFY_FAILED, server, peer = link.label, reason = failure);
                    }
                }
                self.go(None, HaState::PartnerDown, Cause::MaintenanceStart);
                self.wake.notify_one();
                let text =
                    "Server is now in the partner-down state as its partner appears to be offline for maintenance.";
                Ok(Answer::done(text))
            }
        }
    }

    /// The partner is not to be maintained any more.
    async fn end_maintenance(&self) -> Result<Answer, String> {
        let (state, previous) = self.with(|machine| (machine.state(), machine.previous()));
        let (HaState::PartnerInMaintenance, Some(link)) = (state, self.partner()) else {
            let reason = "Unable to cancel maintenance request because the server is not in the \
                          partner-in-maintenance state.";
            return Err(reason.to_owned());
        };
        if let Err(failure) = self.notify(link, true).await {
            let (server, peer) = (self.name(), &link.label);
            match &failure {
                Failure::Communication(reason) => {
                    event!(HA_MAINTENANCE_NOTIFY_CANCEL_COMMUNICATIONS_FAILED, server, peer, reason);
                }
                Failure::Refused(..) => event!(HA_MAINTENANCE_NOTIFY_CANCEL_FAILED, server, peer, reason = failure),
            }
            return Err(format!(
                "Unable to cancel maintenance. The partner server responded with the following message to the \
                 ha-maintenance-notify command: {failure}."
            ));
        }
        self.cancel_maintenance(previous, None);
        Ok(Answer::done("Server maintenance successfully canceled."))
    }

    /// The servers are at what they were before; the machine runs again when the partner is heard of, or at once if it said what it is at.
    fn cancel_maintenance(&self, previous: HaState, partner: Option<HaState>) {
        // What was known of the partner is of the time of maintenance.
        let partner = partner.unwrap_or(previous);
        self.with(|machine| machine.partner.set_state(Some(partner), Instant::now()));
        self.go(None, previous, Cause::MaintenanceCancel);
    }

    /// The servers of the group for `status-get`.
    fn servers(&self) -> Value {
        let (rules, this) = (&self.rules, self.rules.this_server());
        self.with(|machine| {
            let time = |of: fn(Skew) -> i64| machine.partner.skew.map(|skew| date_time(of(skew)));
            let mut servers = json!({ "local": {
                "role": this.role.to_string(),
                "scopes": self.names_of(machine.scopes),
                "server-name": &*this.name,
                "state": machine.state().to_string(),
                "system-time": time(|skew| skew.ours),
            } });
            let partner = rules.partner().and_then(|at| rules.peers.get(at));
            let alone = rules.mode == HaMode::PassiveBackup || this.role == HaRole::Backup;
            if let Some(peer) = partner.filter(|_| !alone) {
                let (now, partner) = (Instant::now(), &machine.partner);
                let (in_touch, interrupted) = (partner.state().is_some(), partner.is_interrupted(now));
                servers["remote"] = json!({
                    "age": if in_touch { partner.silence(now).as_secs() } else { 0 },
                    "analyzed-packets": partner.analyzed,
                    "clock-skew": partner.skew.map(Skew::seconds),
                    "communication-interrupted": interrupted,
                    "connecting-clients": partner.connecting(),
                    "in-touch": in_touch,
                    "last-scopes": partner.scopes,
                    "last-state": partner.last_state(),
                    "role": peer.role.to_string(),
                    "server-name": &*peer.name,
                    "system-time": time(|skew| skew.theirs),
                    "unacked-clients": partner.unacked(),
                    "unacked-clients-left": if interrupted { partner.unacked_left() } else { 0 },
                });
            }
            servers
        })
    }
}
