"""Working time: the days of employees and what is told about them."""
