"""XML: every element, attribute and text is taken as it stands, or refused with its place."""

import contextlib
import gc
import json
import sys

import pytest

from entrypoint.formats import xml
from entrypoint.formats.entry import NotReadableError
from tests.support.read_formats import content, read, refusal
from tests.support.receipts import line, receipt
from tests.support.written import as_xml

XML = "application/xml"
ONE = as_xml(receipt())
LINES = ONE[ONE.index(b"<lines>") : ONE.index(b"</lines>") + len(b"</lines>")]
LINE = LINES.removeprefix(b"<lines>").removesuffix(b"</lines>")


def changed(old: bytes, new: bytes) -> bytes:
    assert old in ONE
    return ONE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            changed(LINE, LINE.removeprefix(b"<line>").removesuffix(b"</line>")),
            "$.lines: must be a list (in XML each is a <line>), found an object with lineNumber,"
            " productCode, productDescription, productCateg...",
        ),
        (
            changed(LINE, LINE.replace(b"line>", b"item>")),
            "$.lines: must be a list (in XML each is a <line>), found an object with item",
        ),
        (
            changed(LINE, LINE + LINE.replace(b"line>", b"item>")),
            "$.lines: must be a list (in XML each is a <line>), found an object with line, item",
        ),
        (
            changed(LINES, LINES + LINES),
            "1: <lines> stands 2 times; put every <line> into one <lines>",
        ),
        (
            changed(b"<lines>", b'<lines count="1">'),
            "$.lines: must be a list (in XML each is a <line>), found an object with @count, line",
        ),
        (
            changed(b"<storeID>1</storeID>", b"<storeID>1</storeID><storeID>2</storeID>"),
            "$.storeID: must be text of 1 to 64 characters without control characters and white"
            " space around it, or an integer from 0 to"
            ' 9223372036854775807, found a list with "1", "2"',
        ),
        (
            changed(b"<quantity>1</quantity>", b'<quantity unit="kg">1</quantity>'),
            "$.lines[0].quantity: must be a number, found an object with @unit, #text",
        ),
        (
            changed(b"<quantity>1</quantity>", b"<quantity><value>1</value></quantity>"),
            "$.lines[0].quantity: must be a number, found an object with value",
        ),
        (
            changed(b"<lines>", b"<lines>and"),
            "1: text stands beside the elements of <lines>: 'and'; put it into an element",
        ),
        (
            changed(b"<lines>", b"and<lines>"),
            "1: text stands beside the elements of <receipt>: 'and'; put it into an element",
        ),
        (
            b"<receipts>" + ONE + b"and" + ONE + b"</receipts>",
            "text stands between the receipts: 'and'",
        ),
        (b"<receipts>" + ONE + b"and</receipts>", "text stands between the receipts: 'and'"),
        (b'<receipts day="1">' + ONE + b"</receipts>", "<receipts> has the attribute 'day'"),
        (b"<receipts>" + ONE + b"<bill/></receipts>", "2: <bill> where a <receipt> belongs"),
        (
            changed(b"<receipt>", b'<receipt xmlns="urn:till">'),
            "the root is <{urn:till}receipt>, not <receipt> or <receipts>; leave the namespace out",
        ),
        (
            changed(b"<lines>", b"<x>" * 70 + b"</x>" * 70 + b"<lines>"),
            "receipt 1 has more than 64 levels or 20000 elements;"
            " leave out what is not the receipt's",
        ),
        (
            changed(b"<lines>", b"<x/>" * 20_000 + b"<lines>"),
            "receipt 1 has more than 64 levels or 20000 elements;"
            " leave out what is not the receipt's",
        ),
        (
            b"<receipts>" + b"<x>" * 5_000_000,
            "receipt 1 has more than 64 levels or 20000 elements;"
            " leave out what is not the receipt's",
        ),
        (
            '<?xml version="1.0" encoding="ISO-8859-1"?><receipt>Pâté</receipt>'.encode(),
            "it is UTF-8 and its first line says 'ISO-8859-1'; declare UTF-8",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(body: bytes, expected: str) -> None:
    assert expected == refusal(XML, body)


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("<shop><name>Rue X</name><zip>75001</zip></shop>", {"name": "Rue X", "zip": "75001"}),
        ("<shop>Rue X</shop><shop>Rue Y</shop>", ["Rue X", "Rue Y"]),
        ("<shop><at>1</at><at>2</at><at/></shop>", {"at": ["1", "2", ""]}),
        ('<shop id="7">Rue X</shop>', {"@id": "7", "#text": "Rue X"}),
        ('<shop id="7"/>', {"@id": "7"}),
        ('<shop id="7"><name>Rue X</name></shop>', {"@id": "7", "name": "Rue X"}),
        ("<shop/>", ""),
        ("<shop><![CDATA[<Rue X>]]> &amp; Y</shop>", "<Rue X> & Y"),
        ("<shop>Rue<!-- the street --> X<?note here?></shop>", "Rue X"),
        ('<shop xmlns:a="urn:a"><a:name>Rue X</a:name></shop>', {"{urn:a}name": "Rue X"}),
    ],
)
def test_an_element_that_the_contract_does_not_name_is_kept(element: str, expected: object) -> None:
    body = changed(b"<lines>", element.encode() + b"<lines>")

    [(_, actual)] = read(XML, body)

    assert expected == actual["shop"]
    assert "taken" == refusal(XML, body)


