"""Vendors that sign as their documentation says (docs/receivers.md), by the standard library alone.

Nothing here knows how the door checks.
"""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import NamedTuple

SQUARE_URL = "https://tills.example.com/receivers/square"
SECRETS = {
    name: (f"{name}-secret-new-0123456789", f"{name}-secret-old-0123456789")
    for name in ("shopify", "woocommerce", "square", "lightspeed", "odoo", "stamped")
}

MAPPING = """
[sale]
key = "id"
version = "version"
number = "id"
time = "at"
store = "store"
rest = "'unpaid'"
[[sale.lines]]
each = "items"
name = "title"
price = "price"
"""
SIGNATURES = {
    "shopify": """
scheme = "hmac-sha256"
header = "X-Shopify-Hmac-SHA256"
[delivery]
id_header = "X-Shopify-Webhook-Id"
topic_header = "X-Shopify-Topic"
source_header = "X-Shopify-Shop-Domain"
""",
    "woocommerce": """
scheme = "hmac-sha256"
header = "X-WC-Webhook-Signature"
ping = "webhook_id=[0-9]+"
[delivery]
id_header = "X-WC-Webhook-Delivery-ID"
topic_header = "X-WC-Webhook-Topic"
source_header = "X-WC-Webhook-Source"
""",
    "square": """
scheme = "hmac-sha256"
header = "x-square-hmacsha256-signature"
over = "{url}{body}"
""",
    "lightspeed": """
scheme = "hmac-sha256"
header = "X-Signature"
pattern = 'signature=([0-9a-fA-F]+)'
encoding = "hex"
[delivery]
form_field = "payload"
""",
    "odoo": """
scheme = "token"
query = "token"
""",
    "stamped": """
scheme = "hmac-sha256"
header = "X-Signature"
pattern = 'v1=([0-9a-f]+)'
encoding = "hex"
over = "{timestamp}.{body}"
timestamp_header = "X-Signature"
timestamp_pattern = 't=([0-9]+)'
window = "5 min"
""",
}


class Signed(NamedTuple):
    """A request as the vendor sends it: the path's query and the headers."""

    query: str
    headers: dict[str, str]


def declare(folder: Path) -> Path:
    """Definitions of all vendors in a folder."""
    folder.mkdir(exist_ok=True)
    for name, signature in SIGNATURES.items():
        text = f'title = "{name}"\n[signature]{signature}{MAPPING}'
        (folder / f"{name}.toml").write_text(text)
    return folder


def environ(folder: Path) -> dict[str, str]:
    """Settings of a door that has all vendors, each with two secrets."""
    variables = {f"RECEIVER_{name.upper()}_SECRET": " ".join(two) for name, two in SECRETS.items()}
    return {
        "RECEIVERS_DIR": str(declare(folder)),
        "RECEIVERS_URL": "https://tills.example.com/",
        **variables,
    }


def sign(vendor: str, secret: str, body: bytes, now: float) -> Signed:
    """What goes with the body."""
    form = {"Content-Type": "application/json"}
    match vendor:
        case "shopify":
            signature = base64.b64encode(_mac(secret, body)).decode()
            return Signed(
                "",
                form
                | {
                    "X-Shopify-Hmac-SHA256": signature,
                    "X-Shopify-Topic": "orders/create",
                    "X-Shopify-Shop-Domain": "bakery.example.com",
                    "X-Shopify-Webhook-Id": "b54557e4",
                },
            )
        case "woocommerce":
            signature = base64.b64encode(_mac(secret, body)).decode()
            return Signed(
                "",
                form
                | {
                    "X-WC-Webhook-Signature": signature,
                    "X-WC-Webhook-Topic": "order.updated",
                    "X-WC-Webhook-Source": "https://shop.example.com/",
                    "X-WC-Webhook-Delivery-ID": "0d4c",
                },
            )
        case "square":
            signature = base64.b64encode(_mac(secret, SQUARE_URL.encode() + body)).decode()
            return Signed("", form | {"x-square-hmacsha256-signature": signature})
        case "lightspeed":
            signature = _mac(secret, body).hex()
            return Signed(
                "",
                {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Signature": f"signature={signature},algorithm=HMAC-SHA256",
                },
            )
        case "odoo":
            return Signed(f"token={secret}", form)
        case _:
            signature = _mac(secret, f"{now:.0f}.".encode() + body).hex()
            return Signed("", form | {"X-Signature": f"t={now:.0f},v1={signature}"})


def _mac(secret: str, text: bytes) -> bytes:
    return hmac.new(secret.encode(), text, hashlib.sha256).digest()
