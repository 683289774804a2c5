"""Large files are read in little memory, and no step takes quadratic time."""

import os
import pathlib
import sys
import unittest

from program import PROGRAM, SOURCE, TempDirTest

sys.path.insert(0, str(SOURCE / "tools"))
from large_files import measured, one_panel, write_benchmarks, write_own_file  # noqa: E402

UNREADABLE = 65
BUILD = pathlib.Path(PROGRAM).parent


class LargeFiles(TempDirTest):
    def setUp(self):
        if "CROSSOVER_SANITIZE:STRING=\n" not in (BUILD / "CMakeCache.txt").read_text():
            self.skipTest("sanitizers need memory of their own")
        super().setUp()
        self.file = self.directory / "large.json"

    def run_measured(self, *arguments, limit=None):
        return measured([PROGRAM, *arguments], limit, self.directory)

    def test_reading_takes_less_memory_than_three_files(self):
        write_own_file(self.file, 4_000)
        for arguments in (
            ("report", "--format", "md", self.file),
            ("report", self.file),
            ("check", self.file, self.file),
        ):
            done = self.run_measured(*arguments)
            self.assertIn(done.exit_code, (0, 2), done.first_line)
            self.assertLess(done.peak_bytes, 3 * self.file.stat().st_size, arguments)

    def test_page_of_many_cells_stays_below_2_mb_and_says_what_it_leaves_out(self):
        write_own_file(self.file, 6_000, blocks=1)
        done = self.run_measured("report", self.file)
        self.assertEqual(done.exit_code, 0, done.first_line)
        page = (self.directory / "report.html").read_text()
        self.assertLess(len(page.encode()), 2_000_000)
        self.assertIn("Reduced to limit file size.", page)

    def test_lack_of_memory_is_one_line(self):
        write_benchmarks(self.file, (f"b/{number}" for number in range(100_000)))
        needed = self.run_measured("check", self.file, self.file).peak_bytes
        for command in (("report", self.file), ("check", self.file, self.file)):
            for share in (0.3, 0.4, 0.5, 0.6):
                done = self.run_measured(*command, limit=round(share * needed))
                self.assertEqual(done.exit_code, UNREADABLE, (command, share, done.first_line))
                self.assertRegex(done.first_line, "^crossover: out of memory; ")
                self.assertEqual(os.listdir(self.directory), ["large.json"])

    def assert_not_quadratic(self, write, size, *arguments):
        """Expects that four times the size takes less than ten times the CPU time."""
        seconds = []
        for cells in (size, 4 * size):
            words = write(cells)
            done = self.run_measured(*arguments, *words)
            self.assertIn(done.exit_code, (0, 1, 2), done.first_line)
            seconds.append(done.cpu_s)
        self.assertLess(seconds[1], 10 * seconds[0], (arguments, seconds))

    def test_time_grows_with_the_size(self):
        def panel(cells):
            write_own_file(self.file, cells, one_panel, blocks=1)
            return (self.file,)

        def families(cells):
            write_benchmarks(self.file, (f"b{number}/1" for number in range(cells)), 2)
            return (self.file,)

        def both_sides(cells):
            return families(cells) * 2

        def in_flight(cells):
            return (",".join(map(str, range(1, cells + 1))),)

        self.assert_not_quadratic(panel, 1_000, "report", "--format", "json", "--out", "-")
        self.assert_not_quadratic(families, 4_000, "report", "--format", "json", "--out", "-")
        self.assert_not_quadratic(both_sides, 4_000, "check")
        plan = "--workload noop --model event_loop,serial,fibers --cores 1 --in-flight".split()
        self.assert_not_quadratic(in_flight, 2_500, "list", *plan)


if __name__ == "__main__":
    unittest.main()
