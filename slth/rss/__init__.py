"""Random subset sums: one door (`slth.rss.solve.solve`) and a folder of solvers (`slth.rss.solvers`)."""
