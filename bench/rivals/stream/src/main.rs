//! Counts the points of a box and a time window in a COPC file on a web server, as copc-temporal's `query_points` finds them, with the
//! fields that this needs.
//!
//! usage: copse-stream-rival URL CA|- IN_FLIGHT X0 Y0 X1 Y1 T0 T1    what was found and fetched as JSON
mod source;

use copc_streaming::{Aabb, CopcStreamingReader, Fields};
use copc_temporal::{GpsTime, TemporalCache};
use futures::executor::block_on;
use source::HttpSource;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The answer's size and the number of chunks fetched for it.
async fn count(
    reader: &mut CopcStreamingReader<HttpSource>,
    area: &[f64],
    start: GpsTime,
    end: GpsTime,
) -> Result<(usize, usize), Box<dyn std::error::Error>> {
    let Some(mut temporal) = TemporalCache::from_reader(reader).await? else {
        return Err("no temporal index".into());
    };
    let root = reader.copc_info().root_bounds();
    let bounds = Aabb {
        min: [area[0], area[1], root.min[2] - 1.0],
        max: [area[2], area[3], root.max[2] + 1.0],
    };
    let fields = Fields::Z | Fields::GPS_TIME;
    let chunks = temporal
        .query_chunks(reader, &bounds, start, end, fields)
        .await?;
    let mut points = 0;
    for (chunk, candidates) in &chunks {
        let times: Vec<f64> = chunk.gps_time().ok_or("no GPS times")?.collect();
        let inside = chunk.indices_in_bounds(&bounds).ok_or("no Z")?;
        points += inside
            .iter()
            .filter(|&i| candidates.contains(i))
            .map(|&i| times[i as usize])
            .filter(|&time| time >= start.0 && time <= end.0)
            .count();
    }
    Ok((points, chunks.len()))
}

async fn run(words: &[String]) -> Outcome {
    let [url, ca, in_flight, numbers @ ..] = words else {
        return Err("usage: copse-stream-rival URL CA|- IN_FLIGHT X0 Y0 X1 Y1 T0 T1".into());
    };
    let numbers: Vec<f64> = numbers
        .iter()
        .map(|n| n.parse())
        .collect::<Result<_, _>>()?;
    let ca = Some(ca.as_str()).filter(|ca| *ca != "-");
    let source = HttpSource::new(url, ca, in_flight.parse()?)?;
    let mut reader = CopcStreamingReader::open(source).await?;
    let (points, chunks) = count(
        &mut reader,
        &numbers[..4],
        GpsTime(numbers[4]),
        GpsTime(numbers[5]),
    )
    .await?;
    // Chunks are the last batch.
    let batches = reader.source().batches();
    let chunk_bytes = if chunks > 0 {
        batches[batches.len() - 1].bytes
    } else {
        0
    };
    println!(
        "{{\"count\":{points},\"chunks\":{chunks},\"trips\":{},\"chunk_bytes\":{chunk_bytes}}}",
        batches.len()
    );
    Ok(())
}

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    block_on(run(&words))
}
