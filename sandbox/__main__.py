"""`python -m sandbox`: runs the portal in the foreground."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import uvloop

from sandbox.server.options import parse
from sandbox.server.web import serve


def main(words: Sequence[str] | None = None) -> int:
    """Runs until it is told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    uvloop.run(serve(parse(words)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
