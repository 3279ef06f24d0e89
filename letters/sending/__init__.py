"""From waiting to its fate: what may leave, who claims it, and what became of it."""
