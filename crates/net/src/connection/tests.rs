//! Ends of streams, told apart: closed, cut, broken, and against the rules.

use tokio::io::{DuplexStream, duplex};
use zeroize::Zeroizing;

use super::*;
use crate::error::PeerFault;
use crate::framing::FRAME_BYTES_MAX;
use crate::handshake::{Caller, Doorkeeper};
use crate::identity::TlsIdentity;
use crate::pins::Pins;

type Stream = TlsStream<Metered<DuplexStream>>;

/// Two ends of a session in memory.
async fn session() -> (Stream, Stream) {
    let identity = |number| TlsIdentity::from_seed(Zeroizing::new([number; 32]));
    let pins = Pins::new();
    pins.add(identity(2).public_key(), [0; 32]).unwrap();
    let doorkeeper = Doorkeeper::pinned(&identity(1), pins).unwrap();
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    let (near, far) = duplex(64 * 1024);
    let (received, called) = tokio::join!(doorkeeper.receive(near), caller.introduce(far));
    (received.unwrap().stream, called.unwrap().stream)
}

async fn write(stream: &mut Stream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
}

#[tokio::test]
async fn closing_between_frames_is_an_end() {
    let (mut peer, mut us) = session().await;
    write(&mut peer, b"\0\0\0\x05hello").await;
    peer.shutdown().await.unwrap();
    let mut inbox = Inbox::new();
    assert_eq!(inbox.next(&mut us).await.unwrap().as_deref(), Some(b"hello".as_slice()));
    assert_eq!(inbox.next(&mut us).await.unwrap(), None);
    assert!(matches!(inbox.next(&mut us).await, Err(NetError::Environment(Environment::Closed))));
}

#[tokio::test]
async fn ending_inside_a_frame_is_the_peers_fault_closed_or_cut() {
    for orderly in [true, false] {
        let (mut peer, mut us) = session().await;
        write(&mut peer, b"\0\0\0\x05hel").await;
        if orderly {
            peer.shutdown().await.unwrap();
        }
        drop(peer);
        let mut inbox = Inbox::new();
        match inbox.next(&mut us).await {
            Err(NetError::PeerFault(fault)) => assert_eq!(fault, PeerFault::Truncated { missing: 2 }),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_cut_between_frames_is_no_orderly_end() {
    let (mut peer, mut us) = session().await;
    write(&mut peer, b"\0\0\0\x05hello").await;
    drop(peer);
    let mut inbox = Inbox::new();
    assert!(inbox.next(&mut us).await.unwrap().is_some());
    assert!(matches!(inbox.next(&mut us).await, Err(NetError::Environment(Environment::Lost { .. }))));
}

#[tokio::test]
async fn lengths_against_the_rules_end_the_session() {
    let too_large = FRAME_BYTES_MAX as u32 + 1;
    let cases = [
        (too_large.to_be_bytes(), PeerFault::FrameTooLarge { bytes: too_large }),
        ([0xff; 4], PeerFault::FrameTooLarge { bytes: u32::MAX }),
        ([0; 4], PeerFault::EmptyFrame),
    ];
    for (header, expected) in cases {
        let (mut peer, mut us) = session().await;
        write(&mut peer, &header).await;
        write(&mut peer, b"\0\0\0\x01x").await;
        let mut inbox = Inbox::new();
        match inbox.next(&mut us).await {
            Err(NetError::PeerFault(fault)) => assert_eq!(fault, expected),
            other => panic!("{other:?}"),
        }
        let after = inbox.next(&mut us).await;
        assert!(matches!(after, Err(NetError::Environment(Environment::Closed))), "nothing follows a fault");
    }
}

#[tokio::test]
async fn a_flipped_byte_below_tls_ends_the_session() {
    let (peer, us) = session().await;
    let (mut raw, _) = match peer {
        TlsStream::Server(stream) => stream.into_inner(),
        TlsStream::Client(_) => panic!("the first end listens"),
    };
    raw.write_all(&[23, 3, 3, 0, 32]).await.unwrap();
    raw.write_all(&[0x55; 32]).await.unwrap();
    let (mut inbox, mut us) = (Inbox::new(), us);
    match inbox.next(&mut us).await {
        Err(NetError::PeerFault(PeerFault::Tls { source })) => {
            assert_eq!(source, rustls::Error::DecryptError);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_loses_no_byte() {
    let (mut peer, mut us) = session().await;
    let mut inbox = Inbox::new();
    let mut stream = Vec::new();
    put_frame(&[9; 300], &mut stream);
    for part in stream.chunks(7) {
        write(&mut peer, part).await;
        if let Ok(frame) = tokio::time::timeout(std::time::Duration::from_millis(1), inbox.next(&mut us)).await {
            assert_eq!(frame.unwrap(), Some(vec![9; 300]));
            return;
        }
    }
    panic!("the frame never came");
}
