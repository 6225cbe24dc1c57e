"""The erasure of a person from the archive of events and the state of their windows."""
