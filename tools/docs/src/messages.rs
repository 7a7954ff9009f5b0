//! The page of log messages, from their rows.

use log::{Row, Severity};

/// Whose messages, in the order of the page.
const CATALOGUES: &[(&str, &str, &[&Row])] = &[
    ("kea-dhcp4", "DHCPv4: what becomes of a packet.", engine::v4::messages::MESSAGES),
    ("kea-dhcp6", "DHCPv6: what becomes of a packet.", engine::v6::messages::MESSAGES),
    (
        "kea-dhcp4 and kea-dhcp6",
        "Both DHCP servers: their life, sockets and configuration.",
        dhcpd_server::messages::MESSAGES,
    ),
    ("Expressions", "Both DHCP servers: what classes come to, step by step.", engine::steps::MESSAGES),
    ("Names", "Both DHCP servers: requests to kea-dhcp-ddns.", engine::ddns::MESSAGES),
    ("Leases", "Both DHCP servers: lease files.", leases::messages::MESSAGES),
    ("Databases", "Both DHCP servers: `libdhcp_pgsql.so`.", sql::messages::MESSAGES),
    ("BOOTP", "`libdhcp_bootp.so`.", libs::bootp::messages::MESSAGES),
    ("DDNS tuning", "`libdhcp_ddns_tuning.so`.", libs::ddns_tuning::messages::MESSAGES),
    ("Flexible identifier", "`libdhcp_flex_id.so`.", libs::flex_id::messages::MESSAGES),
    ("Flexible options", "`libdhcp_flex_option.so`.", libs::flex_option::messages::MESSAGES),
    ("High availability", "`libdhcp_ha.so`.", libs::ha::messages::MESSAGES),
    ("Commands about configurations in databases", "`libdhcp_cb_cmds.so`.", libs::cb_cmds::messages::MESSAGES),
    ("Class commands", "`libdhcp_class_cmds.so`.", libs::class_cmds::messages::MESSAGES),
    ("Host cache", "`libdhcp_host_cache.so`.", libs::host_cache::messages::MESSAGES),
    ("Host commands", "`libdhcp_host_cmds.so`.", libs::host_cmds::messages::MESSAGES),
    ("Lease queries", "`libdhcp_lease_query.so`: queries over TCP.", libs::lease_query::messages::MESSAGES),
    ("DHCPv4 lease queries", "`libdhcp_lease_query.so`: queries by UDP.", engine::v4::lease_query::MESSAGES),
    ("DHCPv6 lease queries", "`libdhcp_lease_query.so`: queries by UDP.", engine::v6::lease_query::MESSAGES),
    ("Performance", "`libdhcp_perfmon.so`.", libs::perfmon::messages::MESSAGES),
    ("User check", "`libdhcp_user_chk.so`.", libs::user_chk::messages::MESSAGES),
    ("Limits", "`libdhcp_limits.so`.", libs::limits::messages::MESSAGES),
    ("Roles", "`libdhcp_rbac.so`.", libs::rbac::messages::MESSAGES),
    ("Lease commands", "`libdhcp_lease_cmds.so`.", libs::lease_cmds::messages::MESSAGES),
    ("Statistics commands", "`libdhcp_stat_cmds.so`.", libs::stat_cmds::messages::MESSAGES),
    ("Subnet commands", "`libdhcp_subnet_cmds.so`.", libs::subnet_cmds::messages::MESSAGES),
    ("kea-dhcp-ddns", "Requests, and updates of the DNS.", d2_server::messages::MESSAGES),
    ("kea-netconf", "Sessions, datastores, the managed servers.", netconf_agent::messages::MESSAGES),
    ("Commands", "Every daemon: its control sockets.", control::messages::MESSAGES),
    ("Life", "kea-dhcp-ddns and kea-netconf: from start to end.", process::messages::MESSAGES),
];

/// The page.
pub fn page() -> String {
    let mut text = String::from(
        "# Log messages\n\nA line holds the time, the severity, the logger, the identifier and the text: \
         `2026-11-21 10:00:00.123 INFO  [kea-dhcp4.leases/PID.TID] DHCP4_LEASE_OFFER ...`. The logger's name here is the \
         part below the daemon's own (`kea-dhcp4`). DEBUG messages are shown at the debug level in parentheses and \
         above. Names in braces stand for arguments.\n",
    );
    for (title, about, rows) in CATALOGUES {
        text.push_str(&format!(
            "\n## {title}\n\n{about}\n\n| message | severity | logger | text | meaning |\n|---|---|---|---|---|\n"
        ));
        let mut rows = rows.to_vec();
        rows.sort_by_key(|row| row.id);
        text.extend(rows.into_iter().map(line));
    }
    text
}

fn line(row: &Row) -> String {
    let severity = match row.severity {
        Severity::Debug(level) => format!("DEBUG ({level})"),
        other => other.name().to_owned(),
    };
    let meaning: Vec<_> = row.doc.split_whitespace().collect();
    let text = row.text.replace('|', "\\|");
    format!("| `{}` | {severity} | `{}` | {text} | {} |\n", row.id, row.logger, meaning.join(" ").replace('|', "\\|"))
}
