"""What a receipt may come as: one module a format, found by its media type.

A format is a module of this package with `MEDIA_TYPES` and a function `receipts(body)` that
gives each receipt as JSON bytes of the contract, or the Defect that keeps it from being one. It
raises NotReadableError when the body as a whole is not of its format, at its end at the latest.

It gives them one after the other and holds no more than one receipt besides the body: a small
body may unpack to millions of them, and the door stops asking at MAX_BATCH_RECEIPTS. A new format
is a new file.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable

from entrypoint.formats.entry import Entry

#: Reads a body into its receipts.
Reader = Callable[[bytes], Iterable[Entry]]


def _registry() -> dict[str, Reader]:
    readers: dict[str, Reader] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for media_type in getattr(module, "MEDIA_TYPES", ()):
            readers[media_type] = module.receipts
    return readers


#: Media type -> how to read it.
READERS: dict[str, Reader] = _registry()
