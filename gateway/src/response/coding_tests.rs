//! Round trips of every coding, cut at every byte; truncation, corruption and bombs.

use proptest::prelude::*;

use super::*;

const CODINGS: [Coding; 4] = [Coding::Identity, Coding::Gzip, Coding::Brotli, Coding::Zstd];

const BOUNDS: Bounds = Bounds { most: 1 << 40, ratio: 1_000_000 };

fn encode(coding: Coding, pieces: &[&[u8]]) -> Vec<u8> {
    let mut encoder = Encoder::new(coding).unwrap();
    let mut out = Vec::new();
    for piece in pieces {
        out.extend(encoder.push(piece.to_vec()).unwrap());
        out.extend(encoder.flush().unwrap());
    }
    out.extend(encoder.finish().unwrap());
    out
}

/// What came out, and how it ended.
fn decode(coding: Coding, pieces: &[&[u8]], portion: usize) -> (Vec<u8>, Result<(), Error>) {
    let mut decoder = Decoder::new(coding, BOUNDS).unwrap();
    let mut out = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.take(portion) {
                Ok(bytes) if bytes.is_empty() => break,
                Ok(bytes) => {
                    assert!(bytes.len() <= portion);
                    out.extend(bytes);
                }
                Err(e) => return (out, Err(e)),
            }
        }
    }
    (out, decoder.finish())
}

fn page() -> Vec<u8> {
    (0..60).flat_map(|n| format!("<p class=\"c{n}\">쿠키 {}</p>\n", n * n).into_bytes()).collect()
}

#[test]
fn names() {
    let cases: [(&[u8], Option<Coding>); 9] = [
        (b"gzip", Some(Coding::Gzip)),
        (b" X-GZip ", Some(Coding::Gzip)),
        (b"br", Some(Coding::Brotli)),
        (b"zstd", Some(Coding::Zstd)),
        (b"identity", Some(Coding::Identity)),
        (b"", Some(Coding::Identity)),
        (b"deflate", None),
        (b"gzip, br", None),
        (b"dcb", None),
    ];
    for (value, expect) in cases {
        assert_eq!(Coding::parse(value), expect, "{}", String::from_utf8_lossy(value));
    }
}

#[test]
fn round_trips_cut_at_every_byte() {
    let page = page();
    for coding in CODINGS {
        let coded = encode(coding, &[&page]);
        for cut in 0..=coded.len() {
            let (a, b) = coded.split_at(cut);
            let (out, end) = decode(coding, &[a, b], 700);
            assert!(end.is_ok() && out == page, "{coding:?} cut at {cut}");
        }
        let bytes: Vec<&[u8]> = coded.chunks(1).collect();
        assert_eq!(decode(coding, &bytes, 1).0, page, "{coding:?} byte by byte");
    }
}

#[test]
fn a_flush_hands_out_all_that_was_pushed() {
    for coding in CODINGS {
        let mut encoder = Encoder::new(coding).unwrap();
        let mut decoder = Decoder::new(coding, BOUNDS).unwrap();
        for piece in ["first ", "second ", "third"] {
            let mut coded = encoder.push(piece.as_bytes().to_vec()).unwrap();
            coded.extend(encoder.flush().unwrap());
            decoder.feed(&coded);
            assert_eq!(decoder.take(100).unwrap(), piece.as_bytes(), "{coding:?}");
        }
    }
}

#[test]
fn a_cut_body_gives_what_came_and_says_so() {
    let page = page();
    for coding in [Coding::Gzip, Coding::Brotli, Coding::Zstd] {
        let coded = encode(coding, &[&page]);
        for cut in 1..coded.len() {
            let (out, end) = decode(coding, &[&coded[..cut]], 4096);
            assert!(matches!(end, Err(Error::Truncated(_))), "{coding:?} cut at {cut}: {end:?}");
            assert!(page.starts_with(&out));
        }
        assert!(decode(coding, &[], 10).1.is_ok(), "an empty body is whole");
        assert!(decode(coding, &[b"\x00not coded at all"], 10).1.is_err());
    }
}

#[test]
fn several_members_are_one_body() {
    for coding in [Coding::Gzip, Coding::Zstd] {
        let mut coded = encode(coding, &[b"one "]);
        coded.extend(encode(coding, &[b"two"]));
        for cut in 0..=coded.len() {
            let (a, b) = coded.split_at(cut);
            let (out, end) = decode(coding, &[a, b], 64);
            assert!(end.is_ok() && out == b"one two", "{coding:?} cut at {cut}");
        }
    }
}

#[test]
fn a_wrong_checksum_is_corrupt_after_the_text() {
    let mut coded = encode(Coding::Gzip, &[b"text"]);
    let at = coded.len() - 8;
    coded[at] ^= 1;
    let (out, end) = decode(Coding::Gzip, &[&coded], 64);
    assert_eq!(out, b"text");
    assert!(matches!(end, Err(Error::Corrupt { .. })));
}

