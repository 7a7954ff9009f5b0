//! keactrl with a shell script in the place of a daemon.

use std::error::Error;
use std::fs::{Permissions, read_to_string, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Writes its PID file, and into a pipe whatever happens to it.
const DAEMON: &str = r#"#!/bin/sh
if [ "$1" = -v ]; then echo 3.3.1; exit; fi
cd "$(dirname "$0")"
echo $$ > four.kea-dhcp4.pid
trap 'echo reloaded > events' HUP
trap 'rm four.kea-dhcp4.pid; echo stopped > events; exit' TERM
echo "$@" > events
while :; do read line < never || :; done 2> /dev/null
"#;

const CONFIG: &str = r#"
prefix=$(dirname "$0")
dhcp4_srv="${here}/kea-dhcp4"
dhcp6_srv="${here}/kea-dhcp6"
dhcp_ddns_srv=${here}/kea-dhcp-ddns
netconf_srv=${here}/kea-netconf
kea_dhcp4_config_file="${here}/four.conf"
kea_dhcp6_config_file=six.conf
kea_dhcp_ddns_config_file=ddns.conf
kea_netconf_config_file=netconf.conf
dhcp4=Yes
dhcp6=no
dhcp4_cli_options="-X -F"
kea_verbose=yes
"#;

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Outcome<Bench> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        write(path("kea-dhcp4"), DAEMON)?;
        set_permissions(path("kea-dhcp4"), Permissions::from_mode(0o755))?;
        write(path("keactrl.conf"), format!("here='{}'\n{CONFIG}", folder.path().display()))?;
        for pipe in ["events", "never"] {
            nix::unistd::mkfifo(&path(pipe), nix::sys::stat::Mode::S_IRWXU)?;
        }
        Ok(Bench { folder })
    }

    fn run(&self, arguments: &[&str]) -> Outcome<(bool, String)> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keactrl"));
        command.args(arguments).args(["-c", "keactrl.conf"]).env("KEA_PIDFILE_DIR", self.folder.path());
        let output = command.current_dir(self.folder.path()).output()?;
        Ok((output.status.success(), String::from_utf8([output.stdout, output.stderr].concat())?))
    }

    /// Waits until something happens to the daemon.
    fn event(&self) -> Outcome<String> {
        Ok(read_to_string(self.folder.path().join("events"))?.trim().to_owned())
    }
}

#[test]
fn a_daemon_is_started_asked_reloaded_and_stopped() -> Outcome {
    let bench = Bench::new()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_keactrl"));
    let folder = bench.folder.path();
    command.args(["start", "-c", "keactrl.conf", "--", "-F"]).env("KEA_PIDFILE_DIR", folder).current_dir(folder);
    command.env("KEA_LOGGER_DESTINATION", "stdout").stdout(std::process::Stdio::null());
    assert!(command.status()?.success());
    assert_eq!(bench.event()?, format!("-c {}/four.conf -d -F -X", folder.display()));

    let (_, status) = bench.run(&["status"])?;
    assert!(status.starts_with("DHCPv4 server: active\nDHCPv6 server: inactive\nDHCP DDNS: inactive\n"), "{status}");
    assert!(status.contains("Kea DHCPv6 configuration file: six.conf\n"), "{status}");
    let (_, again) = bench.run(&["start", "-s", "dhcp4,dhcp6"])?;
    assert!(again.contains("kea-dhcp4 appears to be running, see: PID ") && !again.contains("Starting"), "{again}");

    assert_eq!(bench.run(&["reload", "-s", "dhcp4"])?, (true, "INFO/keactrl: Reloading kea-dhcp4...\n".to_owned()));
    assert_eq!(bench.event()?, "reloaded");
    assert_eq!(bench.run(&["stop", "-s", "dhcp4"])?, (true, "INFO/keactrl: Stopping kea-dhcp4...\n".to_owned()));
    assert_eq!(bench.event()?, "stopped");
    assert_eq!(bench.run(&["stop", "-s", "dhcp4"])?, (true, "INFO/keactrl: kea-dhcp4 isn't running.\n".to_owned()));
    Ok(())
}

#[test]
fn versions_are_asked_of_the_programs() -> Outcome {
    let (_, text) = Bench::new()?.run(&["version", "-s", "dhcp4,dhcp6"])?;
    assert!(
        text.starts_with("keactrl: 3.3.1\nkea-dhcp4: 3.3.1\nkea-dhcp6: unknown, ") && text.ends_with(" missing\n"),
        "{text}"
    );
    Ok(())
}

#[test]
fn wrong_calls_are_refused() -> Outcome {
    let bench = Bench::new()?;
    for (arguments, reason) in [
        (&["begin"][..], "ERROR/keactrl: invalid command: begin"),
        (&["status", "-s", "dhcp5"], "ERROR/keactrl: invalid server name: dhcp5"),
        (&["status", "-x"], "ERROR/keactrl: invalid option '-x'"),
        (&["status", "-s", ","], "ERROR/keactrl: servers not specified"),
        (&["status", "-c", "none", "-s", "all"], "Configuration file for Kea does not exist"),
    ] {
        let (good, text) = bench.run(arguments)?;
        assert!(!good && text.contains(reason), "{arguments:?}: {text}");
    }
    write(bench.folder.path().join("keactrl.conf"), "dhcp4_srv=x\n")?;
    let (good, text) = bench.run(&["status"])?;
    assert!(!good && text.contains("dhcp6_srv parameter not specified"), "{text}");
    write(bench.folder.path().join("keactrl.conf"), "if (\n")?;
    assert!(!bench.run(&["status"])?.0);
    Ok(())
}
