"""What service knows: business, condition, document, time limit, price, channel, clause, as edges with dates."""
