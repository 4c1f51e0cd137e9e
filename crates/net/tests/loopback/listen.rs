//! The door: who gets in, who does not, and what a crowd of strangers can do.

use crate::sides::{ANY_PORT, LINE, connected, identity, listener};
use detente_net::{
    Environment, HANDSHAKE_TIMEOUT, HandshakeCounts, Listener, NetError, PeerFault, Pins, STRANGERS_MAX, TlsIdentity, connect,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Calls while the listener serves; the outcome of the call.
async fn call(listener: &mut Listener, caller: &TlsIdentity, peer: &TlsIdentity) -> Result<(), NetError> {
    let addr = listener.local_addr();
    tokio::select! {
        biased;
        called = connect(addr, caller, peer.public_key()) => called.map(drop),
        () = serve(listener) => unreachable!("a listener never stops"),
    }
}

/// Serves on until the counts are as expected: handshakes are counted while the listener serves.
async fn serve_until(listener: &mut Listener, expected: impl Fn(HandshakeCounts) -> bool) {
    while !expected(listener.counts()) {
        tokio::select! {
            biased;
            _ = listener.accept() => panic!("nobody else calls"),
            () = tokio::task::yield_now() => {}
        }
    }
}

async fn serve(listener: &mut Listener) {
    loop {
        drop(listener.accept().await);
    }
}

#[tokio::test]
async fn pins_can_change_while_listening() {
    let (mut listener, pins) = listener().await;
    let newcomer = identity(3);
    let refused = call(&mut listener, &newcomer, &identity(1)).await;
    assert!(matches!(refused, Err(NetError::PeerFault(PeerFault::HungUp))), "{refused:?}");
    pins.add(newcomer.public_key(), LINE).unwrap();
    call(&mut listener, &newcomer, &identity(1)).await.unwrap();
    pins.remove(&newcomer.public_key()).unwrap();
    let refused = call(&mut listener, &newcomer, &identity(1)).await;
    assert!(matches!(refused, Err(NetError::PeerFault(PeerFault::HungUp))), "{refused:?}");
    serve_until(&mut listener, |counts| counts.no_knock == 2).await;
    let expected = HandshakeCounts { completed: 1, no_knock: 2, ..HandshakeCounts::default() };
    assert_eq!(listener.counts(), expected);
}

#[tokio::test]
async fn a_caller_who_expects_somebody_else_is_not_answered() {
    let (mut listener, _pins) = listener().await;
    let refused = call(&mut listener, &identity(2), &identity(9)).await;
    assert!(matches!(refused, Err(NetError::PeerFault(PeerFault::HungUp))), "{refused:?}");
}

#[tokio::test]
async fn a_bad_handshake_does_not_disturb_the_next() {
    let (mut listener, _pins) = listener().await;
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1, 0xff, 0xff], &[0; 1000], b""] {
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        stream.shutdown().await.unwrap();
        connected(&mut listener).await;
    }
    serve_until(&mut listener, |counts| counts.other_fault + counts.hung_up == 4).await;
    assert_eq!(listener.counts().completed, 4);
}

#[tokio::test]
async fn a_crowd_of_strangers_is_bounded_and_keeps_nobody_out() {
    const CROWD: usize = 200;
    let (mut listener, _pins) = listener().await;
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let arriving = socket.connect(listener.local_addr());
        let mut stream = tokio::select! {
            stream = arriving => stream.unwrap(),
            () = serve(&mut listener) => unreachable!("a listener never stops"),
        };
        stream.write_all(&[22]).await.unwrap();
        crowd.push(stream);
    }
    connected(&mut listener).await;

    // The crowd came first and was whole when the honest caller came; all but the last 63 must go.
    let evicted = CROWD + 1 - STRANGERS_MAX;
    for stream in &mut crowd[..evicted] {
        // Half of the time after which it would be gone without anybody's doing.
        let mut byte = [0; 1];
        let gone = timeout(HANDSHAKE_TIMEOUT / 2, stream.read(&mut byte));
        let read = tokio::select! {
            read = gone => read.expect("the oldest strangers are put out at once"),
            () = serve(&mut listener) => unreachable!("a listener never stops"),
        };
        assert!(!matches!(read, Ok(1..)), "a stranger got a byte");
    }
    serve_until(&mut listener, |counts| counts.evicted >= evicted as u64).await;
    let expected = HandshakeCounts { completed: 1, evicted: evicted as u64, ..HandshakeCounts::default() };
    assert_eq!(listener.counts(), expected);
    for stream in &crowd[evicted..] {
        let error = stream.try_read(&mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "the others still have their turn");
    }
}

#[tokio::test]
async fn dropping_a_listener_ends_its_handshakes() {
    let (mut listener, _pins) = listener().await;
    let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
    stream.write_all(&[22]).await.unwrap();
    connected(&mut listener).await;
    drop(listener);
    assert!(matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn an_address_in_use_and_a_silent_one_are_the_environments() {
    let (listener, _pins) = listener().await;
    let addr = listener.local_addr();
    let second = Listener::bind(addr, &identity(1), Pins::new()).await;
    assert!(matches!(second, Err(NetError::Environment(Environment::Listen { .. }))));
    drop(listener);
    let nobody = connect(addr, &identity(2), identity(1).public_key()).await;
    assert!(matches!(nobody, Err(NetError::Environment(Environment::Connect { .. }))));
    assert!(Listener::bind(ANY_PORT, &identity(1), Pins::new()).await.is_ok());
}
