"""Product rows of items, and the sum they make."""

from __future__ import annotations

from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_product_rows (id INTEGER PRIMARY KEY AUTOINCREMENT, ownerTypeId INTEGER NOT NULL,
        ownerId INTEGER NOT NULL, productId INTEGER NOT NULL DEFAULT 0, productName TEXT, price REAL NOT NULL DEFAULT 0,
        priceExclusive REAL, priceNetto REAL, priceBrutto REAL, quantity REAL NOT NULL DEFAULT 1,
        discountTypeId INTEGER NOT NULL DEFAULT 2, discountRate REAL NOT NULL DEFAULT 0,
        discountSum REAL NOT NULL DEFAULT 0,
        taxRate REAL, taxIncluded TEXT NOT NULL DEFAULT 'N', customized TEXT NOT NULL DEFAULT 'Y',
        measureCode INTEGER NOT NULL DEFAULT 796, measureName TEXT NOT NULL DEFAULT 'шт',
        sort INTEGER NOT NULL DEFAULT 10,
        xmlId TEXT NOT NULL DEFAULT '', type INTEGER NOT NULL DEFAULT 1, storeId INTEGER);
    CREATE INDEX IF NOT EXISTS crm_product_rows_owner ON crm_product_rows (ownerTypeId, ownerId);
    """
)


def forget(store: Store, owner_type_id: int, owner_id: int) -> None:
    """Removes the rows of an item."""
    store.execute("DELETE FROM crm_product_rows WHERE ownerTypeId = ? AND ownerId = ?", (owner_type_id, owner_id))
