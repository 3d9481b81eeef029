"""The document generator: templates, numerators, documents, and the files that come of them."""
