"""What drives the application: HTTP, the command line, and the root where all is composed."""
