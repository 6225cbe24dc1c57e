"""How a process is watched: its health, its figures for Prometheus, and the HTTP that has them."""
