"""The first run and the demonstration, which are not Django commands."""
