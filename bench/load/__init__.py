"""What is sent: events, keys, tenants, and the load generator."""
