//! Letter by letter.

use super::{EVERYBODY, LeaseType, Options, Scenario};
use crate::VERSION;
use lexopt::{Arg, Parser, ValueExt};
use net::socket::{ALL_RELAY_AGENTS_AND_SERVERS, ALL_SERVERS};
use std::ffi::OsString;
use std::fmt::Write;
use std::str::FromStr;
use std::time::Duration;

/// What the process is asked to do.
#[derive(Debug)]
pub(crate) enum Invocation {
    Run(Box<Options>),
    Print(String),
}

const WRONG: &str = "wrong command line option";

/// Reads the arguments of the process, without its name. `now`: seconds since 2000, for the DUID (RFC 8415 §11.2).
pub(crate) fn read(
    arguments: impl IntoIterator<Item = OsString>,
    processors: usize,
    interfaces: &[&str],
    now: u32,
) -> Result<Invocation, String> {
    let mut parser = Parser::from_args(arguments);
    let mut options = Options::new(processors);
    let mut line = String::from("perfdhcp");
    let mut servers: Vec<String> = Vec::new();
    while let Some(argument) = parser.next().map_err(|_| WRONG)? {
        let letter = match argument {
            Arg::Value(server) => {
                servers.push(server.string().map_err(|_| WRONG)?);
                continue;
            }
            Arg::Short('h') => return Ok(Invocation::Print(super::USAGE.to_owned())),
            Arg::Short('v') => return Ok(Invocation::Print(format!("{VERSION}\n"))),
            Arg::Short('V') => {
                return Ok(Invocation::Print(format!("{VERSION} (Takahe {})\n", env!("CARGO_PKG_VERSION"))));
            }
            Arg::Short(letter) => {
                let _ = write!(line, " -{letter}");
                letter
            }
            // An abbreviation is as good, as with getopt.
            Arg::Long(name) => {
                let name = ["scenario", "or"].into_iter().find(|known| known.starts_with(name)).ok_or(WRONG)?;
                let _ = write!(line, " --{name}");
                let value = parser.value().and_then(ValueExt::string).map_err(|_| WRONG)?;
                let _ = write!(line, " {value}");
                options.long(name, &value)?;
                continue;
            }
        };
        if options.flag(letter)? {
            continue;
        }
        if !WITH_VALUE.contains(letter) {
            return Err(WRONG.to_owned());
        }
        let value = parser.value().and_then(ValueExt::string).map_err(|_| WRONG)?;
        let _ = write!(line, " {value}");
        options.letter(letter, &value, interfaces)?;
    }
    options.finish(servers, line, now)?;
    Ok(Invocation::Run(Box::new(options)))
}

const WITH_VALUE: &str = "ArRtbnpdDlPLNMsJTXOoESIxWwefFgCyY";

