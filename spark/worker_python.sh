#!/bin/sh
# The Python of Spark's processes. Spark has a zip of PySpark before everything else in PYTHONPATH,
# which each process would compile anew: a second of a core. Here it is the package with bytecode.
export PYTHONPATH="$WORKER_PYTHONPATH"
exec "$WORKER_PYTHON" "$@"
