//! Commands that both servers have beyond those of every daemon, and what they add to `status-get`.
//!
//! Texts and arguments are Kea's (ctrl-channel, src/share/api).

use crate::family::Family;
use crate::housekeeping::{self, ROUND};
use crate::plane::Plane;
use crate::worker::Protocol;
use control::{Answer, Code, Request, Table};
use leases::StoreError;
use libs::Editor;
use libs::service::{self, Origin};
use net::Interface;
use schema::json;
use serde_json::{Map, Value, json};
use stats::Limits;
use std::net::IpAddr;
use std::ops::Range;
use std::time::Duration;
use tokio::time::sleep;

/// Adds the commands to a table.
pub fn add<F: Family>(table: &mut Table, plane: &Plane<F>) {
    let on = |run: fn(&Plane<F>, Request) -> Answer| {
        let plane = plane.clone();
        move |request| run(&plane, request)
    };
    table.add("dhcp-disable", on(disable));
    table.add("dhcp-enable", on(enable));
    table.add("interface-list", on(interface_list));
    table.add("interface-redetect", on(interface_redetect));
    table.add("kea-lfc-start", on(clean_up));
    let reclaiming = plane.clone();
    table.add_async("leases-reclaim", move |request| reclaim(reclaiming.clone(), request));
}

/// Adds the command that changes the interfaces of a configuration.
pub fn add_editing(table: &mut Table, editor: &Editor) {
    let editor = editor.clone();
    table.add("interface-add", move |request| interface_add(&editor, &request));
}

/// What `status-get` tells of the data plane.
pub fn status<F: Family>(plane: &Plane<F>, status: &mut Map<String, Value>) {
    let origins = plane.service().origins();
    let of = |kind: Range<Origin>| -> Vec<_> { origins.iter().filter(|it| kind.contains(it)).collect() };
    status.insert(
        "dhcp-state".into(),
        json!({
            "disabled-by-db-connection": of(service::DATABASE..Origin::MAX),
            "disabled-by-local-command": of(service::HA_LOCAL..service::HA_REMOTE),
            "disabled-by-remote-command": of(service::HA_REMOTE..service::DATABASE),
            "disabled-by-user": origins.contains(&service::USER),
            "globally-disabled": plane.service().is_disabled(),
        }),
    );
    let groups = plane.groups();
    if !groups.is_empty() {
        status.insert("high-availability".into(), libs::ha::status(&groups));
    }
    let (threads, failures) = (plane.threads(), plane.failures());
    status.insert("multi-threading-enabled".into(), json!(threads.is_some()));
    if let Some(threads) = threads {
        status.insert("thread-pool-size".into(), json!(threads));
        let (size, averages) = plane.queue();
        status.insert("packet-queue-size".into(), json!(size));
        status.insert("packet-queue-statistics".into(), json!(averages));
    }
    let sockets = match (failures.is_empty(), plane.is_retrying()) {
        (true, _) => json!({ "status": "ready" }),
        (false, true) => json!({ "status": "retrying", "errors": failures }),
        (false, false) => json!({ "status": "failed", "errors": failures }),
    };
    status.insert("sockets".into(), sockets);
}

/// `statistic-sample-count-set-all` and `-age-set-all` change the configuration that is shown.
pub fn show_limits(config: &mut Value, limits: Limits) {
    let Value::Object(config) = config else { return };
    if limits.count > 0 {
        config.insert("statistic-default-sample-count".into(), limits.count.into());
    }
    config.insert("statistic-default-sample-age".into(), limits.age.into());
}

fn disable<F: Family>(plane: &Plane<F>, request: Request) -> Answer {
    let arguments = request.arguments();
    let given = arguments.as_ref().map(|a| Ok((origin("dhcp-disable", a)?, max_period(a)?)));
    let (origin, period) = match given {
        None => (service::USER, None),
        Some(Ok(given)) => given,
        Some(Err(refusal)) => return refusal,
    };
    let command = plane.service().disable(origin);
    let Some(seconds) = period else { return Answer::done(format!("DHCPv{} service disabled", F::NUMBER)) };
    let plane = plane.clone();
    tokio::task::spawn_local(async move {
        sleep(Duration::from_secs(seconds)).await;
        plane.service().enable_after(origin, command);
    });
    Answer::done(format!("DHCPv{} service disabled for {seconds} seconds", F::NUMBER))
}

fn enable<F: Family>(plane: &Plane<F>, request: Request) -> Answer {
    match request.arguments().map_or(Ok(service::USER), |a| origin("dhcp-enable", &a)) {
        Ok(origin) => {
            plane.service().enable(origin);
            Answer::done("DHCP service successfully enabled")
        }
        Err(refusal) => refusal,
    }
}

/// Who sent the command: `origin-id`, or `origin` as older versions say it.
fn origin(command: &str, arguments: &Value) -> Result<Origin, Answer> {
    let Value::Object(map) = arguments else {
        return Err(Answer::error(format!("arguments for the '{command}' command must be a map")));
    };
    let number = |value: &Value| value.as_u64().and_then(|number| Origin::try_from(number).ok());
    match (map.get("origin-id"), map.get("origin")) {
        (None, None) => Ok(service::USER),
        (Some(id), _) => number(id).ok_or_else(|| Answer::error("'origin-id' argument must be a number")),
        (None, Some(Value::String(origin))) => match origin.as_str() {
            "user" => Ok(service::USER),
            "ha-partner" => Ok(service::HA_REMOTE),
            other => {
                let other = if other.is_empty() { "(empty string)" } else { other };
                Err(Answer::error(format!("invalid value used for 'origin' parameter: {other}")))
            }
        },
        (None, Some(other)) => {
            number(other).ok_or_else(|| Answer::error("'origin' argument must be a string or a number"))
        }
    }
}

