"""Downloads of filtered lists, prepared by a worker."""
