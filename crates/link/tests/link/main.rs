//! Two links in one thread: virtual time, a channel that loses, delays, doubles, reorders and damages, and a small node
//! on each end that keeps the rules the link relies on.

mod blind;
mod channel;
mod converge;
mod early;
mod hostile;
mod lives;
mod meeting;
mod side;
mod window;
mod world;
