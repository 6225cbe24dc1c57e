"""How every process runs: settings, start and end, logs, the broker, disk and ports."""
