"""The evaluator's rates from logs: what they are, whether they drift, and what they say of errors without labels."""
