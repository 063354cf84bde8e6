//! Bodies in the codings the web uses, made and read with libraries that the gateway's own streaming codecs are judged by. Refuses unknown
//! codings. Invariant: `decode(coding, encode(coding, x)) == x`.

use std::io::{Read, Write};

/// The content codings a page may come in.
pub const CODINGS: [&str; 3] = ["gzip", "br", "zstd"];

/// The bytes in the named coding (`gzip`, `br`, `zstd`, or empty for none).
pub fn encode(coding: &str, plain: &[u8]) -> Vec<u8> {
    match coding {
        "" => plain.to_vec(),
        "gzip" => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            writer.write_all(plain).expect("memory can be written");
            writer.finish().expect("memory can be written")
        }
        "br" => {
            let mut out = Vec::new();
            let parameters = brotli::enc::BrotliEncoderParams { quality: 4, ..Default::default() };
            brotli::BrotliCompress(&mut &plain[..], &mut out, &parameters).expect("memory can be written");
            out
        }
        "zstd" => zstd::encode_all(plain, 3).expect("memory can be written"),
        other => panic!("no such coding here: {other}"),
    }
}

/// The plain bytes of a body in the named coding; panics when they are not a whole body of that coding.
pub fn decode(coding: &str, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let read = match coding {
        "" => return body.to_vec(),
        "gzip" => flate2::read::GzDecoder::new(body).read_to_end(&mut plain),
        "br" => brotli::Decompressor::new(body, 4096).read_to_end(&mut plain),
        "zstd" => zstd::Decoder::new(body).and_then(|mut reader| reader.read_to_end(&mut plain)),
        other => panic!("no such coding here: {other}"),
    };
    read.unwrap_or_else(|error| panic!("not a whole {coding} body: {error}"));
    plain
}
