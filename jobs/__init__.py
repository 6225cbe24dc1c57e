"""What runs by the clock: each job at its times, once, with its history."""

import tillstream  # noqa: F401 - says in one line that packages are missing
