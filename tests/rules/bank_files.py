"""Files of banks as tests need them: text of the exchange format and sheets."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

OURS = "40702810900000005555"
THEIRS = "40702810500000001234"
ROMASHKA = "7701234567"

HEAD = f"""1CClientBankExchange
ВерсияФормата=1.03
Кодировка=Windows
Отправитель=Бухгалтерия предприятия, редакция 3.0
Получатель=
ДатаСоздания=07.04.2026
ВремяСоздания=09:15:22
ДатаНачала=01.04.2026
ДатаКонца=07.04.2026
РасчСчет={OURS}
СекцияРасчСчет
ДатаНачала=01.04.2026
ДатаКонца=07.04.2026
РасчСчет={OURS}
НачальныйОстаток=1000.00
ВсегоПоступило=120000.00
ВсегоСписано=0
КонечныйОстаток=121000.00
КонецРасчСчет
"""


def document(number: str | int = 15, amount: str | int = "120000.00", day: str = "07.04.2026", **values: str) -> str:
    """A payment order that came in; `values` replace or add fields."""
    fields = {
        "Номер": str(number),
        "Дата": day,
        "Сумма": str(amount),
        "ПлательщикСчет": THEIRS,
        "Плательщик": f'ИНН {ROMASHKA} ООО "Ромашка"',
        "ПлательщикИНН": ROMASHKA,
        "Плательщик1": 'ООО "Ромашка"',
        "ПлательщикБИК": "044525225",
        "ПолучательСчет": OURS,
        "ДатаПоступило": day,
        "Получатель": "ООО ФрутаБонита",
        "ПолучательИНН": "7709876543",
        "ВидОплаты": "01",
        "НазначениеПлатежа": "Оплата за товар. НДС не облагается",
        **values,
    }
    lines = "".join(f"{name}={value}\n" for name, value in fields.items())
    return f"СекцияДокумент=Платежное поручение\n{lines}КонецДокумента\n"


def text_file(*documents: str, end: str = "КонецФайла\n") -> str:
    """A whole file."""
    return HEAD + "".join(documents) + end


def windows(*documents: str) -> bytes:
    """A whole file as banks send it: the encoding and line ends of Windows."""
    return text_file(*documents).replace("\n", "\r\n").encode("cp1251")


SHEET_HEADINGS = ("Дата", "Номер документа", "ИНН плательщика", "Плательщик", "Сумма, руб.", "Назначение платежа")


def sheet(rows: Sequence[Sequence[Any]], headings: Sequence[Any] = SHEET_HEADINGS, above: int = 0) -> bytes:
    """A workbook with titles above the headings."""
    book = Workbook()
    page = book.active
    for n in range(above):
        page.append([f"Выписка по счёту, строка {n + 1}"])
    page.append(list(headings))
    for row in rows:
        page.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
