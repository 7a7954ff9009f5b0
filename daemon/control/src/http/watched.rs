//! A stream under hyper, watched: how long its client takes, and whose words go out.
//!
//! hyper answers what it cannot read by itself, with a status and nothing else. Kea's clients read JSON, so such words are
//! held back here: only what is said between the head of a request and the end of its response leaves.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::{IDLE, PATIENCE};
use crate::messages::HTTP_DATA_RECEIVED;

/// How far a connection is with its next exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing of the next request is here.
    Idle,
    /// Part of its head is here.
    Head,
    /// It is being answered.
    Busy,
    /// The response is ready, and goes out.
    Answered,
}

/// The stream, with its clocks.
pub(super) struct Watched<S> {
    pub(super) stream: S,
    peer: IpAddr,
    phase: Rc<Cell<Phase>>,
    read: Clock,
    write: Clock,
}

impl<S> Watched<S> {
    /// Watches a stream; whoever answers tells the phase when it begins and ends.
    pub(super) fn new(stream: S, peer: IpAddr, phase: Rc<Cell<Phase>>) -> Self {
        Watched { stream, peer, phase, read: Clock::default(), write: Clock::default() }
    }

    /// Whether what is written is part of an exchange.
    fn is_ours(&self) -> bool {
        matches!(self.phase.get(), Phase::Busy | Phase::Answered)
    }
}

/// Runs while its direction stands still.
#[derive(Default)]
struct Clock(Option<Pin<Box<Sleep>>>);

impl Clock {
    /// Passes a result on; one that has to be waited for becomes an error when the time is over.
    fn limit<T>(
        &mut self,
        poll: Poll<io::Result<T>>,
        limit: Duration,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.0 = None;
            return poll;
        }
        let clock = self.0.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(clock.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let watched = &mut *self;
        let before = buffer.filled().len();
        let poll = Pin::new(&mut watched.stream).poll_read(context, buffer);
        let bytes = buffer.filled().len() - before;
        if bytes > 0 {
            log::event!(HTTP_DATA_RECEIVED, bytes, peer = watched.peer);
        }
        match watched.phase.get() {
            Phase::Idle => {
                let poll = watched.read.limit(poll, IDLE, context);
                if bytes > 0 {
                    watched.phase.set(Phase::Head);
                }
                poll
            }
            Phase::Head => watched.read.limit(poll, PATIENCE, context),
            // The body has a clock where it is read.
            Phase::Busy | Phase::Answered => poll,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.is_ours() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let poll = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.write.limit(poll, PATIENCE, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.is_ours() {
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        let poll = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.write.limit(poll, PATIENCE, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_flush(context);
        let flushed = ready!(self.write.limit(poll, PATIENCE, context));
        // hyper flushes when it has nothing left to write, so the response is out.
        if self.phase.get() == Phase::Answered {
            self.phase.set(Phase::Idle);
        }
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
