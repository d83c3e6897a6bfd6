"""The people who get notices: the recipients, the outbox and each person's inbox."""
