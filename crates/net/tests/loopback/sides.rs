//! Two sides on loopback, for the tests of the public interface.

use detente_net::{Connection, LineBytes, Listener, Pins, TlsIdentity, connect};
use zeroize::Zeroizing;

pub(crate) const LINE: LineBytes = [7; 32];
pub(crate) const ANY_PORT: &str = "127.0.0.1:0";

pub(crate) fn identity(number: u8) -> TlsIdentity {
    TlsIdentity::from_seed(Zeroizing::new([number; 32]))
}

/// Side 1 listens and pins side 2.
pub(crate) async fn listener() -> (Listener, Pins) {
    let pins = Pins::new();
    pins.add(identity(2).public_key(), LINE).unwrap();
    (Listener::bind(ANY_PORT, &identity(1), pins.clone()).await.unwrap(), pins)
}

/// Side 2 has called side 1: the listening end, then the calling end.
pub(crate) async fn connected(listener: &mut Listener) -> (Connection, Connection) {
    let addr = listener.local_addr();
    let caller = identity(2);
    let (received, called) = tokio::join!(listener.accept(), connect(addr, &caller, identity(1).public_key()));
    (received, called.unwrap())
}
