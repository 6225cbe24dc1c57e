"""How each vendor writes and signs a version of a sale, from the vendor's documentation."""
