"""What the world may do to a run: other runs, kills, full disks, bad servers."""
