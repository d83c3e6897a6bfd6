"""What every row runs on: servers, the portal, the receiver, and one run of a job."""