impl Options {
    /// A letter without a value; whether it is one.
    fn flag(&mut self, letter: char) -> Result<bool, String> {
        match letter {
            '1' => self.use_first = true,
            'u' => self.unique = true,
            'B' => self.broadcast = true,
            'c' => self.rapid_commit = true,
            'i' => self.half = true,
            '4' if self.family == Some(6) => return Err("IP version already set to 6".to_owned()),
            '6' if self.family == Some(4) => return Err("IP version already set to 4".to_owned()),
            '4' => self.family = Some(4),
            '6' => self.family = Some(6),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn letter(&mut self, letter: char, value: &str, interfaces: &[&str]) -> Result<(), String> {
        match letter {
            'A' => match positive(value, "-A<encapsulation-level> must be a positive integer")? {
                1 => self.relayed = true,
                _ => return Err("-A only supports 1 at the moment.".to_owned()),
            },
            'b' => self.base(value)?,
            'C' => self.separator = Some(value.to_owned()),
            'd' => {
                let seconds: f64 =
                    value.parse().map_err(|_| "value of drop time: -d<value> must be positive number")?;
                if seconds.is_nan() || seconds <= 0.0 {
                    return Err("drop-time must be a positive number".to_owned());
                }
                self.drop_time[self.drop_times_given.min(1)] = seconds;
                self.drop_times_given += 1;
            }
            'D' => self.max_drop(value)?,
            'e' => {
                self.lease = match value {
                    "address-only" => LeaseType::Address,
                    "prefix-only" => LeaseType::Prefix,
                    "address-and-prefix" => LeaseType::AddressAndPrefix,
                    _ => return Err("value of lease-type: -e<lease-type>, must be one of the following: 'address-only' or 'prefix-only'".to_owned()),
                }
            }
            'f' => self.renew_rate = positive(value, "value of the renew rate: -f<renew-rate> must be a positive integer")?,
            'F' => {
                self.release_rate =
                    positive(value, "value of the release rate: -F<release-rate> must be a positive integer")?
            }
            'g' => {
                self.single_thread = match value {
                    "single" => true,
                    "multi" => false,
                    _ => return Err(format!("value of thread mode (-g) '{value}' is wrong - should be '-g single' or '-g multi'")),
                }
            }
            'J' => self.relay_file(value)?,
            'l' => {
                self.local_is_interface = interfaces.contains(&value);
                self.local = Some(value.to_owned());
            }
            'L' => self.local_port = port(value, "local", "value of local port: -L<value> must not be a negative integer")?,
            'N' => self.remote_port = port(value, "remote", "value of remote port: -L<value> must not be a negative integer")?,
            'M' => self.mac_file(value)?,
            'W' => {
                let micros = not_negative(value, "value of exist wait time: -W<value> must not be a negative integer")?;
                self.exit_wait = Duration::from_micros(micros.into());
            }
            'n' => {
                let number = positive(value, "value of num-request: -n<value> must be a positive integer")?;
                limited(&mut self.requests, number, "value of maximum number of requests: -n<value> already specified, unexpected 3rd occurrence of -n<value>")?;
            }
            'o' => {
                let option = self.extra_option(value)?;
                self.extra.push(option);
            }
            'p' => self.period = positive(value, "value of test period: -p<value> must be a positive integer")?,
            'P' => self.preload = not_negative(value, "number of preload packets: -P<value> must not be a negative integer")?,
            'r' => self.rate = positive(value, "value of rate: -r<value> must be a positive integer")?,
            'R' => self.clients = value.parse().map_err(|_| "value of -R <value> must be non-negative integer")?,
            's' => self.seed = not_negative(value, "value of seed: -s <seed> must be non-negative integer")?,
            't' => self.report = positive(value, "value of report delay: -t<value> must be a positive integer")?,
            'T' => {
                let file = filled(value, "template file name not specified, expected -T<filename>")?;
                limited(&mut self.templates, file, "template files are already specified, unexpected 3rd -T<filename> occurrence")?;
            }
            'w' => self.wrapped = Some(filled(value, "command for wrapped mode: -w<command> must be specified")?),
            'x' => self.diagnostics = filled(value, "value of diagnostics selectors: -x<value> must be specified")?,
            'Y' => self.late_from = Some(not_negative(value, "value of time: -Y<value> must be a non negative integer")?),
            'y' => self.late_for = Some(positive(value, "value of time: -y<value> must be a positive integer")?),
            _ => self.offset(letter, value)?,
        }
        Ok(())
    }

    fn offset(&mut self, letter: char, value: &str) -> Result<(), String> {
        let offsets = &mut self.offsets;
        match letter {
            'E' => {
                offsets.time = Some(not_negative(
                    value,
                    "value of time-offset: -E<value> must not be a negative integer",
                )? as usize)
            }
            'I' => {
                offsets.address =
                    Some(positive(value, "value of ip address offset: -I<value> must be a positive integer")? as usize)
            }
            'S' => {
                offsets.server =
                    Some(positive(value, "value of server id offset: -S<value> must be a positive integer")? as usize)
            }
            'X' => {
                let offset = positive(value, "value of transaction id: -X<value> must be a positive integer")?;
                limited(
                    &mut offsets.xid,
                    offset as usize,
                    "transaction ids already specified, unexpected 3rd -X<value> occurrence",
                )?;
            }
            'O' => {
                let offset = positive(value, "value of random offset: -O<value> must be greater than 3")?;
                if offset < 3 {
                    return Err("value of random random-offset: -O<value> must be greater than 3 ".to_owned());
                }
                limited(
                    &mut offsets.random,
                    offset as usize,
                    "random offsets already specified, unexpected 3rd occurrence of -O<value>",
                )?;
            }
            _ => return Err(WRONG.to_owned()),
        }
        Ok(())
    }

    fn long(&mut self, name: &str, value: &str) -> Result<(), String> {
        if name == "or" {
            let option = self.relay_option(value)?;
            self.relay_extra.push(option);
            return Ok(());
        }
        self.scenario = match value {
            "basic" => Scenario::Basic,
            "avalanche" => Scenario::Avalanche,
            _ => return Err(format!("scenario value '{value}' is wrong - should be 'basic' or 'avalanche'")),
        };
        Ok(())
    }

    fn max_drop(&mut self, value: &str) -> Result<(), String> {
        let third = "values of maximum drops: -D<value> already specified, unexpected 3rd occurrence of -D<value>";
        if self.max_drops.len() > 1 || self.max_drop_percent.len() > 1 {
            return Err(third.to_owned());
        }
        let Some((percent, _)) = value.split_once('%') else {
            self.max_drops.push(positive(value, "value of max drops number: -D<value> must be a positive integer")?);
            return Ok(());
        };
        match percent.parse::<f64>() {
            Ok(percent) if percent > 0.0 && percent < 100.0 => self.max_drop_percent.push(percent),
            _ => return Err("value of drop percentage: -D<value%> must be 0..100".to_owned()),
        }
        Ok(())
    }

    fn base(&mut self, value: &str) -> Result<(), String> {
        if self.bases.len() > 3 {
            return Err("-b<value> already specified, unexpected occurrence of 5th -b<value>".to_owned());
        }
        self.bases.push(value.to_owned());
        let lower = value.to_lowercase();
        match lower.split_once('=') {
            Some(("mac" | "ether", mac)) => {
                let octets = octets(mac).ok_or("invalid characters in MAC provided")?;
                let wrong = "expected -b<base> format for mac address is -b mac=00::0C::01::02::03::04 or -b mac=00:0C:01:02:03:04";
                self.mac = octets.try_into().map_err(|_| wrong)?;
            }
            Some(("duid", duid)) => self.duid = read_duid(duid)?,
            _ => return Err("base value not provided as -b<value>, expected -b mac=<mac> or -b duid=<duid>".to_owned()),
        }
        Ok(())
    }

    fn relay_file(&mut self, name: &str) -> Result<(), String> {
        if self.relays.is_some() {
            return Err("only one -J option can be specified".to_owned());
        }
        let text = std::fs::read_to_string(name).map_err(|error| format!("unable to open file {name}: {error}"))?;
        let v6 = self.is_v6();
        let address = |(at, line): (usize, &str)| {
            let address = line.trim().parse().ok().filter(|it: &std::net::IpAddr| it.is_ipv6() == v6);
            address.ok_or_else(|| format!("invalid address or wrong address version in line: {}", at + 1))
        };
        let relays = text.lines().enumerate().map(address).collect::<Result<Vec<_>, _>>()?;
        if relays.is_empty() {
            return Err("file with addresses is empty!".to_owned());
        }
        self.relays = Some(relays);
        Ok(())
    }

    fn mac_file(&mut self, name: &str) -> Result<(), String> {
        if self.mac_file.is_some() {
            return Err("only one -M option can be specified".to_owned());
        }
        let text = std::fs::read_to_string(name).map_err(|error| format!("unable to open file {name}: {error}"))?;
        let mac = |(at, line): (usize, &str)| {
            let mac = octets(line.trim()).and_then(|octets| octets.try_into().ok());
            mac.ok_or_else(|| format!("invalid mac in input line {}", at + 1))
        };
        self.macs = text.lines().enumerate().map(mac).collect::<Result<_, String>>()?;
        self.mac_file = Some(name.to_owned());
        Ok(())
    }

    fn extra_option(&self, value: &str) -> Result<(u16, Vec<u8>), String> {
        if self.family.is_none() {
            return Err("-4 or -6 must be explicitly specified before -o is used.".to_owned());
        }
        let (code, hex) = value.split_once(',').ok_or("-o option must provide option code, a comma and hexstring for the option content, e.g. -o60,646f63736973 for sending option 60 (class-id) with the value 'docsis'")?;
        let invalid = "Invalid option code specified for -o option, expected format: -o<integer>,<hexstring>";
        let code: i32 = code.parse().map_err(|_| invalid)?;
        if code <= 0 {
            return Err("Option code can't be negative".to_owned());
        }
        // 255 ends the options of DHCPv4.
        let most = if self.is_v6() { u16::MAX } else { 254 };
        let code = u16::try_from(code).ok().filter(|code| *code <= most).ok_or(invalid)?;
        Ok((code, hex_digits(hex).map_err(|reason| format!("Error during encoding option -o:{reason}"))?))
    }

    fn relay_option(&self, value: &str) -> Result<(u16, Vec<u8>), String> {
        if !self.is_v6() {
            return Err("-6 must be explicitly specified before --or is used.".to_owned());
        }
        if !self.relayed {
            return Err("-A must be explicitly specified before --or is used.".to_owned());
        }
        let (level, option) = value.split_once(':').unwrap_or(("1", value));
        match level.parse::<i32>() {
            Ok(1) => {}
            Ok(_) => return Err("Relayed option encapsulation level supports only value 1 at the moment.".to_owned()),
            Err(_) => return Err("Invalid relayed option encapsulation level specified for --or option, expected format: --or <integer>:<integer>,<hexstring>".to_owned()),
        }
        let (code, hex) = option.split_once(',').ok_or("--or option must provide encapsulation level, a colon, option code, a comma and hexstring for the option content, e.g. --or 1:38,31323334 for sending option 38 (subscriber-id) with the value 1234 at first level of encapsulation")?;
        let invalid =
            "Invalid option code specified for --or option, expected format: --or <integer>:<integer>,<hexstring>";
        let code: i32 = code.parse().map_err(|_| invalid)?;
        if code <= 0 {
            return Err("Option code can't be negative or zero".to_owned());
        }
        let code = u16::try_from(code).map_err(|_| invalid)?;
        Ok((code, hex_digits(hex).map_err(|reason| format!("Error during decoding option --or:{reason}"))?))
    }

    /// What depends on several letters.
    fn finish(&mut self, servers: Vec<String>, mut line: String, now: u32) -> Result<(), String> {
        self.family.get_or_insert(4);
        if self.templates.len() > 1 {
            for offsets in [&mut self.offsets.xid, &mut self.offsets.random] {
                if let [only] = offsets[..] {
                    offsets.push(only);
                }
            }
        }
        if servers.len() > 1 {
            return Err("extra arguments?".to_owned());
        }
        if let Some(server) = servers.into_iter().next() {
            let _ = write!(line, " {server}");
            self.server = match (self.is_v6(), server.as_str()) {
                (false, "all") => self.broadcasting(),
                (true, "all") => ALL_RELAY_AGENTS_AND_SERVERS.to_string(),
                (true, "servers") => ALL_SERVERS.to_string(),
                _ => server,
            };
        } else if self.local_is_interface {
            self.server = match self.is_v6() {
                true => ALL_RELAY_AGENTS_AND_SERVERS.to_string(),
                false => self.broadcasting(),
            };
        }
        self.line = line;
        if self.duid.is_empty() {
            // DUID-LLT of an Ethernet address.
            self.duid.extend([0, 1, 0, 1]);
            self.duid.extend(now.to_be_bytes());
            self.duid.extend(self.mac);
        }
        Ok(())
    }

    fn broadcasting(&mut self) -> String {
        self.broadcast = true;
        EVERYBODY.to_string()
    }
}

fn positive(value: &str, wrong: &str) -> Result<u32, String> {
    not_negative(value, wrong).and_then(|number| if number > 0 { Ok(number) } else { Err(wrong.to_owned()) })
}

fn not_negative(value: &str, wrong: &str) -> Result<u32, String> {
    i32::from_str(value).ok().and_then(|number| u32::try_from(number).ok()).ok_or_else(|| wrong.to_owned())
}

fn port(value: &str, which: &str, wrong: &str) -> Result<u16, String> {
    let port = not_negative(value, wrong)?;
    u16::try_from(port).map_err(|_| format!("{which}-port must be lower than {}", u16::MAX))
}

fn filled(value: &str, wrong: &str) -> Result<String, String> {
    if value.is_empty() { Err(wrong.to_owned()) } else { Ok(value.to_owned()) }
}

/// At most two of a kind.
fn limited<T>(list: &mut Vec<T>, value: T, third: &str) -> Result<(), String> {
    if list.len() > 1 {
        return Err(third.to_owned());
    }
    list.push(value);
    Ok(())
}

/// Octets between colons, single or double; `None` if one of them is none.
fn octets(text: &str) -> Option<Vec<u8>> {
    let octet =
        |it: &str| it.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(it, 16).ok())?;
    text.split(':').filter(|it| !it.is_empty()).map(octet).collect()
}

fn read_duid(text: &str) -> Result<Vec<u8>, String> {
    if text.len() % 2 == 1 {
        return Err("odd number of hexadecimal digits in duid".to_owned());
    }
    if text.len() > 128 {
        return Err("duid too large".to_owned());
    }
    if text.is_empty() {
        return Err("no duid specified".to_owned());
    }
    let duid = wire::hex::digits_only(text).ok_or("invalid characters in DUID provided, expected hex digits")?;
    if duid.len() < 6 {
        return Err("DUID must be at least 6 octets long".to_owned());
    }
    Ok(duid)
}

fn hex_digits(text: &str) -> Result<Vec<u8>, &'static str> {
    let bytes = wire::hex::digits_only(text).ok_or("attempt to decode a value not in base16 char set")?;
    if text.len() % 2 == 1 { Err("Incomplete input for base16") } else { Ok(bytes) }
}
