"""Figures, the table, and the plots."""
