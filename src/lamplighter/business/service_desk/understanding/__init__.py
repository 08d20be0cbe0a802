"""Understanding: which intent, what was named, who is in danger."""
