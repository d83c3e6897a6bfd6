"""Activity logs of workspaces and partners: who did what, when, and from where."""
