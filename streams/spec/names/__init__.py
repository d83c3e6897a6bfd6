"""Event names: the Spec's own, synonyms and look-alikes."""
