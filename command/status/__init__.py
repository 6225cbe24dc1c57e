"""`tillstream status`: what runs, how far behind it is, what is wrong and how to mend it."""
