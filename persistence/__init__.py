"""The archive: batches from the durable queue to MongoDB, delays out."""

import tillstream  # noqa: F401 - says in one line that packages are missing
