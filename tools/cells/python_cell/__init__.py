"""The CPython cell process: `cell` implements the protocol, `workloads` the operations."""

# The cell is installed with the harness and has its version.
VERSION = "0.1.0"
