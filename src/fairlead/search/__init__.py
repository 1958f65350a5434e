"""One box that finds leads, accounts and opportunities, whatever screen is open."""
