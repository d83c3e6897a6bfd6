"""The state of a feed's delivery: one vocabulary for the portal and the admin."""
