"""Partners, workspaces, members and users."""
