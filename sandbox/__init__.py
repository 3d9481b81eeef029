"""A Bitrix24 portal that runs on this machine, written from the vendor's pages (bitrix24/b24restdocs)."""
