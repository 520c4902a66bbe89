"""Stories: what an article is compared by, and which articles belong together.

:mod:`sketch` samples a text's runs of words, :mod:`terms` weighs its words, :mod:`features`
weighs what it has in common with texts in other languages, :mod:`signature` packs all of
them into some 400 bytes, :mod:`signer` is the stage that does.  :mod:`likeness` compares
two signatures, :mod:`forest` keeps which article follows which.
"""
