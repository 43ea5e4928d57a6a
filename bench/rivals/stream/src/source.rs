//! Ranges over HTTP by libcurl's multi interface: all ranges of a batch at once, connections kept.
use std::cell::RefCell;
use std::io::{Error, ErrorKind};
use std::time::Duration;

use copc_streaming::{ByteSource, CopcError};
use curl::easy::{Easy2, Handler, HttpVersion, WriteError};
use curl::multi::{Easy2Handle, Multi};

/// CURLE_FAILED_INIT of libcurl.
const FAILED_INIT: u32 = 2;

struct Body(Vec<u8>);

impl Handler for Body {
    fn write(&mut self, data: &[u8]) -> Result<usize, WriteError> {
        self.0.extend_from_slice(data);
        Ok(data.len())
    }
}

/// What a batch asked for: each is a trip of its own, because it is asked for when the one before has been answered.
pub struct Batch {
    pub bytes: u64,
}

pub struct HttpSource {
    url: String,
    ca: Option<String>,
    multi: Multi,
    batches: RefCell<Vec<Batch>>,
}

impl HttpSource {
    pub fn new(url: &str, ca: Option<&str>, in_flight: usize) -> Result<Self, CopcError> {
        let mut multi = Multi::new();
        multi.pipelining(false, true).map_err(failed)?;
        multi.set_max_host_connections(in_flight).map_err(failed)?;
        multi.set_max_connects(in_flight).map_err(failed)?;
        Ok(Self {
            url: url.to_owned(),
            ca: ca.map(str::to_owned),
            multi,
            batches: RefCell::new(Vec::new()),
        })
    }

    pub fn batches(&self) -> std::cell::Ref<'_, Vec<Batch>> {
        self.batches.borrow()
    }

    fn request(&self, offset: u64, length: u64) -> Result<Easy2Handle<Body>, curl::Error> {
        let mut easy = Easy2::new(Body(Vec::with_capacity(length as usize)));
        easy.url(&self.url)?;
        easy.range(&format!("{}-{}", offset, offset + length - 1))?;
        easy.http_version(HttpVersion::V2TLS)?;
        easy.pipewait(self.ca.is_some())?;
        easy.tcp_nodelay(true)?;
        if let Some(ca) = &self.ca {
            easy.cainfo(ca)?;
        }
        self.multi
            .add2(easy)
            .map_err(|_| curl::Error::new(FAILED_INIT))
    }

    fn fetch(&self, ranges: &[(u64, u64)]) -> Result<Vec<Vec<u8>>, CopcError> {
        if ranges.is_empty() {
            return Ok(Vec::new());
        }
        let handles: Vec<_> = ranges
            .iter()
            .map(|&(offset, length)| self.request(offset, length))
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        while self.multi.perform().map_err(failed)? > 0 {
            self.multi
                .poll(&mut [], Duration::from_secs(1))
                .map_err(failed)?;
        }
        let mut problem = None;
        self.multi.messages(|message| {
            if let Some(Err(error)) = message.result() {
                problem = Some(error);
            }
        });
        if let Some(error) = problem {
            return Err(failed(error));
        }
        let mut bodies = Vec::with_capacity(handles.len());
        for handle in handles {
            let mut easy = self.multi.remove2(handle).map_err(failed)?;
            if easy.response_code().map_err(failed)? != 206 {
                return Err(failed(Error::new(ErrorKind::InvalidData, "no 206")));
            }
            bodies.push(std::mem::take(&mut easy.get_mut().0));
        }
        self.batches.borrow_mut().push(Batch {
            bytes: bodies.iter().map(|body| body.len() as u64).sum(),
        });
        Ok(bodies)
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> CopcError {
    CopcError::ByteSource(Box::new(error))
}

impl ByteSource for HttpSource {
    async fn read_range(&self, offset: u64, length: u64) -> Result<Vec<u8>, CopcError> {
        Ok(self.fetch(&[(offset, length)])?.remove(0))
    }

    /// Unknown: asking would cost a trip, and the reader does without.
    async fn size(&self) -> Result<Option<u64>, CopcError> {
        Ok(None)
    }

    async fn read_ranges(&self, ranges: &[(u64, u64)]) -> Result<Vec<Vec<u8>>, CopcError> {
        self.fetch(ranges)
    }
}
