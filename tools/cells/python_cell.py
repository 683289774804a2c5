#!/usr/bin/env python3
"""A cell process in CPython: asyncio, threads and processes (protocol: bench/cell/PROTOCOL.md).

Requires Linux and Python 3.9 or later, without other packages. `crossover run` starts it. By hand:

    $ python3 tools/cells/python_cell.py
    {"prepare": {"workload": "noop", "model": "python_asyncio", "cores": [0], "in_flight": 1}}

An argument (asyncio, threads or processes) replaces the model of the requests, so that another
interpreter can be a model: `--cell 'python3.13t=python3.13t tools/cells/python_cell.py asyncio'`.
"""
import sys

# This imports the package beside this script: Python looks for packages before modules.
from python_cell.cell import serve

if __name__ == "__main__":
    sys.exit(serve(sys.stdin.buffer, sys.stdout.fileno(), *sys.argv[1:2]))