fn max_period(arguments: &Value) -> Result<Option<u64>, Answer> {
    match arguments.get("max-period") {
        None => Ok(None),
        Some(period) if !period.is_i64() => Err(Answer::error("'max-period' argument must be a number")),
        Some(period) => match period.as_u64().filter(|&seconds| seconds > 0) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(Answer::error("'max-period' must be positive integer")),
        },
    }
}

async fn reclaim<F: Family>(plane: Plane<F>, request: Request) -> Answer {
    let remove = match request.arguments().as_ref().and_then(|a| a.get("remove")) {
        None => return Answer::error("Missing mandatory 'remove' parameter."),
        Some(Value::Bool(remove)) => *remove,
        Some(_) => return Answer::error("'remove' parameter expected to be a boolean."),
    };
    let Some(run) = plane.run() else { return Answer::error("no lease backend") };
    let mut keeper = plane.keeper(run);
    let done = async {
        while keeper.reclaim(ROUND, Some(remove))?.1 {
            tokio::task::yield_now().await;
        }
        Ok::<_, StoreError>(())
    };
    let done = done.await;
    plane.send_name_changes(keeper.name_changes());
    match done {
        Ok(()) => Answer::done("Reclamation of expired leases is complete."),
        Err(error) => Answer::error(format!("reclamation of expired leases failed: {error}")),
    }
}

fn clean_up<F: Family>(plane: &Plane<F>, _: Request) -> Answer {
    let Some(run) = plane.run().filter(|run| run.store.path().is_some()) else {
        let reason = "'persist' parameter of 'memfile' lease backend was configured to 'false'";
        return Answer::new(Code::Unsupported, reason);
    };
    if !run.service.begin_cleanup() {
        return Answer::new(Code::Empty, "kea-lfc already running");
    }
    tokio::task::spawn_local(housekeeping::clean_up(run));
    Answer::done("kea-lfc started")
}

/// Adds to `interfaces-config/interfaces`, in the configuration that `config-get` shows as well.
fn interface_add(editor: &Editor, request: &Request) -> Answer {
    let arguments = match request.arguments() {
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return Answer::error("arguments for the 'interface-add' command must be a map"),
        None => return Answer::error("Missing mandatory 'arguments' parameter."),
    };
    if let Some(key) = arguments.keys().find(|key| *key != "interfaces") {
        return Answer::error(format!("Unsupported '{key}' map parameter in 'arguments'."));
    }
    let Some(added) = arguments.get("interfaces") else {
        return Answer::error("Missing mandatory 'interfaces' map parameter in 'arguments'.");
    };
    match add_interfaces(editor, added) {
        Ok(()) => Answer::done("Interface configuration successfully updated."),
        Err(reason) => Answer::error(format!("Updating used interfaces failed: {reason}")),
    }
}

fn add_interfaces(editor: &Editor, added: &Value) -> Result<(), String> {
    let Value::Array(added) = added else { return Err("'interfaces' is not a list".to_owned()) };
    let mut module = (editor.written)();
    let interfaces = &mut module["interfaces-config"]["interfaces"];
    let mut all = interfaces.as_array().cloned().unwrap_or_default();
    let before = all.len();
    for name in added {
        if !name.is_string() {
            return Err("a name of an interface is not a string".to_owned());
        }
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    if all.len() == before {
        return Ok(());
    }
    *interfaces = all.into();
    let text = json!({ editor.module: module }).to_string();
    let document = json::parse("<string>", &text, &mut json::no_includes).map_err(|error| error.to_string())?;
    (editor.configure)(&document).map_err(|errors| errors.first().map_or_else(String::new, |e| e.reason.clone()))
}

fn interface_list<F: Family>(plane: &Plane<F>, _: Request) -> Answer {
    match net::interfaces() {
        Ok(interfaces) => {
            let in_use = plane.interfaces_in_use();
            let shown: Vec<_> = interfaces.iter().map(|i| show(i, in_use.contains(&i.index))).collect();
            Answer::done(format!("{} interfaces detected.", shown.len())).and(json!({ "interfaces": shown }))
        }
        Err(error) => {
            Answer::error(format!("Unexpected error while retrieving the list of detected interfaces: {error}"))
        }
    }
}

/// The machine is always looked at as it is; this only makes sure that its sockets are, too.
fn interface_redetect<F: Family>(plane: &Plane<F>, request: Request) -> Answer {
    plane.look_again();
    interface_list(plane, request)
}

fn show(interface: &Interface, in_use: bool) -> Value {
    let v4 = interface.v4.iter().map(|&(address, _)| IpAddr::V4(address));
    let addresses: Vec<_> = v4.chain(interface.v6.iter().map(|&a| IpAddr::V6(a))).collect();
    let mac: Vec<_> = interface.hw_addr.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "name": interface.name,
        "index": interface.index,
        "mac": mac.join(":"),
        "type": interface.hw_type,
        "addresses": addresses,
        "flag-loopback": interface.loopback,
        "flag-up": interface.flags.up,
        "flag-running": interface.running,
        "flag-multicast": interface.flags.multicast,
        "flag-broadcast": interface.flags.broadcast,
        "in-use": in_use,
    })
}
