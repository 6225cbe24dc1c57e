"""`python -m tests.support.stubborn`: does not end by SIGTERM, nor does the process it starts."""

import os
import signal
import subprocess
import sys
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 1:
    # Left behind in the group, with the output open.
    subprocess.Popen([sys.executable, "-m", "tests.support.stubborn", "child"])
print("stubborn", os.getpid(), flush=True)
time.sleep(60)
