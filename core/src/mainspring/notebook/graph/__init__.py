"""A job's graph as a picture: what depends on what, where each thing stands, and the SVG of it.

Layered drawing after K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system
structures", 1981: ranks, then the order within each, then coordinates. Pure, and the same for the same job.
"""
