"""An organisation to try things on: demo data."""
