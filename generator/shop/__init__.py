"""Events of an online shop that does not exist: their files, and their replay."""
