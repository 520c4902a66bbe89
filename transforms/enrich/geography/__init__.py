"""From the words of a text to the countries that they mean."""
