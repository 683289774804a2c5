"""The cell process follows bench/cell/PROTOCOL.md, even if the harness does not."""

import json
import re
import unittest

from program import SOURCE, TIMEOUT_S, Cell, Server

NOOP = {"prepare": {"workload": "noop", "model": "serial", "cores": [0], "in_flight": 1}}


class Protocol(unittest.TestCase):
    def refused(self, cell, request, kind="invalid", words=""):
        answer = cell.ask(request)
        self.assertEqual(list(answer), ["error"], request)
        self.assertEqual(answer["error"]["kind"], kind, answer)
        self.assertNotIn("\n", answer["error"]["message"])
        self.assertIn(words, answer["error"]["message"], request)
        return answer["error"]["message"]

    def test_a_session_from_prepare_to_finish(self):
        with Cell() as cell:
            ready = cell.ask(NOOP)["ready"]
            self.assertEqual(ready["protocol"], 1)
            self.assertGreater(ready["setup_s"], 0)
            self.assertGreater(ready["base_rss_bytes"], 0)
            sample = cell.ask({"run": {"operations": 1000}})["sample"]
            self.assertEqual(sample["operations"], 1000)
            self.assertEqual(sum(sample["worker_operations"]), 1000)
            self.assertEqual(sample["errors"], {})
            self.assertGreaterEqual(cell.ask({"run": {"seconds": 0.01}})["sample"]["operations"], 1)
            self.assertGreater(cell.ask({"finish": {}})["finished"]["peak_rss_bytes"], 0)
            self.assertEqual(cell.process.wait(TIMEOUT_S), 0)
            self.assertEqual(cell.process.stdout.read(), "", "nothing else is ever written")

    def test_latency_bins_have_the_bounds_that_the_page_gives(self):
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

    def test_what_check_prescribes(self):
        with Cell() as cell:
            cell.prepare(sampling_interval=8, injected_delay_ns=200_000)
            for _ in range(2):
                sample = cell.ask({"run": {"operations": 480}})["sample"]
                self.assertEqual(sample["latency"]["sampling_interval"], 8)
                self.assertAlmostEqual(
                    sum(count for _, _, count in sample["latency"]["bins"]),
                    60,
                    delta=30,
                    msg="chance decides which",
                )
                self.assertGreaterEqual(
                    sample["wall_s"], 470 * 199e-6, "each operation was followed by so much work"
                )
        with Cell() as cell:
            self.refused(
                cell,
                {"prepare": NOOP["prepare"] | {"sampling_interval": 1025}},
                words="'sampling_interval' is at most 1024",
            )

    def test_absent_values_are_left_out(self):
        with Cell() as cell:
            cell.ask(NOOP)
            sample = cell.ask({"run": {"operations": 10}})["sample"]
            self.assertNotIn(None, sample.values())
            for open_loop_only in ("service", "rate", "achieved_rate"):
                self.assertNotIn(open_loop_only, sample)
        with Cell() as cell:
            self.assertEqual(
                cell.ask({"finish": {}}),
                {"finished": {}},
                "no memory was measured: no figure, and not 0",
            )

    def test_numbers_are_accepted_as_parameters(self):
        with Cell() as cell:
            self.assertIn("ready", cell.prepare("hashing", parameters={"bytes": 1024}))

    def test_an_open_loop(self):
        with Cell() as cell:
            cell.prepare("noop", "event_loop", in_flight=4)
            for schedule in ("poisson", "constant"):
                sample = cell.ask(
                    {"run": {"seconds": 0.1, "rate": 1000, "schedule": schedule, "seed": 7}}
                )["sample"]
                self.assertEqual(sample["rate"], 1000)
                self.assertEqual(sample["service"]["count"], sample["operations"])
                self.assertLessEqual(sample["operations"], 200)
            self.refused(cell, {"run": {"operations": 5, "rate": 10}})
            self.refused(
                cell,
                {"run": {"seconds": 0.1, "rate": 10, "schedule": "lunar"}},
                words="poisson or constant",
            )
            self.refused(cell, {"run": {"seconds": 3600, "rate": 1e9}}, words="schedule can hold")
            self.refused(cell, {"run": {"seconds": 0.001, "rate": 0.001}}, words="a higher rate")

    def test_the_reference_has_no_open_loop(self):
        with Cell() as cell:
            cell.prepare("noop", "reference")
            self.refused(cell, {"run": {"seconds": 0.1, "rate": 10}}, kind="unsupported")

    def test_nonsense_is_refused_and_the_process_goes_on(self):
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
            self.refused(cell, {"prepaer": {}}, words="did you mean 'prepare'?")
            self.assertIn("ready", cell.ask(NOOP))

    def test_wrong_order_is_refused(self):
        with Cell() as cell:
            self.refused(cell, {"run": {"seconds": 1}}, words="before 'prepare'")
            self.assertIn("ready", cell.ask(NOOP))
            self.refused(cell, NOOP, words="already prepared")
            self.assertIn("sample", cell.ask({"run": {"operations": 1}}))

    def test_what_prepare_does_not_understand_is_named(self):
        def with_(**changes):
            return {
                "prepare": {
                    key: value
                    for key, value in (NOOP["prepare"] | changes).items()
                    if value is not None
                }
            }

        with Cell() as cell:
            self.refused(cell, with_(workload="slep"), words="did you mean 'sleep'?")
            self.refused(cell, with_(model="serail"), words="did you mean 'serial'?")
            self.refused(
                cell,
                with_(workload="sleep", parameters={"dealy": "1ms"}),
                words="did you mean 'delay'?",
            )
            self.refused(
                cell, with_(workload="sleep", parameters={"delay": "1h"}), words="not a duration"
            )
            self.refused(
                cell,
                with_(workload="hashing", parameters={"bytes": "0"}),
                words="allowed range 1 to 1GiB",
            )
            self.refused(
                cell, with_(model_parameters={"speed": "high"}), words="takes no parameters"
            )
            self.refused(cell, with_(cores=[]), words="at least one")
            for key in ("workload", "model", "cores", "in_flight"):
                self.refused(cell, with_(**{key: None}), words=f"'{key}' is missing")
                self.refused(
                    cell, with_(**{key: {}}), words=f"'{key}' is missing or of the wrong type"
                )
            for cores in (["0"], [-1], [0.5], [None]):
                self.refused(cell, with_(cores=cores), words="CPU numbers")
            for in_flight in (0, 1_000_001):
                self.refused(cell, with_(in_flight=in_flight), words="must be 1 to 1000000")
            self.refused(cell, with_(in_flight=-1))
            self.refused(cell, with_(workload="network"), words="needs an 'endpoint'")
            self.refused(
                cell, with_(workload="network", endpoint="nowhere"), words="not an endpoint"
            )
            self.refused(
                cell, with_(cores=[4000]), kind="unsupported", words="cannot bind to CPU 4000"
            )
            self.assertIn("ready", cell.ask(NOOP), "a refused request leaves the process as it was")

    def test_what_run_does_not_understand_is_refused(self):
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
            ):
                self.refused(cell, {"run": body})

    def test_a_refused_connection_is_failed(self):
        with Server("network") as server:
            endpoint = server.endpoint
        for model in ("event_loop", "thread_pool", "processes", "reference"):
            with Cell() as cell:
                answer = cell.prepare("network", model, endpoint=endpoint)
                self.assertEqual(answer["error"]["kind"], "failed", model)
                self.assertIn(endpoint, answer["error"]["message"])

    def test_the_end_of_input_ends_the_process(self):
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

    def test_every_request_on_the_page_is_answered_as_it_says(self):
        page = (SOURCE / "bench/cell/PROTOCOL.md").read_text()
        blocks = re.findall(r"(?:^    .*\n)+", page, re.M)
        requests = []
        for block in blocks:
            for piece in re.split(r"^    (?=[><])", block, flags=re.M)[1:]:
                if piece.startswith("> "):
                    requests.append(json.loads(re.sub(r"\n\s+", " ", piece[2:].split("\n<")[0])))
        self.assertEqual(
            [next(iter(r)) for r in requests], ["prepare", "run", "run", "run", "finish"]
        )
        with Server("network") as server, Cell() as cell:
            for request in requests:
                verb, body = next(iter(request.items()))
                if verb == "prepare":
                    body["endpoint"] = server.endpoint
                    body["cores"] = [0]
                if "seconds" in body:
                    body["seconds"] = 0.05
                self.assertEqual(
                    list(cell.ask(request)),
                    [{"prepare": "ready", "run": "sample", "finish": "finished"}[verb]],
                    request,
                )

    def test_the_example_session_of_the_page(self):
        page = (SOURCE / "bench/cell/PROTOCOL.md").read_text()
        session = page[page.index("$ crossover cell") :].splitlines()[1:]
        lines = [line.strip() for line in session if line.startswith("    ")]
        with Cell() as cell:
            for request, answer in zip(lines[::2], lines[1::2]):
                self.assertEqual(
                    list(cell.ask(request)), list(json.loads(re.sub(r", …", "", answer)))
                )


if __name__ == "__main__":
    unittest.main()
