#!/bin/sh
# wipe_data.sh VERSION [MYSQL-ARGUMENT ...]: deletes all leases, reservations, configurations and log lines of a database
# whose schema has this version. The tables stay, with what numbers mean and the server tag `all`.
set -eu

export MYSQL_PWD="${MYSQL_PWD-1234}"

if [ $# -lt 1 ]; then
    printf 'Required at least one parameter: schema version number, e.g. 7.0\n'
    exit 1
fi
expected=$1
shift

ask() { mysql --batch --skip-column-names --user=keatest --database=keatest "$@"; }

version=$(ask "$@" --execute="SELECT CONCAT_WS('.', version, minor) FROM schema_version") || version=
if [ -z "$version" ]; then
    printf 'Cannot wipe data, schema version could not be detected.\n'
    exit 1
fi
if [ "$version" != "$expected" ]; then
    printf 'Cannot wipe data, wrong schema version. Expected version %s, found %s.\n' "$expected" "$version"
    exit 1
fi

# The order is that of the keys between them; counts go after leases, whose triggers would change them. Nothing of this
# is for the audit.
{
    echo 'SET @disable_audit = 1, @cascade_transaction = 1; START TRANSACTION;'
    for table in \
        lease4 lease4_stat lease4_pool_stat lease4_stat_by_client_class free_lease4 flq_pool4 \
        lease6_relay_id lease6_remote_id \
        lease6 lease6_stat lease6_pool_stat lease6_stat_by_client_class free_lease6 flq_pool6 \
        logs ipv6_reservations \
        dhcp4_options_server dhcp4_options dhcp4_option_def_server dhcp4_option_def \
        dhcp4_client_class_server dhcp4_client_class_dependency dhcp4_client_class_order dhcp4_client_class \
        dhcp4_subnet_server dhcp4_pool dhcp4_subnet dhcp4_shared_network_server dhcp4_shared_network \
        dhcp4_global_parameter_server dhcp4_global_parameter dhcp4_audit dhcp4_audit_revision \
        dhcp6_options_server dhcp6_options dhcp6_option_def_server dhcp6_option_def \
        dhcp6_client_class_server dhcp6_client_class_dependency dhcp6_client_class_order dhcp6_client_class \
        dhcp6_subnet_server dhcp6_pool dhcp6_pd_pool dhcp6_subnet dhcp6_shared_network_server dhcp6_shared_network \
        dhcp6_global_parameter_server dhcp6_global_parameter dhcp6_audit dhcp6_audit_revision \
        hosts
    do
        echo "DELETE FROM $table;"
    done
    echo "DELETE FROM dhcp4_server WHERE tag <> 'all'; DELETE FROM dhcp6_server WHERE tag <> 'all'; COMMIT;"
} | ask "$@"
