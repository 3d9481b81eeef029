"""Values whose JSON form is not what PHP makes of an empty array."""

from __future__ import annotations

from typing import Any


class EmptyObject(dict[str, Any]):
    """Printed as `{}`: an object of PHP without public fields (a date), where an empty array would be `[]`."""
