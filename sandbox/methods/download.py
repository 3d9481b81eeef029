"""The method behind every `DOWNLOAD_URL`: the bytes of a file by its token."""

from __future__ import annotations

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
