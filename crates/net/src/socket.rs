//! TCP socket options: nothing queues below us for long (F5), and a dead peer is noticed.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use crate::error::Environment;

/// Unsent bytes that the kernel may hold before the socket counts as full. With one more batch that
/// passes the check and one in TLS's hands, an urgent frame waits behind less than 50 KiB (F5: 64).
pub const NOTSENT_LOWAT_BYTES: u32 = 16 * 1024;

/// Silence after which the kernel asks whether the peer is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);

/// Time between two such questions.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// Unanswered questions after which the connection is dead: 30 s after the last sign of life.
const KEEPALIVE_PROBES: u32 = 3;

/// How long sent bytes may stay unacknowledged, or the peer's window closed. A peer that takes nothing
/// for a minute cannot be warned over this connection: it is cut, and the link tries anew.
const USER_TIMEOUT: Duration = Duration::from_secs(60);

/// Sets every option that the carrier's promises rest on.
pub(crate) fn tune(stream: &TcpStream) -> Result<(), Environment> {
    let socket = SockRef::from(stream);
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL).with_retries(KEEPALIVE_PROBES);
    set("TCP_NODELAY", socket.set_tcp_nodelay(true))?;
    set("TCP_KEEPALIVE", socket.set_tcp_keepalive(&keepalive))?;
    tune_linux(&socket)
}

#[cfg(target_os = "linux")]
fn tune_linux(socket: &SockRef<'_>) -> Result<(), Environment> {
    set("TCP_NOTSENT_LOWAT", socket.set_tcp_notsent_lowat(NOTSENT_LOWAT_BYTES))?;
    set("TCP_USER_TIMEOUT", socket.set_tcp_user_timeout(Some(USER_TIMEOUT)))
}

/// Elsewhere keep-alive alone finds a dead peer, and the kernel's own send buffer bounds the wait.
#[cfg(not(target_os = "linux"))]
fn tune_linux(_socket: &SockRef<'_>) -> Result<(), Environment> {
    Ok(())
}

fn set(option: &'static str, result: io::Result<()>) -> Result<(), Environment> {
    result.map_err(|source| Environment::SocketOption { option, source })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn every_option_is_in_force() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        tune(&stream).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE_IDLE);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), KEEPALIVE_INTERVAL);
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), KEEPALIVE_PROBES);
        assert_eq!(socket.tcp_notsent_lowat().unwrap(), NOTSENT_LOWAT_BYTES);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(USER_TIMEOUT));
    }
}
