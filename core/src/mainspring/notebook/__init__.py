"""What notebooks show: a run under way, what came of it, and a job's graph, as HTML and SVG.

Makes text of what the layers below have recorded, and hands it to IPython. Loads IPython never by itself, and neither
runs nor decides anything; what it draws needs no script and no network, and holds nothing of people's that is not
escaped.
"""
