"""Opportunities: activities with an event code of 12000 and more, with a status and a stage."""
