"""The admin's search across all partners."""
