"""One file = one automation rule an administrator can place on a stage."""
