"""Reads the definitions of receivers: every `*.toml` of a folder, each named by its file.

All mistakes are told at once, each with its file, line and how to mend it.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from tillstream.receivers.declared_mapping import read_mapping
from tillstream.receivers.declared_receiver import (
    read_fetch,
    read_headers,
    read_signature,
    read_topics,
)
from tillstream.receivers.definition import Receiver
from tillstream.runtime.settings import ReceiversSettings
from tillstream.streams import toml_file, toml_lines
from tillstream.streams.declared_table import DeclaredTable, Source
from tillstream.streams.mistakes import DefinitionError, Mistake

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def load_settings(settings: ReceiversSettings) -> Mapping[str, Receiver]:
    """The receivers of RECEIVERS_DIR by their names; raises DefinitionError."""
    return load(Path(settings.receivers_dir))


def load(folder: Path) -> Mapping[str, Receiver]:
    """The receivers of a folder by their names; raises DefinitionError with all mistakes."""
    mistakes: list[Mistake] = []
    found = {}
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:
        said = f"not readable: {error.strerror}; see RECEIVERS_DIR"
        raise DefinitionError([Mistake(str(folder), 0, said)]) from error
    for path in paths:
        receiver = read(path, mistakes)
        if receiver is not None:
            found[receiver.name] = receiver
    if mistakes:
        raise DefinitionError(sorted(mistakes, key=lambda mistake: mistake[:2]))
    return found


def read(path: Path, mistakes: list[Mistake]) -> Receiver | None:
    """The receiver of one file; None after a mistake that was told."""
    told = len(mistakes)
    found = toml_file.content(path, mistakes)
    if found is None:
        return None
    text, content = found
    source = Source(str(path), toml_lines.lines(text), mistakes)
    file = DeclaredTable(source, (), content, "this file")
    if not _NAME.fullmatch(path.stem):
        file.tell(f"{path.stem!r} is no name; write a-z, 0-9, - and _, at most 32, a letter first")
    file.require("title", "signature")
    table = file.table("signature", "signature")
    signature = None if table is None else read_signature(table)
    headers = read_headers(file.table("delivery", "delivery"))
    topics = read_topics(file.table("topics", "topics"))
    fetch = read_fetch(file.table("fetch", "fetch"))
    mapping = read_mapping(file)
    if topics.refund and mapping is not None and mapping.refund is None:
        file.tell("topics.refund needs [refund]", "topics", "refund")
    title = file.text("title")
    file.end()
    if signature is None or mapping is None or title is None or len(mistakes) > told:
        return None
    return Receiver(path.stem, title, str(path), signature, headers, topics, fetch, mapping)
