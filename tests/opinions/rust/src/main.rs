//! Reads a COPC file with copc-streaming and copc-temporal.
//!
//! usage: copse-opinions read FILE OUT    raw records to OUT, nodes as JSON to standard output
//!        copse-opinions temporal FILE    node time ranges of the temporal index as JSON
use std::io::Write;

use copc_streaming::{CopcStreamingReader, Fields, FileSource};
use copc_temporal::TemporalCache;
use futures::executor::block_on;

type Outcome = Result<(), Box<dyn std::error::Error>>;

async fn read(path: &str, out: &str) -> Outcome {
    let mut reader = CopcStreamingReader::open(FileSource::open(path)?).await?;
    reader.load_all_hierarchy().await?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(out)?);
    let mut nodes = Vec::new();
    let mut total = 0u64;
    let mut record_length = 0;
    let keys: Vec<_> = reader.entries().filter(|(_, e)| e.point_count > 0).map(|(k, _)| *k).collect();
    for key in keys {
        let chunk = reader.fetch_chunk(&key, Fields::ALL).await?;
        file.write_all(chunk.cloud().raw_bytes())?;
        record_length = chunk.cloud().record_len();
        total += chunk.point_count() as u64;
        nodes.push(format!("[{},{},{},{},{}]", key.level, key.x, key.y, key.z, chunk.point_count()));
    }
    file.flush()?;
    println!(
        "{{\"count\":{},\"record_length\":{},\"nodes\":[{}]}}",
        total,
        record_length,
        nodes.join(",")
    );
    Ok(())
}

async fn temporal(path: &str) -> Outcome {
    let mut reader = CopcStreamingReader::open(FileSource::open(path)?).await?;
    reader.load_all_hierarchy().await?;
    let Some(mut cache) = TemporalCache::from_reader(&reader).await? else {
        println!("null");
        return Ok(());
    };
    cache.load_all_pages(reader.source()).await?;
    let mut nodes = Vec::new();
    for (key, entry) in cache.iter() {
        let (first, last) = entry.time_range();
        nodes.push(format!(
            "[{},{},{},{},{},\"{:016x}\",\"{:016x}\"]",
            key.level,
            key.x,
            key.y,
            key.z,
            entry.samples().len(),
            first.0.to_bits(),
            last.0.to_bits()
        ));
    }
    println!("{{\"stride\":{},\"nodes\":[{}]}}", cache.stride(), nodes.join(","));
    Ok(())
}

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["read", path, out] => block_on(read(path, out)),
        ["temporal", path] => block_on(temporal(path)),
        _ => Err("usage: copse-opinions read FILE OUT | temporal FILE".into()),
    }
}
