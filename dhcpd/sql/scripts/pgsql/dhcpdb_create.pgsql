-- The database of kea-dhcp4 and kea-dhcp6: leases, reservations, configurations and the forensic log, as Kea 3.3 keeps them
-- (its schema 34.0), so that either may take over what the other left.
--
--     psql -v ON_ERROR_STOP=1 -f dhcpdb_create.pgsql DATABASE        or: kea-admin db-init pgsql
--
-- First the tables, then what counts, audits and checks. Names, types and the order of columns are Kea's. IPv4 addresses
-- are numbers. The numbers of states, types and scopes stand in tables of their own, for those who read the others.

BEGIN;

-- ---------------------------------------------------------------------------------------------------------------------
-- What numbers mean
-- ---------------------------------------------------------------------------------------------------------------------

-- The version of this schema: servers refuse another.
CREATE TABLE schema_version (
    version INT PRIMARY KEY,
    minor   INT
);
INSERT INTO schema_version VALUES (34, 0);

-- States of leases.
CREATE TABLE lease_state (
    state BIGINT PRIMARY KEY,
    name  VARCHAR(64) NOT NULL
);
INSERT INTO lease_state VALUES
    (0, 'default'),
    (1, 'declined'),
    (2, 'expired-reclaimed'),
    (3, 'released'),
    (4, 'registered');

-- Types of DHCPv6 leases.
CREATE TABLE lease6_types (
    lease_type SMALLINT PRIMARY KEY,
    name       VARCHAR(5)
);
INSERT INTO lease6_types VALUES
    (0, 'IA_NA'),
    (2, 'IA_PD');

-- Where the hardware address of a DHCPv6 client was found.
CREATE TABLE lease_hwaddr_source (
    hwaddr_source INT PRIMARY KEY,
    name          VARCHAR(40)
);
INSERT INTO lease_hwaddr_source VALUES
    (0, 'HWADDR_SOURCE_UNKNOWN'),
    (1, 'HWADDR_SOURCE_RAW'),
    (2, 'HWADDR_SOURCE_IPV6_LINK_LOCAL'),
    (4, 'HWADDR_SOURCE_DUID'),
    (8, 'HWADDR_SOURCE_CLIENT_ADDR_RELAY_OPTION'),
    (16, 'HWADDR_SOURCE_REMOTE_ID'),
    (32, 'HWADDR_SOURCE_SUBSCRIBER_ID'),
    (64, 'HWADDR_SOURCE_DOCSIS_CMTS'),
    (128, 'HWADDR_SOURCE_DOCSIS_MODEM');

-- What reservations know clients by.
CREATE TABLE host_identifier_type (
    type SMALLINT PRIMARY KEY,
    name VARCHAR(32)
);
INSERT INTO host_identifier_type VALUES
    (0, 'hw-address'),
    (1, 'duid'),
    (2, 'circuit-id'),
    (3, 'client-id'),
    (4, 'flex-id');

-- What an option belongs to.
CREATE TABLE dhcp_option_scope (
    scope_id   SMALLINT PRIMARY KEY,
    scope_name VARCHAR(32)
);
INSERT INTO dhcp_option_scope VALUES
    (0, 'global'),
    (1, 'subnet'),
    (2, 'client-class'),
    (3, 'host'),
    (4, 'shared-network'),
    (5, 'pool'),
    (6, 'pd-pool');

-- Types of global parameters.
CREATE TABLE parameter_data_type (
    id   SMALLINT PRIMARY KEY,
    name VARCHAR(32) NOT NULL
);
INSERT INTO parameter_data_type VALUES
    (0, 'integer'),
    (1, 'real'),
    (2, 'boolean'),
    (4, 'string');

-- Types of fields in option definitions.
CREATE TABLE option_def_data_type (
    id   SMALLINT PRIMARY KEY,
    name VARCHAR(32) NOT NULL
);
INSERT INTO option_def_data_type VALUES
    (0, 'empty'),
    (1, 'binary'),
    (2, 'boolean'),
    (3, 'int8'),
    (4, 'int16'),
    (5, 'int32'),
    (6, 'uint8'),
    (7, 'uint16'),
    (8, 'uint32'),
    (10, 'ipv4-address'),
    (11, 'ipv6-address'),
    (12, 'ipv6-prefix'),
    (13, 'psid'),
    (14, 'string'),
    (15, 'tuple'),
    (16, 'fqdn'),
    (17, 'internal'),
    (254, 'record');

-- What an audit entry says was done.
CREATE TABLE modification (
    id                SMALLINT PRIMARY KEY,
    modification_type VARCHAR(32) NOT NULL
);
INSERT INTO modification VALUES
    (0, 'create'),
    (1, 'update'),
    (2, 'delete');

-- Values of ddns-replace-client-name.
CREATE TABLE ddns_replace_client_name_types (
    type BIGINT PRIMARY KEY,
    name VARCHAR(32)
);
INSERT INTO ddns_replace_client_name_types VALUES
    (0, 'RCM_NEVER'),
    (1, 'RCM_ALWAYS'),
    (2, 'RCM_WHEN_PRESENT'),
    (3, 'RCM_WHEN_NOT_PRESENT');

-- ---------------------------------------------------------------------------------------------------------------------
-- Leases
-- ---------------------------------------------------------------------------------------------------------------------

