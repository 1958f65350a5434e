"""Organisations: their definitions, users and keys."""
