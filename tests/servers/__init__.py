"""The servers of the tests, started in a temporary folder and gone with the run."""
