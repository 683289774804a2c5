"""The cell process follows bench/cell/PROTOCOL.md, even if the harness does not."""

import json
import re
import unittest

from program import OUR_CELL, PYTHON_CELL, SOURCE, TIMEOUT_S, Cell, Server, crossover

NOOP = {"prepare": {"workload": "noop", "model": "serial", "cores": [0], "in_flight": 1}}


class Protocol(unittest.TestCase):
    def refused(self, cell, request, kind="invalid", text=""):
        reply = cell.ask(request)
        self.assertEqual(list(reply), ["error"], request)
        self.assertEqual(reply["error"]["kind"], kind, reply)
        self.assertNotIn("\n", reply["error"]["message"])
        self.assertIn(text, reply["error"]["message"], request)
        return reply["error"]["message"]

    def test_session_from_prepare_to_finish(self):
        with Cell() as cell:
            ready = cell.ask(NOOP)["ready"]
            self.assertEqual(ready["protocol"], 2)
            self.assertEqual(
                f"{ready['program']} {ready['version']}\n", crossover("--version").stdout
            )
            self.assertGreater(ready["setup_s"], 0)
            self.assertGreater(ready["base_rss_bytes"], 0)
            sample = cell.ask({"run": {"operations": 1000}})["sample"]
            self.assertEqual(sample["operations"], 1000)
            self.assertEqual(sum(sample["worker_operations"]), 1000)
            self.assertEqual(sample["errors"], {})
            # On a busy machine the cell may not run at all in one window.
            windows = (cell.ask({"run": {"seconds": 0.01}})["sample"] for _ in range(100))
            self.assertTrue(any(sample["operations"] >= 1 for sample in windows))
            self.assertGreater(cell.ask({"finish": {}})["finished"]["peak_rss_bytes"], 0)
            self.assertEqual(cell.process.wait(TIMEOUT_S), 0)
            self.assertEqual(cell.process.stdout.read(), "", "only replies are written")

    def test_latency_bins_have_the_documented_bounds(self):
        with Cell() as cell:
            cell.prepare("sleep", "event_loop", in_flight=4, parameters={"delay": "1ms"})
            latency = cell.ask({"run": {"operations": 200}})["sample"]["latency"]
        self.assertEqual(latency["unit"], "ns")
        self.assertEqual(latency["count"], 200)
        self.assertEqual(sum(count for _, _, count in latency["bins"]), 200)
        for lower, upper, count in latency["bins"]:
            shift = max(0, lower.bit_length() - 7)
            self.assertEqual(
                (lower, upper), ((lower >> shift) << shift, ((lower >> shift) + 1) << shift)
            )
            self.assertGreater(count, 0)
        self.assertEqual(latency["bins"], sorted(latency["bins"]))
        last_lower, last_upper, _ = latency["bins"][-1]
        self.assertTrue(last_lower <= latency["max"] < last_upper)

    def test_prepare_accepts_sampling_interval_and_injected_delay(self):
        with Cell() as cell:
            cell.prepare(sampling_interval=8, injected_delay_ns=200_000)
            for _ in range(2):
                sample = cell.ask({"run": {"operations": 480}})["sample"]
                self.assertEqual(sample["latency"]["sampling_interval"], 8)
                timed = sum(count for _, _, count in sample["latency"]["bins"])
                self.assertAlmostEqual(timed, 60, delta=30)  # the timed ones are random
                self.assertGreaterEqual(sample["wall_s"], 470 * 199e-6)
        with Cell() as cell:
            self.refused(
                cell,
                {"prepare": NOOP["prepare"] | {"sampling_interval": 1025}},
                text="'sampling_interval' must be at most 1024",
            )

    def test_omits_absent_values(self):
        with Cell() as cell:
            cell.ask(NOOP)
            sample = cell.ask({"run": {"operations": 10}})["sample"]
            self.assertNotIn(None, sample.values())
            for open_loop_only in ("service", "rate", "arrivals", "series"):
                self.assertNotIn(open_loop_only, sample)
        with Cell() as cell:
            # Memory that was not measured is absent, not 0.
            self.assertEqual(cell.ask({"finish": {}}), {"finished": {}})

    def test_accepts_numbers_as_parameters(self):
        with Cell() as cell:
            self.assertIn("ready", cell.prepare("hashing", parameters={"bytes": 1024}))

    def test_runs_an_open_loop(self):
        with Cell() as cell:
            cell.prepare("noop", "event_loop", in_flight=4)
            for schedule in ("poisson", "constant"):
                sample = cell.ask(
                    {"run": {"seconds": 0.1, "rate": 1000, "schedule": schedule, "seed": 7}}
                )["sample"]
                self.assertEqual(sample["rate"], 1000)
                self.assertEqual(sample["service"]["count"], sample["arrivals"]["begun"])
                self.assertLessEqual(sample["arrivals"]["begun"], sample["arrivals"]["due"])
                self.assertLessEqual(sample["operations"], 200)
            self.refused(cell, {"run": {"operations": 5, "rate": 10}})
            self.refused(
                cell,
                {"run": {"seconds": 0.1, "rate": 10, "schedule": "lunar"}},
                text="poisson or constant",
            )
            self.refused(
                cell, {"run": {"seconds": 3600, "rate": 1e9}}, text="a schedule holds at most"
            )
            self.refused(
                cell,
                {"run": {"seconds": 0.001, "rate": 0.001}},
                text="increase the time or the rate",
            )

    def test_reference_rejects_open_loop(self):
        with Cell() as cell:
            cell.prepare("noop", "reference")
            self.refused(cell, {"run": {"seconds": 0.1, "rate": 10}}, kind="unsupported")

    def test_rejects_malformed_requests_and_continues(self):
        with Cell() as cell:
            for line in (
                "hello",
                "{",
                "[]",
                "1",
                "null",
                '{"prepare":{}',
                "{}",
                '{"prepare":{},"run":{}}',
                '{"prepare":1}',
                '{"run":[]}',
                "\x00",
                '"\\ud800"',
                "{" * 10000,
            ):
                self.refused(cell, line)
            for depth in (65, 20_000, 120_000):
                for request in ("[" * depth + "]" * depth, '{"run":' * depth + "1" + "}" * depth):
                    self.refused(cell, request, text="nested deeper than 64")
            self.refused(cell, {"prepaer": {}}, text="did you mean 'prepare'?")
            self.assertIn("ready", cell.ask(NOOP))

    def test_rejects_wrong_order(self):
        with Cell() as cell:
            self.refused(cell, {"run": {"seconds": 1}}, text="before 'prepare'")
            self.assertIn("ready", cell.ask(NOOP))
            self.refused(cell, NOOP, text="already prepared")
            self.assertIn("sample", cell.ask({"run": {"operations": 1}}))

    def test_prepare_rejects_invalid_members(self):
        def with_(**changes):
            """Returns NOOP with these members changed, or removed if None."""
            body = NOOP["prepare"] | changes
            return {"prepare": {key: body[key] for key in body if body[key] is not None}}

        with Cell() as cell:
            self.refused(cell, with_(workload="slep"), text="did you mean 'sleep'?")
            self.refused(cell, with_(model="serail"), text="did you mean 'serial'?")
            self.refused(
                cell,
                with_(workload="sleep", parameters={"dealy": "1ms"}),
                text="did you mean 'delay'?",
            )
            self.refused(
                cell, with_(workload="sleep", parameters={"delay": "1 day"}), text="not a duration"
            )
            self.refused(
                cell,
                with_(workload="hashing", parameters={"bytes": "0"}),
                text="allowed range 1 to 1GiB",
            )
            self.refused(cell, with_(model_parameters={"speed": "high"}), text="has no parameters")
            self.refused(cell, with_(cores=[]), text="at least one")
            for key in ("workload", "model", "cores", "in_flight"):
                self.refused(cell, with_(**{key: None}), text=f"'{key}' is missing")
                self.refused(
                    cell, with_(**{key: {}}), text=f"'{key}' is missing or of the wrong type"
                )
            for cores in (["0"], [-1], [0.5], [None]):
                self.refused(cell, with_(cores=cores), text="CPU numbers")
            for in_flight in (0, 1_000_001):
                self.refused(cell, with_(in_flight=in_flight), text="must be 1 to 1000000")
            self.refused(cell, with_(in_flight=-1))
            self.refused(cell, with_(workload="network"), text="needs an 'endpoint'")
            self.refused(
                cell, with_(workload="network", endpoint="nowhere"), text="not an endpoint"
            )
            self.refused(
                cell, with_(cores=[4000]), kind="unsupported", text="cannot bind to CPU 4000"
            )
            self.assertIn("ready", cell.ask(NOOP), "still usable after rejected requests")

    def test_run_rejects_invalid_members(self):
        with Cell() as cell:
            cell.ask(NOOP)
            for body in (
                {},
                {"seconds": 0},
                {"operations": 0},
                {"seconds": 1, "operations": 1},
                {"seconds": -1},
                {"operations": -5},
                {"seconds": "1"},
                {"operations": 2.5},
                {"seconds": 5000},
                {"seconds": 0.01, "rate": -1},
                {"seconds": 0.01, "rate": "fast"},
                {"seconds": 0.01, "lead_s": -1},
                {"seconds": 0.01, "lead_s": "1"},
                {"seconds": 0.01, "lead_s": 5000},
                {"seconds": 0.01, "stagger_s": -1},
                {"seconds": 0.01, "stagger_s": 5000},
            ):
                self.refused(cell, {"run": body})

    def test_refused_connection_is_kind_failed(self):
        with Server("network") as server:
            endpoint = server.endpoint
        for model in ("event_loop", "thread_pool", "processes", "reference"):
            with Cell() as cell:
                reply = cell.prepare("network", model, endpoint=endpoint)
                self.assertEqual(reply["error"]["kind"], "failed", model)
                self.assertIn(endpoint, reply["error"]["message"])

    def test_end_of_input_ends_the_process(self):
        for requests in (
            [],
            [NOOP],
            [{"prepare": {"workload": "noop", "model": "processes", "cores": [0], "in_flight": 3}}],
        ):
            with Cell() as cell:
                for request in requests:
                    self.assertIn("ready", cell.ask(request))
                cell.process.stdin.close()
                self.assertEqual(cell.process.wait(TIMEOUT_S), 0)
                cell.process.stdin = None

    def test_documented_requests_get_the_documented_replies(self):
        page = (SOURCE / "bench/cell/PROTOCOL.md").read_text()
        blocks = re.findall(r"(?:^    .*\n)+", page, re.M)
        requests = []
        for block in blocks:
            for piece in re.split(r"^    (?=[><])", block, flags=re.M)[1:]:
                if piece.startswith("> "):
                    requests.append(json.loads(re.sub(r"\n\s+", " ", piece[2:].split("\n<")[0])))
        self.assertEqual(
            [next(iter(r)) for r in requests], ["prepare", "run", "run", "run", "run", "finish"]
        )
        with Server("network") as server, Cell() as cell:
            for request in requests:
                verb, body = next(iter(request.items()))
                if verb == "prepare":
                    body["endpoint"] = server.endpoint
                    body["cores"] = [0]
                if "seconds" in body:
                    body["seconds"] = 0.05
                expected = {"prepare": "ready", "run": "sample", "finish": "finished"}[verb]
                reply = cell.ask(request)
                self.assertEqual(list(reply), [expected], request)
                if body.get("series"):
                    self.assertEqual(len(reply["sample"]["series"]), 5)

    def test_documented_session_works(self):
        page = (SOURCE / "bench/cell/PROTOCOL.md").read_text()
        session = page[page.index("$ crossover cell") :].splitlines()[1:]
        lines = [line.strip() for line in session if line.startswith("    ")]
        with Cell() as cell:
            for request, reply in zip(lines[::2], lines[1::2]):
                self.assertEqual(
                    list(cell.ask(request)), list(json.loads(re.sub(r", …", "", reply)))
                )


