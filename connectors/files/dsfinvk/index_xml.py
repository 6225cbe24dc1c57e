"""`index.xml` of an export: how its tables are written (GDPdU description standard, 2004)."""

from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.files.import_errors import ImportFileError

#: One of a real till has 100 KB.
MAX_BYTES = 4 * 1024 * 1024
#: Elements that name an encoding, and Python's name of it.
ENCODINGS = {"UTF8": "utf-8-sig", "ANSI": "cp1252", "ASCII": "ascii", "OEM": "cp850",
             "Macintosh": "mac_roman", "UTF16": "utf-16"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """How a table is written; the defaults are what the specification demands."""

    encoding: str = "utf-8-sig"
    decimal_sign: str = ","
    grouping: str = "."
    delimiter: str = ";"
    quote: str = '"'
    #: Names of the columns in their order; empty where only the first row tells.
    columns: tuple[str, ...] = ()


def forms(source: BinaryIO) -> dict[str, Form]:
    """File name in lower case -> how it is written. Raises ImportFileError."""
    text = source.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ImportFileError(f"index.xml has more than {MAX_BYTES} bytes")
    try:
        # The standard's files name their DTD: it may be named, and is never fetched.
        root = fromstring(text, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise ImportFileError("index.xml declares entities; export it again without") from error
    except (ParseError, ValueError, LookupError) as error:
        raise ImportFileError(f"index.xml: {error}") from error
    found = {}
    for table in root.iter("Table"):
        url = (table.findtext("URL") or "").strip().replace("\\", "/").rpartition("/")[2].lower()
        if url:
            found[url] = _form(url, table)
    return found


def _form(url: str, table: Element) -> Form:
    if (shape := table.find("VariableLength")) is None:
        raise ImportFileError(f"index.xml: {url} is not of variable length, as CSV is")
    named = [name for name in ENCODINGS if table.find(name) is not None]
    form = Form(
        encoding=ENCODINGS[named[0]] if named else Form().encoding,
        decimal_sign=table.findtext("DecimalSymbol") or ",",
        grouping=table.findtext("DigitGroupingSymbol") or ".",
        delimiter=shape.findtext("ColumnDelimiter") or ";",
        quote=shape.findtext("TextEncapsulator") or '"',
        columns=tuple(
            (column.findtext("Name") or "").strip().upper()
            for column in shape
            if column.tag in ("VariablePrimaryKey", "VariableColumn")
        ),
    )
    if len(form.delimiter) != 1 or len(form.quote) != 1 or form.encoding == "utf-16":
        raise ImportFileError(f"index.xml: {url} is written in a way that is not read: {form}")
    if form.grouping == form.decimal_sign:
        # The standard's default of the one may be what the file says of the other.
        return Form(form.encoding, form.decimal_sign, "", form.delimiter, form.quote, form.columns)
    return form
