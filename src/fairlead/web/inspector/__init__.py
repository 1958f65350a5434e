"""The last requests of the API as they went over the wire, kept in the memory of the process."""
