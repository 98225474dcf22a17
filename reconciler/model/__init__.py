"""WORDS: the frozen values every other room speaks in, and the ports they meet at."""
