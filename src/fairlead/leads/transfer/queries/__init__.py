"""Every SQL statement of importing (`imports`) and exporting (`exports`) leads."""
