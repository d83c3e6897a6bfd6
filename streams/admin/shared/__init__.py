"""Base classes of the admin's pages. This package imports nothing else of the admin."""
