"""Webhook endpoints of workspaces and partners, and the messages that they get."""
