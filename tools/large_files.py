#!/usr/bin/env python3
"""Prints how long `crossover` takes for large files, and its peak memory.

usage: tools/large_files.py [--program build/release/crossover] [--only WORD]

The files are written into a temporary directory and removed at the end (3 GB).
"""

import argparse
import copy
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINS_PER_SAMPLE = 15

SAMPLE = {
    "operations": 41234,
    "wall_s": 0.40073541200000003,
    "start_s": 0.000182734,
    "drain_s": 0.000713251,
    "cpu_user_s": 0.21345100000000003,
    "cpu_system_s": 0.18277199999999999,
    "voluntary_switches": 3127,
    "involuntary_switches": 14,
    "minor_faults": 183,
    "major_faults": 0,
    "latency": {
        "unit": "ns",
        "count": 41234,
        "mean": 623713.4127,
        "max": 2310511,
        "sampling_interval": 1,
        "bins": [[524288 + 8192 * i, 532480 + 8192 * i, 2749] for i in range(BINS_PER_SAMPLE)],
    },
    "errors": {},
    "worker_operations": [41234],
    "checksum": "1f0b5d7c",
    "sequence": 0,
    "startup_s": 0.00731,
    "setup_s": 0.00041,
    "base_rss_bytes": 7610368,
    "peak_rss_bytes": 8110080,
    "server_cpu_s": 0.3127,
    "server_cpus": 1.0,
    "steal_s": 0.0,
    "block": 0,
    "block_s": 1.7731,
    "foreign_cpu_s": 0.004,
    "slowness": 1.0021,
    "idle_cpu_s": 0.0,
    "idle_s": 1.2,
}


MODELS = ["event_loop", "shared_loop", "thread_pool", "processes", "reference"]


def many_questions(number):
    """Returns model, cores, in flight and bytes of a cell: 50 cells per panel, 5 per contest."""
    return (
        MODELS[number % 5],
        1 + number // 5 % 2,
        4 ** (number // 10 % 5),
        number // 50 + 1,
    )


def one_panel(number):
    return MODELS[number % 5], 1 + number // 5 % 2, number // 10 + 1, 64


def one_contest(number):
    return f"model_{number}", 1, 1, 64


def cell_of(number, place_of, blocks):
    """Returns a cell with a sample per block and Google Benchmark's rows for them."""
    model, cores, in_flight, bytes_of = place_of(number)
    name = f"network/{model}/cores:{cores}/in_flight:{in_flight}/bytes:{bytes_of}/delay:0"
    cell = {
        "name": name,
        "workload": "network",
        "parameters": {"bytes": str(bytes_of), "delay": "0"},
        "model": model,
        "model_parameters": {},
        "cores": cores,
        "in_flight": in_flight,
        "rate": None,
        "status": "ok",
        "reason": "",
        "ceiling": None,
        "findings": [],
        "samples": [],
    }
    rows = []
    for block in range(blocks):
        sample = copy.deepcopy(SAMPLE)
        sample["operations"] += 37 * (number * 7 + block * 3) % 911
        sample["sequence"] = blocks * number + block
        sample["block"] = block
        cell["samples"].append(sample)
        rows.append(
            {
                "name": name,
                "run_name": name,
                "run_type": "iteration",
                "repetitions": blocks,
                "repetition_index": block,
                "threads": 1,
                "iterations": sample["operations"],
                "real_time": sample["wall_s"] / sample["operations"] * 1e9,
                "cpu_time": 9607.1,
                "time_unit": "ns",
                "items_per_second": sample["operations"] / sample["wall_s"],
            }
        )
    return cell, rows


def write_own_file(file, cells, place_of=many_questions, blocks=5):
    """Writes the results of `cells` cells, in the form of `crossover run`."""
    with open(file, "w", encoding="utf-8") as out:
        out.write('{\n "context": {},\n "benchmarks": [\n')
        for number in range(cells):
            rows = cell_of(number, place_of, blocks)[1]
            out.write(",\n" if number > 0 else "")
            out.write(",\n".join(json.dumps(row, indent=1) for row in rows))
        out.write('\n ],\n "crossover": {"schema": 2, "seed": 1, "status": "complete",\n')
        out.write(' "date": "2026-01-02T03:04:05+00:00", "suite": "", "equal": 0.05,\n')
        out.write(' "command": ["crossover", "run"], "environment": {"cpus": "2"},\n "cells": [\n')
        for number in range(cells):
            out.write(",\n" if number > 0 else "")
            out.write(json.dumps(cell_of(number, place_of, blocks)[0], indent=1))
        out.write("\n ]}}\n")


def write_benchmarks(file, names, repetitions=1):
    """Writes a Google Benchmark file with these names."""
    with open(file, "w", encoding="utf-8") as out:
        out.write('{"context":{"num_cpus":2},"benchmarks":[\n')
        for number, name in enumerate(names):
            for repetition in range(repetitions):
                out.write(",\n" if number + repetition > 0 else "")
                time_ns = 100 + (number * 7919 + repetition * 31) % 1000 / 1000
                out.write(
                    f'{{"name":"{name}","iterations":1000,"real_time":{time_ns},'
                    f'"cpu_time":{time_ns},"time_unit":"ns"}}'
                )
        out.write("]}\n")


class Outcome(typing.NamedTuple):
    exit_code: int
    seconds: float
    cpu_s: float
    peak_bytes: int
    first_line: str  # of standard output and standard error


def measured(command, memory_limit, directory):
    """Runs the command in the directory and returns its outcome."""

    def limit_memory():
        if memory_limit is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))

    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, preexec_fn=limit_memory, cwd=directory
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        output.seek(0)
        line = output.readline()[:100].decode(errors="replace").strip()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu_s = usage.ru_utime + usage.ru_stime
    return Outcome(process.returncode, seconds, cpu_s, usage.ru_maxrss * 1024, line)


