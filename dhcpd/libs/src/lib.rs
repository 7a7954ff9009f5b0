//! The bundled hook libraries, a module each: commands that a configuration asks for by naming a library of Kea's.
//!
//! A library is commands, added to the table of the control channel, and messages. What all of them work on is a [`Site`].
//! Nothing here knows sockets, packets or the life of the daemon.

mod site;
pub mod stat_cmds;
mod walk;

use stat_cmds::messages::{STAT_CMDS_DEINIT_OK, STAT_CMDS_INIT_OK};

pub use site::{Site, Site4, Site6};

/// Says in the library's own words that it is loaded.
pub fn report_loaded(file: &str) {
    match file {
        "libdhcp_stat_cmds.so" => log::event!(STAT_CMDS_INIT_OK),
        _ => {}
    }
}

/// Says in the library's own words that it is not loaded any more.
pub fn report_unloaded(file: &str) {
    match file {
        "libdhcp_stat_cmds.so" => log::event!(STAT_CMDS_DEINIT_OK),
        _ => {}
    }
}
