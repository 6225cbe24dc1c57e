"""Our generic receiver: our receipt contract with a version, signed as Standard Webhooks says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import json
import uuid
from typing import Any

from loadtest.receivers.delivery import Request, Vendor
from loadtest.receivers.expected import documents
from loadtest.receivers.profiles import GENERIC as PROFILE
from loadtest.receivers.sales import Sale

#: What a receipt is known by.
IDENTITY = ("storeID", "terminalID", "date", "cashReceiptID")


def requests(sale: Sale) -> list[Request]:
    """The sale, and each new return, which is a receipt of its own."""
    receipts = documents(PROFILE, sale._replace(cancelled=False, is_test=False))
    told = [_request(sale, receipts[0] | {"cancelled": sale.cancelled, "test": sale.is_test})]
    if sale.refunds and sale.refunds[-1].at == sale.updated:
        of = {name: receipts[0][name] for name in IDENTITY}
        told.append(_request(sale, receipts[-1] | {"test": sale.is_test, "returnOf": of}))
    return told


def _request(sale: Sale, receipt: dict[str, Any]) -> Request:
    body = json.dumps(receipt | {"version": sale.version}, ensure_ascii=False, default=float)
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"{receipt['cashReceiptID']}/{sale.version}")
    headers = {
        "Content-Type": "application/json",
        "webhook-id": f"msg_{key.hex}",
        # When it is sent; the sender writes it anew each time.
        "webhook-timestamp": str(int(sale.updated.timestamp())),
    }
    return Request(headers, body.encode())


def sign(request: Request, secret: str, _address: str) -> dict[str, str]:
    """Of id, timestamp and raw body, by the Base64 of the secret, as the specification says."""
    told = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}."
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, told.encode() + request.body, hashlib.sha256).digest()
    return {"webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}


GENERIC = Vendor("generic", requests, sign)
