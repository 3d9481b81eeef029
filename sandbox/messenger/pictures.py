"""Pictures that come in base64: whether they are ones, and how large (im-chat-update-avatar.md)."""

from __future__ import annotations

import base64
import binascii
import struct

LARGEST = 5000
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")
# Where a JPEG says its size: the starts of frames, among which these three markers are none.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def content(value: object) -> bytes | None:
    """The bytes of a picture, None when it is none; `data:image/png;base64,` may stand before them."""
    try:
        body = base64.b64decode(str(value).rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return body if is_one(body) else None


def is_one(body: bytes) -> bool:
    """Whether these bytes begin as a picture does."""
    return body.startswith(_SIGNATURES)


def too_large(body: bytes) -> bool:
    """Whether a side is longer than allowed; a picture that does not tell its size is not."""
    return max(_size(body)) > LARGEST


def _size(body: bytes) -> tuple[int, int]:
    try:
        if body.startswith(b"\x89PNG"):
            width, height = struct.unpack_from(">II", body, 16)
        elif body.startswith(b"GIF8"):
            width, height = struct.unpack_from("<HH", body, 6)
        elif body.startswith(b"BM"):
            width, height = struct.unpack_from("<ii", body, 18)
        elif body.startswith(b"\xff\xd8"):
            width, height = _size_of_jpeg(body)
        else:
            return 0, 0
    except struct.error:
        return 0, 0
    return abs(width), abs(height)


def _size_of_jpeg(body: bytes) -> tuple[int, int]:
    """Walks over the segments to the frame."""
    at = 2
    while True:
        marker, length = struct.unpack_from(">HH", body, at)
        if marker & 0xFF in _FRAMES:
            height, width = struct.unpack_from(">HH", body, at + 5)
            return width, height
        at += 2 + length
