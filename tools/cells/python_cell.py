#!/usr/bin/env python3
"""A cell process in CPython: asyncio, threads and processes under the protocol of bench/cell/PROTOCOL.md.

Needs Python 3.9 or later and its standard library, on Linux. `crossover run` starts it; by hand:

    $ python3 tools/cells/python_cell.py
    {"prepare": {"workload": "noop", "model": "python_asyncio", "cores": [0], "in_flight": 1}}
"""
import sys

# Beside a directory of the same name, a script is not what this imports: packages are found before modules.
from python_cell.cell import serve

if __name__ == "__main__":
    sys.exit(serve(sys.stdin.buffer, sys.stdout.fileno()))
