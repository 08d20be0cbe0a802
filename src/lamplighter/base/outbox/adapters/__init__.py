"""Adapters of the channels: into the home as files, by e-mail, to a gateway of short messages."""
