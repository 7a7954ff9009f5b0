//! The bundled hook libraries, a module each: what a configuration asks for by naming a library of Kea's.
//!
//! A library is commands, added to the table of the control channel, or a say in what becomes of packets ([`hooks4`],
//! [`hooks6`]), and messages. What commands work on is a [`Site`]. Nothing here knows sockets or the life of the daemon.

mod arguments;
pub mod bootp;
pub mod cb_cmds;
pub mod class_cmds;
pub mod ddns_tuning;
mod editor;
pub mod flex_id;
pub mod flex_option;
pub mod ha;
pub mod host_cache;
pub mod host_cmds;
pub mod lease_cmds;
pub mod lease_query;
pub mod legal_log;
pub mod limits;
mod machine;
mod packets;
pub mod perfmon;
pub mod ping_check;
pub mod rbac;
pub mod run_script;
pub mod service;
mod site;
pub mod stat_cmds;
pub mod subnet_cmds;
mod tree;
pub mod user_chk;
mod walk;

use bootp::messages::{BOOTP_LOAD, BOOTP_UNLOAD};
use cb_cmds::messages::{CB_CMDS_DEINIT_OK, CB_CMDS_INIT_OK};
use class_cmds::messages::{CLASS_CMDS_DEINIT_OK, CLASS_CMDS_INIT_OK};
use ddns_tuning::messages::{DDNS_TUNING_LOAD_OK, DDNS_TUNING_UNLOAD};
use flex_id::messages::FLEX_ID_UNLOAD;
use flex_option::messages::FLEX_OPTION_UNLOAD;
use ha::messages::{HA_DEINIT_OK, HA_INIT_OK};
use host_cache::messages::{HOST_CACHE_DEINIT_OK, HOST_CACHE_INIT_OK};
use host_cmds::messages::{HOST_CMDS_DEINIT_OK, HOST_CMDS_INIT_OK};
use lease_cmds::messages::{LEASE_CMDS_DEINIT_OK, LEASE_CMDS_INIT_OK};
use lease_query::messages::{LEASE_QUERY_LOAD_OK, LEASE_QUERY_UNLOAD_OK};
use perfmon::messages::{PERFMON_DEINIT_OK, PERFMON_INIT_OK};
use ping_check::messages::{PING_CHECK_LOAD_OK, PING_CHECK_UNLOAD};
use run_script::messages::{RUN_SCRIPT_LOAD, RUN_SCRIPT_UNLOAD};
use stat_cmds::messages::{STAT_CMDS_DEINIT_OK, STAT_CMDS_INIT_OK};
use subnet_cmds::messages::{SUBNET_CMDS_DEINIT_OK, SUBNET_CMDS_INIT_OK};

pub use editor::Editor;
pub use machine::{Fault, Heard, Ledger, Machine, Pinger};
pub use packets::{Means, check, hooks4, hooks6};
pub use service::Service;
pub use site::{Site, Site4, Site6};

/// Says in the library's own words that it is loaded.
pub fn report_loaded(file: &str) {
    match file {
        "libdhcp_bootp.so" => log::event!(BOOTP_LOAD),
        "libdhcp_cb_cmds.so" => log::event!(CB_CMDS_INIT_OK),
        "libdhcp_class_cmds.so" => log::event!(CLASS_CMDS_INIT_OK),
        "libdhcp_ddns_tuning.so" => log::event!(DDNS_TUNING_LOAD_OK),
        "libdhcp_ha.so" => log::event!(HA_INIT_OK),
        "libdhcp_host_cache.so" => log::event!(HOST_CACHE_INIT_OK),
        "libdhcp_host_cmds.so" => log::event!(HOST_CMDS_INIT_OK),
        "libdhcp_lease_cmds.so" => log::event!(LEASE_CMDS_INIT_OK),
        "libdhcp_ping_check.so" => log::event!(PING_CHECK_LOAD_OK),
        "libdhcp_run_script.so" => log::event!(RUN_SCRIPT_LOAD),
        "libdhcp_lease_query.so" => log::event!(LEASE_QUERY_LOAD_OK),
        "libdhcp_perfmon.so" => log::event!(PERFMON_INIT_OK),
        "libdhcp_stat_cmds.so" => log::event!(STAT_CMDS_INIT_OK),
        "libdhcp_subnet_cmds.so" => log::event!(SUBNET_CMDS_INIT_OK),
        _ => {}
    }
}

/// Says in the library's own words that it is not loaded any more.
pub fn report_unloaded(file: &str) {
    match file {
        "libdhcp_bootp.so" => log::event!(BOOTP_UNLOAD),
        "libdhcp_ddns_tuning.so" => log::event!(DDNS_TUNING_UNLOAD),
        "libdhcp_flex_id.so" => log::event!(FLEX_ID_UNLOAD),
        "libdhcp_flex_option.so" => log::event!(FLEX_OPTION_UNLOAD),
        "libdhcp_cb_cmds.so" => log::event!(CB_CMDS_DEINIT_OK),
        "libdhcp_class_cmds.so" => log::event!(CLASS_CMDS_DEINIT_OK),
        "libdhcp_ha.so" => log::event!(HA_DEINIT_OK),
        "libdhcp_host_cache.so" => log::event!(HOST_CACHE_DEINIT_OK),
        "libdhcp_host_cmds.so" => log::event!(HOST_CMDS_DEINIT_OK),
        "libdhcp_lease_cmds.so" => log::event!(LEASE_CMDS_DEINIT_OK),
        "libdhcp_ping_check.so" => log::event!(PING_CHECK_UNLOAD),
        "libdhcp_run_script.so" => log::event!(RUN_SCRIPT_UNLOAD),
        "libdhcp_lease_query.so" => log::event!(LEASE_QUERY_UNLOAD_OK),
        "libdhcp_perfmon.so" => log::event!(PERFMON_DEINIT_OK),
        "libdhcp_stat_cmds.so" => log::event!(STAT_CMDS_DEINIT_OK),
        "libdhcp_subnet_cmds.so" => log::event!(SUBNET_CMDS_DEINIT_OK),
        _ => {}
    }
}
