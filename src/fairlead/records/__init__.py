"""Records in memory and on disk: leads, activities, accounts and their history, read and written many at a time."""
