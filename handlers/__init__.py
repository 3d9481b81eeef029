"""One file = one behaviour that the app performs by itself."""
