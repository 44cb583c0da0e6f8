"""What methods are made of: one file for each question that a method answers."""
