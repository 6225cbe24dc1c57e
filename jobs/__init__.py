"""What runs by the clock: each job at its times, once, with its history."""
