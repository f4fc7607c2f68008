"""Makes the cases beside it with the plain OpenTelemetry SDK: no program sent them.

    pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-common
    python3 make.py

Each is one export request, protobuf. Times are seconds from T0; what a case is about is said where it is made, and
what must come of it is worked out by hand in tests/phases.rs.
"""
import json
import pathlib

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import SpanKind, set_span_in_context

T0 = 1_795_132_800_000_000_000  # 2026-11-20


class Counted(IdGenerator):
    def __init__(self):
        self.n = 0

    def generate_span_id(self):
        self.n += 1
        return self.n

    def generate_trace_id(self):
        self.n += 1
        return 0xABC << 64 | self.n


class Kept(SpanExporter):
    def __init__(self):
        self.spans = []

    def export(self, spans):
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS


class Case:
    def __init__(self, name):
        self.name, self.kept, self.ids = name, Kept(), Counted()
        self.providers = {}

    def tracer(self, service, scope):
        if service not in self.providers:
            provider = TracerProvider(resource=Resource({"service.name": service}), id_generator=self.ids)
            provider.add_span_processor(SimpleSpanProcessor(self.kept))
            self.providers[service] = provider
        return self.providers[service].get_tracer(scope)

    def span(self, who, name, start, end, attributes=None, parent=None, kind=SpanKind.INTERNAL, events=()):
        at = lambda s: T0 + round(s * 1e9)
        context = set_span_in_context(parent) if parent else None
        span = self.tracer(*who).start_span(name, context=context, kind=kind, attributes=attributes, start_time=at(start))
        for event, when in events:
            span.add_event(event, timestamp=at(when))
        span.end(at(end))
        return span

    def write(self):
        body = encode_spans(self.kept.spans).SerializeToString()
        pathlib.Path(__file__).with_name(f"{self.name}.traces.pb").write_bytes(body)


CLIENT = ("agent", "by.hand")
VLLM = ("vllm", "vllm.llm_engine")
SGLANG = ("sglang", "sglang")


