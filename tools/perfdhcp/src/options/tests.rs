//! Command lines that are taken and that are refused.

use super::*;
use std::ffi::OsString;
use std::io::Write;

fn parsed(arguments: &str) -> Result<Options, String> {
    let words = arguments.split_whitespace().map(OsString::from);
    match read(words, 1, &["eth0"], 5)? {
        Invocation::Run(options) => Ok(*options),
        Invocation::Print(text) => Err(format!("printed {text}")),
    }
}

/// What is said of a command line that is refused, by itself or by the rules.
fn refusal(arguments: &str) -> String {
    parsed(arguments).and_then(|mut options| check(&mut options, 1)).unwrap_err()
}

#[test]
fn letters_are_read() {
    let options = parsed("-6 -r100 -f 10 -F20 -R 5 -p 3 -d 0.5 -D 10% -n 7 -n 8 -W 500 -l eth0 -e address-and-prefix -A1 --or 1:38,3132 -o 7,ff -y 10 -Y 3 -g single -xi -C ; --scen avalanche").unwrap();
    assert!(options.is_v6() && options.single_thread && options.relayed && options.local_is_interface);
    assert_eq!((options.rate, options.renew_rate, options.release_rate, options.clients), (100, 10, 20, 5));
    assert_eq!((&options.requests[..], options.exit_wait), (&[7, 8][..], Duration::from_micros(500)));
    assert_eq!((options.drop_time, &options.max_drop_percent[..]), ([0.5, 1.0], &[10.0][..]));
    assert_eq!((options.lease, options.scenario), (LeaseType::AddressAndPrefix, Scenario::Avalanche));
    assert_eq!(options.relay_extra, [(38, vec![0x31, 0x32])]);
    assert_eq!(options.extra, [(7, vec![0xff])]);
    assert_eq!((options.separator.as_deref(), options.server.as_str()), (Some(";"), "ff02::1:2"));
    assert_eq!([0, 2, 3, 12, 13].map(|second| options.pretended_seconds(second)), [0, 0, 1, 10, 0]);
    assert_eq!(options.duid, [&[0, 1, 0, 1, 0, 0, 0, 5], &options.mac[..]].concat());
}

#[test]
fn the_command_line_is_repeated_with_the_server_in_the_end() {
    let options = parsed("-4 192.0.2.1 -r5 --scenario basic").unwrap();
    assert_eq!(options.line, "perfdhcp -4 -r 5 --scenario basic 192.0.2.1");
}

#[test]
fn clients_have_bases() {
    let options = parsed("-b mac=00::0C::01:a:03:FF -b duid=010203040506 192.0.2.1").unwrap();
    assert_eq!((options.mac, options.duid), ([0, 12, 1, 10, 3, 255], vec![1, 2, 3, 4, 5, 6]));
    let macs = "expected -b<base> format for mac address is -b mac=00::0C::01::02::03::04 or -b mac=00:0C:01:02:03:04";
    for (base, reason) in [
        ("mac=1:2:3:4:5", macs),
        ("mac=1:2:3:4:5:x", "invalid characters in MAC provided"),
        ("duid=123", "odd number of hexadecimal digits in duid"),
        ("duid=1234", "DUID must be at least 6 octets long"),
        ("duid=12345678901g", "invalid characters in DUID provided, expected hex digits"),
        ("ip=1", "base value not provided as -b<value>, expected -b mac=<mac> or -b duid=<duid>"),
    ] {
        assert_eq!(refusal(&format!("-b {base} 192.0.2.1")), reason);
    }
}

#[test]
fn servers_have_names_for_everybody() {
    assert_eq!(parsed("all").map(|it| (it.server, it.broadcast)), Ok(("255.255.255.255".to_owned(), true)));
    assert_eq!(parsed("-l eth0").map(|it| it.server), Ok("255.255.255.255".to_owned()));
    assert_eq!(parsed("-6 servers").map(|it| it.server), Ok("ff05::1:3".to_owned()));
    let wrong = parsed("-6 192.0.2.1").unwrap().server().unwrap_err();
    assert_eq!(wrong, "Values for IP version: 6 and server address: 192.0.2.1 are mismatched.");
    let wrong = parsed("nowhere").unwrap().server().unwrap_err();
    assert_eq!(wrong, "Failed to convert string to address 'nowhere': Invalid argument");
}

