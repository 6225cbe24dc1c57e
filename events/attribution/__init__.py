"""Attribution: which touches led to a conversion, in the order of event time. Pure."""
