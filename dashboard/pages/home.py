"""Where a reader begins: the first page that the roles open."""

from dashboard.access.reader import Reader
from dashboard.access.rules import may_open
from dashboard.pages.addresses import store_path


def home(reader: Reader) -> str:
    """Its path; of a manager the page of the first store."""
    if may_open(reader, "live"):
        return "/"
    if may_open(reader, "operations"):
        return "/operations"
    return store_path(reader.stores[0]) if reader.stores else "/days"
