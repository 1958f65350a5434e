"""The asynchronous surface: accept now, process later, tell the truth. Derived from the registry."""
