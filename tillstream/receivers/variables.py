"""What the variables of the environment are called that belong to one receiver."""

SECRET, URL, TOKEN, BASE = "SECRET", "URL", "TOKEN", "BASE"


def variable(name: str, what: str) -> str:
    """`RECEIVER_MY_SHOP_SECRET` for the receiver `my-shop`."""
    return f"RECEIVER_{name.upper().replace('-', '_')}_{what}"
