"""clang-tidy finds nothing in the product's sources: the short list of .clang-tidy, which is of bugs and not of opinions."""

import os
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

from program import SOURCE

# As the build has them, but for what is GCC's alone: its warnings and its precompiled headers.
FLAGS = ["-std=c++20", f"-I{SOURCE}", '-DCROSSOVER_VERSION="0"']


def remarks_on(path):
    postgresql = subprocess.run(["pkg-config", "--cflags-only-I", "libpq"], capture_output=True, text=True, check=True).stdout.split()
    told = subprocess.run(["clang-tidy", "--quiet", str(path), "--", *FLAGS, *postgresql], capture_output=True, text=True, cwd=SOURCE, timeout=300)
    return told.stdout if told.returncode != 0 else ""


class Tidy(unittest.TestCase):
    def test_nothing_is_found(self):
        sources = [path for room in ("workloads", "bench", "reports", "tools") for path in sorted((SOURCE / room).rglob("*.cpp"))
                   if "node_modules" not in path.parts and not path.name.endswith(("_test.cpp", "_for_test.cpp"))]
        self.assertGreater(len(sources), 80)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual("".join(pool.map(remarks_on, sources)), "")


if __name__ == "__main__":
    unittest.main()
