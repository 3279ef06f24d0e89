"""The web server: how requests come in before there is an app to answer them, and its log."""
