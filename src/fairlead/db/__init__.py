"""Everything between Fairlead and PostgreSQL: the embedded server, the pool, tables and migrations."""
