"""The program that a Python replica runs: it loads one model and answers frames (docs/replica-protocol.md).

Standard library only, Python 3.9 and later, Linux. Begin with README.md one folder up.
"""

PROTOCOL = 1
