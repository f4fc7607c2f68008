#!/usr/bin/env python3
"""Eight hours of one agent, played at speed: is memory steady, are keys as quick at the end, does the clock hold?

    benches/day.py [SPEED [HOURS]]      120 times as fast unless told: eight hours in four minutes

Makes a recording: a turn a minute, each with eight model calls that hold the conversation so far (which is cut
down now and then, as agents do) and eight tools, in one session; metrics beside it. Plays it in a pseudo-terminal of
120x40 cells (target/release/spanfall, or what SPANFALL names), types into the line of the filter all the while, and tells
for each hour the resident memory and the time from key to screen; at the end by how much the last prompt came on the screen
later than it should. Standard library only."""
import fcntl, json, os, pty, random, select, signal, struct, sys, tempfile, termios, time

speed, hours = float((sys.argv + ["120"])[1]), float((sys.argv + ["", "8"])[2])
here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
random.seed(1)
begin = 1_760_000_000.0
WORDS = "the agent reads the file then edits the function and runs its tests again because one of them still fails".split()
END = "endofthisday"


def attributes(**of):
    def value(v):
        if isinstance(v, int):
            return {"intValue": str(v)}
        return {"doubleValue": v} if isinstance(v, float) else {"stringValue": v}
    return [{"key": k.replace("__", "."), "value": value(v)} for k, v in of.items()]


def ident(n, length):
    return f"{n:0{length}x}"


spans_made = 0


def span(trace, parent, name, start, took, **of):
    global spans_made
    spans_made += 1
    return {"traceId": ident(trace, 32), "spanId": ident(spans_made, 16), "parentSpanId": parent, "name": name, "kind": 3,
            "startTimeUnixNano": str(int(start * 1e9)), "endTimeUnixNano": str(int((start + took) * 1e9)),
            "attributes": attributes(**of)}


def prose(words):
    return " ".join(random.choice(WORDS) for _ in range(words))


def line(at, spans):
    resource = {"attributes": attributes(service__name="day")}
    of = {"resource": resource, "scopeSpans": [{"scope": {"name": "day"}, "spans": spans}]}
    return json.dumps({"arrivalMs": (at - begin) * 1e3, "resourceSpans": [of]})


def recording(path):
    talk, turns = [], int(hours * 60)
    with open(path, "w") as out:
        for turn in range(turns):
            start = begin + 60 * turn
            prompt = END if turn == turns - 1 else f"prompt {turn}: {prose(12)}"
            talk.append({"role": "user", "parts": [{"type": "text", "content": prompt}]})
            root = ident(spans_made + 1, 16)
            first = span(turn + 1, "", "invoke_agent day", start, 55.0, gen_ai__operation__name="invoke_agent",
                         gen_ai__agent__name="day", gen_ai__conversation__id="day",
                         gen_ai__input__messages=json.dumps(talk[-1:]))
            for step in range(8):
                at = start + 6 * step
                said = {"role": "assistant", "parts": [{"type": "text", "content": prose(40)}]}
                call = span(turn + 1, root, "chat gpt-4o", at, 4.0, gen_ai__operation__name="chat",
                            gen_ai__request__model="gpt-4o", gen_ai__conversation__id="day",
                            gen_ai__provider__name="openai", gen_ai__response__id=f"r{turn}-{step}",
                            gen_ai__usage__input_tokens=2000 + 60 * len(talk), gen_ai__usage__output_tokens=60,
                            gen_ai__input__messages=json.dumps(talk), gen_ai__output__messages=json.dumps([said]))
                tool = span(turn + 1, root, "execute_tool bash", at + 4, 1.5, gen_ai__operation__name="execute_tool",
                            gen_ai__tool__name="bash", gen_ai__tool__call__id=f"t{turn}-{step}",
                            gen_ai__tool__call__arguments=json.dumps({"command": prose(6)}),
                            gen_ai__tool__call__result=prose(60))
                talk += [said, {"role": "tool", "parts": [{"type": "text", "content": prose(60)}]}]
                print(line(at + 6, [call, tool]), file=out)
            talk = talk[-100:] if len(talk) < 160 else talk[-20:]
            print(line(start + 56, [first]), file=out)
    return os.path.getsize(path)


folder = tempfile.TemporaryDirectory()
path = f"{folder.name}/day.jsonl"
print(f"{recording(path) / 1e6:.0f} MB, {spans_made} spans", flush=True)
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    binary = os.environ.get("SPANFALL", f"{here}/target/release/spanfall")
    os.execv(binary, [binary, "open", "--replay", str(speed), path])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
seen, ended_at = b"", None


def drain(until, wanted=None):
    """Reads what is drawn until that time, or until `wanted` is in it: then its time, else None."""
    global seen, ended_at
    while (left := until - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            try:
                data = os.read(fd, 1 << 16)
            except OSError:
                sys.exit(f"spanfall ended: {seen[-500:].decode(errors='replace')!r}")
            seen = seen[-500:] + data
            if END.encode() in seen and not ended_at:
                ended_at = time.monotonic()
            if wanted and wanted in data:
                return time.monotonic()
    return None


def memory():
    with open(f"/proc/{pid}/status") as status:
        return next(int(l.split()[1]) // 1024 for l in status if l.startswith("VmRSS"))


def ticks():
    with open(f"/proc/{pid}/stat") as stat:
        return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))


start, hour = time.monotonic(), 3600 / speed
signs, lost = "§¶¤µ¿ßæøþðŋđħłœ", 0
for number in range(1, int(hours) + 2):
    times, used, end = [], ticks(), start + number * hour
    while time.monotonic() < end and not ended_at:
        os.write(fd, b"/")
        drain(time.monotonic() + 0.2)
        sign = random.choice(signs)
        pressed = time.monotonic()
        os.write(fd, sign.encode())
        came = drain(pressed + 2, sign.encode())
        lost += came is None
        times += [1e3 * (came - pressed)] if came else []
        os.write(b"" or fd, b"\x1b")
        drain(time.monotonic() + 0.1)
        os.write(fd, b"G")
        drain(time.monotonic() + 0.5)
    times.sort()
    if times:
        share = (ticks() - used) / os.sysconf("SC_CLK_TCK") / hour
        print(f"hour {number}: {memory()} MB, key to screen median {times[len(times) // 2]:.1f} ms, worst {times[-1]:.1f}, "
              f"of a core {share:.0%}", flush=True)
    if ended_at:
        break
due = (hours * 3600 - 60 + 6) / speed
late = f"{ended_at - start - due:.2f} s after it was due" if ended_at else "not seen"
print(f"keys lost {lost}; the last prompt's first call {late}", flush=True)
os.kill(pid, signal.SIGTERM)
os.waitpid(pid, 0)
