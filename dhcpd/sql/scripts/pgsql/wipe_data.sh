#!/bin/sh
# wipe_data.sh VERSION [PSQL-ARGUMENT ...]: deletes all leases, reservations, configurations and log lines of a database
# whose schema has this version. The tables stay, with what numbers mean and the server tag `all`.
set -eu

export PGHOST="${PGHOST-localhost}" PGUSER="${PGUSER-keatest}" PGDATABASE="${PGDATABASE-keatest}" PGPASSWORD="${PGPASSWORD-1234}"

if [ $# -lt 1 ]; then
    printf 'Required at least one parameter: schema version number, e.g. 7.0\n'
    exit 1
fi
expected=$1
shift

version=$(psql -X -A -t -q "$@" -c "SELECT version || '.' || minor FROM schema_version") || version=
if [ -z "$version" ]; then
    printf 'Cannot wipe data, schema version could not be detected.\n'
    exit 1
fi
if [ "$version" != "$expected" ]; then
    printf 'Cannot wipe data, wrong schema version. Expected version %s, found %s.\n' "$expected" "$version"
    exit 1
fi

# Truncating wakes no trigger; deleting servers would, and must leave no audit entry.
psql -X -q -v ON_ERROR_STOP=1 "$@" >/dev/null <<SQL
BEGIN;
SET LOCAL kea.disable_audit = 'true';
TRUNCATE
    lease4, lease4_stat, lease4_pool_stat, lease4_stat_by_client_class, free_lease4, flq_pool4,
    lease6, lease6_stat, lease6_pool_stat, lease6_stat_by_client_class, free_lease6, flq_pool6,
    lease6_relay_id, lease6_remote_id, logs, hosts, ipv6_reservations,
    dhcp4_audit, dhcp4_audit_revision, dhcp4_global_parameter, dhcp4_global_parameter_server,
    dhcp4_shared_network, dhcp4_shared_network_server, dhcp4_subnet, dhcp4_subnet_server, dhcp4_pool,
    dhcp4_client_class, dhcp4_client_class_order, dhcp4_client_class_dependency, dhcp4_client_class_server,
    dhcp4_option_def, dhcp4_option_def_server, dhcp4_options, dhcp4_options_server,
    dhcp6_audit, dhcp6_audit_revision, dhcp6_global_parameter, dhcp6_global_parameter_server,
    dhcp6_shared_network, dhcp6_shared_network_server, dhcp6_subnet, dhcp6_subnet_server, dhcp6_pool, dhcp6_pd_pool,
    dhcp6_client_class, dhcp6_client_class_order, dhcp6_client_class_dependency, dhcp6_client_class_server,
    dhcp6_option_def, dhcp6_option_def_server, dhcp6_options, dhcp6_options_server;
DELETE FROM dhcp4_server WHERE tag <> 'all';
DELETE FROM dhcp6_server WHERE tag <> 'all';
COMMIT;
SQL
