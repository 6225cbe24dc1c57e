"""The name by which a process holds leases."""

import os
import socket
import uuid


def holder_name() -> str:
    """No other process has it, also not one of before with the same number."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:12]}"
