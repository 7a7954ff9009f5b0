//! The libraries that a configuration names: their commands, and what is said when they come and go.
//!
//! What a library does with packets the engine finds in its snapshot.

use crate::family;
use crate::messages::*;
use crate::plane::Plane;
use crate::remote::Remote;
use crate::v4::V4;
use crate::v6::V6;
use control::Table;
use dhcpd_config::parameters::{ConfigControl, HookLibrary, Library};
use libs::Editor;
use libs::host_cmds::Hosts;
use libs::perfmon::Monitor;
use schema::{At, Given};
use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use wire::options::Family;

/// Adds the commands of the libraries in effect.
pub fn add4(table: &mut Table, plane: &Plane<V4>, editor: &Editor, databases: &Given<ConfigControl>) {
    let Some(site) = plane.site() else { return };
    for library in &site.snapshot.config.hooks {
        match library {
            Library::CbCmds => {
                let remote = Remote::new(sql::config::Family::V4, databases);
                libs::cb_cmds::add(table, Family::V4, editor, Rc::new(remote));
            }
            Library::ClassCmds => libs::class_cmds::add(table, editor),
            Library::HighAvailability(_) => libs::ha::add(table, &plane.groups(), &plane.site_of()),
            Library::HostCache(_) => add_host_cache(table, plane),
            Library::HostCmds => add_host_cmds(table, plane, editor),
            Library::LeaseCmds => libs::lease_cmds::add4(table, &site),
            Library::LeaseQuery(_) => libs::lease_query::add(table, "extended-info4-upgrade"),
            Library::Perfmon(_) => add_perfmon(table, &site.snapshot.shared),
            Library::Rbac(rules) => libs::rbac::watch(table, rules),
            Library::StatCmds => libs::stat_cmds::add4(table, &site),
            Library::SubnetCmds => libs::subnet_cmds::add4(table, &site, editor),
            _ => {}
        }
    }
    if site.snapshot.listens_to_commands() {
        let snapshot = site.snapshot;
        table.observe(move |name, arguments, answer| {
            snapshot.tell_command(name, &arguments.to_string(), &answer.clone().to_json().to_string());
        });
    }
}

/// Adds the commands of the libraries in effect.
pub fn add6(table: &mut Table, plane: &Plane<V6>, editor: &Editor, databases: &Given<ConfigControl>) {
    let Some(site) = plane.site() else { return };
    for library in &site.snapshot.config.hooks {
        match library {
            Library::CbCmds => {
                let remote = Remote::new(sql::config::Family::V6, databases);
                libs::cb_cmds::add(table, Family::V6, editor, Rc::new(remote));
            }
            Library::ClassCmds => libs::class_cmds::add(table, editor),
            Library::HighAvailability(_) => libs::ha::add(table, &plane.groups(), &plane.site_of()),
            Library::HostCache(_) => add_host_cache(table, plane),
            Library::HostCmds => add_host_cmds(table, plane, editor),
            Library::LeaseCmds => libs::lease_cmds::add6(table, &site),
            Library::LeaseQuery(_) => libs::lease_query::add(table, "extended-info6-upgrade"),
            Library::Perfmon(_) => add_perfmon(table, &site.snapshot.shared),
            Library::Rbac(rules) => libs::rbac::watch(table, rules),
            Library::StatCmds => libs::stat_cmds::add6(table, &site),
            Library::SubnetCmds => libs::subnet_cmds::add6(table, &site, editor),
            _ => {}
        }
    }
    if site.snapshot.listens_to_commands() {
        let snapshot = site.snapshot;
        table.observe(move |name, arguments, answer| {
            snapshot.tell_command(name, &arguments.to_string(), &answer.clone().to_json().to_string());
        });
    }
}

/// The commands about the cache of reservations.
fn add_host_cache<F: family::Family>(table: &mut Table, plane: &Plane<F>) {
    if let (Some(cache), Some(site)) = (plane.host_cache(), plane.site()) {
        libs::host_cache::add(table, &cache, site.confine);
    }
}

/// The commands about reservations, of the configuration in effect and of its databases.
fn add_host_cmds<F: family::Family>(table: &mut Table, plane: &Plane<F>, editor: &Editor) {
    if let Some(databases) = plane.host_databases() {
        libs::host_cmds::add(table, &Hosts { editor: editor.clone(), databases: Rc::new(databases) });
    }
}

/// The commands about what measures queries of clients.
fn add_perfmon(table: &mut Table, shared: &Option<Arc<dyn Any + Send + Sync>>) {
    if let Some(Ok(monitor)) = shared.clone().map(|shared| shared.downcast::<Monitor>()) {
        libs::perfmon::add(table, &monitor);
    }
}

/// Says which libraries went and came with a configuration, if any did.
pub fn report(before: &[At<HookLibrary>], after: &[At<HookLibrary>]) {
    if before == after {
        return;
    }
    let name = |library: &HookLibrary| library.library.as_ref().map(|name| name.value.clone()).unwrap_or_default();
    for library in before.iter().rev() {
        log::event!(HOOKS_LIBRARY_UNLOADING, library = name(library));
        libs::report_unloaded(library.file());
        log::event!(HOOKS_LIBRARY_UNLOADED, library = name(library));
        log::event!(HOOKS_LIBRARY_CLOSED, library = name(library));
    }
    for library in after {
        log::event!(HOOKS_LIBRARY_LOADING, library = name(library));
        libs::report_loaded(library.file());
        log::event!(HOOKS_LIBRARY_LOADED, library = name(library));
    }
}
