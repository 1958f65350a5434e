"""The first page: how the leads, the deals and the queue stand."""
