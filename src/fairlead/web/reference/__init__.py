"""The reference of the API for who is signed in: every operation as the registry has it, what is done, what can go wrong."""
