"""A schedule of the user's own: what it costs, what it oversteps, and how it differs from the best one."""
