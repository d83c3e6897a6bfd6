"""One search box for pages, workspaces, streams, events by ID, and docs; and all shortcuts."""
