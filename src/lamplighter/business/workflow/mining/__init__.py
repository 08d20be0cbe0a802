"""Process mining on our own log: what way matters really take, where they wait, and what a change would do."""
