"""The C++ sources stand as clang-format puts them: `clang-format -i FILE` after an edit."""

import subprocess
import unittest

from program import SOURCE

SUFFIXES = (".cpp", ".hpp")


class Format(unittest.TestCase):
    def test_each_source_is_formatted(self):
        sources = [
            path
            for room in ("workloads", "bench", "reports", "tools")
            for path in sorted((SOURCE / room).rglob("*"))
            if path.suffix in SUFFIXES and "node_modules" not in path.parts
        ]
        self.assertGreater(len(sources), 100)
        told = subprocess.run(
            ["clang-format", "--dry-run", *map(str, sources)],
            capture_output=True,
            text=True,
            check=True,
            timeout=250,
        )
        unformatted = sorted(
            {
                line.split(":")[0].removeprefix(f"{SOURCE}/")
                for line in told.stderr.splitlines()
                if "clang-format-violations" in line
            }
        )
        self.assertEqual(unformatted, [], "run clang-format -i on these")


if __name__ == "__main__":
    unittest.main()
