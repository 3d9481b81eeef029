"""Files of the document generator: placeholders of a docx, filling them, and a plain page of PDF."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

_TAGS = r"(?:<[^>]+>)*"
# A word processor may break a placeholder into runs: tags stand between its braces and its name.
_PLACE = re.compile(r"\{" + _TAGS + r"([A-Za-z][A-Za-z0-9_.]*)" + _TAGS + r"\}")
_PARTS = re.compile(r"word/(document|header\d*|footer\d*)\.xml")


def _opened(content: bytes) -> zipfile.ZipFile | None:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        return None


def placeholders(content: bytes) -> list[str]:
    """The names in braces, in the order of the text; none for a file that is no docx."""
    archive = _opened(content)
    if archive is None:
        return []
    names: dict[str, None] = {}
    for part in archive.namelist():
        if _PARTS.fullmatch(part):
            names |= dict.fromkeys(_PLACE.findall(archive.read(part).decode("utf-8", "replace")))
    return list(names)


def filled(content: bytes, values: Mapping[str, Any]) -> bytes:
    """The docx with values in place of the names; a name without a value vanishes, as in the portal.

    A file that is no docx stays as it is.
    """
    archive = _opened(content)
    if archive is None:
        return content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in archive.namelist():
            data = archive.read(part)
            if _PARTS.fullmatch(part):
                data = _PLACE.sub(lambda m: _text(values.get(m[1])), data.decode("utf-8", "replace")).encode()
            target.writestr(part, data)
    return out.getvalue()


def _text(value: Any) -> str:
    return "" if value is None else escape(str(value))


def sample(*names: str) -> bytes:
    """A small docx with a paragraph for every name."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{name}: {{{name}}}</w:t></w:r></w:p>" for name in names)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = f'<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body></w:document>'
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
        '.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships'
        '/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("[Content_Types].xml", types)
        target.writestr("_rels/.rels", relations)
        target.writestr("word/document.xml", document)
    return out.getvalue()


def page(title: str) -> bytes:
    """A one-page PDF with a line of Latin text, in place of what the portal's converter makes."""
    line = title.encode("ascii", "replace").decode().translate({40: None, 41: None, 92: None})
    stream = f"BT /F1 18 Tf 72 760 Td ({line}) Tj ET"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    text, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(text))
        text += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    start = len(text)
    text += (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
    )
    return text.encode("latin-1")
