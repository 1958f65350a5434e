"""Tasks and notes as the page of their lead shows them. What may happen with them is in families of their own."""
