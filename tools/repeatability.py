#!/usr/bin/env python3
"""Compares runs of one suite: do their intervals and verdicts agree?

    tools/repeatability.py RESULTS RESULTS…

Intervals: for every two runs, contest and model, those of the ratio to the best of the other models
may exclude each other. Verdicts: two runs that decided a contest as best or equivalent contradict
each other if no model leads in both. Spread the runs over an hour or more, because the noise within
one run is smaller than the noise between runs.
"""

import argparse
import collections
import itertools
import json
import pathlib
import subprocess
import sys

PROGRAM = pathlib.Path(__file__).resolve().parents[1] / "build/release/crossover"


def contests_of(program, path):
    """Returns the judged contests of a results file by their place (`crossover report`)."""
    completed = subprocess.run(
        [program, "report", path, "--format", "json"], capture_output=True, text=True
    )
    if completed.returncode != 0:
        sys.exit(completed.stderr.strip())
    return {place_of(contest): contest for contest in json.loads(completed.stdout)["contests"]}


def place_of(contest):
    """Returns everything but the models, as text for people."""
    parameters = " ".join(f"{key}={text}" for key, text in sorted(contest["parameters"].items()))
    place = f"{contest['workload']} {parameters} cores={contest['cores']}"
    place += f" in_flight={contest['in_flight']}"
    return place + (f" rate={contest['rate']:g}" if "rate" in contest else "")


def intervals_of(contest):
    """Returns the bounds of each model's ratio to the best of the others."""
    return {
        ratio["model"]: (ratio["lower"], ratio["upper"])
        for ratio in contest["ratios"]
        if ratio["lower"] is not None and ratio["upper"] is not None
    }


def leaders_of(contest):
    """Returns the models that lead if the intervals decided the contest; otherwise none."""
    return (
        set(contest[contest["verdict"]]) if contest["verdict"] in ("best", "equivalent") else set()
    )


def exclude_each_other(first, second):
    return first[1] < second[0] or second[1] < first[0]


class Pairs:
    """Counts pairs of runs, and those that disagree."""

    def __init__(self):
        self.compared = 0
        self.disagreeing = 0

    def add(self, disagrees):
        self.compared += 1
        self.disagreeing += disagrees

    def text(self):
        share = f" ({self.disagreeing / self.compared:.1%})" if self.compared else ""
        return f"{self.disagreeing} of {self.compared}{share}"


def compare(runs):
    """Returns pairs of intervals by (place, model), and pairs of decided verdicts by place."""
    intervals = collections.defaultdict(Pairs)
    verdicts = collections.defaultdict(Pairs)
    for first, second in itertools.combinations(runs, 2):
        for place in first.keys() & second.keys():
            bounds = intervals_of(first[place]), intervals_of(second[place])
            for model in bounds[0].keys() & bounds[1].keys():
                intervals[place, model].add(exclude_each_other(bounds[0][model], bounds[1][model]))
            leaders = leaders_of(first[place]), leaders_of(second[place])
            if leaders[0] and leaders[1]:
                verdicts[place].add(leaders[0].isdisjoint(leaders[1]))
    return intervals, verdicts


def total(pairs):
    result = Pairs()
    for each in pairs.values():
        result.compared += each.compared
        result.disagreeing += each.disagreeing
    return result


def report(runs):
    """Yields the lines of the comparison, the total first."""
    contests = [contest for run in runs for contest in run.values()]
    decided = sum(contest["verdict"] not in ("cannot_tell", "single") for contest in contests)
    intervals, verdicts = compare(runs)
    yield f"{len(runs)} runs, {len(contests)} contests"
    yield f"decided: {decided} of {len(contests)} ({decided / max(len(contests), 1):.1%})"
    yield f"pairs of intervals that exclude each other: {total(intervals).text()}"
    yield f"pairs of decided contests that contradict each other: {total(verdicts).text()}"
    for (place, model), pairs in sorted(intervals.items()):
        if pairs.disagreeing:
            yield f"  intervals of {model}, {place}: {pairs.text()}"
    for place, pairs in sorted(verdicts.items()):
        if pairs.disagreeing:
            yield f"  contradictions, {place}: {pairs.text()}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", nargs="+", metavar="RESULTS", type=pathlib.Path)
    parser.add_argument("--program", default=PROGRAM, help="crossover (default: %(default)s)")
    arguments = parser.parse_args()
    if len(arguments.results) < 2:
        parser.error("one file: give the results of two or more runs")
    print(*report([contests_of(arguments.program, path) for path in arguments.results]), sep="\n")


if __name__ == "__main__":
    main()
