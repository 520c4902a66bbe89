"""How fast newsbeam is: pages to measure with, rivals, and the comparison."""
