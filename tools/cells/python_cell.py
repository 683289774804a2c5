#!/usr/bin/env python3
"""A cell process in CPython: asyncio, threads, processes, uvloop, trio and gevent.

It implements bench/cell/PROTOCOL.md. It requires Linux and Python 3.9 or later; only the last three
models need a package of that name. `crossover run` starts it. By hand:

    $ python3 tools/cells/python_cell.py
    {"prepare": {"workload": "noop", "model": "python_asyncio", "cores": [0], "in_flight": 1}}

An argument (asyncio, threads, …) replaces the model of the requests, so that another interpreter
can be a model: `--cell 'python3.13t=python3.13t tools/cells/python_cell.py asyncio'`.
"""
import contextlib
import sys

if sys.argv[1:2] == ["gevent"]:
    # The standard library must be patched before anything imports it. The cell reports a missing
    # gevent. Names are resolved once, so a thread pool for the resolver would only cost memory.
    with contextlib.suppress(ModuleNotFoundError):
        from gevent import monkey

        monkey.patch_all(dns=False)

# This imports the package beside this script: Python looks for packages before modules.
from python_cell.cell import serve

if __name__ == "__main__":
    sys.exit(serve(sys.stdin.buffer, sys.stdout.fileno(), *sys.argv[1:2]))
