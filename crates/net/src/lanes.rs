//! Two lanes out: urgent frames overtake bulk ones at every frame boundary (F3, F5).
//!
//! Frames wait here, in our own memory, and not in the kernel, where nothing can overtake. The writer
//! hands down one TLS record's worth at a time and only when the one before has left our hands.
//! Both lanes are bounded in bytes; a full lane makes its sender wait and never drops a frame.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, TryAcquireError, mpsc};
use tokio::time::timeout;

use crate::error::{Environment, NetError};
use crate::framing::{FRAME_BYTES_MAX, HEADER_BYTES, check_frame, put_frame};

/// Bytes that may wait in the bulk lane: the window W of F3, which is all that the link lets be in flight.
pub const BULK_QUEUE_BYTES_MAX: usize = 1024 * 1024;

/// Bytes that may wait in the urgent lane. SAFETY, receipts for it, cosignatures, line checks and
/// hello are small: this holds hundreds, and a peer that does not read costs us no more.
pub const URGENT_QUEUE_BYTES_MAX: usize = 256 * 1024;

/// How long queued frames may still go out after the last sender is gone.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// What one waiting frame costs beside its bytes, so that many tiny frames are bounded too.
const QUEUED_FRAME_OVERHEAD_BYTES: usize = 64;

/// Bytes handed down in one piece: one whole frame of the largest kind.
const BATCH_BYTES_MAX: usize = HEADER_BYTES + FRAME_BYTES_MAX;

/// Which frames go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// SAFETY, its receipts, cosignatures, line checks, hello (F3).
    Urgent,
    /// Everything else.
    Bulk,
}

/// Why a frame was not taken at once.
#[derive(Debug, thiserror::Error)]
pub enum TrySendError {
    /// The lane is full; the frame is handed back for a later try.
    #[error("the lane is full")]
    Full(Vec<u8>),
    /// The frame will never be taken.
    #[error(transparent)]
    Net(#[from] NetError),
}

/// The sending end of a connection. Clones share its lanes; when the last one is dropped, what is
/// queued still goes out (for [`CLOSE_TIMEOUT`] at most) and the stream is closed in good order.
#[derive(Clone, Debug)]
pub struct FrameSender {
    urgent: LaneIn,
    bulk: LaneIn,
    /// Carries nothing; the writer sees it close when the last clone is gone.
    _alive: mpsc::Sender<Infallible>,
}

impl FrameSender {
    /// Queues one frame, waiting while its lane is full. Frames of one lane keep their order.
    ///
    /// Returning says that the frame is queued, not that it has left or arrived.
    ///
    /// # Errors
    /// [`CallerFault`](crate::CallerFault) for a frame outside 1 to [`FRAME_BYTES_MAX`] bytes; [`Environment::Closed`]
    /// when the connection is gone (the receiving end knows why).
    pub async fn send(&self, lane: Lane, frame: Vec<u8>) -> Result<(), NetError> {
        check_frame(&frame)?;
        let lane = self.lane(lane);
        let permit = lane.room.acquire_many(queue_cost(&frame)).await.map_err(|_| Environment::Closed)?;
        permit.forget();
        lane.queue.send(frame).map_err(|_| Environment::Closed.into())
    }

    /// Queues one frame if its lane has room now.
    ///
    /// # Errors
    /// As [`Self::send`], and [`TrySendError::Full`] with the frame.
    pub fn try_send(&self, lane: Lane, frame: Vec<u8>) -> Result<(), TrySendError> {
        check_frame(&frame).map_err(NetError::from)?;
        let lane = self.lane(lane);
        match lane.room.try_acquire_many(queue_cost(&frame)) {
            Ok(permit) => permit.forget(),
            Err(TryAcquireError::NoPermits) => return Err(TrySendError::Full(frame)),
            Err(TryAcquireError::Closed) => return Err(NetError::from(Environment::Closed).into()),
        }
        lane.queue.send(frame).map_err(|_| NetError::from(Environment::Closed).into())
    }

    /// Bytes waiting in a lane, each frame with a fixed overhead: 0 when all has left our hands.
    pub fn queued_bytes(&self, lane: Lane) -> usize {
        let lane = self.lane(lane);
        lane.room_max - lane.room.available_permits()
    }

    const fn lane(&self, lane: Lane) -> &LaneIn {
        match lane {
            Lane::Urgent => &self.urgent,
            Lane::Bulk => &self.bulk,
        }
    }
}

/// Makes the two ends of a connection's lanes.
pub(crate) fn lanes() -> (FrameSender, Writer) {
    let (urgent, urgent_out) = lane(URGENT_QUEUE_BYTES_MAX);
    let (bulk, bulk_out) = lane(BULK_QUEUE_BYTES_MAX);
    let (alive, senders_gone) = mpsc::channel(1);
    let sender = FrameSender { urgent, bulk, _alive: alive };
    (sender, Writer { queues: Queues { urgent: urgent_out, bulk: bulk_out }, senders_gone })
}

fn lane(room_max: usize) -> (LaneIn, LaneOut) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(room_max));
    let lane_in = LaneIn { queue: sender, room: Arc::clone(&room), room_max };
    (lane_in, LaneOut { queue: receiver, front: None, room })
}

