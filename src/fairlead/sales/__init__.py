"""Sales on leads, what they are worth, and the products that are sold."""
