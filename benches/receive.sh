#!/usr/bin/env bash
# How fast spans are received, drawing in tmux, against a server that only decodes and drops them:
# same bytes, same run, in turn. Usage: benches/receive.sh OTLPLOAD [SPANS], where OTLPLOAD is a load
# generator with the commands `sink` and `send` (last line JSON with `spans_per_s`).
set -euo pipefail
load=$1 spans=${2:-200000}
here=$(cd "$(dirname "$0")/.." && pwd)
"$load" sink >/dev/null 2>&1 & sink=$!
session=spanfall-receive-$$
tmux -L "$session" new-session -d -x 120 -y 40 \
    "$here/target/release/spanfall --grpc 127.0.0.1:6317 --http 127.0.0.1:6318 --max-memory 6GiB"
trap 'kill $sink; tmux -L "$session" kill-server' EXIT
until (echo > /dev/tcp/127.0.0.1/6318 && echo > /dev/tcp/127.0.0.1/5318) 2>/dev/null; do :; done

send() { "$load" send "$@" --seed "$RANDOM" | tail -1 | sed 's/.*"spans_per_s":\([0-9]*\).*/\1/'; }
for profile in lean fat; do
    n=$spans
    [ $profile = lean ] || n=$((spans / 6))
    for round in 1 2 3; do
        for way in "--http http://127.0.0.1:5318 http://127.0.0.1:6318" "--grpc 127.0.0.1:5317 127.0.0.1:6317"; do
            read -r flag theirs ours <<< "$way"
            a=$(send "$flag" "$theirs" --profile $profile --spans "$n")
            b=$(send "$flag" "$ours" --profile $profile --spans "$n")
            ratio=$(awk "BEGIN { printf \"%.2f\", $b / $a }")
            echo "$profile ${flag#--} round $round: sink $a, spanfall $b spans/s, ratio $ratio"
        done
    done
done
pid=$(pgrep -nx spanfall)
grep -E 'VmRSS|VmHWM' "/proc/$pid/status" 2>/dev/null || true
