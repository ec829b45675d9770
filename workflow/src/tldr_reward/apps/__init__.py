"""What people use: tools that stand on the rooms below, and stand-ins for their users."""