-- DHCPv4 leases. `expire` is when one ends: the last transaction with the client plus `valid_lifetime`.
CREATE TABLE lease4 (
    address        BIGINT PRIMARY KEY,
    hwaddr         BYTEA,
    client_id      BYTEA,
    valid_lifetime BIGINT,
    expire         TIMESTAMPTZ,
    subnet_id      BIGINT,
    fqdn_fwd       BOOLEAN,
    fqdn_rev       BOOLEAN,
    hostname       VARCHAR(255),
    state          BIGINT DEFAULT 0
        CONSTRAINT fk_lease4_state REFERENCES lease_state (state),
    user_context   TEXT,
    relay_id       BYTEA,
    remote_id      BYTEA,
    pool_id        BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX lease4_by_client_id_subnet_id ON lease4 (client_id, subnet_id);
CREATE INDEX lease4_by_hostname ON lease4 (lower(hostname)) WHERE hostname IS NOT NULL;
CREATE INDEX lease4_by_hwaddr_subnet_id ON lease4 (hwaddr, subnet_id);
CREATE INDEX lease4_by_relay_id ON lease4 (relay_id);
CREATE INDEX lease4_by_remote_id ON lease4 (remote_id);
CREATE INDEX lease4_by_state ON lease4 (state, subnet_id);
CREATE INDEX lease4_by_state_expire ON lease4 (state, expire);
CREATE INDEX lease4_by_subnet_id ON lease4 (subnet_id);

-- DHCPv6 leases: addresses, prefixes and registered addresses.
CREATE TABLE lease6 (
    address        INET PRIMARY KEY,
    duid           BYTEA,
    valid_lifetime BIGINT,
    expire         TIMESTAMPTZ,
    subnet_id      BIGINT,
    pref_lifetime  BIGINT,
    lease_type     SMALLINT
        CONSTRAINT fk_lease6_type REFERENCES lease6_types (lease_type),
    iaid           INT,
    prefix_len     SMALLINT,
    fqdn_fwd       BOOLEAN,
    fqdn_rev       BOOLEAN,
    hostname       VARCHAR(255),
    state          BIGINT DEFAULT 0
        CONSTRAINT fk_lease6_state REFERENCES lease_state (state),
    hwaddr         BYTEA,
    hwtype         SMALLINT,
    hwaddr_source  SMALLINT,
    user_context   TEXT,
    pool_id        BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX lease6_by_duid_iaid_subnet_id ON lease6 (duid, iaid, subnet_id);
CREATE INDEX lease6_by_hostname ON lease6 (lower(hostname)) WHERE hostname IS NOT NULL;
CREATE INDEX lease6_by_hwaddr ON lease6 (hwaddr);
CREATE INDEX lease6_by_state ON lease6 (state, subnet_id);
CREATE INDEX lease6_by_state_expire ON lease6 (state, expire);
CREATE INDEX lease6_by_subnet_id_address ON lease6 (subnet_id, address);
CREATE INDEX lease6_by_subnet_id_lease_type ON lease6 (subnet_id, lease_type);

-- How many DHCPv4 leases a subnet has in each state; triggers keep it.
CREATE TABLE lease4_stat (
    subnet_id BIGINT,
    state     BIGINT,
    leases    BIGINT,
    PRIMARY KEY (subnet_id, state)
);

-- The same for each pool.
CREATE TABLE lease4_pool_stat (
    subnet_id BIGINT,
    pool_id   BIGINT,
    state     BIGINT,
    leases    BIGINT,
    PRIMARY KEY (subnet_id, pool_id, state)
);

-- The same for each client class that a lease names in its user context, for limits.
CREATE TABLE lease4_stat_by_client_class (
    client_class VARCHAR(128) PRIMARY KEY,
    leases       BIGINT NOT NULL
);

-- How many DHCPv6 leases a subnet has in each state; triggers keep it.
CREATE TABLE lease6_stat (
    subnet_id  BIGINT,
    lease_type SMALLINT,
    state      BIGINT,
    leases     BIGINT,
    PRIMARY KEY (subnet_id, lease_type, state)
);

-- The same for each pool.
CREATE TABLE lease6_pool_stat (
    subnet_id  BIGINT,
    pool_id    BIGINT,
    lease_type SMALLINT,
    state      BIGINT,
    leases     BIGINT,
    PRIMARY KEY (subnet_id, pool_id, lease_type, state)
);

-- The same for each client class that a lease names in its user context, for limits.
CREATE TABLE lease6_stat_by_client_class (
    client_class VARCHAR(128),
    lease_type   SMALLINT
        CONSTRAINT fk_lease6_stat_by_client_class_lease_type REFERENCES lease6_types (lease_type),
    leases       BIGINT NOT NULL,
    PRIMARY KEY (client_class, lease_type)
);

-- Relays that DHCPv6 leases came through, for lease queries: their DUIDs.
CREATE TABLE lease6_relay_id (
    extended_info_id SERIAL PRIMARY KEY,
    relay_id         BYTEA NOT NULL,
    lease_addr       INET NOT NULL
        CONSTRAINT fk_lease6_relay_id_addr REFERENCES lease6 (address) ON DELETE CASCADE
);
CREATE INDEX lease6_relay_id_by_address ON lease6_relay_id (lease_addr);
CREATE INDEX lease6_relay_id_by_id ON lease6_relay_id (relay_id, lease_addr);

-- The same: what relays call the line.
CREATE TABLE lease6_remote_id (
    extended_info_id SERIAL PRIMARY KEY,
    remote_id        BYTEA NOT NULL,
    lease_addr       INET NOT NULL
        CONSTRAINT fk_lease6_remote_id_addr REFERENCES lease6 (address) ON DELETE CASCADE
);
CREATE INDEX lease6_remote_id_by_address ON lease6_remote_id (lease_addr);
CREATE INDEX lease6_remote_id_by_id ON lease6_remote_id (remote_id, lease_addr);

-- ---------------------------------------------------------------------------------------------------------------------
-- Queues of free addresses, common to servers: pools that have one, and what is free
-- ---------------------------------------------------------------------------------------------------------------------

-- DHCPv4 pools.
CREATE TABLE flq_pool4 (
    id                    SERIAL PRIMARY KEY,
    start_address         BIGINT NOT NULL,
    end_address           BIGINT NOT NULL,
    last_returned_address BIGINT NOT NULL DEFAULT 0,
    subnet_id             BIGINT NOT NULL,
    created_ts            TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    modification_ts       TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX flq_pool4_by_subnet_id ON flq_pool4 (subnet_id);
CREATE UNIQUE INDEX flq_pool4_start_end_address ON flq_pool4 (start_address, end_address);

-- Free DHCPv4 addresses.
CREATE TABLE free_lease4 (
    address         BIGINT PRIMARY KEY,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- DHCPv6 pools.
CREATE TABLE flq_pool6 (
    id                    SERIAL PRIMARY KEY,
    start_address         INET NOT NULL,
    end_address           INET NOT NULL,
    lease_type            SMALLINT NOT NULL
        CONSTRAINT fk_flq_pool6_lease6_type REFERENCES lease6_types (lease_type),
    delegated_len         SMALLINT NOT NULL,
    last_returned_address INET NOT NULL DEFAULT '::'::inet,
    subnet_id             BIGINT NOT NULL,
    created_ts            TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    modification_ts       TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX flq_pool6_by_subnet_id ON flq_pool6 (subnet_id);
CREATE UNIQUE INDEX flq_pool6_start_end_address ON flq_pool6 (start_address, end_address);

-- Free DHCPv6 addresses and prefixes; `bin_address` orders them.
CREATE TABLE free_lease6 (
    address         INET PRIMARY KEY,
    bin_address     BYTEA NOT NULL,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX free_lease6_bin_address ON free_lease6 (bin_address);

-- ---------------------------------------------------------------------------------------------------------------------
-- Forensic log
-- ---------------------------------------------------------------------------------------------------------------------

-- A line of libdhcp_legal_log.so, with the address that it is about.
CREATE TABLE logs (
    "timestamp" TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    address     VARCHAR(43),
    log         TEXT NOT NULL
);
CREATE INDEX address_id ON logs (address);
CREATE INDEX timestamp_id ON logs ("timestamp");

-- ---------------------------------------------------------------------------------------------------------------------
-- Reservations. Their options are among the options below
-- ---------------------------------------------------------------------------------------------------------------------

-- Who has something reserved. An IPv4 address stands here,
CREATE TABLE hosts (
    host_id               SERIAL PRIMARY KEY,
    dhcp_identifier       BYTEA NOT NULL,
    dhcp_identifier_type  SMALLINT NOT NULL
        CONSTRAINT fk_host_identifier_type REFERENCES host_identifier_type (type) ON DELETE CASCADE,
    dhcp4_subnet_id       BIGINT,
    dhcp6_subnet_id       BIGINT,
    ipv4_address          BIGINT,
    hostname              VARCHAR(255),
    dhcp4_client_classes  VARCHAR(255),
    dhcp6_client_classes  VARCHAR(255),
    dhcp4_next_server     BIGINT,
    dhcp4_server_hostname VARCHAR(64),
    dhcp4_boot_file_name  VARCHAR(128),
    user_context          TEXT,
    auth_key              VARCHAR(32)
);
CREATE INDEX fk_host_identifier_type ON hosts (dhcp_identifier_type);
CREATE INDEX hosts_by_hostname ON hosts (lower(hostname)) WHERE hostname IS NOT NULL;
CREATE UNIQUE INDEX key_dhcp4_identifier_subnet_id ON hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id) WHERE dhcp4_subnet_id IS NOT NULL;
CREATE INDEX key_dhcp4_ipv4_address_subnet_id ON hosts (ipv4_address, dhcp4_subnet_id);
CREATE UNIQUE INDEX key_dhcp6_identifier_subnet_id ON hosts (dhcp_identifier, dhcp_identifier_type, dhcp6_subnet_id) WHERE dhcp6_subnet_id IS NOT NULL;
CREATE INDEX key_dhcp_identifier ON hosts (dhcp_identifier, dhcp_identifier_type);

-- IPv6 addresses and prefixes stand here.
CREATE TABLE ipv6_reservations (
    reservation_id      SERIAL PRIMARY KEY,
    address             INET NOT NULL,
    prefix_len          SMALLINT NOT NULL DEFAULT 128,
    type                SMALLINT NOT NULL DEFAULT 0,
    dhcp6_iaid          INT,
    host_id             INT NOT NULL
        CONSTRAINT fk_ipv6_reservations_host REFERENCES hosts (host_id) ON DELETE CASCADE,
    excluded_prefix     INET,
    excluded_prefix_len SMALLINT NOT NULL DEFAULT 0
);
CREATE INDEX fk_ipv6_reservations_host_idx ON ipv6_reservations (host_id);
CREATE INDEX key_dhcp6_address_prefix_len ON ipv6_reservations (address, prefix_len);

-- ---------------------------------------------------------------------------------------------------------------------
-- Configurations of kea-dhcp4
-- ---------------------------------------------------------------------------------------------------------------------

-- Servers that a configuration is for, by their tags.
CREATE TABLE dhcp4_server (
    id              SERIAL PRIMARY KEY,
    tag             VARCHAR(64) NOT NULL UNIQUE,
    description     TEXT,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX dhcp4_server_modification_ts ON dhcp4_server (modification_ts);
INSERT INTO dhcp4_server (tag, description) VALUES ('all', 'special type: all servers');

-- Changes: when, for whom, and why.
CREATE TABLE dhcp4_audit_revision (
    id              SERIAL PRIMARY KEY,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    log_message     TEXT,
    server_id       BIGINT
);

-- What each change touched: servers read here what to fetch anew.
CREATE TABLE dhcp4_audit (
    id                SERIAL UNIQUE,
    object_type       VARCHAR(256) NOT NULL,
    object_id         BIGINT NOT NULL,
    modification_type SMALLINT NOT NULL
        CONSTRAINT fk_dhcp4_audit_modification_type REFERENCES modification (id),
    revision_id       BIGINT NOT NULL
        CONSTRAINT fk_dhcp4_audit_revision REFERENCES dhcp4_audit_revision (id) ON UPDATE CASCADE
);
CREATE INDEX dhcp4_audit_idx1 ON dhcp4_audit (modification_type);
CREATE INDEX dhcp4_audit_idx2 ON dhcp4_audit (revision_id);

-- Parameters of no subnet or network.
CREATE TABLE dhcp4_global_parameter (
    id              SERIAL PRIMARY KEY,
    name            VARCHAR(128) NOT NULL,
    value           TEXT NOT NULL,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    parameter_type  SMALLINT NOT NULL
        CONSTRAINT fk_dhcp6_global_parameter_type REFERENCES parameter_data_type (id)
);
CREATE INDEX dhcp4_global_parameter_idx1 ON dhcp4_global_parameter (modification_ts);
CREATE INDEX dhcp4_global_parameter_idx2 ON dhcp4_global_parameter (name);

-- Shared networks. NULL means not given: inherited.
CREATE TABLE dhcp4_shared_network (
    id                          SERIAL PRIMARY KEY,
    name                        VARCHAR(128) NOT NULL UNIQUE,
    client_classes              TEXT,
    interface                   VARCHAR(128),
    match_client_id             BOOLEAN,
    modification_ts             TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    rebind_timer                BIGINT,
    relay                       TEXT,
    renew_timer                 BIGINT,
    evaluate_additional_classes TEXT,
    user_context                JSON,
    valid_lifetime              BIGINT,
    authoritative               BOOLEAN,
    calculate_tee_times         BOOLEAN,
    t1_percent                  FLOAT8,
    t2_percent                  FLOAT8,
    boot_file_name              VARCHAR(128),
    next_server                 INET,
    server_hostname             VARCHAR(64),
    min_valid_lifetime          BIGINT,
    max_valid_lifetime          BIGINT,
    ddns_send_updates           BOOLEAN,
    ddns_override_no_update     BOOLEAN,
    ddns_override_client_update BOOLEAN,
    ddns_replace_client_name    BIGINT
        CONSTRAINT fk_ddns_replace_client_name REFERENCES ddns_replace_client_name_types (type),
    ddns_generated_prefix       VARCHAR(255),
    ddns_qualifying_suffix      VARCHAR(255),
    reservations_global         BOOLEAN,
    reservations_in_subnet      BOOLEAN,
    reservations_out_of_pool    BOOLEAN,
    cache_threshold             FLOAT8,
    cache_max_age               BIGINT,
    offer_lifetime              BIGINT,
    allocator                   TEXT,
    ddns_ttl_percent            FLOAT8,
    ddns_ttl                    BIGINT,
    ddns_ttl_min                BIGINT,
    ddns_ttl_max                BIGINT
);
CREATE UNIQUE INDEX dhcp4_shared_network_idx1 ON dhcp4_shared_network (name);
CREATE INDEX dhcp4_shared_network_idx2 ON dhcp4_shared_network (modification_ts);

-- Subnets. NULL means not given: inherited.
CREATE TABLE dhcp4_subnet (
    subnet_id                   BIGINT PRIMARY KEY,
    subnet_prefix               VARCHAR(64) NOT NULL UNIQUE,
    interface_4o6               VARCHAR(128),
    interface_id_4o6            VARCHAR(128),
    subnet_4o6                  VARCHAR(64),
    boot_file_name              VARCHAR(128),
    client_classes              TEXT,
    interface                   VARCHAR(128),
    match_client_id             BOOLEAN,
    modification_ts             TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    next_server                 INET,
    rebind_timer                BIGINT,
    relay                       TEXT,
    renew_timer                 BIGINT,
    evaluate_additional_classes TEXT,
    server_hostname             VARCHAR(64),
    shared_network_name         VARCHAR(128)
        CONSTRAINT fk_dhcp4_subnet_shared_network REFERENCES dhcp4_shared_network (name),
    user_context                JSON,
    valid_lifetime              BIGINT,
    authoritative               BOOLEAN,
    calculate_tee_times         BOOLEAN,
    t1_percent                  FLOAT8,
    t2_percent                  FLOAT8,
    min_valid_lifetime          BIGINT,
    max_valid_lifetime          BIGINT,
    ddns_send_updates           BOOLEAN,
    ddns_override_no_update     BOOLEAN,
    ddns_override_client_update BOOLEAN,
    ddns_replace_client_name    BIGINT
        CONSTRAINT fk_ddns_replace_client_name REFERENCES ddns_replace_client_name_types (type),
    ddns_generated_prefix       VARCHAR(255),
    ddns_qualifying_suffix      VARCHAR(255),
    reservations_global         BOOLEAN,
    reservations_in_subnet      BOOLEAN,
    reservations_out_of_pool    BOOLEAN,
    cache_threshold             FLOAT8,
    cache_max_age               BIGINT,
    offer_lifetime              BIGINT,
    allocator                   TEXT,
    ddns_ttl_percent            FLOAT8,
    ddns_ttl                    BIGINT,
    ddns_ttl_min                BIGINT,
    ddns_ttl_max                BIGINT
);
CREATE INDEX dhcp4_subnet_idx1 ON dhcp4_subnet (modification_ts);
CREATE INDEX dhcp4_subnet_idx2 ON dhcp4_subnet (shared_network_name);

-- Pools of addresses.
CREATE TABLE dhcp4_pool (
    id                          SERIAL PRIMARY KEY,
    start_address               INET NOT NULL,
    end_address                 INET NOT NULL,
    subnet_id                   BIGINT NOT NULL
        CONSTRAINT fk_dhcp4_pool_subnet_id REFERENCES dhcp4_subnet (subnet_id),
    modification_ts             TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    client_classes              TEXT,
    evaluate_additional_classes TEXT,
    user_context                JSON
);
CREATE INDEX dhcp4_pool_idx1 ON dhcp4_pool (modification_ts);
CREATE INDEX dhcp4_pool_idx2 ON dhcp4_pool (subnet_id);

-- Client classes.
CREATE TABLE dhcp4_client_class (
    id                       SERIAL PRIMARY KEY,
    name                     VARCHAR(128) NOT NULL UNIQUE,
    test                     TEXT,
    next_server              INET,
    server_hostname          VARCHAR(128),
    boot_file_name           VARCHAR(512),
    only_in_additional_list  BOOLEAN NOT NULL DEFAULT false,
    valid_lifetime           BIGINT,
    min_valid_lifetime       BIGINT,
    max_valid_lifetime       BIGINT,
    depend_on_known_directly BOOLEAN NOT NULL DEFAULT false,
    follow_class_name        VARCHAR(128),
    modification_ts          TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    user_context             JSON,
    offer_lifetime           BIGINT
);
CREATE INDEX key_dhcp4_client_class_modification_ts ON dhcp4_client_class (modification_ts);

-- The order in which classes are tested: one may refer to those before it.
CREATE TABLE dhcp4_client_class_order (
    class_id                   BIGINT PRIMARY KEY
        CONSTRAINT fk_dhcp4_client_class_order_class_id REFERENCES dhcp4_client_class (id) ON DELETE CASCADE,
    order_index                BIGINT NOT NULL,
    depend_on_known_indirectly BOOLEAN NOT NULL DEFAULT false
);
CREATE INDEX key_dhcp4_client_class_order_index ON dhcp4_client_class_order (order_index);

-- Classes that the test of a class refers to.
CREATE TABLE dhcp4_client_class_dependency (
    class_id      BIGINT
        CONSTRAINT dhcp4_client_class_class_id REFERENCES dhcp4_client_class (id) ON DELETE CASCADE,
    dependency_id BIGINT
        CONSTRAINT dhcp4_client_class_dependency_id REFERENCES dhcp4_client_class (id),
    PRIMARY KEY (class_id, dependency_id)
);
CREATE INDEX dhcp4_client_class_dependency_id_idx ON dhcp4_client_class_dependency (dependency_id);

-- Definitions of options, of everybody or of a class.
CREATE TABLE dhcp4_option_def (
    id              SERIAL PRIMARY KEY,
    code            SMALLINT NOT NULL,
    name            VARCHAR(128) NOT NULL,
    space           VARCHAR(128) NOT NULL,
    type            SMALLINT NOT NULL
        CONSTRAINT fk_option_def_data_type4 REFERENCES option_def_data_type (id),
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    is_array        BOOLEAN NOT NULL,
    encapsulate     VARCHAR(128) NOT NULL,
    record_types    VARCHAR,
    user_context    JSON,
    class_id        BIGINT
        CONSTRAINT fk_dhcp4_option_def_client_class_id REFERENCES dhcp4_client_class (id) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX dhcp4_option_def_idx1 ON dhcp4_option_def (modification_ts);
CREATE INDEX dhcp4_option_def_idx2 ON dhcp4_option_def (code, space);
CREATE INDEX fk_dhcp4_option_def_client_class_id ON dhcp4_option_def (class_id);

-- Options, of whatever their scope says.
CREATE TABLE dhcp4_options (
    option_id           SERIAL PRIMARY KEY,
    code                SMALLINT NOT NULL,
    value               BYTEA,
    formatted_value     TEXT,
    space               VARCHAR(128),
    persistent          BOOLEAN NOT NULL DEFAULT false,
    dhcp_client_class   VARCHAR(128),
    dhcp4_subnet_id     BIGINT
        CONSTRAINT fk_dhcp4_options_subnet REFERENCES dhcp4_subnet (subnet_id) ON UPDATE CASCADE ON DELETE CASCADE,
    host_id             INT
        CONSTRAINT fk_options_host1 REFERENCES hosts (host_id) ON DELETE CASCADE,
    scope_id            SMALLINT NOT NULL
        CONSTRAINT fk_dhcp4_option_scode REFERENCES dhcp_option_scope (scope_id) ON DELETE CASCADE,
    user_context        TEXT,
    shared_network_name VARCHAR(128)
        CONSTRAINT fk_dhcp4_options_shared_network REFERENCES dhcp4_shared_network (name) ON UPDATE CASCADE ON DELETE CASCADE,
    pool_id             BIGINT
        CONSTRAINT fk_dhcp4_options_pool REFERENCES dhcp4_pool (id) ON UPDATE CASCADE ON DELETE CASCADE,
    modification_ts     TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    cancelled           BOOLEAN NOT NULL DEFAULT false,
    client_classes      TEXT NOT NULL
);
CREATE INDEX fk_dhcp4_options_host1_idx ON dhcp4_options (host_id);
CREATE INDEX fk_dhcp4_options_pool ON dhcp4_options (pool_id);
CREATE INDEX fk_dhcp4_options_scope_idx ON dhcp4_options (scope_id);
CREATE INDEX fk_dhcp4_options_shared_network ON dhcp4_options (shared_network_name);
CREATE INDEX fk_dhcp4_options_subnet ON dhcp4_options (dhcp4_subnet_id);

-- Which of these are for which server.
CREATE TABLE dhcp4_global_parameter_server (
    parameter_id    BIGINT
        CONSTRAINT fk_dhcp4_global_parameter_server_parameter_id REFERENCES dhcp4_global_parameter (id) ON DELETE CASCADE,
    server_id       BIGINT
        CONSTRAINT fk_dhcp4_global_parameter_server_server_id REFERENCES dhcp4_server (id) ON DELETE CASCADE,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (parameter_id, server_id)
);
CREATE INDEX fk_dhcp4_global_parameter_server_server_id ON dhcp4_global_parameter_server (server_id);
CREATE INDEX key_dhcp4_global_parameter_idx1 ON dhcp4_global_parameter_server (modification_ts);

CREATE TABLE dhcp4_shared_network_server (
    shared_network_id BIGINT
        CONSTRAINT fk_dhcp4_shared_network_server_shared_network_id REFERENCES dhcp4_shared_network (id) ON DELETE CASCADE,
    server_id         BIGINT
        CONSTRAINT fk_dhcp4_shared_network_server_server_id REFERENCES dhcp4_server (id) ON DELETE CASCADE,
    modification_ts   TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (shared_network_id, server_id)
);
CREATE INDEX dhcp4_shared_network_server_idx1 ON dhcp4_shared_network_server (modification_ts);
CREATE INDEX dhcp4_shared_network_server_idx2 ON dhcp4_shared_network_server (server_id);

CREATE TABLE dhcp4_subnet_server (
    subnet_id       BIGINT
        CONSTRAINT fk_dhcp4_subnet_server_subnet_id REFERENCES dhcp4_subnet (subnet_id) ON UPDATE CASCADE ON DELETE CASCADE,
    server_id       BIGINT
        CONSTRAINT fk_dhcp4_subnet_server_server_id REFERENCES dhcp4_server (id) ON UPDATE CASCADE ON DELETE CASCADE,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (subnet_id, server_id)
);
CREATE INDEX dhcp4_subnet_server_idx1 ON dhcp4_subnet_server (server_id);
CREATE INDEX dhcp4_subnet_server_idx2 ON dhcp4_subnet_server (modification_ts);

CREATE TABLE dhcp4_client_class_server (
    class_id        BIGINT
        CONSTRAINT fk_dhcp4_client_class_class_id REFERENCES dhcp4_client_class (id) ON DELETE CASCADE,
    server_id       BIGINT
        CONSTRAINT fk_dhcp4_client_class_server_id REFERENCES dhcp4_server (id),
    modification_ts TIMESTAMPTZ,
    PRIMARY KEY (class_id, server_id)
);
CREATE INDEX fk_dhcp4_client_class_server_id ON dhcp4_client_class_server (server_id);

CREATE TABLE dhcp4_option_def_server (
    option_def_id   BIGINT
        REFERENCES dhcp4_option_def (id) ON DELETE CASCADE
        CONSTRAINT fk_dhcp4_option_def_server_option_def_id REFERENCES dhcp4_option_def (id) ON DELETE CASCADE,
    server_id       BIGINT
        REFERENCES dhcp4_server (id) ON DELETE CASCADE
        CONSTRAINT fk_dhcp4_option_def_server_server_id REFERENCES dhcp4_server (id),
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (option_def_id, server_id)
);
CREATE INDEX fk_dhcp4_option_def_server_server_id ON dhcp4_option_def_server (server_id);

CREATE TABLE dhcp4_options_server (
    option_id       BIGINT
        CONSTRAINT fk_dhcp4_options_server_option_id REFERENCES dhcp4_options (option_id) ON DELETE CASCADE,
    server_id       BIGINT
        CONSTRAINT fk_dhcp4_options_server_server_id REFERENCES dhcp4_server (id) ON DELETE CASCADE,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (option_id, server_id)
);
CREATE INDEX dhcp4_options_server_idx1 ON dhcp4_options_server (server_id);
CREATE INDEX dhcp4_options_server_idx2 ON dhcp4_options_server (modification_ts);

-- ---------------------------------------------------------------------------------------------------------------------
-- Configurations of kea-dhcp6
-- ---------------------------------------------------------------------------------------------------------------------

-- Servers that a configuration is for, by their tags.
CREATE TABLE dhcp6_server (
    id              SERIAL PRIMARY KEY,
    tag             VARCHAR(64) NOT NULL UNIQUE,
    description     TEXT,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX dhcp6_server_idx1 ON dhcp6_server (modification_ts);
CREATE UNIQUE INDEX dhcp6_server_idx2 ON dhcp6_server (tag);
INSERT INTO dhcp6_server (tag, description) VALUES ('all', 'special type: all servers');

-- Changes: when, for whom, and why.
CREATE TABLE dhcp6_audit_revision (
    id              SERIAL PRIMARY KEY,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    log_message     TEXT,
    server_id       BIGINT
);

-- What each change touched: servers read here what to fetch anew.
CREATE TABLE dhcp6_audit (
    id                SERIAL UNIQUE,
    object_type       VARCHAR(256) NOT NULL,
    object_id         BIGINT NOT NULL,
    modification_type SMALLINT NOT NULL
        CONSTRAINT fk_dhcp6_audit_modification_type REFERENCES modification (id),
    revision_id       BIGINT NOT NULL
        CONSTRAINT fk_dhcp6_audit_revision REFERENCES dhcp6_audit_revision (id) ON UPDATE CASCADE
);
CREATE INDEX dhcp6_audit_idx1 ON dhcp6_audit (modification_type);
CREATE INDEX dhcp6_audit_idx2 ON dhcp6_audit (revision_id);

-- Parameters of no subnet or network.
CREATE TABLE dhcp6_global_parameter (
    id              SERIAL PRIMARY KEY,
    name            VARCHAR(128) NOT NULL,
    value           TEXT NOT NULL,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    parameter_type  SMALLINT NOT NULL
        CONSTRAINT fk_dhcp6_global_parameter_type REFERENCES parameter_data_type (id)
);
CREATE INDEX key_dhcp6_global_parameter_idx1 ON dhcp6_global_parameter (modification_ts);
CREATE INDEX key_dhcp6_global_parameter_idx2 ON dhcp6_global_parameter (name);

-- Shared networks. NULL means not given: inherited.
CREATE TABLE dhcp6_shared_network (
    id                          SERIAL PRIMARY KEY,
    name                        VARCHAR(128) NOT NULL UNIQUE,
    client_classes              TEXT,
    interface                   VARCHAR(128),
    modification_ts             TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    preferred_lifetime          BIGINT,
    rapid_commit                BOOLEAN,
    rebind_timer                BIGINT,
    relay                       TEXT,
    renew_timer                 BIGINT,
    evaluate_additional_classes TEXT,
    user_context                JSON,
    valid_lifetime              BIGINT,
    calculate_tee_times         BOOLEAN,
    t1_percent                  FLOAT8,
    t2_percent                  FLOAT8,
    interface_id                BYTEA,
    min_preferred_lifetime      BIGINT,
    max_preferred_lifetime      BIGINT,
    min_valid_lifetime          BIGINT,
    max_valid_lifetime          BIGINT,
    ddns_send_updates           BOOLEAN,
    ddns_override_no_update     BOOLEAN,
    ddns_override_client_update BOOLEAN,
    ddns_replace_client_name    BIGINT
        CONSTRAINT fk_ddns_replace_client_name REFERENCES ddns_replace_client_name_types (type),
    ddns_generated_prefix       VARCHAR(255),
    ddns_qualifying_suffix      VARCHAR(255),
    reservations_global         BOOLEAN,
    reservations_in_subnet      BOOLEAN,
    reservations_out_of_pool    BOOLEAN,
    cache_threshold             FLOAT8,
    cache_max_age               BIGINT,
    allocator                   TEXT,
    pd_allocator                TEXT,
    ddns_ttl_percent            FLOAT8,
    ddns_ttl                    BIGINT,
    ddns_ttl_min                BIGINT,
    ddns_ttl_max                BIGINT
);
CREATE INDEX dhcp6_shared_network_idx1 ON dhcp6_shared_network (name);

-- Subnets. NULL means not given: inherited.
CREATE TABLE dhcp6_subnet (
    subnet_id                   BIGINT PRIMARY KEY,
    subnet_prefix               VARCHAR(64) NOT NULL UNIQUE,
    client_classes              TEXT,
    interface                   VARCHAR(128),
    modification_ts             TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    preferred_lifetime          BIGINT,
    rapid_commit                BOOLEAN,
    rebind_timer                BIGINT,
    relay                       TEXT,
    renew_timer                 BIGINT,
    evaluate_additional_classes TEXT,
    shared_network_name         VARCHAR(128)
        CONSTRAINT fk_dhcp6_subnet_shared_network REFERENCES dhcp6_shared_network (name),
    user_context                JSON,
    valid_lifetime              BIGINT,
    calculate_tee_times         BOOLEAN,
    t1_percent                  FLOAT8,
    t2_percent                  FLOAT8,
    interface_id                BYTEA,
    min_preferred_lifetime      BIGINT,
    max_preferred_lifetime      BIGINT,
    min_valid_lifetime          BIGINT,
    max_valid_lifetime          BIGINT,
    ddns_send_updates           BOOLEAN,
    ddns_override_no_update     BOOLEAN,
    ddns_override_client_update BOOLEAN,
    ddns_replace_client_name    BIGINT
        CONSTRAINT fk_ddns_replace_client_name REFERENCES ddns_replace_client_name_types (type),
    ddns_generated_prefix       VARCHAR(255),
    ddns_qualifying_suffix      VARCHAR(255),
    reservations_global         BOOLEAN,
    reservations_in_subnet      BOOLEAN,
    reservations_out_of_pool    BOOLEAN,
    cache_threshold             FLOAT8,
    cache_max_age               BIGINT,
    allocator                   TEXT,
    pd_allocator                TEXT,
    ddns_ttl_percent            FLOAT8,
    ddns_ttl                    BIGINT,
    ddns_ttl_min                BIGINT,
    ddns_ttl_max                BIGINT
);
CREATE INDEX dhcp6_subnet_idx1 ON dhcp6_subnet (modification_ts);
CREATE INDEX dhcp6_subnet_idx2 ON dhcp6_subnet (shared_network_name);

-- Pools of addresses.
CREATE TABLE dhcp6_pool (
    id                          SERIAL PRIMARY KEY,
    start_address               INET NOT NULL,
    end_address                 INET NOT NULL,
    subnet_id                   BIGINT NOT NULL
        CONSTRAINT fk_dhcp6_pool_subnet_id REFERENCES dhcp6_subnet (subnet_id),
    modification_ts             TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    client_classes              TEXT,
    evaluate_additional_classes TEXT,
    user_context                JSON
);
CREATE INDEX dhcp6_pool_idx1 ON dhcp6_pool (modification_ts);
CREATE INDEX dhcp6_pool_idx2 ON dhcp6_pool (subnet_id);

-- Pools of prefixes.
CREATE TABLE dhcp6_pd_pool (
    id                          SERIAL PRIMARY KEY,
    prefix                      VARCHAR(45) NOT NULL,
    prefix_length               SMALLINT NOT NULL,
    delegated_prefix_length     SMALLINT NOT NULL,
    subnet_id                   BIGINT NOT NULL
        CONSTRAINT fk_dhcp6_pd_pool_subnet_id REFERENCES dhcp6_subnet (subnet_id),
    modification_ts             TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    excluded_prefix             VARCHAR(45),
    excluded_prefix_length      SMALLINT NOT NULL,
    client_classes              TEXT,
    evaluate_additional_classes TEXT,
    user_context                JSON
);
CREATE INDEX dhcp6_pd_pool_idx1 ON dhcp6_pd_pool (modification_ts);
CREATE INDEX dhcp6_pd_pool_idx2 ON dhcp6_pd_pool (subnet_id);

-- Client classes.
CREATE TABLE dhcp6_client_class (
    id                       SERIAL PRIMARY KEY,
    name                     VARCHAR(128) NOT NULL UNIQUE,
    test                     TEXT,
    only_in_additional_list  BOOLEAN NOT NULL DEFAULT false,
    valid_lifetime           BIGINT,
    min_valid_lifetime       BIGINT,
    max_valid_lifetime       BIGINT,
    depend_on_known_directly BOOLEAN NOT NULL DEFAULT false,
    follow_class_name        VARCHAR(128),
    modification_ts          TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    preferred_lifetime       BIGINT,
    min_preferred_lifetime   BIGINT,
    max_preferred_lifetime   BIGINT,
    user_context             JSON
);
CREATE INDEX key_dhcp6_client_class_modification_ts ON dhcp6_client_class (modification_ts);

-- The order in which classes are tested: one may refer to those before it.
CREATE TABLE dhcp6_client_class_order (
    class_id                   BIGINT PRIMARY KEY
        CONSTRAINT fk_dhcp6_client_class_order_class_id REFERENCES dhcp6_client_class (id) ON DELETE CASCADE,
    order_index                BIGINT NOT NULL,
    depend_on_known_indirectly BOOLEAN NOT NULL DEFAULT false
);
CREATE INDEX key_dhcp6_client_class_order_index ON dhcp6_client_class_order (order_index);

-- Classes that the test of a class refers to.
CREATE TABLE dhcp6_client_class_dependency (
    class_id      BIGINT
        CONSTRAINT dhcp6_client_class_class_id REFERENCES dhcp6_client_class (id) ON DELETE CASCADE,
    dependency_id BIGINT
        CONSTRAINT dhcp6_client_class_dependency_id REFERENCES dhcp6_client_class (id),
    PRIMARY KEY (class_id, dependency_id)
);
CREATE INDEX dhcp6_client_class_dependency_id_idx ON dhcp6_client_class_dependency (dependency_id);

-- Definitions of options, of everybody or of a class.
CREATE TABLE dhcp6_option_def (
    id              SERIAL PRIMARY KEY,
    code            SMALLINT NOT NULL,
    name            VARCHAR(128) NOT NULL,
    space           VARCHAR(128) NOT NULL,
    type            SMALLINT NOT NULL
        CONSTRAINT fk_option_def_data_type6 REFERENCES option_def_data_type (id),
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    is_array        BOOLEAN NOT NULL,
    encapsulate     VARCHAR(128) NOT NULL,
    record_types    VARCHAR,
    user_context    JSON,
    class_id        BIGINT
        CONSTRAINT fk_dhcp6_option_def_client_class_id REFERENCES dhcp6_client_class (id) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX dhcp6_option_def_idx1 ON dhcp6_option_def (modification_ts);
CREATE INDEX dhcp6_option_def_idx2 ON dhcp6_option_def (code, space);
CREATE INDEX fk_dhcp6_option_def_client_class_id ON dhcp6_option_def (class_id);

-- Options, of whatever their scope says.
CREATE TABLE dhcp6_options (
    option_id           SERIAL PRIMARY KEY,
    code                INT NOT NULL,
    value               BYTEA,
    formatted_value     TEXT,
    space               VARCHAR(128),
    persistent          BOOLEAN NOT NULL DEFAULT false,
    dhcp_client_class   VARCHAR(128),
    dhcp6_subnet_id     BIGINT
        CONSTRAINT fk_dhcp6_options_subnet REFERENCES dhcp6_subnet (subnet_id) ON UPDATE CASCADE ON DELETE CASCADE,
    host_id             INT
        CONSTRAINT fk_options_host10 REFERENCES hosts (host_id) ON DELETE CASCADE,
    scope_id            SMALLINT NOT NULL
        CONSTRAINT fk_dhcp6_option_scode REFERENCES dhcp_option_scope (scope_id) ON DELETE CASCADE,
    user_context        TEXT,
    shared_network_name VARCHAR(128)
        CONSTRAINT fk_dhcp6_options_shared_network REFERENCES dhcp6_shared_network (name) ON UPDATE CASCADE ON DELETE CASCADE,
    pool_id             BIGINT
        CONSTRAINT fk_dhcp6_options_pool REFERENCES dhcp6_pool (id) ON UPDATE CASCADE ON DELETE CASCADE,
    pd_pool_id          BIGINT
        CONSTRAINT fk_dhcp6_options_pd_pool REFERENCES dhcp6_pd_pool (id) ON UPDATE CASCADE ON DELETE CASCADE,
    modification_ts     TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    cancelled           BOOLEAN NOT NULL DEFAULT false,
    client_classes      TEXT NOT NULL
);
CREATE INDEX fk_dhcp6_options_host1_idx ON dhcp6_options (host_id);
CREATE INDEX fk_dhcp6_options_pd_pool ON dhcp6_options (pd_pool_id);
CREATE INDEX fk_dhcp6_options_pool ON dhcp6_options (pool_id);
CREATE INDEX fk_dhcp6_options_scope_idx ON dhcp6_options (scope_id);
CREATE INDEX fk_dhcp6_options_shared_network ON dhcp6_options (shared_network_name);
CREATE INDEX fk_dhcp6_options_subnet ON dhcp6_options (dhcp6_subnet_id);

-- Which of these are for which server.
CREATE TABLE dhcp6_global_parameter_server (
    parameter_id    BIGINT
        CONSTRAINT fk_dhcp6_global_parameter_server_parameter_id REFERENCES dhcp6_global_parameter (id) ON DELETE CASCADE,
    server_id       BIGINT
        CONSTRAINT fk_dhcp6_global_parameter_server_server_id REFERENCES dhcp6_server (id) ON DELETE CASCADE,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (parameter_id, server_id)
);
CREATE INDEX fk_dhcp6_global_parameter_server_server_id ON dhcp6_global_parameter_server (server_id);
CREATE INDEX key_dhcp6_global_parameter_server_idx1 ON dhcp6_global_parameter_server (modification_ts);

CREATE TABLE dhcp6_shared_network_server (
    shared_network_id BIGINT
        CONSTRAINT fk_dhcp6_shared_network_server_shared_network_id REFERENCES dhcp6_shared_network (id) ON DELETE CASCADE,
    server_id         BIGINT
        CONSTRAINT fk_dhcp6_shared_network_server_server_id REFERENCES dhcp6_server (id) ON DELETE CASCADE,
    modification_ts   TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (shared_network_id, server_id)
);
CREATE INDEX dhcp6_shared_network_server_idx1 ON dhcp6_shared_network_server (modification_ts);
CREATE INDEX dhcp6_shared_network_server_idx2 ON dhcp6_shared_network_server (server_id);

CREATE TABLE dhcp6_subnet_server (
    subnet_id       BIGINT
        CONSTRAINT fk_dhcp6_subnet_server_subnet_id REFERENCES dhcp6_subnet (subnet_id) ON UPDATE CASCADE ON DELETE CASCADE,
    server_id       BIGINT
        CONSTRAINT fk_dhcp6_subnet_server_server_id REFERENCES dhcp6_server (id) ON UPDATE CASCADE ON DELETE CASCADE,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (subnet_id, server_id)
);
CREATE INDEX dhcp6_subnet_server_idx1 ON dhcp6_subnet_server (server_id);
CREATE INDEX dhcp6_subnet_server_idx2 ON dhcp6_subnet_server (modification_ts);

CREATE TABLE dhcp6_client_class_server (
    class_id        BIGINT
        CONSTRAINT fk_dhcp6_client_class_class_id REFERENCES dhcp6_client_class (id) ON DELETE CASCADE,
    server_id       BIGINT
        CONSTRAINT fk_dhcp6_client_class_server_id REFERENCES dhcp6_server (id),
    modification_ts TIMESTAMPTZ,
    PRIMARY KEY (class_id, server_id)
);
CREATE INDEX fk_dhcp6_client_class_server_id ON dhcp6_client_class_server (server_id);

CREATE TABLE dhcp6_option_def_server (
    option_def_id   BIGINT
        REFERENCES dhcp6_option_def (id) ON DELETE CASCADE
        CONSTRAINT fk_dhcp6_option_def_server_option_def_id REFERENCES dhcp6_option_def (id) ON DELETE CASCADE,
    server_id       BIGINT
        REFERENCES dhcp6_server (id) ON DELETE CASCADE
        CONSTRAINT fk_dhcp6_option_def_server_server_id REFERENCES dhcp6_server (id),
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (option_def_id, server_id)
);
CREATE INDEX fk_dhcp6_option_def_server_server_id ON dhcp6_option_def_server (server_id);

CREATE TABLE dhcp6_options_server (
    option_id       BIGINT
        CONSTRAINT fk_dhcp6_options_server_option_id REFERENCES dhcp6_options (option_id) ON DELETE CASCADE,
    server_id       BIGINT
        CONSTRAINT fk_dhcp6_options_server_server_id REFERENCES dhcp6_server (id) ON DELETE CASCADE,
    modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (option_id, server_id)
);
CREATE INDEX dhcp6_options_server_idx1 ON dhcp6_options_server (server_id);
CREATE INDEX dhcp6_options_server_idx2 ON dhcp6_options_server (modification_ts);
-- ---------------------------------------------------------------------------------------------------------------------
-- FUNCTIONS AND TRIGGERS
-- An upgrade drops all of them and runs the script again from the line above.
-- ---------------------------------------------------------------------------------------------------------------------

-- ---------------------------------------------------------------------------------------------------------------------
-- Leases as rows of a lease file
-- ---------------------------------------------------------------------------------------------------------------------

-- Bytes in hexadecimal digits with colons between them.
CREATE FUNCTION colonSeparatedHex(hex TEXT) RETURNS TEXT AS $$
    SELECT regexp_replace(lower(CASE WHEN length(hex) % 2 = 1 THEN '0' ELSE '' END || hex), '(..)(?!$)', '\1:', 'g');
$$ LANGUAGE sql IMMUTABLE;

CREATE FUNCTION lease4DumpHeader() RETURNS TEXT AS $$
    SELECT 'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id'::TEXT;
$$ LANGUAGE sql;

CREATE FUNCTION lease4DumpData() RETURNS TABLE (
    address INET, hwaddr VARCHAR, client_id VARCHAR, valid_lifetime BIGINT, expire BIGINT, subnet_id BIGINT,
    fqdn_fwd INT, fqdn_rev INT, hostname VARCHAR, state BIGINT, user_context VARCHAR, pool_id BIGINT
) AS $$
    SELECT '0.0.0.0'::inet + address, colonSeparatedHex(encode(hwaddr, 'hex')), colonSeparatedHex(encode(client_id, 'hex')),
           valid_lifetime, extract(epoch FROM expire)::BIGINT, subnet_id, fqdn_fwd::INT, fqdn_rev::INT,
           replace(hostname, ',', '&#x2c'), state, replace(user_context, ',', '&#x2c'), pool_id
      FROM lease4 ORDER BY lease4.address;
$$ LANGUAGE sql;

CREATE FUNCTION lease6DumpHeader() RETURNS TEXT AS $$
    SELECT ('address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,'
        || 'hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id')::TEXT;
$$ LANGUAGE sql;

CREATE FUNCTION lease6DumpData() RETURNS TABLE (
    address VARCHAR, duid VARCHAR, valid_lifetime BIGINT, expire BIGINT, subnet_id BIGINT, pref_lifetime BIGINT,
    lease_type SMALLINT, iaid INT, prefix_len SMALLINT, fqdn_fwd INT, fqdn_rev INT, hostname VARCHAR, hwaddr VARCHAR,
    state BIGINT, user_context VARCHAR, hwtype SMALLINT, hwaddr_source SMALLINT, pool_id BIGINT
) AS $$
    SELECT host(address), colonSeparatedHex(encode(duid, 'hex')), valid_lifetime, extract(epoch FROM expire)::BIGINT,
           subnet_id, pref_lifetime, lease_type, iaid, prefix_len, fqdn_fwd::INT, fqdn_rev::INT,
           replace(hostname, ',', '&#x2c'), colonSeparatedHex(encode(hwaddr, 'hex')), state,
           replace(user_context, ',', '&#x2c'), hwtype, hwaddr_source, pool_id
      FROM lease6 ORDER BY lease6.address;
$$ LANGUAGE sql;

CREATE FUNCTION lease4Upload(
    address VARCHAR, hwaddr VARCHAR, client_id VARCHAR, valid_lifetime BIGINT, expire BIGINT, subnet_id BIGINT,
    fqdn_fwd INT, fqdn_rev INT, hostname VARCHAR, state BIGINT, user_context VARCHAR, pool_id BIGINT
) RETURNS VOID AS $$
    INSERT INTO lease4 (address, hwaddr, client_id, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname,
                        state, user_context, pool_id)
    VALUES (address::inet - '0.0.0.0'::inet, decode(replace(hwaddr, ':', ''), 'hex'), decode(replace(client_id, ':', ''), 'hex'),
            valid_lifetime, to_timestamp(expire), subnet_id, fqdn_fwd::BOOLEAN, fqdn_rev::BOOLEAN,
            replace(hostname, '&#x2c', ','), state, replace(user_context, '&#x2c', ','), pool_id);
$$ LANGUAGE sql;

-- Of files that do not know pools.
CREATE FUNCTION lease4Upload(
    address VARCHAR, hwaddr VARCHAR, client_id VARCHAR, valid_lifetime BIGINT, expire BIGINT, subnet_id BIGINT,
    fqdn_fwd INT, fqdn_rev INT, hostname VARCHAR, state BIGINT, user_context VARCHAR
) RETURNS VOID AS $$
    SELECT lease4Upload(address, hwaddr, client_id, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname,
                        state, user_context, 0);
$$ LANGUAGE sql;

CREATE FUNCTION lease6Upload(
    address VARCHAR, duid VARCHAR, valid_lifetime BIGINT, expire BIGINT, subnet_id BIGINT, pref_lifetime BIGINT,
    lease_type INT, iaid INT, prefix_len INT, fqdn_fwd INT, fqdn_rev INT, hostname VARCHAR, hwaddr VARCHAR, state BIGINT,
    user_context VARCHAR, hwtype INT, hwaddr_source INT, pool_id BIGINT
) RETURNS VOID AS $$
    INSERT INTO lease6 (address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len,
                        fqdn_fwd, fqdn_rev, hostname, hwaddr, state, user_context, hwtype, hwaddr_source, pool_id)
    VALUES (address::inet, decode(replace(duid, ':', ''), 'hex'), valid_lifetime, to_timestamp(expire), subnet_id,
            pref_lifetime, lease_type, iaid, prefix_len, fqdn_fwd::BOOLEAN, fqdn_rev::BOOLEAN,
            replace(hostname, '&#x2c', ','), decode(replace(hwaddr, ':', ''), 'hex'), state,
            replace(user_context, '&#x2c', ','), hwtype, hwaddr_source, pool_id);
$$ LANGUAGE sql;

CREATE FUNCTION lease6Upload(
    address VARCHAR, duid VARCHAR, valid_lifetime BIGINT, expire BIGINT, subnet_id BIGINT, pref_lifetime BIGINT,
    lease_type INT, iaid INT, prefix_len INT, fqdn_fwd INT, fqdn_rev INT, hostname VARCHAR, hwaddr VARCHAR, state BIGINT,
    user_context VARCHAR, hwtype INT, hwaddr_source INT
) RETURNS VOID AS $$
    SELECT lease6Upload(address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len,
                        fqdn_fwd, fqdn_rev, hostname, hwaddr, state, user_context, hwtype, hwaddr_source, 0);
$$ LANGUAGE sql;

-- ---------------------------------------------------------------------------------------------------------------------
-- Counting leases: a change is the old lease going and the new one coming. Those in state 0 (assigned) and 1 (declined)
-- are counted, in subnets of DHCPv6 those in state 4 (registered) too; for client classes only those assigned.
-- ---------------------------------------------------------------------------------------------------------------------

-- User contexts may be empty.
CREATE FUNCTION json_cast(json_candidate TEXT) RETURNS JSON AS $$
    SELECT CASE WHEN json_candidate = '' THEN '{}' ELSE json_candidate END::JSON;
$$ LANGUAGE sql IMMUTABLE;

CREATE FUNCTION lease4_AINS_lease4_stat(new_state BIGINT, new_subnet_id BIGINT) RETURNS VOID AS $$
BEGIN
    IF new_state IN (0, 1) THEN
        INSERT INTO lease4_stat AS s (subnet_id, state, leases) VALUES (new_subnet_id, new_state, 1)
        ON CONFLICT (subnet_id, state) DO UPDATE SET leases = s.leases + 1;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease4_ADEL_lease4_stat(old_state BIGINT, old_subnet_id BIGINT) RETURNS VOID AS $$
BEGIN
    IF old_state IN (0, 1) THEN
        UPDATE lease4_stat SET leases = greatest(leases - 1, 0)
         WHERE subnet_id = old_subnet_id AND state = old_state;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease4_AUPD_lease4_stat(
    old_state BIGINT, old_subnet_id BIGINT, new_state BIGINT, new_subnet_id BIGINT
) RETURNS VOID AS $$
BEGIN
    IF (old_state, old_subnet_id) <> (new_state, new_subnet_id) THEN
        PERFORM lease4_ADEL_lease4_stat(old_state, old_subnet_id);
        PERFORM lease4_AINS_lease4_stat(new_state, new_subnet_id);
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease4_AINS_lease4_pool_stat(new_state BIGINT, new_subnet_id BIGINT, new_pool_id BIGINT) RETURNS VOID AS $$
BEGIN
    IF new_state IN (0, 1) THEN
        INSERT INTO lease4_pool_stat AS s (subnet_id, pool_id, state, leases)
        VALUES (new_subnet_id, new_pool_id, new_state, 1)
        ON CONFLICT (subnet_id, pool_id, state) DO UPDATE SET leases = s.leases + 1;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease4_ADEL_lease4_pool_stat(old_state BIGINT, old_subnet_id BIGINT, old_pool_id BIGINT) RETURNS VOID AS $$
BEGIN
    IF old_state IN (0, 1) THEN
        UPDATE lease4_pool_stat SET leases = greatest(leases - 1, 0)
         WHERE subnet_id = old_subnet_id AND pool_id = old_pool_id AND state = old_state;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease4_AUPD_lease4_pool_stat(
    old_state BIGINT, old_subnet_id BIGINT, old_pool_id BIGINT, new_state BIGINT, new_subnet_id BIGINT, new_pool_id BIGINT
) RETURNS VOID AS $$
BEGIN
    IF (old_state, old_subnet_id, old_pool_id) <> (new_state, new_subnet_id, new_pool_id) THEN
        PERFORM lease4_ADEL_lease4_pool_stat(old_state, old_subnet_id, old_pool_id);
        PERFORM lease4_AINS_lease4_pool_stat(new_state, new_subnet_id, new_pool_id);
    END IF;
END $$ LANGUAGE plpgsql;

-- A class may stand more than once in a user context: it counts as often.
CREATE FUNCTION lease4_AINS_lease4_stat_by_client_class(new_state BIGINT, new_user_context TEXT) RETURNS VOID AS $$
BEGIN
    IF new_state = 0 AND new_user_context <> '' THEN
        INSERT INTO lease4_stat_by_client_class AS s (client_class, leases)
        SELECT class, count(*)
          FROM json_array_elements_text(new_user_context::JSON->'ISC'->'client-classes') AS class GROUP BY class ORDER BY class
        ON CONFLICT (client_class) DO UPDATE SET leases = s.leases + excluded.leases;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease4_ADEL_lease4_stat_by_client_class(old_state BIGINT, old_user_context TEXT) RETURNS VOID AS $$
BEGIN
    IF old_state = 0 AND old_user_context <> '' THEN
        UPDATE lease4_stat_by_client_class SET leases = greatest(leases - n, 0)
          FROM (SELECT class, count(*) AS n
                  FROM json_array_elements_text(old_user_context::JSON->'ISC'->'client-classes') AS class
                 GROUP BY class) AS gone
         WHERE client_class = class;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease4_AUPD_lease4_stat_by_client_class(
    old_state BIGINT, old_user_context TEXT, new_state BIGINT, new_user_context TEXT
) RETURNS VOID AS $$
BEGIN
    IF old_state <> new_state
       OR old_user_context IS DISTINCT FROM new_user_context THEN
        PERFORM lease4_ADEL_lease4_stat_by_client_class(old_state, old_user_context);
        PERFORM lease4_AINS_lease4_stat_by_client_class(new_state, new_user_context);
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_lease4_AINS() RETURNS TRIGGER AS $$
BEGIN
    PERFORM lease4_AINS_lease4_stat_by_client_class(NEW.state, NEW.user_context);
    PERFORM lease4_AINS_lease4_stat(NEW.state, NEW.subnet_id);
    PERFORM lease4_AINS_lease4_pool_stat(NEW.state, NEW.subnet_id, NEW.pool_id);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_lease4_AUPD() RETURNS TRIGGER AS $$
BEGIN
    PERFORM lease4_AUPD_lease4_stat_by_client_class(OLD.state, OLD.user_context, NEW.state, NEW.user_context);
    PERFORM lease4_AUPD_lease4_stat(OLD.state, OLD.subnet_id, NEW.state, NEW.subnet_id);
    PERFORM lease4_AUPD_lease4_pool_stat(OLD.state, OLD.subnet_id, OLD.pool_id, NEW.state, NEW.subnet_id, NEW.pool_id);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_lease4_ADEL() RETURNS TRIGGER AS $$
BEGIN
    PERFORM lease4_ADEL_lease4_stat_by_client_class(OLD.state, OLD.user_context);
    PERFORM lease4_ADEL_lease4_stat(OLD.state, OLD.subnet_id);
    PERFORM lease4_ADEL_lease4_pool_stat(OLD.state, OLD.subnet_id, OLD.pool_id);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER lease4_AINS AFTER INSERT ON lease4 FOR EACH ROW EXECUTE PROCEDURE func_lease4_AINS();
CREATE TRIGGER lease4_AUPD AFTER UPDATE ON lease4 FOR EACH ROW EXECUTE PROCEDURE func_lease4_AUPD();
CREATE TRIGGER lease4_ADEL AFTER DELETE ON lease4 FOR EACH ROW EXECUTE PROCEDURE func_lease4_ADEL();

CREATE FUNCTION lease6_AINS_lease6_stat(new_state BIGINT, new_subnet_id BIGINT, new_lease_type SMALLINT) RETURNS VOID AS $$
BEGIN
    IF new_state IN (0, 1, 4) THEN
        INSERT INTO lease6_stat AS s (subnet_id, lease_type, state, leases) VALUES (new_subnet_id, new_lease_type, new_state, 1)
        ON CONFLICT (subnet_id, lease_type, state) DO UPDATE SET leases = s.leases + 1;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease6_ADEL_lease6_stat(old_state BIGINT, old_subnet_id BIGINT, old_lease_type SMALLINT) RETURNS VOID AS $$
BEGIN
    IF old_state IN (0, 1, 4) THEN
        UPDATE lease6_stat SET leases = greatest(leases - 1, 0)
         WHERE subnet_id = old_subnet_id AND lease_type = old_lease_type AND state = old_state;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease6_AUPD_lease6_stat(
    old_state BIGINT, old_subnet_id BIGINT, old_lease_type SMALLINT,
    new_state BIGINT, new_subnet_id BIGINT, new_lease_type SMALLINT
) RETURNS VOID AS $$
BEGIN
    IF (old_state, old_subnet_id, old_lease_type) <> (new_state, new_subnet_id, new_lease_type) THEN
        PERFORM lease6_ADEL_lease6_stat(old_state, old_subnet_id, old_lease_type);
        PERFORM lease6_AINS_lease6_stat(new_state, new_subnet_id, new_lease_type);
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease6_AINS_lease6_pool_stat(
    new_state BIGINT, new_subnet_id BIGINT, new_pool_id BIGINT, new_lease_type SMALLINT
) RETURNS VOID AS $$
BEGIN
    IF new_state IN (0, 1) THEN
        INSERT INTO lease6_pool_stat AS s (subnet_id, pool_id, lease_type, state, leases)
        VALUES (new_subnet_id, new_pool_id, new_lease_type, new_state, 1)
        ON CONFLICT (subnet_id, pool_id, lease_type, state) DO UPDATE SET leases = s.leases + 1;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease6_ADEL_lease6_pool_stat(
    old_state BIGINT, old_subnet_id BIGINT, old_pool_id BIGINT, old_lease_type SMALLINT
) RETURNS VOID AS $$
BEGIN
    IF old_state IN (0, 1) THEN
        UPDATE lease6_pool_stat SET leases = greatest(leases - 1, 0)
         WHERE subnet_id = old_subnet_id AND pool_id = old_pool_id AND lease_type = old_lease_type AND state = old_state;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease6_AUPD_lease6_pool_stat(
    old_state BIGINT, old_subnet_id BIGINT, old_pool_id BIGINT, old_lease_type SMALLINT,
    new_state BIGINT, new_subnet_id BIGINT, new_pool_id BIGINT, new_lease_type SMALLINT
) RETURNS VOID AS $$
BEGIN
    IF (old_state, old_subnet_id, old_pool_id, old_lease_type) <> (new_state, new_subnet_id, new_pool_id, new_lease_type) THEN
        PERFORM lease6_ADEL_lease6_pool_stat(old_state, old_subnet_id, old_pool_id, old_lease_type);
        PERFORM lease6_AINS_lease6_pool_stat(new_state, new_subnet_id, new_pool_id, new_lease_type);
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease6_AINS_lease6_stat_by_client_class(
    new_state BIGINT, new_user_context TEXT, new_lease_type SMALLINT
) RETURNS VOID AS $$
BEGIN
    IF new_state = 0 AND new_user_context <> '' THEN
        INSERT INTO lease6_stat_by_client_class AS s (client_class, lease_type, leases)
        SELECT class, new_lease_type, count(*)
          FROM json_array_elements_text(new_user_context::JSON->'ISC'->'client-classes') AS class GROUP BY class ORDER BY class
        ON CONFLICT (client_class, lease_type) DO UPDATE SET leases = s.leases + excluded.leases;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease6_ADEL_lease6_stat_by_client_class(
    old_state BIGINT, old_user_context TEXT, old_lease_type SMALLINT
) RETURNS VOID AS $$
BEGIN
    IF old_state = 0 AND old_user_context <> '' THEN
        UPDATE lease6_stat_by_client_class SET leases = greatest(leases - n, 0)
          FROM (SELECT class, count(*) AS n
                  FROM json_array_elements_text(old_user_context::JSON->'ISC'->'client-classes') AS class
                 GROUP BY class) AS gone
         WHERE client_class = class AND lease_type = old_lease_type;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION lease6_AUPD_lease6_stat_by_client_class(
    old_state BIGINT, old_user_context TEXT, old_lease_type SMALLINT,
    new_state BIGINT, new_user_context TEXT, new_lease_type SMALLINT
) RETURNS VOID AS $$
BEGIN
    IF (old_state, old_lease_type) <> (new_state, new_lease_type)
       OR old_user_context IS DISTINCT FROM new_user_context THEN
        PERFORM lease6_ADEL_lease6_stat_by_client_class(old_state, old_user_context, old_lease_type);
        PERFORM lease6_AINS_lease6_stat_by_client_class(new_state, new_user_context, new_lease_type);
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_lease6_AINS() RETURNS TRIGGER AS $$
BEGIN
    PERFORM lease6_AINS_lease6_stat_by_client_class(NEW.state, NEW.user_context, NEW.lease_type);
    PERFORM lease6_AINS_lease6_stat(NEW.state, NEW.subnet_id, NEW.lease_type);
    PERFORM lease6_AINS_lease6_pool_stat(NEW.state, NEW.subnet_id, NEW.pool_id, NEW.lease_type);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_lease6_AUPD() RETURNS TRIGGER AS $$
BEGIN
    PERFORM lease6_AUPD_lease6_stat_by_client_class(OLD.state, OLD.user_context, OLD.lease_type,
                                                    NEW.state, NEW.user_context, NEW.lease_type);
    PERFORM lease6_AUPD_lease6_stat(OLD.state, OLD.subnet_id, OLD.lease_type, NEW.state, NEW.subnet_id, NEW.lease_type);
    PERFORM lease6_AUPD_lease6_pool_stat(OLD.state, OLD.subnet_id, OLD.pool_id, OLD.lease_type,
                                         NEW.state, NEW.subnet_id, NEW.pool_id, NEW.lease_type);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_lease6_ADEL() RETURNS TRIGGER AS $$
BEGIN
    PERFORM lease6_ADEL_lease6_stat_by_client_class(OLD.state, OLD.user_context, OLD.lease_type);
    PERFORM lease6_ADEL_lease6_stat(OLD.state, OLD.subnet_id, OLD.lease_type);
    PERFORM lease6_ADEL_lease6_pool_stat(OLD.state, OLD.subnet_id, OLD.pool_id, OLD.lease_type);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER lease6_AINS AFTER INSERT ON lease6 FOR EACH ROW EXECUTE PROCEDURE func_lease6_AINS();
CREATE TRIGGER lease6_AUPD AFTER UPDATE ON lease6 FOR EACH ROW EXECUTE PROCEDURE func_lease6_AUPD();
CREATE TRIGGER lease6_ADEL AFTER DELETE ON lease6 FOR EACH ROW EXECUTE PROCEDURE func_lease6_ADEL();

-- The first limit in a user context that leaves no room for one more lease, as text; '' if there is room everywhere.
CREATE FUNCTION checkLease4Limits(user_context TEXT) RETURNS TEXT AS $$
DECLARE
    limits CONSTANT JSON := json_cast(user_context)->'ISC'->'limits';
    full_one TEXT;
BEGIN
    SELECT concat('address limit ', most, ' for client class "', name, '", current lease count ', coalesce(leases, 0))
      INTO full_one
      FROM (SELECT place, class->>'name' AS name, (class->>'address-limit')::INT AS most
              FROM json_array_elements(limits->'client-classes') WITH ORDINALITY AS c (class, place)) AS classes
      LEFT JOIN lease4_stat_by_client_class ON client_class = name
     WHERE most <= coalesce(leases, 0) ORDER BY place LIMIT 1;
    IF full_one IS NULL THEN
        SELECT concat('address limit ', most, ' for subnet ID ', id, ', current lease count ', coalesce(leases, 0))
          INTO full_one
          FROM (SELECT (limits->'subnet'->>'id')::BIGINT AS id, (limits->'subnet'->>'address-limit')::INT AS most) AS subnet
          LEFT JOIN lease4_stat ON subnet_id = id AND state = 0
         WHERE most <= coalesce(leases, 0);
    END IF;
    RETURN coalesce(full_one, '');
END $$ LANGUAGE plpgsql;

CREATE FUNCTION checkLease6Limits(user_context TEXT) RETURNS TEXT AS $$
DECLARE
    limits CONSTANT JSON := json_cast(user_context)->'ISC'->'limits';
    full_one TEXT;
BEGIN
    SELECT concat(word, ' limit ', most, ' for client class "', name, '", current lease count ', coalesce(leases, 0))
      INTO full_one
      FROM (SELECT place, word, type, class->>'name' AS name, (class->>(word || '-limit'))::INT AS most
              FROM json_array_elements(limits->'client-classes') WITH ORDINALITY AS c (class, place),
                   (VALUES ('address', 0), ('prefix', 2)) AS kind (word, type)) AS classes
      LEFT JOIN lease6_stat_by_client_class ON client_class = name AND lease_type = type
     WHERE most <= coalesce(leases, 0) ORDER BY place, type LIMIT 1;
    IF full_one IS NULL THEN
        SELECT concat(word, ' limit ', most, ' for subnet ID ', id, ', current lease count ', coalesce(leases, 0))
          INTO full_one
          FROM (SELECT word, type, (limits->'subnet'->>'id')::BIGINT AS id, (limits->'subnet'->>(word || '-limit'))::INT AS most
                  FROM (VALUES ('address', 0), ('prefix', 2)) AS kind (word, type)) AS subnet
          LEFT JOIN lease6_stat ON subnet_id = id AND lease_type = type AND state = 0
         WHERE most <= coalesce(leases, 0) ORDER BY type LIMIT 1;
    END IF;
    RETURN coalesce(full_one, '');
END $$ LANGUAGE plpgsql;

-- ---------------------------------------------------------------------------------------------------------------------
-- Queues of free addresses
-- ---------------------------------------------------------------------------------------------------------------------

-- The value of a hexadecimal digit, given by its character code; -1 if it is none.
CREATE FUNCTION hexToBin(digit SMALLINT) RETURNS SMALLINT AS $$
    SELECT (CASE WHEN digit > 0 THEN strpos('0123456789abcdef', lower(chr(digit))) ELSE 0 END - 1)::SMALLINT;
$$ LANGUAGE sql IMMUTABLE;

-- What inet_send() gives begins with four bytes about the address.
CREATE FUNCTION inetToBytea(inet_address INET) RETURNS BYTEA AS $$
    SELECT substring(inet_send(inet_address) FROM 5);
$$ LANGUAGE sql IMMUTABLE;

CREATE FUNCTION byteaToInet(bin_address BYTEA) RETURNS INET AS $$
    SELECT CASE WHEN octet_length(bin_address) = 16
                THEN regexp_replace(encode(bin_address, 'hex'), '(....)(?!$)', '\1:', 'g') ELSE '::' END::INET;
$$ LANGUAGE sql IMMUTABLE;

-- The next prefix of a length; after the last one comes ::.
CREATE FUNCTION incrementV6Prefix(prefix BYTEA, prefix_len SMALLINT) RETURNS BYTEA AS $$
DECLARE
    step INT := 1 << (7 - (prefix_len - 1) % 8);
    sum INT;
BEGIN
    IF prefix_len BETWEEN 1 AND 128 THEN
        FOR i IN REVERSE (prefix_len - 1) / 8 .. 0 LOOP
            sum := get_byte(prefix, i) + step;
            prefix := set_byte(prefix, i, sum % 256);
            EXIT WHEN sum < 256;
            step := 1;
        END LOOP;
    END IF;
    RETURN prefix;
END $$ LANGUAGE plpgsql IMMUTABLE;

-- Makes the queue of a pool: all that no lease holds. A queue that is there already is an error (a duplicate key) unless
-- it is to be made again.
CREATE FUNCTION sflqCreateFlqPool4(
    p_start_address BIGINT, p_end_address BIGINT, p_subnet_id BIGINT, p_recreate BOOLEAN
) RETURNS VOID AS $$
BEGIN
    IF p_start_address = 0 OR p_start_address > p_end_address THEN
        RAISE EXCEPTION 'Invalid range: % - %', '0.0.0.0'::inet + p_start_address, '0.0.0.0'::inet + p_end_address;
    END IF;
    IF p_recreate THEN
        INSERT INTO flq_pool4 (start_address, end_address, subnet_id) VALUES (p_start_address, p_end_address, p_subnet_id)
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO flq_pool4 (start_address, end_address, subnet_id) VALUES (p_start_address, p_end_address, p_subnet_id);
    END IF;
    DELETE FROM free_lease4 WHERE address BETWEEN p_start_address AND p_end_address;
    INSERT INTO free_lease4 (address)
    SELECT a FROM generate_series(p_start_address, p_end_address) AS a
     WHERE NOT EXISTS (SELECT FROM lease4 WHERE address = a AND state <> 2)
    ON CONFLICT DO NOTHING;
    UPDATE flq_pool4 SET modification_ts = now() WHERE start_address = p_start_address AND end_address = p_end_address;
END $$ LANGUAGE plpgsql;

-- A pool that delegates prefixes of another length than before gets another queue, asked for or not.
CREATE FUNCTION sflqCreateFlqPool6(
    p_start_address INET, p_end_address INET, p_lease_type SMALLINT, p_delegated_len SMALLINT, p_subnet_id BIGINT,
    p_recreate BOOLEAN
) RETURNS VOID AS $$
BEGIN
    IF p_start_address = '::' OR p_start_address > p_end_address THEN
        RAISE EXCEPTION 'Invalid range: % - %', host(p_start_address), host(p_end_address);
    END IF;
    IF p_delegated_len NOT BETWEEN 1 AND 128 THEN
        RAISE EXCEPTION 'Invalid p_delegated_len: %', p_delegated_len;
    END IF;
    PERFORM FROM flq_pool6
      WHERE start_address = p_start_address AND end_address = p_end_address AND delegated_len <> p_delegated_len FOR UPDATE;
    IF FOUND OR p_recreate THEN
        INSERT INTO flq_pool6 (start_address, end_address, lease_type, delegated_len, subnet_id)
        VALUES (p_start_address, p_end_address, p_lease_type, p_delegated_len, p_subnet_id)
        ON CONFLICT (start_address, end_address) DO UPDATE
            SET lease_type = p_lease_type, delegated_len = p_delegated_len, subnet_id = p_subnet_id;
    ELSE
        INSERT INTO flq_pool6 (start_address, end_address, lease_type, delegated_len, subnet_id)
        VALUES (p_start_address, p_end_address, p_lease_type, p_delegated_len, p_subnet_id);
    END IF;
    DELETE FROM free_lease6 WHERE address BETWEEN p_start_address AND p_end_address;
    WITH RECURSIVE prefixes (bin) AS (
        SELECT inetToBytea(p_start_address)
        UNION ALL
        -- What is not greater has gone round.
        SELECT next FROM prefixes, LATERAL incrementV6Prefix(bin, p_delegated_len) AS next
         WHERE next > bin AND next <= inetToBytea(p_end_address)
    )
    INSERT INTO free_lease6 (address, bin_address)
    SELECT byteaToInet(bin), bin FROM prefixes
     WHERE NOT EXISTS (SELECT FROM lease6 WHERE address = byteaToInet(bin) AND state <> 2)
    ON CONFLICT DO NOTHING;
    UPDATE flq_pool6 SET modification_ts = now() WHERE start_address = p_start_address AND end_address = p_end_address;
END $$ LANGUAGE plpgsql;

-- The free address after the one that was given last, going round; 0 if there is none or no such pool.
CREATE FUNCTION sflqPickFreeLease4(p_start_address BIGINT, p_end_address BIGINT) RETURNS BIGINT AS $$
DECLARE
    pool BIGINT;
    last_address BIGINT;
    free_address BIGINT;
BEGIN
    SELECT id, last_returned_address INTO pool, last_address
      FROM flq_pool4 WHERE start_address = p_start_address AND end_address = p_end_address;
    IF pool IS NULL THEN
        RETURN 0;
    END IF;
    IF last_address < p_start_address OR last_address >= p_end_address THEN
        last_address := p_start_address - 1;
    END IF;
    SELECT address INTO free_address
      FROM free_lease4 WHERE address > last_address AND address <= p_end_address ORDER BY address LIMIT 1;
    IF free_address IS NULL THEN
        SELECT address INTO free_address
          FROM free_lease4 WHERE address BETWEEN p_start_address AND last_address ORDER BY address LIMIT 1;
    END IF;
    free_address := coalesce(free_address, 0);
    UPDATE flq_pool4 SET last_returned_address = free_address WHERE id = pool;
    RETURN free_address;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION sflqPickFreeLease6(alloc_start_address INET, alloc_end_address INET) RETURNS INET AS $$
DECLARE
    first_bin CONSTANT BYTEA := inetToBytea(alloc_start_address);
    pool BIGINT;
    last_address INET;
    free_address INET;
BEGIN
    SELECT id, last_returned_address INTO pool, last_address
      FROM flq_pool6 WHERE start_address = alloc_start_address AND end_address = alloc_end_address;
    IF pool IS NULL THEN
        RETURN '::';
    END IF;
    IF last_address < alloc_start_address OR last_address >= alloc_end_address THEN
        last_address := alloc_start_address - 1;
    END IF;
    SELECT address INTO free_address FROM free_lease6
     WHERE bin_address > inetToBytea(last_address) AND bin_address <= inetToBytea(alloc_end_address)
     ORDER BY bin_address LIMIT 1;
    IF free_address IS NULL THEN
        SELECT address INTO free_address FROM free_lease6
         WHERE bin_address BETWEEN first_bin AND inetToBytea(last_address) ORDER BY bin_address LIMIT 1;
    END IF;
    free_address := coalesce(free_address, '::');
    UPDATE flq_pool6 SET last_returned_address = free_address WHERE id = pool;
    RETURN free_address;
END $$ LANGUAGE plpgsql;

-- Leases that are written with the queue: what is reclaimed (state 2) becomes free, anything else is taken. They return
-- how many leases that was.
CREATE FUNCTION sflqInsertLease4(
    p_address BIGINT, p_hwaddr BYTEA, p_client_id BYTEA, p_valid_lifetime BIGINT, p_expire TIMESTAMPTZ, p_subnet_id BIGINT,
    p_fqdn_fwd BOOLEAN, p_fqdn_rev BOOLEAN, p_hostname VARCHAR, p_state BIGINT, p_user_context TEXT, p_relay_id BYTEA,
    p_remote_id BYTEA, p_pool_id BIGINT
) RETURNS INT AS $$
BEGIN
    INSERT INTO lease4 (address, hwaddr, client_id, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname,
                        state, user_context, relay_id, remote_id, pool_id)
    VALUES (p_address, p_hwaddr, p_client_id, p_valid_lifetime, p_expire, p_subnet_id, p_fqdn_fwd, p_fqdn_rev, p_hostname,
            p_state, p_user_context, p_relay_id, p_remote_id, p_pool_id);
    IF p_state = 2 THEN
        INSERT INTO free_lease4 (address) VALUES (p_address) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM free_lease4 WHERE address = p_address;
    END IF;
    RETURN 1;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION sflqUpdateLease4(
    p_address BIGINT, p_hwaddr BYTEA, p_client_id BYTEA, p_valid_lifetime BIGINT, p_expire TIMESTAMPTZ, p_subnet_id BIGINT,
    p_fqdn_fwd BOOLEAN, p_fqdn_rev BOOLEAN, p_hostname VARCHAR, p_state BIGINT, p_user_context TEXT, p_relay_id BYTEA,
    p_remote_id BYTEA, p_pool_id BIGINT, p_where_address BIGINT, p_where_expire TIMESTAMPTZ
) RETURNS INT AS $$
DECLARE
    changed INT;
BEGIN
    UPDATE lease4
       SET address = p_address, hwaddr = p_hwaddr, client_id = p_client_id, valid_lifetime = p_valid_lifetime,
           expire = p_expire, subnet_id = p_subnet_id, fqdn_fwd = p_fqdn_fwd, fqdn_rev = p_fqdn_rev, hostname = p_hostname,
           state = p_state, user_context = p_user_context, relay_id = p_relay_id, remote_id = p_remote_id,
           pool_id = p_pool_id
     WHERE address = p_where_address AND expire = p_where_expire;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed > 0 AND p_state = 2 THEN
        INSERT INTO free_lease4 (address) VALUES (p_address) ON CONFLICT DO NOTHING;
    ELSIF changed > 0 THEN
        DELETE FROM free_lease4 WHERE address = p_address;
    END IF;
    RETURN changed;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION sflqDeleteLease4(p_address BIGINT, p_expire TIMESTAMPTZ) RETURNS INT AS $$
DECLARE
    gone INT;
BEGIN
    DELETE FROM lease4 WHERE address = p_address AND expire = p_expire;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone > 0 THEN
        INSERT INTO free_lease4 (address) VALUES (p_address) ON CONFLICT DO NOTHING;
    END IF;
    RETURN gone;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION sflqInsertLease6(
    p_address INET, p_duid BYTEA, p_valid_lifetime BIGINT, p_expire TIMESTAMPTZ, p_subnet_id BIGINT, p_pref_lifetime BIGINT,
    p_lease_type SMALLINT, p_iaid INT, p_prefix_len SMALLINT, p_fqdn_fwd BOOLEAN, p_fqdn_rev BOOLEAN, p_hostname VARCHAR,
    p_hwaddr BYTEA, p_hwtype SMALLINT, p_hwaddr_source SMALLINT, p_state BIGINT, p_user_context TEXT, p_pool_id BIGINT
) RETURNS INT AS $$
BEGIN
    INSERT INTO lease6 (address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len,
                        fqdn_fwd, fqdn_rev, hostname, hwaddr, hwtype, hwaddr_source, state, user_context, pool_id)
    VALUES (p_address, p_duid, p_valid_lifetime, p_expire, p_subnet_id, p_pref_lifetime, p_lease_type, p_iaid, p_prefix_len,
            p_fqdn_fwd, p_fqdn_rev, p_hostname, p_hwaddr, p_hwtype, p_hwaddr_source, p_state, p_user_context, p_pool_id);
    IF p_state = 2 THEN
        INSERT INTO free_lease6 (address, bin_address) VALUES (p_address, inetToBytea(p_address)) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM free_lease6 WHERE address = p_address;
    END IF;
    RETURN 1;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION sflqUpdateLease6(
    p_address INET, p_duid BYTEA, p_valid_lifetime BIGINT, p_expire TIMESTAMPTZ, p_subnet_id BIGINT, p_pref_lifetime BIGINT,
    p_lease_type SMALLINT, p_iaid INT, p_prefix_len SMALLINT, p_fqdn_fwd BOOLEAN, p_fqdn_rev BOOLEAN, p_hostname VARCHAR,
    p_hwaddr BYTEA, p_hwtype SMALLINT, p_hwaddr_source SMALLINT, p_state BIGINT, p_user_context TEXT, p_pool_id BIGINT,
    p_where_address INET, p_where_expire TIMESTAMPTZ
) RETURNS INT AS $$
DECLARE
    changed INT;
BEGIN
    UPDATE lease6
       SET address = p_address, duid = p_duid, valid_lifetime = p_valid_lifetime, expire = p_expire,
           subnet_id = p_subnet_id, pref_lifetime = p_pref_lifetime, lease_type = p_lease_type, iaid = p_iaid,
           prefix_len = p_prefix_len, fqdn_fwd = p_fqdn_fwd, fqdn_rev = p_fqdn_rev, hostname = p_hostname,
           hwaddr = p_hwaddr, hwtype = p_hwtype, hwaddr_source = p_hwaddr_source, state = p_state,
           user_context = p_user_context, pool_id = p_pool_id
     WHERE address = p_where_address AND expire = p_where_expire;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed > 0 AND p_state = 2 THEN
        INSERT INTO free_lease6 (address, bin_address) VALUES (p_address, inetToBytea(p_address)) ON CONFLICT DO NOTHING;
    ELSIF changed > 0 THEN
        DELETE FROM free_lease6 WHERE address = p_address;
    END IF;
    RETURN changed;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION sflqDeleteLease6(p_address INET, p_expire TIMESTAMPTZ) RETURNS INT AS $$
DECLARE
    gone INT;
BEGIN
    DELETE FROM lease6 WHERE address = p_address AND expire = p_expire;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone > 0 THEN
        INSERT INTO free_lease6 (address, bin_address) VALUES (p_address, inetToBytea(p_address)) ON CONFLICT DO NOTHING;
    END IF;
    RETURN gone;
END $$ LANGUAGE plpgsql;

-- ---------------------------------------------------------------------------------------------------------------------
-- Variables of a session, through which a transaction tells the triggers what it is
--
--     kea.audit_revision_id     the revision that its audit entries belong to
--     kea.disable_audit         true: it leaves no audit entries
--     kea.cascade_transaction   true: options are changed as a part of their owner, whose entry is enough
-- ---------------------------------------------------------------------------------------------------------------------

-- NULL if it was never set.
CREATE FUNCTION get_session_value(name TEXT) RETURNS TEXT AS $$
    SELECT current_setting(name, true);
$$ LANGUAGE sql;

CREATE FUNCTION get_session_big_int(name TEXT) RETURNS BIGINT AS $$
    SELECT coalesce(nullif(get_session_value(name), '')::BIGINT, 0);
$$ LANGUAGE sql;

CREATE FUNCTION get_session_boolean(name TEXT) RETURNS BOOLEAN AS $$
    SELECT coalesce(nullif(get_session_value(name), '')::BOOLEAN, false);
$$ LANGUAGE sql;

CREATE FUNCTION set_session_value(name TEXT, value TEXT) RETURNS VOID AS $$
    SELECT set_config(name, value, false);
$$ LANGUAGE sql;

CREATE FUNCTION set_session_value(name TEXT, value BIGINT) RETURNS VOID AS $$
    SELECT set_config(name, value::TEXT, false);
$$ LANGUAGE sql;

CREATE FUNCTION set_session_value(name TEXT, value BOOLEAN) RETURNS VOID AS $$
    SELECT set_config(name, value::TEXT, false);
$$ LANGUAGE sql;

-- Seconds since 1970 on the clock of the session's time zone.
CREATE FUNCTION gmt_epoch(input_ts TIMESTAMPTZ) RETURNS BIGINT AS $$
    SELECT (extract(epoch FROM input_ts) + extract(timezone FROM input_ts))::BIGINT;
$$ LANGUAGE sql;

-- A list of one, in JSON.
CREATE FUNCTION textToJSONList(orig TEXT) RETURNS TEXT AS $$
    SELECT '[ "' || nullif(orig, '') || '" ]';
$$ LANGUAGE sql IMMUTABLE;

-- ---------------------------------------------------------------------------------------------------------------------
-- Audit: each change of a configuration is a revision, with an entry for each object that the servers are to read anew.
-- What follows is made twice, with 4 and with 6 for each @.
-- ---------------------------------------------------------------------------------------------------------------------

DO $twins$
DECLARE
    family TEXT;
BEGIN
FOREACH family IN ARRAY ARRAY['4', '6'] LOOP
EXECUTE replace($script$

-- Begins a revision: entries belong to it until the next one of the session.
CREATE FUNCTION createAuditRevisionDHCP@(
    audit_ts TIMESTAMPTZ, server_tag VARCHAR, audit_log_message TEXT, cascade_transaction BOOLEAN
) RETURNS VOID AS $$
DECLARE
    revision BIGINT;
BEGIN
    IF NOT get_session_boolean('kea.disable_audit') THEN
        INSERT INTO dhcp@_audit_revision (modification_ts, server_id, log_message)
        VALUES (audit_ts, (SELECT id FROM dhcp@_server WHERE tag = server_tag), audit_log_message)
        RETURNING id INTO revision;
        PERFORM set_session_value('kea.audit_revision_id', revision);
        PERFORM set_session_value('kea.cascade_transaction', cascade_transaction);
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION createAuditEntryDHCP@(
    object_type_val VARCHAR, object_id_val BIGINT, modification_type_val VARCHAR
) RETURNS VOID AS $$
    INSERT INTO dhcp@_audit (object_type, object_id, modification_type, revision_id)
    SELECT object_type_val, object_id_val, (SELECT id FROM modification WHERE modification_type = modification_type_val),
           get_session_big_int('kea.audit_revision_id')
     WHERE NOT get_session_boolean('kea.disable_audit');
$$ LANGUAGE sql;

-- Puts a class right behind the one it follows, or last. Numbers are 1, 2, 3 and so on; a class may not overtake those
-- that refer to it. An update that does not move it only forgets what it depends on: its dependencies are told anew.
CREATE FUNCTION setClientClass@Order(
    id BIGINT, new_follow_class_name VARCHAR, old_follow_class_name VARCHAR
) RETURNS VOID AS $$
DECLARE
    knows BOOLEAN;
    place BIGINT;
BEGIN
    SELECT depend_on_known_indirectly INTO knows FROM dhcp@_client_class_order WHERE class_id = id;
    PERFORM set_session_value('kea.depend_on_known_indirectly', knows);
    IF knows IS NOT NULL AND new_follow_class_name IS NOT DISTINCT FROM old_follow_class_name THEN
        UPDATE dhcp@_client_class_order SET depend_on_known_indirectly = false WHERE class_id = id;
        RETURN;
    END IF;
    IF new_follow_class_name IS NULL THEN
        SELECT coalesce(max(order_index), 0) + 1 INTO place FROM dhcp@_client_class_order;
    ELSE
        SELECT o.order_index + 1 INTO place
          FROM dhcp@_client_class AS c JOIN dhcp@_client_class_order AS o ON c.id = o.class_id
         WHERE c.name = new_follow_class_name;
        IF place IS NULL THEN
            RAISE EXCEPTION 'Class % does not exist.', new_follow_class_name USING ERRCODE = 'sql_routine_exception';
        END IF;
        IF EXISTS (SELECT FROM dhcp@_client_class_order WHERE order_index = place) THEN
            UPDATE dhcp@_client_class_order SET order_index = order_index + 1 WHERE order_index >= place;
        END IF;
    END IF;
    IF EXISTS (SELECT FROM dhcp@_client_class_dependency AS d JOIN dhcp@_client_class_order AS o ON d.class_id = o.class_id
                WHERE d.dependency_id = id AND o.order_index < place) THEN
        RAISE EXCEPTION 'Unable to move class with id % because it would break its dependencies', id
            USING ERRCODE = 'sql_routine_exception';
    END IF;
    INSERT INTO dhcp@_client_class_order (class_id, order_index, depend_on_known_indirectly) VALUES (id, place, false)
    ON CONFLICT (class_id) DO UPDATE SET order_index = place, depend_on_known_indirectly = knows;
END $$ LANGUAGE plpgsql;

-- A class may refer to those before it, on the same servers.
CREATE FUNCTION checkDHCPv@ClientClassDependency(p_class_id BIGINT, p_dependency_id BIGINT) RETURNS VOID AS $$
DECLARE
    place BIGINT;
    other BIGINT;
BEGIN
    IF p_class_id IS NULL THEN
        RAISE EXCEPTION 'Client class id must not be NULL.' USING ERRCODE = 'sql_routine_exception';
    ELSIF p_dependency_id IS NULL THEN
        RAISE EXCEPTION 'Class dependency id must not be NULL.' USING ERRCODE = 'sql_routine_exception';
    ELSIF p_class_id = p_dependency_id THEN
        RAISE EXCEPTION 'Client class must not have dependency on self.' USING ERRCODE = 'sql_routine_exception';
    END IF;
    SELECT order_index INTO place FROM dhcp@_client_class_order WHERE class_id = p_class_id;
    SELECT order_index INTO other FROM dhcp@_client_class_order WHERE class_id = p_dependency_id;
    IF place IS NULL THEN
        RAISE EXCEPTION 'Client class with id % does not exist.', p_class_id USING ERRCODE = 'sql_routine_exception';
    ELSIF other IS NULL THEN
        RAISE EXCEPTION 'Dependency class with id % does not exist.', p_dependency_id USING ERRCODE = 'sql_routine_exception';
    ELSIF other > place THEN
        RAISE EXCEPTION 'Client class with id % must not depend on class defined later with id %', p_class_id, p_dependency_id
            USING ERRCODE = 'sql_routine_exception';
    END IF;
    -- The server whose number is 1 is `all`.
    IF EXISTS (SELECT FROM dhcp@_client_class_server AS mine
                WHERE mine.class_id = p_class_id
                  AND NOT EXISTS (SELECT FROM dhcp@_client_class_server AS its
                                   WHERE its.class_id = p_dependency_id AND its.server_id IN (1, mine.server_id))) THEN
        RAISE EXCEPTION 'Unmet dependencies for client class with id %', p_class_id USING ERRCODE = 'sql_routine_exception';
    END IF;
END $$ LANGUAGE plpgsql;

-- Who depends on a class that depends on KNOWN does too.
CREATE FUNCTION updateDHCPv@ClientClassKnownDependency(client_class_id BIGINT, dependency_id BIGINT) RETURNS VOID AS $$
    UPDATE dhcp@_client_class_order SET depend_on_known_indirectly = true
     WHERE class_id = client_class_id
       AND EXISTS (SELECT FROM dhcp@_client_class AS c JOIN dhcp@_client_class_order AS o ON c.id = o.class_id
                    WHERE c.id = dependency_id AND (c.depend_on_known_directly OR o.depend_on_known_indirectly));
$$ LANGUAGE sql;

-- To be asked after the update of a class: while others depend on it, it may not begin or cease to depend on KNOWN.
CREATE FUNCTION checkDHCPv@ClientClassKnownDependencyChange() RETURNS VOID AS $$
DECLARE
    class CONSTANT BIGINT := get_session_big_int('kea.client_class_id');
    depended CONSTANT BOOLEAN :=
        get_session_boolean('kea.depend_on_known_directly') OR get_session_boolean('kea.depend_on_known_indirectly');
    depends BOOLEAN;
BEGIN
    IF EXISTS (SELECT FROM dhcp@_client_class_dependency WHERE dependency_id = class) THEN
        SELECT c.depend_on_known_directly OR o.depend_on_known_indirectly INTO depends
          FROM dhcp@_client_class AS c JOIN dhcp@_client_class_order AS o ON c.id = o.class_id WHERE c.id = class;
        IF depended <> depends THEN
            RAISE EXCEPTION 'Class dependency on KNOWN/UNKNOWN built-in classes must not change.'
                USING ERRCODE = 'sql_routine_exception';
        END IF;
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_dhcp@_client_class_check_dependency_BINS() RETURNS TRIGGER AS $$
BEGIN
    PERFORM checkDHCPv@ClientClassDependency(NEW.class_id, NEW.dependency_id);
    RETURN NEW;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_dhcp@_client_class_dependency_AINS() RETURNS TRIGGER AS $$
BEGIN
    PERFORM updateDHCPv@ClientClassKnownDependency(NEW.class_id, NEW.dependency_id);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER dhcp@_client_class_check_dependency_BINS BEFORE INSERT ON dhcp@_client_class_dependency
    FOR EACH ROW EXECUTE PROCEDURE func_dhcp@_client_class_check_dependency_BINS();
CREATE TRIGGER dhcp@_client_class_dependency_AINS AFTER INSERT ON dhcp@_client_class_dependency
    FOR EACH ROW EXECUTE PROCEDURE func_dhcp@_client_class_dependency_AINS();

CREATE FUNCTION func_dhcp@_client_class_AINS() RETURNS TRIGGER AS $$
BEGIN
    PERFORM setClientClass@Order(NEW.id, NEW.follow_class_name, NULL);
    PERFORM createAuditEntryDHCP@('dhcp@_client_class', NEW.id, 'create');
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_dhcp@_client_class_AUPD() RETURNS TRIGGER AS $$
BEGIN
    PERFORM set_session_value('kea.depend_on_known_directly', OLD.depend_on_known_directly);
    PERFORM set_session_value('kea.client_class_id', NEW.id);
    PERFORM setClientClass@Order(NEW.id, NEW.follow_class_name, OLD.follow_class_name);
    PERFORM createAuditEntryDHCP@('dhcp@_client_class', NEW.id, 'update');
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER dhcp@_client_class_AINS AFTER INSERT ON dhcp@_client_class
    FOR EACH ROW EXECUTE PROCEDURE func_dhcp@_client_class_AINS();
CREATE TRIGGER dhcp@_client_class_AUPD AFTER UPDATE ON dhcp@_client_class
    FOR EACH ROW EXECUTE PROCEDURE func_dhcp@_client_class_AUPD();

-- Entries come before those of what goes with it: subnets of a network, as updates.
CREATE FUNCTION func_dhcp@_shared_network_BDEL() RETURNS TRIGGER AS $$
BEGIN
    PERFORM createAuditEntryDHCP@('dhcp@_shared_network', OLD.id, 'delete');
    UPDATE dhcp@_subnet SET shared_network_name = NULL WHERE shared_network_name = OLD.name;
    DELETE FROM dhcp@_options WHERE shared_network_name = OLD.name;
    RETURN OLD;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER dhcp@_shared_network_BDEL BEFORE DELETE ON dhcp@_shared_network
    FOR EACH ROW EXECUTE PROCEDURE func_dhcp@_shared_network_BDEL();

CREATE FUNCTION func_dhcp@_pool_BDEL() RETURNS TRIGGER AS $$
BEGIN
    DELETE FROM dhcp@_options WHERE scope_id = 5 AND pool_id = OLD.id;
    RETURN OLD;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER dhcp@_pool_BDEL BEFORE DELETE ON dhcp@_pool FOR EACH ROW EXECUTE PROCEDURE func_dhcp@_pool_BDEL();

$script$, '@', family);
END LOOP;
END $twins$;

-- Tables of which each row is an object of its own in the audit.
DO $$
DECLARE
    t RECORD;
    event RECORD;
BEGIN
    FOR t IN
        SELECT family, format('dhcp%s_%s', family, suffix) AS name, key, events
          FROM (VALUES ('4'), ('6')) AS f (family),
               (VALUES ('server', 'id', 'AINS AUPD ADEL'), ('global_parameter', 'id', 'AINS AUPD ADEL'),
                       ('option_def', 'id', 'AINS AUPD ADEL'), ('client_class', 'id', 'ADEL'),
                       ('shared_network', 'id', 'AINS AUPD'), ('subnet', 'subnet_id', 'AINS AUPD')) AS o (suffix, key, events)
    LOOP
        FOR event IN
            SELECT * FROM (VALUES ('AINS', 'INSERT', 'NEW', 'create'), ('AUPD', 'UPDATE', 'NEW', 'update'),
                                  ('ADEL', 'DELETE', 'OLD', 'delete')) AS e (name, statement, old_or_new, done)
             WHERE e.name = ANY (string_to_array(t.events, ' '))
        LOOP
            EXECUTE format('CREATE FUNCTION func_%1$s_%2$s() RETURNS TRIGGER AS %3$L LANGUAGE plpgsql', t.name, event.name,
                format('BEGIN PERFORM createAuditEntryDHCP%s(%L, %s.%s, %L); RETURN NULL; END',
                       t.family, t.name, event.old_or_new, t.key, event.done));
            EXECUTE format('CREATE TRIGGER %1$s_%2$s AFTER %3$s ON %1$s FOR EACH ROW EXECUTE PROCEDURE func_%1$s_%2$s()',
                t.name, event.name, event.statement);
        END LOOP;
    END LOOP;
END $$;

-- A subnet goes with its pools and options; the audit has it before them.
CREATE FUNCTION func_dhcp4_subnet_BDEL() RETURNS TRIGGER AS $$
BEGIN
    PERFORM createAuditEntryDHCP4('dhcp4_subnet', OLD.subnet_id, 'delete');
    DELETE FROM dhcp4_pool WHERE subnet_id = OLD.subnet_id;
    DELETE FROM dhcp4_options WHERE dhcp4_subnet_id = OLD.subnet_id;
    RETURN OLD;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_dhcp6_subnet_BDEL() RETURNS TRIGGER AS $$
BEGIN
    PERFORM createAuditEntryDHCP6('dhcp6_subnet', OLD.subnet_id, 'delete');
    DELETE FROM dhcp6_pool WHERE subnet_id = OLD.subnet_id;
    DELETE FROM dhcp6_pd_pool WHERE subnet_id = OLD.subnet_id;
    DELETE FROM dhcp6_options WHERE dhcp6_subnet_id = OLD.subnet_id;
    RETURN OLD;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER dhcp4_subnet_BDEL BEFORE DELETE ON dhcp4_subnet FOR EACH ROW EXECUTE PROCEDURE func_dhcp4_subnet_BDEL();
CREATE TRIGGER dhcp6_subnet_BDEL BEFORE DELETE ON dhcp6_subnet FOR EACH ROW EXECUTE PROCEDURE func_dhcp6_subnet_BDEL();

-- Options: a global one is an object of its own. One that belongs to something is a change of that: the owner gets the
-- time of the change, and its own trigger leaves the entry. Options of hosts and classes leave none.
CREATE FUNCTION createOptionAuditDHCP4(
    modification_type VARCHAR, scope_id SMALLINT, option_id INT, p_subnet_id BIGINT, host_id INT, network_name VARCHAR,
    pool_id BIGINT, p_modification_ts TIMESTAMPTZ
) RETURNS VOID AS $$
BEGIN
    IF get_session_boolean('kea.cascade_transaction') THEN
        RETURN;
    ELSIF scope_id = 0 THEN
        PERFORM createAuditEntryDHCP4('dhcp4_options', option_id, modification_type);
    ELSIF scope_id = 1 THEN
        UPDATE dhcp4_subnet SET modification_ts = p_modification_ts WHERE subnet_id = p_subnet_id;
    ELSIF scope_id = 4 THEN
        UPDATE dhcp4_shared_network SET modification_ts = p_modification_ts WHERE name = network_name;
    ELSIF scope_id = 5 THEN
        UPDATE dhcp4_subnet SET modification_ts = p_modification_ts
         WHERE subnet_id = (SELECT p.subnet_id FROM dhcp4_pool AS p WHERE p.id = pool_id);
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION createOptionAuditDHCP6(
    modification_type VARCHAR, scope_id SMALLINT, option_id INT, p_subnet_id BIGINT, host_id INT, network_name VARCHAR,
    pool_id BIGINT, pd_pool_id BIGINT, p_modification_ts TIMESTAMPTZ
) RETURNS VOID AS $$
BEGIN
    IF get_session_boolean('kea.cascade_transaction') THEN
        RETURN;
    ELSIF scope_id = 0 THEN
        PERFORM createAuditEntryDHCP6('dhcp6_options', option_id, modification_type);
    ELSIF scope_id = 1 THEN
        UPDATE dhcp6_subnet SET modification_ts = p_modification_ts WHERE subnet_id = p_subnet_id;
    ELSIF scope_id = 4 THEN
        UPDATE dhcp6_shared_network SET modification_ts = p_modification_ts WHERE name = network_name;
    ELSIF scope_id = 5 THEN
        UPDATE dhcp6_subnet SET modification_ts = p_modification_ts
         WHERE subnet_id = (SELECT p.subnet_id FROM dhcp6_pool AS p WHERE p.id = pool_id);
    ELSIF scope_id = 6 THEN
        UPDATE dhcp6_subnet SET modification_ts = p_modification_ts
         WHERE subnet_id = (SELECT p.subnet_id FROM dhcp6_pd_pool AS p WHERE p.id = pd_pool_id);
    END IF;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_dhcp4_options_AINS() RETURNS TRIGGER AS $$
BEGIN
    PERFORM createOptionAuditDHCP4('create', NEW.scope_id, NEW.option_id, NEW.dhcp4_subnet_id, NEW.host_id,
                                   NEW.shared_network_name, NEW.pool_id, NEW.modification_ts);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_dhcp4_options_AUPD() RETURNS TRIGGER AS $$
BEGIN
    PERFORM createOptionAuditDHCP4('update', NEW.scope_id, NEW.option_id, NEW.dhcp4_subnet_id, NEW.host_id,
                                   NEW.shared_network_name, NEW.pool_id, NEW.modification_ts);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_dhcp4_options_ADEL() RETURNS TRIGGER AS $$
BEGIN
    PERFORM createOptionAuditDHCP4('delete', OLD.scope_id, OLD.option_id, OLD.dhcp4_subnet_id, OLD.host_id,
                                   OLD.shared_network_name, OLD.pool_id, now());
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER dhcp4_options_AINS AFTER INSERT ON dhcp4_options FOR EACH ROW EXECUTE PROCEDURE func_dhcp4_options_AINS();
CREATE TRIGGER dhcp4_options_AUPD AFTER UPDATE ON dhcp4_options FOR EACH ROW EXECUTE PROCEDURE func_dhcp4_options_AUPD();
CREATE TRIGGER dhcp4_options_ADEL AFTER DELETE ON dhcp4_options FOR EACH ROW EXECUTE PROCEDURE func_dhcp4_options_ADEL();

CREATE FUNCTION func_dhcp6_options_AINS() RETURNS TRIGGER AS $$
BEGIN
    PERFORM createOptionAuditDHCP6('create', NEW.scope_id, NEW.option_id, NEW.dhcp6_subnet_id, NEW.host_id,
                                   NEW.shared_network_name, NEW.pool_id, NEW.pd_pool_id, NEW.modification_ts);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_dhcp6_options_AUPD() RETURNS TRIGGER AS $$
BEGIN
    PERFORM createOptionAuditDHCP6('update', NEW.scope_id, NEW.option_id, NEW.dhcp6_subnet_id, NEW.host_id,
                                   NEW.shared_network_name, NEW.pool_id, NEW.pd_pool_id, NEW.modification_ts);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE FUNCTION func_dhcp6_options_ADEL() RETURNS TRIGGER AS $$
BEGIN
    PERFORM createOptionAuditDHCP6('delete', OLD.scope_id, OLD.option_id, OLD.dhcp6_subnet_id, OLD.host_id,
                                   OLD.shared_network_name, OLD.pool_id, OLD.pd_pool_id, now());
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE TRIGGER dhcp6_options_AINS AFTER INSERT ON dhcp6_options FOR EACH ROW EXECUTE PROCEDURE func_dhcp6_options_AINS();
CREATE TRIGGER dhcp6_options_AUPD AFTER UPDATE ON dhcp6_options FOR EACH ROW EXECUTE PROCEDURE func_dhcp6_options_AUPD();
CREATE TRIGGER dhcp6_options_ADEL AFTER DELETE ON dhcp6_options FOR EACH ROW EXECUTE PROCEDURE func_dhcp6_options_ADEL();

-- Kea has triggers of this name on most tables. They come too late to change the time of a row, which is whatever its
-- writer says; a Kea that upgrades the database looks for them.
CREATE FUNCTION modification_ts_update() RETURNS TRIGGER AS $$
BEGIN
    RETURN NULL;
END $$ LANGUAGE plpgsql;

DO $$
DECLARE
    t TEXT;
BEGIN
    FOREACH t IN ARRAY ARRAY[
        'dhcp4_audit', 'dhcp4_audit_revision', 'dhcp4_global_parameter', 'dhcp4_global_parameter_server', 'dhcp4_option_def',
        'dhcp4_option_def_server', 'dhcp4_options', 'dhcp4_options_server', 'dhcp4_pool', 'dhcp4_server',
        'dhcp4_shared_network', 'dhcp4_subnet', 'dhcp4_subnet_server',
        'dhcp6_audit', 'dhcp6_audit_revision', 'dhcp6_global_parameter', 'dhcp6_global_parameter_server', 'dhcp6_option_def',
        'dhcp6_option_def_server', 'dhcp6_options', 'dhcp6_options_server', 'dhcp6_pd_pool', 'dhcp6_pool', 'dhcp6_server',
        'dhcp6_shared_network', 'dhcp6_subnet', 'dhcp6_subnet_server']
    LOOP
        EXECUTE format('CREATE TRIGGER %1$s_modification_ts_update AFTER UPDATE ON %1$s
            FOR EACH ROW EXECUTE PROCEDURE modification_ts_update()', t);
    END LOOP;
END $$;

COMMIT;
