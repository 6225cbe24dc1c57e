"""All of Tillstream on one machine without Docker: private servers, every room, supervised."""

import tillstream  # noqa: F401 - says in one line that packages are missing
