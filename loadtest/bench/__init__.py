"""Benchmarks: each part in a module and a process of its own, results kept with their machine."""
