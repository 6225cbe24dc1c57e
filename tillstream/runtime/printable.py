"""Text of others as a terminal or a log may show it: nothing in it is obeyed. Pure."""

from unicodedata import category

#: Escapes that everybody knows.
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    r"""The text with everything that is not printed escaped, as Python writes it.

    Control characters, line and paragraph separators, and the format characters that turn the
    direction of a line: "a\x1b[31m" has the five characters `\x1b` for the escape.

    >>> printable("till\n[error]"), printable("Espèces")
    ('till\\n[error]', 'Espèces')
    """
    if text.isprintable():
        return text
    return "".join(each if _is_shown(each) else _escaped(each) for each in text)


def printable_lines(text: str) -> str:
    """The same of a text of several lines, whose line breaks stay."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _is_shown(character: str) -> bool:
    # Python prints no space but the common one; French has others before its signs.
    return character.isprintable() or category(character) == "Zs"


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
