"""What records look like: lead fields, types of activities and opportunities, the options of drop-downs."""
