-- Takes away all that dhcpdb_create.pgsql makes, and the leases, reservations and configurations with it.

BEGIN;

DROP TABLE IF EXISTS
    schema_version, lease_state, lease6_types, lease_hwaddr_source, host_identifier_type, dhcp_option_scope,
    parameter_data_type, option_def_data_type, modification, ddns_replace_client_name_types, lease4, lease6,
    lease4_stat, lease4_pool_stat, lease4_stat_by_client_class, lease6_stat, lease6_pool_stat,
    lease6_stat_by_client_class, lease6_relay_id, lease6_remote_id, flq_pool4, free_lease4, flq_pool6, free_lease6,
    logs, hosts, ipv6_reservations, dhcp4_server, dhcp4_audit_revision, dhcp4_audit, dhcp4_global_parameter,
    dhcp4_shared_network, dhcp4_subnet, dhcp4_pool, dhcp4_client_class, dhcp4_client_class_order,
    dhcp4_client_class_dependency, dhcp4_option_def, dhcp4_options, dhcp4_global_parameter_server,
    dhcp4_shared_network_server, dhcp4_subnet_server, dhcp4_client_class_server, dhcp4_option_def_server,
    dhcp4_options_server, dhcp6_server, dhcp6_audit_revision, dhcp6_audit, dhcp6_global_parameter,
    dhcp6_shared_network, dhcp6_subnet, dhcp6_pool, dhcp6_pd_pool, dhcp6_client_class, dhcp6_client_class_order,
    dhcp6_client_class_dependency, dhcp6_option_def, dhcp6_options, dhcp6_global_parameter_server,
    dhcp6_shared_network_server, dhcp6_subnet_server, dhcp6_client_class_server, dhcp6_option_def_server,
    dhcp6_options_server
CASCADE;

-- Triggers went with their tables; functions are known by their names.
DO $$
DECLARE
    f REGPROCEDURE;
BEGIN
    FOR f IN
        SELECT oid FROM pg_proc
         WHERE pronamespace = current_schema()::REGNAMESPACE
           AND proname ~ ('^(((func|proc_stat)_)?(lease|dhcp)[46]|create(option)?audit(entry|revision)?dhcp[46]$|sflq'
                       || '|(check|update)(dhcpv|lease)[46]|setclientclass[46]order$|[gs]et_session_)'
                       || '|^(gmt_epoch|json_cast|texttojsonlist|colonseparatedhex|modification_ts_update)$'
                       || '|^(hextobin|inettobytea|byteatoinet|incrementv6prefix)$')
    LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', f);
    END LOOP;
END $$;

COMMIT;
