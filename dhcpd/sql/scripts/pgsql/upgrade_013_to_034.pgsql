-- Brings a database from the schema 13.0 of Kea 2.2, or any after it, to 34.0. What counts, audits and checks is dropped
-- here and made again by the second half of dhcpdb_create.pgsql, which kea-admin runs behind this, in the same transaction.

BEGIN;

-- Without triggers none of the changes below leaves an audit entry.
DO $$
DECLARE
    f REGPROCEDURE;
BEGIN
    FOR f IN
        SELECT oid FROM pg_proc
         WHERE pronamespace = current_schema()::REGNAMESPACE
           AND proname ~ ('^(((func|proc_stat)_)?(lease|dhcp)[46]|create(option)?audit(entry|revision)?dhcp[46]$|sflq'
                       || '|(check|update)(dhcpv|lease)[46]|setclientclass[46]order$|[gs]et_session_)'
                       || '|^(gmt_epoch|json_cast|texttojsonlist|colonseparatedhex|isjsonsupported|modification_ts_update)$'
                       || '|^(hextobin|inettobytea|byteatoinet|incrementv6prefix)$')
    LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', f);
    END LOOP;
END $$;

DO $$
DECLARE
    before CONSTANT INT := (SELECT version FROM schema_version);
    family TEXT;
    t TEXT;
