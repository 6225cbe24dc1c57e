"""What the workers carry."""

import subprocess
import sys


def test_workers_import_no_library_that_only_commands_use() -> None:
    program = (
        "import sys, analytics.__main__\n"
        "print(*sorted({'pymongo', 'tqdm', 'multiprocessing.pool'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.split() == []
