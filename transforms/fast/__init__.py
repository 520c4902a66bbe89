"""Every place that rewrites a dependency's insides, behind one switch (``insides``)."""
