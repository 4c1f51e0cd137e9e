//! What a peer whom the line knows can do to the host: connections and frames.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use detente_net::{FrameReceiver, FrameSender, Lane, TlsIdentity, TlsPublicKey, connect};
use detente_testkit::{Side, parties, terms};
use detente_wire::hash::domain;
use detente_wire::{Ed25519, KeyPair};
use tempfile::TempDir;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::desk::Place;
use super::*;
use crate::keys::NewKeys;
use crate::pairing::Paired;
use crate::serve::{Reach, Serving};
use crate::settings::Settings;

/// How long anything may take before a test says that it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

fn tls(key: &KeyPair) -> TlsIdentity {
    TlsIdentity::from_seed(Zeroizing::new(*key.secret().danger_seed()))
}

/// A running side with one line, and what the other side needs to call it.
struct Called {
    serving: Serving,
    line: LineId,
    them: TlsIdentity,
    us: TlsPublicKey,
    _root: TempDir,
}

impl Called {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("home");
        let parties = parties(&Ed25519, 13);
        let [opening, _] = parties.openings(&Ed25519, &terms());
        let Side { party, log, holder, tls: own, .. } = parties.low;
        let us = tls(&own).public_key();
        let home = Home::create(&root).unwrap();
        home.write_keys(&[("party", party.secret().danger_seed())]).unwrap();
        Settings { name: "Aster".into(), ..Settings::default() }.write(&root).unwrap();
        let keys = NewKeys { log, holder, tls: own };
        let paired = Paired { line: parties.line, opening, keys, name: "Borea".into(), address: None };
        crate::pairing::keep(&root, &home, paired, Some("127.0.0.1:0".into())).unwrap();
        drop(home);
        let serving = Serving::start(&root, Reach::Links).await.unwrap();
        Self { serving, line: parties.line, them: tls(&parties.high.tls), us, _root: directory }
    }

    /// Calls, and waits until the node has greeted: from then on this is the bearer.
    async fn call(&self) -> (FrameSender, FrameReceiver) {
        let (_, address) = self.serving.listening[0];
        let (sender, mut receiver) = connect(address, &self.them, self.us).await.unwrap().split();
        let hello = timeout(PATIENCE, receiver.next()).await.expect("the node greets").unwrap();
        assert!(hello.is_some(), "a bearer begins with a hello");
        (sender, receiver)
    }

    /// How many faults of the other side the node has counted so far.
    fn faults(&self) -> u64 {
        let (tell, told) = channel();
        let line = self.line;
        let job: Job = Box::new(move |seat| tell.send(seat.node.line(&line).unwrap().view().faults).unwrap());
        // Not at the desk at once: after all that was sent before.
        self.serving.host().sender().send(Message::Job(job)).unwrap();
        told.recv_timeout(PATIENCE).unwrap()
    }
}

/// A whole frame, outside every session, that says nothing: its sender's fault.
fn nonsense() -> Vec<u8> {
    let form = [0xff];
    [&form[..], &domain("detente/frame/1", &[&[0; 8], &[0; 8], &form])[..4]].concat()
}

/// Reads until the connection ends.
async fn ended(mut receiver: FrameReceiver) {
    while let Ok(Some(_)) = timeout(PATIENCE, receiver.next()).await.expect("it ends") {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_bearer_closes_the_older() {
    let called = Called::start().await;
    let (sender, first) = called.call().await;
    let _second = called.call().await;
    ended(first).await;
    // Both ways: what is still sent on it soon finds nobody.
    let refused = async { while sender.send(Lane::Bulk, vec![0; 1_000]).await.is_ok() {} };
    timeout(PATIENCE, refused).await.expect("nobody reads on");
    called.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_an_older_bearer_are_not_heard() {
    let called = Called::start().await;
    let _first = called.call().await;
    let _second = called.call().await;
    let room = Arc::new(Semaphore::new(3));
    for (number, faults) in [(1, 0), (2, 1), (3, 1)] {
        let place = Arc::clone(&room).try_acquire_owned().unwrap();
        called.serving.host().sender().send(Message::Frame(called.line, number, nonsense(), place)).unwrap();
        assert_eq!(called.faults(), faults, "after a frame of bearer {number}");
    }
    called.serving.stop().await;
}

#[test]
fn a_job_comes_behind_the_node_that_waits_for_its_desk() {
    let (to_node, messages) = channel();
    let place = Arc::new(Place { desk: Mutex::new(None), wanted: AtomicBool::new(true) });
    let way = Way { to_node, place: Arc::clone(&place) };
    assert!(way.seat(Box::new(|_| ())));
    assert!(matches!(messages.try_recv(), Ok(Message::Job(_))));
    // Nobody waits, and nobody is there: the node has stopped.
    place.wanted.store(false, Ordering::Relaxed);
    assert!(!way.seat(Box::new(|_| ())));
    assert!(messages.try_recv().is_err());
}

fn next_up(messages: &Receiver<Message>) -> Bearer {
    match messages.recv_timeout(PATIENCE) {
        Ok(Message::Up(_, bearer)) => bearer,
        Ok(_) => panic!("something else than a bearer"),
        Err(fault) => panic!("no bearer: {fault}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_holds_few_connections_however_slow_the_node_is() {
    let parties = parties(&Ed25519, 13);
    let (us, them) = (tls(&parties.low.tls), tls(&parties.high.tls));
    let (own, peer) = (us.public_key(), them.public_key());
    let config = LinkConfig { line: parties.line, identity: us, peer, listen: Some("127.0.0.1:0".into()), dial: None };
    let (to_node, messages) = channel();
    let (_dials, dialled) = mpsc::unbounded_channel();
    let links = Links::start(vec![config], to_node, dialled).await.unwrap();
    let address = links.listening[&parties.line];
    let mut held = Vec::new();
    let mut bearers = Vec::new();
    for _ in 0..links::ACCEPTED_MAX {
        held.push(connect(address, &them, own).await.unwrap());
        bearers.push(next_up(&messages));
    }
    let mut one_more = Box::pin(connect(address, &them, own));
    assert!(timeout(Duration::from_millis(300), &mut one_more).await.is_err(), "there is no place for it");
    drop(bearers.remove(0));
    let (sender, _receiver) = one_more.await.expect("the place that became free is given to it").split();
    sender.send(Lane::Bulk, b"hello".to_vec()).await.unwrap();
    let _bearer = next_up(&messages);
    links.stop().await;
}
