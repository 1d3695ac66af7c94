"""The root of a Merkle tree over the lines of a seal (RFC 6962's way: leaves and nodes are hashed apart)."""

from collections.abc import Sequence
from hashlib import sha256


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over at least one leaf, 32 bytes. A node without a neighbour goes up as it is."""
    if not leaves:
        raise ValueError("a tree has leaves")
    level = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]
