//! Replies, in the words of gRPC, HTTP protobuf and HTTP JSON.

use super::stats::Reason;
use super::{Accepted, Busy};
use crate::wire::payload::{Encoding, Signal};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use serde_json::json;
use std::time::Duration;
use tonic::body::Body;
use tonic::{Code, Status};

/// How the sender wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    Grpc,
    Http(Encoding),
}

/// A request that is not taken, with what to do about it.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub reason: Reason,
    pub message: String,
    retry_after: Option<Duration>,
}

impl Refusal {
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            retry_after: None,
        }
    }

    fn http_status(&self) -> StatusCode {
        match self.reason {
            Reason::Origin | Reason::Host => StatusCode::FORBIDDEN,
            Reason::Token => StatusCode::UNAUTHORIZED,
            Reason::Method => StatusCode::METHOD_NOT_ALLOWED,
            Reason::Path => StatusCode::NOT_FOUND,
            Reason::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Reason::BadBody => StatusCode::BAD_REQUEST,
            Reason::Timeout => StatusCode::REQUEST_TIMEOUT,
            Reason::Busy => StatusCode::TOO_MANY_REQUESTS,
            Reason::Stopping | Reason::Connections => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Without retry information, `RESOURCE_EXHAUSTED` is final for an OTLP exporter, as it should
    /// be for a body that is too large.
    fn grpc_code(&self) -> Code {
        match self.reason {
            Reason::Origin | Reason::Host => Code::PermissionDenied,
            Reason::Token => Code::Unauthenticated,
            Reason::Method | Reason::Path | Reason::MediaType => Code::Unimplemented,
            Reason::TooLarge | Reason::Busy => Code::ResourceExhausted,
            Reason::BadBody => Code::InvalidArgument,
            Reason::Timeout => Code::DeadlineExceeded,
            Reason::Stopping | Reason::Connections => Code::Unavailable,
        }
    }

    /// google.rpc.Status, the body of every OTLP/HTTP error and the details of a gRPC one.
    fn status(&self) -> RpcStatus {
        let info = self.retry_after.map(|delay| RetryInfo {
            retry_delay: Some(Delay {
                seconds: i64::try_from(delay.as_secs()).unwrap_or(i64::MAX),
                nanos: delay.subsec_nanos().cast_signed(),
            }),
        });
        let details = info.map(|info| Detail {
            type_url: RETRY_INFO.into(),
            value: info.encode_to_vec(),
        });
        RpcStatus {
            code: self.grpc_code() as i32,
            message: self.message.clone(),
            details: details.into_iter().collect(),
        }
    }
}

impl From<Busy> for Refusal {
    fn from(busy: Busy) -> Self {
        let (reason, message, delay) = match busy {
            Busy::Full { retry_after } => (
                Reason::Busy,
                "spanfall cannot keep up: send this again later",
                retry_after,
            ),
            Busy::Stopping { retry_after } => (
                Reason::Stopping,
                "spanfall is stopping: send this again later",
                retry_after,
            ),
        };
        Self {
            retry_after: Some(delay),
            ..Self::new(reason, message)
        }
    }
}

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// google.rpc.Status.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// google.protobuf.Any.
#[derive(Clone, PartialEq, Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// google.rpc.RetryInfo.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// google.protobuf.Duration.
#[derive(Clone, Copy, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// What `grpc-encoding` may say.
const GRPC_ENCODINGS: HeaderValue = HeaderValue::from_static("identity,gzip,deflate,zstd");

fn with_body(
    status: StatusCode,
    content_type: HeaderValue,
    body: impl Into<Bytes>,
) -> Response<Body> {
    let mut reply = Response::new(Body::new(Full::new(body.into())));
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    reply
}

/// The reply to a request that was taken.
pub(super) fn accepted(voice: Voice, signal: Signal, taken: Accepted) -> Response<Body> {
    match voice {
        Voice::Http(Encoding::Json) => with_body(
            StatusCode::OK,
            JSON,
            json_response(signal, &taken).to_string(),
        ),
        Voice::Http(Encoding::Protobuf) => with_body(
            StatusCode::OK,
            PROTOBUF,
            protobuf_response(taken).encode_to_vec(),
        ),
        Voice::Grpc => {
            let message = protobuf_response(taken);
            let mut frame = vec![0]; // not compressed
            let length = u32::try_from(message.encoded_len()).unwrap_or(u32::MAX);
            frame.extend(length.to_be_bytes());
            frame.extend(message.encode_to_vec());
            let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))]);
            let body =
                Full::new(Bytes::from(frame)).with_trailers(std::future::ready(Some(Ok(trailers))));
            let mut reply = Response::new(Body::new(body));
            reply.headers_mut().insert(header::CONTENT_TYPE, GRPC);
            reply
        }
    }
}

