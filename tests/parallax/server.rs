//! The service, by real clients over real sockets: every method and every error.

mod attacker;

mod attacks;

mod connections;

mod deadlines;

mod errors;

mod harness;

mod lifecycle;

mod methods;

mod security;

mod slow_reader;

mod spans;

mod streams;

mod web;
