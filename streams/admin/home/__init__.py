"""The admin's first page: what waits for an operator, and the models by purpose."""
