//! Commands given to the node: kept before they are answered, and given again while the disk is behind.

use std::time::Duration;

use axum::Json;
use detente_node::{Accepted, Command, CommandFault, Line};
use detente_types::LineId;
use tokio::sync::oneshot::Receiver;

use crate::Api;
use crate::ask::Done;
use crate::auth::{Officer, Role};
use crate::port::{Kept, Seat, Stopped, ask};
use crate::problem::{Fault, Problem};
use crate::routes::{Answer, find_line, no_line};

/// Tells when an input is in the book.
pub(crate) type Durable = Receiver<Kept>;

/// Pauses while the disk is behind: together some five seconds.
const PAUSES: u32 = 500;
const PAUSE: Duration = Duration::from_millis(10);

/// How often a command is still given again.
pub(crate) struct Patience(u32);

impl Patience {
    pub(crate) const fn new() -> Self {
        Self(PAUSES)
    }

    /// Lets the disk write.
    ///
    /// # Errors
    /// When it had time enough.
    pub(crate) async fn pause(&mut self) -> Result<(), Problem> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| Problem::from(CommandFault::DiskBehind))?;
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}

/// Makes a command from a look at the line, gives it, and answers once it is durable.
pub(crate) async fn act(
    api: &Api,
    officer: Officer,
    name: String,
    make: impl FnOnce(&Line) -> Result<Command, Problem> + Send + 'static,
) -> Answer<Done> {
    officer.needs(Role::Officer)?;
    let by = officer.clone();
    let made = ask(&*api.host, move |seat| {
        let line = find_line(seat, &name)?;
        let command = make(seat.node.line(&line).ok_or_else(|| no_line(&name))?)?;
        Ok::<_, Problem>((line, give(seat, line, &by, command.clone()), command))
    });
    let (line, mut given, command) = made.await??;
    let mut patience = Patience::new();
    while let Err(CommandFault::DiskBehind) = given {
        patience.pause().await?;
        let (by, command) = (officer.clone(), command.clone());
        given = ask(&*api.host, move |seat| give(seat, line, &by, command)).await?;
    }
    let (done, durable) = given?;
    kept(durable).await?;
    Ok(Json(done))
}

/// Gives a command.
pub(crate) fn give(
    seat: &mut Seat<'_>,
    line: LineId,
    officer: &Officer,
    command: Command,
) -> Result<(Done, Durable), CommandFault> {
    let Accepted { book, stated, note } = seat.node.command(seat.now, seat.rng, line, &officer.by(), command)?;
    let durable = seat.booked(book);
    Ok((Done { book, stated: stated.as_ref().map(Into::into), note, notice: None, doubts: Vec::new() }, durable))
}

/// Waits until an input is in the book.
pub(crate) async fn kept(durable: Durable) -> Result<(), Problem> {
    match durable.await {
        Ok(Kept::Durable) => Ok(()),
        Ok(Kept::Waits) => Err(Problem::new(
            Fault::DiskFull,
            "the disk became full while this was written: the node holds it, and states it once there is room; give it again \
             only if the node stops before",
        )),
        Ok(Kept::Failed) => Err(Problem::new(
            Fault::Unavailable,
            "the disk failed while this was written: start the node again, on a disk that works, and look whether it is there",
        )),
        Err(_) => Err(Stopped.into()),
    }
}
