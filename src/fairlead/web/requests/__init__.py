"""The queue for who is signed in: what waits, what became of requests, and once more those that did not succeed."""
