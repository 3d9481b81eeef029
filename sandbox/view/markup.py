"""The BB-codes of tasks, comments and notifications as safe HTML."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

_STYLE = re.compile(r"\[(b|i|u|s)\](.*?)\[/\1\]", re.IGNORECASE | re.DOTALL)
_PAIRS = (
    (re.compile(r"\[user=(\d+)[^\]]*\](.*?)\[/user\]", re.IGNORECASE | re.DOTALL), r"<b>\2</b>"),
    (re.compile(r"\[(?:p|list|quote|code|size=[^\]]*|color=[^\]]*|font=[^\]]*)\]", re.IGNORECASE), ""),
    (re.compile(r"\[/(?:p|list|quote|code|size|color|font)\]", re.IGNORECASE), ""),
    (re.compile(r"\[\*\]"), "• "),
    (re.compile(r"\[br\]", re.IGNORECASE), "\n"),
)
_LINK = re.compile(r"\[url(?:=([^\]]*))?\](.*?)\[/url\]", re.IGNORECASE | re.DOTALL)
_BARE = re.compile(r"(?<![\"'>=])\bhttps?://[^\s<\[\]]+")


def formatted(text: object, domain: str) -> Markup:
    """BB-codes as HTML; everything else is escaped. Links into the portal (`domain`) lose their
    host, so that they open here whatever name the browser knows the portal by."""
    safe = str(escape(str(text or "")))
    safe = _STYLE.sub(lambda match: f"<{match.group(1).lower()}>{match.group(2)}</{match.group(1).lower()}>", safe)
    for pattern, replacement in _PAIRS:
        safe = pattern.sub(replacement, safe)
    safe = _LINK.sub(lambda match: _anchor(match.group(1) or match.group(2), match.group(2), domain), safe)
    safe = _BARE.sub(lambda match: _anchor(match.group(0), match.group(0), domain), safe)
    return Markup(safe.strip().replace("\n", "<br>"))  # noqa: S704 - escaped above, tags are ours


def _anchor(address: str, label: str, domain: str) -> str:
    """A link of escaped parts; what is neither http nor a path of the portal stays a text."""
    address = address.strip().strip("&#34;").strip("&#39;")
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.netloc == domain:
        address = parts._replace(scheme="", netloc="").geturl() or "/"
    elif parts.scheme not in ("http", "https") and not (address.startswith("/") and not address.startswith("//")):
        return label
    outside = "" if address.startswith("/") else ' target="_blank" rel="noopener"'
    return f'<a href="{address}"{outside}>{label}</a>'
