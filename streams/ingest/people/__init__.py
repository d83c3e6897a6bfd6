"""Events whose userId is looked up in the identity map."""
