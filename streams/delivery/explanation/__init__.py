"""Why an event is in its state, in one sentence, and the action that helps."""
