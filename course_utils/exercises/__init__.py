"""The exercises of each chapter: what is asked of an answer, and what a wrong one is told."""
