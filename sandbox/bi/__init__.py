"""Analytics: connectors, sources and data sets that applications register."""
