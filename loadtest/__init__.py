"""Locust files and benchmarks."""

import tillstream  # noqa: F401 - says in one line that packages are missing
