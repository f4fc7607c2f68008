//! Requests of the corpus, sent as an exporter sends them.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use spanfall::record;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A case of the corpus.
pub fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name)
}

/// The spans of a case, each in a request of its own, with its name.
pub fn spans(name: &str) -> Vec<(String, Vec<u8>)> {
    let recording = record::read(&[case(name)]).unwrap();
    let mut spans = Vec::new();
    for recorded in recording.requests {
        let Ok(request) = ExportTraceServiceRequest::decode(recorded.payload.body) else {
            continue;
        };
        for resource in request.resource_spans {
            for scope in &resource.scope_spans {
                for span in &scope.spans {
                    let mut alone = resource.clone();
                    let mut scope = scope.clone();
                    scope.spans = vec![span.clone()];
                    alone.scope_spans = vec![scope];
                    let request = ExportTraceServiceRequest {
                        resource_spans: vec![alone],
                    };
                    spans.push((span.name.clone(), request.encode_to_vec()));
                }
            }
        }
    }
    spans
}

/// Sends a request of traces; the status of the answer.
pub fn post(to: SocketAddr, body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(to).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok());
    status.unwrap_or_else(|| panic!("no status in {answer:?}"))
}
