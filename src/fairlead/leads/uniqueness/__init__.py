"""Making a field of leads unique while leads are written, and taking that back."""
