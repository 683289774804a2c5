"""docs/ci.md: its commands work, its thresholds example is valid, and the files it names exist."""

import json
import os
import re
import subprocess
import unittest

from program import PROGRAM, SOURCE, TIMEOUT_S, TempDirTest, crossover

PAGE = (SOURCE / "docs/ci.md").read_text()
PASS, REGRESSION, INCONCLUSIVE = 0, 1, 2


def fenced(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


class CiPage(TempDirTest):
    def setUp(self):
        """Creates a directory like the built repository; its `cmake` only records calls."""
        super().setUp()
        (self.directory / "build/release").mkdir(parents=True)
        (self.directory / "build/release/crossover").symlink_to(PROGRAM)
        (self.directory / "tools").symlink_to(SOURCE / "tools")
        shims = self.directory / "shims"
        shims.mkdir()
        (shims / "cmake").write_text(f'#!/bin/sh\necho "$@" >>{self.directory}/cmake-calls\n')
        (shims / "cmake").chmod(0o755)
        self.environment = os.environ | {"PATH": f"{shims}:{os.environ['PATH']}"}
        for words in (
            ["init", "--quiet"],
            [
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.invalid",
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "one",
            ],
        ):
            subprocess.run(["git", *words], cwd=self.directory, check=True)

    def test_each_command(self):
        commands = [line for block in fenced("sh") for line in block.splitlines() if line]
        self.assertGreaterEqual(len(commands), 8)
        for command in commands:
            with self.subTest(command):
                done = subprocess.run(
                    ["sh", "-c", command],
                    cwd=self.directory,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=TIMEOUT_S,
                )
                # Inconclusive is possible on a busy machine, a regression or an error is not.
                self.assertIn(
                    done.returncode,
                    (PASS, INCONCLUSIVE) if "crossover check" in command else (PASS,),
                    done.stdout + done.stderr,
                )
        presets = {
            preset["name"]
            for preset in json.loads((SOURCE / "CMakePresets.json").read_text())["configurePresets"]
        }
        for call in (self.directory / "cmake-calls").read_text().splitlines():
            self.assertIn(re.search(r"--preset (\S+)", call)[1], presets)
        for name in ("check.json", "check.xml", "check.md", "history.html"):
            self.assertGreater((self.directory / "out" / name).stat().st_size, 0, name)
        self.assertEqual(len(list((self.directory / "out/history").glob("*/*.json"))), 1)

    def test_the_thresholds(self):
        (rules,) = fenced("json")
        file = self.directory / "thresholds.json"
        file.write_text(rules)
        rows = [
            {
                "name": "network/a",
                "run_name": "network/a",
                "run_type": "iteration",
                "repetition_index": i,
                "repetitions": 10,
                "iterations": 1,
                "real_time": 100 + i % 2,
                "cpu_time": 1,
                "time_unit": "ns",
            }
            for i in range(10)
        ]
        (self.directory / "old.json").write_text(json.dumps({"context": {}, "benchmarks": rows}))
        done = crossover(
            "check",
            self.directory / "old.json",
            self.directory / "old.json",
            "--thresholds",
            file,
            "--format",
            "json",
        )
        self.assertEqual(done.returncode, PASS, done.stderr)
        (cell,) = json.loads(done.stdout)["crossover_check"]["cells"]
        self.assertEqual((cell["tolerate"], cell["detect"]), (0.02, 0.1))

    def test_what_it_names_is_there(self):
        for path in re.findall(r"`(tools/[\w./-]+)`", PAGE):
            self.assertTrue((SOURCE / path).exists(), path)
        for path in re.findall(r"\]\((\w[\w./-]*)\)", PAGE):
            self.assertTrue((SOURCE / "docs" / path).exists(), path)
        help_text = crossover("check", "--help").stdout
        for flag in re.findall(r"`(--[a-z-]+)", PAGE):
            self.assertIn(flag, help_text)
        for name in re.findall(r"`out/check\.(\w+)`", PAGE):
            self.assertIn({"md": "markdown", "xml": "junit"}.get(name, name), help_text)


if __name__ == "__main__":
    unittest.main()
