//! Detente: gateway.
