#!/usr/bin/env bash
# Does the memory limit hold? Sends spans at full speed, without a screen, and tells the largest resident memory,
# what was acknowledged, what the report says became of it, and whether the sessions that are kept are whole.
# Usage: benches/flood.sh OTLPLOAD [SECONDS] [LIMIT] [otlpload's own flags…]
#   benches/flood.sh otlpload 300 128MiB
#   benches/flood.sh otlpload 60 128MiB --profile fat
#   benches/flood.sh otlpload 60 128MiB --trace-len 1
set -euo pipefail
load=$1 seconds=${2:-300} limit=${3:-128MiB}
shift $(($# < 3 ? $# : 3))
here=$(cd "$(dirname "$0")/.." && pwd)
binary=${SPANFALL:-$here/target/release/spanfall}
dir=$(mktemp -d)
"$binary" --grpc 127.0.0.1:6417 --http 127.0.0.1:6418 --max-memory "$limit" --headless --report json \
    > "$dir/report" 2> "$dir/errors" & pid=$!
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$dir"' EXIT
until (echo > /dev/tcp/127.0.0.1/6418) 2>/dev/null; do kill -0 "$pid"; done

end=$((SECONDS + seconds))
sender() { # both protocols in turn; each run has traces of its own
    local seed=$1 to
    while [ $SECONDS -lt $end ]; do
        if [ $((seed / 2 % 2)) = 0 ]; then to="--grpc 127.0.0.1:6417"; else to="--http http://127.0.0.1:6418"; fi
        # shellcheck disable=SC2086
        "$load" send $to --spans 100000 --seed "$seed" "${@:2}" | tail -1 >> "$dir/sent"
        seed=$((seed + 2))
    done
}
sender 2 "$@" & one=$!
sender 3 "$@" & two=$!
most=0
while kill -0 "$one" 2>/dev/null || kill -0 "$two" 2>/dev/null; do
    rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
    [ "$rss" -le "$most" ] || most=$rss
    sleep 0.05
done
peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
kill -INT "$pid"
wait "$pid" || true
length=41 # spans of a trace, each a session
case " $* " in *" --trace-len "*) length=$(sed 's/.*--trace-len \([0-9]*\).*/\1/' <<< "$*") ;; esac
python3 - "$dir" "$seconds" "$peak" "$most" "$length" <<'PY'
import json, sys
dir, seconds, peak, most, length = sys.argv[1], *map(int, sys.argv[2:])
sent = [json.loads(line) for line in open(dir + "/sent")]
text = open(dir + "/report").read()
report = json.loads(text[text.index("\n{") + 1 if not text.startswith("{") else 0:])
got = report["received"]
acked = sum(run["spans_ok"] for run in sent)
kept = sum(len(s["nodes"]) for s in report["sessions"])
print(f"peak {peak / 1024:.0f} MiB resident ({most / 1024:.0f} sampled), {acked} spans acknowledged ({acked / seconds:.0f}/s)")
print("received", got)
parts = [len(s["nodes"]) for s in report["sessions"] if len(s["nodes"]) < length]
print("sessions kept", len(report["sessions"]), "with less than all their spans", len(parts), sorted(parts)[:20],
      f"(of each run of {len(sent)} the last trace is short: {100000 % length} spans)")
PY
