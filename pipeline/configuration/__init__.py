"""The configuration: read, validated, explained."""
