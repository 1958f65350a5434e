"""The waist: HTTP, batches, limits. Knows no operation by name."""
