"""Figures for the admin's first page, which a task measures once a minute."""
