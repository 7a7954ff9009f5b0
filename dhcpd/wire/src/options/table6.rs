//! The options of DHCPv6: the space `dhcp6` and the spaces inside its options.

use super::DataType::*;
use super::{Definition, carrier, many, one, record, records};

/// Space `dhcp6` (RFC 8415 and later).
pub(super) static DHCP6: &[Definition] = &[
    one(1, "clientid", Binary, 9915),
    one(2, "serverid", Binary, 9915),
    record(3, "ia-na", &[Uint32, Uint32, Uint32], "", 9915),
    one(4, "ia-ta", Uint32, 9915),
    record(5, "iaaddr", &[Ipv6Address, Uint32, Uint32], "", 9915),
    many(6, "oro", Uint16, 9915),
    one(7, "preference", Uint8, 9915),
    one(8, "elapsed-time", Uint16, 9915),
    one(9, "relay-msg", Binary, 9915),
    one(11, "auth", Binary, 9915),
    one(12, "unicast", Ipv6Address, 9915),
    record(13, "status-code", &[Uint16, String], "", 9915),
    one(14, "rapid-commit", Empty, 9915),
    one(15, "user-class", Binary, 9915),
    record(16, "vendor-class", &[Uint32, Binary], "", 9915),
    one(17, "vendor-opts", Uint32, 9915),
    one(18, "interface-id", Binary, 9915),
    one(19, "reconf-msg", Uint8, 9915),
    one(20, "reconf-accept", Empty, 9915),
    many(21, "sip-server-dns", Fqdn, 3319),
    many(22, "sip-server-addr", Ipv6Address, 3319),
    many(23, "dns-servers", Ipv6Address, 3646),
    many(24, "domain-search", Fqdn, 3646),
    record(25, "ia-pd", &[Uint32, Uint32, Uint32], "", 9915),
    record(26, "iaprefix", &[Uint32, Uint32, Uint8, Ipv6Address], "", 9915),
    many(27, "nis-servers", Ipv6Address, 3898),
    many(28, "nisp-servers", Ipv6Address, 3898),
    many(29, "nis-domain-name", Fqdn, 3898),
    many(30, "nisp-domain-name", Fqdn, 3898),
    many(31, "sntp-servers", Ipv6Address, 4075),
    one(32, "information-refresh-time", Uint32, 9915),
    many(33, "bcmcs-server-dns", Fqdn, 4280),
    many(34, "bcmcs-server-addr", Ipv6Address, 4280),
    record(36, "geoconf-civic", &[Uint8, Uint16, Binary], "", 4776),
    record(37, "remote-id", &[Uint32, Binary], "", 4649),
    one(38, "subscriber-id", Binary, 4580),
    record(39, "client-fqdn", &[Uint8, Fqdn], "", 4704),
    many(40, "pana-agent", Ipv6Address, 5192),
    one(41, "new-posix-timezone", String, 4833),
    one(42, "new-tzdb-timezone", String, 4833),
    many(43, "ero", Uint16, 4994),
    record(44, "lq-query", &[Uint8, Ipv6Address], "dhcp6", 5007),
    carrier(45, "client-data", Empty, "dhcp6", 5007),
    one(46, "clt-time", Uint32, 5007),
    record(47, "lq-relay-data", &[Ipv6Address, Binary], "", 5007),
    many(48, "lq-client-link", Ipv6Address, 5007),
    one(51, "v6-lost", Fqdn, 5223),
    many(52, "capwap-ac-v6", Ipv6Address, 5417),
    one(53, "relay-id", Binary, 5460),
    carrier(56, "ntp-server", Empty, "v6-ntp-server-suboptions", 5908),
    one(57, "v6-access-domain", Fqdn, 5986),
    many(58, "sip-ua-cs-list", Fqdn, 6011),
    one(59, "bootfile-url", String, 5970),
    many(60, "bootfile-param", Tuple16, 5970),
    many(61, "client-arch-type", Uint16, 5970),
    record(62, "nii", &[Uint8, Uint8, Uint8], "", 5970),
    one(64, "aftr-name", Fqdn, 6334),
    one(65, "erp-local-domain-name", Fqdn, 6440),
    carrier(66, "rsoo", Empty, "rsoo-opts", 6422),
    one(67, "pd-exclude", Ipv6Prefix, 6603),
    records(74, "rdnss-selection", &[Ipv6Address, Uint8, Fqdn], "", 6731),
    one(79, "client-linklayer-addr", Binary, 6939),
    one(80, "link-address", Ipv6Address, 6977),
    one(82, "solmax-rt", Uint32, 9915),
    one(83, "inf-max-rt", Uint32, 9915),
    one(87, "dhcpv4-message", Binary, 7341),
    many(88, "dhcp4o6-server-addr", Ipv6Address, 7341),
    carrier(94, "s46-cont-mape", Empty, "s46-cont-mape-options", 7598),
    carrier(95, "s46-cont-mapt", Empty, "s46-cont-mapt-options", 7598),
    carrier(96, "s46-cont-lw", Empty, "s46-cont-lw-options", 7598),
    one(103, "v6-captive-portal", String, 8910),
    one(135, "relay-source-port", Uint16, 8357),
    many(136, "v6-sztp-redirect", Tuple16, 8572),
    many(143, "ipv6-address-andsf", Ipv6Address, 6153),
    one(144, "v6-dnr", Dnr6, 9463),
    one(148, "addr-reg-enable", Empty, 9686),
];

