"""Starts a cell and makes a fault in it: faulty_cell.py FAULT[@FILE] COMMAND…

With a file, the fault is made only if the file does not exist, and creates it.
"""

import os
import pathlib
import signal
import sys
import time

FLOOD = b"x" * (1 << 20)


def workers_of(cell):
    """Waits for the processes that the cell has forked; returns them."""
    while True:
        children = pathlib.Path(f"/proc/{cell}/task/{cell}/children").read_text().split()
        workers = [int(child) for child in children if int(child) != os.getpid()]
        if len(workers) >= 2:
            return workers
        time.sleep(0.01)


def signals_cell(number):
    return lambda cell: os.kill(cell, number)


def signals_worker(number):
    def signal_one(cell):
        worker = workers_of(cell)[-1]
        time.sleep(0.05)  # it was perhaps forked just now, and has to get ready
        os.kill(worker, number)

    return signal_one


def flood_errors(cell):
    while True:
        os.write(2, FLOOD)


def write_long_line(cell):
    for _ in range(100):
        os.write(1, FLOOD)
    os.write(1, b"\n")


FAULTS = {
    "kill": signals_cell(signal.SIGKILL),
    "stop": signals_cell(signal.SIGSTOP),
    "kill_worker": signals_worker(signal.SIGKILL),
    "stop_worker": signals_worker(signal.SIGSTOP),
    "flood": flood_errors,
    "long_line": write_long_line,
    "none": lambda cell: None,
}


def is_due(marker):
    """Returns whether the fault is to be made now."""
    if not marker:
        return True
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False


fault, _, marker = sys.argv[1].partition("@")
command = sys.argv[2:]
if is_due(marker):
    cell = os.getpid()
    if os.fork() == 0:
        time.sleep(0.15)  # into the block
        FAULTS[fault](cell)
        os._exit(0)
os.execvp(command[0], command)
