#!/usr/bin/env python3
"""Key to screen while spans stream in: no key may be dropped, and each must show soon.

    benches/keys.py OTLPLOAD [RATE [SECONDS]]      RATE in spans a second, 5000 for 60 s unless told

Runs target/release/spanfall (or what SPANFALL names) in a pseudo-terminal of 120x40 cells and lets OTLPLOAD (a load generator
with the command `send --http URL --rate N --spans N`) send to it. Meanwhile it scrolls, folds, leafs
and filters; the time of a key is that from its write to the read of the character that it draws in
the line of the filter. A key whose character is not seen within 2 s is dropped. Standard library only.
"""
import fcntl, json, os, pty, random, select, struct, subprocess, sys, termios, time

load, rate, seconds = sys.argv[1], int((sys.argv + ["5000"])[2]), int((sys.argv + ["", "60"])[3])
here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
port = 6418
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    binary = os.environ.get("SPANFALL", f"{here}/target/release/spanfall")
    os.execv(binary, [binary, "--grpc", "127.0.0.1:6417", "--http", f"127.0.0.1:{port}"])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

read = frames = 0


def drain(until, wanted=None):
    """Reads what is drawn until that time, or until `wanted` is in it: then its time, else None."""
    global read, frames
    seen = b""
    while (left := until - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            try:
                data = os.read(fd, 1 << 16)
            except OSError:  # it ended: what it said last tells why
                sys.exit(f"spanfall ended: {seen[-500:].decode(errors='replace')!r}")
            read, frames = read + len(data), frames + data.count(b"\x1b[?2026l")
            seen = seen[-500:] + data
            if wanted and wanted in seen:
                return time.monotonic()
    return None


def press(keys):
    os.write(fd, keys)


drain(time.monotonic() + 1)
sender = subprocess.Popen(
    [load, "send", "--http", f"http://127.0.0.1:{port}", "--rate", str(rate), "--spans", str(rate * seconds),
     "--seed", str(random.randrange(1 << 30))], stdout=subprocess.PIPE, text=True)
signs, times, dropped, moved = "§¶¤µ¿ßæøþðŋđħłœ", [], 0, 0
end = time.monotonic() + seconds
while time.monotonic() < end:
    for keys in [b"j", b"k", b"\x1b[B", b"\x1b[A", b"h", b"l", b"\x1b[6~", b"\x1b[5~", b"}", b"{", b"G", b"g"] * 2:
        press(keys)
        moved += 1
        drain(time.monotonic() + 0.01)
    press(b"/")
    drain(time.monotonic() + 0.1)
    for sign in random.sample(signs, 4):
        start = time.monotonic()
        press(sign.encode())
        at = drain(start + 2, sign.encode())
        if at is None:
            dropped += 1
        else:
            times.append((at - start) * 1000)
        drain(time.monotonic() + random.random() / 20)
    press(b"\x1b")
    drain(time.monotonic() + 0.1)
    press(b"\x1b")
    drain(time.monotonic() + 0.1)
told = json.loads(sender.communicate()[0].strip().splitlines()[-1])
os.kill(pid, 15)
times.sort()
at = lambda share: times[min(len(times) - 1, int(len(times) * share))]
print(f"{told['spans_per_s']} spans/s sent, {moved} other keys, {frames / seconds:.0f} frames/s, {read / seconds / 1000:.0f} kB/s drawn")
print(f"key to screen of {len(times)} keys: median {at(0.5):.1f} ms, p90 {at(0.9):.1f}, p99 {at(0.99):.1f}, worst {times[-1]:.1f}; dropped {dropped}")
sys.exit(dropped > 0)
