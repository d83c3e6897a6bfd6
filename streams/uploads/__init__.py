"""Files with the userIds of people, which workers read into the identity map."""
