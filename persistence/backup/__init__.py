"""Backup and restore: the archive, the log and the state, in one folder with checksums."""