#[test]
fn what_stands_behind_the_end_is_corrupt_and_not_swallowed() {
    for coding in [Coding::Gzip, Coding::Brotli, Coding::Zstd] {
        let whole = encode(coding, &[b"text"]);
        let coded = [&whole[..], b"\xffand more than a head would hold"].concat();
        for cut in 1..coded.len() {
            let (a, b) = coded.split_at(cut);
            let (out, end) = decode(coding, &[a, b], 64);
            assert_eq!(out, b"text", "{coding:?} cut at {cut}");
            assert!(matches!(end, Err(Error::Corrupt { .. })), "{coding:?} cut at {cut}: {end:?}");
        }
        for cut in 1..=whole.len() {
            let coded = [&whole[..], b"\xff"].concat();
            let (a, b) = coded.split_at(cut);
            let (out, end) = decode(coding, &[a, b], 64);
            assert!(out == b"text" && end.is_err(), "{coding:?} cut at {cut}: {end:?}");
        }
    }
}

#[test]
fn a_bomb_comes_in_portions() {
    let zeros = vec![0; 4 << 20];
    for coding in [Coding::Gzip, Coding::Brotli, Coding::Zstd] {
        let mut decoder = Decoder::new(coding, BOUNDS).unwrap();
        decoder.feed(&encode(coding, &[&zeros]));
        let mut sum = 0;
        loop {
            let portion = decoder.take(65536).unwrap();
            assert!(portion.len() <= 65536 && portion.capacity() <= 65536);
            if portion.is_empty() {
                break;
            }
            sum += portion.len();
        }
        assert_eq!(sum, zeros.len(), "{coding:?}");
        decoder.finish().unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn round_trip(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..5), portion in 1_usize..500) {
        let parts: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        for coding in CODINGS {
            let coded = encode(coding, &parts);
            let (out, end) = decode(coding, &[&coded], portion);
            prop_assert!(end.is_ok());
            prop_assert_eq!(&out, &pieces.concat());
        }
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for coding in CODINGS {
            decode(coding, &[&bytes], 1024).1.ok();
        }
    }
}

#[test]
fn what_decodes_to_too_much_is_refused_and_what_is_merely_repetitive_passes() {
    let check = |bounds: Bounds, megabytes: usize, expect: bool| {
        let plain = vec![b' '; megabytes << 20];
        for coding in [Coding::Gzip, Coding::Brotli, Coding::Zstd] {
            let mut decoder = Decoder::new(coding, bounds).unwrap();
            decoder.feed(&encode(coding, &[&plain]));
            let ended = loop {
                match decoder.take(1 << 16) {
                    Ok(bytes) if bytes.is_empty() => break true,
                    Ok(_) => {}
                    Err(Error::TooLarge) => break false,
                    Err(error) => panic!("{coding:?}: {error}"),
                }
            };
            assert_eq!(ended, expect, "{coding:?} {megabytes} MB {bounds:?}");
        }
    };
    check(Bounds { most: 1 << 30, ratio: 10 }, 7, true);
    check(Bounds { most: 1 << 30, ratio: 10 }, 12, false);
    check(Bounds { most: 1 << 30, ratio: 1_000_000 }, 12, true);
    check(Bounds { most: 4 << 20, ratio: 1_000_000 }, 5, false);
}

#[test]
fn a_body_may_decode_to_its_bound_and_not_to_a_byte_more() {
    let check = |plain: u64, bounds: Bounds, expect: bool| {
        let coded = encode(Coding::Zstd, &[&vec![b' '; usize::try_from(plain).unwrap()]]);
        let mut decoder = Decoder::new(Coding::Zstd, bounds).unwrap();
        decoder.feed(&coded);
        let mut given = Ok(Vec::new());
        for _ in 0..plain.div_ceil(60_000) {
            given = given.and_then(|_| decoder.take(60_000));
        }
        assert_eq!(given.is_ok(), expect, "{plain} {bounds:?}");
    };
    for (most, ratio) in [(100_001, u64::MAX), (u64::MAX, 1)] {
        let bound = most.min(FREE);
        check(bound, Bounds { most, ratio }, true);
        check(bound + 1, Bounds { most, ratio }, false);
    }
}

#[test]
fn an_end_that_is_wrong_is_told_from_one_that_is_missing() {
    let mut coded = encode(Coding::Gzip, &[]);
    let at = coded.len() - 8;
    coded[at] ^= 1;
    let ended = |bytes: &[u8]| {
        let mut decoder = Decoder::new(Coding::Gzip, BOUNDS).unwrap();
        decoder.feed(bytes);
        decoder.finish()
    };
    assert!(matches!(ended(&coded), Err(Error::Corrupt { .. })));
    assert!(matches!(ended(&coded[..at]), Err(Error::Truncated(_))));
}
