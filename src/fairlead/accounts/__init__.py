"""Accounts and account activities: create, update, find, delete."""
