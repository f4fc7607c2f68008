#!/usr/bin/env python3
"""Does a recording hold what was acknowledged, whoever is killed, whenever?

Usage: benches/kill.py OTLPLOAD [ROUNDS]   (SPANFALL names the binary, else target/release/spanfall)

Each round kills -9 spanfall or the sender at a random moment while spans are sent at full speed; ten
rounds share a file, so that a torn end is gone on from. After each, the recording is read again."""
import json, os, pathlib, random, subprocess, sys, tempfile, time

load, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
here = pathlib.Path(__file__).resolve().parent.parent
binary = os.environ.get("SPANFALL", str(here / "target/release/spanfall"))
random.seed(os.environ.get("SEED", "1"))
folder = tempfile.TemporaryDirectory()
torn = acked = recorded = 0


def spans_in(path):
    told = subprocess.run([binary, "report", path, "--format", "json"], capture_output=True, text=True)
    if told.returncode == 2 and "no recorded" not in told.stderr:
        sys.exit(f"not readable: {told.stderr}")
    return json.loads(told.stdout)["received"]["spans"], "torn" in told.stderr


for i in range(rounds):
    path = f"{folder.name}/{i // 10}.spanfall"
    if i % 10 == 0:
        acked = 0
    us = subprocess.Popen(
        [binary, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--headless", "--record", path],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    http = next(a for a in reversed(us.stderr.readline().split()) if a.startswith("127."))
    before = os.path.getsize(path)
    sender = subprocess.Popen(
        [load, "send", "--http", f"http://{http}", "--spans", "40000", "--batch", str(random.choice([16, 128, 512])),
         "--seed", str(i + 1)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while os.path.getsize(path) == before and sender.poll() is None:
        time.sleep(0.01)
    time.sleep(random.uniform(0, 1.5))
    if i % 4 == 3:  # the sender: what it was told is not known; what came must be there
        sender.kill()
        sender.wait()
        time.sleep(random.uniform(0, 0.05))
    us.kill()
    us.wait()
    said = sender.communicate()[0].strip().splitlines()
    acked += json.loads(said[-1])["spans_ok"] if said else 0
    recorded, is_torn = spans_in(path)
    torn += is_torn
    if recorded < acked:
        sys.exit(f"round {i}: {acked} spans acknowledged, {recorded} recorded in {path}")
    if i % 10 == 9:
        print(f"{i + 1} rounds: {acked} acknowledged, {recorded} recorded, {torn} ends torn", flush=True)
