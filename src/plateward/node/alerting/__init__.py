"""Alerts: raised with their reads, seen and decided by people, told to those who asked to be told."""
