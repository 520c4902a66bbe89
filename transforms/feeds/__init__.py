"""From feeds to documents: feeds are asked, and their entries are followed."""
