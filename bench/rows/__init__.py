"""What is measured: a function for each row, which notes figures run by run."""
