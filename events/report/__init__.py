"""The report: each new and each revised row of a window as one line of the log."""
