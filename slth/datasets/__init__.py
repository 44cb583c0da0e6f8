"""Data sets of pictures: one door (`slth.datasets.load.load`) and a folder of sets (`slth.datasets.sets`)."""
