"""How a person has typed a room's command, for its usage and errors."""

import os

#: Set by `tillstream` for the room that it becomes; nothing that the room starts inherits it.
VARIABLE = "TYPED_AS"


def program_name(room: str) -> str:
    """`tillstream ...` where that was typed, `python -m ROOM` otherwise."""
    return os.environ.pop(VARIABLE, "") or f"python -m {room}"
