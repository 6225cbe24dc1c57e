"""A receipt as the tills of a chain write it: as XML, as rows of CSV, as a form."""

import csv
import io
import json
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape


def texts(fields: dict[str, Any]) -> dict[str, str]:
    """The fields that are no lists or objects, as text; null is empty."""
    return {
        name: _text(value) for name, value in fields.items() if not isinstance(value, (list, dict))
    }


def as_xml(fields: dict[str, Any]) -> bytes:
    def leaves(of: dict[str, Any]) -> str:
        return "".join(
            f"<{name}>{escape(text, {chr(13): '&#13;'})}</{name}>"
            for name, text in texts(of).items()
        )

    lines = "".join(f"<line>{leaves(one)}</line>" for one in fields["lines"])
    tenders = "".join(f"<settlement>{leaves(one)}</settlement>" for one in fields["settlements"])
    return (
        f"<receipt>{leaves(fields)}<lines>{lines}</lines>"
        f"<documentTotal>{leaves(fields['documentTotal'])}</documentTotal>"
        f"<settlements>{tenders}</settlements></receipt>"
    ).encode()


def as_form(fields: dict[str, Any]) -> bytes:
    pairs = texts(fields)
    pairs |= {f"documentTotal.{n}": t for n, t in texts(fields["documentTotal"]).items()}
    for group in ("lines", "settlements"):
        for index, one in enumerate(fields[group]):
            pairs |= {f"{group}.{index}.{n}": t for n, t in texts(one).items()}
    return urlencode(pairs).encode()


def as_csv(*all_fields: dict[str, Any]) -> bytes:
    rows: list[dict[str, str]] = []
    for fields in all_fields:
        shared = texts(fields)
        shared |= {f"documentTotal.{n}": t for n, t in texts(fields["documentTotal"]).items()}
        for index, one in enumerate(fields["settlements"], 1):
            shared |= {f"settlement{index}.{n}": t for n, t in texts(one).items()}
        rows += [shared | texts(one) for one in fields["lines"]]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
