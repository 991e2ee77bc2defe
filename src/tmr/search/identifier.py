"""Identifier: what an item is called in addresses."""

import hashlib

DIGITS = 20


def identifier(name: str) -> str:
    """Return what an item is called in addresses: 20 hexadecimal digits, always the same for the same name.

    Names themselves may hold slashes, question marks and bytes that are no text.
    """
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
