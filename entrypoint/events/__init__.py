"""Events of declared streams: read from every format, checked, and sent to the log."""
