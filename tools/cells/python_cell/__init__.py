"""The parts of the CPython cell process: `cell` speaks the protocol, `workloads` are what is done, models are how."""
