"""Validates the JUnit output with Python's XML parser. Usage: read_junit.py FORMAT_SAMPLES"""
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree
from pathlib import Path

with tempfile.TemporaryDirectory() as directory:
    subprocess.run([sys.argv[1], directory], check=True)
    for kind in ("everything", "pass", "nothing"):
        suite = tree.parse(Path(directory, kind + ".junit")).getroot().find("testsuite")
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases), kind
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(key)) == len(suite.findall("testcase/" + tag)), (kind, key)
print("ok")
