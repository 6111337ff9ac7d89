"""Migrations, in order. Each expands the schema; what it makes superfluous is dropped a release later."""
