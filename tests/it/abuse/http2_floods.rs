//! HTTP/2 in masses: frames that cost their sender nothing must cost the gateway a bounded amount, and other visitors nothing.

use std::time::{Duration, Instant};

use gateway_tests::frames::{END, End, Frames, WHOLE, fields, frame, kind};
use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, RawOrigin};

use super::{Stage, limited, path};
use crate::visitors::HOST;

/// REFUSED_STREAM of RFC 9113, section 7.
const REFUSED: u32 = 7;
/// ENHANCE_YOUR_CALM.
const CALM: u32 = 11;

fn head(target: &str) -> Vec<u8> {
    fields(&[(":method", "GET"), (":scheme", "http"), (":path", target), (":authority", HOST)])
}

/// A visitor beside the flood is answered soon.
async fn others_are_served(gateway: &Gateway) {
    let started = Instant::now();
    let heard = Client::fetch(gateway.address(), HOST, "/other", &[]).await;
    assert_eq!((heard.status, heard.text().as_str()), (200, "/other"));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

async fn slow_origin() -> RawOrigin {
    RawOrigin::start(|asked| if asked.head.starts_with(b"GET /hold") { Answer::Silence } else { path(asked) }).await
}

#[tokio::test]
async fn streams_over_the_bound_are_refused() {
    let origin = slow_origin().await;
    let gateway = limited(&origin.url(), "streams = 5").await;
    let mut frames = Frames::connect(gateway.address(), &[]).await;
    for number in 0..6 {
        frames.send(kind::HEADERS, END | WHOLE, number * 2 + 1, &head("/hold")).await;
    }
    assert_eq!(frames.end_of(11).await, End::Reset(REFUSED));
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn requests_that_are_begun_and_reset_in_masses_end_the_connection() {
    let origin = slow_origin().await;
    let gateway = limited(&origin.url(), "resets = 50").await;
    // All at once: h2 sees them before anybody has taken them on.
    let mut frames = Frames::connect(gateway.address(), &[]).await;
    let pair = |stream: u32| {
        [frame(kind::HEADERS, END | WHOLE, stream, &head("/hold")), frame(kind::RESET, 0, stream, &8_u32.to_be_bytes())]
            .concat()
    };
    let flood: Vec<u8> = (0..2_000).flat_map(|number| pair(number * 2 + 1)).collect();
    frames.write(&flood).await;
    let end = frames.end_of(1_000_001).await;
    assert!(matches!(end, End::Gone(Some(CALM) | None)), "{end:?}");
    // One by one: each is taken on, and given up.
    let mut frames = Frames::connect(gateway.address(), &[]).await;
    let mut taken = 0;
    for number in 0..500 {
        if !frames.write(&pair(number * 2 + 1)).await {
            break;
        }
        taken += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(taken < 500, "the connection was never ended");
    assert!(origin.asked().len() < 400, "{} requests reached the origin", origin.asked().len());
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn a_visitor_who_gives_up_now_and_then_is_served_on() {
    let origin = slow_origin().await;
    let gateway = limited(&origin.url(), "resets = 5").await;
    let mut frames = Frames::connect(gateway.address(), &[]).await;
    for number in 0..40 {
        let stream = number * 4 + 1;
        frames.send(kind::HEADERS, END | WHOLE, stream, &head("/hold")).await;
        frames.send(kind::RESET, 0, stream, &8_u32.to_be_bytes()).await;
        frames.send(kind::HEADERS, END | WHOLE, stream + 2, &head("/served")).await;
        assert_eq!(frames.end_of(stream + 2).await, End::Answered(200), "request {number}");
    }
}

#[tokio::test]
async fn pings_and_settings_in_masses_that_nobody_reads_are_not_piled_up() {
    let stage = Stage::set().await;
    let before = stage.gateway.resident_kib();
    for flood in [frame(kind::PING, 0, 0, &[0; 8]), frame(kind::SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100])] {
        let mut frames = Frames::connect(stage.address(), &[]).await;
        let block = flood.repeat(4_000);
        let mut sent = 0;
        let until = Instant::now() + Duration::from_secs(2);
        // Whoever floods doesn't read: soon the answers can't be written, and then nothing more is read.
        while Instant::now() < until {
            sent += frames.write_some(&block);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(sent > 0);
        others_are_served(&stage.gateway).await;
    }
    let grown = stage.gateway.resident_kib().saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB for pings and settings that nobody reads");
}

#[tokio::test]
async fn a_head_that_goes_on_in_continuations_for_ever_ends_the_connection() {
    let stage = Stage::set().await;
    let mut frames = Frames::connect(stage.address(), &[]).await;
    frames.send(kind::HEADERS, END, 1, &head("/endless")).await;
    let more = fields(&[("x-more", &"a".repeat(1_000))]);
    let mut sent = 0;
    while sent < 20_000 && frames.send(kind::CONTINUATION, 0, 1, &more).await {
        sent += 1;
    }
    assert!(sent < 20_000, "twenty megabytes of one head were read");
    // Empty ones cost nothing to send.
    let mut frames = Frames::connect(stage.address(), &[]).await;
    frames.send(kind::HEADERS, END, 1, &head("/endless")).await;
    let mut sent = 0;
    while sent < 200_000 && frames.write(&frame(kind::CONTINUATION, 0, 1, &[]).repeat(100)).await {
        sent += 100;
    }
    assert!(sent < 200_000, "empty continuations were read for ever");
    assert!(stage.origin.asked().is_empty());
    others_are_served(&stage.gateway).await;
}

#[tokio::test]
async fn empty_data_frames_in_masses_end_the_connection() {
    let stage = Stage::set().await;
    let mut frames = Frames::connect(stage.address(), &[]).await;
    let post = fields(&[(":method", "POST"), (":scheme", "http"), (":path", "/up"), (":authority", HOST)]);
    frames.send(kind::HEADERS, WHOLE, 1, &post).await;
    let mut sent = 0;
    while sent < 400_000 && frames.write(&frame(kind::DATA, 0, 1, &[]).repeat(100)).await {
        sent += 100;
    }
    assert!(sent < 400_000, "empty frames were read for ever");
    others_are_served(&stage.gateway).await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let stage = Stage::set().await;
    let mut frames = Frames::connect(stage.address(), &[]).await;
    let mut block = head("/large");
    for _ in 0..10 {
        block.extend(fields(&[("x-large", &"a".repeat(10_000))]));
    }
    let mut pieces = block.chunks(16_000);
    frames.send(kind::HEADERS, END, 1, pieces.next().unwrap_or_default()).await;
    for piece in pieces {
        frames.send(kind::CONTINUATION, 0, 1, piece).await;
    }
    frames.send(kind::CONTINUATION, WHOLE, 1, &[]).await;
    let end = frames.end_of(1).await;
    assert!(matches!(end, End::Answered(431) | End::Gone(_) | End::Reset(_)), "{end:?}");
    assert!(stage.origin.asked().is_empty());
}

#[tokio::test]
async fn an_idle_connection_of_http_2_is_closed_although_it_pings() {
    let stage = Stage::with_limits("idle_seconds = 1\nhead_seconds = 3").await;
    let mut frames = Frames::connect(stage.address(), &[]).await;
    frames.send(kind::HEADERS, END | WHOLE, 1, &head("/one")).await;
    assert_eq!(frames.end_of(1).await, End::Answered(200));
    let started = Instant::now();
    while frames.send(kind::PING, 0, 0, &[1; 8]).await && started.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    let mut silent = Frames::connect(stage.address(), &[]).await;
    let started = Instant::now();
    assert!(matches!(silent.end_of(1).await, End::Gone(_)));
    assert!(started.elapsed() < Duration::from_secs(15), "a preface is no request: {:?}", started.elapsed());
}

#[tokio::test]
async fn a_visitor_who_opens_no_window_is_cut_off_after_the_others_are_answered() {
    let origin = RawOrigin::start(|asked| match asked.head_text().split(' ').nth(1) {
        Some("/large") => Answer::Bytes(
            [
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2000000\r\n\r\n".to_vec(),
                vec![b'x'; 2_000_000],
            ]
            .concat(),
        ),
        _ => path(asked),
    });
    let origin = origin.await;
    let gateway = limited(&origin.url(), "download_seconds = 1\nidle_seconds = 3600").await;
    // SETTINGS_INITIAL_WINDOW_SIZE: nothing may be sent of any body.
    let mut frames = Frames::connect(gateway.address(), &[(4, 0)]).await;
    for stream in [1, 3, 5] {
        frames.send(kind::HEADERS, END | WHOLE, stream, &head("/large")).await;
    }
    let started = Instant::now();
    while frames.next().await.is_some() {}
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    let heard = Client::fetch(gateway.address(), HOST, "/other", &[]).await;
    assert_eq!(heard.text(), "/other");
}
