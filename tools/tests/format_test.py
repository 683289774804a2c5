"""Sources are formatted: clang-format (C++), black (Python), prettier (TypeScript, CSS)."""

import subprocess
import unittest

from program import SOURCE

FOLDERS = ("include", "workloads", "bench", "reports", "tools", "docs")
WEB = SOURCE / "reports" / "web"


def sources(*suffixes):
    """Returns the paths of all sources with one of these suffixes."""
    paths = [
        path
        for folder in FOLDERS
        for path in sorted((SOURCE / folder).rglob("*"))
        if path.suffix in suffixes and "node_modules" not in path.parts
    ]
    assert len(paths) > 10
    return paths


def lines(path):
    """Returns the numbered lines of a text file."""
    return enumerate(path.read_text(encoding="utf-8").splitlines(), 1)


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
        self.assertEqual(unformatted, set(), "run clang-format -i")

    def test_python_is_formatted_by_black(self):
        checked = run("black", "--check", "--quiet", *sources(".py"))
        self.assertEqual(checked.returncode, 0, "run black tools reports")

    def test_page_is_formatted_by_prettier(self):
        prettier = WEB / "node_modules" / "prettier" / "bin" / "prettier.cjs"
        checked = run("node", prettier, "--check", *sources(".ts", ".css", ".mjs"), cwd=WEB)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_lines_are_short(self):
        """100 columns in code, 120 in Markdown outside tables and code blocks."""
        long = []
        for path in sources(".cpp", ".hpp", ".ts", ".css", ".mjs", ".py"):
            long += [f"{path}:{number}" for number, line in lines(path) if len(line) > 100]
        for path in [
            *SOURCE.glob("*.md"),
            *SOURCE.glob("docs/*.md"),
            *SOURCE.glob("bench/**/*.md"),
        ]:
            fenced = False
            for number, line in lines(path):
                fenced ^= line.lstrip().startswith("```")
                if len(line) > 120 and not fenced and not line.startswith(("|", "    ")):
                    long.append(f"{path}:{number}")
        self.assertEqual(long, [])


if __name__ == "__main__":
    unittest.main()
