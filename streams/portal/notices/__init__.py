"""The inbox of a user, in all of their places."""
