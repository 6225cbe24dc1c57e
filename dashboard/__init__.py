"""The Dash app: `state` is what it knows, `archive` whom it asks, `pages` what it shows."""

import tillstream  # noqa: F401 - says in one line that packages are missing
