"""Sources are formatted: clang-format (C++), black (Python), prettier (TypeScript, CSS)."""

import subprocess
import unittest

from program import SOURCE

ROOMS = ("workloads", "bench", "reports", "tools")
WEB = SOURCE / "reports" / "web"


def sources(*suffixes):
    """Returns the paths of all sources with one of these suffixes."""
    found = [
        path
        for room in ROOMS
        for path in sorted((SOURCE / room).rglob("*"))
        if path.suffix in suffixes and "node_modules" not in path.parts
    ]
    assert len(found) > 10
    return found


def run(*command, cwd=SOURCE):
    return subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=250
    )


class Format(unittest.TestCase):
    def test_cpp_is_formatted_by_clang_format(self):
        checked = run("clang-format", "--dry-run", *sources(".cpp", ".hpp"))
        unformatted = {
            line.split(":")[0]
            for line in checked.stderr.splitlines()
            if "clang-format-violations" in line
        }
        self.assertEqual(unformatted, set(), "run clang-format -i on these")

    def test_python_is_formatted_by_black(self):
        checked = run("black", "--check", "--quiet", *sources(".py"))
        self.assertEqual(checked.returncode, 0, "run black on tools and reports")

    def test_page_is_formatted_by_prettier(self):
        prettier = WEB / "node_modules" / "prettier" / "bin" / "prettier.cjs"
        checked = run("node", prettier, "--check", *sources(".ts", ".css", ".mjs"), cwd=WEB)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
