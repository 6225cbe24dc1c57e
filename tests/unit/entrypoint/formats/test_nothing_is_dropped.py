"""Whatever stands in a body, and wherever: it is in the receipt, or the body is refused."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.read_formats import read, refusal
from tests.support.receipts import receipt
from tests.support.written import as_csv, as_form, as_xml
from tillstream.receipt import DocumentTotal, Line, Receipt, Settlement

XML, CSV, FORM = "application/xml", "text/csv", "application/x-www-form-urlencoded"

#: Of which every text is another one, so that none hides that another is gone.
WHOLE: dict[str, Any] = receipt(101) | {
    "storeID": "store",
    "terminalID": "till",
    "agentID": "agent",
    "customerID": "customer",
    "lines": [
        {
            "lineNumber": number,
            "productCode": f"code {number}",
            "productDescription": f"product {number}",
            "productCategoryCode": f"category code {number}",
            "productCategoryName": f"category {number}",
            "quantity": number + 0.5,
            "unitOfMeasure": f"unit {number}",
            "unitPrice": number + 0.25,
            "creditAmount": number + 0.1,
            "taxPercentage": number + 5,
            "settlementAmount": number + 0.3,
        }
        for number in (11, 22)
    ],
    "documentTotal": {"netTotal": 33.2, "taxPayable": 0.4, "grossTotal": 33.6},
    "settlements": [
        {"paymentMechanism": "CB", "settlementAmount": 30.1},
        {"paymentMechanism": "cash", "settlementAmount": 3.5},
    ],
}
#: What is added. It is a number, which every field takes.
ADDED = "4711"

FIELDS = sorted(
    {
        field.encode_name
        for kind in (Receipt, Line, DocumentTotal, Settlement)
        for field in msgspec.structs.fields(kind)
    }
)
names = st.sampled_from([*FIELDS, "line", "settlement", "receipt", "shop", "item"])
paths = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(
            ["", "documentTotal.", "line.", "lines.", "lines.0.", "lines.1.", "lines.2.", "x."]
            + [f"settlement{each}." for each in (1, 2, 3, "")]
            + [f"settlements.{each}." for each in (0, 2, "x")]
        ),
        names,
    ),
)


def texts(value: Any) -> Iterator[str]:
    """Every text of a receipt, numbers as they were written."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif value is not None:
        yield value if isinstance(value, str) else json.dumps(value)


@st.composite
def xml(draw: st.DrawFn) -> tuple[bytes, set[str]]:
    root = fromstring(as_xml(WHOLE))  # noqa: S314 - our own
    places = list(root.iter())
    place = draw(st.sampled_from(places))
    match draw(st.sampled_from(["element", "attribute", "text", "text after it", "list"])):
        case "element":
            SubElement(place, draw(names)).text = ADDED
        case "attribute":
            place.set(draw(names), ADDED)
        case "text":
            place.text = f"{place.text or ''} {ADDED}".strip()
        case "text after it" if place is not root:
            place.tail = ADDED
        case _:
            SubElement(SubElement(place, draw(names)), draw(names)).text = ADDED
    return tostring(root), set(_of_xml(root))


def _of_xml(root: Element) -> Iterator[str]:
    for element in root.iter():
        yield from (text for text in (element.text, element.tail) if text)
        yield from element.attrib.values()


@st.composite
def csv_rows(draw: st.DrawFn) -> tuple[bytes, set[str]]:
    head, *rows = csv.reader(io.StringIO(as_csv(WHOLE).decode(), newline=""))
    row = draw(st.sampled_from(rows))
    match draw(st.sampled_from(["column", "column of one row", "cell", "cell too many"])):
        case "column":
            head.append(draw(paths))
            for each in rows:
                each.append(ADDED)
        case "column of one row":
            head.append(draw(paths))
            for each in rows:
                each.append(ADDED if each is row else "")
        case "cell":
            row[draw(st.integers(0, len(row) - 1))] = ADDED
        case _:
            row.append(ADDED)
    out = io.StringIO(newline="")
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode(), {cell for each in rows for cell in each if cell}


@st.composite
def form(draw: st.DrawFn) -> tuple[bytes, set[str]]:
    pairs = parse_qsl(as_form(WHOLE).decode(), keep_blank_values=True)
    pairs.insert(draw(st.integers(0, len(pairs))), (draw(paths), ADDED))
    return urlencode(pairs).encode(), {text for _, text in pairs if text}


@pytest.mark.parametrize(("media_type", "bodies"), [(XML, xml), (CSV, csv_rows), (FORM, form)])
def test_what_is_added_anywhere_is_kept_with_all_else_or_the_body_is_refused(
    media_type: str, bodies: Callable[[], st.SearchStrategy[tuple[bytes, set[str]]]]
) -> None:
    @given(bodies())
    def law(case: tuple[bytes, set[str]]) -> None:
        body, written = case
        if "taken" == refusal(media_type, body):
            # Rows of CSV that name another store are another receipt.
            taken = [one for _, one in read(media_type, body)]

            assert set() == written - set(texts(taken))

    law()


@pytest.mark.parametrize(("media_type", "write"), [(XML, as_xml), (CSV, as_csv), (FORM, as_form)])
def test_the_receipt_that_is_added_to_is_taken_whole(
    media_type: str, write: Callable[[dict[str, Any]], bytes]
) -> None:
    [(_, taken)] = read(media_type, write(WHOLE))

    assert "taken" == refusal(media_type, write(WHOLE))
    assert set(texts(WHOLE)) == set(texts(taken))
