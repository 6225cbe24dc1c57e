"""Passwords as they are kept: a salted scrypt hash, which says itself how dear it is. No I/O."""

import base64
import hashlib
import hmac
import re
import secrets

#: 2 to this power rounds over blocks of 8 x 128 bytes: 16 MiB of memory, done five times over. Of
#: the settings that OWASP names as equal, the one that takes the least memory.
LOG_ROUNDS, BLOCK, TIMES = 14, 8, 5
#: Shorter ones are guessed.
LEAST_CHARACTERS = 12
MOST_CHARACTERS = 256

_SALT_BYTES, _HASH_BYTES = 16, 32
#: Above what any hash needs that is within the bounds of `_FORM`.
_MAX_MEMORY = 256 * 1024 * 1024
_BASE64 = "[A-Za-z0-9+/]"
_FORM = re.compile(rf"scrypt\$(1[4-7])\$(8)\$([1-9])\$({_BASE64}{{22}}==)\$({_BASE64}{{43}}=)")


def is_hash(text: str) -> bool:
    """Whether it is a hash of ours, within bounds that a sign-in can pay for."""
    return _FORM.fullmatch(text) is not None


def hashed(password: str) -> str:
    """The hash of a password, with a salt of its own: some 0.2 s of a core."""
    salt = secrets.token_bytes(_SALT_BYTES)
    made = _scrypt(password.encode(), salt, LOG_ROUNDS, BLOCK, TIMES)
    return f"scrypt${LOG_ROUNDS}${BLOCK}${TIMES}${_text(salt)}${_text(made)}"


#: Of nobody: an unknown name takes as long as a known one.
OF_NOBODY = f"scrypt${LOG_ROUNDS}${BLOCK}${TIMES}${'A' * 22}==${'A' * 43}="


def matches(password: bytes, kept: str) -> bool:
    """Whether it is the password of a hash; compared in constant time. False for no hash."""
    found = _FORM.fullmatch(kept)
    if found is None:
        return False
    rounds, block, times = (int(each) for each in found.group(1, 2, 3))
    salt, expected = (base64.b64decode(each) for each in found.group(4, 5))
    return hmac.compare_digest(_scrypt(password, salt, rounds, block, times), expected)


def _scrypt(password: bytes, salt: bytes, log_rounds: int, block: int, times: int) -> bytes:
    return hashlib.scrypt(
        password,
        salt=salt,
        n=2**log_rounds,
        r=block,
        p=times,
        maxmem=_MAX_MEMORY,
        dklen=_HASH_BYTES,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
