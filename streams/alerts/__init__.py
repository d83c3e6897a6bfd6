"""Alerts: conditions with a start and an end, and the notices about them.

Beat starts a task that compares the conditions with the open alerts and sends what is due.
Nothing here runs while events are received or delivered.
"""
