"""What the commands do: each operation takes values and gives a report; showing it is not done here."""
