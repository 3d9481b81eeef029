"""One file = one family of REST methods; all are found by their place in this folder."""
