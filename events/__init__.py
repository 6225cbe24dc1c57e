"""Events of declared streams: their windows, their archive and their proof."""

import tillstream  # noqa: F401 - says in one line that packages are missing