def client(case, more=None, **kwargs):
    """An agent of 1.2 s that asks once: a call of 1 s from 0.1 on, streamed, its first token after 0.4 s."""
    agent = case.span(CLIENT, "invoke_agent helper", 0, 1.2, {
        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper", "gen_ai.conversation.id": case.name})
    return case.span(CLIENT, "chat qwen3-8b", 0.1, 1.1, {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "vllm", "gen_ai.request.model": "qwen3-8b",
        "gen_ai.conversation.id": case.name, "gen_ai.response.id": "chatcmpl-1", "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": 0.4, "gen_ai.usage.input_tokens": 900, "gen_ai.usage.output_tokens": 61,
    } | (more or {}), parent=agent, kind=SpanKind.CLIENT, **kwargs)


# What vLLM says: 50 ms in the queue, 300 ms of prefill, the first token after 360 ms, 590 ms of decode.
TOLD = {"gen_ai.latency.time_in_queue": 0.05, "gen_ai.latency.time_in_model_prefill": 0.3,
        "gen_ai.latency.time_to_first_token": 0.36, "gen_ai.latency.time_in_model_decode": 0.59, "gen_ai.latency.e2e": 0.95}


def engine(case, start, told=None, parent=None, length=0.95, more=None):
    return case.span(VLLM, "llm_request", start, start + length, (told or TOLD) | (more or {}), parent=parent, kind=SpanKind.SERVER)


case = Case("in-step")  # the engine's clock is the client's
engine(case, 0.13, parent=client(case))
case.write()

case = Case("three-seconds-ahead")  # it is 3 s ahead
engine(case, 3.13, parent=client(case))
case.write()

case = Case("before-its-client")  # it is 0.12 s behind, so that the engine begins before it was asked
engine(case, 0.01, parent=client(case))
case.write()

case = Case("longer-than-its-client")  # it tells of more time than the client waited: not this call's
engine(case, 0.13, parent=client(case), told=TOLD | {"gen_ai.latency.time_to_first_token": 0.9})
case.write()

case = Case("joined-by-id")  # no trace context went along: a trace of its own, in a server's span, behind by 0.5 s
client(case)
web = case.span(("vllm", "opentelemetry.instrumentation.fastapi"), "POST /v1/chat/completions", -0.375, 0.59,
                {"http.request.method": "POST", "http.response.status_code": 200}, kind=SpanKind.SERVER)
engine(case, -0.37, parent=web, more={"gen_ai.request.id": "chatcmpl-1"})
case.write()

case = Case("not-streamed")  # the client tells no first token, and the clocks are 3 s apart
agent = case.span(CLIENT, "invoke_agent helper", 0, 1.2, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper"})
call = case.span(CLIENT, "chat qwen3-8b", 0.1, 1.1, {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "vllm", "gen_ai.request.model": "qwen3-8b",
    "gen_ai.usage.input_tokens": 900, "gen_ai.usage.output_tokens": 60}, parent=agent, kind=SpanKind.CLIENT)
engine(case, 3.13, parent=call)
case.write()

# SGLang: its prefill is told from the request's arrival on, the queue within it; and the spans of its stages.
SG = {"gen_ai.latency.time_in_queue": 0.12, "gen_ai.latency.time_in_model_prefill": 0.34, "gen_ai.latency.time_to_first_token": 0.36,
      "gen_ai.latency.e2e": 0.95, "gen_ai.request.id": "5f3a", "gen_ai.usage.prompt_tokens": 900, "gen_ai.usage.completion_tokens": 61}
case = Case("queue-within-prefill")  # as attributes
case.span(SGLANG, "Req 5f3a", 0.13, 1.08, SG, parent=client(case), kind=SpanKind.SERVER)
case.write()

case = Case("stages")  # as spans below a thread's: 120 ms in the queue, two chunks of 150 and 70 ms, then decode
own = {k: v for k, v in SG.items() if "time_in" not in k}
root = case.span(SGLANG, "Req 5f3a", 0.13, 1.08, own, parent=client(case), kind=SpanKind.SERVER)
thread = case.span(SGLANG, "host:9f | Scheduler [TP 0]", 0.13, 1.08, {"module": "scheduler"}, parent=root)
for name, start, end in [("tokenize", 0.131, 0.135), ("prefill_waiting", 0.14, 0.26), ("chunked_prefill", 0.26, 0.41),
                         ("prefill_forward", 0.42, 0.49), ("decode_loop", 0.49, 1.07)]:
    case.span(SGLANG, name, start, end, parent=thread)
case.write()

case = Case("tgi")  # Rust's durations; inference is prefill and decode together
call = client(case)
case.span(("tgi", "text-generation-router"), "generate_stream", 0.12, 1.09, {
    "total_time": "965.2ms", "validation_time": "812.5µs", "queue_time": "64.5ms", "inference_time": "899.887ms", "time_per_token": "14.75ms"},
    parent=call, kind=SpanKind.SERVER)
case.write()

case = Case("ollama")  # what the server answered, kept on the client's span; nothing streamed
case.span(CLIENT, "chat llama3", 0, 1, {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "ollama", "gen_ai.request.model": "llama3", "gen_ai.usage.input_tokens": 90,
    "gen_ai.usage.output_tokens": 31, "load_duration": 100_000_000, "prompt_eval_duration": 200_000_000, "eval_duration": 600_000_000},
    kind=SpanKind.CLIENT)
case.write()

case = Case("tensorrt")  # TensorRT-LLM tells its queue and the first token, and neither prefill nor decode
case.span(("tensorrt", "trt.llm"), "llm_request", 0.13, 1.08, {
    "gen_ai.latency.time_in_queue": 0.05, "gen_ai.latency.time_to_first_token": 0.36, "gen_ai.latency.e2e": 0.95, "gen_ai.request.id": "7",
    "gen_ai.usage.prompt_tokens": 900, "gen_ai.usage.completion_tokens": 61, "gen_ai.response.finish_reasons": '["stop"]'},
    parent=client(case), kind=SpanKind.SERVER)
case.write()

# llm-d: a router (30 ms) before vLLM, and a proxy that has one engine read the prompt and another write the answer. The first
# had it 20 ms in its queue and read for 200; the second got what was read, 10 ms in its queue, and 15 ms to the next token.
case = Case("llm-d")
call = client(case)
EPP, SIDECAR = ("llm-d-epp", "llm-d-router/pkg/epp/requestcontrol"), ("llm-d-sidecar", "llm-d-router/pkg/sidecar/proxy")
gateway = case.span(EPP, "gateway.request", 0.11, 1.09, parent=call, kind=SpanKind.SERVER)
case.span(EPP, "gateway.request_orchestration", 0.11, 0.14, {"target_model": "qwen3-8b", "request_prio": 0}, parent=gateway, kind=SpanKind.SERVER)
post = case.span(SIDECAR, "llm_d.pd_proxy.POST /v1/chat/completions", 0.15, 1.09, parent=gateway, kind=SpanKind.SERVER)
forward = case.span(SIDECAR, "forward_request", 0.15, 1.09, {
    "llm_d.pd_proxy.connector": "nixlv2", "llm_d.pd_proxy.disaggregation_used": True, "llm_d.pd_proxy.prefill_target": "10.0.0.1:8000"},
    parent=post, kind=SpanKind.SERVER)
read = case.span(SIDECAR, "prefill", 0.16, 0.41, {"llm_d.pd_proxy.prefill.duration_ms": 250.0}, parent=forward)
write = case.span(SIDECAR, "decode", 0.43, 1.09, {
    "llm_d.pd_proxy.decode.duration_ms": 660.0, "llm_d.pd_proxy.total_duration_ms": 940.0, "llm_d.pd_proxy.true_ttft_ms": 280.0,
    "llm_d.pd_proxy.prefill_duration_ms": 250.0, "llm_d.pd_proxy.decode_duration_ms": 660.0, "llm_d.pd_proxy.coordinator_overhead_ms": 20.0},
    parent=read)  # as the proxy has it: below the span of the prefill
case.span(("vllm-prefill", "vllm.llm_engine"), "llm_request", 0.17, 0.40, {
    "gen_ai.latency.time_in_queue": 0.02, "gen_ai.latency.time_in_model_prefill": 0.2, "gen_ai.latency.time_to_first_token": 0.225,
    "gen_ai.latency.time_in_model_decode": 0.0, "gen_ai.latency.e2e": 0.23, "gen_ai.usage.prompt_tokens": 900, "gen_ai.usage.completion_tokens": 1},
    parent=read, kind=SpanKind.SERVER)
case.span(("vllm-decode", "vllm.llm_engine"), "llm_request", 0.44, 1.08, {
    "gen_ai.latency.time_in_queue": 0.01, "gen_ai.latency.time_in_model_prefill": 0.015, "gen_ai.latency.time_to_first_token": 0.026,
    "gen_ai.latency.time_in_model_decode": 0.61, "gen_ai.latency.e2e": 0.64, "gen_ai.usage.prompt_tokens": 900, "gen_ai.usage.completion_tokens": 61},
    parent=write, kind=SpanKind.SERVER)
case.write()

case = Case("llama-cpp")  # llama.cpp answers with its timings, kept whole in the answer: streamed, and not
timings = json.dumps({"choices": [{"message": {"role": "assistant", "content": "hi"}}], "timings": {
    "cache_n": 0, "prompt_n": 900, "prompt_ms": 250.0, "predicted_n": 61, "predicted_ms": 700.0, "predicted_per_second": 87.1}})
asked = {"openinference.span.kind": "LLM", "llm.model_name": "qwen3-8b", "output.value": timings, "output.mime_type": "application/json",
         "llm.token_count.prompt": 900, "llm.token_count.completion": 61}
for at, events in [(0, [("First Token Stream Event", 0.28)]), (2, [])]:
    case.span(("agent", "openinference.instrumentation.openai"), "ChatCompletion", at, at + 1, asked, events=events)
case.write()

case = Case("ollama-streamed")  # as ollama, and the client saw the first token after 350 ms
case.span(CLIENT, "chat llama3", 0, 1, {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "ollama", "gen_ai.request.model": "llama3", "gen_ai.usage.input_tokens": 90,
    "gen_ai.usage.output_tokens": 31, "gen_ai.request.stream": True, "gen_ai.response.time_to_first_chunk": 0.35,
    "load_duration": 100_000_000, "prompt_eval_duration": 200_000_000, "eval_duration": 600_000_000}, kind=SpanKind.CLIENT)
case.write()

case = Case("chunks")  # an event for each chunk, 50 ms apart, but for 0.4 s in the middle
times = [0.5 + 0.05 * i + (0.4 if i > 3 else 0) for i in range(5)]
times += [1.1 - 0.01 * i for i in range(1, 4)]
client(case, {"gen_ai.response.time_to_first_chunk": 0.4}, events=[("gen_ai.content.completion.chunk", t) for t in sorted(times)])
case.write()

case = Case("wrong")  # first tokens that cannot be, each on a call of 1 s; nobody says that they are streamed
who = {"openlit": ("agent", "openlit.instrumentation.openai"), "strands": ("agent", "strands.telemetry.tracer"), "hand": CLIENT}
for i, (scope, key, value) in enumerate([
        ("openlit", "gen_ai.server.time_to_first_token", 0.0004),  # measured from when the stream was opened
        ("hand", "gen_ai.response.time_to_first_chunk", 1.0),  # the whole duration
        ("hand", "gen_ai.response.time_to_first_chunk", 7.0),  # longer than the call
        ("strands", "gen_ai.server.time_to_first_token", 250),  # whole milliseconds, as its table says
        ("hand", "llm.time_to_first_token", 250),  # nobody knows the unit, and only milliseconds fit
        ("hand", "llm.time_to_first_token", 0.25),  # only seconds do
        ("hand", "llm.time_to_first_token", 4e6)]):  # neither
    case.span(who[scope], "chat m", 2 * i, 2 * i + 1, {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": f"m{i}", "gen_ai.conversation.id": "wrong", key: value}, kind=SpanKind.CLIENT)
case.write()
