//! Frames between two pinned sides over real sockets.

use std::time::Duration;

use crate::sides::{connected, identity, listener};
use detente_net::{FRAME_BYTES_MAX, Lane, TrySendError};

#[tokio::test]
async fn frames_of_every_size_arrive_in_order_both_ways() {
    let (mut listener, _pins) = listener().await;
    let (received, called) = connected(&mut listener).await;
    assert_eq!(received.peer_key(), identity(2).public_key());
    assert_eq!(called.peer_key(), identity(1).public_key());
    assert_eq!(called.remote_addr(), listener.local_addr());
    let sizes = [1, 2, 3, 100, 4095, FRAME_BYTES_MAX - 1, FRAME_BYTES_MAX, 5];
    for (from, to) in [(received, called)].map(|(a, b)| (a.split(), b.split())) {
        let ((here_out, mut here_in), (there_out, mut there_in)) = (from, to);
        for (number, &size) in sizes.iter().enumerate() {
            here_out.send(Lane::Bulk, vec![number as u8; size]).await.unwrap();
            there_out.send(Lane::Urgent, vec![number as u8 + 100; size]).await.unwrap();
        }
        for (number, &size) in sizes.iter().enumerate() {
            assert_eq!(there_in.next().await.unwrap(), Some(vec![number as u8; size]));
            assert_eq!(here_in.next().await.unwrap(), Some(vec![number as u8 + 100; size]));
        }
    }
}

#[tokio::test]
async fn dropping_the_last_sender_sends_what_is_queued_and_closes() {
    let (mut listener, _pins) = listener().await;
    let (received, called) = connected(&mut listener).await;
    let (sender, receiver) = called.split();
    let second = sender.clone();
    for number in 0..500_u32 {
        sender.send(Lane::Bulk, number.to_be_bytes().to_vec()).await.unwrap();
    }
    drop((sender, receiver));
    second.send(Lane::Bulk, b"last".to_vec()).await.unwrap();
    drop(second);
    let (_sender, mut receiver) = received.split();
    for number in 0..500_u32 {
        assert_eq!(receiver.next().await.unwrap(), Some(number.to_be_bytes().to_vec()));
    }
    assert_eq!(receiver.next().await.unwrap(), Some(b"last".to_vec()));
    assert_eq!(receiver.next().await.unwrap(), None);
}

#[tokio::test]
async fn an_urgent_frame_overtakes_all_that_the_kernel_has_not_taken() {
    const FRAME_BYTES: usize = 8000;
    const URGENT: [u8; 4] = [0xff; 4];
    let (mut listener, _pins) = listener().await;
    let (received, called) = connected(&mut listener).await;
    let (sender, _receiver) = called.split();
    // From here on the clock stands still unless nothing at all can be done: a wait that times out
    // means that the peer's buffers are full and the lane as well.
    tokio::time::pause();
    let mut sent = 0_u32;
    loop {
        let mut frame = sent.to_be_bytes().to_vec();
        frame.resize(FRAME_BYTES, 0);
        let queued = tokio::time::timeout(Duration::from_secs(1), sender.send(Lane::Bulk, frame)).await;
        match queued {
            Ok(result) => result.unwrap(),
            Err(_) => break,
        }
        sent += 1;
    }
    let waiting = sender.queued_bytes(Lane::Bulk) / (FRAME_BYTES + 64);
    assert!(waiting > 100, "about a mebibyte waits, which is {waiting} frames");
    sender.try_send(Lane::Urgent, URGENT.to_vec()).unwrap();
    assert!(matches!(sender.try_send(Lane::Bulk, vec![0; FRAME_BYTES]), Err(TrySendError::Full(_))));
    tokio::time::resume();

    let (_sender, mut receiver) = received.split();
    let mut before = 0_usize;
    let mut next = receiver.next().await.unwrap().unwrap();
    while next != URGENT {
        assert_eq!(next[..4], u32::try_from(before).unwrap().to_be_bytes(), "bulk keeps its order");
        before += 1;
        next = receiver.next().await.unwrap().unwrap();
    }
    assert!(before <= sent as usize - waiting, "{before} of {sent} frames came first, {waiting} were waiting");
}

#[tokio::test]
async fn a_sender_learns_that_the_other_side_is_gone() {
    let (mut listener, _pins) = listener().await;
    let (received, called) = connected(&mut listener).await;
    let (sender, mut receiver) = called.split();
    drop(received);
    assert!(receiver.next().await.is_err(), "a cut is no orderly end");
    // The kernel answers the first write with a reset; the writer then ends and closes the lanes.
    while sender.send(Lane::Bulk, vec![0; 1000]).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
