"""The CPython cell process: `cell` implements the protocol, `workloads` the operations."""
