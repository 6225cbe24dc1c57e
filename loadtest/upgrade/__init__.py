"""The upgrade from each released version, for real: `script/upgrade-test`."""
