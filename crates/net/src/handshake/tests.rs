//! Handshakes against honest, mistaken and hostile peers, in memory and on a paused clock.

use std::sync::Arc;

use tokio::io::{DuplexStream, duplex};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::AlwaysResolvesClientRawPublicKeys;
use tokio_rustls::rustls::crypto::aws_lc_rs::kx_group;
use tokio_rustls::rustls::crypto::{CryptoProvider, SupportedKxGroup};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{AlertDescription, CertificateError, ClientConnection, Error as TlsError, PeerIncompatible};
use zeroize::Zeroizing;

use super::*;
use crate::tls::{KeyVerifier, provider};

const LINE: [u8; 32] = [7; 32];

fn identity(number: u8) -> TlsIdentity {
    TlsIdentity::from_seed(Zeroizing::new([number; 32]))
}

fn pins(numbers: &[u8]) -> Pins {
    let pins = Pins::new();
    for &number in numbers {
        pins.add(identity(number).public_key(), LINE).unwrap();
    }
    pins
}

/// The listener is 1 and pins 2 (and some others) unless a test says otherwise.
fn doorkeeper() -> Doorkeeper {
    Doorkeeper::pinned(&identity(1), pins(&[8, 2, 9])).unwrap()
}

type Outcome = Result<Established<DuplexStream>, NetError>;

async fn meet(doorkeeper: &Doorkeeper, caller: &Caller) -> (Outcome, Outcome) {
    let (near, far) = duplex(64 * 1024);
    tokio::join!(doorkeeper.receive(near), caller.introduce(far))
}

#[track_caller]
fn peer_fault(outcome: Outcome) -> PeerFault {
    match outcome {
        Err(NetError::PeerFault(fault)) => fault,
        other => panic!("expected a fault of the peer, got {other:?}"),
    }
}

fn tls_fault(source: impl Into<TlsError>) -> PeerFault {
    PeerFault::Tls { source: source.into() }
}

/// Our own client configuration with one thing changed.
fn altered_caller(number: u8, alter: impl FnOnce(&mut ClientConfig)) -> Caller {
    let mut caller = Caller::pinned(&identity(number), identity(1).public_key()).unwrap();
    alter(Arc::make_mut(&mut caller.config));
    caller
}

fn only(group: &'static dyn SupportedKxGroup) -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider { kx_groups: vec![group], ..(*provider()).clone() })
}

fn caller_with_group(group: &'static dyn SupportedKxGroup) -> Caller {
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    let resolver = AlwaysResolvesClientRawPublicKeys::new(identity(2).certified().unwrap());
    let mut config = ClientConfig::builder_with_provider(only(group))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(KeyVerifier(Accepts::Anyone)))
        .with_client_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![ALPN.to_vec()];
    Caller { config: Arc::new(config), ..caller }
}

