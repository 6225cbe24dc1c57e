"""Tells people what they have to know now, and of yesterday in the morning."""

import tillstream  # noqa: F401 - says in one line that packages are missing
