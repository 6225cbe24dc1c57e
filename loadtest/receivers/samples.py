"""`python -m loadtest.receivers.samples`: writes receivers/samples by the vendors' documentation.

The receipts are those of `expected`, which knows nothing of the mapping.
"""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from loadtest.receivers.expected import postings
from loadtest.receivers.registry import VENDORS, Known
from loadtest.receivers.sales import Sale
from loadtest.receivers.sample_sales import sample_sales

FOLDER = Path("receivers/samples")
#: Secrets of the samples' signatures, made up; `generic` has one in Base64, as its standard says.
SECRETS = {"generic": "whsec_c2FtcGxlLXNlY3JldC1vZi10aWxsc3RyZWFt"}
SECRET = "sample-secret-of-tillstream"  # noqa: S105
ADDRESS = "https://till.example.com/receivers/"


def files(known: Known) -> dict[str, str]:
    """Contents by their paths under the vendor's folder."""
    found: dict[str, str] = {}
    for folder, versions in sample_sales(known).items():
        deliveries = [each for version in versions for each in _deliveries(known, version)]
        for place, delivery in enumerate(deliveries, start=1):
            found[f"{folder}/delivery-{place}.json"] = text(delivery)
        found[f"{folder}/receipts.json"] = text(postings(known.profile, versions))
    return found


def _deliveries(known: Known, version: Sale) -> Iterator[dict[str, Any]]:
    vendor = known.vendor
    secret = SECRETS.get(vendor.name, SECRET)
    address = f"{ADDRESS}{vendor.name}"
    for request in vendor.requests(version):
        told: dict[str, Any] = {
            "url": address + vendor.query(secret),
            "headers": {**request.headers, **vendor.sign(request, secret, address)},
            "body": request.body.decode(),
        }
        if vendor.orders is not None:
            told["fetched"] = vendor.orders(version)[request.order]
        yield told


def text(value: Any) -> str:
    """JSON for people, with the decimals as they are."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_number) + "\n"


def _number(value: Any) -> Any:
    if not isinstance(value, Decimal):
        raise TypeError(str(type(value)))
    return int(value) if value == value.to_integral_value() else float(value)


def main() -> int:
    """Write all of them."""
    for name, known in VENDORS.items():
        for path, content in files(known).items():
            target = FOLDER / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
