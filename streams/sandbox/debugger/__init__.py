"""The debugger page, its API and what it shows."""
