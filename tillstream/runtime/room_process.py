"""`python -m tillstream.runtime.room_process ROOM WORDS`: `python -m ROOM WORDS` for people.

A room loads its libraries before it says what Ctrl-C does: until then it ends in silence.
"""

import runpy
import sys

from tillstream.runtime import interrupt

if __name__ == "__main__":
    interrupt.end_at_ctrl_c()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
