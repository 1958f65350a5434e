"""Activities of leads: post, update, read; their types."""
