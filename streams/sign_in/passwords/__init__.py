"""Rules for new passwords, and the list of breached ones (from zxcvbn-ts)."""
