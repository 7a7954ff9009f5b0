//! Libraries that extend the server.

use schema::{At, Given, Json, Problem, Scope};

/// A library that extends the server.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct HookLibrary {
    /// File of the library: its name, or a path to it.
    #[param(required)]
    pub library: Given<String>,
    /// Parameters of the library.
    #[param(yang(opaque = "parameters"))]
    pub parameters: Given<Json>,
}

/// How far a bundled library has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundled {
    /// It works.
    Works,
    /// It is known by name.
    Later,
}

/// The bundled libraries by the names of their files.
pub const BUNDLED: &[(&str, Bundled)] = &[
    ("libdhcp_bootp.so", Bundled::Later),
    ("libdhcp_cb_cmds.so", Bundled::Later),
    ("libdhcp_class_cmds.so", Bundled::Later),
    ("libdhcp_ddns_tuning.so", Bundled::Later),
    ("libdhcp_flex_id.so", Bundled::Later),
    ("libdhcp_flex_option.so", Bundled::Later),
    ("libdhcp_ha.so", Bundled::Later),
    ("libdhcp_host_cache.so", Bundled::Later),
    ("libdhcp_host_cmds.so", Bundled::Later),
    ("libdhcp_lease_cmds.so", Bundled::Later),
    ("libdhcp_lease_query.so", Bundled::Later),
    ("libdhcp_legal_log.so", Bundled::Later),
    ("libdhcp_limits.so", Bundled::Later),
    ("libdhcp_mysql.so", Bundled::Later),
    ("libdhcp_perfmon.so", Bundled::Later),
    ("libdhcp_pgsql.so", Bundled::Later),
    ("libdhcp_ping_check.so", Bundled::Later),
    ("libdhcp_radius.so", Bundled::Later),
    ("libdhcp_rbac.so", Bundled::Later),
    ("libdhcp_run_script.so", Bundled::Later),
    ("libdhcp_stat_cmds.so", Bundled::Later),
    ("libdhcp_subnet_cmds.so", Bundled::Later),
    ("libdhcp_user_chk.so", Bundled::Later),
];

/// Refuses libraries that are not bundled, and those that do not work yet. A bundled library is known by its file name,
/// wherever the path points to.
pub(crate) fn check_hooks(libraries: &[At<HookLibrary>], problems: &mut Vec<Problem>) {
    for given in libraries.iter().filter_map(|entry| entry.library.as_ref()) {
        let file = given.rsplit('/').next().unwrap_or_default();
        let reason = match BUNDLED.iter().find(|(name, _)| *name == file) {
            Some((_, Bundled::Works)) => continue,
            Some((name, Bundled::Later)) => format!("not supported yet: {name}"),
            None if file.is_empty() => "must name the file of a library".to_owned(),
            None => format!("not supported yet: {file} is not among the bundled libraries"),
        };
        problems.push(Problem::new(given.pos, reason));
    }
}
