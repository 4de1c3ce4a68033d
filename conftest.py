# The plugin of foanil needs no line here: its entry point loads it. pytester runs pytest inside tests of the plugin.
pytest_plugins = ["pytester"]