#[tokio::test(start_paused = true)]
async fn pinned_sides_meet_under_the_hybrid_group() {
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    let (received, called) = meet(&doorkeeper(), &caller).await;
    let (received, called) = (received.unwrap(), called.unwrap());
    assert_eq!(received.peer, identity(2).public_key());
    assert_eq!(called.peer, identity(1).public_key());
    assert!(called.is_caller() && !received.is_caller());
    for end in [&received, &called] {
        assert_eq!(end.group(), Some(NamedGroup::X25519MLKEM768));
        assert_eq!(end.stream.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
        assert_eq!(end.stream.get_ref().1.handshake_kind(), Some(rustls::HandshakeKind::Full));
    }
}

#[tokio::test(start_paused = true)]
async fn no_session_can_be_resumed() {
    let doorkeeper = doorkeeper();
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    for _ in 0..2 {
        let (received, called) = meet(&doorkeeper, &caller).await;
        received.unwrap();
        let called = called.unwrap();
        let TlsStream::Client(stream) = &called.stream else { panic!("this end called") };
        assert_eq!(stream.get_ref().1.tls13_tickets_received(), 0);
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(rustls::HandshakeKind::Full));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_caller_is_left_without_a_byte() {
    let stranger = Caller::pinned(&identity(3), identity(1).public_key()).unwrap();
    let (received, called) = meet(&doorkeeper(), &stranger).await;
    assert_eq!(peer_fault(received), PeerFault::NoKnock);
    assert_eq!(peer_fault(called), PeerFault::HungUp);

    for name in ["example.org".try_into().unwrap(), stranger.knock.server_name([5; 16])] {
        let (near, mut far) = duplex(64 * 1024);
        let mut hello = Vec::new();
        let mut client = ClientConnection::new(Arc::clone(&stranger.config), name).unwrap();
        client.write_tls(&mut hello).unwrap();
        far.write_all(&hello).await.unwrap();
        assert_eq!(peer_fault(doorkeeper().receive(near).await), PeerFault::NoKnock);
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).await.unwrap();
        assert!(answer.is_empty(), "a stranger got {} bytes", answer.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_known_knock_does_not_stand_for_a_pinned_key() {
    // Knows both public keys, and so the knock, but holds another key.
    let mut liar = Caller::pinned(&identity(3), identity(1).public_key()).unwrap();
    liar.knock = KnockKey::pinned(&identity(1).public_key(), &identity(2).public_key());
    let (received, called) = meet(&doorkeeper(), &liar).await;
    assert_eq!(peer_fault(received), PeerFault::UnknownKey { key: identity(3).public_key() });
    assert_eq!(peer_fault(called), PeerFault::RefusedUs);
}

#[tokio::test(start_paused = true)]
async fn showing_a_pinned_key_is_not_holding_it() {
    let pinned = identity(2).certified().unwrap();
    let own = identity(3).certified().unwrap();
    let mixed = CertifiedKey::new(pinned.cert.clone(), Arc::clone(&own.key));
    let liar = altered_caller(2, |config| {
        config.client_auth_cert_resolver = Arc::new(AlwaysResolvesClientRawPublicKeys::new(Arc::new(mixed)));
    });
    let (received, called) = meet(&doorkeeper(), &liar).await;
    let bad_signature = TlsError::InvalidCertificate(CertificateError::BadSignature);
    assert_eq!(peer_fault(received), tls_fault(bad_signature));
    assert_eq!(peer_fault(called), tls_fault(TlsError::AlertReceived(AlertDescription::DecryptError)));
}

#[tokio::test(start_paused = true)]
async fn a_listener_with_another_key_is_refused() {
    // It has learnt both public keys and hears the knock, but is not the one we dialled.
    let mut impostor = Doorkeeper::pinned(&identity(4), pins(&[2])).unwrap();
    impostor.knocks = Knocks::Pinned { listener: identity(1).public_key(), pins: pins(&[2]) };
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    let (received, called) = meet(&impostor, &caller).await;
    assert_eq!(peer_fault(called), PeerFault::UnknownKey { key: identity(4).public_key() });
    assert_eq!(peer_fault(received), PeerFault::RefusedUs);
}

#[tokio::test(start_paused = true)]
async fn a_key_taken_out_of_the_pins_is_refused_from_then_on() {
    let pins = pins(&[2]);
    let doorkeeper = Doorkeeper::pinned(&identity(1), pins.clone()).unwrap();
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    assert!(meet(&doorkeeper, &caller).await.1.is_ok());
    assert_eq!(pins.remove(&identity(2).public_key()), Some(LINE));
    let (received, called) = meet(&doorkeeper, &caller).await;
    assert_eq!(peer_fault(received), PeerFault::NoKnock);
    assert_eq!(peer_fault(called), PeerFault::HungUp);
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_the_hybrid_group_is_refused() {
    for group in [kx_group::X25519, kx_group::SECP256R1, kx_group::MLKEM768] {
        let (received, called) = meet(&doorkeeper(), &caller_with_group(group)).await;
        assert_eq!(peer_fault(received), tls_fault(PeerIncompatible::NoKxGroupsInCommon));
        assert_eq!(peer_fault(called), tls_fault(TlsError::AlertReceived(AlertDescription::HandshakeFailure)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_without_the_hybrid_group_is_refused() {
    let mut old = doorkeeper();
    let resolver = rustls::server::AlwaysResolvesServerRawPublicKeys::new(identity(1).certified().unwrap());
    let mut config = ServerConfig::builder_with_provider(only(kx_group::X25519))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(Arc::new(KeyVerifier(Accepts::Anyone)))
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![ALPN.to_vec()];
    old.config = Arc::new(config);
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    let (received, called) = meet(&old, &caller).await;
    assert_eq!(peer_fault(received), tls_fault(PeerIncompatible::NoKxGroupsInCommon));
    assert_eq!(peer_fault(called), tls_fault(TlsError::AlertReceived(AlertDescription::HandshakeFailure)));
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_a_raw_key_is_refused() {
    let keyless = altered_caller(2, |config| {
        *config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(KeyVerifier(Accepts::Anyone)))
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN.to_vec()];
    });
    let (received, _) = meet(&doorkeeper(), &keyless).await;
    assert_eq!(peer_fault(received), tls_fault(PeerIncompatible::IncorrectCertificateTypeExtension));
}

#[tokio::test(start_paused = true)]
async fn another_protocol_or_none_is_refused() {
    for names in [vec![b"h2".to_vec()], vec![]] {
        let caller = altered_caller(2, |config| config.alpn_protocols = names);
        let (received, called) = meet(&doorkeeper(), &caller).await;
        assert_eq!(peer_fault(received), PeerFault::WrongProtocol);
        assert_eq!(peer_fault(called), PeerFault::HungUp);
    }
    let mut silent = doorkeeper();
    Arc::make_mut(&mut silent.config).alpn_protocols.clear();
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    let (_, called) = meet(&silent, &caller).await;
    assert_eq!(peer_fault(called), PeerFault::WrongProtocol);
}

#[tokio::test(start_paused = true)]
async fn a_dripping_caller_is_timed_out_by_one_deadline() {
    let (near, mut far) = duplex(1024);
    let start = Instant::now();
    let dripping = tokio::spawn(async move {
        // A byte a second would keep any timer alive that starts anew with each byte.
        for byte in [22, 3, 1, 0x10, 0, 1, 0, 0x0f, 0xfc].into_iter().chain(std::iter::repeat(0)) {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if far.write_all(&[byte]).await.is_err() {
                return;
            }
        }
    });
    assert_eq!(peer_fault(doorkeeper().receive(near).await), PeerFault::HandshakeTimedOut);
    assert_eq!(start.elapsed(), HANDSHAKE_TIMEOUT);
    dripping.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_never_answers_is_timed_out() {
    let (near, _far) = duplex(64 * 1024);
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    let start = Instant::now();
    assert_eq!(peer_fault(caller.introduce(near).await), PeerFault::HandshakeTimedOut);
    assert_eq!(start.elapsed(), HANDSHAKE_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_first_message_without_end_is_cut_off() {
    // A ClientHello that claims 60,000 bytes, in records of 4 KiB.
    let mut flood = vec![22, 3, 1, 0x10, 0x00, 1, 0x00, 0xea, 0x60];
    flood.resize(5 + 4096, 0);
    for _ in 0..8 {
        flood.extend_from_slice(&[22, 3, 1, 0x10, 0x00]);
        flood.resize(flood.len() + 4096, 0);
    }
    let (near, mut far) = duplex(64 * 1024);
    far.write_all(&flood).await.unwrap();
    let fault = peer_fault(doorkeeper().receive(near).await);
    assert_eq!(fault, PeerFault::HandshakeTooLong { bytes_max: HANDSHAKE_BYTES_MAX });
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_tls_are_a_fault_of_tls() {
    let (near, mut far) = duplex(1024);
    far.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let fault = peer_fault(doorkeeper().receive(near).await);
    assert!(matches!(fault, PeerFault::Tls { source: TlsError::InvalidMessage(_) }), "{fault:?}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_is_named_so() {
    let (near, far) = duplex(1024);
    drop(far);
    assert_eq!(peer_fault(doorkeeper().receive(near).await), PeerFault::HungUp);
}

#[tokio::test(start_paused = true)]
async fn anything_in_place_of_the_welcome_is_refused() {
    let (near, far) = duplex(64 * 1024);
    let acceptor = TlsAcceptor::from(Arc::clone(&doorkeeper().config));
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    let serving = async {
        let mut stream = acceptor.accept(near).await.unwrap();
        stream.write_all(&[0, 0, 0, 1]).await.unwrap();
        stream.flush().await.unwrap();
        stream
    };
    let (_stream, called) = tokio::join!(serving, caller.introduce(far));
    assert_eq!(peer_fault(called), PeerFault::BadWelcome);
}

#[tokio::test(start_paused = true)]
async fn pairing_opens_to_the_invite_alone() {
    let doorkeeper = Doorkeeper::pairing(&identity(1), &[1; 32]).unwrap();
    let guest = Caller::pairing(&identity(2), &[1; 32]).unwrap();
    let (received, called) = meet(&doorkeeper, &guest).await;
    assert_eq!(received.unwrap().peer, identity(2).public_key());
    assert_eq!(called.unwrap().peer, identity(1).public_key());

    let stranger = Caller::pairing(&identity(2), &[2; 32]).unwrap();
    assert_eq!(peer_fault(meet(&doorkeeper, &stranger).await.0), PeerFault::NoKnock);
    let pinned = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    assert_eq!(peer_fault(meet(&doorkeeper, &pinned).await.0), PeerFault::NoKnock);
}

#[tokio::test(start_paused = true)]
async fn a_binding_covers_both_keys() {
    let doorkeeper = Doorkeeper::pairing(&identity(1), &[1; 32]).unwrap();
    let guest = Caller::pairing(&identity(2), &[1; 32]).unwrap();
    let (received, called) = meet(&doorkeeper, &guest).await;
    let (received, called) = (received.unwrap(), called.unwrap());
    let [host, guest, other] = [1, 2, 3].map(|number| identity(number).public_key());
    let binding = received.pairing_binding(&host, &guest).unwrap();
    assert_eq!(called.pairing_binding(&host, &guest).unwrap(), binding);
    for (listener, caller) in [(host, other), (other, guest), (guest, host)] {
        assert_ne!(called.pairing_binding(&listener, &caller).unwrap(), binding);
    }
}

#[test]
fn an_honest_handshake_is_far_below_the_allowance() {
    let caller = Caller::pinned(&identity(2), identity(1).public_key()).unwrap();
    let mut hello = Vec::new();
    let name = caller.knock.server_name([0; 16]);
    ClientConnection::new(Arc::clone(&caller.config), name).unwrap().write_tls(&mut hello).unwrap();
    assert!(hello.len() < HANDSHAKE_BYTES_MAX / 3, "first message of {} bytes", hello.len());
}
