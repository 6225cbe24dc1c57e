"""Which windows the page of the online shop is made of, and which of their figures."""

from collections.abc import Mapping
from typing import Final, get_args

from tillstream.streams.definition import Definitions, Model, Window

#: How purchases are credited to sources, in the order of their buttons.
MODELS: Final[tuple[str, ...]] = get_args(Model)
REVENUE, CREDITS, SOURCES = "revenue", "source_credits", "source_count"
CATEGORIES, FAILURES, GENDERS, FUNNEL = (
    "category_count",
    "fail_count",
    "gender_count",
    "shop_metrics",
)
#: Summed over the last hour and the day. Without names: the first figure that is shown.
SUMMED: Mapping[str, tuple[str, ...]] = {
    REVENUE: ("revenue", "profit", "quantity", "purchases", "without_product"),
    CREDITS: MODELS,
    SOURCES: (),
    CATEGORIES: (),
    FAILURES: (),
    GENDERS: (),
    FUNNEL: ("nr_items_viewed", "nr_items_put_in_cart", "nr_items_sold"),
}
CUSTOMERS, STOCK, PRODUCTS = "customer_analysis", "product_analysis", "sales_analysis"
#: Of the newest time that has rows: no sum of several would be true of them.
NEWEST: Mapping[str, tuple[str, ...]] = {
    CUSTOMERS: ("total_customers", "last_activity"),
    STOCK: ("average_price", "total_stock"),
    PRODUCTS: ("number_of_sales", "total_quantity_sold", "unique_customers"),
}


def declared(definitions: Definitions) -> dict[str, Window]:
    """The windows of the page that are declared, by name."""
    return {
        name: definitions.windows[name]
        for name in (*SUMMED, *NEWEST)
        if name in definitions.windows
    }


def summed_figures(window: Window) -> tuple[str, ...]:
    """The names of what is summed of a window."""
    shown = tuple(measure.name for measure in window.measures if not measure.hidden)
    return SUMMED[window.name] or shown[:1]
