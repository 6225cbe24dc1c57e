"""The header by which a sender says that an Idempotency-Key stands for whatever body has it."""

BY, BY_KEY = "idempotency-by", "key"
