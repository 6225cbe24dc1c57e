"""Events of declared streams: their windows, their archive and their proof."""
