//! Rules between letters.

use super::{LeaseType, Options, Scenario};

/// Refuses what does not go together. `processors`: what the machine can run at once; what is better is printed.
pub(crate) fn check(options: &mut Options, processors: usize) -> Result<(), String> {
    if let Some((_, reason)) = rules(options).into_iter().find(|(broken, _)| *broken) {
        return Err(reason.to_owned());
    }
    match (processors, options.single_thread) {
        (1, false) => {
            println!("WARNING: Currently system can run only 1 thread in parallel.");
            println!("WARNING: Better results are achieved when run in single-threaded mode.");
            println!("WARNING: To switch use -g single option.");
        }
        (2.., true) => {
            println!("WARNING: Currently system can run more than 1 thread in parallel.");
            println!("WARNING: Better results are achieved when run in multi-threaded mode.");
            println!("WARNING: To switch use -g multi option.");
        }
        _ => {}
    }
    if options.scenario == Scenario::Avalanche {
        if options.clients == 0 {
            return Err(
                "in case of avalanche scenario number\nof clients must be specified using -R option explicitly"
                    .to_owned(),
            );
        }
        if options.drop_times_given > 0 {
            println!("INFO: in avalanche scenario drop time is ignored");
        }
        // Clients are patient there.
        options.drop_time = [1000.0, 1000.0];
    }
    Ok(())
}

/// Each rule: whether it is broken, and what is said then.
fn rules(o: &Options) -> [(bool, &'static str); 31] {
    let (v6, half, templates, offsets) = (o.is_v6(), o.half, o.templates.len(), &o.offsets);
    [
        (o.server.is_empty(), "without an interface, server is required"),
        (v6 && o.broadcast, "-B is not compatible with IPv6 (-6)"),
        (!v6 && o.rapid_commit, "-6 (IPv6) must be set to use -c"),
        (!v6 && o.relayed, "Can't use -4 with -A, it's a V6 only option."),
        (half && o.requests.len() > 1, "second -n<num-request> is not compatible with -i"),
        (
            !v6 && o.lease != LeaseType::Address,
            "-6 option must be used if lease type other than '-e address-only' is specified",
        ),
        (templates > 0 && o.lease != LeaseType::Address, "template files may be only used with '-e address-only'"),
        (half && o.drop_times_given > 1, "second -d<drop-time> is not compatible with -i"),
        (
            half && (o.max_drops.len() > 1 || o.max_drop_percent.len() > 1),
            "second -D<max-drop> is not compatible with -i",
        ),
        (half && o.use_first, "-1 is not compatible with -i"),
        (half && templates > 1, "second -T<template-file> is not compatible with -i"),
        (half && offsets.xid.len() > 1, "second -X<xid-offset> is not compatible with -i"),
        (half && offsets.random.len() > 1, "second -O<random-offset is not compatible with -i"),
        (half && offsets.time.is_some(), "-E<time-offset> is not compatible with -i"),
        (half && offsets.server.is_some(), "-S<srvid-offset> is not compatible with -i"),
        (half && offsets.address.is_some(), "-I<ip-offset> is not compatible with -i"),
        (half && o.renew_rate != 0, "-f<renew-rate> is not compatible with -i"),
        (half && o.release_rate != 0, "-F<release-rate> is not compatible with -i"),
        (!half && o.rapid_commit, "-i must be set to use -c"),
        (
            o.rate != 0 && o.renew_rate.saturating_add(o.release_rate) > o.rate,
            "The sum of Renew rate (-f<renew-rate>) and Release rate (-F<release-rate>) must not be greater than the exchange rate specified as -r<rate>",
        ),
        (
            o.rate == 0 && o.renew_rate != 0,
            "Renew rate specified as -f<renew-rate> must not be specified when -r<rate> parameter is not specified",
        ),
        (
            o.rate == 0 && o.release_rate != 0,
            "Release rate specified as -F<release-rate> must not be specified when -r<rate> parameter is not specified",
        ),
        (templates < offsets.xid.len(), "-T<template-file> must be set to use -X<xid-offset>"),
        (templates < offsets.random.len(), "-T<template-file> must be set to use -O<random-offset>"),
        (
            templates < 2 && offsets.time.is_some(),
            "second/request -T<template-file> must be set to use -E<time-offset>",
        ),
        (
            templates < 2 && offsets.server.is_some(),
            "second/request -T<template-file> must be set to use -S<srvid-offset>",
        ),
        (
            templates < 2 && offsets.address.is_some(),
            "second/request -T<template-file> must be set to use -I<ip-offset>",
        ),
        (o.mac_file.is_some() && !o.bases.is_empty(), "Can't use -b with -M option"),
        (o.late_from.is_none() && o.late_for.is_some(), "Option -y can't be used without -Y"),
        (o.late_from.is_some() && o.late_for.is_none(), "Option -Y can't be used without -y"),
        // A list that was read before the family was known.
        (
            o.relays.iter().flatten().any(|relay| relay.is_ipv6() != v6),
            "-4 or -6 must be explicitly specified before -J is used.",
        ),
    ]
}
