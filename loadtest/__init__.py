"""Locust files and benchmarks."""
