"""Steps in processes of their own: started by the run's process, which alone writes events for them.

A child loads, computes and stores, and sends what came of it; its parent records that, or, where the child died, what
became of it. So a child that was overtaken can neither write events nor move the pointer to a value.
"""
