"""A seed fixes plan, order and inputs; `--replay` repeats a run, `--resume` continues one."""

import copy
import json
import signal
import time
import unittest

from program import TIMEOUT_S, RunTest, crossover

CELLS = (
    "--workload noop,sleep:delay=1ms --model event_loop,thread_pool,serial --cores 1 "
    "--in-flight 1,4 --seconds 0.02"
).split()

# Appends each request to a file before the cell reads it.
RECORDER = """#!/bin/sh
while IFS= read -r line; do
  printf '%s %s\\n' $$ "$line" >>"$REQUESTS"
  printf '%s\\n' "$line"
done | "$@"
"""


class RunAgain(RunTest):
    refusal = 65

    def setUp(self):
        super().setUp()
        recorder = self.directory / "a recorder"  # its name needs quotes
        recorder.write_text(RECORDER)
        recorder.chmod(0o755)
        self.launcher = ("--launcher", f"env REQUESTS={self.directory}/requests '{recorder}'")

    def requests(self):
        """Returns, in order, the cell and the seed of every request, and clears the record.

        A warm-up with too few operations is repeated: its requests count once.
        """
        file = self.directory / "requests"
        cells, requests = {}, []
        for line in file.read_text().splitlines():
            pid, text = line.split(" ", 1)
            request = json.loads(text)
            if "prepare" in request:
                body = request["prepare"]
                cells[pid] = [body["workload"], body["model"], body["in_flight"]]
                requests.append([*cells[pid], "prepare", body])
            elif "run" in request:
                run = [*cells[pid], request["run"].get("seed")]
                if run != requests[-1]:
                    requests.append(run)
        file.unlink()
        return requests

    def edit(self, change):
        document = self.results()
        change(document["crossover"])
        self.out.write_text(json.dumps(document))

    def test_a_seed_fixes_plan_order_and_inputs(self):
        orders = []
        for seed in (5, 5, 6):
            run = (*CELLS, "--rate", 500, "--repetitions", 2, "--seed", seed, *self.launcher)
            run += ("--force",)
            self.run_here(*run)
            orders.append((list(self.cells()), self.requests()))
        self.assertGreater(len({request[3] for request in orders[0][1] if len(request) == 4}), 20)
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0][1], orders[2][1])

    def test_replay_repeats_a_run(self):
        given = ("--repetitions", 2, "--equal", "7%", "--budget", "50s", *self.launcher)
        self.run_here(*CELLS, *given)
        requests, first = self.requests(), self.results()["crossover"]
        completed = self.run_here("--replay", "results.json", *self.launcher)
        self.assertIn("results.json is kept; writing results.1.json", completed.stderr)
        self.out = self.directory / "results.1.json"
        second = self.results()["crossover"]
        self.assertEqual(self.requests(), requests)
        for document in (first, second):
            document.pop("date")
            document.pop("environment")
            for cell in document["cells"]:
                cell["samples"] = len(cell["samples"])
                cell["findings"] = [
                    f for f in cell["findings"] if f["code"] in ("split", "in_flight_ignored")
                ]
        self.assertEqual(first, second)

    def test_replay_of_a_suite_and_of_an_older_file(self):
        cell = ("--quick", "--cores", 1, "--in-flight", 2, "--benchmark_filter=reference")
        self.run_here(*cell, "--repetitions", 1)
        self.run_here("--replay", "results.json", "--force")
        section = self.results()["crossover"]
        self.assertEqual(section["suite"], "quick")
        self.assertEqual(
            (section["plan"]["repetitions"], section["plan"]["budget_s"], len(section["cells"])),
            (1, 12, 2),
        )
        self.edit(lambda s: s.pop("plan"))
        completed = self.run_here("--replay", "results.json", "--benchmark_list_tests")
        self.assertRegex(completed.stderr, "^results.json: an older version wrote no plan; .*\n$")
        self.assertEqual(completed.stdout.split(), list(self.cells()))

    def samples(self):
        """Returns the cell and the text of every sample, in the order of measurement."""
        cells = self.cells() if self.out.exists() else {}
        samples = [
            (s["sequence"], n, json.dumps(s)) for n, c in cells.items() for s in c["samples"]
        ]
        return [(name, text) for _, name, text in sorted(samples)]

    def stop_after(self, count, run, number):
        """Sends a signal to a run once its file has `count` samples; returns these."""
        while run.poll() is None and len(self.samples()) < count:
            time.sleep(0.005)
        run.send_signal(number)
        _, self.messages = run.communicate(timeout=TIMEOUT_S)
        self.assertEqual(self.results()["crossover"]["status"], "interrupted")
        return self.samples()

    def test_resume_continues_after_interrupt_and_kill(self):
        run = (*CELLS, "--repetitions", 4, "--seed", 3)
        self.run_here(*run)
        whole, order = self.results()["crossover"], [name for name, _ in self.samples()]
        self.out.unlink()
        measured = self.stop_after(5, self.start(*run), signal.SIGINT)
        self.assertIn("continue with: crossover run --resume results.json\n", self.messages)
        for number in (signal.SIGKILL, signal.SIGINT):
            resumed = self.start("--resume", "results.json")
            more = self.stop_after(len(measured) + 5, resumed, number)
            self.assertEqual(more[: len(measured)], measured, "no block is measured again")
            measured = more
        completed = self.run_here("--resume", "results.json")
        self.assertTrue(completed.stderr.startswith("continuing results.json\n"))
        self.assertIn("results: results.json", completed.stdout)
        self.assertEqual(self.samples()[: len(measured)], measured)
        self.assertEqual([name for name, _ in self.samples()], order, "the order of the seed")
        section = self.results()["crossover"]
        for key in ("status", "seed", "plan", "equal", "command", "environment"):
            if key != "environment":
                self.assertEqual(section[key], whole[key], key)
        for cell, other in zip(section["cells"], whole["cells"]):
            blocks = [[s["pass"], s["block"]] for s in cell["samples"]]
            self.assertEqual(blocks, [[s["pass"], s["block"]] for s in other["samples"]])
            self.assertEqual((cell["status"], cell["reason"]), (other["status"], other["reason"]))
        report = crossover(
            "report", "--format", "json", "results.json", "--out=-", cwd=self.directory
        )
        for contest in json.loads(report.stdout)["contests"]:
            self.assertEqual(contest["blocks"], 4, "verdicts are those of all blocks")
        before = self.out.read_bytes()
        completed = self.run_here("--resume", "results.json")
        self.assertEqual(completed.stdout, "results.json is complete: nothing is left to measure\n")
        self.assertEqual(self.out.read_bytes(), before)

    def test_resume_refuses_what_it_cannot_continue(self):
        run = ("--workload", "noop", "--model", "serial,event_loop", *CELLS[4:], *self.launcher)
        self.stop_after(2, self.start(*run, "--repetitions", 500), signal.SIGINT)
        document = self.results()
        resume = ("--resume", "results.json", *self.launcher)

        def refused_after(change, text, *arguments):
            self.out.write_text(json.dumps(document))
            self.edit(change)
            before = self.out.read_bytes()
            self.refused(text, *(arguments or resume))
            self.assertEqual(self.out.read_bytes(), before, "the file is kept")

        for key in ("cpu_model", "cpus", "kernel", "host", "crossover", "build_id"):
            refused_after(
                lambda s, key=key: s["environment"].update({key: "another"}),
                f"results.json: measured with {key} 'another', which is '",
            )
        refused_after(lambda s: s.pop("plan"), "an older version wrote it")
        refused_after(lambda s: s["plan"].update(seconds=0), "plan: a number is out of range")
        refused_after(lambda s: s["cells"][1].update(name="noop/x"), "no cell 'noop/x'")
        refused_after(lambda s: s["cells"][1].update(workload="nope"), "unknown workload 'nope'")
        refused_after(lambda s: s["cells"][1].update(cores=4096), "must be 1 to ")
        refused_after(lambda s: s["cells"].append(copy.deepcopy(s["cells"][0])), "no cell 'noop/")
        refused_after(
            lambda s: None, "starts no programs by itself; give exactly --launcher ", *resume[:2]
        )
        refused_after(
            lambda s: s["plan"].update(programs=[]), "measured without --launcher 'env REQUESTS"
        )
        self.out.write_text(json.dumps(document))
        for flags, text in (
            (("--cores", 1), "the file says what is measured; leave out --cores"),
            (("--benchmark_filter=x",), "leave out --benchmark_filter"),
            (("--replay", "results.json"), "leave out --replay"),
            (("--out", "other.json"), "leave out --out"),
        ):
            self.refused(text, *resume, *flags, code=64)
        self.refused("name a file", "--resume", "-", code=64)
        self.refused("missing.json", "--resume", "missing.json")
        self.out.write_text('{"context": {}, "benchmarks": []}')
        self.refused("not a results file of `crossover run`", *resume)

    def test_a_file_starts_no_command_by_itself(self):
        flags = ("--workload", "command:run=touch started", "--model", "serial")
        self.run_here(*flags, *CELLS[4:], "--repetitions", 1)
        (self.directory / "started").unlink()
        self.refused("give exactly --workload 'command:run=touch started'", "--replay=results.json")
        self.edit(lambda s: s["plan"].update(programs=[]))
        self.refused("starts a command; give --workload", "--replay=results.json")
        self.assertFalse((self.directory / "started").exists())
        self.edit(lambda s: s["plan"].update(programs=list(flags[:2])))
        self.run_here("--replay=results.json", *flags[:2])
        self.assertTrue((self.directory / "started").exists())


if __name__ == "__main__":
    unittest.main()