#[test]
fn files_list_clients_and_relays() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"00:0c:01:02:03:05\n00:0c:01:02:03:06\n").unwrap();
    let name = file.path().to_str().unwrap();
    assert_eq!(parsed(&format!("-M {name} all")).unwrap().macs.len(), 2);
    assert_eq!(refusal(&format!("-M {name} -b mac=1:2:3:4:5:6 all")), "Can't use -b with -M option");
    assert_eq!(refusal(&format!("-J {name} all")), "invalid address or wrong address version in line: 1");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"192.0.2.1\n192.0.2.2\n").unwrap();
    let name = file.path().to_str().unwrap();
    assert_eq!(parsed(&format!("-J {name} all")).unwrap().relays.unwrap().len(), 2);
    assert_eq!(refusal(&format!("-6 -J {name} all")), "invalid address or wrong address version in line: 1");
    assert_eq!(refusal(&format!("-M {name} all")), "invalid mac in input line 1");
}

#[test]
fn what_is_wrong_is_told_in_keas_words() {
    for (arguments, reason) in [
        ("-z all", "wrong command line option"),
        ("-r", "wrong command line option"),
        ("--none x all", "wrong command line option"),
        ("", "without an interface, server is required"),
        ("a b", "extra arguments?"),
        ("-6 -4 all", "IP version already set to 6"),
        ("-6 -B all", "-B is not compatible with IPv6 (-6)"),
        ("-c all", "-6 (IPv6) must be set to use -c"),
        ("-6 -c all", "-i must be set to use -c"),
        ("-r 0 all", "value of rate: -r<value> must be a positive integer"),
        ("-r x all", "value of rate: -r<value> must be a positive integer"),
        (
            "-n 1 -n 2 -n 3 all",
            "value of maximum number of requests: -n<value> already specified, unexpected 3rd occurrence of -n<value>",
        ),
        ("-D 100% all", "value of drop percentage: -D<value%> must be 0..100"),
        ("-d 0 all", "drop-time must be a positive number"),
        ("-A 2 all", "-A only supports 1 at the moment."),
        ("-A 1 all", "Can't use -4 with -A, it's a V6 only option."),
        ("-o 60,ff all", "-4 or -6 must be explicitly specified before -o is used."),
        (
            "-4 -o 60 all",
            "-o option must provide option code, a comma and hexstring for the option content, e.g. -o60,646f63736973 for sending option 60 (class-id) with the value 'docsis'",
        ),
        ("-6 --or 38,31 all", "-A must be explicitly specified before --or is used."),
        ("-6 -A 1 --or 2:38,31 all", "Relayed option encapsulation level supports only value 1 at the moment."),
        (
            "-f 5 all",
            "Renew rate specified as -f<renew-rate> must not be specified when -r<rate> parameter is not specified",
        ),
        (
            "-r 5 -f 3 -F 3 all",
            "The sum of Renew rate (-f<renew-rate>) and Release rate (-F<release-rate>) must not be greater than the exchange rate specified as -r<rate>",
        ),
        ("-i -F 5 -r 5 all", "-F<release-rate> is not compatible with -i"),
        ("-e prefix-only all", "-6 option must be used if lease type other than '-e address-only' is specified"),
        ("-X 4 all", "-T<template-file> must be set to use -X<xid-offset>"),
        ("-T f -E 4 all", "second/request -T<template-file> must be set to use -E<time-offset>"),
        ("-O 2 -T f all", "value of random random-offset: -O<value> must be greater than 3 "),
        ("-y 3 all", "Option -y can't be used without -Y"),
        ("-Y 3 all", "Option -Y can't be used without -y"),
        ("-L 70000 all", "local-port must be lower than 65535"),
        ("-g two all", "value of thread mode (-g) 'two' is wrong - should be '-g single' or '-g multi'"),
        ("--scenario x all", "scenario value 'x' is wrong - should be 'basic' or 'avalanche'"),
        (
            "--scenario avalanche all",
            "in case of avalanche scenario number\nof clients must be specified using -R option explicitly",
        ),
    ] {
        assert_eq!(refusal(arguments), reason, "{arguments}");
    }
}

#[test]
fn versions_and_help_are_printed() {
    assert_eq!(refusal("-v"), "printed 3.3.1\n");
    assert!(refusal("-V").starts_with("printed 3.3.1 (Takahe "));
    assert!(refusal("-h").contains("[--scenario name]"));
}
