"""The methods behind every `DOWNLOAD_URL` and `uploadUrl`: a file is given, or taken, by its token."""

from __future__ import annotations

from typing import Any

from sandbox.kernel import downloads
from sandbox.kernel.call import Attachment, Call
from sandbox.kernel.registry import method


@method("download", batch=False)
def download(call: Call) -> Attachment:
    """Gives the file of `token`; each family serves its own."""
    token = str(call.get("token") or "")
    serve = downloads.FAMILIES.get(token.partition("|")[0])
    if serve is None:
        raise downloads.not_found()
    return serve(call, token)


@method("upload", write=True, batch=False)
def upload(call: Call) -> Any:
    """Takes a file sent as the field `file` of multipart/form-data; each family keeps its own."""
    token = str(call.get("token") or "")
    take = downloads.TAKERS.get(token.partition("|")[0])
    if take is None:
        raise downloads.not_found()
    return take(call, token)
