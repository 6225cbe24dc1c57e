"""What is posted of a sale, as accountants do: nothing posted is changed, it is reversed. Pure."""
