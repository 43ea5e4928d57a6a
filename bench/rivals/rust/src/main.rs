//! Times laz-rs. Speaks the protocol of bench/codec.py: a line asks for one timed run, a line answers "seconds points".
//!   decode FILE all|xyz        every point of a LAZ file, one thread
//!   encode FILE                every point of a LAZ file, in chunks of 50,000 (variable where the file's are)
use std::collections::HashMap;
use std::io::{BufRead, Cursor, Write};
use std::time::Instant;

use laz::{DecompressionSelection, LasZipCompressor, LasZipDecompressor, LazVlr};

struct File {
    bytes: Vec<u8>,
    points_at: u64,
    count: usize,
    vlr: LazVlr,
    records: Vec<u8>,
}

fn u16_at(b: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(b[at..at + 2].try_into().unwrap())
}
fn u32_at(b: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(b[at..at + 4].try_into().unwrap())
}
fn u64_at(b: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(b[at..at + 8].try_into().unwrap())
}

fn load(path: &str) -> File {
    let bytes = std::fs::read(path).unwrap();
    let points_at = u32_at(&bytes, 96) as u64;
    let legacy = u32_at(&bytes, 107) as usize;
    let count = if bytes[25] >= 4 && legacy == 0 { u64_at(&bytes, 247) as usize } else { legacy };
    let mut at = u16_at(&bytes, 94) as usize;
    let mut vlr = None;
    for _ in 0..u32_at(&bytes, 100) {
        let size = u16_at(&bytes, at + 20) as usize;
        if u16_at(&bytes, at + 18) == 22204 && bytes[at + 2..].starts_with(b"laszip encoded") {
            vlr = Some(LazVlr::from_buffer(&bytes[at + 54..at + 54 + size]).unwrap());
        }
        at += 54 + size;
    }
    File { bytes, points_at, count, vlr: vlr.expect("a LASzip record"), records: Vec::new() }
}

fn decode(file: &File, selection: &str, out: &mut Vec<u8>) -> f64 {
    let length = file.vlr.items_size() as usize;
    out.resize(file.count * length, 0);
    let start = Instant::now();
    let mut cursor = Cursor::new(&file.bytes[..]);
    cursor.set_position(file.points_at);
    let selection = match selection {
        "xyz" => DecompressionSelection::xy_returns_channel().decompress_z(),
        _ => DecompressionSelection::all(),
    };
    let mut decoder = LasZipDecompressor::selective(cursor, file.vlr.clone(), selection).unwrap();
    decoder.decompress_many(&mut out[..]).unwrap();
    start.elapsed().as_secs_f64()
}

fn encode(file: &File) -> f64 {
    let start = Instant::now();
    let mut out = Cursor::new(Vec::with_capacity(file.records.len()));
    // Fixed chunks of 50,000 points in either case: laz-rs wants chunk borders told by hand for variable ones.
    let vlr = laz::LazVlrBuilder::default()
        .with_point_format(format_of(file), extra_of(file))
        .unwrap()
        .with_fixed_chunk_size(50_000)
        .build();
    let mut encoder = LasZipCompressor::new(&mut out, vlr).unwrap();
    encoder.compress_many(&file.records).unwrap();
    encoder.done().unwrap();
    start.elapsed().as_secs_f64()
}

fn format_of(file: &File) -> u8 {
    file.bytes[104] & 0x3f
}
fn extra_of(file: &File) -> u16 {
    let base = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67][format_of(file) as usize];
    u16_at(&file.bytes, 105) - base
}

fn main() {
    let mut files: HashMap<String, File> = HashMap::new();
    let mut buffer = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split('\t').collect();
        let file = files.entry(words[1].to_string()).or_insert_with(|| load(words[1]));
        let seconds = match words[0] {
            "decode" => decode(file, words[2], &mut buffer),
            "encode" => {
                if file.records.is_empty() {
                    let mut records = Vec::new();
                    decode(file, "all", &mut records);
                    file.records = records;
                }
                encode(file)
            }
            other => panic!("unknown request {other}"),
        };
        println!("{seconds} {}", file.count);
        std::io::stdout().flush().unwrap();
    }
}