BEGIN
    IF before NOT BETWEEN 13 AND 33 THEN
        RAISE EXCEPTION 'cannot upgrade from schema %', before;
    END IF;
    IF before < 14 THEN
        ALTER TABLE dhcp4_options ADD COLUMN cancelled BOOLEAN NOT NULL DEFAULT false;
        ALTER TABLE dhcp6_options ADD COLUMN cancelled BOOLEAN NOT NULL DEFAULT false;
        ALTER TABLE dhcp4_shared_network ADD COLUMN offer_lifetime BIGINT;
        ALTER TABLE dhcp4_subnet ADD COLUMN offer_lifetime BIGINT;
        ALTER TABLE dhcp4_client_class ADD COLUMN offer_lifetime BIGINT;
    END IF;
    IF before < 15 THEN
        ALTER TABLE lease4 ADD COLUMN relay_id BYTEA, ADD COLUMN remote_id BYTEA;
        CREATE INDEX lease4_by_relay_id ON lease4 (relay_id);
        CREATE INDEX lease4_by_remote_id ON lease4 (remote_id);
    END IF;
    IF before < 16 THEN
        ALTER TABLE dhcp4_subnet ADD COLUMN allocator TEXT;
        ALTER TABLE dhcp4_shared_network ADD COLUMN allocator TEXT;
        ALTER TABLE dhcp6_subnet ADD COLUMN allocator TEXT, ADD COLUMN pd_allocator TEXT;
        ALTER TABLE dhcp6_shared_network ADD COLUMN allocator TEXT, ADD COLUMN pd_allocator TEXT;
    END IF;
    IF before < 17 THEN
        -- The DUID of a lease without a client, of declined addresses, has three bytes now.
        UPDATE lease6 SET duid = '\x000000' WHERE duid = '\x00';
        ALTER TABLE lease4 ADD COLUMN pool_id BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE lease6 ADD COLUMN pool_id BIGINT NOT NULL DEFAULT 0;
        CREATE TABLE lease4_pool_stat (
            subnet_id BIGINT, pool_id BIGINT, state BIGINT, leases BIGINT, PRIMARY KEY (subnet_id, pool_id, state));
        CREATE TABLE lease6_pool_stat (
            subnet_id BIGINT, pool_id BIGINT, lease_type SMALLINT, state BIGINT, leases BIGINT,
            PRIMARY KEY (subnet_id, pool_id, lease_type, state));
        INSERT INTO lease4_pool_stat
        SELECT subnet_id, pool_id, state, count(*) FROM lease4 WHERE state IN (0, 1) GROUP BY 1, 2, 3;
        INSERT INTO lease6_pool_stat
        SELECT subnet_id, pool_id, lease_type, state, count(*) FROM lease6 WHERE state IN (0, 1) GROUP BY 1, 2, 3, 4;
    END IF;
    IF before < 18 THEN
        -- Takes its index with it. Only 17 has it.
        ALTER TABLE lease6 DROP COLUMN IF EXISTS binaddr;
        ALTER TABLE lease6 ALTER COLUMN address TYPE INET USING address::INET;
        ALTER TABLE ipv6_reservations ALTER COLUMN address TYPE INET USING address::INET;
    END IF;
    IF before < 19 THEN
        -- In 17 they had addresses of another type; servers build them anew.
        DROP TABLE IF EXISTS lease6_relay_id, lease6_remote_id;
        CREATE TABLE lease6_relay_id (
            extended_info_id SERIAL PRIMARY KEY,
            relay_id BYTEA NOT NULL,
            lease_addr INET NOT NULL CONSTRAINT fk_lease6_relay_id_addr REFERENCES lease6 (address) ON DELETE CASCADE);
        CREATE INDEX lease6_relay_id_by_id ON lease6_relay_id (relay_id, lease_addr);
        CREATE INDEX lease6_relay_id_by_address ON lease6_relay_id (lease_addr);
        CREATE TABLE lease6_remote_id (
            extended_info_id SERIAL PRIMARY KEY,
            remote_id BYTEA NOT NULL,
            lease_addr INET NOT NULL CONSTRAINT fk_lease6_remote_id_addr REFERENCES lease6 (address) ON DELETE CASCADE);
        CREATE INDEX lease6_remote_id_by_id ON lease6_remote_id (remote_id, lease_addr);
        CREATE INDEX lease6_remote_id_by_address ON lease6_remote_id (lease_addr);
    END IF;
    IF before < 20 THEN
        CREATE INDEX lease6_by_subnet_id_address ON lease6 (subnet_id, address);
    END IF;
    IF before < 21 THEN
        -- It was on another table.
        DROP INDEX dhcp4_server_modification_ts;
        CREATE INDEX dhcp4_server_modification_ts ON dhcp4_server (modification_ts);
    END IF;
    IF before < 23 THEN
        INSERT INTO lease_state VALUES (3, 'released');
    END IF;
    IF to_regclass('option_def_data_type') IS NULL THEN
        CREATE TABLE option_def_data_type (id SMALLINT PRIMARY KEY, name VARCHAR(32) NOT NULL);
        INSERT INTO option_def_data_type VALUES
            (0, 'empty'), (1, 'binary'), (2, 'boolean'), (3, 'int8'), (4, 'int16'), (5, 'int32'), (6, 'uint8'), (7, 'uint16'),
            (8, 'uint32'), (10, 'ipv4-address'), (11, 'ipv6-address'), (12, 'ipv6-prefix'), (13, 'psid'), (14, 'string'),
            (15, 'tuple'), (16, 'fqdn'), (17, 'internal'), (254, 'record');
        UPDATE dhcp4_option_def SET type = 254 WHERE record_types IS NOT NULL;
        UPDATE dhcp6_option_def SET type = 254 WHERE record_types IS NOT NULL;
        ALTER TABLE dhcp4_option_def
            ADD CONSTRAINT fk_option_def_data_type4 FOREIGN KEY (type) REFERENCES option_def_data_type (id);
        ALTER TABLE dhcp6_option_def
            ADD CONSTRAINT fk_option_def_data_type6 FOREIGN KEY (type) REFERENCES option_def_data_type (id);
    END IF;
    IF before < 25 THEN
        ALTER TABLE ipv6_reservations
            ADD COLUMN excluded_prefix INET, ADD COLUMN excluded_prefix_len SMALLINT NOT NULL DEFAULT 0;
    END IF;
    IF before < 26 THEN
        ALTER TABLE dhcp4_options ADD COLUMN client_classes TEXT;
        ALTER TABLE dhcp6_options ADD COLUMN client_classes TEXT;
        UPDATE option_def_data_type SET name = 'int8' WHERE id = 3;
        ALTER TABLE dhcp4_client_class RENAME COLUMN only_if_required TO only_in_additional_list;
        ALTER TABLE dhcp6_client_class RENAME COLUMN only_if_required TO only_in_additional_list;
    END IF;
    FOREACH t IN ARRAY ARRAY['dhcp4_shared_network', 'dhcp4_subnet', 'dhcp4_pool',
                             'dhcp6_shared_network', 'dhcp6_subnet', 'dhcp6_pool', 'dhcp6_pd_pool'] LOOP
        IF before < 26 THEN
            EXECUTE format('ALTER TABLE %s RENAME COLUMN require_client_classes TO evaluate_additional_classes', t);
        END IF;
        IF before < 27 THEN
            -- The name of a class becomes a list of one.
            EXECUTE format('ALTER TABLE %s RENAME COLUMN client_class TO client_classes', t);
            EXECUTE format('ALTER TABLE %s ALTER COLUMN client_classes TYPE TEXT
                            USING ''[ "'' || nullif(client_classes, '''') || ''" ]''', t);
        END IF;
    END LOOP;
    IF before < 28 THEN
        FOREACH t IN ARRAY ARRAY['dhcp4_shared_network', 'dhcp4_subnet', 'dhcp6_shared_network', 'dhcp6_subnet'] LOOP
            EXECUTE format('ALTER TABLE %s ADD COLUMN ddns_ttl_percent FLOAT8, ADD COLUMN ddns_ttl BIGINT,
                            ADD COLUMN ddns_ttl_min BIGINT, ADD COLUMN ddns_ttl_max BIGINT', t);
        END LOOP;
    END IF;
    IF before < 29 THEN
        INSERT INTO lease_state VALUES (4, 'registered');
    END IF;
    IF before < 30 THEN
        UPDATE dhcp4_options SET client_classes = '[  ]' WHERE client_classes IS NULL;
        UPDATE dhcp6_options SET client_classes = '[  ]' WHERE client_classes IS NULL;
        ALTER TABLE dhcp4_options ALTER COLUMN client_classes SET NOT NULL;
        ALTER TABLE dhcp6_options ALTER COLUMN client_classes SET NOT NULL;
        ALTER TABLE dhcp6_options ADD COLUMN IF NOT EXISTS modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP;
    END IF;
    IF before < 31 THEN
        CREATE INDEX lease6_by_hwaddr ON lease6 (hwaddr);
    END IF;
    IF before < 32 THEN
        CREATE INDEX lease4_by_state ON lease4 (state, subnet_id);
        CREATE INDEX lease6_by_state ON lease6 (state, subnet_id);
    END IF;
    IF before < 33 THEN
        CREATE TABLE flq_pool4 (
            id                    SERIAL PRIMARY KEY,
            start_address         BIGINT NOT NULL,
            end_address           BIGINT NOT NULL,
            last_returned_address BIGINT NOT NULL DEFAULT 0,
            subnet_id             BIGINT NOT NULL,
            created_ts            TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
            modification_ts       TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP);
        CREATE TABLE flq_pool6 (
            id                    SERIAL PRIMARY KEY,
            start_address         INET NOT NULL,
            end_address           INET NOT NULL,
            lease_type            SMALLINT NOT NULL,
            delegated_len         SMALLINT NOT NULL,
            last_returned_address INET NOT NULL DEFAULT '::',
            subnet_id             BIGINT NOT NULL,
            created_ts            TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
            modification_ts       TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP);
        FOREACH family IN ARRAY ARRAY['4', '6'] LOOP
            EXECUTE replace('CREATE INDEX flq_pool@_by_subnet_id ON flq_pool@ (subnet_id)', '@', family);
            EXECUTE replace('CREATE UNIQUE INDEX flq_pool@_start_end_address ON flq_pool@ (start_address, end_address)', '@', family);
        END LOOP;
        CREATE TABLE free_lease4 (
            address         BIGINT PRIMARY KEY,
            modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP);
        CREATE TABLE free_lease6 (
            address         INET PRIMARY KEY,
            bin_address     BYTEA NOT NULL,
            modification_ts TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP);
        CREATE UNIQUE INDEX free_lease6_bin_address ON free_lease6 (bin_address);
    END IF;
    -- Temporary addresses are gone.
    UPDATE lease6 SET lease_type = 0 WHERE lease_type = 1;
    UPDATE flq_pool6 SET lease_type = 0 WHERE lease_type = 1;
    DELETE FROM lease6_stat_by_client_class WHERE lease_type = 1;
    DELETE FROM lease6_pool_stat WHERE lease_type = 1;
    DELETE FROM lease6_stat WHERE lease_type = 1;
    DELETE FROM lease6_types WHERE lease_type = 1;
    ALTER TABLE flq_pool6 ADD CONSTRAINT fk_flq_pool6_lease6_type FOREIGN KEY (lease_type) REFERENCES lease6_types (lease_type);

    -- Parameters that have other names now, or went away.
    FOREACH family IN ARRAY ARRAY['4', '6'] LOOP
        IF before < 19 THEN
            EXECUTE format($sql$
                UPDATE dhcp%s_global_parameter
                   SET name = 'ddns-conflict-resolution-mode', parameter_type = 4,
                       value = CASE value WHEN '1' THEN 'check-with-dhcid' ELSE 'no-check-with-dhcid' END
                 WHERE name = 'ddns-use-conflict-resolution' AND value IN ('0', '1') $sql$, family);
        END IF;
        IF before < 22 THEN
            EXECUTE format($sql$
                DELETE FROM dhcp%s_global_parameter
                 WHERE name = ANY ('{dhcp-ddns.override-no-update, dhcp-ddns.override-client-update,
                     dhcp-ddns.replace-client-name, dhcp-ddns.generated-prefix, dhcp-ddns.qualifying-suffix,
                     dhcp-ddns.hostname-char-set, dhcp-ddns.hostname-char-replacement}') $sql$, family);
            EXECUTE format($sql$
                UPDATE dhcp%s_global_parameter SET name = 'reservations-' || of, value = new, parameter_type = 2
                  FROM (VALUES ('global', 'global', '1'), ('all', 'in-subnet', '1'), ('disabled', 'in-subnet', '0'),
                               ('off', 'in-subnet', '0'), ('out-of-pool', 'out-of-pool', '1')) AS mode (old, of, new)
                 WHERE name = 'reservation-mode' AND value = old $sql$, family);
        END IF;
        IF before < 24 THEN
            EXECUTE format($sql$
                DELETE FROM dhcp%s_global_parameter WHERE name IN ('control-socket.socket-name', 'control-socket.socket-type')
                $sql$, family);
        END IF;
    END LOOP;
    UPDATE schema_version SET version = 34, minor = 0;
END $$;
