"""The command line. Each job is also a command, so that cron can do what `monitor run` does."""
