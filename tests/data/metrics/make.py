"""Makes the case beside it with the plain OpenTelemetry SDK: no program sent it.

    pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-common
    python3 make.py

What the conventions say that an MCP client and server measure; what must come of it is worked out by hand in
tests/metrics.rs.
"""
import pathlib

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource

T0 = 1_795_132_800_000_000_000  # 2026-11-20
BOUNDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]  # the conventions' own

reader = InMemoryMetricReader()
provider = MeterProvider([reader], resource=Resource({"service.name": "agent", "service.instance.id": "by-hand"}))
meter = provider.get_meter("by.hand")


def measure(name, about, values):
    histogram = meter.create_histogram(name, unit="s", explicit_bucket_boundaries_advisory=BOUNDS)
    for value in values:
        histogram.record(value, about)


call = {"mcp.method.name": "tools/call", "gen_ai.tool.name": "search_code", "gen_ai.operation.name": "execute_tool"}
measure("mcp.client.operation.duration", call, [0.012, 0.015, 0.03, 0.04, 0.06, 0.08, 0.15, 0.3, 0.4, 1.5])
measure("mcp.server.operation.duration", call, [0.004, 0.006, 0.025, 0.035, 0.055, 0.07, 0.14, 0.29, 0.39, 1.4])
measure("mcp.client.session.duration", {"network.transport": "pipe"}, [12.5])

message = encode_metrics(reader.get_metrics_data())
for resource in message.resource_metrics:
    for scope in resource.scope_metrics:
        for metric in scope.metrics:
            for point in metric.histogram.data_points:
                point.start_time_unix_nano, point.time_unix_nano = T0, T0 + 60_000_000_000
pathlib.Path(__file__).with_name("mcp.metrics.pb").write_bytes(message.SerializeToString())
