"""Which version of Tillstream this is: the one place, of which a wheel's metadata are made."""

VERSION = "0.1.0"
