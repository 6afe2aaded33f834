//! The service, by real clients over real sockets: every method and every error.

mod errors;

mod harness;

mod lifecycle;

mod methods;

mod streams;
