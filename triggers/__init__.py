"""One file = one signal to the portal's automation that an administrator can place on a stage."""
