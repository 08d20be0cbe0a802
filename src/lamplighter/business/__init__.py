"""The parts of the company, in rows: a row imports only rows below it, and never its own (a journey joins those)."""
