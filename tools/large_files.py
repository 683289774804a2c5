#!/usr/bin/env python3
"""Prints how long `crossover` takes for large files, and its peak memory.

usage: tools/large_files.py [--program build/release/crossover] [--only WORD]

The files are written into a temporary directory and removed at the end (5 GB).
"""

import argparse
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


def text_with(document, *members):
    """Returns the document as text for `%`, which sets these members: they are numbers."""
    text = json.dumps(document | {name: f"@{name}@" for name in members}, indent=1)
    for name in members:
        text = text.replace(f'"@{name}@"', f"%({name})s")
    return text


def name_of(place):
    model, cores, in_flight, bytes_of = place
    return f"network/{model}/cores:{cores}/in_flight:{in_flight}/bytes:{bytes_of}/delay:0"


def operations_of(number, block, hosts):
    """Returns the operations of a sample. Hosts differ by 3 % more than their blocks."""
    operations = SAMPLE["operations"] + 37 * (number * 7 + block * 3) % 911
    return operations + 997 * (block % hosts) % 1237 if hosts else operations


def rows_of(number, place, blocks, hosts):
    """Returns Google Benchmark's rows of a cell, as text."""
    row = {"name": name_of(place), "run_name": name_of(place), "run_type": "iteration"}
    row |= {"repetitions": blocks, "repetition_index": 0, "threads": 1, "iterations": 0}
    row |= {"real_time": 0, "cpu_time": 9607.1, "time_unit": "ns", "items_per_second": 0}
    text = text_with(row, "repetition_index", "iterations", "real_time", "items_per_second")
    for block in range(blocks):
        operations = operations_of(number, block, hosts)
        yield text % {
            "repetition_index": block,
            "iterations": operations,
            "real_time": SAMPLE["wall_s"] / operations * 1e9,
            "items_per_second": operations / SAMPLE["wall_s"],
        }


def samples_of(number, blocks, hosts):
    """Returns the samples of a cell, one per block, as text."""
    members = ["operations", "sequence", "block"] + ["host"] * bool(hosts)
    text = text_with(SAMPLE, *members).replace("\n", "\n  ")
    for block in range(blocks):
        yield text % {
            "operations": operations_of(number, block, hosts),
            "sequence": blocks * number + block,
            "block": number // 5 * blocks + block if hosts else block,
            "host": hosts and block % hosts,
        }


def write_joined(out, texts, separator):
    for number, text in enumerate(texts):
        out.write(separator if number > 0 else "")
        out.write(text)


def cell_text(place):
    """Returns a cell up to its samples."""
    model, cores, in_flight, bytes_of = place
    cell = {
        "name": name_of(place),
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
    return json.dumps(cell, indent=1).removesuffix("]\n}")


def write_own_file(file, cells, place_of=many_questions, blocks=5, hosts=0):
    """Writes the results of `cells` cells, in the form of `crossover run`, perhaps of a fleet."""
    machines = [
        {"name": f"node{number}", "environment": {"cpus": "2"}} for number in range(1, hosts + 1)
    ]
    with open(file, "w", encoding="utf-8") as out:
        out.write('{\n "context": {},\n "benchmarks": [\n')
        for number in range(cells):
            out.write(",\n" if number > 0 else "")
            write_joined(out, rows_of(number, place_of(number), blocks, hosts), ",\n")
        out.write('\n ],\n "crossover": {"schema": 2, "seed": 1, "status": "complete",\n')
        out.write(' "date": "2026-01-02T03:04:05+00:00", "suite": "", "equal": 0.05,\n')
        out.write(' "command": ["crossover", "run"], "environment": {"cpus": "2"},\n')
        if hosts:
            out.write(f' "hosts": {json.dumps(machines)},\n')
        out.write(' "cells": [\n')
        for number in range(cells):
            out.write(",\n" if number > 0 else "")
            out.write(cell_text(place_of(number)))
            out.write("\n  ")
            write_joined(out, samples_of(number, blocks, hosts), ",\n  ")
            out.write("\n ]\n}")
        out.write("\n ]}}\n")


def write_rest(file, program):
    """Writes an interrupted run of this machine: 100 cells lack the last of 10,000 blocks."""
    in_flight = ",".join(map(str, range(1, 101)))
    plan = f"--workload noop --model event_loop --cores 1 --in-flight {in_flight} --repetitions 1"
    command = [program, "run", *plan.split(), "--seconds", "0.01", "--out", file]
    subprocess.run(command, check=True, capture_output=True)
    own = json.loads(file.read_text())["crossover"]
    own["status"] = "interrupted"
    own["plan"]["repetitions"] = 10_000
    cells = own.pop("cells")
    with open(file, "w", encoding="utf-8") as out:
        out.write('{"benchmarks": [], "crossover": ' + json.dumps(own)[:-1] + ', "cells": [\n')
        for number, cell in enumerate(cells):
            sample = cell.pop("samples")[0]
            sample["latency"] = SAMPLE["latency"]
            text = text_with(sample, "sequence", "block")
            out.write(",\n" if number > 0 else "")
            out.write(json.dumps(cell)[:-1] + ', "samples": [\n')
            blocks = range(9_999 * number, 9_999 * (number + 1))
            write_joined(out, (text % {"sequence": b, "block": b} for b in blocks), ",\n")
            out.write("]}")
        out.write("]}}\n")


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
    "fleet.json": lambda file: write_own_file(file, 100, blocks=10_000, hosts=1_000),
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
    ("report --format csv fleet.json", None),
    ("report --format md fleet.json", None),
    ("report fleet.json", None),
    ("check fleet.json fleet.json", None),
    ("run --resume rest.json", None),
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
    files = FILES | {"rest.json": lambda file: write_rest(file, flags.program.resolve())}
    print("| command | file, MB | s | peak memory, MB | per file | exit code |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="crossover_large.") as name:
        directory = pathlib.Path(name)
        for text, memory_limit in COMMANDS:
            if flags.only not in text:
                continue
            words = text.split()
            file = directory / next(word for word in words if word in files)
            if not file.exists():
                files[file.name](file)
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