/// The response message. Those of logs and metrics differ in their names only, not in the bytes.
fn protobuf_response(taken: Accepted) -> ExportTraceServiceResponse {
    let partial = taken != Accepted::default();
    ExportTraceServiceResponse {
        partial_success: partial.then(|| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(taken.rejected).unwrap_or(i64::MAX),
            error_message: taken.message,
        }),
    }
}

fn json_response(signal: Signal, taken: &Accepted) -> serde_json::Value {
    if *taken == Accepted::default() {
        return json!({});
    }
    let key = match signal {
        Signal::Traces => "rejectedSpans",
        Signal::Logs => "rejectedLogRecords",
        Signal::Metrics => "rejectedDataPoints",
    };
    // 64-bit numbers are text in OTLP/JSON
    json!({ "partialSuccess": { key: taken.rejected.to_string(), "errorMessage": taken.message } })
}

/// The reply to a request that is not taken.
pub(super) fn refused(voice: Voice, refusal: &Refusal) -> Response<Body> {
    let status = refusal.status();
    let mut reply = match voice {
        Voice::Grpc => grpc_refused(refusal, &status),
        Voice::Http(Encoding::Protobuf) => {
            with_body(refusal.http_status(), PROTOBUF, status.encode_to_vec())
        }
        Voice::Http(Encoding::Json) => with_body(
            refusal.http_status(),
            JSON,
            json_status(&status, refusal).to_string(),
        ),
    };
    let headers = reply.headers_mut();
    let hint = match refusal.reason {
        Reason::Method => Some((header::ALLOW, HeaderValue::from_static("POST, OPTIONS"))),
        Reason::Token => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        Reason::MediaType => Some((GRPC_ACCEPT_ENCODING, GRPC_ENCODINGS)),
        _ => None,
    };
    headers.extend(hint);
    if let (Voice::Http(_), Some(delay)) = (voice, refusal.retry_after) {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    reply
}

/// Status and details in the headers. Who may not send at all gets the HTTP status as well: it may
/// be a browser that only pretends to speak gRPC.
fn grpc_refused(refusal: &Refusal, status: &RpcStatus) -> Response<Body> {
    let details = if status.details.is_empty() {
        Bytes::new()
    } else {
        status.encode_to_vec().into()
    };
    let mut reply =
        Status::with_details(refusal.grpc_code(), refusal.message.clone(), details).into_http();
    if matches!(
        refusal.reason,
        Reason::Origin | Reason::Host | Reason::Token
    ) {
        *reply.status_mut() = refusal.http_status();
    }
    reply
}

fn json_status(status: &RpcStatus, refusal: &Refusal) -> serde_json::Value {
    let mut body = json!({ "code": status.code, "message": status.message });
    if let (Some(delay), Some(object)) = (refusal.retry_after, body.as_object_mut()) {
        let delay = format!("{}s", delay.as_secs_f64());
        object.insert(
            "details".into(),
            json!([{ "@type": RETRY_INFO, "retryDelay": delay }]),
        );
    }
    body
}

/// A reply without content: to a preflight.
pub(super) fn no_content() -> Response<Body> {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}
