"""What all screens share: sign-in, sessions, the seam for pages, navigation, templates and static files.

Screens of a family stand in its own `pages.py`; nothing here knows a family.
"""
