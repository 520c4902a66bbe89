"""Names in any language, by a model of newsbeam's own.

:mod:`pieces` cuts a text as the model reads it, :mod:`passages` chooses what of it the
model is given, :mod:`model` runs the network, :mod:`decoding` reads names from what it
answers, :mod:`capitals` prepares headlines in capitals, :mod:`languages` says how good the
names in a language are.  The model itself is described beside it, in ``data/names``.
"""
