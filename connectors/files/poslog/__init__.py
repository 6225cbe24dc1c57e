"""ARTS (now OMG) POSLog 6, and 2.1 to 3 where they are alike: XML retail transactions."""
