"""Valgrind's memcheck finds no invalid access and no leak in one cell of every model."""

import shutil
import unittest

from program import OUR_CELL, TIMEOUT_S, Cell, Server, listed, sanitizers

MEMCHECK = (
    "valgrind",
    "--quiet",
    # A larger step of the stack pointer is a switch to another fiber: its stack has 64 KiB or more.
    "--max-stackframe=32768",
    "--leak-check=full",
    "--errors-for-leak-kinds=definite",
    "--show-leak-kinds=definite",
    "--error-exitcode=99",
)


class Memcheck(unittest.TestCase):
    def setUp(self):
        if shutil.which("valgrind") is None:
            self.skipTest("valgrind is not installed (package valgrind)")
        if sanitizers():
            self.skipTest("valgrind runs no program that is built with a sanitizer")

    def test_one_cell_of_every_model(self):
        # Cells in other languages have the checks of their own runtimes.
        models = [model["name"] for model in listed()["models"] if not model["program"]]
        self.assertGreater(len(models), 10)
        with Server("network") as server:
            for model in models:
                with self.subTest(model), Cell(*MEMCHECK, command=OUR_CELL) as cell:
                    in_flight = 1 if model == "serial" else 3
                    options = {"endpoint": server.endpoint}
                    if model == "reference":  # valgrind 3.19 has no epoll_pwait2
                        options["model_parameters"] = {"backend": "poll"}
                    ready = cell.prepare("network", model, in_flight=in_flight, **options)
                    self.assertIn("ready", ready)
                    sample = cell.ask({"run": {"operations": 30}})["sample"]
                    self.assertEqual((sample["operations"], sample["errors"]), (30, {}))
                    cell.ask({"finish": {}})
                    self.assertEqual(cell.process.stderr.read(), "")
                    self.assertEqual(cell.process.wait(TIMEOUT_S), 0)


if __name__ == "__main__":
    unittest.main()