fn queue_cost(frame: &[u8]) -> u32 {
    u32::try_from(frame.len() + QUEUED_FRAME_OVERHEAD_BYTES).expect("check_frame: at most FRAME_BYTES_MAX")
}

/// One lane as its senders see it. The channel has no bound of its own; `room` is the bound.
#[derive(Clone, Debug)]
struct LaneIn {
    queue: mpsc::UnboundedSender<Vec<u8>>,
    room: Arc<Semaphore>,
    room_max: usize,
}

/// One lane as the writer sees it. Owned by the writer's task.
struct LaneOut {
    queue: mpsc::UnboundedReceiver<Vec<u8>>,
    /// The next frame, looked at and not yet taken.
    front: Option<Vec<u8>>,
    room: Arc<Semaphore>,
}

impl LaneOut {
    /// Moves the front frame into the batch if there is one and it fits.
    fn take_into(&mut self, batch: &mut Vec<u8>) -> Taken {
        self.front = self.front.take().or_else(|| self.queue.try_recv().ok());
        match self.front.take() {
            None => Taken::Empty,
            Some(frame) if batch.len() + HEADER_BYTES + frame.len() > BATCH_BYTES_MAX => {
                self.front = Some(frame);
                Taken::Full
            }
            Some(frame) => {
                put_frame(&frame, batch);
                self.room.add_permits(queue_cost(&frame) as usize);
                Taken::One
            }
        }
    }
}

impl Drop for LaneOut {
    /// Wakes every sender that waits for room that will never come.
    fn drop(&mut self) {
        self.room.close();
    }
}

enum Taken {
    One,
    Empty,
    Full,
}

/// Takes frames from the lanes to a stream. Owned by one task.
pub(crate) struct Writer {
    queues: Queues,
    senders_gone: mpsc::Receiver<Infallible>,
}