def write_large_name(file):
    write_benchmarks(file, ["b" * 10_000_000])


FILES = {
    "own.json": lambda file: write_own_file(file, 10_000),
    "own_1gb.json": lambda file: write_own_file(file, 88_000),
    "panel.json": lambda file: write_own_file(file, 10_000, one_panel),
    "contest.json": lambda file: write_own_file(file, 1_000, one_contest),
    "small.json": lambda file: write_benchmarks(file, (f"b/{i}" for i in range(100)), 5),
    "benchmarks.json": lambda file: write_benchmarks(file, (f"b/{i}" for i in range(100_000))),
    "repeated.json": lambda file: write_benchmarks(file, (f"b/{i}" for i in range(100_000)), 5),
    "million.json": lambda file: write_benchmarks(file, (f"b/{i}" for i in range(1_000_000))),
    "families.json": lambda file: write_benchmarks(file, (f"b{i}/1" for i in range(3_000)), 2),
    "all_families.json": lambda file: write_benchmarks(file, (f"b{i}" for i in range(100_000)), 2),
    "long_name.json": write_large_name,
}
GIB = 1 << 30
COMMANDS = [
    ("report --format csv own.json", None),
    ("report own.json", None),
    ("report --complete own.json", None),
    ("report --format md own.json", None),
    ("report --format json own.json", None),
    ("report own.json --baseline own.json", None),
    ("report panel.json", None),
    ("report --format md panel.json", None),
    ("report --complete panel.json", None),
    ("report contest.json", None),
    ("check own.json own.json", None),
    ("check own.json own.json --format html", None),
    ("report --format csv own_1gb.json", None),
    ("report own_1gb.json", None),
    ("check own_1gb.json own_1gb.json", None),
    ("report benchmarks.json", None),
    ("check benchmarks.json benchmarks.json", None),
    ("check benchmarks.json benchmarks.json --format html", None),
    ("check repeated.json repeated.json", None),
    ("check repeated.json repeated.json --format html", None),
    ("report million.json", 2 * GIB),
    ("check million.json million.json", 2 * GIB),
    ("check million.json million.json", None),
    ("report families.json", None),
    ("check families.json families.json", None),
    ("report all_families.json", None),
    ("check all_families.json all_families.json", None),
    ("check long_name.json long_name.json --format html", None),
    ("report long_name.json", None),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=ROOT / "build/release/crossover", type=pathlib.Path)
    parser.add_argument("--only", default="", help="only commands with this word")
    flags = parser.parse_args()
    print("| command | file, MB | s | peak memory, MB | per file | exit code |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="crossover_large.") as name:
        directory = pathlib.Path(name)
        for text, memory_limit in COMMANDS:
            if flags.only not in text:
                continue
            words = text.split()
            file = directory / next(word for word in words if word in FILES)
            if not file.exists():
                FILES[file.name](file)
            done = measured([flags.program.resolve()] + words, memory_limit, directory)
            size = file.stat().st_size
            limited = f" (limit {memory_limit // GIB} GiB)" if memory_limit else ""
            shown = done.exit_code
            if shown not in (0, 1, 2):
                shown = f"{shown}: {done.first_line}"
            print(
                f"| `{text}`{limited} | {size / 1e6:.0f} | {done.seconds:.2f} "
                f"| {done.peak_bytes / 1e6:.0f} | {done.peak_bytes / size:.1f} | {shown} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
