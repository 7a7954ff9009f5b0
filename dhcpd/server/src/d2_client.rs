//! Sends name change requests to D2 over UDP.
//!
//! While D2 cannot be reached, requests wait, at most `max-queue-size` of them, and are tried again every second: a
//! restart of D2 loses no name.

use crate::messages::*;
use dhcpd_config::common::D2Client;
use ncr::NameChangeRequest;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc::UnboundedReceiver, watch};
use tokio::time::sleep;

/// How long to wait before D2 is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Runs until the other end of `requests` is dropped.
pub async fn run(mut requests: UnboundedReceiver<Vec<NameChangeRequest>>, mut config: watch::Receiver<D2Client>) {
    let mut queue: VecDeque<NameChangeRequest> = VecDeque::new();
    let mut sender = Sender::default();
    loop {
        let settings = config.borrow_and_update().clone();
        let mut down = false;
        if settings.enable_updates {
            if let Err(error) = sender.send_all(&settings, &mut queue).await {
                log::event!(DHCPSRV_DHCP_DDNS_WAITING, server = settings.server, reason = error);
                (down, sender) = (true, Sender::default());
            }
        } else {
            queue.clear();
        }
        tokio::select! {
            more = requests.recv() => match more {
                Some(more) => enqueue(&mut queue, more, &settings),
                None => return,
            },
            changed = config.changed() => match changed {
                Ok(()) => sender = Sender::default(),
                Err(_) => return,
            },
            () = sleep(RETRY), if down => {}
            reply = sender.trouble() => {
                // ICMP told that nobody listens: what was sent last did not arrive.
                if let Some(lost) = sender.last.take() {
                    queue.push_front(lost);
                }
                log::event!(DHCPSRV_DHCP_DDNS_WAITING, server = settings.server, reason = reply);
                sender = Sender::default();
                sleep(RETRY).await;
            }
        }
    }
}

fn enqueue(queue: &mut VecDeque<NameChangeRequest>, more: Vec<NameChangeRequest>, settings: &D2Client) {
    for request in more {
        if !settings.enable_updates {
            continue;
        }
        if queue.len() >= settings.max_queue_size as usize {
            log::event!(DHCPSRV_DHCP_DDNS_NCR_REJECTED, reason = "the queue is full", request);
        } else {
            queue.push_back(request);
        }
    }
}

#[derive(Default)]
struct Sender {
    socket: Option<UdpSocket>,
    last: Option<NameChangeRequest>,
}

impl Sender {
    async fn send_all(&mut self, settings: &D2Client, queue: &mut VecDeque<NameChangeRequest>) -> io::Result<()> {
        while let Some(request) = queue.front() {
            let socket = match &self.socket {
                Some(socket) => socket,
                None => {
                    let socket = UdpSocket::bind(settings.sender).await?;
                    socket.connect(settings.server).await?;
                    self.socket.insert(socket)
                }
            };
            socket.send(&request.encode()).await?;
            log::event!(DHCPSRV_DHCP_DDNS_NCR_SENT, request);
            self.last = queue.pop_front();
        }
        Ok(())
    }

    /// Ends when the kernel has learnt that D2 does not listen; D2 itself never answers.
    async fn trouble(&self) -> io::Error {
        match &self.socket {
            Some(socket) => loop {
                if let Err(error) = socket.recv(&mut [0; 16]).await {
                    return error;
                }
            },
            None => std::future::pending().await,
        }
    }
}
