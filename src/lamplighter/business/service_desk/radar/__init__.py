"""What many customers' questions together show: who comes again, where supply fails, what is misread, what rises."""