impl Writer {
    /// Writes until every sender is gone and the lanes are empty, then closes the stream in good order. A
    /// peer that takes nothing has [`CLOSE_TIMEOUT`] from the time when the last sender went.
    pub(crate) async fn run<W: AsyncWrite + Unpin>(self, stream: W) -> io::Result<()> {
        let Self { mut queues, mut senders_gone } = self;
        let mut writing = pin!(queues.write_to(stream));
        tokio::select! {
            biased;
            result = &mut writing => return result,
            _ = senders_gone.recv() => {}
        }
        timeout(CLOSE_TIMEOUT, writing).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Both lanes, in the order in which they are served.
struct Queues {
    urgent: LaneOut,
    bulk: LaneOut,
}

impl Queues {
    async fn write_to<W: AsyncWrite + Unpin>(&mut self, mut stream: W) -> io::Result<()> {
        let mut batch = Vec::with_capacity(BATCH_BYTES_MAX);
        while self.next_batch(&mut batch).await {
            stream.write_all(&batch).await?;
            stream.flush().await?;
        }
        stream.shutdown().await
    }

    /// Refills `batch` with at least one frame; false when none will come any more.
    async fn next_batch(&mut self, batch: &mut Vec<u8>) -> bool {
        batch.clear();
        if !self.wait().await {
            return false;
        }
        while self.take_next(batch) {}
        true
    }

    /// Takes one more frame, urgent before bulk. A frame that does not fit ends the batch, so that nothing
    /// smaller behind it slips past.
    fn take_next(&mut self, batch: &mut Vec<u8>) -> bool {
        match self.urgent.take_into(batch) {
            Taken::One => true,
            Taken::Full => false,
            Taken::Empty => matches!(self.bulk.take_into(batch), Taken::One),
        }
    }

    /// Waits for a frame in either lane; false when both are closed and empty.
    async fn wait(&mut self) -> bool {
        if self.urgent.front.is_some() || self.bulk.front.is_some() {
            return true;
        }
        tokio::select! {
            biased;
            Some(frame) = self.urgent.queue.recv() => self.urgent.front = Some(frame),
            Some(frame) = self.bulk.queue.recv() => self.bulk.front = Some(frame),
            else => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CallerFault;
    use crate::framing::Deframer;
    use tokio::io::AsyncReadExt;

    fn numbered(number: u32, bytes: usize) -> Vec<u8> {
        let mut frame = vec![0; bytes.max(4)];
        frame[..4].copy_from_slice(&number.to_be_bytes());
        frame
    }

    /// Everything that comes out of `stream` until it closes, as frame numbers.
    async fn numbers(mut stream: impl tokio::io::AsyncRead + Unpin) -> Vec<u32> {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let (mut deframer, mut input, mut numbers) = (Deframer::new(), &bytes[..], Vec::new());
        while let Some(frame) = deframer.take(&mut input).unwrap() {
            numbers.push(u32::from_be_bytes(frame[..4].try_into().unwrap()));
        }
        deframer.finish().unwrap();
        numbers
    }

    /// Fills the bulk lane against a reader that does not read; returns how many frames it took.
    async fn fill_bulk(sender: &FrameSender, bytes: usize) -> u32 {
        let mut count = 0;
        loop {
            match sender.try_send(Lane::Bulk, numbered(count, bytes)) {
                Ok(()) => count += 1,
                Err(TrySendError::Full(_)) => {
                    // One clock, paused: the timer can only fire when the writer has nothing left to do.
                    let stalled = sender.send(Lane::Bulk, numbered(count, bytes));
                    if timeout(Duration::from_secs(1), stalled).await.is_err() {
                        return count;
                    }
                    count += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn urgent_frames_overtake_all_queued_bulk() {
        let (near, far) = tokio::io::duplex(4096);
        let (sender, writer) = lanes();
        let writing = tokio::spawn(writer.run(near));
        let bulk = fill_bulk(&sender, 1000).await;
        assert!(bulk > 900, "the lane holds about a mebibyte, took {bulk}");
        for number in 0..3 {
            sender.send(Lane::Urgent, numbered(1_000_000 + number, 200)).await.unwrap();
        }
        drop(sender);
        let order = numbers(far).await;
        writing.await.unwrap().unwrap();
        let first = order.iter().position(|&number| number >= 1_000_000).unwrap();
        // What may come first is one batch in the writer's hands; the stream itself held 4 KiB of it.
        assert!(first <= BATCH_BYTES_MAX / 1000, "{first} bulk frames came before the urgent one");
        assert_eq!(order[first..first + 3], [1_000_000, 1_000_001, 1_000_002]);
        let rest: Vec<u32> = order.into_iter().filter(|&number| number < 1_000_000).collect();
        assert_eq!(rest, (0..bulk).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn lanes_are_bounded_in_bytes_whatever_the_frame_size() {
        for (bytes, most) in [(4, BULK_QUEUE_BYTES_MAX / 64), (FRAME_BYTES_MAX, 64)] {
            let (sender, writer) = lanes();
            let mut taken = 0;
            while sender.try_send(Lane::Bulk, numbered(0, bytes)).is_ok() {
                taken += 1;
            }
            assert!(taken <= most && taken * (bytes + 64) > BULK_QUEUE_BYTES_MAX - 2 * (bytes + 64));
            assert!(sender.queued_bytes(Lane::Bulk) <= BULK_QUEUE_BYTES_MAX);
            assert_eq!(sender.queued_bytes(Lane::Urgent), 0);
            drop(writer);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_writer_wakes_every_waiting_sender() {
        let (sender, writer) = lanes();
        while sender.try_send(Lane::Urgent, numbered(0, FRAME_BYTES_MAX)).is_ok() {}
        let waiting = tokio::spawn({
            let sender = sender.clone();
            async move { sender.send(Lane::Urgent, vec![1; FRAME_BYTES_MAX]).await }
        });
        tokio::task::yield_now().await;
        drop(writer);
        let woken = timeout(Duration::from_secs(1), waiting).await.expect("a waiting sender is woken");
        assert!(matches!(woken.unwrap(), Err(NetError::Environment(Environment::Closed))));
        let late = sender.try_send(Lane::Bulk, vec![1]);
        assert!(matches!(late, Err(TrySendError::Net(NetError::Environment(Environment::Closed)))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_left_in_the_end() {
        let (near, _far) = tokio::io::duplex(16);
        let (sender, writer) = lanes();
        sender.send(Lane::Bulk, vec![1; 1000]).await.unwrap();
        let start = tokio::time::Instant::now();
        let writing = tokio::spawn(writer.run(near));
        drop(sender);
        let ended = timeout(2 * CLOSE_TIMEOUT, writing).await.expect("the writer ends by itself");
        assert_eq!(ended.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), CLOSE_TIMEOUT);
    }

    #[tokio::test]
    async fn frames_outside_the_rules_are_the_callers_fault() {
        let (sender, _writer) = lanes();
        let large = sender.send(Lane::Urgent, vec![0; FRAME_BYTES_MAX + 1]).await;
        let bytes = FRAME_BYTES_MAX + 1;
        assert!(matches!(large, Err(NetError::CallerFault(CallerFault::FrameTooLarge { bytes: b })) if b == bytes));
        let empty = sender.send(Lane::Bulk, Vec::new()).await;
        assert!(matches!(empty, Err(NetError::CallerFault(CallerFault::EmptyFrame))));
    }
}
