"""A small cell for `sleep`, with the fault that its argument names."""

import json
import os
import subprocess
import sys
import threading
import time

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""


class Refused(Exception):
    pass


def run_lanes(lanes, delay_s, body):
    """Returns the operations and the length of the window (or of all operations)."""
    total = body.get("operations")
    opens = time.monotonic() + (0 if total else body.get("lead_s", 0))
    closes = float("inf") if total else opens + body["seconds"]
    counts = [0] * lanes

    def work(lane):
        quota = total // lanes + (lane < total % lanes) if total else float("inf")
        begun = 0
        while begun < quota and time.monotonic() < closes:
            begun += 1
            time.sleep(delay_s / 2 if FAULT == "sleeps_too_short" else delay_s)
            in_window = opens <= time.monotonic() <= closes or FAULT == "counts_all"
            counts[lane] += in_window

    threads = [threading.Thread(target=work, args=(lane,)) for lane in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall_s = time.monotonic() - opens if total else body["seconds"]
    return sum(counts) + (FAULT == "one_too_many"), wall_s


def reply_to(request, cell):
    if not isinstance(request, dict) or len(request) != 1:
        raise Refused("expected one object with one key")
    ((verb, body),) = request.items()
    if verb == "prepare":
        if cell:
            raise Refused("already prepared")
        if body["workload"] != "sleep":
            raise Refused("unknown workload: only sleep")
        if set(body["parameters"]) - {"delay"}:
            raise Refused("unknown parameter: only delay")
        if FAULT != "runs_anywhere":
            os.sched_setaffinity(0, body["cores"])
        if FAULT == "leaves_a_child":
            subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
        cell.update(lanes=body["in_flight"])
        return {"ready": {"protocol": 2}}
    if verb == "run":
        if not cell or not ("seconds" in body or "operations" in body):
            raise Refused("run before prepare, or without seconds and operations")
        if "rate" in body:
            return {"error": {"kind": "unsupported", "message": "no open loop"}}
        operations, wall_s = run_lanes(cell["lanes"], 0.01, body)
        return {"sample": {"operations": operations, "wall_s": wall_s, "errors": {}}}
    if verb == "finish":
        return {"finished": {}}
    raise Refused(f"unknown request {verb}")


def main():
    cell = {}
    if FAULT == "prints_early":
        print("welcome", flush=True)
    for line in sys.stdin:
        try:
            request = json.loads(line)
            reply = reply_to(request, cell)
        except (Refused, ValueError) as e:
            if FAULT == "ends_after_an_error":
                sys.exit(1)
            reply = {"error": {"kind": "invalid", "message": str(e)}}
        print(json.dumps(reply), flush=True)
        if "finished" in reply:
            sys.exit(3 if FAULT == "exits_with_3" else 0)


main()
