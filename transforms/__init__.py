"""The library: the stages of newsbeam, in folders by duty.

``feeds`` asks feeds and follows their entries, ``files`` reads files; both give documents.
``extract`` takes the article out of each document, ``dedup`` drops what the dataset already
holds, ``enrich`` finds the language, entities and countries, ``write`` stages Parquet
files.  ``records`` defines what passes between them, ``tables`` what is written.  A stage
never imports another stage, and nothing here knows the command line, the clock or the
state of the dataset: that is the duty of the ``pipeline`` package.
"""
