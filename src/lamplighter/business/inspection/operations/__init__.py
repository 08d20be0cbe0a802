"""What is done to a case. Each asks for the right first, gets the instant, and returns the case as it then is."""
