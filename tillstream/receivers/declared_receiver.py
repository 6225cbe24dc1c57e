"""Reads what the door and the worker need of a receiver before its mapping."""

import re
from typing import Any

from tillstream.receivers.declared_mapping import expression
from tillstream.receivers.definition import PARTS, Fetched, Headers, Signature, Topics
from tillstream.receivers.expressions import Expression
from tillstream.streams.declared_table import DeclaredTable
from tillstream.streams.mistakes import proposal

SCHEMES = ("hmac-sha256", "hmac-sha1", "hmac-sha512", "token")
ENCODINGS = ("base64", "hex")
TIME_FORMATS = ("seconds", "milliseconds", "iso")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HOLE = re.compile(r"\{([^{}]*)\}")


def read_signature(table: DeclaredTable) -> Signature | None:
    """[signature]; None after a mistake that was told."""
    told = table.source.told
    table.require("scheme")
    scheme: Any = table.one_of("scheme", SCHEMES)
    name, query = header(table, "header"), table.text("query")
    encoding: Any = table.one_of("encoding", ENCODINGS) or "base64"
    secret: Any = table.one_of("secret", ("text", "base64")) or "text"
    over = _over(table)
    pattern = _pattern(table, "pattern")
    timestamp = header(table, "timestamp_header")
    timestamp_pattern = _pattern(table, "timestamp_pattern")
    form: Any = table.one_of("timestamp_format", TIME_FORMATS) or "seconds"
    window = table.duration("window")
    ping = _pattern(table, "ping", groups=0)
    if scheme == "token":
        if (name is None) == (query is None) and table.source.told == told:
            table.tell("a token is in a header or in the query: write 'header' or 'query'")
    elif scheme is not None:
        if "header" not in table:
            table.tell("'header' is missing: the one that has the signature")
        if query is not None:
            table.tell("'query' is of scheme = \"token\" alone", "query")
        if "body" not in over:
            table.tell("'over' has to have {body}: what is not signed may be changed", "over")
    if timestamp is None and timestamp_pattern is not None:
        table.tell("'timestamp_pattern' is of a 'timestamp_header'", "timestamp_pattern")
    if (timestamp is None) != (window is None) and table.source.told == told:
        table.tell("'timestamp_header' and 'window' go together")
    table.end()
    if table.source.told > told:
        return None
    return Signature(
        scheme,
        name,
        query,
        pattern,
        encoding,
        secret,
        over,
        timestamp,
        timestamp_pattern,
        form,
        window,
        ping,
    )


def read_headers(table: DeclaredTable | None) -> Headers:
    """[delivery], which may be left out."""
    if table is None:
        return Headers(None, None, None, None, "", None)
    found = Headers(
        header(table, "id_header"),
        header(table, "topic_header"),
        header(table, "source_header"),
        expression(table, "topic"),
        table.text("default_topic") or "",
        table.text("form_field"),
        _moved(table),
    )
    table.end()
    return found


def read_topics(table: DeclaredTable | None) -> Topics:
    """[topics]; without it every delivery is a sale."""
    if table is None:
        return Topics(("*",), (), (), ())
    found = Topics(
        table.texts("sale"), table.texts("refund"), table.texts("ignored"), table.texts("apart")
    )
    table.end()
    if not found.sale and not found.refund:
        table.tell("no topic is taken; write sale = [...]")
    first: dict[str, str] = {}
    for key, topics in found._asdict().items():
        for topic in topics:
            if first.setdefault(topic, key) != key:
                table.tell(f"{topic!r} stands in {first[topic]!r} too", key)
    return found


def read_fetch(table: DeclaredTable | None) -> Fetched | None:
    """[fetch]; None where nothing is asked."""
    if table is None:
        return None
    table.require("topics", "id", "url", "base")
    url, base = table.text("url") or "", table.text("base") or ""
    _holes(table, "url", url, ("base", "id"))
    if "url" in table and "{id}" not in url:
        table.tell("'url' has no {id}", "url")
    if base and not re.match(r"https?://[^/\s]+", base):
        table.tell(f"base = {base!r} is no address such as https://api.example.com", "base")
    headers = {}
    for name, value in table.each("headers"):
        if not _HEADER.fullmatch(name) or not isinstance(value, str):
            table.tell(f"{name!r} has to be a header's name with a text", "headers", name)
            continue
        _holes(table, "headers", value, ("token",))
        headers[name] = value
    topics = table.texts("topics")
    found = expression(table, "id")
    table.end()
    return Fetched(topics, found or Expression("id"), url, base.rstrip("/"), headers)


def header(table: DeclaredTable, key: str) -> str | None:
    """The name of a header; what is none is told."""
    found = table.text(key)
    if found is not None and not _HEADER.fullmatch(found):
        table.tell(f"{key} = {found!r} is no name of a header", key)
        return None
    return found


def _moved(table: DeclaredTable) -> dict[str, str]:
    found = {}
    for name, value in table.each("moved"):
        if isinstance(value, str) and name and value:
            found[name] = value
        else:
            table.tell(f"{name!r} has to be the shop's new name, with its old one", "moved", name)
    if found and "source_header" not in table:
        table.tell("'moved' is of a 'source_header'", "moved")
    return found


def _holes(table: DeclaredTable, key: str, text: str, allowed: tuple[str, ...]) -> None:
    for name in _HOLE.findall(text):
        if name not in allowed:
            table.tell(f"{{{name}}} is not known{proposal(name, allowed)}", key)


def _over(table: DeclaredTable) -> tuple[str, ...]:
    """The parts of `{id}.{timestamp}.{body}`, and the texts between them."""
    text = table.text("over") or "{body}"
    _holes(table, "over", text, PARTS)
    # Texts and names in turn.
    pieces = _HOLE.split(text)
    for literal in pieces[::2]:
        if literal in PARTS:
            table.tell(f"write {{{literal}}}, in braces", "over")
    return tuple(piece for piece in pieces if piece)


def _pattern(table: DeclaredTable, key: str, groups: int = 1) -> str | None:
    found = table.text(key)
    if found is None:
        return None
    try:
        has = re.compile(found).groups
    except re.error as error:
        table.tell(f"{key} = {found!r} is no regular expression: {error}", key)
        return None
    if groups and has != groups:
        table.tell(f"{key!r} needs one group: ( ) around what it is to find", key)
        return None
    return found
