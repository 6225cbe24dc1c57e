"""Records of an XML file one at a time: nothing else of it is held, and nothing is fetched.

Document types, entities and external references are refused (defusedxml); levels, elements and
bytes of one record have bounds.
"""

import contextlib
from collections import deque
from collections.abc import Collection, Iterator
from typing import BinaryIO, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from connectors.files.import_errors import ImportFileError

#: Levels of the file, elements of a record, and bytes between two of them.
MAX_DEPTH, MAX_ELEMENTS, MAX_RECORD_BYTES = 64, 100_000, 16 * 1024 * 1024
#: Of one tag, attribute or comment: a parser tries it anew with each piece that is read.
MAX_TAG_BYTES = 1024 * 1024
#: Read at once.
CHUNK_BYTES = 64 * 1024


class Record(NamedTuple):
    """An element that was asked for, whole; `parent` is the name of the one that it stands in."""

    line: int
    parent: str
    element: Element


class XmlFile:
    """An open file; names are without the namespace of the root, others keep theirs."""

    def __init__(self, source: BinaryIO, wanted: Collection[str]) -> None:
        self._source = source
        self._target = _Target(frozenset(wanted))
        self._parser = DefusedXMLParser(target=self._target, forbid_dtd=True)
        self._target.expat = self._parser.parser
        #: Bytes so far.
        self.position = 0

    def records(self) -> Iterator[Record]:
        """Each wanted element, in the order of their ends. Raises ImportFileError."""
        since = silent = 0
        try:
            while chunk := self._source.read(CHUNK_BYTES):
                self.position += len(chunk)
                since += len(chunk)
                heard = self._target.heard
                self._parser.feed(chunk)
                silent = silent + len(chunk) if self._target.heard == heard else 0
                if silent > MAX_TAG_BYTES:
                    raise ImportFileError(f"a tag or comment has more than {MAX_TAG_BYTES} bytes")
                if self._target.ready:
                    since = 0
                elif since > MAX_RECORD_BYTES and self._target.is_inside:
                    raise ImportFileError(f"a record has more than {MAX_RECORD_BYTES} bytes")
                while self._target.ready:
                    yield self._target.ready.popleft()
            self._parser.close()
        except DefusedXmlException as error:
            raise ImportFileError("document types and entities are not allowed in it") from error
        except (ParseError, ValueError, LookupError) as error:
            raise ImportFileError(f"no whole XML: {error}") from error
        yield from self._target.ready


class _Target:
    """Builds the elements that are wanted, and no others."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._namespace: str | None = None
        #: Names of the levels that are open, and elements of the record that is.
        self._names: list[str] = []
        self._open: list[Element] = []
        #: Grows with each tag and text.
        self.heard = 0
        self._elements = self._line = 0
        self._text: list[str] = []
        self.ready: deque[Record] = deque()
        self.expat: object = None

    @property
    def is_inside(self) -> bool:
        return bool(self._open)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.heard += 1
        if self._namespace is None:
            self._namespace = tag.rpartition("}")[0] + "}" if tag.startswith("{") else ""
        name = tag.removeprefix(self._namespace)
        self._names.append(name)
        if len(self._names) > MAX_DEPTH:
            raise ImportFileError(f"more than {MAX_DEPTH} levels")
        if not self._open and name not in self._wanted:
            return
        if not self._open:
            self._elements = 0
            self._line = getattr(self.expat, "CurrentLineNumber", 0)
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise ImportFileError(f"line {self._line}: more than {MAX_ELEMENTS} elements")
        element = Element(name, attributes)
        if self._open:
            self._open[-1].append(element)
        self._open.append(element)
        self._text = []

    def data(self, text: str) -> None:
        self.heard += 1
        if self._open:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        self.heard += 1
        self._names.pop()
        if not self._open:
            return
        element = self._open.pop()
        if not len(element):
            element.text = "".join(self._text).strip()
        self._text = []
        if not self._open:
            parent = self._names[-1] if self._names else ""
            self.ready.append(Record(self._line, parent, element))

    def close(self) -> None:
        pass


def text(element: Element | None, path: str) -> str:
    """The text at `path`, empty where there is none."""
    return "" if element is None else (element.findtext(path) or "").strip()


def root_name(head: bytes) -> str:
    """The root's name without its namespace, as far as the first bytes of a file tell."""
    found: list[str] = []

    class _Root:
        def start(self, tag: str, _attributes: dict[str, str]) -> None:
            found.append(tag.rpartition("}")[2])

        def close(self) -> None:
            pass

    with contextlib.suppress(DefusedXmlException, ParseError, ValueError, LookupError):
        DefusedXMLParser(target=_Root(), forbid_dtd=True).feed(head)
    return found[0] if found else ""
