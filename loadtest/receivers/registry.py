"""The vendors by their names: how they send, what their receipts are called, what they can tell."""

from typing import NamedTuple

from loadtest.receivers import profiles
from loadtest.receivers.delivery import Vendor
from loadtest.receivers.expected import Profile
from loadtest.receivers.history import Shape
from loadtest.receivers.vendors.generic import GENERIC
from loadtest.receivers.vendors.lightspeed import LIGHTSPEED
from loadtest.receivers.vendors.odoo import ODOO
from loadtest.receivers.vendors.shopify import SHOPIFY
from loadtest.receivers.vendors.square import SQUARE
from loadtest.receivers.vendors.woocommerce import WOOCOMMERCE


class Known(NamedTuple):
    """A vendor and what is known of its receipts."""

    vendor: Vendor
    profile: Profile
    shape: Shape


_LOCATIONS = ("655441491", "655441492", "655441493")
_DEVICES = ("8801", "8802", "8803")
_STORES = ("17", "18", "19")
_TILLS = ("1", "2", "3")
_REGISTERS = (
    "b1e198a9-f019-11e3-a0f5-0000000000a1",
    "b1e198a9-f019-11e3-a0f5-0000000000a2",
    "b1e198a9-f019-11e3-a0f5-0000000000a3",
)

VENDORS: dict[str, Known] = {
    "generic": Known(GENERIC, profiles.GENERIC, Shape(_STORES, _TILLS, has_tests=True)),
    "lightspeed": Known(
        LIGHTSPEED, profiles.LIGHTSPEED, Shape(_REGISTERS, _REGISTERS, has_shipping=False)
    ),
    "odoo": Known(ODOO, profiles.ODOO, Shape(_STORES, _TILLS, has_shipping=False, has_tests=True)),
    "shopify": Known(SHOPIFY, profiles.SHOPIFY, Shape(_LOCATIONS, _DEVICES, has_tests=True)),
    "square": Known(SQUARE, profiles.SQUARE, Shape(("LOC17", "LOC18", "LOC19"), _TILLS)),
    "woocommerce": Known(
        WOOCOMMERCE,
        profiles.WOOCOMMERCE,
        Shape(("web",), ("checkout",), has_gift_cards=False, splits_tenders=False),
    ),
}
