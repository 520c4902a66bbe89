"""How a stage does its work: inside Beam, in child processes, in lanes of one host each."""
