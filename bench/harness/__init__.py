"""The servers, the portal and the receiver that rows measure, and one run of a job."""
