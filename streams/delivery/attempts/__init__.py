"""Find delivery attempts for pages. Every search is bounded by a number of rows."""
