//! The public interface, over real sockets on loopback and real files.

mod frames;
mod fuzz_bodies;
mod listen;
mod pairing;
mod sides;
