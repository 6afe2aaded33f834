//! Callers who mean harm, one kind after the other, and what another caller notices of them.

use super::{Client, Options, Outcome, Server, open_with, print, request, round};
use crate::attacker;
use parallax::server::pb;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tonic::codec::CompressionEncoding;

/// Kinds of attacks; each goes on for as long as the other caller calls.
const KINDS: [&str; 10] = [
    "nobody",
    "calls taken back at once",
    "headers without end",
    "a message in crumbs",
    "streams that promise the largest message",
    "a message that drips",
    "connections that never speak",
    "gzip bombs",
    "messages 300 deep",
    "pings",
];

pub(super) async fn attack(server: &Server, options: &Options) {
    let (clients, request) = (server.clients().await, request(options.words));
    let address: SocketAddr = server.address.parse().unwrap();
    let bomb = pb::CompareRequest { readouts: vec![readout("a ".repeat(20_000_000))], ..Default::default() };
    // The first calls make the pools.
    let _ = open_with(&clients, &request, options.rate, 1.0, &AtomicBool::new(false)).await;
    for kind in KINDS {
        let (is_over, n_attacks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let most = Arc::new(AtomicUsize::new(0));
        let watching = {
            let (is_over, most, pid) = (Arc::clone(&is_over), Arc::clone(&most), server.child.id());
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    most.fetch_max(super::resident_kib_of(pid) as usize, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
        };
        let attacking = {
            let (is_over, n_attacks, client) = (Arc::clone(&is_over), Arc::clone(&n_attacks), clients[0].clone());
            let bomb = bomb.clone();
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    one(kind, address, &client, &bomb).await;
                    n_attacks.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let outcome = open_with(&clients[1..], &request, options.rate, options.seconds, &AtomicBool::new(false)).await;
        is_over.store(true, Ordering::Relaxed);
        attacking.abort();
        if let Err(error) = attacking.await
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
        let _ = watching.await;
        print(
            &format!("attack: {kind}"),
            report(&outcome, n_attacks.load(Ordering::Relaxed), most.load(Ordering::Relaxed)),
        );
    }
}

fn report(outcome: &Outcome, n_attacks: usize, most_kib: usize) -> Value {
    let mut report = outcome.report();
    report["attacks_ended"] = json!(n_attacks);
    report["most_resident_mib"] = json!(round(most_kib as f64 / 1024.0));
    report
}

/// One attack of a kind, to its end.
async fn one(kind: &str, address: SocketAddr, client: &Client, bomb: &pb::CompareRequest) {
    match kind {
        "calls taken back at once" => drop(attacker::take_back(address).await),
        "headers without end" => drop(attacker::headers_without_end(address, &[0; 4_096]).await),
        "a message in crumbs" => drop(attacker::crumbs(address, b"a").await),
        "streams that promise the largest message" => {
            let attacker = attacker::promise(address, 1_000).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            drop(attacker);
        }
        "a message that drips" => {
            let attacker = attacker::promise(address, 1).await;
            let crumb = attacker::frame(attacker::DATA, attacker::NONE, 1, b"a");
            // Until the deadline of the call.
            let _ = tokio::time::timeout(Duration::from_secs(12), attacker::drip(attacker.write, crumb)).await;
        }
        "connections that never speak" => {
            let mut silent = Vec::new();
            for _ in 0..500 {
                silent.extend(tokio::net::TcpStream::connect(address).await.ok());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            for mut connection in silent {
                let _ = connection.shutdown().await;
            }
        }
        "gzip bombs" => {
            let mut client =
                client.clone().send_compressed(CompressionEncoding::Gzip).max_encoding_message_size(usize::MAX);
            let _ = client.compare(bomb.clone()).await;
        }
        "messages 300 deep" => drop(attacker::nest(address, 100).await),
        "pings" => drop(attacker::ping(address).await),
        _ => tokio::time::sleep(Duration::from_millis(100)).await,
    }
}

fn readout(text: String) -> pb::Readout {
    pb::Readout { content: Some(pb::readout::Content::Text(text)), ..Default::default() }
}
