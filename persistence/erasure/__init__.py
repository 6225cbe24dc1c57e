"""Takes a customer out of everything that is kept, and proves that no total changed."""
