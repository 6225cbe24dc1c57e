"""The words of `python -m connectors` that stand on the worker and its state."""
