#!/usr/bin/env python3
"""Writes otlp.jsonl.gz: a hostile text in every place of telemetry where a text can stand.

Each line is an export request, as the Collector's file exporter writes them. Every nasty text comes in a
session of its own and in a turn of one session that all share; there in every place at once.
"""
import gzip
import json
import pathlib

START = 1_795_132_800_000_000_000  # 2026-11-20, ns
SECOND = 1_000_000_000

NASTY = {
    "escapes": "\x1b[2J\x1b[31mred\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\\x1bPq#\x1b\\\x1b[?1049l\x1bc",
    "c1": "\x9b2J\x9b31m\x9d0;t\x9c\x90q\x85\x8d",
    "controls": "\x00\x07\x08\x08\x08\x0b\x0c\x0e\x0f\x7f\r\rover",
    "lines": "one\ttwo\r\nthree\nfour\u2028five\u2029six\x85seven",
    "bidi": "a\u202eevil\u202c\u2066b\u2069\u200e\u200f\u061c\u2067c",
    "hebrew": "שלום עולם 123 abc",
    "arabic": "مرحبا بالعالم ١٢٣ لا",
    "zalgo": "Z\u0334\u0351\u0357" + "a\u0301" * 3 + "l" + "\u0300\u0316\u0489" * 60 + "go",
    "leading": "\u0301\u0302combining first \u200d\ufe0f\u20e3",
    "families": "👩‍👩‍👧‍👦👩🏽‍💻🏳️‍🌈❤️‍🔥👍🏿",
    "flags": "🇩🇪🇫🇷🇯🇵🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f🇽",
    "variants": "☎️☎︎❤️#️⃣1️⃣〰️⚠️✈️㊗️\U000e0100",
    "newest": "🫨🪿🫩🫪\U0001fae9",
    "hidden": "a\u200bb\u2060c\ufeffd\u00ade\u180ef\u034fg\u3164h\u115fi\U000e0041\U000e0042j",
    "wide": "日本語の非常に長い名前、全角文字：한국어이름ｱｲｳ",
    "indic": "क्षत्रिय தமிழ் ไทยกำ្ខ្មែ",
    "private": "\ue000\uf8ff\ue0b0\U000f0000\U0010fffd\ufdd0\uffff\ufffd",
    "word": "w" * 300,
    "spaces": " \u00a0\u2003\u3000 \u2800 x" + " " * 300 + "y",
    "format": "{} %s %n $(id) `id` <b>&amp; | \\ \" ' ;--",
    "markdown": "# a | b | **c** <script>alert(1)</script> [x](javascript:1) ![](http://h)",
    "jsonish": '{"a": "\\u001b[31m", "b": [1, {"c": "\\u202e"}], "d": null}',
}


def attributes(of):
    def value(v):
        if isinstance(v, bool):
            return {"boolValue": v}
        if isinstance(v, int):
            return {"intValue": str(v)}
        if isinstance(v, list):
            return {"arrayValue": {"values": [value(x) for x in v]}}
        if isinstance(v, dict):
            return {"kvlistValue": {"values": attributes(v)}}
        return {"stringValue": v}

    return [{"key": k, "value": value(v)} for k, v in of.items()]


