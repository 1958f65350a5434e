"""Lists of leads: static ones that people fill, and two that every organisation has."""
