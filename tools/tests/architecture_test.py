"""The rules of CONTRIBUTING.md for the code: include directions and the cost of one addition."""

import re
import unittest

from program import SOURCE

# Each may include from itself and from the earlier ones.
FOLDERS = ["workloads", "bench", "reports", "tools"]
SOURCES = {
    str(path.relative_to(SOURCE)): path.read_text()
    for folder in FOLDERS
    for path in sorted((SOURCE / folder).rglob("*"))
    if path.suffix in (".cpp", ".hpp") and "node_modules" not in path.parts
}
PRODUCT = {
    path: text
    for path, text in SOURCES.items()
    if not re.search(
        r"_test\.cpp$|_for_test|/testdata/|/tests/|misbehaving_server|^tools/cells/", path
    )
}
CMAKE = "".join(
    (SOURCE / name).read_text().replace("${cell_sources}", "tools/cells")
    for name in ("CMakeLists.txt", "tools/cells/cells.cmake")
)


def includes(text):
    return re.findall(r'^#\s*include\s*["<]([^">]+)[">]', text, re.M)


def files_that_include(prefix):
    return sorted(
        path
        for path, text in PRODUCT.items()
        if any(name.startswith(prefix) for name in includes(text))
    )


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


class Folders(unittest.TestCase):
    def test_sources_are_found(self):
        for folder in FOLDERS:
            self.assertGreater(sum(path.startswith(folder) for path in PRODUCT), 5, folder)

    def test_includes_go_one_way(self):
        for path, text in SOURCES.items():
            own = FOLDERS.index(path.split("/")[0])
            for name in includes(text):
                folder = name.split("/")[0]
                if folder in FOLDERS and "/" in name:
                    self.assertLessEqual(
                        FOLDERS.index(folder),
                        own,
                        f"{path} includes {name}: {FOLDERS[own]} must not include {folder}",
                    )
                    self.assertTrue(
                        (SOURCE / name).exists(), f"{path} includes {name}, which does not exist"
                    )

    def test_includes_inside_bench_run_one_way(self):
        order = ["results", "models", "cell", "measure", "fleet"]
        for path, text in SOURCES.items():
            if not path.startswith("bench/") or path.endswith("_test.cpp"):
                continue
            for name in includes(text):
                if name.startswith("bench/"):
                    self.assertLessEqual(
                        order.index(name.split("/")[1]),
                        order.index(path.split("/")[1]),
                        f"{path} includes {name}",
                    )

    def test_reports_include_only_results(self):
        allowed = {
            "bench/results/results.hpp",
            "bench/results/findings.hpp",
            "bench/results/json_text.hpp",
            "bench/results/metrics.hpp",
            "bench/results/latency.hpp",
            "bench/results/trace.hpp",
        }
        for path, text in PRODUCT.items():
            if path.startswith("reports/"):
                seen = {name for name in includes(text) if name.startswith("bench/")}
                self.assertLessEqual(seen, allowed, path)

    def test_workloads_include_no_json_and_no_pools(self):
        for path in PRODUCT:
            if path.startswith("workloads/"):
                for library in ("nlohmann/", "oneapi/", "tbb/", "benchmark/", "CLI/", "hwloc"):
                    self.assertNotIn(path, files_that_include(library), library)

    def test_no_folder_is_for_miscellany(self):
        for path in SOURCES:
            for part in path.replace(".", "/").split("/"):
                self.assertNotRegex(part, r"^(utils?|common|helpers?|misc|shared|lib)$", path)

    def test_every_source_is_built(self):
        built = CMAKE + (SOURCE / "tools/fuzzing/fuzzing.cmake").read_text()
        for path in SOURCES:
            if path.endswith(".cpp"):
                self.assertRegex(
                    built,
                    rf"(?<![\w/]){re.escape(path)}(?![\w/])",
                    f"{path} is not in CMakeLists.txt",
                )

    def test_nothing_goes_through_a_shell(self):
        for path, text in PRODUCT.items():
            self.assertNotRegex(without_comments(text), r'\b(popen|system)\s*\(|"(/bin/)?sh"', path)

    def test_no_source_contains_todo(self):
        for path, text in SOURCES.items():
            self.assertNotRegex(text, r"\b(TO[D]O|FIX[M]E|XX[X])\b", path)


class Libraries(unittest.TestCase):
    def test_google_benchmark_is_included_in_one_file_of_the_program(self):
        users = [
            "tools/benchmark_main/benchmark_main.cpp",
            "tools/check/calibration_benchmarks.cpp",
        ]
        self.assertEqual(
            files_that_include("benchmark/"), ["bench/measure/google_benchmark.cpp", *users]
        )

    def test_onetbb_is_included_by_models(self):
        for path in files_that_include("oneapi/tbb"):
            self.assertTrue(
                path.startswith("bench/models/")
                or path in ("bench/measure/environment.cpp", "tools/limits.cpp"),
                path,
            )

    def test_asio_is_in_the_headers_of_loops_and_coroutines(self):
        headers = [path for path in files_that_include("boost/asio") if path.endswith(".hpp")]
        self.assertEqual(
            headers,
            [
                "bench/models/loop_lanes.hpp",
                "workloads/async_form.hpp",
                "workloads/awaitable_operation.hpp",
            ],
        )
        for path in files_that_include("boost/asio"):
            self.assertTrue(
                path.startswith(("workloads/", "bench/models/")) or path == "tools/limits.cpp", path
            )

    def test_full_json_header_is_in_no_header(self):
        self.assertEqual(
            [path for path in files_that_include("nlohmann/json.hpp") if path.endswith(".hpp")], []
        )

    def test_package_lock_names_no_host(self):
        self.assertNotIn('"resolved"', (SOURCE / "reports/web/package-lock.json").read_text())


