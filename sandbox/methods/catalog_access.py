"""Rights to the catalogue and to documents: a command of the control side, since no REST method sets them."""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain import rights


@method("sandbox.catalog.access", write=True)
def access(call: Call) -> bool:
    """Sets what `user` may, by the words of `rights`; not for REST clients."""
    call.require_inside()
    words = [str(word) for word in call.listing("rights")]
    if not set(words) <= set(rights.WORDS):
        raise RestError("INVALID_ARG_VALUE", f"rights are some of {', '.join(rights.WORDS)}")
    rights.grant(call.portal, call.integer("user"), words)
    return True