def test_extra_elements_and_attributes_are_kept_in_lines_totals_tenders_and_the_receipt() -> None:
    body = (
        ONE.replace(b"<receipt>", b'<receipt v="1">')
        .replace(b"<line>", b'<line v="2"><note>n</note>')
        .replace(b"<documentTotal>", b'<documentTotal v="3"><note>n</note>')
        .replace(b"<settlement>", b'<settlement v="4"><note>n</note>')
    )

    [(_, actual)] = read(XML, body)
    extras = [
        {name: part.get(name) for name in ("@v", "note")}
        for part in (actual, actual["lines"][0], actual["documentTotal"], actual["settlements"][0])
    ]

    expected = [{"@v": "1", "note": None}] + [{"@v": v, "note": "n"} for v in "234"]
    assert expected == extras
    assert "taken" == refusal(XML, body)


def test_white_space_of_pretty_printing_is_no_content() -> None:
    pretty = ONE.replace(b"><", b">\n\t<").replace(b">1</storeID>", b">\n  1\n</storeID>")

    assert content(XML, ONE) == content(XML, pretty)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252"])
def test_an_encoding_that_is_declared_is_read(encoding: str) -> None:
    fields = receipt(lines=[line() | {"productDescription": "Pâté"}])
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + as_xml(fields).decode()

    [(_, actual)] = read(XML, text.encode(encoding))

    assert "Pâté" == actual["lines"][0]["productDescription"]


def test_many_receipts_are_read_with_their_positions_whatever_the_size_of_a_piece() -> None:
    body = b"<receipts>\n" + b"\n".join(as_xml(receipt(n)) for n in range(1, 301)) + b"</receipts>"

    actual = [(position, one["cashReceiptID"]) for position, one in read(XML, body)]

    assert [(n, str(n)) for n in range(1, 301)] == actual
    assert "taken" == refusal(XML, body)


def test_empty_lists_are_lists() -> None:
    body = changed(LINES, b"<lines> </lines>")

    [(_, actual)] = read(XML, body)

    assert [] == actual["lines"]
    assert json.loads(json.dumps(actual)) == actual


def test_a_body_that_is_refused_early_is_let_go_at_once() -> None:
    body = b"<receipt>" + b"<a>" * 100_000
    gc.disable()
    try:
        before = sys.getrefcount(body)
        with contextlib.suppress(NotReadableError):
            list(xml.receipts(body))

        assert before == sys.getrefcount(body)
    finally:
        gc.enable()