def requests(n, name, session, at):
    """One turn: an agent, a call that is answered with a tool call, the tool, a call that fails; and what was logged."""
    nasty = NASTY[name]
    text = f"{name}: {nasty} .end"
    ids = iter(range(1, 20))
    trace = f"{at // SECOND:016x}{n:016x}"
    resource = {"attributes": attributes({
        "service.name": text, "service.version": text, "host.name": text, "telemetry.sdk.language": text, nasty + "r": nasty,
    }), "droppedAttributesCount": 0}
    scope = {"name": f"opentelemetry.instrumentation.{text}", "version": text, "attributes": attributes({nasty: text})}

    def span(kind, parent, begin, took, more, **other):
        own = f"{next(ids):016x}"
        spans.append({
            "traceId": trace, "spanId": own, "parentSpanId": parent, "name": f"{kind} {text}", "traceState": text,
            "startTimeUnixNano": str(at + begin * SECOND // 10), "endTimeUnixNano": str(at + (begin + took) * SECOND // 10),
            "attributes": attributes({"gen_ai.operation.name": kind, "gen_ai.conversation.id": session, f"acme.{nasty}": text, **more}),
            **other,
        })
        return own

    def messages(role, *parts):
        return json.dumps([{"role": role, "parts": list(parts), "finish_reason": text}])

    spans = []
    failed = {
        "status": {"code": 2, "message": text},
        "events": [
            {"name": "exception", "timeUnixNano": str(at + 10 * SECOND), "attributes": attributes({
                "exception.type": text, "exception.message": text, "exception.stacktrace": text + "\n" + text})},
            {"name": text, "timeUnixNano": str(at + 9 * SECOND), "attributes": attributes({nasty: text})},
        ],
        "links": [{"traceId": trace, "spanId": "00000000000000ff", "traceState": text, "attributes": attributes({nasty: text})}],
    }
    said = {"type": "text", "content": text}
    call = {"type": "tool_call", "id": f"c{n}", "name": text, "arguments": {nasty: text, "path": f"/a/{nasty}/b"}}
    result = {"type": "tool_call_response", "id": f"c{n}", "response": text}
    model = {"gen_ai.request.model": text, "gen_ai.response.model": text + " answered", "gen_ai.provider.name": text,
             "server.address": text, "gen_ai.response.finish_reasons": [text, nasty], "gen_ai.usage.input_tokens": 1200 + n,
             "gen_ai.usage.output_tokens": 30 + n, "gen_ai.agent.name": text}
    root = span("invoke_agent", "", 0, 99, {"gen_ai.agent.name": text, "gen_ai.agent.description": text, "gen_ai.agent.id": text})
    tools = json.dumps([{"type": "function", "name": text, "description": text, "parameters": {"properties": {nasty: {"type": nasty}}}}])
    span("chat", root, 1, 20, {**model, "gen_ai.response.id": text, "gen_ai.tool.definitions": tools,
         "gen_ai.system_instructions": json.dumps([said]), "gen_ai.input.messages": messages("user", said),
         "gen_ai.output.messages": messages("assistant", {"type": "reasoning", "content": text}, said, call)},
         events=[{"name": "gen_ai.evaluation.result", "timeUnixNano": str(at + 2 * SECOND), "attributes": attributes({
             "gen_ai.evaluation.name": text, "gen_ai.evaluation.score.label": text, "gen_ai.evaluation.explanation": text})}])
    span("execute_tool", root, 21, 15, {"gen_ai.tool.name": text, "gen_ai.tool.call.id": f"c{n}", "gen_ai.tool.description": text,
         "gen_ai.tool.type": text, "gen_ai.tool.call.arguments": json.dumps({nasty: text}), "gen_ai.tool.call.result": text,
         "error.type": text}, **failed)
    span("chat", root, 40, 30, {**model, "error.type": text, "gen_ai.input.messages": json.dumps(
         [{"role": "system", "parts": [said]}, {"role": nasty, "parts": [said]}, {"role": "assistant", "parts": [call]},
          {"role": "tool", "parts": [result]}, {"role": "user", "name": text, "parts": [{"type": nasty, "content": text}]}])}, **failed)
    span(text, root, 75, 5, {"gen_ai.operation.name": nasty, "tags": [text, {nasty: text}]})
    ends = {"schemaUrl": text}
    records = [
        {"eventName": name_, "traceId": trace, "spanId": root, "severityText": text, "severityNumber": 17, "body": body,
         "timeUnixNano": str(at + 8 * SECOND), "attributes": attributes({"event.name": name_, "gen_ai.conversation.id": session,
         "exception.type": text, "exception.message": text, nasty: text})}
        for name_, body in [(text, {"stringValue": text}), ("gen_ai.user.message", {"kvlistValue": {"values": attributes({"content": text, "role": nasty})}}),
                            ("gen_ai.choice", {"kvlistValue": {"values": attributes({"finish_reason": text, "message": {"content": text, nasty: text}})}})]
    ]
    claude = [
        {"severityText": text, "body": {"stringValue": f"claude_code.{event}"}, "timeUnixNano": str(at + second * SECOND),
         "attributes": attributes({"event.name": event, "session.id": "claude " + session, "prompt.id": f"p{n} {session}", "terminal.type": text,
         "user.email": text, **more})}
        for event, second, more in [
            ("user_prompt", 1, {"prompt": text, "prompt_length": 5}),
            ("api_request", 3, {"model": text, "input_tokens": 10, "output_tokens": 2, "duration_ms": 900, "cost_usd": 1, "query_source": text}),
            ("tool_result", 5, {"tool_name": text, "success": "false", "duration_ms": 400, "error": text, "tool_parameters": json.dumps({nasty: text})}),
            ("api_error", 7, {"model": text, "error": text, "status_code": text, "duration_ms": 100, "attempt": 1}),
        ]
    ]
    metrics = [{
        "name": kind, "unit": nasty, "description": text, "histogram": {"aggregationTemporality": 2, "dataPoints": [{
            "startTimeUnixNano": str(at), "timeUnixNano": str(at + 10 * SECOND), "count": "3", "sum": 1.5, "explicitBounds": [0.5, 1], "bucketCounts": ["1", "1", "1"],
            "attributes": attributes({nasty: text, "gen_ai.request.model": text, "gen_ai.token.type": text})}]},
    } for kind in (text, "gen_ai.client.operation.duration", "gen_ai.server.time_to_first_token")]
    return [
        {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans, **ends}], **ends}]},
        {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": records, **ends},
                                                               {"scope": {"name": "com.anthropic.claude_code.events", "version": text}, "logRecords": claude}]}]},
        {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"scope": scope, "metrics": metrics}]}]},
    ]


lines = []
for n, name in enumerate(NASTY):
    at = START + n * 20 * SECOND
    lines += requests(n, name, f"own {name} {NASTY[name]}", at)
    lines += requests(n, name, "shared by all", at + 3600 * SECOND)
out = pathlib.Path(__file__).with_name("otlp.jsonl.gz")
text = "".join(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n" for line in lines)
out.write_bytes(gzip.compress(text.encode(), mtime=0))
