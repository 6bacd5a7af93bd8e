"""The engagement monitor: polls a brand's posts and mentions, queues what needs an answer, reports honestly."""
