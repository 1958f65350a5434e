"""Tasks: appointments and to-dos of users, about a lead, an opportunity, or nothing."""
