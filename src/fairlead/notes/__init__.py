"""Notes: what people wrote down about a lead."""