class Windows(unittest.TestCase):
    """Each of our cells counts the operations that end in a window. Arithmetic gives the limits."""

    MODELS = (
        (OUR_CELL, "event_loop"),
        (OUR_CELL, "thread_pool"),
        (OUR_CELL, "processes"),
        (OUR_CELL, "reference"),
        (PYTHON_CELL, "python_asyncio"),
        (PYTHON_CELL, "python_threads"),
        (PYTHON_CELL, "python_processes"),
    )

    def samples(self, in_flight, delay, run, open_loop=False):
        """Yields the sample of a run with sleeps of `delay` from each model."""
        for command, model in self.MODELS:
            if open_loop and model == "reference":
                continue
            with self.subTest(model=model), Cell(command=command) as cell:
                ready = cell.prepare("sleep", model, (0,), in_flight, parameters={"delay": delay})
                self.assertEqual(ready["ready"]["protocol"], 2)
                sample = cell.ask({"run": run})["sample"]
                self.assertNotIn(None, sample.values())
                self.assertEqual(sample["errors"], {})
                self.assertEqual(sum(sample["worker_operations"]), sample["operations"])
                self.assertGreater(sample["wall_s"], 0)
                yield sample

    def test_window_counts_what_ends_in_it(self):
        run = {"seconds": 0.1, "lead_s": 0.02, "stagger_s": 0.01, "series": True}
        for sample in self.samples(16, "10ms", run):
            # Between two ends in a lane are 10 ms, so it ends at most once more than that.
            self.assertLessEqual(sample["operations"], 16 * (sample["wall_s"] / 0.01 + 1))
            self.assertGreater(sample["operations"], 0)
            self.assertEqual(len(sample["series"]), 10)
            self.assertLessEqual(sum(sample["series"]), sample["operations"])
            self.assertGreaterEqual(sample["wall_s"], 0.1)
            self.assertGreaterEqual(sample["start_s"], 0)
            self.assertGreaterEqual(sample["drain_s"], 0)

    def test_lead_in_is_outside_the_window(self):
        for sample in self.samples(2, "20ms", {"seconds": 0.05, "lead_s": 0.3}):
            self.assertLessEqual(sample["operations"], 2 * (sample["wall_s"] / 0.02 + 1))
            if "latency" in sample:
                self.assertLessEqual(sample["latency"]["count"], sample["operations"])

    def test_window_without_an_end_has_no_operations(self):
        for sample in self.samples(2, "1s", {"seconds": 0.02, "lead_s": 0.01}):
            self.assertEqual(sample["operations"], 0)
            self.assertNotIn("latency", sample)
            self.assertGreater(sample["drain_s"], 0)

    def test_run_by_operations_counts_them_all(self):
        for sample in self.samples(3, "1ms", {"operations": 7, "lead_s": 1, "stagger_s": 1}):
            self.assertEqual(sample["operations"], 7)
            self.assertEqual(sample["latency"]["count"], 7)
            self.assertEqual(sample["drain_s"], 0)

    def test_every_arrival_is_accounted_for(self):
        for rate, due in ((50, 20), (500, 200)):
            run = {"seconds": 0.4, "lead_s": 0.1, "rate": rate, "schedule": "constant"}
            for sample in self.samples(4, "40ms", run, open_loop=True):
                arrivals = sample["arrivals"]
                self.assertAlmostEqual(arrivals["due"], due, delta=1)  # rounding at the edges
                self.assertLessEqual(arrivals["late"], arrivals["begun"])
                self.assertLessEqual(arrivals["begun"], arrivals["due"])
                self.assertEqual(sample["rate"], rate)
                if rate == 500:  # four lanes begin at most 100 operations per second
                    self.assertLess(arrivals["begun"], arrivals["due"])
                # Each that was begun has a latency, whether it ended in the window or not.
                self.assertEqual(sample["service"]["count"], arrivals["begun"])
                self.assertEqual(sample.get("latency", {"count": 0})["count"], arrivals["begun"])

    def test_idle_open_loop_begins_every_arrival(self):
        # Due at 0 and 0.5 s: the window, from 0.2 to 0.95 s, has only the second one.
        run = {"seconds": 0.75, "lead_s": 0.2, "rate": 2, "schedule": "constant"}
        for sample in self.samples(2, "1ms", run, open_loop=True):
            self.assertEqual(sample["arrivals"]["due"], 1)
            self.assertEqual(sample["arrivals"]["begun"], 1)


if __name__ == "__main__":
    unittest.main()
