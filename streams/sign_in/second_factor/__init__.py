"""Two-factor authentication: its stored secrets, and who must use it."""
