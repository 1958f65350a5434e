"""Leads: create, find, update, read."""
