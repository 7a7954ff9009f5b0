//! The thread that runs the script.

use super::environment::Environment;
use super::messages::*;
use engine::hooks::Kept;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Scripts that run at the same time.
const RUNNING: usize = 64;
/// Calls that wait. What does not fit is left out: a script that is slower than the clients would use up the memory.
const WAITING: usize = 4096;
/// How often it is looked whether scripts are done.
const LOOK: Duration = Duration::from_millis(5);

/// A call of the script.
#[derive(Debug)]
pub struct Job {
    /// The hook point.
    pub point: &'static str,
    /// The facts.
    pub environment: Environment,
    /// What leaves when the script is done.
    pub reply: Option<Kept>,
}

/// A handle on the thread; the thread ends with it, when all calls are done.
#[derive(Debug)]
pub struct Runner {
    jobs: SyncSender<Job>,
    script: PathBuf,
}

impl Runner {
    pub fn start(script: PathBuf) -> io::Result<Self> {
        let (jobs, queue) = sync_channel(WAITING);
        let path = script.clone();
        std::thread::Builder::new().name("run-script".into()).spawn(move || work(&path, &queue))?;
        Ok(Self { jobs, script })
    }

    /// Has the script run.
    pub fn run(&self, job: Job) {
        if let Err(error) = self.jobs.try_send(job) {
            let (std::sync::mpsc::TrySendError::Full(job) | std::sync::mpsc::TrySendError::Disconnected(job)) = error;
            log::event!(RUN_SCRIPT_QUEUE_FULL, script = self.script.display(), point = job.point);
            job.reply.into_iter().for_each(Kept::send);
        }
    }
}

fn work(script: &std::path::Path, queue: &Receiver<Job>) {
    let mut running: VecDeque<(Child, Option<Kept>)> = VecDeque::new();
    loop {
        let job = match running.is_empty() {
            true => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => queue.recv_timeout(LOOK),
        };
        match job {
            Ok(job) => match start(script, job.point, &job.environment) {
                Ok(child) => running.push_back((child, job.reply)),
                Err(reason) => {
                    log::event!(RUN_SCRIPT_FAILED, script = script.display(), point = job.point, reason);
                    job.reply.into_iter().for_each(Kept::send);
                }
            },
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                running.drain(..).for_each(|(child, reply)| finish(child, reply));
                return;
            }
        }
        if running.len() >= RUNNING {
            running.pop_front().into_iter().for_each(|(child, reply)| finish(child, reply));
        }
        for (mut child, reply) in std::mem::take(&mut running) {
            match child.try_wait() {
                Ok(None) => running.push_back((child, reply)),
                _ => reply.into_iter().for_each(Kept::send),
            }
        }
        log::flush();
    }
}

/// Waits until a script is done.
fn finish(mut child: Child, reply: Option<Kept>) {
    let _ = child.wait(); // there is nobody to tell how it went
    reply.into_iter().for_each(Kept::send);
}

fn start(script: &std::path::Path, point: &str, environment: &Environment) -> io::Result<Child> {
    let mut command = Command::new(script);
    command.arg(point).env_clear().envs(environment.variables()).stdin(Stdio::null());
    command.spawn()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_script_gets_the_point_and_the_environment() {
        let folder = std::env::temp_dir().join(format!("takahe-run-script-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (script, told) = (folder.join("script.sh"), folder.join("told"));
        let text = format!("#!/bin/sh\necho \"$# $1 $A_FACT ${{HOME-nothing}}\" >> {}\n", told.display());
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        let (jobs, queue) = sync_channel(WAITING);
        for point in ["lease4_renew", "lease4_expire"] {
            let mut environment = Environment::default();
            environment.set("A", "FACT", 7);
            jobs.send(Job { point, environment, reply: None }).unwrap();
        }
        drop(jobs);
        work(&script, &queue); // returns when all are done
        let told = std::fs::read_to_string(&told).unwrap();
        let mut lines: Vec<_> = told.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["1 lease4_expire 7 nothing", "1 lease4_renew 7 nothing"]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
