"""The smallest cell: `sleep` on one thread per lane. See README.md for what to add."""
import json
import math
import os
import re
import sys
import threading
import time

UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1}
cell = {}


def prepare(body):
    parameters = {"delay": "10ms"} | body.get("parameters", {})
    if cell or body["workload"] != "sleep" or len(parameters) > 1:
        raise ValueError("expected prepare once, with the workload sleep and its delay")
    number, unit = re.fullmatch(r"([0-9.]+)(us|ms|s)", parameters["delay"]).groups()
    os.sched_setaffinity(0, body["cores"])  # before the first thread
    cell.update(lanes=body["in_flight"], delay_s=float(number) * UNITS_S[unit])
    return {"ready": {"protocol": 2}}


def run(body):
    if "rate" in body:
        return {"error": {"kind": "unsupported", "message": "this cell has no open loop"}}
    lanes, delay_s, total = cell["lanes"], cell["delay_s"], body.get("operations")
    begin = time.monotonic()
    opens = begin if total else begin + body.get("lead_s", 0)
    closes = math.inf if total else opens + body["seconds"]
    counts = [0] * lanes

    def run_lane(lane):
        quota = total // lanes + (lane < total % lanes) if total else math.inf
        time.sleep(0 if total else body.get("stagger_s", 0) * lane / lanes)
        while quota > 0 and time.monotonic() < closes:
            quota -= 1
            time.sleep(delay_s)
            counts[lane] += opens <= time.monotonic() < closes

    threads = [
        threading.Thread(target=run_lane, args=(lane,), daemon=True) for lane in range(lanes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall_s = time.monotonic() - begin if total else body["seconds"]
    return {"sample": {"operations": sum(counts), "wall_s": wall_s, "errors": {}}}


for line in sys.stdin:
    try:
        ((verb, body),) = json.loads(line).items()
        reply = {"prepare": prepare, "run": run, "finish": lambda _: {"finished": {}}}[verb](body)
    except (ValueError, LookupError, TypeError, AttributeError) as e:
        reply = {"error": {"kind": "invalid", "message": f"{type(e).__name__}: {e}"}}
    print(json.dumps(reply), flush=True)
    if "finished" in reply:
        break
