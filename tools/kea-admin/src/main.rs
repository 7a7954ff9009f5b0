//! kea-admin: makes and upgrades databases, and moves leases between them and lease files.
//!
//! Its command line, what it says and its exit statuses are those of Kea's script of this name; see kea-admin(8). Where that runs
//! psql or mysql, this speaks to the database itself.

mod database;
mod leases_moved;
mod options;
mod schema;

use std::process::ExitCode;

use nix::sys::stat::{Mode, umask};
use options::{Backend, Command, Invocation, Options};

/// The version of Kea that this speaks like.
const VERSION: &str = "3.3.1";

/// Why the program ends early: its exit status, after all was said.
struct Failed(u8);

impl Failed {
    /// Says what is wrong, as everything on stdout.
    fn saying(reason: impl std::fmt::Display) -> Self {
        error(reason);
        Failed(1)
    }
}

fn main() -> ExitCode {
    let strict = Mode::S_IWGRP | Mode::S_IRWXO;
    umask(umask(strict) | strict);
    let done = match options::parse(std::env::args_os().skip(1)) {
        Invocation::Run(options) => run(&options),
        Invocation::Print(text) => {
            println!("{text}");
            Ok(())
        }
        Invocation::Wrong { reason, usage } => {
            error(reason);
            if usage {
                println!("{}", options::usage());
            }
            Err(Failed(1))
        }
    };
    done.map_or_else(|Failed(status)| ExitCode::from(status), |()| ExitCode::SUCCESS)
}

fn run(options: &Options) -> Result<(), Failed> {
    match (options.backend, options.command) {
        (Backend::Memfile, Command::StatsRecount) => {
            info("memfile does not keep lease statistics");
            Ok(())
        }
        // Servers bring lease files of older versions up to date by themselves.
        (Backend::Memfile, Command::DbInit | Command::DbVersion | Command::DbUpgrade) => {
            Err(Failed::saying("NOT IMPLEMENTED"))
        }
        (Backend::Memfile, command) => Err(Failed::saying(format_args!("{command} is not supported for memfile"))),
        (Backend::Mysql | Backend::Pgsql, command) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|reason| Failed::saying(format_args!("cannot start: {reason}")))?;
            runtime.block_on(async {
                match command {
                    Command::DbInit => schema::init(options).await,
                    Command::DbVersion => schema::version(options).await,
                    Command::DbUpgrade => schema::upgrade(options).await,
                    Command::LeaseDump => leases_moved::dump(options).await,
                    Command::LeaseUpload => leases_moved::upload(options).await,
                    Command::StatsRecount => schema::recount(options).await,
                }
            })
        }
    }
}

fn error(text: impl std::fmt::Display) {
    println!("ERROR/kea-admin: {text}");
}

fn warning(text: impl std::fmt::Display) {
    println!("WARNING/kea-admin: {text}");
}

fn info(text: impl std::fmt::Display) {
    println!("INFO/kea-admin: {text}");
}
