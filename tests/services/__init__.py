"""The servers that tests run on: started in a temporary folder, gone with the run."""
