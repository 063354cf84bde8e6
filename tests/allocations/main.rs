//! How often a proxied request asks for memory: beside a bare proxy of the same hyper, with the same settings, on a runtime of the same kind. A
//! program of its own, since the counting allocator is the whole program's; what stands around the proxies asks for none.
//!
//! Refuses to measure time. Invariant: one kept connection on either side, and every answer is looked at.
#![cfg(test)]

mod bare;

use std::alloc::System;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;

use gateway::config::{HostMode, OriginOptions, for_origin};
use gateway::server::Server;
use policies::Timestamp;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tempfile::TempDir;

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One measurement at a time: the count is the program's.
static ALONE: Mutex<()> = Mutex::new(());

/// Requests before the count begins, and those that are counted.
const FIRST: usize = 200;
const COUNTED: usize = 2_000;

/// What a request may ask for beyond the bare proxy's.
const BEYOND: f64 = 33.0;

/// Twelve cookies, eight of which nobody agreed to.
const REQUEST: &[u8] = b"GET /prices.json?page=2 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\
Accept: application/json\r\nAccept-Language: ko,en;q=0.9\r\nAccept-Encoding: gzip, br\r\n\
Cookie: session=abcdefgh; _ga=GA1.2.1.1; _gid=GA1.2.2.2; _fbp=fb.1.1.1; _gcl_au=1.1.1; csrftoken=aabbcc; _hjid=1111-2222; _uetsid=aaaa; \
_uetvid=bbbb; _clck=1abc; lang=ko; theme=dark\r\n\r\n";

/// Six cookies set, four of which nobody agreed to, and a kilobyte.
fn answer() -> Vec<u8> {
    let cookies = ["_ga=1", "_fbp=2", "_gid=3", "_gcl_au=4", "session=5; HttpOnly", "csrftoken=6"];
    let lines: String = cookies.iter().map(|cookie| format!("Set-Cookie: {cookie}; Path=/\r\n")).collect();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n{lines}\r\n");
    [head.into_bytes(), vec![b'7'; 1024]].concat()
}

/// Answers every request on every connection; asks for memory only as it begins.
fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free address");
    let address = listener.local_addr().expect("a bound address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.expect("a connection"), answer());
            thread::spawn(move || {
                let mut heard = [0; 16 * 1024];
                let mut filled = 0;
                while let Ok(read @ 1..) = stream.read(&mut heard[filled..]) {
                    filled += read;
                    if heard[..filled].ends_with(b"\r\n\r\n") {
                        stream.write_all(&answer).expect("the proxy listens");
                        filled = 0;
                    }
                }
            });
        }
    });
    address
}

/// Asks once and reads the whole answer; how many lines of cookies it set.
fn ask(stream: &mut TcpStream, room: &mut [u8]) -> usize {
    stream.write_all(REQUEST).expect("the proxy listens");
    let mut filled = 0;
    loop {
        filled += stream.read(&mut room[filled..]).expect("the proxy answers");
        let heard = &room[..filled];
        let head = heard.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head.filter(|head| heard.len() >= head + 4 + 1024) {
            assert!(heard.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(heard));
            return heard[..head].windows(11).filter(|name| name.eq_ignore_ascii_case(b"set-cookie:")).count();
        }
    }
}

/// How many times a request asks for memory (growing counts), and for how many bytes, at a proxy that lets so many cookies be set.
fn counted(proxy: SocketAddr, cookies: usize) -> (f64, f64) {
    let mut stream = TcpStream::connect(proxy).expect("the proxy listens");
    stream.set_nodelay(true).expect("a connection");
    let mut room = vec![0; 16 * 1024];
    for _ in 0..FIRST {
        assert_eq!(ask(&mut stream, &mut room), cookies);
    }
    let region = Region::new(MEMORY);
    for _ in 0..COUNTED {
        ask(&mut stream, &mut room);
    }
    let change = region.change();
    let each = |count: usize| count as f64 / COUNTED as f64;
    (each(change.allocations + change.reallocations), each(change.bytes_allocated))
}

/// A gateway with one worker, for the life of the program.
fn gateway(origin: SocketAddr, folder: &TempDir) -> SocketAddr {
    let options = OriginOptions {
        listen: "127.0.0.1:0".parse().expect("an address"),
        origin: format!("http://{origin}"),
        policy: None,
        data: folder.path().join("data"),
        admin: None,
        shadow: false,
        host: Some(HostMode::Visitor),
    };
    let mut config = for_origin(options, Timestamp(0)).expect("a configuration");
    config.workers = 1;
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let server = Server::bind(config).await.expect("a server");
            tell.send(server.addresses()[0].1).expect("somebody waits");
            server.run(std::future::pending()).await;
        });
    });
    told.recv().expect("the server listens")
}

#[test]
fn a_request_asks_for_little_memory_beyond_what_hyper_does() {
    let _alone = ALONE.lock().expect("no other test failed");
    let origin = origin();
    let folder = TempDir::new().expect("a temporary folder can be made");
    let (bare, bare_bytes) = counted(bare::start(origin), 6);
    let (whole, whole_bytes) = counted(gateway(origin, &folder), 2);
    println!(
        "bare hyper: {bare:.1} times, {bare_bytes:.0} bytes; the gateway: {whole:.1} times, {whole_bytes:.0} bytes"
    );
    assert!(whole - bare <= BEYOND, "{whole:.1} times instead of {bare:.1}: more than {BEYOND} beyond");
}
