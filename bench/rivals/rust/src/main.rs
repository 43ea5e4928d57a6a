//! Times laz-rs. Speaks the protocol of bench/compare.py, one thread, from and to memory:
//!   decode FILE all|xyz REPEATS    every point into LAS records
//!   encode FILE all REPEATS        every point, in chunks of 50,000
//!   checksum                       CRC-32 of the records that the latest request made; what was encoded is decoded for that
use std::collections::HashMap;
use std::io::{BufRead, Cursor, Write};

use laz::{DecompressionSelection, LasZipCompressor, LasZipDecompressor, LazVlr, LazVlrBuilder};

const CHUNK_POINTS: u32 = 50_000;
/// X, Y and Z lead a LAS record of any format.
const XYZ_BYTES: usize = 12;

/// A LAZ file and what was made of it.
struct File {
    bytes: Vec<u8>,
    points_at: u64,
    count: usize,
    vlr: LazVlr,
    records: Vec<u8>,
    is_whole: bool, // `records` holds all fields of all points
    encoded: Vec<u8>,
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

impl File {
    fn load(path: &str) -> File {
        let bytes = std::fs::read(path).unwrap();
        let legacy = u32_at(&bytes, 107) as usize;
        let count = if bytes[25] >= 4 && legacy == 0 { u64_at(&bytes, 247) as usize } else { legacy };
        let vlr = laszip_vlr(&bytes);
        let records = vec![0; count * vlr.items_size() as usize];
        File { points_at: u32_at(&bytes, 96) as u64, bytes, count, vlr, records, is_whole: false, encoded: Vec::new() }
    }

    fn decode(&mut self, selection: &str) {
        let selected = match selection {
            "xyz" => DecompressionSelection::xy_returns_channel().decompress_z(),
            _ => DecompressionSelection::all(),
        };
        let mut source = Cursor::new(&self.bytes[..]);
        source.set_position(self.points_at);
        decode_from(source, &self.vlr, selected, &mut self.records);
        self.is_whole = selection != "xyz";
    }

    /// Chunks of one size also where the file's vary: else laz-rs wants to be told their borders.
    fn fixed_chunks_vlr(&self) -> LazVlr {
        let format = self.bytes[104] & 0x3f;
        let base = [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67][format as usize];
        let extra_bytes = u16_at(&self.bytes, 105) - base;
        let builder = LazVlrBuilder::default().with_point_format(format, extra_bytes).unwrap();
        builder.with_fixed_chunk_size(CHUNK_POINTS).build()
    }

    fn encode(&mut self) {
        self.encoded.clear();
        let vlr = self.fixed_chunks_vlr();
        let mut encoder = LasZipCompressor::new(Cursor::new(&mut self.encoded), vlr).unwrap();
        encoder.compress_many(&self.records).unwrap();
        encoder.done().unwrap();
    }

    fn decode_encoded(&mut self) {
        let vlr = self.fixed_chunks_vlr();
        decode_from(Cursor::new(&self.encoded[..]), &vlr, DecompressionSelection::all(), &mut self.records);
    }
}

fn decode_from(source: Cursor<&[u8]>, vlr: &LazVlr, selection: DecompressionSelection, out: &mut [u8]) {
    let mut decoder = LasZipDecompressor::selective(source, vlr.clone(), selection).unwrap();
    decoder.decompress_many(out).unwrap();
}

fn laszip_vlr(bytes: &[u8]) -> LazVlr {
    let mut at = u16_at(bytes, 94) as usize;
    loop {
        let size = u16_at(bytes, at + 20) as usize;
        if u16_at(bytes, at + 18) == 22204 && bytes[at + 2..].starts_with(b"laszip encoded") {
            return LazVlr::from_buffer(&bytes[at + 54..at + 54 + size]).unwrap();
        }
        at += 54 + size;
    }
}

/// Processor time of this thread: what others do on the machine meanwhile does not count.
fn nanoseconds_now() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// Nanoseconds that `work` takes, a mean of `repeats`.
fn nanoseconds_of(repeats: u32, mut work: impl FnMut()) -> f64 {
    let start = nanoseconds_now();
    for _ in 0..repeats {
        work();
    }
    (nanoseconds_now() - start) / f64::from(repeats)
}

fn crc32<'a>(parts: impl Iterator<Item = &'a [u8]>) -> u32 {
    let table: Vec<u32> = (0..256u32)
        .map(|i| (0..8).fold(i, |c, _| c >> 1 ^ if c & 1 != 0 { 0xedb8_8320 } else { 0 }))
        .collect();
    !parts.flatten().fold(!0, |crc, byte| table[(crc as u8 ^ byte) as usize] ^ crc >> 8)
}

fn main() {
    let mut files: HashMap<String, File> = HashMap::new();
    let mut latest: Vec<String> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let words: Vec<String> = line.unwrap().split('\t').map(String::from).collect();
        let request = if words[0] == "checksum" { &latest } else { &words };
        let file = files.entry(request[1].clone()).or_insert_with(|| File::load(&request[1]));
        if words[0] == "checksum" {
            if latest[0] == "encode" {
                file.decode_encoded();
            }
            let used = if latest[2] == "xyz" { XYZ_BYTES } else { file.vlr.items_size() as usize };
            let crc = crc32(file.records.chunks(file.vlr.items_size() as usize).map(|record| &record[..used]));
            println!("{crc:08x}");
        } else {
            let repeats = words[3].parse().unwrap();
            let nanoseconds = if words[0] == "encode" {
                if !file.is_whole {
                    file.decode("all");
                }
                nanoseconds_of(repeats, || file.encode())
            } else {
                nanoseconds_of(repeats, || file.decode(&words[2]))
            };
            println!("{nanoseconds} {}", file.count);
            latest = words;
        }
        std::io::stdout().flush().unwrap();
    }
}
