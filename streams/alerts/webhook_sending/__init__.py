"""Sends the messages to webhook endpoints."""
