"""How the stores of STORES_FILE are called on the pages; the browser has `assets/13-stores.js`."""

import json

from dashboard.pages.formatting import Verbatim, of_data
from tillstream.stores import Store, StoreTable


def numbered(store: Store) -> Verbatim:
    """The name with the number behind it, else the number."""
    return of_data(f"{store.name} ({store.store})" if store.name else store.store)


def script_data(table: StoreTable) -> str:
    """Names by number as JSON that may stand within an element `script`."""
    names = {each.store: each.name for each in table.stores.values() if each.name}
    text = json.dumps(names, ensure_ascii=False, separators=(",", ":"))
    # No markup, and none of the places `{%...%}` that Dash fills in the document.
    return text.replace("<", "\\u003c").replace("%", "\\u0025")
