"""The one command `tillstream`: finds the running system and gives it the rooms' commands."""

import tillstream  # noqa: F401 - says in one line that packages are missing