class CostOfOneAddition(unittest.TestCase):
    """A workload or a model is named in its own file, in one table and in one CMake line.

    All other code uses the table.
    """

    # Files that may name workloads and models: suites and their outcomes select cells by name,
    # `reference`, `bare` and `limits` hold hand-written code for a workload, cells in other
    # languages support only some workloads, `conform` uses `sleep`, and `mixed` waits like two
    # other ones. The benchmarks of another program are listed as cells without a workload.
    CHOICES = {
        "bench/measure/suites.cpp",
        "bench/models/reference/reference.cpp",
        "bench/models/reference/bare.cpp",
        "bench/models/other_languages.cpp",
        "bench/measure/conformance.cpp",
        "workloads/mixed.cpp",
        "reports/suite_outcomes.cpp",
        "tools/benchmark_main/benchmark_main.cpp",
        "tools/limits.cpp",
        "tools/peers.cpp",
    }
    # `reference` is the limit that charts and checks compare with. `shared_loop` on one core is
    # `event_loop`. Messages also use "processes" and "query" in their ordinary meaning.
    ON_PURPOSE = {
        ("event_loop", "bench/models/shared_loop.cpp"),
        ("reference", "reports/panels.hpp"),
        ("sleep", "reports/contest_text.cpp"),  # a value of the parameter io
        ("event_loop", "reports/contests.cpp"),
        ("shared_loop", "reports/contests.cpp"),
        ("processes", "bench/measure/plan.cpp"),
        ("query", "workloads/postgresql_query.cpp"),
        ("query", "workloads/sqlite_query.cpp"),
        # A contest of commands selects workload and model. Elsewhere, a member of a document.
        ("command", "tools/command_line.cpp"),
        ("thread_pool", "tools/command_line.cpp"),
        ("command", "tools/list.cpp"),
        ("command", "bench/results/results.cpp"),
        ("command", "bench/results/results_reader.cpp"),
        ("command", "reports/first_screen.cpp"),
        ("command", "reports/page.cpp"),
        ("command", "reports/page_data.cpp"),
    }

    def check(self, kind, table, minimum):
        rows = re.findall(rf"extern const {kind}_type ([^;]+);", PRODUCT[table])
        self.assertEqual(len(rows), 1, table)
        symbols = [symbol.strip() for symbol in rows[0].split(",")]
        self.assertGreaterEqual(len(symbols), minimum)
        for symbol in symbols:
            with self.subTest(symbol):
                paths = sorted(
                    path
                    for path, text in PRODUCT.items()
                    if path.startswith(("bench/", "workloads/"))
                    and re.search(rf"\b{symbol}\b", text)
                )
                self.assertEqual(len(paths), 2, paths)
                self.assertIn(table, paths)
                own = next(path for path in paths if path != table)
                self.assertRegex(PRODUCT[own], rf"constinit const {kind}_type {symbol} =")
                self.assertEqual(
                    len(re.findall(rf"^\s+{re.escape(own)}\)?$", CMAKE, re.M)),
                    1,
                    "one line of CMake",
                )
                row = rf'{symbol} =\s*(?:\w+\(\w+, |\{{\s*\.name = )"([^"]+)"'
                name = re.search(row, PRODUCT[own])[1]
                self.assertEqual(symbol, f"{name}_{kind}")
                for path, text in PRODUCT.items():
                    if (
                        path != own
                        and path not in self.CHOICES
                        and (name, path) not in self.ON_PURPOSE
                    ):
                        self.assertFalse(
                            f'"{name}"' in without_comments(text), f"{path} names {name}"
                        )
        defined = [
            name
            for text in PRODUCT.values()
            for name in re.findall(rf"constinit const {kind}_type (\w+) =", text)
        ]
        self.assertEqual(len(defined), len(symbols), f"a {kind} is not in the table")

    def test_settings_left_out_of_labels_are_defaults(self):
        """Reports know no workloads, so the settings that they leave out are written there."""
        table = re.search(
            r"quiet_settings = \{\{(.*?)\}\};", PRODUCT["reports/contest_text.cpp"], re.S
        )
        settings = re.findall(r'\{"(\w+)", "(\w+)"\}', table[1])
        self.assertGreater(len(settings), 3)
        workloads = "".join(text for path, text in PRODUCT.items() if path.startswith("workloads/"))
        for name, setting in settings:
            declared = rf'parameter\{{\s*"{name}",\s*parameter_kind::\w+,\s*"{setting}"'
            self.assertRegex(workloads, declared)

    def test_workload_is_named_in_three_places(self):
        self.check("workload", "workloads/registry.cpp", 4)

    def test_model_is_named_in_three_places(self):
        self.check("model", "bench/models/model.cpp", 6)

    def test_metric_is_one_row(self):
        """A metric is one row in the table: no other file of bench/ looks it up by its id."""
        ids = re.findall(r'^    metric\{"([^"]+)"', PRODUCT["bench/results/metrics.cpp"], re.M)
        self.assertGreaterEqual(len(ids), 15)
        for path, text in PRODUCT.items():
            if path.startswith("bench/") and path not in (
                "bench/results/metrics.cpp",
                "bench/measure/runner.cpp",
            ):
                for metric in ids:
                    self.assertNotIn(f'find_metric("{metric}")', text, path)

    def test_command_is_one_file_and_one_row(self):
        commands = re.findall(
            r"^int (\w+)_command\(const string_list& arguments\);",
            PRODUCT["tools/commands.hpp"],
            re.M,
        )
        self.assertGreaterEqual(len(commands), 5)
        for command in commands:
            self.assertIn(f"tools/{command}.cpp", PRODUCT)
            self.assertRegex(PRODUCT["tools/program.cpp"], rf'command\{{"{command}", ')


if __name__ == "__main__":
    unittest.main()
