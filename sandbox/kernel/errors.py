"""Refusals of the portal, as the REST client sees them."""

from __future__ import annotations


class RestError(Exception):
    """An answer `{"error": code, "error_description": text}` with an HTTP status.

    `code` is a string or an int, exactly as the vendor's page prints it (`0`, `100`, `""` and
    `NOT_FOUND` all occur). `extra` is merged into the body (placement.bind adds `argument`).
    """

    def __init__(self, code: str | int, description: str = "", status: int = 400, **extra: object) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.status = status
        self.extra = extra

    def body(self) -> dict[str, object]:
        """The JSON body of the refusal, without the `time` block."""
        return {"error": self.code, "error_description": self.description, **self.extra}


class KeptRefusal(RestError):
    """A refusal after the deed: what the command has done so far stays (a letter that could not be sent)."""


def access_denied(status: int = 403) -> RestError:
    """The refusal for a caller without the right (the status differs between methods)."""
    return RestError("ACCESS_DENIED", "Access denied!", status)


def missing(parameter: str) -> RestError:
    """A required parameter did not come (new-style controllers answer with code 100)."""
    return RestError(100, f"Could not find value for parameter {{{parameter}}}")
