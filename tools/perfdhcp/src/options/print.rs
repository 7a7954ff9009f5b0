//! What is printed of the command line.

use super::{LeaseType, Options, Scenario};
use std::fmt::Display;

/// The first lines of the output.
pub(crate) fn announce(options: &Options) {
    if options.separator.is_some() {
        return;
    }
    println!("Running: {}", options.line);
    match options.scenario {
        Scenario::Basic => println!("Scenario: basic."),
        Scenario::Avalanche => println!("Scenario: avalanche."),
    }
    if !options.single_thread {
        println!("Multi-thread mode enabled.");
    }
}

/// All of it (`-x a`).
pub(crate) fn print(o: &Options) {
    let family = if o.is_v6() { 6 } else { 4 };
    println!("IPv{family}");
    if o.half {
        println!("{} only", if o.is_v6() { "SOLICIT-ADVERTISE" } else { "DISCOVER-OFFER" });
    }
    println!("lease-type={}", kind(o.lease));
    number("rate[1/s]", o.rate);
    number("renew-rate[1/s]", o.renew_rate);
    number("release-rate[1/s]", o.release_rate);
    number("report[s]", o.report);
    number("clients", o.clients);
    list("base[", &o.bases);
    list("num-request[", &o.requests);
    number("test-period", o.period);
    list("drop-time[", &o.drop_time);
    list("max-drop{", &o.max_drops);
    list("max-pdrop{", &o.max_drop_percent);
    number("preload", o.preload);
    number("local-port", o.local_port.into());
    number("remote-port", o.remote_port.into());
    number("seed", o.seed);
    for (name, on) in [("broadcast", o.broadcast), ("rapid-commit", o.rapid_commit), ("use-first", o.use_first)] {
        if on {
            println!("{name}");
        }
    }
    if let Some(file) = &o.mac_file {
        println!("mac-list-file={file}");
    }
    list("template-file[", &o.templates);
    list("xid-offset[", &o.offsets.xid);
    offset("elp-offset", o.offsets.time);
    list("rnd-offset[", &o.offsets.random);
    offset("sid-offset", o.offsets.server);
    offset("rip-offset", o.offsets.address);
    if !o.diagnostics.is_empty() {
        println!("diagnostic-selectors={}", o.diagnostics);
    }
    if let Some(program) = &o.wrapped {
        println!("wrapped={program}");
    }
    if let Some(local) = &o.local {
        println!("{}={local}", if o.local_is_interface { "interface" } else { "local-addr" });
    }
    println!("server={}", o.server);
    println!("{}-thread-mode", if o.single_thread { "single" } else { "multi" });
    println!("Set MAC to {}", wire::hex::Colons(&o.mac).to_string().replace(':', "::"));
    println!("Set DUID to {}", wire::hex::Plain(&o.duid).to_string().to_lowercase());
}

fn kind(lease: LeaseType) -> &'static str {
    match lease {
        LeaseType::Address => "address-only (IA_NA option added to the client's request)",
        LeaseType::Prefix => "prefix-only (IA_PD option added to the client's request)",
        LeaseType::AddressAndPrefix => {
            "address-and-prefix (Both IA_NA and IA_PD options added to the client's request)"
        }
    }
}

fn number(name: &str, value: u32) {
    if value != 0 {
        println!("{name}={value}");
    }
}

/// `name` ends with the bracket that opens.
fn list(name: &str, values: &[impl Display]) {
    values.iter().enumerate().for_each(|(at, value)| println!("{name}{at}]={value}"));
}

fn offset(name: &str, value: Option<usize>) {
    match value {
        None => println!("{name}=-1"),
        Some(0) => {}
        Some(value) => println!("{name}={value}"),
    }
}
