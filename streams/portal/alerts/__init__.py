"""The lists of alerts of a workspace and of a partner."""
