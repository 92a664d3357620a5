"""What is inside an artifact, read without running any of it."""