/// Space `vendor-2495`, options between the servers of DHCPv4-over-DHCPv6.
pub(super) static ISC: &[Definition] = &[
    one(60000, "4o6-interface", String, 7341),
    one(60001, "4o6-source-address", Ipv6Address, 7341),
    one(60002, "4o6-source-port", Uint16, 7341),
];

/// Space `s46-cont-mape-options` (RFC 7598 §5).
pub(super) static MAPE: &[Definition] = &[
    record(89, "s46-rule", &[Uint8, Uint8, Uint8, Ipv4Address, Ipv6Prefix], "s46-rule-options", 7598),
    one(90, "s46-br", Ipv6Address, 7598),
];

/// Space `s46-cont-mapt-options` (RFC 7598 §5).
pub(super) static MAPT: &[Definition] = &[
    record(89, "s46-rule", &[Uint8, Uint8, Uint8, Ipv4Address, Ipv6Prefix], "s46-rule-options", 7598),
    one(91, "s46-dmr", Ipv6Prefix, 7598),
];

/// Space `s46-cont-lw-options` (RFC 7598 §5).
pub(super) static LW: &[Definition] = &[
    one(90, "s46-br", Ipv6Address, 7598),
    record(92, "s46-v4v6bind", &[Ipv4Address, Ipv6Prefix], "s46-v4v6bind-options", 7598),
];

/// Space `s46-rule-options` (RFC 7598 §4).
pub(super) static RULE: &[Definition] = &[record(93, "s46-portparams", &[Uint8, Psid], "", 7598)];

/// Space `s46-v4v6bind-options` (RFC 7598 §4).
pub(super) static BIND: &[Definition] = &[record(93, "s46-portparams", &[Uint8, Psid], "", 7598)];

/// Space `v6-ntp-server-suboptions` (RFC 5908 §4).
pub(super) static NTP: &[Definition] = &[
    one(1, "ntp-server-address", Ipv6Address, 5908),
    one(2, "ntp-server-multicast", Ipv6Address, 5908),
    one(3, "ntp-server-fqdn", Fqdn, 5908),
];

/// Space `vendor-4491`, the DHCPv6 options of CableLabs.
pub(super) static DOCSIS3: &[Definition] = &[
    many(1, "oro", Uint16, 0),
    one(2, "device-type", String, 0),
    one(10, "vendor-type", String, 0),
    many(32, "tftp-servers", Ipv6Address, 0),
    one(33, "config-file", String, 0),
    many(34, "syslog-servers", Ipv6Address, 0),
    one(36, "device-id", Binary, 0),
    many(37, "time-servers", Ipv6Address, 0),
    one(38, "time-offset", Int32, 0),
    one(1026, "cmts-cm-mac", Binary, 0),
];
