//! Two sides that do not know each other's keys yet (G1), with and without somebody in between.

use std::net::SocketAddr;

use crate::sides::{ANY_PORT, identity};
use detente_net::{PairingConnection, PairingListener, TlsIdentity, connect_pairing};

const INVITE: [u8; 32] = [0x11; 32];

async fn pair(listener: &mut PairingListener, addr: SocketAddr, joiner: &TlsIdentity) -> (PairingConnection, PairingConnection) {
    let (received, called) = tokio::join!(listener.accept(), connect_pairing(addr, joiner, &INVITE));
    (received.unwrap(), called.unwrap())
}

#[tokio::test]
async fn both_ends_learn_the_keys_and_share_a_binding() {
    let mut listener = PairingListener::bind(ANY_PORT, &identity(1), &INVITE).await.unwrap();
    let addr = listener.local_addr();
    let (mut host, mut guest) = pair(&mut listener, addr, &identity(2)).await;
    assert_eq!(host.peer_key(), identity(2).public_key());
    assert_eq!(guest.peer_key(), identity(1).public_key());
    assert_eq!(host.channel_binding(), guest.channel_binding());

    guest.send(b"party key B, nonce B").await.unwrap();
    assert_eq!(host.next().await.unwrap(), Some(b"party key B, nonce B".to_vec()));
    host.send(b"nonce A").await.unwrap();
    assert_eq!(guest.next().await.unwrap(), Some(b"nonce A".to_vec()));
    guest.close().await.unwrap();
    assert_eq!(host.next().await.unwrap(), None);

    let (again, _guest) = pair(&mut listener, addr, &identity(2)).await;
    assert_ne!(again.channel_binding(), host.channel_binding(), "each session has its own binding");
    assert_eq!(listener.counts().completed, 2);
}

#[tokio::test]
async fn somebody_in_between_cannot_make_the_bindings_equal() {
    let mut host_listener = PairingListener::bind(ANY_PORT, &identity(1), &INVITE).await.unwrap();
    // Holds the invite as well, and even pretends with one and the same key towards both.
    let mut middle_listener = PairingListener::bind(ANY_PORT, &identity(66), &INVITE).await.unwrap();
    let middle = middle_listener.local_addr();
    let (near_guest, guest) = pair(&mut middle_listener, middle, &identity(2)).await;
    let host_addr = host_listener.local_addr();
    let (host, near_host) = pair(&mut host_listener, host_addr, &identity(66)).await;

    assert_eq!(near_guest.channel_binding(), guest.channel_binding());
    assert_eq!(near_host.channel_binding(), host.channel_binding());
    assert_ne!(host.channel_binding(), guest.channel_binding());
    assert_ne!(host.peer_key(), identity(2).public_key());
    assert_ne!(guest.peer_key(), identity(1).public_key());
}

#[tokio::test]
async fn the_wrong_invite_opens_nothing() {
    let mut listener = PairingListener::bind(ANY_PORT, &identity(1), &INVITE).await.unwrap();
    let addr = listener.local_addr();
    let stranger = identity(2);
    tokio::select! {
        biased;
        refused = connect_pairing(addr, &stranger, &[0x22; 32]) => assert!(refused.is_err()),
        _ = listener.accept() => panic!("the door opened without the invite"),
    }
    while listener.counts().no_knock == 0 {
        tokio::select! {
            biased;
            _ = listener.accept() => panic!("nobody else calls"),
            () = tokio::task::yield_now() => {}
        }
    }
}
