"""The workload: events, keys, tenants, and the load generator."""
