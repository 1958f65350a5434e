"""Field definitions, data types, and the checking and printing of values: the one place that knows types."""
