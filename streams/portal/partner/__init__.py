"""A partner's list of workspaces."""
