"""Which events are past their retention, and their deletion in bounded steps."""
